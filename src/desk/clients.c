/* Local clients: each has a channel of its own; what it sends wrongly ends that channel only. */
#include "desk/desk.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

void
clients_accept(struct desk *desk)
{
    for (;;) {
        int socket = accept4(DESK_FD_LISTENING, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        uint32_t index = 0;
        if (socket < 0)
            return;
        while (index < DESK_CLIENTS_MAX && desk->clients[index].channel != NULL)
            index++;
        struct client client = {.socket = socket};
        if (index == DESK_CLIENTS_MAX ||
            channel_new(&client.channel, socket, DESK_QUEUE_BYTES_MAX) != ENTENTE_OK) {
            close(socket);
            continue;
        }
        desk->clients[index] = client;
    }
}

void
client_drop(struct desk *desk, uint32_t index)
{
    struct client *client = &desk->clients[index];

    for (uint32_t i = 0; i < DESK_REQUESTS_MAX && client->requests > 0; i++)
        if (desk->requests[i].ticket != 0 && desk->requests[i].client == index)
            request_end(desk, &desk->requests[i]);
    channel_free(client->channel);
    close(client->socket);
    *client = (struct client){0};
}

/* ---- requests ---- */

static enum entente_error
take_say(struct desk *desk, uint32_t client, struct bytes body)
{
    struct message_say say;

    enum entente_error error = message_say_read(body, &say);
    if (error != ENTENTE_OK)
        return error;
    struct request *request = request_new(desk, client, MESSAGE_SAY, say.ticket);
    if (request == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    request->room = say.room;
    request->said_bytes = say.sections.size;
    desk->said_bytes += say.sections.size;
    struct message_seal seal = {request->ticket, say.room, say.sections};
    error = message_seal_queue(desk->keyholder, &seal);
    if (error != ENTENTE_OK)
        request_fail(desk, request, error);
    return ENTENTE_OK;
}

static enum entente_error
take_list(struct desk *desk, uint32_t client, struct bytes body)
{
    struct message_list asked;

    enum entente_error error = message_list_read(body, &asked);
    if (error != ENTENTE_OK)
        return error;
    struct request *request = request_new(desk, client, MESSAGE_LIST, asked.ticket);
    if (request == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    reading_begin(desk, request, &asked);
    return ENTENTE_OK;
}

static enum entente_error
take_status(struct desk *desk, uint32_t client, struct bytes body)
{
    struct message_status asked;

    enum entente_error error = message_status_read(body, &asked);
    if (error != ENTENTE_OK)
        return error;
    struct request *request = request_new(desk, client, MESSAGE_STATUS, asked.ticket);
    if (request == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    struct message_node_status ask = {request->ticket, asked.room};
    error = message_node_status_queue(desk->node, &ask);
    if (error != ENTENTE_OK)
        request_fail(desk, request, error);
    return ENTENTE_OK;
}

static enum entente_error
take_export(struct desk *desk, uint32_t client, struct bytes body)
{
    struct message_export asked;

    enum entente_error error = message_export_read(body, &asked);
    if (error != ENTENTE_OK)
        return error;
    struct request *request = request_same(desk, client, MESSAGE_EXPORT, asked.ticket);
    if (request == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    struct message_node_export ask = {
        request->ticket, asked.room, asked.scope, asked.slot, asked.from};
    error = message_node_export_queue(desk->node, &ask);
    if (error != ENTENTE_OK)
        request_fail(desk, request, error);
    return ENTENTE_OK;
}

static enum entente_error
take_import(struct desk *desk, uint32_t client, struct bytes body)
{
    struct message_import asked;

    enum entente_error error = message_import_read(body, &asked);
    if (error != ENTENTE_OK)
        return error;
    struct request *request = request_same(desk, client, MESSAGE_IMPORT, asked.ticket);
    if (request == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    struct message_node_import ask = {request->ticket, asked.room, asked.data};
    error = message_node_import_queue(desk->node, &ask);
    if (error != ENTENTE_OK)
        request_fail(desk, request, error);
    return ENTENTE_OK;
}

static enum entente_error
take_control(struct desk *desk, uint32_t client, struct bytes body)
{
    struct message_control asked;

    enum entente_error error = message_control_read(body, &asked);
    if (error != ENTENTE_OK)
        return error;
    struct request *request = request_new(desk, client, MESSAGE_CONTROL, asked.ticket);
    if (request == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    struct message_node_control ask = {request->ticket, asked.room, asked.what, asked.slot};
    error = message_node_control_queue(desk->node, &ask);
    if (error != ENTENTE_OK)
        request_fail(desk, request, error);
    return ENTENTE_OK;
}

static enum entente_error
take_help(struct desk *desk, uint32_t client, struct bytes body)
{
    struct message_help asked;

    enum entente_error error = message_help_read(body, &asked);
    if (error != ENTENTE_OK)
        return error;
    struct request *request = request_new(desk, client, MESSAGE_HELP, asked.ticket);
    if (request == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    helping_begin(desk, request, &asked);
    return ENTENTE_OK;
}

static enum entente_error
take_write(struct desk *desk, uint32_t client, struct bytes body)
{
    struct message_write asked;

    enum entente_error error = message_write_read(body, &asked);
    if (error != ENTENTE_OK)
        return error;
    return writing_new(desk, client, asked.ticket, &asked.room, asked.kind, asked.sections) == NULL
               ? ENTENTE_ERR_NO_MEMORY
               : ENTENTE_OK;
}

/* How far the room is evaluated; the first question opens it. */
static enum entente_error
take_consultation(struct desk *desk, uint32_t client, struct bytes body)
{
    struct message_consultation asked;
    struct message_consultation_is answer = {0};
    struct room *room;

    enum entente_error error = message_consultation_read(body, &asked);
    if (error != ENTENTE_OK)
        return error;
    error = desk_room(desk, &asked.room, &room);
    if (error == ENTENTE_OK) {
        struct room_counts counts = room_counts(room);
        answer.current = room_is_current(room);
        answer.entries = counts.entries;
        answer.opening = counts.opening;
        answer.unreadable = counts.unreadable;
        error = consultation_state_hash(room_consultation(room), &answer.state);
    }
    answer.ticket = asked.ticket;
    answer.error = (uint16_t)error;
    return message_consultation_is_queue(desk->clients[client].channel, &answer);
}

/* What a client may ask; anything else ends its channel. */
static const struct {
    uint16_t type;
    enum entente_error (*take)(struct desk *desk, uint32_t client, struct bytes body);
} handlers[] = {
    {MESSAGE_SAY, take_say},
    {MESSAGE_LIST, take_list},
    {MESSAGE_STATUS, take_status},
    {MESSAGE_EXPORT, take_export},
    {MESSAGE_IMPORT, take_import},
    {MESSAGE_CONTROL, take_control},
    {MESSAGE_HELP, take_help},
    {MESSAGE_WRITE, take_write},
    {MESSAGE_CONSULTATION, take_consultation},
    {MESSAGE_FILE_PUT, take_file_put},
    {MESSAGE_FILE_GET, take_file_get},
    {MESSAGE_FILE_STATUS, take_file_status},
    {MESSAGE_FILE_REMOVE, take_file_remove},
};

static enum entente_error
dispatch(struct desk *desk, uint32_t client, uint16_t type, struct bytes body)
{
    for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++)
        if (handlers[i].type == type)
            return handlers[i].take(desk, client, body);
    return ENTENTE_ERR_REFUSED;
}

static bool
has_room(const struct desk *desk)
{
    return desk->requests_count < DESK_REQUESTS_MAX && desk->said_bytes < DESK_SAID_BYTES_MAX &&
           channel_has_room(desk->keyholder, CHANNEL_BODY_BYTES_MAX) &&
           channel_has_room(desk->node, CHANNEL_BODY_BYTES_MAX);
}

void
client_take(struct desk *desk, uint32_t index)
{
    struct channel *channel = desk->clients[index].channel;
    uint16_t type;
    struct bytes body;

    while (channel != NULL && has_room(desk)) {
        enum entente_error error = channel_next(channel, &type, &body);
        if (error == ENTENTE_ERR_PENDING)
            return;
        if (error == ENTENTE_OK)
            error = dispatch(desk, index, type, body);
        if (error == ENTENTE_OK)
            continue;
        client_drop(desk, index);
        return;
    }
}
