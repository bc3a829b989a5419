/*
 * Markings: what may be done with an assessment, and by whom.  PROTOCOL.md section 20.
 *
 * The level decides, whatever words stand for it: the traffic light protocol's colour (TLP 2.0,
 * FIRST), or a classification in the words of some policy, with the level that its giver says.  A
 * marking binds the software of those who hold the key already; whoever must not read something is
 * not given its key.
 */
#ifndef ENTENTE_FORMAT_MARKING_H
#define ENTENTE_FORMAT_MARKING_H

#include "format/ids.h"

#define MARKING_TEXT_BYTES_MAX 255u                   /* of each of the texts */
#define MARKING_PARTIES_ALL ((1u << PARTIES_MAX) - 1) /* of the room, however many it has */
#define MARKING_PRINTED_BYTES_MAX (3u * MARKING_TEXT_BYTES_MAX + 32u)

enum marking_scheme {
    MARKING_MISSING = 0, /* as the most restricted: level 5, releasable to the room's parties */
    MARKING_TLP = 1,
    MARKING_POLICY = 2
};

/* How restricted, from 1: what the five colours of TLP 2.0 stand for. */
enum marking_level {
    MARKING_CLEAR = 1,
    MARKING_GREEN = 2,
    MARKING_AMBER = 3,
    MARKING_AMBER_STRICT = 4,
    MARKING_RED = 5
};

/* What somebody wants to do: allowed where the level is no greater. */
enum marking_use {
    MARKING_PUBLISH = 1, /* a readout, or any page for everybody */
    MARKING_SHARE = 2,   /* with the party's community */
    MARKING_CLIENTS = 3, /* with those whom the party serves, who need to know */
    MARKING_EXPORT = 4,  /* a plain copy that leaves the room, for the party's own organisation */
    MARKING_SHOW = 5     /* to the party's people, in the room */
};

struct marking {
    uint8_t scheme;   /* enum marking_scheme */
    uint8_t level;    /* enum marking_level */
    uint32_t parties; /* releasable to: a bit for each slot; the giver's need not be set */
    /* UTF-8, without control characters, ':', "//", and spaces at the ends. */
    struct bytes policy;         /* whose classification it is; may be empty */
    struct bytes classification; /* not empty with MARKING_POLICY, else both are empty */
    struct bytes releasable;     /* the parties in words, as people write them; may be empty */
};

struct marking marking_missing(void);

/*
 * Read a marking.  Borrows from what `reader` reads.  False, or `reader` failed, where it is not
 * one: marking_is_good() would be false.
 */
bool marking_read(struct reader *reader, struct marking *marking);
void marking_write(struct writer *writer, const struct marking *marking);
size_t marking_size(const struct marking *marking);

/* Scheme, level, parties and texts are within their bounds, and a missing one says nothing else. */
bool marking_is_good(const struct marking *marking);

/* Whether the party `slot` may do this with what the party `giver` marked so. */
bool marking_allows(
    const struct marking *marking, uint8_t giver, uint8_t slot, enum marking_use use);

/* Whether `a` forbids all that `b` forbids: a higher or equal level, for the same or fewer. */
bool marking_covers(const struct marking *a, const struct marking *b);

/*
 * As people read it: "TLP:AMBER+STRICT", "NATO CONFIDENTIAL//REL KOR JPN USA"; "//LEVEL 4" stands
 * behind words that do not say this level by themselves; "NO MARKING" where it is missing.
 */
void marking_print(struct writer *writer, const struct marking *marking);

/*
 * Read that form, in capitals or not.  `names` are those by which "REL" calls the parties, by slot;
 * words that are nobody's name stay in the text and release to nobody.  Without "REL" it is
 * releasable to all parties.  A classification of unknown words without a level has MARKING_RED.
 * Borrows from `text`. ENTENTE_ERR_TEXT    not UTF-8 ENTENTE_ERR_USAGE   no marking at all, an
 * unknown colour or level, or a text that is too long
 */
MUST_USE enum entente_error marking_parse(
    struct marking *marking, struct bytes text, const struct bytes *names, uint8_t names_count);

#endif
