/*
 * What people take out of a consultation: minutes, a brief for who comes into an office, and lists
 * in the forms of others (CSV, iCalendar, Atom, ninjs).  All of it is read from a room
 * (room/room.h) at one moment, so it says what this party's people may read.  The check of a press
 * report is in documents/readout_check.h.
 *
 * Everything that was written by somebody is hostile: markup is escaped, control, bidi and
 * invisible characters are written out as text/show.h says, each text is isolated in its own
 * language and direction, and cells of a spreadsheet never begin a formula.
 */
#ifndef ENTENTE_DOCUMENTS_DOCUMENTS_H
#define ENTENTE_DOCUMENTS_DOCUMENTS_H

#include "room/room.h"

/*
 * Where a document goes.  Without `flush` all of it is in memory, borrowed until document_free();
 * with it the callback is given what there is whenever that exceeds DOCUMENT_FLUSH_BYTES, and the
 * rest at the end. Sticky: after a failure nothing more is written.
 */
#define DOCUMENT_FLUSH_BYTES 65536u
struct document {
    uint8_t *data;
    size_t size;
    size_t room;
    enum entente_error error; /* NO_MEMORY, or what `flush` returned */
    enum entente_error (*flush)(void *state, struct bytes part);
    void *state;
};
void document_free(struct document *document);

enum document_form { DOCUMENT_HTML = 1, DOCUMENT_MARKDOWN = 2 };

struct document_options {
    struct room *room;
    const char
        *language;   /* of headings and dates: en, ko, ja or ar, by its first subtag; else en */
    uint64_t now_ms; /* of the document; embargoes are judged by it */
    const char
        *site; /* address before "/public/..." in links, without a slash at its end; NULL: none */
};

/*
 * All of them:
 *   ENTENTE_ERR_NOT_FOUND   no such session or office
 *   ENTENTE_ERR_NO_MEMORY, ENTENTE_ERR_IO, ENTENTE_ERR_CORRUPT   this machine
 *   any other               what `flush` returned
 * On error the document holds part of it.  Time: linear in the facts that it tells, times the
 * logarithm of what it sorts; but of a session's chair and a dialogue's positions each fact is judged
 * against all of its kind (M3, Q4).
 */

/* Of one session, or of all in the order of their beginning where `session` is NULL. */
MUST_USE enum entente_error document_minutes(struct document *document,
    const struct document_options *options, const struct digest *session, enum document_form form);

/*
 * What the incoming holder of the own party's office must know: charter, offices, sessions, texts,
 * open proposals, commitments, dialogues, what changed since `since_ms` (0: that part is left out)
 * and what waits for the office.
 */
MUST_USE enum entente_error document_brief(struct document *document,
    const struct document_options *options, struct bytes office, uint64_t since_ms,
    enum document_form form);

/*
 * The register of commitments, RFC 4180 with a header line: a row for each pledge and each change,
 * delivery and receipt of it, with the transaction type of IATI 2.03 that it stands for.
 */
MUST_USE enum entente_error document_commitments_csv(
    struct document *document, const struct document_options *options);

/* Before the process is confined: libical reads a list of time zones even for UTC, once. */
void document_prepare(void);

/* The sessions, RFC 5545; UIDs are stable. */
MUST_USE enum entente_error document_sessions_ical(
    struct document *document, const struct document_options *options);

/* The readouts and corrections that are effective, published, and not under embargo: RFC 4287. */
MUST_USE enum entente_error document_readouts_atom(
    struct document *document, const struct document_options *options);
/* The same as a JSON array of ninjs 2.0 items (IPTC), one for each readout and language. */
MUST_USE enum entente_error document_readouts_ninjs(
    struct document *document, const struct document_options *options);

/*
 * By the name of an export of the API, such as "sessions.ics"; `*media_type` is set first.
 *   ENTENTE_ERR_NOT_FOUND   no such export
 */
MUST_USE enum entente_error document_export(struct document *document,
    const struct document_options *options, const char *name, const char **media_type);

#endif
