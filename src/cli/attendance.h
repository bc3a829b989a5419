/*
 * Who attends: the names and organisations behind the abbreviations in a committee's minutes.
 *
 * Two forms are read, those of the minutes of 2015 to 2021: a running list, `Name (ABC), Name
 * (ABC)`, which names no organisation, and a table, `| Name | ABC | Organisation |`.  What is
 * learnt on one day stays known on later ones; a later listing replaces an earlier one.  Nothing
 * is carried backwards: people change organisations, and a day's minutes say what held on that day.
 */
#ifndef ENTENTE_CLI_ATTENDANCE_H
#define ENTENTE_CLI_ATTENDANCE_H

#include "base/bytes.h"

#define ATTENDANCE_ABBREVIATION_BYTES_MAX 5u
#define ATTENDANCE_NAME_BYTES_MAX                                                                  \
    127u                           /* of a person or an organisation; longer ones are refused      \
                                    */
#define ATTENDANCE_KNOWN_MAX 1024u /* abbreviations in all minutes */
#define ATTENDANCE_TODAY_MAX 512u  /* people on one day */

struct attendee {
    char abbreviation[ATTENDANCE_ABBREVIATION_BYTES_MAX + 1];
    char name[ATTENDANCE_NAME_BYTES_MAX + 1];
    char organisation[ATTENDANCE_NAME_BYTES_MAX + 1]; /* empty while unknown */
};

struct attendance;

/* NULL when memory is out.  A quarter of a MB; the caller frees it with attendance_free(). */
struct attendance *attendance_new(void);
void attendance_free(struct attendance *attendance);

/* A new day begins: everybody stays known, nobody is here yet. */
void attendance_begin_day(struct attendance *attendance);

/*
 * Read one line of a running list.  Returns how many people it named; 0 means that the line is no
 * such list.  `*left_out` counts those who did not fit the limits above.
 */
size_t attendance_read_list(struct attendance *attendance, struct bytes line, size_t *left_out);

enum attendance_row {
    ATTENDANCE_ROW_PERSON,
    ATTENDANCE_ROW_EMPTY, /* the head of the table, the line under it, or a row without a word */
    ATTENDANCE_ROW_BAD    /* no name, no usable abbreviation, or over the limits */
};

/* Read one line of a table, which begins with '|'. */
enum attendance_row attendance_read_row(struct attendance *attendance, struct bytes line);

/*
 * The `i`-th of those who are here today, in the order of the list; NULL behind the last.
 * Borrowed until the attendance reads on.
 */
const struct attendee *attendance_today(const struct attendance *attendance, size_t i);

/* True when `text` is an abbreviation: 1 to 5 capitals and digits, the first one a capital. */
bool attendance_is_abbreviation(struct bytes text);

/*
 * Who it is, by abbreviation (of any case) on this or an earlier day, or NULL.  Borrowed until the
 * attendance reads on.  Takes constant time.
 */
const struct attendee *attendance_by_abbreviation(
    const struct attendance *attendance, struct bytes abbreviation);

/*
 * True when somebody here today has this name, first name or last name (of any case).  Then
 * `*attendee` says who, or is NULL when more than one has it.  Borrowed until the attendance reads
 * on.  Takes time linear in those here.
 */
bool attendance_has_name(
    const struct attendance *attendance, struct bytes name, const struct attendee **attendee);

#endif
