/* Files of local clients: given and read part by part, one request for each file. */
#include "desk/desk.h"

#include <stdlib.h>

struct filing {
    struct desk *desk;
    struct request *request;
    struct files_put *put;
    struct files_get *get;
    uint8_t *part; /* what the put had no room for yet */
    size_t part_size;
    size_t part_taken;
};

void
filing_free(struct filing *filing)
{
    if (filing == NULL)
        return;
    if (filing->put != NULL)
        files_put_abort(filing->put);
    if (filing->get != NULL)
        files_get_end(filing->get);
    free(filing->part);
    free(filing);
}

/* Chunks are sealed for their room: zero does not stand for the only one here. */
static enum entente_error
filing_new(struct desk *desk, struct request *request, const struct room_id *room)
{
    const struct room_id none = {{0}};

    if (room_id_equal(room, &none))
        return ENTENTE_ERR_USAGE;
    request->filing = calloc(1, sizeof *request->filing);
    if (request->filing == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    request->filing->desk = desk;
    request->filing->request = request;
    return ENTENTE_OK;
}

static void
answer(struct filing *filing)
{
    struct message_answer message = {filing->request->client_ticket, ENTENTE_OK};

    if (message_answer_queue(request_channel(filing->desk, filing->request), &message) !=
        ENTENTE_OK)
        request_end(filing->desk, filing->request);
}

/* ---- giving ---- */

/* Goes on with the part that came; the client sends the next one when this is answered. */
static void
put_part(void *state)
{
    struct filing *filing = state;
    struct bytes rest = {filing->part + filing->part_taken, filing->part_size - filing->part_taken};
    size_t taken;

    enum entente_error error = files_put(filing->put, rest, &taken);
    filing->part_taken += taken;
    if (error != ENTENTE_OK) {
        request_fail(filing->desk, filing->request, error);
        return;
    }
    if (filing->part_taken < filing->part_size)
        return;
    free(filing->part);
    filing->part = NULL;
    answer(filing);
}

static void
put_done(void *state, enum entente_error error, const struct file_made *made)
{
    struct filing *filing = state;
    struct message_file_made message = {.ticket = filing->request->client_ticket};
    struct desk *desk = filing->desk;
    struct request *request = filing->request;

    filing->put = NULL;
    if (error != ENTENTE_OK) {
        request_fail(desk, request, error);
        return;
    }
    message.root = made->root;
    message.sha256 = made->sha256;
    memcpy(message.key.bytes, made->key, sizeof message.key.bytes);
    message.size = made->size;
    error = message_file_made_queue(request_channel(desk, request), &message);
    (void)error; /* a client that does not read its answers is dropped by the loop */
    request_end(desk, request);
}

static enum entente_error
begin_put(struct desk *desk, struct request *request, const struct room_id *room)
{
    enum entente_error error = filing_new(desk, request, room);
    struct files_put_calls calls = {request->filing, put_part, put_done};

    return error != ENTENTE_OK ? error
                               : files_put_begin(desk->files, room, &calls, &request->filing->put);
}

enum entente_error
take_file_put(struct desk *desk, uint32_t client, struct bytes body)
{
    struct message_file_put asked;

    enum entente_error error = message_file_put_read(body, &asked);
    if (error != ENTENTE_OK)
        return error;
    struct request *request = request_same(desk, client, MESSAGE_FILE_PUT, asked.ticket);
    if (request == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    if (request->filing == NULL)
        error = begin_put(desk, request, &asked.room);
    if (error != ENTENTE_OK) {
        request_fail(desk, request, error);
        return ENTENTE_OK;
    }
    struct filing *filing = request->filing;
    if (filing->part != NULL)
        return ENTENTE_ERR_REFUSED; /* before the last part was answered */
    if (asked.data.size == 0) {
        files_put_end(filing->put);
        return ENTENTE_OK;
    }
    filing->part = malloc(asked.data.size);
    if (filing->part == NULL) {
        request_fail(desk, request, ENTENTE_ERR_NO_MEMORY);
        return ENTENTE_OK;
    }
    memcpy(filing->part, asked.data.data, asked.data.size);
    filing->part_size = asked.data.size;
    filing->part_taken = 0;
    put_part(filing);
    return ENTENTE_OK;
}

/* ---- reading ---- */

static void
get_piece(void *state, struct bytes data, enum entente_error error)
{
    struct filing *filing = state;
    struct request *request = filing->request;
    struct message_file_part message = {request->client_ticket, (uint16_t)error, data};
    bool is_end = error != ENTENTE_OK || data.size == 0;

    error = message_file_part_queue(request_channel(filing->desk, request), &message);
    if (is_end || error != ENTENTE_OK)
        request_end(filing->desk, request);
}

static enum entente_error
begin_get(struct desk *desk, struct request *request, const struct message_file_get *asked)
{
    enum entente_error error = filing_new(desk, request, &asked->room);
    struct files_wanted wanted = {
        .room = asked->room, .root = asked->root, .size = asked->size, .to = asked->size};
    struct files_get_calls calls = {request->filing, get_piece};

    if (error != ENTENTE_OK)
        return error;
    memcpy(wanted.key, asked->key.bytes, sizeof wanted.key);
    return files_get_begin(desk->files, &wanted, &calls, &request->filing->get);
}

enum entente_error
take_file_get(struct desk *desk, uint32_t client, struct bytes body)
{
    struct message_file_get asked;

    enum entente_error error = message_file_get_read(body, &asked);
    if (error != ENTENTE_OK)
        return error;
    struct request *request = request_same(desk, client, MESSAGE_FILE_GET, asked.ticket);
    if (request == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    if (request->filing == NULL)
        error = begin_get(desk, request, &asked);
    if (error != ENTENTE_OK)
        request_fail(desk, request, error);
    else
        files_get_more(request->filing->get);
    return ENTENTE_OK;
}

/* ---- how it stands ---- */

/* A client that went away meanwhile is nobody's: its request is found by our ticket. */
struct question {
    struct desk *desk;
    uint64_t ticket;
};

static struct request *
take_question(struct question *question)
{
    uint32_t entry;
    struct request *request = request_find(question->desk, question->ticket, &entry);

    free(question);
    return request;
}

static struct question *
question_new(struct desk *desk, const struct request *request)
{
    struct question *question = malloc(sizeof *question);

    if (question != NULL)
        *question = (struct question){desk, request->ticket};
    return question;
}

static void
status_is(void *state, enum entente_error error, const struct file_status *status)
{
    struct desk *desk = ((struct question *)state)->desk;
    struct request *request = take_question(state);

    if (request == NULL)
        return;
    struct message_file_status_is message = {request->client_ticket, (uint16_t)error,
        status->is_wanted, status->size, status->chunks, status->here, status->at};
    error = message_file_status_is_queue(request_channel(desk, request), &message);
    (void)error; /* a client that does not read its answers is dropped by the loop */
    request_end(desk, request);
}

enum entente_error
take_file_status(struct desk *desk, uint32_t client, struct bytes body)
{
    struct message_file_status asked;

    enum entente_error error = message_file_status_read(body, &asked);
    if (error != ENTENTE_OK)
        return error;
    struct request *request = request_new(desk, client, MESSAGE_FILE_STATUS, asked.ticket);
    if (request == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    struct question *question = question_new(desk, request);
    error = question == NULL ? ENTENTE_ERR_NO_MEMORY
                             : files_status(desk->files, &asked.room, &asked.root, asked.want,
                                   question, status_is);
    if (error != ENTENTE_OK) {
        free(question);
        request_fail(desk, request, error);
    }
    return ENTENTE_OK;
}

static void
removed(void *state, enum entente_error error)
{
    struct desk *desk = ((struct question *)state)->desk;
    struct request *request = take_question(state);

    if (request != NULL)
        request_fail(desk, request, error); /* that answer has room for OK, too */
}

enum entente_error
take_file_remove(struct desk *desk, uint32_t client, struct bytes body)
{
    struct message_file_remove asked;

    enum entente_error error = message_file_remove_read(body, &asked);
    if (error != ENTENTE_OK)
        return error;
    struct request *request = request_new(desk, client, MESSAGE_FILE_REMOVE, asked.ticket);
    if (request == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    struct question *question = question_new(desk, request);
    error = question == NULL
                ? ENTENTE_ERR_NO_MEMORY
                : files_remove(desk->files, &asked.room, &asked.root, question, removed);
    if (error != ENTENTE_OK) {
        free(question);
        request_fail(desk, request, error);
    }
    return ENTENTE_OK;
}
