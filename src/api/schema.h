/*
 * Whether a JSON value is what a schema of openapi.json says: a small part of JSON Schema 2020-12,
 * exactly those keywords that the document uses.  A schema with any other keyword is refused
 * when the document is loaded, so that the document promises nothing which is not checked.
 *
 * Stricter than the standard in one thing: an integer is written without fraction and exponent.
 */
#ifndef ENTENTE_API_SCHEMA_H
#define ENTENTE_API_SCHEMA_H

#include "base/bytes.h"

#include <jansson.h>

#define SCHEMA_FIELD_BYTES_MAX 512u
#define SCHEMA_TEXT_BYTES_MAX 512u
#define SCHEMA_DEPTH_MAX 32u

/* What is wrong, and where: an RFC 6901 pointer ("": the whole).  Both are UTF-8. */
struct violation {
    char field[SCHEMA_FIELD_BYTES_MAX];
    char text[SCHEMA_TEXT_BYTES_MAX];
};

/* Whether every keyword in `schema`, and in what it refers to by name, is one that is checked here.
 */
bool schema_is_known(const json_t *document, const json_t *schema, struct violation *violation);

/* `schema` was found to be known.  Linear in the value, but for `enum` and `anyOf`. */
bool schema_check(
    const json_t *document, const json_t *schema, const json_t *value, struct violation *violation);

/* The type that a known schema wants, looked up through references; NULL: it names none, or
 * several. */
const char *schema_type(const json_t *document, const json_t *schema);

/*
 * Read the JSON text of a request: UTF-8, no key twice, no NUL, at most SCHEMA_DEPTH_MAX levels and
 * SCHEMA_VALUES_MAX values (memory: a small value takes many times its text).  NULL: see the
 * violation.
 */
#define SCHEMA_VALUES_MAX 8192u
json_t *schema_read(struct bytes text, struct violation *violation);

#endif
