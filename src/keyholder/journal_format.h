/* The journal's bytes: headers of its files, and records.  Internal to the journal. */
#ifndef ENTENTE_KEYHOLDER_JOURNAL_FORMAT_H
#define ENTENTE_KEYHOLDER_JOURNAL_FORMAT_H

#include "crypto/hash.h"
#include "keyholder/journal.h"

/*
 * header  = checksum 32 || "entente/journal1" || generation u64 || oldest u64 || first number u64
 *        || node key 32 || inc u16 || heads u16 || heads x head, in JOURNAL_HEADER_BYTES, then
 * zeros head    = room 32 || slot u8 || retired u8 || seq u32 || id 32 || reg number u32 || reg id
 * 32 || t u64 record  = checksum 32 || previous 32 || number u64 || durable u64 || body size u32 ||
 * kind u8
 *        || zeros 3 || body || zeros to a multiple of 8
 * body    = head || (kind segment: first seq u32 || segment size u32 || segment || payloads)
 *
 * `checksum` covers what follows it, `previous` is the checksum of the record before, of the first
 * record that of the header.  So a record is valid only behind the very records it was written
 * behind, and what an earlier life of the file left is never taken for one.
 */
#define JOURNAL_HEADER_BYTES 8192u
#define JOURNAL_HEAD_BYTES 114u
#define JOURNAL_RECORD_HEAD_BYTES 88u
#define JOURNAL_ALIGNMENT 8u

enum journal_record_kind {
    JOURNAL_SEGMENT = 1,
    JOURNAL_RETIRED = 2, /* a head that says so */
    JOURNAL_CLOSED = 3,  /* the next generation's file took over; no body */
    JOURNAL_MARK = 4     /* says no more than its number and `durable`; no body */
};

struct journal_header {
    uint8_t checksum[HASH_BYTES];
    uint64_t generation; /* from 1 */
    uint64_t oldest;     /* the oldest generation whose file was still needed */
    uint64_t first_number;
    struct public_key node_key;
    uint16_t inc;
    uint16_t heads_count;
    struct journal_head heads[JOURNAL_ROOMS_MAX];
};

/* Sets `header->checksum`. */
void journal_header_write(uint8_t out[static JOURNAL_HEADER_BYTES], struct journal_header *header);

/*
 *   ENTENTE_ERR_NOT_FOUND   all zeros: the file is prepared and was never begun
 *   ENTENTE_ERR_CORRUPT     anything else that is not a header
 */
MUST_USE enum entente_error journal_header_parse(
    const uint8_t in[static JOURNAL_HEADER_BYTES], struct journal_header *header);

struct journal_record {
    uint8_t checksum[HASH_BYTES];
    uint8_t previous[HASH_BYTES];
    uint64_t number;  /* one more than the record before, across files */
    uint64_t durable; /* all up to this number were durable when this was written */
    uint8_t kind;     /* enum journal_record_kind */
    struct journal_head head;
    uint32_t first_seq;
    struct bytes segment;
    struct bytes payloads;
    uint32_t size; /* in the file */
};

/* The size in the file of a record with such views. */
size_t journal_record_size(uint8_t kind, size_t segment_size, size_t payloads_size);

/*
 * Sets `record->size`; `out` has room for journal_record_size().  No record yet: what it says of
 * those before it is known when it goes to the disk.
 */
void journal_record_write(uint8_t *out, struct journal_record *record);

/*
 * Make what journal_record_write() wrote a record behind the one whose checksum is `previous`, which
 * becomes this one's.  Returns its size.
 */
uint32_t journal_record_finish(
    uint8_t *out, uint8_t previous[static HASH_BYTES], uint64_t durable);

/* What would be its `durable`, if there were a record at the beginning of `in`.  A few cycles. */
uint64_t journal_record_claims(struct bytes in);

/*
 * Read the record at the beginning of `in`, which goes on beyond it.  Borrows from `in`.
 *   ENTENTE_ERR_CORRUPT   there is none; `*record` is zeroed
 */
MUST_USE enum entente_error journal_record_parse(struct bytes in, struct journal_record *record);

#endif
