#include "desk/client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define QUEUE_BYTES_MAX 8388608u

struct desk_client {
    int socket;
    struct channel *channel;
    uint64_t tickets;
    enum entente_error filled; /* the desk is gone, but what it said before is taken first */
};

static int
connect_socket(const char *folder)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int opened = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int made = -1;

    if (opened < 0)
        return -1;
    /* Through /proc/self/fd, so that a long folder name does not overrun sun_path. */
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/desk.sock", opened);
    made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made >= 0 && connect(made, (struct sockaddr *)&address, sizeof address) != 0) {
        close(made);
        made = -1;
    }
    close(opened);
    if (made >= 0)
        fcntl(made, F_SETFL, O_NONBLOCK);
    return made;
}

enum entente_error
desk_connect(struct desk_client **client, const char *folder)
{
    struct desk_client *made = calloc(1, sizeof *made);

    *client = NULL;
    if (made == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    made->socket = connect_socket(folder);
    if (made->socket < 0) {
        free(made);
        return ENTENTE_ERR_NOT_RUNNING;
    }
    enum entente_error error = channel_new(&made->channel, made->socket, QUEUE_BYTES_MAX);
    if (error != ENTENTE_OK) {
        close(made->socket);
        free(made);
        return error;
    }
    *client = made;
    return ENTENTE_OK;
}

void
desk_disconnect(struct desk_client *client)
{
    if (client == NULL)
        return;
    channel_free(client->channel);
    close(client->socket);
    free(client);
}

struct channel *
desk_channel(struct desk_client *client)
{
    return client->channel;
}

uint64_t
desk_ticket(struct desk_client *client)
{
    return ++client->tickets;
}

enum entente_error
desk_wait(struct desk_client *client, int timeout_ms, uint16_t *type, struct bytes *body)
{
    for (;;) {
        enum entente_error error = channel_next(client->channel, type, body);
        if (error != ENTENTE_ERR_PENDING)
            return error;
        if (client->filled != ENTENTE_OK)
            return client->filled;
        if (channel_wants_write(client->channel))
            client->filled = channel_flush(client->channel);
        short events = channel_wants_write(client->channel) ? POLLIN | POLLOUT : POLLIN;
        struct pollfd poll_fd = {client->socket, events, 0};
        int ready = poll(&poll_fd, 1, timeout_ms);
        if (ready == 0)
            return ENTENTE_ERR_PENDING;
        if (ready < 0 && errno != EINTR)
            return ENTENTE_ERR_IO;
        if (ready > 0 && (poll_fd.revents & (POLLIN | POLLHUP | POLLERR)))
            client->filled = channel_fill(client->channel);
    }
}

enum entente_error
desk_answer(struct desk_client *client, uint64_t ticket, uint16_t wanted, struct bytes *body)
{
    uint16_t type;

    for (;;) {
        enum entente_error error = desk_wait(client, -1, &type, body);
        if (error != ENTENTE_OK)
            return error;
        struct reader reader = reader_of(*body);
        if (reader_u64(&reader) != ticket)
            continue;
        if (type == wanted)
            return ENTENTE_OK;
        struct message_answer answer;
        if (type != MESSAGE_ANSWER || message_answer_read(*body, &answer) != ENTENTE_OK ||
            answer.error == ENTENTE_OK || answer.error >= ENTENTE_ERR_COUNT)
            return ENTENTE_ERR_REFUSED;
        return (enum entente_error)answer.error;
    }
}

enum entente_error
desk_list_sections(const struct section *sections, uint16_t count, uint8_t **list, size_t *bytes)
{
    *list = NULL;
    *bytes = 2;
    for (uint16_t i = 0; i < count; i++) {
        enum entente_error error = section_check(&sections[i]);
        if (error != ENTENTE_OK)
            return error;
        *bytes += 2 + 4 + section_size(&sections[i]);
    }
    *list = malloc(*bytes);
    if (*list == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    struct writer writer = writer_of(*list, *bytes);
    writer_u16(&writer, count);
    for (uint16_t i = 0; i < count; i++) {
        writer_u16(&writer, sections[i].type);
        writer_u32(&writer, (uint32_t)section_size(&sections[i]));
        section_write(&writer, &sections[i]);
    }
    return ENTENTE_OK;
}

enum entente_error
desk_say(struct desk_client *client, const struct room_id *room, struct bytes sections,
    struct message_said *said)
{
    struct message_say say = {desk_ticket(client), *room, sections};
    struct bytes body;

    enum entente_error error = message_say_queue(client->channel, &say);
    if (error == ENTENTE_OK)
        error = desk_answer(client, say.ticket, MESSAGE_SAID, &body);
    if (error == ENTENTE_OK)
        error = message_said_read(body, said);
    return error;
}

enum entente_error
desk_status(struct desk_client *client, const struct room_id *room, struct status *status)
{
    struct message_status ask = {desk_ticket(client), *room};
    struct message_status_is answer;
    struct bytes body;

    enum entente_error error = message_status_queue(client->channel, &ask);
    if (error == ENTENTE_OK)
        error = desk_answer(client, ask.ticket, MESSAGE_STATUS_IS, &body);
    if (error == ENTENTE_OK)
        error = message_status_is_read(body, &answer);
    if (error == ENTENTE_OK && answer.error != ENTENTE_OK)
        error = answer.error < ENTENTE_ERR_COUNT ? (enum entente_error)answer.error
                                                 : ENTENTE_ERR_REFUSED;
    if (error == ENTENTE_OK)
        error = status_read(answer.status, status);
    return error;
}

enum entente_error
desk_consultation(struct desk_client *client, const struct room_id *room,
    struct message_consultation_is *status)
{
    struct message_consultation ask = {desk_ticket(client), *room};
    struct bytes body;

    enum entente_error error = message_consultation_queue(client->channel, &ask);
    if (error == ENTENTE_OK)
        error = desk_answer(client, ask.ticket, MESSAGE_CONSULTATION_IS, &body);
    if (error == ENTENTE_OK)
        error = message_consultation_is_read(body, status);
    if (error == ENTENTE_OK && status->error != ENTENTE_OK)
        error = status->error < ENTENTE_ERR_COUNT ? (enum entente_error)status->error
                                                  : ENTENTE_ERR_REFUSED;
    return error;
}

enum entente_error
desk_control(
    struct desk_client *client, const struct room_id *room, uint8_t what, uint8_t slot)
{
    struct message_control ask = {desk_ticket(client), *room, what, slot};
    struct message_answer answer;
    struct bytes body;

    enum entente_error error = message_control_queue(client->channel, &ask);
    if (error == ENTENTE_OK)
        error = desk_answer(client, ask.ticket, MESSAGE_ANSWER, &body);
    if (error == ENTENTE_OK)
        error = message_answer_read(body, &answer);
    return error == ENTENTE_OK ? (enum entente_error)answer.error : error;
}
