/* Reads the minutes of one day: one Markdown file, as described in minutes.h. */
#ifndef ENTENTE_CLI_MINUTES_PAGE_H
#define ENTENTE_CLI_MINUTES_PAGE_H

#include "cli/attendance.h"
#include "cli/minutes.h"

struct minutes_page {
    const char *file; /* borrowed; only reported */
    struct bytes content;
    struct bytes place; /* of the session, or empty */
    uint8_t chair;      /* the party to which items belong that nobody said */
};

/*
 * The date in the first heading of `content`, as 2015-01-27, if it is one of the first 20 lines.
 * False, and `date` empty, when there is none.
 */
bool minutes_page_date(struct bytes content, char date[static 11]);

/* Where the meeting was held, as a summary states it: "hosted by Google in New York, NY". */
struct bytes minutes_page_place(struct bytes content);

/*
 * Read `page`, whose people are added to `attendance`, and tell `sink`.  Linear in the page's size;
 * allocates one buffer of at most MINUTES_TEXT_BYTES_MAX.
 *
 * Returns ENTENTE_OK, ENTENTE_ERR_NO_MEMORY, or what the sink returned.
 */
MUST_USE enum entente_error minutes_page_read(const struct minutes_page *page,
    struct attendance *attendance, const struct minutes_sink *sink);

#endif
