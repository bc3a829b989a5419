/*
 * Text from outside, made safe to look at.
 *
 * A name, a title or a statement was written by somebody else, and a terminal obeys it: control
 * characters move the cursor, bidi controls turn the order of what follows, invisible ones make
 * two names look like one.  So all of these are written out (U+202E as `\u{202E}`), everything else
 * stays as it is, in any script.  What is written for programs (--json) is not changed this way.
 */
#ifndef ENTENTE_TEXT_SHOW_H
#define ENTENTE_TEXT_SHOW_H

#include "base/bytes.h"

#include <stdio.h>

/*
 * One line: no byte of `text` can end it.  Written out are control, bidi, invisible (default
 * ignorable), private and unassigned characters, line and paragraph separators, bytes that are not
 * UTF-8 (`\x{FF}`), and a backslash before `u{` or `x{`, so that what is shown has one reading.
 */
void show_line(FILE *out, struct bytes text);

/*
 * Running text: as show_line(), but line feeds and tabs stay, and so do the invisible characters
 * that languages and emoji need (joiners, variation selectors).
 */
void show_text(FILE *out, struct bytes text);

/*
 * For other forms than a FILE: the next piece of `*rest`, which moves behind it; false at the end.
 * Either `escape` is empty and `as_is`, borrowed, stays as it is; or `escape` stands for it.
 */
struct shown {
    struct bytes as_is;
    char escape[12];
};
bool show_next(struct bytes *rest, bool is_line, struct shown *piece);

/* A name: show_line(), and " [mixed scripts]" behind it where show_is_mixed(). */
void show_name(FILE *out, struct bytes name);

/*
 * Whether one word of `name` mixes scripts as no writing system does (a Cyrillic letter in a Latin
 * word), by the moderately restrictive level of Unicode TS 39.  Words of different scripts side by
 * side are no mixture.
 */
bool show_is_mixed(struct bytes name);

/* Whether people could take one name for the other: equal skeletons, Unicode TS 39, section 4. */
bool show_are_alike(struct bytes a, struct bytes b);

/* 32 bytes as 16 groups of four hexadecimal digits, eight groups a line behind `indent`. */
void show_fingerprint(FILE *out, const char *indent, const uint8_t id[static 32]);

#endif
