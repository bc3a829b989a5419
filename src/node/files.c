/* Files: asking peers for the chunks that are wanted, and answering those who ask. */
#include "node/internal.h"

#include <stdlib.h>

#define FILE_RETRY_MS 2000u /* a peer that has not got it is asked again */
#define FILE_QUICK_MS 250u  /* answers as quick as this widen a link's window, */
#define FILE_SLOW_MS 1000u  /* slow ones narrow it: what is said waits behind chunks under way */
#define FILE_CHUNKS_IN_STEP 16u
#define HEAD_BYTES (1u + 2u * ID_BYTES + 8u)  /* of LEAVES; that of CHUNK has 4 less */
#define FILE_CREDIT_LEFT (CREDIT_INITIAL / 2) /* for entries: more than the largest frame */

static bool
is_same(const struct chunk_name *a, const struct chunk_name *b)
{
    return a->room == b->room && a->index == b->index && digest_equal(&a->root, &b->root);
}

/* ---- the files that are known in memory ---- */

static struct file *
file_find(const struct node *node, const struct room *room, const struct digest *root)
{
    for (uint32_t i = 0; i < NODE_FILES_MAX; i++)
        if (node->files[i] != NULL && node->files[i]->room == room &&
            digest_equal(&node->files[i]->fetcher.root, root))
            return node->files[i];
    return NULL;
}

static void
file_free(struct file *file)
{
    if (file != NULL)
        fetcher_free(&file->fetcher);
    free(file);
}

void
files_free(struct node *node)
{
    for (uint32_t i = 0; i < NODE_FILES_MAX; i++)
        file_free(node->files[i]);
}

/* Notes which chunks the store has. */
static enum entente_error
load_chunks(const struct file_source *source, struct file *file)
{
    uint32_t index = 0;
    enum entente_error error;

    while ((error = source->next_chunk(source->state, &file->room->id, &file->row.place, &index)) ==
           ENTENTE_OK) {
        if (index >= file->fetcher.chunks)
            return ENTENTE_ERR_CORRUPT;
        fetcher_note_here(&file->fetcher, index++);
    }
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

static enum entente_error
load(const struct node *node, struct file *file)
{
    const struct file_source *source = node->options.files;
    struct digest root = file->fetcher.root;

    fetcher_free(&file->fetcher);
    fetcher_start(&file->fetcher, &root);
    file->row = (struct file_row){.place = root};
    file->is_loaded = false;
    enum entente_error error =
        source == NULL ? ENTENTE_ERR_NOT_FOUND
                       : source->file(source->state, &file->room->id, &root, &file->row);
    if (error == ENTENTE_OK) {
        file->fetcher.size = file->row.size;
        file->fetcher.chunks = file_chunks(file->row.size);
        error = load_chunks(source, file);
    } else if (error == ENTENTE_ERR_NOT_FOUND) {
        file->row = (struct file_row){.place = root};
        error = ENTENTE_OK;
    }
    file->stored = file->fetcher.here_count;
    file->is_loaded = error == ENTENTE_OK;
    return error;
}

/* The leaves are read when chunks are to be checked, not for those who only look at the file. */
static enum entente_error
load_leaves(const struct node *node, struct file *file)
{
    const struct file_source *source = node->options.files;
    struct bytes leaves;

    if (file->fetcher.chunks == 0 || file->fetcher.leaves != NULL)
        return ENTENTE_OK;
    enum entente_error error =
        source->leaves(source->state, &file->room->id, &file->fetcher.root, &leaves);
    if (error == ENTENTE_OK)
        error = fetcher_set_leaves(&file->fetcher, file->row.size, leaves);
    return error == ENTENTE_ERR_HASH || error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_ERR_CORRUPT
                                                                       : error;
}

/* A free place, or that of the file that nobody wants and that was looked at longest ago. */
static struct file **
place_for(struct node *node)
{
    struct file **oldest = NULL;

    for (uint32_t i = 0; i < NODE_FILES_MAX; i++) {
        struct file **place = &node->files[i];
        if (*place == NULL)
            return place;
        if (!(*place)->is_wanted && (oldest == NULL || (*place)->used_ms < (*oldest)->used_ms))
            oldest = place;
    }
    if (oldest != NULL) {
        file_free(*oldest);
        *oldest = NULL;
    }
    return oldest;
}

static enum entente_error
file_open(struct node *node, const struct room *room, const struct digest *root, struct file **file)
{
    enum entente_error error = ENTENTE_OK;

    *file = file_find(node, room, root);
    if (*file == NULL) {
        struct file **place = place_for(node);
        if (place == NULL)
            return ENTENTE_ERR_LOCKED;
        *place = calloc(1, sizeof **place);
        if (*place == NULL)
            return ENTENTE_ERR_NO_MEMORY;
        *file = *place;
        (*file)->room = room;
        fetcher_start(&(*file)->fetcher, root);
    }
    if (!(*file)->is_loaded)
        error = load(node, *file);
    (*file)->used_ms = node->mono_ms;
    return error;
}

enum entente_error
node_file_status(struct node *node, const struct room_id *id, const struct digest *root,
    struct node_file_status *status)
{
    const struct room *room = room_find(node, id);
    struct file *file;

    *status = (struct node_file_status){0};
    enum entente_error error =
        room == NULL ? ENTENTE_ERR_NOT_FOUND : file_open(node, room, root, &file);
    if (error != ENTENTE_OK)
        return error;
    *status = (struct node_file_status){.is_wanted = file->is_wanted,
        .size = file->fetcher.size,
        .chunks = file->fetcher.chunks,
        .here = file->stored,
        .at = file->at};
    return ENTENTE_OK;
}

void
files_event(struct node *node, const struct event *event)
{
    const struct room *room = room_find(node, &event->room);
    struct file *file = room == NULL ? NULL : file_find(node, room, &event->root);
    enum entente_error error = ENTENTE_OK;

    if (room == NULL)
        return;
    if (event->kind == EVENT_FILE_WANT) {
        error = file_open(node, room, &event->root, &file);
        if (error == ENTENTE_OK)
            error = load_leaves(node, file);
        if (error == ENTENTE_OK) {
            file->is_wanted = true;
            fetcher_await(&file->fetcher, event->seq);
        }
    } else if (file != NULL && event->kind == EVENT_FILE_LEAVE) {
        file->is_wanted = false;
        fetcher_await_none(&file->fetcher);
    } else if (file != NULL) {
        file->is_wanted = false; /* whoever wants it again sees what is here now */
        file->is_loaded = false;
    }
    if (error != ENTENTE_OK)
        node_trouble(node, error);
}

void
files_stored(struct node *node)
{
    for (uint32_t i = 0; i < NODE_FILES_MAX; i++) {
        struct file *file = node->files[i];
        if (file == NULL || !file->is_loaded)
            continue;
        file->stored = file->fetcher.here_count;
        if (fetcher_is_whole(&file->fetcher))
            file->is_wanted = false; /* its place is free for another */
    }
}

void
files_reload(struct node *node, enum entente_error error)
{
    for (uint32_t i = 0; i < NODE_FILES_MAX; i++) {
        if (node->files[i] == NULL)
            continue;
        node->files[i]->is_loaded = false;
        if (error == ENTENTE_ERR_DISK_FULL)
            node->files[i]->is_wanted = false; /* what room there is belongs to entries */
    }
}

/* ---- asking ---- */

static void
forget_ask(struct node *node, const struct chunk_ask *ask)
{
    struct file *file = file_find(node, ask->name.room, &ask->name.root);

    if (file != NULL && !ask->is_late && ask->name.index != FRAME_NO_LEAVES)
        fetcher_forget(&file->fetcher, ask->name.index);
}

void
files_forget_link(struct node *node, uint32_t place)
{
    struct link *link = node->links[place];

    for (uint32_t i = 0; link != NULL && i < link->asks_count; i++)
        forget_ask(node, &link->asks[i]);
    if (link != NULL)
        link->asks_count = link->owed_count = 0;
    for (uint32_t i = 0; i < NODE_FILES_MAX; i++)
        if (node->files[i] != NULL)
            node->files[i]->refused_until_ms[place] = 0;
}

static void
note_ask(struct node *node, struct link *link, const struct file *file, uint32_t index)
{
    link->asks[link->asks_count++] = (struct chunk_ask){
        .name = {file->room, file->fetcher.root, index}, .asked_ms = node->mono_ms};
}

/* Whether the leaves are under way, over any link that may still bring them in time. */
static bool
has_asked_leaves(const struct node *node, const struct file *file)
{
    struct chunk_name name = {file->room, file->fetcher.root, FRAME_NO_LEAVES};

    for (uint32_t i = 0; i < NODE_LINKS_MAX; i++)
        for (uint32_t a = 0; node->links[i] != NULL && a < node->links[i]->asks_count; a++)
            if (is_same(&node->links[i]->asks[a].name, &name) && !node->links[i]->asks[a].is_late)
                return true;
    return false;
}

static bool
owes_late_answer(const struct link *link, const struct file *file)
{
    for (uint32_t a = 0; a < link->asks_count; a++)
        if (link->asks[a].is_late && link->asks[a].name.room == file->room &&
            digest_equal(&link->asks[a].name.root, &file->fetcher.root))
            return true;
    return false;
}

static void
ask_link(struct node *node, struct link *link, struct file *file)
{
    struct frame frame = {.room = file->room->id, .file.root = file->fetcher.root};
    uint32_t room = link->asks_max > link->asks_count ? link->asks_max - link->asks_count : 0;

    if (room == 0 || owes_late_answer(link, file))
        return;
    if (file->fetcher.chunks == 0) {
        if (has_asked_leaves(node, file))
            return;
        frame.kind = FRAME_LEAVES_WANT;
        note_ask(node, link, file, FRAME_NO_LEAVES);
        send_frame(node, link, &frame, 128);
        return;
    }
    frame.kind = FRAME_CHUNK_WANT;
    for (uint32_t count; room > 0; room -= count) {
        count = fetcher_ask(&file->fetcher, room, &frame.file.index);
        if (count == 0)
            return;
        for (uint32_t i = 0; i < count; i++)
            note_ask(node, link, file, frame.file.index + i);
        frame.file.count = (uint16_t)count;
        send_frame(node, link, &frame, 128);
    }
}

static void
ask_for(struct node *node, struct file *file)
{
    uint32_t room = room_index(node, file->room);

    for (uint32_t i = 0; i < NODE_LINKS_MAX; i++) {
        struct link *link = node->links[i];
        if (link == NULL || !link->is_up || !link->rooms[room].is_shared)
            continue;
        if (file->refused_until_ms[i] > node->mono_ms)
            wake(node, file->refused_until_ms[i]);
        else
            ask_link(node, link, file);
    }
}

/* What was not answered in time may be asked for elsewhere. */
static void
expire(struct node *node, struct link *link)
{
    for (uint32_t a = 0; a < link->asks_count; a++) {
        struct chunk_ask *ask = &link->asks[a];
        uint64_t until_ms = ask->asked_ms + node->options.request_timeout_ms;
        if (ask->is_late)
            continue;
        if (until_ms > node->mono_ms) {
            wake(node, until_ms);
            continue;
        }
        forget_ask(node, ask);
        ask->is_late = true;
        link->asks_max = 1;
    }
}

void
files_go_on(struct node *node)
{
    for (uint32_t i = 0; i < NODE_LINKS_MAX; i++)
        if (node->links[i] != NULL && node->links[i]->is_up)
            expire(node, node->links[i]);
    node->file_first++;
    for (uint32_t i = 0; i < NODE_FILES_MAX; i++) {
        struct file *file = node->files[(node->file_first + i) % NODE_FILES_MAX];
        if (file == NULL || !file->is_wanted || file->room->is_broken)
            continue;
        enum entente_error error = file->is_loaded ? ENTENTE_OK : load(node, file);
        if (error == ENTENTE_OK)
            error = load_leaves(node, file);
        if (error != ENTENTE_OK)
            node_trouble(node, error);
        else if (!fetcher_is_whole(&file->fetcher))
            ask_for(node, file);
    }
}

/* ---- what comes ---- */

/* Takes the ask that this answers off the link's list. */
static bool
take_ask(struct node *node, struct link *link, const struct chunk_name *name, struct chunk_ask *ask)
{
    for (uint32_t a = 0; a < link->asks_count; a++) {
        if (!is_same(&link->asks[a].name, name))
            continue;
        *ask = link->asks[a];
        link->asks[a] = link->asks[--link->asks_count];
        uint64_t took_ms = node->mono_ms - ask->asked_ms;
        if (took_ms < FILE_QUICK_MS && link->asks_max < FRAME_CHUNKS_MAX)
            link->asks_max++;
        if (took_ms > FILE_SLOW_MS && link->asks_max > 1)
            link->asks_max /= 2;
        return true;
    }
    return false;
}

static enum entente_error
hear_leaves(struct node *node, struct file *file, const struct frame *frame)
{
    if (file->fetcher.chunks != 0)
        return ENTENTE_OK;
    enum entente_error error =
        fetcher_set_leaves(&file->fetcher, frame->file.size, frame->file.data);
    if (error != ENTENTE_OK)
        return error;
    file->row.size = frame->file.size;
    struct effect *effect = effect_add(node, EFFECT_STORE_FILE);
    if (effect == NULL)
        return ENTENTE_OK;
    effect->room = file->room->id;
    effect->root = file->fetcher.root;
    effect->file = file->row;
    effect->data = frame->file.data;
    node->commit_due = true;
    return ENTENTE_OK;
}

static enum entente_error
hear_chunk(struct node *node, struct file *file, const struct frame *frame)
{
    uint32_t index = frame->file.index;

    if (file->fetcher.leaves == NULL || fetcher_is_here(&file->fetcher, index))
        return ENTENTE_OK;
    enum entente_error error = fetcher_check(&file->fetcher, index, frame->file.data);
    if (error != ENTENTE_OK && !node->options.node_mutations.believe_chunks)
        return error;
    struct effect *effect = effect_add(node, EFFECT_STORE_CHUNK);
    if (effect == NULL)
        return ENTENTE_OK; /* asked for again */
    fetcher_note_here(&file->fetcher, index);
    effect->room = file->room->id;
    effect->root = file->fetcher.root;
    effect->file = file->row;
    effect->seq = index;
    effect->data = frame->file.data;
    node->commit_due = true;
    return ENTENTE_OK;
}

static void
hear_refusal(struct node *node, struct link *link, struct file *file, const struct frame *frame)
{
    uint8_t slot;

    for (uint32_t i = 0; i < NODE_LINKS_MAX; i++)
        if (node->links[i] == link)
            file->refused_until_ms[i] = node->mono_ms + FILE_RETRY_MS;
    if (frame->file.index != FRAME_NO_LEAVES)
        file->fetcher.first = frame->file.index + 1; /* it may have others */
    else if (slot_of(file->room, &link->party, &slot))
        file->at &= ~(UINT32_C(1) << slot);
}

static enum entente_error
hear_answer(struct node *node, struct link *link, struct room *room, const struct frame *frame)
{
    struct chunk_name name = {
        room, frame->file.root, frame->kind == FRAME_LEAVES ? FRAME_NO_LEAVES : frame->file.index};
    struct chunk_ask ask;
    uint8_t slot;

    struct file *file = file_find(node, room, &frame->file.root);
    if (!take_ask(node, link, &name, &ask)) {
        if (!node->options.node_mutations.any_chunk)
            return ENTENTE_ERR_UNEXPECTED;
        ask.is_late = true;
    }
    forget_ask(node, &ask);
    if (file == NULL || !file->is_wanted || !file->is_loaded)
        return ENTENTE_OK; /* it was, when it was asked for */
    if (frame->kind == FRAME_NOCHUNK) {
        hear_refusal(node, link, file, frame);
        return ENTENTE_OK;
    }
    if (slot_of(room, &link->party, &slot))
        file->at |= UINT32_C(1) << slot;
    enum entente_error error = frame->kind == FRAME_LEAVES ? hear_leaves(node, file, frame)
                                                           : hear_chunk(node, file, frame);
    if (entente_error_whose(error) != ENTENTE_MACHINE)
        return error;
    node_trouble(node, error);
    return ENTENTE_OK;
}

static enum entente_error
hear_want(struct link *link, const struct room *room, const struct frame *frame)
{
    uint32_t count = frame->kind == FRAME_CHUNK_WANT ? frame->file.count : 1;
    uint32_t index = frame->kind == FRAME_CHUNK_WANT ? frame->file.index : FRAME_NO_LEAVES;

    if (count > FRAME_CHUNKS_MAX - link->owed_count)
        return ENTENTE_ERR_FLOOD;
    for (uint32_t i = 0; i < count; i++)
        link->owed[link->owed_count++] = (struct chunk_name){room, frame->file.root, index + i};
    return ENTENTE_OK;
}

enum entente_error
files_hear(struct node *node, struct link *link, struct room *room, const struct frame *frame)
{
    if (frame->kind == FRAME_LEAVES_WANT || frame->kind == FRAME_CHUNK_WANT)
        return hear_want(link, room, frame);
    return hear_answer(node, link, room, frame);
}

/* ---- answering ---- */

bool
files_are_owed(const struct node *node)
{
    for (uint32_t i = 0; i < NODE_LINKS_MAX; i++)
        if (node->links[i] != NULL && node->links[i]->is_up && node->links[i]->owed_count > 0)
            return true;
    return false;
}

/* What is here of it: LEAVES, CHUNK or NOCHUNK. */
static void
look_up(struct node *node, const struct chunk_name *name, struct frame *frame)
{
    const struct file_source *source = node->options.files;
    struct file_row row;
    enum entente_error error = ENTENTE_ERR_NOT_FOUND;

    *frame = (struct frame){.kind = FRAME_NOCHUNK, .room = name->room->id};
    frame->file.root = name->root;
    frame->file.index = name->index;
    if (source != NULL)
        error = source->file(source->state, &name->room->id, &name->root, &row);
    if (error == ENTENTE_OK && name->index == FRAME_NO_LEAVES) {
        error = source->leaves(source->state, &name->room->id, &name->root, &frame->file.data);
        frame->file.size = row.size;
    } else if (error == ENTENTE_OK) {
        error = source->chunk(
            source->state, &name->room->id, &row.place, name->index, &frame->file.data);
    }
    if (error == ENTENTE_OK)
        frame->kind = name->index == FRAME_NO_LEAVES ? FRAME_LEAVES : FRAME_CHUNK;
    else if (error != ENTENTE_ERR_NOT_FOUND)
        node_trouble(node, error);
}

/* Whether something was sent. */
static bool
answer(struct node *node, struct link *link)
{
    struct arena *arena = &node->effects->arena;
    bool wants_leaves = link->owed[0].index == FRAME_NO_LEAVES;
    size_t size_max = HEAD_BYTES + (wants_leaves ? FILE_LEAVES_BYTES_MAX : FILE_SEALED_BYTES_MAX);
    uint32_t left = node->options.node_mutations.chunks_use_all ? 0 : FILE_CREDIT_LEFT;
    struct frame frame;

    if (link->credit < left + size_max)
        return false; /* a CREDIT will come */
    if (arena->size - arena->used < 2 * size_max || node->effects->count >= NODE_EFFECTS_MAX / 2) {
        wake(node, node->mono_ms);
        return false;
    }
    look_up(node, &link->owed[0], &frame);
    link->owed_count--;
    memmove(link->owed, link->owed + 1, link->owed_count * sizeof link->owed[0]);
    send_frame(node, link, &frame, HEAD_BYTES + frame.file.data.size);
    if (frame.kind == FRAME_LEAVES)
        link->credit -= (uint32_t)(HEAD_BYTES + frame.file.data.size);
    if (frame.kind == FRAME_CHUNK)
        link->credit -= (uint32_t)(HEAD_BYTES - 4 + frame.file.data.size);
    return true;
}

void
files_pump(struct node *node)
{
    uint32_t count = 0;
    bool progress = true;

    while (progress && count < FILE_CHUNKS_IN_STEP) {
        progress = false;
        for (uint32_t i = 0; i < NODE_LINKS_MAX; i++) {
            struct link *link = node->links[i];
            if (link == NULL || !link->is_up || link->owed_count == 0 || !answer(node, link))
                continue;
            progress = true;
            count++;
        }
    }
    if (progress)
        wake(node, node->mono_ms);
}
