/*
 * Files for the desk, chunk by chunk: uploads into the store, reads that wait until a chunk was
 * fetched, and removals, which go on beside everything else.
 */
#include "daemon/shell.h"

#include "format/file.h"

#include <stdlib.h>

#define GETS_MAX 256u
#define COMMITTING_MAX 64u
#define REMOVALS_MAX 16u
#define REMOVED_AT_ONCE 32u /* chunks, so that no turn takes long */

/* A NODE_FILE_GET that waits for its chunk. */
struct get {
    uint64_t ticket;
    struct room_id room;
    struct digest root;
    uint32_t index;
};

struct removal {
    uint64_t ticket;
    struct room_id room;
    struct digest root; /* the place of an upload */
    bool is_upload;
};

struct chunks {
    struct get gets[GETS_MAX];
    uint32_t gets_count;
    uint64_t committing[COMMITTING_MAX]; /* tickets that are answered after the commit */
    uint32_t committing_count;
    struct removal removals[REMOVALS_MAX];
    uint32_t removals_count;
    uv_timer_t timer;
};

static void remove_some(uv_timer_t *timer);

enum entente_error
chunks_begin(struct shell *shell)
{
    enum entente_error error = store_begin(shell->store);

    shell->chunks = calloc(1, sizeof *shell->chunks);
    if (shell->chunks == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    uv_timer_init(shell->loop, &shell->chunks->timer);
    shell->chunks->timer.data = shell;
    /* What an earlier process was given and not ended. */
    while (error == ENTENTE_OK) {
        uint32_t count = REMOVED_AT_ONCE;
        error = store_sweep_uploads(shell->store, &count);
        if (error == ENTENTE_OK)
            error = store_commit(shell->store);
        if (error == ENTENTE_OK)
            error = store_begin(shell->store);
    }
    return error == ENTENTE_ERR_NOT_FOUND ? store_commit(shell->store) : error;
}

void
chunks_end(struct shell *shell)
{
    free(shell->chunks);
    shell->chunks = NULL;
}

static void
tell_node(struct shell *shell, enum event_kind kind, const struct room_id *room,
    const struct digest *root, uint32_t index)
{
    struct event event = shell_event(kind);

    event.room = *room;
    event.root = *root;
    event.seq = index;
    shell_step(shell, &event);
}

/* ---- uploads ---- */

static enum entente_error
put(struct shell *shell, const struct room_id *room, const struct message_node_file_put *asked)
{
    if (asked->index >= FILE_CHUNKS_MAX || asked->sealed.size > FILE_SEALED_BYTES_MAX)
        return ENTENTE_ERR_USAGE;
    enum entente_error error = shell_store_open(shell);
    if (error == ENTENTE_OK && asked->index == 0)
        error = store_begin_upload(shell->store, room, &asked->place);
    if (error == ENTENTE_OK)
        error = store_put_chunk(shell->store, room, &asked->place, asked->index, asked->sealed);
    return shell_store_written(shell, error);
}

enum entente_error
query_file_put(struct shell *shell, struct bytes body)
{
    struct message_node_file_put asked;
    struct room_id room;

    enum entente_error error = message_node_file_put_read(body, &asked);
    if (error != ENTENTE_OK)
        return error;
    error = query_room(shell, &asked.room, &room) == NULL ? ENTENTE_ERR_NOT_FOUND
                                                          : put(shell, &room, &asked);
    query_done(shell, asked.ticket, error);
    return ENTENTE_OK;
}

/* A failed write takes the chunks before it along: an upload of which some are missing is none. */
static enum entente_error
check_upload(
    struct shell *shell, const struct room_id *room, const struct digest *place, uint32_t count)
{
    const struct file_source *files = store_files(shell->store);

    for (uint32_t wanted = 0; wanted < count; wanted++) {
        uint32_t index = wanted;
        enum entente_error error = files->next_chunk(files->state, room, place, &index);
        if (error != ENTENTE_OK || index != wanted)
            return error == ENTENTE_OK || error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_ERR_INCOMPLETE
                                                                         : error;
    }
    return ENTENTE_OK;
}

static enum entente_error
end_upload(
    struct shell *shell, const struct room_id *room, const struct message_node_file_end *asked)
{
    struct chunks *chunks = shell->chunks;
    uint32_t count = file_chunks(asked->size);
    struct file_row row = {asked->place, asked->size};
    struct digest root;

    if (count == 0 || asked->leaves.size != (size_t)count * ID_BYTES)
        return ENTENTE_ERR_USAGE;
    if (chunks->committing_count == COMMITTING_MAX)
        return ENTENTE_ERR_LOCKED;
    enum entente_error error = check_upload(shell, room, &asked->place, count);
    if (error == ENTENTE_OK)
        error = shell_store_open(shell);
    if (error != ENTENTE_OK)
        return error;
    file_make_root(&root, asked->size, asked->leaves.data);
    error =
        shell_store_written(shell, store_put_file(shell->store, room, &root, &row, asked->leaves));
    if (error != ENTENTE_OK)
        return error;
    chunks->committing[chunks->committing_count++] = asked->ticket;
    tell_node(shell, EVENT_FILE_CHANGED, room, &root, 0);
    return ENTENTE_OK;
}

enum entente_error
query_file_end(struct shell *shell, struct bytes body)
{
    struct message_node_file_end asked;
    struct room_id room;

    enum entente_error error = message_node_file_end_read(body, &asked);
    if (error != ENTENTE_OK)
        return error;
    error = query_room(shell, &asked.room, &room) == NULL ? ENTENTE_ERR_NOT_FOUND
                                                          : end_upload(shell, &room, &asked);
    if (error != ENTENTE_OK)
        query_done(shell, asked.ticket, error);
    return ENTENTE_OK;
}

/* ---- reads ---- */

static void
answer(struct shell *shell, uint64_t ticket, struct bytes sealed, enum entente_error error)
{
    struct message_node_file_chunk message = {ticket, (uint16_t)error, sealed};

    if (message_node_file_chunk_queue(shell->desk, &message) != ENTENTE_OK)
        shell_end(shell, "the desk does not take its answers");
}

void
chunks_committed(struct shell *shell, enum entente_error error)
{
    struct chunks *chunks = shell->chunks;

    while (chunks != NULL && chunks->committing_count > 0)
        query_done(shell, chunks->committing[--chunks->committing_count], error);
    /* On a full disk the node fetches no more: nobody waits for that. */
    while (chunks != NULL && error == ENTENTE_ERR_DISK_FULL && chunks->gets_count > 0)
        answer(shell, chunks->gets[--chunks->gets_count].ticket, (struct bytes){0}, error);
}

static enum entente_error
find(struct shell *shell, const struct room_id *room, const struct message_node_file_get *asked,
    struct bytes *sealed)
{
    const struct file_source *files = store_files(shell->store);
    struct file_row row;

    enum entente_error error = files->file(files->state, room, &asked->root, &row);
    if (error == ENTENTE_OK && asked->index >= file_chunks(row.size))
        return ENTENTE_ERR_USAGE;
    if (error == ENTENTE_OK)
        error = files->chunk(files->state, room, &row.place, asked->index, sealed);
    return error;
}

/* It is fetched from now on, and the desk is answered when it comes. */
static enum entente_error
wait_for(struct shell *shell, const struct room_id *room, const struct message_node_file_get *asked)
{
    struct chunks *chunks = shell->chunks;
    struct node_file_status status;

    if (chunks->gets_count == GETS_MAX)
        return ENTENTE_ERR_LOCKED;
    enum entente_error error = node_file_status(shell->node, room, &asked->root, &status);
    if (error != ENTENTE_OK)
        return error;
    chunks->gets[chunks->gets_count++] =
        (struct get){asked->ticket, *room, asked->root, asked->index};
    tell_node(shell, EVENT_FILE_WANT, room, &asked->root, asked->index);
    return ENTENTE_OK;
}

enum entente_error
query_file_get(struct shell *shell, struct bytes body)
{
    struct message_node_file_get asked;
    struct room_id room;
    struct bytes sealed = {0};

    enum entente_error error = message_node_file_get_read(body, &asked);
    if (error != ENTENTE_OK)
        return error;
    if (query_room(shell, &asked.room, &room) == NULL)
        error = ENTENTE_ERR_NOT_FOUND;
    else if (asked.index >= FILE_CHUNKS_MAX)
        error = ENTENTE_ERR_USAGE;
    else if ((error = find(shell, &room, &asked, &sealed)) == ENTENTE_ERR_NOT_FOUND &&
             (error = wait_for(shell, &room, &asked)) == ENTENTE_OK)
        return ENTENTE_OK;
    answer(shell, asked.ticket, sealed, shell_read_error(shell, error));
    return ENTENTE_OK;
}

static bool
is_about(const struct get *get, const struct room_id *room, const struct digest *root)
{
    return room_id_equal(&get->room, room) && digest_equal(&get->root, root);
}

static void
drop_gets(struct shell *shell, const struct room_id *room, const struct digest *root,
    uint32_t from_index, enum entente_error error)
{
    struct chunks *chunks = shell->chunks;

    for (uint32_t i = chunks->gets_count; i-- > 0;) {
        const struct get get = chunks->gets[i];
        if (!is_about(&get, room, root) || get.index < from_index)
            continue;
        chunks->gets[i] = chunks->gets[--chunks->gets_count];
        answer(shell, get.ticket, (struct bytes){0}, error);
    }
}

void
chunks_effect(struct shell *shell, const struct effect *effect)
{
    struct chunks *chunks = shell->chunks;

    if (effect->kind == EFFECT_STORE_FILE) { /* now it is known where it ends */
        drop_gets(
            shell, &effect->room, &effect->root, file_chunks(effect->file.size), ENTENTE_ERR_USAGE);
        return;
    }
    for (uint32_t i = chunks->gets_count; i-- > 0;) {
        const struct get get = chunks->gets[i];
        if (get.index != effect->seq || !is_about(&get, &effect->room, &effect->root))
            continue;
        chunks->gets[i] = chunks->gets[--chunks->gets_count];
        answer(shell, get.ticket, effect->data, ENTENTE_OK);
    }
}

enum entente_error
query_file_status(struct shell *shell, struct bytes body)
{
    struct message_node_file_status asked;
    struct node_file_status status = {0};
    struct room_id room;

    enum entente_error error = message_node_file_status_read(body, &asked);
    if (error != ENTENTE_OK)
        return error;
    error = query_room(shell, &asked.room, &room) == NULL ? ENTENTE_ERR_NOT_FOUND : ENTENTE_OK;
    if (error == ENTENTE_OK && asked.want == FILE_WANT_FETCH)
        tell_node(shell, EVENT_FILE_WANT, &room, &asked.root, 0);
    if (error == ENTENTE_OK && asked.want == FILE_WANT_LEAVE) {
        tell_node(shell, EVENT_FILE_LEAVE, &room, &asked.root, 0);
        drop_gets(shell, &room, &asked.root, 0, ENTENTE_ERR_NOT_FOUND);
    }
    if (error == ENTENTE_OK)
        error = node_file_status(shell->node, &room, &asked.root, &status);
    struct message_node_file_status_is message = {asked.ticket,
        (uint16_t)shell_read_error(shell, error), status.is_wanted, status.size, status.chunks,
        status.here, status.at};
    return message_node_file_status_is_queue(shell->desk, &message);
}

/* ---- removals ---- */

enum entente_error
query_file_remove(struct shell *shell, struct bytes body)
{
    struct message_node_file_remove asked;
    struct chunks *chunks = shell->chunks;
    struct room_id room;

    enum entente_error error = message_node_file_remove_read(body, &asked);
    if (error != ENTENTE_OK)
        return error;
    if (query_room(shell, &asked.room, &room) == NULL)
        error = ENTENTE_ERR_NOT_FOUND;
    else if (chunks->removals_count == REMOVALS_MAX)
        error = ENTENTE_ERR_LOCKED;
    if (error != ENTENTE_OK) {
        query_done(shell, asked.ticket, error);
        return ENTENTE_OK;
    }
    if (!asked.upload) {
        tell_node(shell, EVENT_FILE_CHANGED, &room, &asked.root, 0);
        drop_gets(shell, &room, &asked.root, 0, ENTENTE_ERR_NOT_FOUND);
    }
    chunks->removals[chunks->removals_count++] =
        (struct removal){asked.ticket, room, asked.root, asked.upload};
    if (chunks->removals_count == 1)
        uv_timer_start(&chunks->timer, remove_some, 0, 0);
    return ENTENTE_OK;
}

static enum entente_error
remove_part(struct shell *shell, const struct removal *removal, uint32_t *count)
{
    enum entente_error error = shell_store_open(shell);

    if (error != ENTENTE_OK)
        return error;
    error = removal->is_upload
                ? store_remove_upload(shell->store, &removal->room, &removal->root, count)
                : store_remove_file(shell->store, &removal->room, &removal->root, count);
    return error == ENTENTE_ERR_NOT_FOUND ? error : shell_store_written(shell, error);
}

static void
remove_some(uv_timer_t *timer)
{
    struct shell *shell = timer->data;
    struct chunks *chunks = shell->chunks;
    const struct removal removal = chunks->removals[0];
    uint32_t count = REMOVED_AT_ONCE;

    enum entente_error error = remove_part(shell, &removal, &count);
    if (!removal.is_upload)
        tell_node(shell, EVENT_FILE_CHANGED, &removal.room, &removal.root, 0);
    if (error != ENTENTE_OK || count < REMOVED_AT_ONCE) {
        if (error == ENTENTE_OK && chunks->committing_count < COMMITTING_MAX)
            chunks->committing[chunks->committing_count++] = removal.ticket;
        else
            query_done(shell, removal.ticket, error);
        chunks->removals_count--;
        memmove(chunks->removals, chunks->removals + 1,
            chunks->removals_count * sizeof chunks->removals[0]);
    }
    if (chunks->removals_count > 0)
        uv_timer_start(timer, remove_some, 1, 0);
}
