/* The public functions of libentente's reading half. */
#include "reader/internal.h"

#include "crypto/crypto.h"

#include <entente/version.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

const char *
entente_version(void)
{
    return ENTENTE_VERSION_TEXT;
}

static enum entente_error
map_file(const char *path, struct bytes *mapped)
{
    enum entente_error error = ENTENTE_ERR_IO;
    struct stat status;

    *mapped = (struct bytes){0};
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (file < 0)
        return errno == ENOENT ? ENTENTE_ERR_NOT_FOUND : ENTENTE_ERR_IO;
    if (fstat(file, &status) != 0)
        goto out;
    if (!S_ISREG(status.st_mode)) {
        error = ENTENTE_ERR_USAGE;
        goto out;
    }
    if (status.st_size == 0) {
        error = ENTENTE_ERR_TRUNCATED;
        goto out;
    }
    void *data = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    if (data == MAP_FAILED)
        goto out;
    (void)madvise(data, (size_t)status.st_size, MADV_SEQUENTIAL);
    *mapped = (struct bytes){data, (size_t)status.st_size};
    error = ENTENTE_OK;

out:
    close(file);
    return error;
}

/* The manifest: which room this is. */
static enum entente_error
read_manifest(struct entente_record *record, struct culprit *culprit)
{
    struct frame frame;

    enum entente_error error = walk_start(&record->walk, record->file);
    record->walk.is_mapped = record->is_mapped;
    if (error == ENTENTE_OK)
        error = walk_next(&record->walk, &frame);
    *culprit = (struct culprit){.frame_kind = FRAME_MANIFEST, .offset = record->walk.offset};
    if (error != ENTENTE_OK)
        return error;
    error = genesis_file_parse(frame.manifest.genesis_file, &record->genesis, &record->consents);
    culprit->rule = "G1";
    if (error != ENTENTE_OK)
        return error;
    genesis_make_room(&record->room, record->genesis.encoded);
    record->exporter_slot = frame.manifest.slot;
    record->exporter_inc = frame.manifest.inc;
    record->from_count = frame.manifest.from_count;
    record->to = frame.manifest.to;
    record->manifest_offset = record->walk.offset;
    for (uint8_t i = 0; i < record->genesis.parties_count && error == ENTENTE_OK; i++)
        error = register_new(&record->registers[i]);
    return error;
}

static void
report_start(const struct entente_record *record, struct entente_report *report)
{
    *report = (struct entente_report){0};
    memcpy(report->room, record->room.bytes, sizeof report->room);
    report->parties = record->genesis.parties_count;
    report->bytes = record->file.size;
    report->exporter_slot = record->exporter_slot;
    report->exporter_inc = record->exporter_inc;
}

/* What was opened is `record->file`; `error` says whether it was. */
static enum entente_outcome
start(struct entente_record **opened, struct entente_record *record, enum entente_error error,
    struct entente_report *report)
{
    struct culprit culprit;
    enum entente_outcome outcome = ENTENTE_GOOD;

    if (error == ENTENTE_OK)
        error = crypto_start();
    if (error == ENTENTE_OK)
        error = index_new(&record->index, record->file);
    if (error == ENTENTE_OK) {
        record->scratch = calloc(2, sizeof *record->scratch);
        error = record->scratch == NULL ? ENTENTE_ERR_NO_MEMORY : ENTENTE_OK;
    }
    if (error != ENTENTE_OK) {
        outcome = report_plain(report, error,
            error == ENTENTE_ERR_NOT_FOUND   ? "there is no such file"
            : error == ENTENTE_ERR_USAGE     ? "it is no regular file"
            : error == ENTENTE_ERR_TRUNCATED ? "the file is empty"
                                             : NULL);
        goto out;
    }
    error = read_manifest(record, &culprit);
    report_start(record, report);
    if (error == ENTENTE_OK) {
        *opened = record;
        return ENTENTE_GOOD;
    }
    culprit.error = error;
    outcome = record->walk.offset == 0
                  ? report_plain(report, error, "this is no bundle and no exported record")
                  : report_culprit(&culprit, report);

out:
    entente_record_close(record);
    return outcome;
}

enum entente_outcome
entente_record_open(struct entente_record **record, const char *path, struct entente_report *report)
{
    *record = NULL;
    *report = (struct entente_report){0};
    struct entente_record *made = calloc(1, sizeof *made);
    if (made == NULL)
        return report_plain(report, ENTENTE_ERR_NO_MEMORY, NULL);
    enum entente_error error = map_file(path, &made->file);
    made->is_mapped = error == ENTENTE_OK;
    return start(record, made, error, report);
}

enum entente_outcome
entente_record_open_memory(
    struct entente_record **record, const void *data, size_t size, struct entente_report *report)
{
    *record = NULL;
    *report = (struct entente_report){0};
    struct entente_record *made = calloc(1, sizeof *made);
    if (made == NULL)
        return report_plain(report, ENTENTE_ERR_NO_MEMORY, NULL);
    made->file = (struct bytes){data, size};
    return start(record, made, size == 0 ? ENTENTE_ERR_TRUNCATED : ENTENTE_OK, report);
}

void
entente_record_close(struct entente_record *record)
{
    if (record == NULL)
        return;
    order_free(record->order);
    record_free(record->record);
    index_free(record->index);
    for (uint8_t i = 0; i < PARTIES_MAX; i++)
        register_free(record->registers[i]);
    free(record->arena_block);
    free(record->set_aside);
    free(record->waiting);
    free(record->scratch);
    if (record->is_mapped)
        munmap((void *)(uintptr_t)record->file.data, record->file.size);
    free(record);
}

enum entente_outcome
entente_record_verify(struct entente_record *record, const struct entente_options *options,
    struct entente_report *report)
{
    static const struct entente_options defaults;
    struct culprit culprit = {0};

    report_start(record, report);
    if (record->was_verified)
        return report_plain(report, ENTENTE_ERR_USAGE, "this record was verified before");
    record->was_verified = true;
    if (record->from_count > 0)
        return report_plain(report, ENTENTE_ERR_INCOMPLETE,
            "this is a bundle that continues a record: import it, it cannot be verified alone");
    enum entente_error error =
        verify_run(record, options == NULL ? &defaults : options, report, &culprit);
    if (error == ENTENTE_OK) {
        record->is_good = true;
        return ENTENTE_GOOD;
    }
    culprit.error = error;
    return report_culprit(&culprit, report);
}

const char *
entente_record_title(const struct entente_record *record, size_t *size)
{
    *size = record->genesis.title.size;
    return (const char *)record->genesis.title.data;
}

const char *
entente_record_party(const struct entente_record *record, uint8_t slot, size_t *size)
{
    *size = 0;
    if (slot >= record->genesis.parties_count || register_count(record->registers[slot]) == 0)
        return "";
    struct bytes name = register_name(record->registers[slot]);
    *size = name.size;
    return (const char *)name.data;
}

enum entente_outcome
entente_record_next(struct entente_record *record, struct entente_entry *entry, bool *found)
{
    struct ordered ordered;
    enum entente_error error = ENTENTE_OK;

    *found = false;
    *entry = (struct entente_entry){0};
    if (!record->is_good)
        return ENTENTE_ASKED_WRONGLY;
    if (record->order == NULL)
        error = order_new(&record->order, record->record);
    if (error == ENTENTE_OK)
        error = order_next(record->order, &ordered);
    if (error == ENTENTE_ERR_NOT_FOUND)
        return ENTENTE_GOOD;
    if (error != ENTENTE_OK)
        return ENTENTE_FAILED;
    *found = true;
    *entry = (struct entente_entry){
        .kind = ordered.entry.kind,
        .kind_name = entry_kind_name(ordered.entry.kind),
        .slot = ordered.entry.slot,
        .inc = ordered.entry.inc,
        .seq = ordered.entry.seq,
        .register_number = ordered.entry.reg_number,
        .t_ms = ordered.entry.t_ms,
        .holds = (ordered.entry.flags & ENTRY_FLAG_HOLDS) != 0,
        .deps_count = ordered.entry.deps_count,
        .payload = ordered.payload.data,
        .payload_bytes = ordered.payload.size,
        .is_held_by_all = record_held_by_all(record->record, ordered.branch) >= ordered.entry.seq,
    };
    memcpy(entry->id, ordered.id.bytes, sizeof entry->id);
    memcpy(entry->prev, ordered.entry.prev.bytes, sizeof entry->prev);
    memcpy(entry->commitment, ordered.entry.pcommit.bytes, sizeof entry->commitment);
    return ENTENTE_GOOD;
}

void
entente_record_rewind(struct entente_record *record)
{
    order_free(record->order);
    record->order = NULL;
}
