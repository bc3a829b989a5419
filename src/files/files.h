/*
 * Files, for whatever faces people: given in pieces, read in pieces, and how they stand.  Sealing
 * and opening happens here: plaintext and the file's key stay in the desk (and in a sealed body),
 * the node keeps and carries sealed chunks.  PROTOCOL.md section 19.
 *
 * Nothing here waits: answers of the node come in by the files_node_...() functions, and go on to
 * the callbacks.  A callback may call everything here.  Rooms are named by their ids: chunks are
 * sealed for their room, so zero does not stand for the only one.
 */
#ifndef ENTENTE_FILES_FILES_H
#define ENTENTE_FILES_FILES_H

#include "channel/messages.h"
#include "format/file.h"

#define FILES_UNDER_WAY_MAX 64u /* uploads and reads at one time */
#define FILES_MADE_MAX 256u     /* uploads that are remembered until they are in the record */

struct files;
struct files_put;
struct files_get;

/* `node` is borrowed.  ENTENTE_ERR_NO_MEMORY */
MUST_USE enum entente_error files_new(struct files **files, struct channel *node);
void files_free(struct files *files);

/* ---- giving a file ---- */

/* What an assessment fact says of it. */
struct file_made {
    struct room_id room;
    struct digest root;
    struct digest sha256;
    uint8_t key[AEAD_KEY_BYTES];
    uint64_t size;
};

struct files_put_calls {
    void *state;
    /* files_put() took less than it was given, and would take more now. */
    void (*ready)(void *state);
    /* Once, at any time after files_put_begin(): it is durable here, or why not.  The put is gone.
     */
    void (*done)(void *state, enum entente_error error, const struct file_made *made);
};

/*
 *   ENTENTE_ERR_LOCKED      FILES_UNDER_WAY_MAX others are under way
 *   ENTENTE_ERR_NO_MEMORY, ENTENTE_ERR_RANDOM
 */
MUST_USE enum entente_error files_put_begin(struct files *files, const struct room_id *room,
    const struct files_put_calls *calls, struct files_put **put);

/*
 * Takes the next piece, of any size, or its beginning as far as there is room now.
 *   ENTENTE_ERR_TOO_LARGE   over FILE_BYTES_MAX: to be aborted
 */
MUST_USE enum entente_error files_put(struct files_put *put, struct bytes data, size_t *taken);

/* All pieces were taken. */
void files_put_end(struct files_put *put);

/* Gives it up: no callback comes any more, and the chunks are removed. */
void files_put_abort(struct files_put *put);

/*
 * What was uploaded since this process started, by its root: for the fact that puts it into the
 * record. NULL: it was not, or too many others were since: it has to be given again.
 */
const struct file_made *files_made(const struct files *files, const struct digest *root);

/* ---- reading a file ---- */

/* As its assessment fact says, and which part of it: from <= to <= size. */
struct files_wanted {
    struct room_id room;
    struct digest root;
    uint8_t key[AEAD_KEY_BYTES];
    uint64_t size;
    uint64_t from;
    uint64_t to;
};

struct files_get_calls {
    void *state;
    /*
     * The answer to one files_get_more(): the next piece, of at most FILE_CHUNK_BYTES; an empty one
     * with ENTENTE_OK is the end.  Valid until the next call about this get.  On error none
     * follows: ENTENTE_ERR_UNSEALABLE   the file is not what its giver says ENTENTE_ERR_USAGE it is
     * not as large as its giver says or what the node says
     */
    void (*piece)(void *state, struct bytes data, enum entente_error error);
};

/*
 * What is not here is fetched from the other parties, the part that is read first, then all of it:
 * that goes on when nobody reads any more, until files_status() says otherwise.  Errors as of
 * files_put_begin().
 */
MUST_USE enum entente_error files_get_begin(struct files *files, const struct files_wanted *wanted,
    const struct files_get_calls *calls, struct files_get **get);
void files_get_more(struct files_get *get);

/* At any time; no callback comes any more. */
void files_get_end(struct files_get *get);

/* ---- how it stands ---- */

struct file_status {
    bool is_wanted; /* it is being fetched */
    uint64_t size;
    uint32_t chunks; /* 0: nothing is known of it here */
    uint32_t here;   /* of them, durable */
    uint32_t at;     /* which parties were seen to have it: a bit for each slot */
};

/* `want`: enum message_file_want.  Errors as of files_put_begin(), without a callback. */
MUST_USE enum entente_error files_status(struct files *files, const struct room_id *room,
    const struct digest *root, uint8_t want, void *state,
    void (*status)(void *state, enum entente_error error, const struct file_status *status));

/* Removes what is here of it: for a file that was withdrawn. */
MUST_USE enum entente_error files_remove(struct files *files, const struct room_id *room,
    const struct digest *root, void *state, void (*done)(void *state, enum entente_error error));

/* ---- the node's answers ---- */

#define TICKET_FILES (UINT64_C(1) << 59)
/* Whether an answer under this ticket belongs here. */
bool files_have_ticket(uint64_t ticket);
void files_node_done(struct files *files, const struct message_node_done *message);
void files_node_chunk(struct files *files, const struct message_node_file_chunk *message);
void files_node_status(struct files *files, const struct message_node_file_status_is *message);

/* The channel to the node has sent something: whoever waited for room goes on. */
void files_go_on(struct files *files);

#endif
