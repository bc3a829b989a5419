/*
 * Plaintext bodies: PROTOCOL.md section 8.  What a sealed entry holds once it is opened: a list of
 * typed sections, padded so that its size says little.
 */
#ifndef ENTENTE_FORMAT_BODY_H
#define ENTENTE_FORMAT_BODY_H

#include "format/section.h"

#define BODY_SECRET_BYTES 32
#define BODY_SECTIONS_MAX 64u
#define BODY_BYTES_MIN 256u
#define BODY_BYTES_MAX 1114112u

/* Some 30 kB.  Plaintext and secret: whoever holds one wipes what it borrows from. */
struct body {
    uint8_t secret[BODY_SECRET_BYTES]; /* r of B2: random, used for this body alone */
    uint32_t count;                    /* 1 to BODY_SECTIONS_MAX */
    struct section sections[BODY_SECTIONS_MAX];
};

/*
 * Read a body, which fills `input` to its end (B1).  Borrows from `input`; linear in its size.
 *   ENTENTE_ERR_TRUNCATED   `input` ends inside a section
 *   ENTENTE_ERR_TOO_LARGE   over BODY_BYTES_MAX or BODY_SECTIONS_MAX, or see section_parse()
 *   ENTENTE_ERR_MALFORMED   no section, padding that is not zero or of another size, or see
 *                           section_parse()
 * On error `*body` is zeroed.
 */
MUST_USE enum entente_error body_parse(struct bytes input, struct body *body);

/*
 * The bytes that body_write() writes for `body`, padding included: the room that its writer needs.
 * Says nothing about a body that body_write() refuses.
 */
size_t body_size(const struct body *body);

/*
 * Write `body`, of which the caller filled in secret, count and the sections' types and fields.
 * Sets each section's `content` to what was written, borrowed from the writer's memory.
 *   ENTENTE_ERR_TEXT        a name or text is not UTF-8
 *   ENTENTE_ERR_USAGE       no or too many sections, over BODY_BYTES_MAX, or see section_check()
 *   ENTENTE_ERR_NO_MEMORY   the writer has no room for body_size() bytes
 * On error nothing was written.
 */
MUST_USE enum entente_error body_write(struct writer *writer, struct body *body);

/*
 * The same sections as the payload of an act, which travels in clear (A1): count and sections, with
 * neither secret nor padding.  Errors as for body_parse() and body_write().
 */
MUST_USE enum entente_error body_parse_clear(struct bytes payload, struct body *body);
size_t body_size_clear(const struct body *body);
MUST_USE enum entente_error body_write_clear(struct writer *writer, struct body *body);

/* `size` rounded up as B1 says: Padmé (Nikitin et al., PoPETs 2019), at least BODY_BYTES_MIN. */
size_t body_padded_size(size_t size);

#endif
