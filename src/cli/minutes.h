/*
 * Reads a standards committee's minutes: Markdown files, one a day, in a folder or in a zstd tar.
 *
 * What is read of each file, in document order:
 *   - its title, `# January 27, 2015 Meeting Notes` or `# 26 October, 2021 Meeting Notes`, which
 *     begins the session of that day.  A file without such a date in its first heading (a table of
 *     contents, a summary) is reported and left out, but "held a three day meeting hosted by ... in
 *     ... on" in it tells where the sessions of its folder took place.
 *   - attendance lists and tables between the title and the first heading (see attendance.h), which
 *     say who is present;
 *   - headings, which are agenda items, and among them "Conclusion", "Resolution", "Consensus" and
 *     "Conclusion/Resolution", which are kept as conclusions;
 *   - statements: paragraphs that begin with their speakers, `ABC: text`.  What follows until the
 *     next speaker or heading (paragraphs, lists, code) belongs to the last speaker.
 *   - what nobody is said to have said: the text of a conclusion, and the note-taker's notes.
 *
 * Files are taken in the order of their dates, and of their paths within a day.  Every byte is
 * hostile: what cannot be read is reported line by line, and reading goes on after it.  Text is
 * checked to be UTF-8 and never changed, but for white space at the ends of lines, and runs of
 * empty lines, which become one.
 */
#ifndef ENTENTE_CLI_MINUTES_H
#define ENTENTE_CLI_MINUTES_H

#include "base/bytes.h"

#define MINUTES_PARTIES 3u
#define MINUTES_LINE_BYTES_MAX 65536u
#define MINUTES_TEXT_BYTES_MAX 1048576u     /* of one statement: PROTOCOL.md, BODY_BYTES_MAX */
#define MINUTES_TOTAL_BYTES_MAX (64u << 20) /* of all files together, or of the unpacked tar */
#define MINUTES_FILES_MAX 4096u
#define MINUTES_DEPTH_MAX 16u /* folders in folders */
#define MINUTES_LANGUAGE "en" /* BCP 47 tag of every text */

enum minutes_kind {
    MINUTES_SESSION,    /* text is the title; date, place */
    MINUTES_HEADING,    /* an agenda item: level, text */
    MINUTES_CONCLUSION, /* the heading of a conclusion: level, text */
    MINUTES_RESOLUTION, /* text of a conclusion, said by nobody in particular */
    MINUTES_STATEMENT,  /* abbreviation, speaker, organisation, text */
    MINUTES_NOTE,       /* other text, said by nobody in particular */
    MINUTES_KINDS
};

/* Every view is valid during the call only; what does not apply or is unknown is empty. */
struct minutes_item {
    enum minutes_kind kind;
    uint8_t level;             /* 1 to 6 for headings and conclusions, else 0 */
    uint8_t party;             /* 0 to MINUTES_PARTIES - 1, see minutes_party() */
    uint32_t line;             /* 1-based, where the item begins */
    const char *file;          /* its path below what was asked for */
    const char *language;      /* MINUTES_LANGUAGE */
    char date[11];             /* of the session: 2015-01-27 */
    struct bytes place;        /* of a session, as the folder's summary states it */
    struct bytes abbreviation; /* of the speaker as written: "AWB", "MM, WH", "??", "Everyone" */
    struct bytes speaker; /* the name, where the attendance gives it and there is one speaker */
    struct bytes organisation; /* as for the name */
    struct bytes text;
};

/* Who is present; the organisation is empty where it is unknown.  Valid during the call only. */
struct minutes_person {
    const char *name;
    const char *organisation;
};

/* Who is told.  What `item` or `person` returns other than ENTENTE_OK ends the reading and is its result. */
struct minutes_sink {
    void *context;
    enum entente_error (*item)(void *context, const struct minutes_item *item);
    /* `line` is 1-based, or 0 for the file as a whole; `reason` is a text for people, static. */
    void (*unread)(void *context, const char *file, uint32_t line, const char *reason);
    /* Somebody who is present, behind the session's item and before all others of it; or NULL. */
    enum entente_error (*person)(void *context, const struct minutes_person *person);
};

/*
 * Which of three parties speaks for an organisation, so that real minutes load three nodes.
 *
 * The rule: FNV-1a (64 bits) of the organisation's name reduced to its ASCII letters (in lower
 * case), digits and bytes above 0x7F; where the organisation is unknown, of the abbreviation
 * reduced likewise; modulo MINUTES_PARTIES.  Items that nobody said belong to the session's chair:
 * the sessions are chaired by party 0, 1, 2, 0, ... in the order in which they are read.
 */
uint8_t minutes_party(struct bytes organisation, struct bytes abbreviation);

/*
 * Read everything at `path` (a folder, a Markdown file, or a tar of them compressed with zstd) and
 * tell `sink`.  Holds all files in memory, at most MINUTES_TOTAL_BYTES_MAX; linear in their size.
 * Symbolic links are not followed.
 *
 * Returns ENTENTE_OK, what the sink returned, or
 *   ENTENTE_ERR_NOT_FOUND            there is nothing at `path`, or no minutes of any day in it
 *   ENTENTE_ERR_IO, _NO_MEMORY       this machine failed
 *   ENTENTE_ERR_TOO_LARGE            over the limits above
 *   ENTENTE_ERR_TRUNCATED, _HASH, _MALFORMED   the archive is damaged
 * Damage to the archive is found before the sink is told any item.
 */
MUST_USE enum entente_error minutes_read(const char *path, const struct minutes_sink *sink);

#endif
