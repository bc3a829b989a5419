/* What the files of the reading half share.  Nobody else includes this. */
#ifndef ENTENTE_READER_INTERNAL_H
#define ENTENTE_READER_INTERNAL_H

#include "reader/index.h"
#include "format/proof.h"
#include "reader/walk.h"

#include <entente/record.h>

#include <stdatomic.h>

/* Payload hashes of a whole file (S2), in a thread or not: the result is the same. */
struct payload_check {
    struct bytes file;
    bool is_mapped;
    _Atomic size_t limit; /* frames from here on are not looked at; may be lowered meanwhile */
    size_t offset;        /* of the first segment with a wrong payload */
    uint32_t seq;
    enum entente_error error; /* ENTENTE_ERR_HASH, or OK */
};

/* Frames that have no form end the check without an error: the walk over the headers names them. */
void payload_check_run(struct payload_check *check);

struct entente_record {
    struct bytes file;
    bool is_mapped; /* and must be unmapped */
    struct genesis genesis;
    struct genesis_consents consents;
    struct room_id room;
    uint8_t exporter_slot;
    uint16_t exporter_inc;
    uint16_t from_count;
    struct bytes to; /* the manifest's heads; views the file */
    size_t manifest_offset;
    struct party_register *registers[PARTIES_MAX];
    struct index *index;
    struct record *record; /* NULL until the first frame that is not of a register */
    struct order *order;
    uint8_t *arena_block;
    struct arena arena;
    struct segment *scratch;

    /* Frames of contested lanes that nobody refers to so far (F3). */
    size_t *set_aside;
    uint32_t set_aside_count;
    /* Frames whose segments are pending, to find them again. */
    struct waiting {
        struct entry_id last_id;
        size_t offset;
    } * waiting;
    uint32_t waiting_count;
    struct position missing; /* of the one that became pending last */

    struct walk walk;
    uint64_t register_entries;
    bool was_verified;
    bool is_good;
};

/* What is wrong and where, for the report. */
struct culprit {
    enum entente_error error;
    uint8_t frame_kind;
    size_t offset;
    const char *rule; /* NULL: it follows from the error and the kind of the frame */
    bool has_place;
    uint8_t slot;
    uint16_t inc;
    uint32_t seq;
    uint32_t last_seq;
    bool is_signed; /* the party's own key signed what is wrong */
};

/* report.c: fills the report's lower half; returns the outcome. */
enum entente_outcome report_culprit(const struct culprit *culprit, struct entente_report *report);
enum entente_outcome report_plain(
    struct entente_report *report, enum entente_error error, const char *text);

/* intake.c: the record grows by one frame, or `*culprit` says why not. */
MUST_USE enum entente_error intake_frame(
    struct entente_record *record, const struct frame *frame, struct culprit *culprit);

/* verify.c: the frames after the manifest. */
MUST_USE enum entente_error verify_run(struct entente_record *record,
    const struct entente_options *options, struct entente_report *report, struct culprit *culprit);

#endif
