/*
 * Goal: opening a journal holds against any file, and what opens can be read and written on.
 * Method: the input is the first file, zeros up to a whole file behind it; what opens is read to
 * its end, gets another segment, and opens again with it.
 */
#include "fuzz.h"

#include "support/memory_disk.h"

#include <string.h>

#define FILE_BYTES 20480u

static void
read_all(struct journal *journal, const struct journal_head *head)
{
    uint32_t first = journal_first_seq(journal, &head->room);
    struct bytes segment, payloads;
    uint32_t last;

    for (uint32_t i = 0; first > 0 && i < 4 && i <= head->seq - first; i++)
        fuzz_require(journal_read(journal, &head->room, head->seq - i, &last, &segment,
                         &payloads) == ENTENTE_OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t zeros[FILE_BYTES];
    struct memory_disk disk = {0};
    struct journal_options options = {
        .disk = memory_disk_of(&disk), .node_key = {{42}}, .inc = 1, .file_bytes = FILE_BYTES};
    struct journal *journal;

    if (size == 0 || size > FILE_BYTES)
        return 0;
    struct journal_disk *calls = &options.disk;
    fuzz_require(calls->write(&disk, 0, 0, (struct bytes){zeros, sizeof zeros}) == ENTENTE_OK);
    fuzz_require(calls->write(&disk, 0, 0, (struct bytes){data, size}) == ENTENTE_OK);
    if (journal_open(&journal, &options) == ENTENTE_OK) {
        struct journal_head head = {.room = {{1}}, .slot = 1};
        const struct journal_head *found = journal_head(journal, &head.room);
        if (found != NULL) {
            head = *found;
            read_all(journal, &head);
        }
        if (head.seq < UINT32_MAX && head.seq++ < UINT32_MAX &&
            journal_append(journal, &head, head.seq, bytes_of_text("segment"),
                bytes_of_text("payload")) == ENTENTE_OK)
            fuzz_require(journal_commit(journal) == ENTENTE_OK);
        uint32_t seq = journal_head(journal, &head.room)->seq;
        journal_free(journal);
        fuzz_require(journal_open(&journal, &options) == ENTENTE_OK);
        fuzz_require(journal_head(journal, &head.room)->seq == seq);
        journal_free(journal);
    }
    memory_disk_free(&disk);
    return 0;
}
