/*
 * Reads the demo's scripts: what one party says in a consultation, one line for each saying.
 *
 *     # a comment
 *     heading|LANGUAGE|TEXT
 *     statement|LANGUAGE|SPEAKER|TEXT
 *
 * UTF-8.  Every line ends with a line feed; empty lines and lines that begin with '#' are skipped.
 * LANGUAGE is a BCP 47 tag.  Only TEXT may contain '|'.  No field is empty, begins or ends with a
 * space, or contains control characters.  Anything else is refused: a script is written by hand,
 * and a slip in it should be seen, not played.
 */
#ifndef ENTENTE_CLI_SCRIPT_H
#define ENTENTE_CLI_SCRIPT_H

#include "base/bytes.h"

#define SCRIPT_LINE_BYTES_MAX 65536u
#define SCRIPT_SPEAKER_BYTES_MAX 255u

enum script_kind { SCRIPT_HEADING, SCRIPT_STATEMENT };

struct script_saying {
    enum script_kind kind;
    struct bytes language; /* all views borrow from the script's content */
    struct bytes speaker;  /* an office; empty for a heading */
    struct bytes text;
};

struct script {
    struct bytes rest;
    uint32_t line; /* number of the line read last, also when it was refused */
};

/* `content` is borrowed for as long as the script and its sayings are used. */
struct script script_of(struct bytes content);

/*
 * The next saying; `*found` is false at the end.  Linear in what it reads, allocates nothing.
 *
 * Returns ENTENTE_OK, or an error about line `script->line` with `*saying` zeroed:
 *   ENTENTE_ERR_MALFORMED   an unknown kind, a field missing, empty, spaced, or with control
 *                           characters, a bad language tag
 *   ENTENTE_ERR_TEXT        not UTF-8
 *   ENTENTE_ERR_TOO_LARGE   over the limits above
 *   ENTENTE_ERR_TRUNCATED   the last line has no line feed
 */
MUST_USE enum entente_error script_next(
    struct script *script, struct script_saying *saying, bool *found);

#endif
