/* The speakers' label at the start of a line of minutes: `ABC: text`, and what people write
 * instead. */
#ifndef ENTENTE_CLI_LABEL_H
#define ENTENTE_CLI_LABEL_H

#include "cli/attendance.h"

struct label {
    struct bytes speakers;           /* as written, without remarks: "AWB", "MM, WH", "??" */
    const struct attendee *attendee; /* when it is one speaker who is known, else NULL */
    struct bytes text;               /* after the colon, trimmed */
};

/*
 * Find out whether `line` begins with a label.  After at most three spaces stand, before a colon:
 *   - one or more abbreviations, joined by comma, slash, plus, ampersand or "and", each perhaps
 *     with a question mark, the last one perhaps with a remark in brackets;
 *   - or the whole name, first name or last name of somebody present;
 *   - or a word for people whom the note-taker did not tell apart: "?", "Everyone", "Someone" ...
 * An abbreviation that nobody present bears counts too, unless it is a known other thing ("TODO").
 * Views borrow from `line`, the attendee from `attendance`.
 */
bool label_parse(const struct attendance *attendance, struct bytes line, struct label *label);

#endif
