/*
 * What the party's own people and programs ask over HTTP: routes, permissions, JSON.  openapi.json is
 * the one place that says which requests there are and what they may hold; api/ reads it at start, checks every
 * request against it, and finds the handler by `operationId`.
 *
 * It knows rooms (room/room.h) and documents; what it needs of the desk's process comes in through
 * `struct api_desk`, and what the desk learns goes in by the api_...() events: so tests run it
 * without a process.
 */
#ifndef ENTENTE_API_API_H
#define ENTENTE_API_API_H

#include "channel/status.h"
#include "net/http.h"
#include "room/room.h"

struct api;
struct files; /* files/files.h */

/* Before the process is confined: what the libraries read of the machine. */
void api_prepare(void);

/* What became of something written. */
struct api_written {
    uint8_t slot;
    uint16_t inc;
    uint32_t seq;
    struct entry_id id;
    uint64_t t_ms;
    struct rule rule; /* with ENTENTE_ERR_VOID: the one that would make it void */
};

/*
 * The desk, as the API needs it.  Answers come by api_written(), api_status() and so on under the same ticket:
 * later, not from inside of these calls.
 */
struct api_desk {
    void *state;
    uint64_t (*now_ms)(void *state);                     /* Unix time */
    void (*random)(void *state, void *data, size_t size);
    uint32_t (*rooms)(void *state);                      /* how many the party is in */
    struct room *(*room_at)(void *state, uint32_t index); /* opened where it was not */
    /* kind: enum entry_kind; sections as SAY carries them (count u16, type u16, size u32, content). */
    void (*write)(void *state, uint64_t ticket, struct room *room, uint8_t kind, struct bytes sections);
    void (*status)(void *state, uint64_t ticket, struct room *room);
    /*
     * The accounts' file, whole; saved so that a power cut leaves the old or the new one.  What is loaded
     * is borrowed until the next call.
     */
    enum entente_error (*accounts_load)(void *state, struct bytes *content); /* NOT_FOUND: none yet */
    enum entente_error (*accounts_save)(void *state, struct bytes content);
    struct files *files; /* borrowed; NULL: files cannot be given and read */
    /*
     * Answered by api_exported(): the next part of the room's record as a file; the same ticket goes on with the
     * same file.  NULL: it cannot be given.
     */
    void (*export_part)(void *state, uint64_t ticket, struct room *room);
    /*
     * Answered by api_controlled().  what: enum message_control_what; `slot`: whose link.  NULL: it cannot
     * be asked for.
     */
    void (*control)(void *state, uint64_t ticket, struct room *room, uint8_t what, uint8_t slot);
    /* All of the node's processes stop for so long, this one too, a moment after the answer.  NULL: as above. */
    enum entente_error (*stop)(void *state, uint16_t seconds);
};

/*
 * `desk` is copied.
 *   ENTENTE_ERR_CORRUPT     the accounts' file is damaged
 *   ENTENTE_ERR_MALFORMED   openapi.json promises what is not checked: a mistake of whoever built it
 *   ENTENTE_ERR_NO_MEMORY, or what accounts_load() said
 */
MUST_USE enum entente_error api_new(struct api **api, const struct api_desk *desk);
/* Before the rooms and the HTTP server are freed, or after: answers nobody. */
void api_free(struct api *api);

/* What the HTTP server calls. */
struct http_calls api_calls(struct api *api);

/* ---- what the desk tells ---- */
void api_written(struct api *api, uint64_t ticket, enum entente_error error, const struct api_written *written);
void api_status(struct api *api, uint64_t ticket, enum entente_error error, const struct status *status);
/* `part` is borrowed; empty: the file is at its end. */
void api_exported(struct api *api, uint64_t ticket, enum entente_error error, struct bytes part);
void api_controlled(struct api *api, uint64_t ticket, enum entente_error error);
/*
 * Once a turn of the desk's loop: requests that waited for a room to be read may go on, and so does the index of
 * search.  True: there is more to do at once.
 */
bool api_turn(struct api *api);
/* A room took an entry in: to the index of search, and to those who follow. */
void api_changed(struct api *api, struct room *room, uint64_t change);
/* Once a second or so: held, links, timeouts, expiry. */
void api_tick(struct api *api);

#endif
