/*
 * What a writer commits to before it seals, and how one section is shown without the others:
 * PROTOCOL.md B2 and B3.
 */
#ifndef ENTENTE_FORMAT_COMMITMENT_H
#define ENTENTE_FORMAT_COMMITMENT_H

#include "format/body.h"
#include "format/ids.h"

#define DISCLOSURE_PATH_MAX 6u /* sections are at most 2^6 */
#define DISCLOSURE_BYTES_MAX (42u + BODY_BYTES_MAX + DISCLOSURE_PATH_MAX * ID_BYTES)

/*
 * The commitment to a body that was parsed or written: its sections' `content` is set.  For one
 * section, two hash calls beside the one over the content.
 */
void body_commit(struct digest *commitment, const struct body *body);

/* One section and what proves that it is in a body.  Views borrow as those of a section. */
struct disclosure {
    uint16_t index;                            /* of the section */
    uint16_t count;                            /* of the body's sections */
    uint8_t section_secret[BODY_SECRET_BYTES]; /* r_i of B2: opens this section's leaf alone */
    struct section section;
    uint8_t path_count;                      /* follows from index and count */
    struct digest path[DISCLOSURE_PATH_MAX]; /* from the leaf to the root */
};

/* Section `index` of a body as for body_commit(), index < body->count.  Borrows from the body. */
void body_disclose(struct disclosure *disclosure, const struct body *body, uint16_t index);

/*
 * Read a disclosure, which fills `input` to its end.  Borrows from `input`.
 *   ENTENTE_ERR_TRUNCATED   `input` ends too early
 *   ENTENTE_ERR_TOO_LARGE   over BODY_SECTIONS_MAX or DISCLOSURE_BYTES_MAX, or see section_parse()
 *   ENTENTE_ERR_MALFORMED   `index` is not below `count`, bytes left over, or see section_parse()
 * On error `*disclosure` is zeroed.
 */
MUST_USE enum entente_error disclosure_parse(struct bytes input, struct disclosure *disclosure);
void disclosure_write(struct writer *writer, const struct disclosure *disclosure);

/*
 * Whether the section is in the body that `commitment`, an entry's pcommit, commits to.
 *   ENTENTE_ERR_COMMITMENT   it is not, or not at that index of that count
 */
MUST_USE enum entente_error disclosure_check(
    const struct disclosure *disclosure, const struct digest *commitment);

#endif
