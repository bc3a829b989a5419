/*
 * libentente, the reading half: open an exported record (a file), verify it with nothing but the
 * file itself, and walk its entries in display order.  PROTOCOL.md section 10.
 *
 * Nothing here touches the network, keys or any other file.  One record must not be used by two
 * threads at once; different records may.  The file is mapped: it must not be shortened while the
 * record is open.
 */
#ifndef ENTENTE_RECORD_H
#define ENTENTE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENTENTE_REPORT_TEXT_BYTES 640

/* The values are the exit status of the command `entente`. */
enum entente_outcome {
    ENTENTE_GOOD = 0,
    ENTENTE_ASKED_WRONGLY = 1, /* no such file, or it is no whole record */
    ENTENTE_FAILED = 2,        /* this machine failed: memory, disk */
    ENTENTE_BAD = 3            /* the file breaks a rule */
};

struct entente_report {
    uint8_t room[32];
    uint8_t state[32]; /* the state hash (O2); equal for equal sets of entries */
    uint32_t parties;
    uint64_t bytes; /* of the file */
    uint64_t segments;
    uint64_t entries;
    uint64_t register_entries;
    uint32_t
        contested_lanes; /* of parties that showed two faces; proven, and no breach of the file */
    uint64_t
        refused_segments;  /* of contested lanes, that nobody else refers to: not counted (F3) */
    uint8_t exporter_slot; /* who exported the file and signed its end */
    uint16_t exporter_inc;

    /* What is wrong, where the outcome is not ENTENTE_GOOD; otherwise zero. */
    uint64_t offset; /* of the frame in the file, in bytes */
    bool has_place;  /* whether slot, inc and seq are known; seq is the segment's first */
    uint8_t slot;
    uint16_t inc; /* 65535: the party's register */
    uint32_t seq;
    char error[32];                       /* the error's name, such as "SIGNATURE" */
    char rule[16];                        /* the rule of PROTOCOL.md, such as "S1" */
    char text[ENTENTE_REPORT_TEXT_BYTES]; /* one line: what, where, whose fault, which rule */
};

struct entente_options {
    unsigned threads; /* 1, or 2 (the default, 0): the second one hashes payloads; same results */
    /* Called now and then with how much of the file is verified; may be NULL. */
    void (*progress)(void *state, uint64_t done_bytes, uint64_t all_bytes);
    void *progress_state;
};

struct entente_record;

/* libentente's version in use, such as "0.1.0". */
const char *entente_version(void);

/*
 * Open `path` and read its beginning: which room, whose parties.  `*report` says what is wrong.
 * On anything but ENTENTE_GOOD `*record` is NULL.  entente_record_close(NULL) does nothing.
 */
enum entente_outcome entente_record_open(
    struct entente_record **record, const char *path, struct entente_report *report);

/* The same for a file that lies in memory, borrowed until the record is closed. */
enum entente_outcome entente_record_open_memory(
    struct entente_record **record, const void *data, size_t size, struct entente_report *report);
void entente_record_close(struct entente_record *record);

/*
 * Verify all of it: consents, registers, every entry's rules and payload hash, the signatures that
 * carry the lanes, the state hash and the closing signature.  May be called once.
 * `options` may be NULL.  Memory: some 60 bytes for each segment of the file; time linear in it.
 */
enum entente_outcome entente_record_verify(struct entente_record *record,
    const struct entente_options *options, struct entente_report *report);

/* The title of the consultation and the name of a party, UTF-8, not terminated; borrowed from
 * the record.  Names are known once the record is verified; `*size` is 0 before. */
const char *entente_record_title(const struct entente_record *record, size_t *size);
const char *entente_record_party(const struct entente_record *record, uint8_t slot, size_t *size);

/* One entry's header (PROTOCOL.md section 5).  Views are valid until the next call. */
struct entente_entry {
    uint8_t kind;
    const char *kind_name;
    uint8_t slot;
    uint16_t inc;
    uint32_t seq;
    uint8_t id[32];
    uint8_t prev[32];
    uint32_t register_number;
    uint64_t t_ms; /* the writer's clock; a claim, not a fact */
    bool holds;
    uint8_t deps_count;
    uint8_t commitment[32];
    const uint8_t *payload; /* as it was signed: of sealed entries, ciphertext */
    size_t payload_bytes;
    bool is_held_by_all; /* every party signed that its disk has it (H1) */
};

/*
 * The next entry in display order (O1), from the first one; the record must have been verified as
 * ENTENTE_GOOD.  `*found` is false at the end.
 */
enum entente_outcome entente_record_next(
    struct entente_record *record, struct entente_entry *entry, bool *found);

/* Begin again from the first entry. */
void entente_record_rewind(struct entente_record *record);

#endif
