/*
 * Goal: a whole file of any bytes is opened, verified and walked without harm, with one thread or
 * two alike; and a bundle that is read in pieces has the frames of the same bundle in memory.
 * Method: both ways over each input; what verifies must have as many entries as it says.
 */
#include "fuzz.h"

#include "reader/walk.h"

#include <entente/record.h>

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void
walk_entries(struct entente_record *record, uint64_t entries)
{
    struct entente_entry entry;
    bool found = true;
    uint64_t count = 0;

    for (;;) {
        fuzz_require(entente_record_next(record, &entry, &found) == ENTENTE_GOOD);
        if (!found)
            break;
        count++;
    }
    fuzz_require(count == entries);
}

static enum entente_outcome
verify(const uint8_t *data, size_t size, unsigned threads, struct entente_report *report)
{
    struct entente_options options = {.threads = threads};
    struct entente_record *record;

    enum entente_outcome outcome = entente_record_open_memory(&record, data, size, report);
    if (outcome == ENTENTE_GOOD)
        outcome = entente_record_verify(record, &options, report);
    if (outcome == ENTENTE_GOOD)
        walk_entries(record, report->entries);
    entente_record_close(record);
    return outcome;
}

static void
compare_frames(const uint8_t *data, size_t size)
{
    struct walk walk;
    struct bundle *bundle = NULL;
    struct frame one, other;
    int file = memfd_create("bundle", MFD_CLOEXEC);

    fuzz_require(file >= 0 && write(file, data, size) == (ssize_t)size);
    fuzz_require(lseek(file, 0, SEEK_SET) == 0 && bundle_new(&bundle, file) == ENTENTE_OK);
    enum entente_error error = walk_start(&walk, (struct bytes){data, size});
    enum entente_error same = bundle_next(bundle, &other);
    while (error == ENTENTE_OK) {
        error = walk_next(&walk, &one);
        fuzz_require(error == same);
        if (error == ENTENTE_OK) {
            fuzz_require(one.kind == other.kind && walk.offset == bundle_offset(bundle));
            same = bundle_next(bundle, &other);
        }
    }
    fuzz_require(error == same);
    bundle_free(bundle);
    close(file);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct entente_report one, two;

    enum entente_outcome outcome = verify(data, size, 1, &one);
    fuzz_require(verify(data, size, 2, &two) == outcome && one.offset == two.offset);
    fuzz_require(strcmp(one.text, two.text) == 0 && memcmp(one.state, two.state, 32) == 0);
    fuzz_require(outcome != ENTENTE_FAILED && (outcome == ENTENTE_GOOD) == (one.text[0] == 0));
    compare_frames(data, size);
    return 0;
}
