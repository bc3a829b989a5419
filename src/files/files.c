#include "files/files.h"

#include "crypto/hash.h"
#include "crypto/random.h"
#include "crypto/secret.h"

#include <assert.h>
#include <stdlib.h>

#define PLACE_BITS 10u
#define ASKED_MAX 1024u /* questions to the node under way */
#define PUT_WINDOW 8u   /* chunks of an upload that the node has not taken yet */
#define GET_WINDOW 4u   /* chunks that are read ahead */

/* A question to the node. */
struct asked {
    uint64_t ticket; /* 0: free */
    struct files_put *put;
    struct files_get *get;
    uint32_t index;
    void *state;
    void (*status)(void *state, enum entente_error error, const struct file_status *status);
    void (*done)(void *state, enum entente_error error);
};

struct files_put {
    struct files *files;
    struct files_put_calls calls;
    struct file_made made;
    struct digest place;
    struct sha256 sha256;
    uint8_t *leaves;
    uint32_t leaves_room; /* in leaves */
    uint32_t chunks;      /* sealed so far */
    uint32_t waiting;     /* for the node's word */
    size_t used;
    bool wants_ready;
    bool is_ended;
    bool is_told; /* the node knows that it is whole */
    uint8_t plain[FILE_CHUNK_BYTES];
};

struct files_get {
    struct files *files;
    struct files_get_calls calls;
    struct files_wanted wanted;
    uint32_t next;  /* to be asked for */
    uint32_t first; /* to be handed on */
    uint32_t end;
    bool wants_more;
    enum entente_error error;
    size_t bytes[GET_WINDOW]; /* 0: not here yet; else one more than there are */
    uint8_t plain[GET_WINDOW][FILE_CHUNK_BYTES];
};

struct files {
    struct channel *node;
    uint64_t counter;
    struct asked asked[ASKED_MAX];
    void *puts[FILES_UNDER_WAY_MAX]; /* struct files_put */
    void *gets[FILES_UNDER_WAY_MAX]; /* struct files_get */
    struct file_made made[FILES_MADE_MAX];
    uint32_t made_next;
};

static void put_go_on(struct files_put *put);
static void get_go_on(struct files_get *get);

/* ---- questions ---- */

static struct asked *
ask(struct files *files)
{
    for (uint32_t i = 0; i < ASKED_MAX; i++) {
        struct asked *asked = &files->asked[i];
        if (asked->ticket != 0)
            continue;
        *asked = (struct asked){.ticket = TICKET_FILES | ++files->counter << PLACE_BITS | i};
        return asked;
    }
    return NULL;
}

static struct asked *
find(struct files *files, uint64_t ticket)
{
    struct asked *asked = &files->asked[ticket & ((1u << PLACE_BITS) - 1)];

    return asked->ticket == ticket ? asked : NULL;
}

bool
files_have_ticket(uint64_t ticket)
{
    return (ticket & TICKET_FILES) != 0;
}

/* Answers to it will meet nothing. */
static void
forget(struct files *files, const struct files_put *put, const struct files_get *get)
{
    for (uint32_t i = 0; i < ASKED_MAX; i++)
        if ((put != NULL && files->asked[i].put == put) ||
            (get != NULL && files->asked[i].get == get))
            files->asked[i] = (struct asked){0};
}

static void **
free_place(void **list)
{
    for (uint32_t i = 0; i < FILES_UNDER_WAY_MAX; i++)
        if (list[i] == NULL)
            return &list[i];
    return NULL;
}

static void
clear_place(void **list, const void *item)
{
    for (uint32_t i = 0; i < FILES_UNDER_WAY_MAX; i++)
        if (list[i] == item)
            list[i] = NULL;
}

enum entente_error
files_new(struct files **files, struct channel *node)
{
    *files = calloc(1, sizeof **files);
    if (*files == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    (*files)->node = node;
    return ENTENTE_OK;
}

static void
put_free(struct files_put *put)
{
    clear_place(put->files->puts, put);
    forget(put->files, put, NULL);
    free(put->leaves);
    secret_wipe(put, sizeof *put);
    free(put);
}

static void
get_free(struct files_get *get)
{
    clear_place(get->files->gets, get);
    forget(get->files, NULL, get);
    secret_wipe(get, sizeof *get);
    free(get);
}

void
files_free(struct files *files)
{
    if (files == NULL)
        return;
    for (uint32_t i = 0; i < FILES_UNDER_WAY_MAX; i++) {
        if (files->puts[i] != NULL)
            put_free(files->puts[i]);
        if (files->gets[i] != NULL)
            get_free(files->gets[i]);
    }
    secret_wipe(files, sizeof *files);
    free(files);
}

/* ---- giving ---- */

enum entente_error
files_put_begin(struct files *files, const struct room_id *room,
    const struct files_put_calls *calls, struct files_put **put)
{
    void **place = free_place(files->puts);
    enum entente_error error = ENTENTE_ERR_NO_MEMORY;

    *put = NULL;
    if (place == NULL)
        return ENTENTE_ERR_LOCKED;
    struct files_put *made = calloc(1, sizeof *made);
    if (made != NULL)
        error = random_bytes(made->made.key, sizeof made->made.key);
    if (error == ENTENTE_OK)
        error = random_bytes(made->place.bytes, sizeof made->place.bytes);
    if (error != ENTENTE_OK) {
        free(made);
        return error;
    }
    made->files = files;
    made->calls = *calls;
    made->made.room = *room;
    sha256_start(&made->sha256);
    *place = made;
    *put = made;
    return ENTENTE_OK;
}

static enum entente_error
add_leaf(struct files_put *put, const struct digest *leaf)
{
    if (put->chunks == put->leaves_room) {
        uint32_t room = put->leaves_room == 0 ? 64 : 2 * put->leaves_room;
        uint8_t *grown = realloc(put->leaves, (size_t)room * ID_BYTES);
        if (grown == NULL)
            return ENTENTE_ERR_NO_MEMORY;
        put->leaves = grown;
        put->leaves_room = room;
    }
    memcpy(put->leaves + (size_t)put->chunks * ID_BYTES, leaf->bytes, ID_BYTES);
    return ENTENTE_OK;
}

static bool
has_room(const struct files *files)
{
    return channel_has_room(files->node, CHANNEL_BODY_BYTES_MAX);
}

/* The chunk that is gathered goes to the node; false: there is no room for it now. */
static bool
put_chunk(struct files_put *put, enum entente_error *error)
{
    uint8_t sealed[FILE_SEALED_BYTES_MAX];
    struct message_node_file_put message = {.room = put->made.room,
        .place = put->place,
        .index = put->chunks,
        .sealed = {sealed, put->used + AEAD_TAG_BYTES}};
    struct digest leaf;

    if (put->waiting >= PUT_WINDOW || !has_room(put->files))
        return false;
    struct asked *asked = ask(put->files);
    if (asked == NULL)
        return false;
    asked->put = put;
    message.ticket = asked->ticket;
    file_seal_chunk(
        sealed, put->made.key, &put->made.room, put->chunks, (struct bytes){put->plain, put->used});
    file_make_leaf(&leaf, message.sealed);
    *error = add_leaf(put, &leaf);
    if (*error == ENTENTE_OK)
        *error = message_node_file_put_queue(put->files->node, &message);
    put->chunks++;
    put->waiting++;
    put->used = 0;
    return true;
}

enum entente_error
files_put(struct files_put *put, struct bytes data, size_t *taken)
{
    enum entente_error error = ENTENTE_OK;

    *taken = 0;
    assert(!put->is_ended);
    while (*taken < data.size && error == ENTENTE_OK) {
        size_t size = data.size - *taken;
        if (put->used == FILE_CHUNK_BYTES && !put_chunk(put, &error)) {
            put->wants_ready = true;
            break;
        }
        if (size > FILE_CHUNK_BYTES - put->used)
            size = FILE_CHUNK_BYTES - put->used;
        if (put->made.size + size > FILE_BYTES_MAX)
            return ENTENTE_ERR_TOO_LARGE;
        memcpy(put->plain + put->used, data.data + *taken, size);
        sha256_add(&put->sha256, (struct bytes){put->plain + put->used, size});
        put->used += size;
        put->made.size += size;
        *taken += size;
    }
    return error;
}

static void
remove_upload(struct files_put *put)
{
    struct message_node_file_remove message = {
        .ticket = TICKET_FILES, .room = put->made.room, .root = put->place, .upload = true};

    if (put->chunks == 0)
        return;
    enum entente_error error = message_node_file_remove_queue(put->files->node, &message);
    (void)error; /* at its next start the node removes it */
}

static void
put_done(struct files_put *put, enum entente_error error)
{
    struct files *files = put->files;
    struct files_put_calls calls = put->calls;
    struct file_made made = put->made;

    if (error == ENTENTE_OK)
        files->made[files->made_next++ % FILES_MADE_MAX] = made;
    else
        remove_upload(put);
    put_free(put);
    calls.done(calls.state, error, error == ENTENTE_OK ? &made : NULL);
    secret_wipe(&made, sizeof made);
}

static enum entente_error
tell_end(struct files_put *put)
{
    struct message_node_file_end message = {.room = put->made.room,
        .place = put->place,
        .size = put->made.size,
        .leaves = {put->leaves, (size_t)put->chunks * ID_BYTES}};
    struct asked *asked = ask(put->files);

    if (asked == NULL)
        return ENTENTE_ERR_LOCKED;
    asked->put = put;
    message.ticket = asked->ticket;
    file_make_root(&put->made.root, put->made.size, put->leaves);
    sha256_finish(&put->sha256, put->made.sha256.bytes);
    put->is_told = true;
    return message_node_file_end_queue(put->files->node, &message);
}

static void
put_go_on(struct files_put *put)
{
    enum entente_error error = ENTENTE_OK;

    if (put->is_told)
        return;
    if (put->is_ended) {
        if ((put->used > 0 || put->chunks == 0) && !put_chunk(put, &error))
            return;
        if (error == ENTENTE_OK && put->waiting == 0 && has_room(put->files))
            error = tell_end(put);
        if (error != ENTENTE_OK)
            put_done(put, error);
        return;
    }
    if (put->wants_ready && put->waiting < PUT_WINDOW && has_room(put->files)) {
        put->wants_ready = false;
        put->calls.ready(put->calls.state);
    }
}

void
files_put_end(struct files_put *put)
{
    put->is_ended = true;
    put_go_on(put);
}

void
files_put_abort(struct files_put *put)
{
    remove_upload(put);
    put_free(put);
}

const struct file_made *
files_made(const struct files *files, const struct digest *root)
{
    for (uint32_t i = 0; i < FILES_MADE_MAX; i++)
        if (digest_equal(&files->made[i].root, root))
            return &files->made[i];
    return NULL;
}

/* ---- reading ---- */

enum entente_error
files_get_begin(struct files *files, const struct files_wanted *wanted,
    const struct files_get_calls *calls, struct files_get **get)
{
    void **place = free_place(files->gets);

    *get = NULL;
    assert(wanted->from <= wanted->to && wanted->to <= wanted->size);
    if (place == NULL)
        return ENTENTE_ERR_LOCKED;
    struct files_get *made = calloc(1, sizeof *made);
    if (made == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    made->files = files;
    made->wanted = *wanted;
    made->calls = *calls;
    made->first = made->next = (uint32_t)(wanted->from / FILE_CHUNK_BYTES);
    made->end = (uint32_t)((wanted->to + FILE_CHUNK_BYTES - 1) / FILE_CHUNK_BYTES);
    if (wanted->from == wanted->to)
        made->end = made->first;
    if (file_chunks(wanted->size) == 0)
        made->error = ENTENTE_ERR_USAGE;
    *place = made;
    *get = made;
    return ENTENTE_OK;
}

static void
ask_ahead(struct files_get *get)
{
    while (get->error == ENTENTE_OK && get->next < get->end &&
           get->next < get->first + GET_WINDOW && has_room(get->files)) {
        struct message_node_file_get message = {
            .room = get->wanted.room, .root = get->wanted.root, .index = get->next};
        struct asked *asked = ask(get->files);
        if (asked == NULL)
            return;
        asked->get = get;
        asked->index = get->next++;
        message.ticket = asked->ticket;
        get->error = message_node_file_get_queue(get->files->node, &message);
    }
}

/* The part of a chunk that is wanted. */
static struct bytes
part_of(const struct files_get *get, uint32_t index, const uint8_t *plain, size_t size)
{
    uint64_t start = (uint64_t)index * FILE_CHUNK_BYTES;
    uint64_t from = get->wanted.from > start ? get->wanted.from - start : 0;
    uint64_t to = get->wanted.to - start < size ? get->wanted.to - start : size;

    return (struct bytes){plain + from, (size_t)(to - from)};
}

/* The callback may end the get: nothing of it is looked at afterwards. */
static void
get_go_on(struct files_get *get)
{
    uint32_t place = get->first % GET_WINDOW;
    struct bytes data = {0};

    if (get->error == ENTENTE_OK)
        ask_ahead(get);
    if (!get->wants_more)
        return;
    if (get->error == ENTENTE_OK && get->first < get->end) {
        if (get->bytes[place] == 0)
            return;
        data = part_of(get, get->first, get->plain[place], get->bytes[place] - 1);
        get->bytes[place] = 0;
        get->first++;
    }
    get->wants_more = false;
    get->calls.piece(get->calls.state, data, get->error);
}

void
files_get_more(struct files_get *get)
{
    get->wants_more = true;
    get_go_on(get);
}

void
files_get_end(struct files_get *get)
{
    get_free(get);
}

static enum entente_error
open_chunk(struct files_get *get, uint32_t index, struct bytes sealed)
{
    uint32_t place = index % GET_WINDOW;
    size_t size = file_chunk_bytes(get->wanted.size, index);

    if (sealed.size != size + AEAD_TAG_BYTES)
        return ENTENTE_ERR_USAGE;
    enum entente_error error =
        file_open_chunk(get->plain[place], get->wanted.key, &get->wanted.room, index, sealed);
    get->bytes[place] = error == ENTENTE_OK ? size + 1 : 0;
    return error;
}

/* ---- how it stands ---- */

enum entente_error
files_status(struct files *files, const struct room_id *room, const struct digest *root,
    uint8_t want, void *state,
    void (*status)(void *state, enum entente_error error, const struct file_status *status))
{
    struct asked *asked = ask(files);

    if (asked == NULL)
        return ENTENTE_ERR_LOCKED;
    asked->state = state;
    asked->status = status;
    enum entente_error error = message_node_file_status_queue(
        files->node, &(struct message_node_file_status){asked->ticket, *room, *root, want});
    if (error != ENTENTE_OK)
        *asked = (struct asked){0};
    return error;
}

enum entente_error
files_remove(struct files *files, const struct room_id *room, const struct digest *root,
    void *state, void (*done)(void *state, enum entente_error error))
{
    struct asked *asked = ask(files);

    if (asked == NULL)
        return ENTENTE_ERR_LOCKED;
    asked->state = state;
    asked->done = done;
    enum entente_error error = message_node_file_remove_queue(
        files->node, &(struct message_node_file_remove){asked->ticket, *room, *root, false});
    if (error != ENTENTE_OK)
        *asked = (struct asked){0};
    return error;
}

/* ---- the node's answers ---- */

static enum entente_error
error_of(uint16_t number)
{
    return number < ENTENTE_ERR_COUNT ? (enum entente_error)number : ENTENTE_ERR_REFUSED;
}

/* The question that is answered, which is forgotten; all zero: nobody waits for it any more. */
static struct asked
take(struct files *files, uint64_t ticket)
{
    struct asked *asked = find(files, ticket);
    struct asked taken = {0};

    if (asked == NULL)
        return taken;
    taken = *asked;
    *asked = (struct asked){0};
    return taken;
}

void
files_node_done(struct files *files, const struct message_node_done *message)
{
    struct asked asked = take(files, message->ticket);
    enum entente_error error = error_of(message->error);

    if (asked.done != NULL)
        asked.done(asked.state, error);
    if (asked.put == NULL)
        return;
    if (error != ENTENTE_OK || asked.put->is_told) {
        put_done(asked.put, error);
        return;
    }
    asked.put->waiting--;
    put_go_on(asked.put);
}

void
files_node_chunk(struct files *files, const struct message_node_file_chunk *message)
{
    struct asked asked = take(files, message->ticket);
    struct files_get *get = asked.get;
    enum entente_error error = error_of(message->error);

    if (get == NULL)
        return;
    if (error == ENTENTE_OK)
        error = open_chunk(get, asked.index, message->sealed);
    if (get->error == ENTENTE_OK)
        get->error = error;
    get_go_on(get);
}

void
files_node_status(struct files *files, const struct message_node_file_status_is *message)
{
    struct asked asked = take(files, message->ticket);
    struct file_status status = {
        message->is_wanted, message->size, message->chunks, message->here, message->at};

    if (asked.status != NULL)
        asked.status(asked.state, error_of(message->error), &status);
}

void
files_go_on(struct files *files)
{
    for (uint32_t i = 0; i < FILES_UNDER_WAY_MAX; i++) {
        if (files->puts[i] != NULL)
            put_go_on(files->puts[i]);
        if (files->gets[i] != NULL)
            get_go_on(files->gets[i]);
    }
}
