/* The sections of a body: PROTOCOL.md sections 8 and 11. */
#ifndef ENTENTE_FORMAT_SECTION_H
#define ENTENTE_FORMAT_SECTION_H

#include "format/fact.h"

#define SECTION_TEXT_BYTES_MAX 1048576u
#define SECTION_SPEAKER_BYTES_MAX 65535u
#define SECTION_FILE_NAME_BYTES_MAX 65535u
#define SECTION_LEVEL_MAX 6u

/* And those of enum fact_type. */
enum section_type { SECTION_STATEMENT = 1, SECTION_HEADING = 2, SECTION_FILE = 3 };

enum heading_role { HEADING_PLAIN = 0, HEADING_AGENDA_ITEM = 1, HEADING_CONCLUSION = 2 };

struct section_statement {
    struct bytes tag;     /* the text's language, BCP 47 */
    struct bytes speaker; /* UTF-8, may be empty */
    struct bytes text;    /* UTF-8, may be empty */
};

struct section_heading {
    uint8_t role;  /* enum heading_role */
    uint8_t level; /* from 1, the highest, to SECTION_LEVEL_MAX */
    struct bytes tag;
    struct bytes text; /* UTF-8, may be empty */
};

struct section_file {
    struct bytes name;       /* UTF-8, as the writer gave it: not safe as a path */
    struct bytes media_type; /* two names of RFC 6838, section 4.2, joined by '/' */
    struct bytes data;
};

/* Views borrow from whatever the section was parsed out of, or from whoever filled it in. */
struct section {
    uint16_t type;        /* not 0; says which of the union holds */
    struct bytes content; /* the section as encoded; set by body_parse() and body_write() */
    union {
        struct section_statement statement;
        struct section_heading heading;
        struct section_file file;
        struct fact fact;     /* where fact_is_known(type) */
        struct bytes unknown; /* the content of any other type, kept as it is (B6) */
    };
};

/*
 * Read the content of a section of `type`.  Borrows from `content`.
 *   ENTENTE_ERR_TRUNCATED   `content` ends inside a field
 *   ENTENTE_ERR_TOO_LARGE   a text over SECTION_TEXT_BYTES_MAX, or see fact_parse()
 *   ENTENTE_ERR_MALFORMED   type 0, unknown role or level; text that is not UTF-8; a tag or media
 *                           type of another form; or see fact_parse()
 * On error `*section` is zeroed.
 */
MUST_USE enum entente_error section_parse(
    struct section *section, uint16_t type, struct bytes content);

/*
 * Whether section_write() may write this section, of which its maker filled in type and fields.
 *   ENTENTE_ERR_TEXT    a name or text is not UTF-8
 *   ENTENTE_ERR_USAGE   a field is too long, or type, role, level, tag or media type are wrong
 */
MUST_USE enum entente_error section_check(const struct section *section);

/* The size of the content that section_write() writes, for a section that was checked. */
size_t section_size(const struct section *section);
void section_write(struct writer *writer, const struct section *section);

#endif
