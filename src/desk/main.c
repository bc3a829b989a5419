/* The program entente-desk: started by the supervisor with its sockets, confined at once. */
#include "confine/confine.h"
#include "crypto/crypto.h"
#include "desk/desk.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>

static void
desk_end(struct desk *desk, const char *why)
{
    if (why != NULL && !desk->is_ending)
        fprintf(stderr, "desk: %s\n", why);
    desk->is_ending = true;
}

static void
serve_own(struct desk *desk, struct channel *channel,
    enum entente_error (*take)(struct desk *desk, uint16_t type, struct bytes body))
{
    uint16_t type;
    struct bytes body;

    enum entente_error filled = channel_fill(channel);
    while (take != NULL && !desk->is_ending && channel_next(channel, &type, &body) == ENTENTE_OK)
        if (take(desk, type, body) != ENTENTE_OK)
            desk_end(desk, "another process of this node said something that it may not say");
    if (filled != ENTENTE_OK)
        desk_end(desk, channel == desk->supervisor ? NULL
                                                   : "another process of this node is gone");
}

static void
serve_client(struct desk *desk, uint32_t index, short events)
{
    struct client *client = &desk->clients[index];
    enum entente_error error = ENTENTE_OK;

    if (events & (POLLIN | POLLHUP | POLLERR))
        error = channel_fill(client->channel);
    client_take(desk, index);
    if (client->channel != NULL && error != ENTENTE_OK)
        client_drop(desk, index);
}

static void
flush(struct desk *desk)
{
    struct channel *own[] = {desk->supervisor, desk->keyholder, desk->node};

    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (channel_wants_write(own[i]) && channel_flush(own[i]) != ENTENTE_OK)
            desk_end(desk, "another process of this node is gone");
    files_go_on(desk->files);
    for (uint32_t i = 0; i < DESK_CLIENTS_MAX; i++) {
        struct channel *channel = desk->clients[i].channel;
        if (channel != NULL && channel_wants_write(channel) &&
            (channel_flush(channel) != ENTENTE_OK || !channel_has_room(channel, 0)))
            client_drop(desk, i);
        else
            client_take(desk, i); /* what waited for room among the requests */
    }
    for (uint32_t i = 0; i < DESK_REQUESTS_MAX && desk->readings_count > 0; i++)
        if (desk->requests[i].ticket != 0 && desk->requests[i].reading != NULL &&
            desk->requests[i].reading->page_ended)
            reading_go_on(desk, &desk->requests[i]);
}

static short
wanted(const struct channel *channel)
{
    return channel_wants_write(channel) ? POLLIN | POLLOUT : POLLIN;
}

/* -1: until something comes. */
static int
wait_ms(struct desk *desk)
{
    int waits[] = {web_wait_ms(&desk->web), rooms_wait_ms(desk), serving_wait_ms(desk)};
    int least = -1;

    if (desk->has_work)
        return 0;
    for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++)
        if (waits[i] >= 0 && (least < 0 || waits[i] < least))
            least = waits[i];
    return least;
}

static void
turn(struct desk *desk)
{
    struct pollfd polls[4 + DESK_CLIENTS_MAX + WEB_POLLS_MAX];
    uint32_t clients[DESK_CLIENTS_MAX];
    nfds_t count = 4;

    polls[0] = (struct pollfd){DESK_FD_SUPERVISOR, POLLIN, 0};
    polls[1] = (struct pollfd){DESK_FD_KEYHOLDER, wanted(desk->keyholder), 0};
    polls[2] = (struct pollfd){DESK_FD_NODE, wanted(desk->node), 0};
    polls[3] = (struct pollfd){DESK_FD_LISTENING, POLLIN, 0};
    for (uint32_t i = 0; i < DESK_CLIENTS_MAX; i++) {
        if (desk->clients[i].channel == NULL)
            continue;
        clients[count - 4] = i;
        polls[count++] =
            (struct pollfd){desk->clients[i].socket, wanted(desk->clients[i].channel), 0};
    }
    struct pollfd *web_at = polls + count;
    uint32_t web_count = web_polls(&desk->web, web_at);
    if (poll(polls, count + web_count, wait_ms(desk)) < 0)
        return;
    if (polls[0].revents != 0)
        serve_own(desk, desk->supervisor, NULL);
    if (polls[1].revents & (POLLIN | POLLHUP | POLLERR))
        serve_own(desk, desk->keyholder, keyholder_message);
    if (polls[2].revents & (POLLIN | POLLHUP | POLLERR))
        serve_own(desk, desk->node, node_message);
    for (nfds_t i = 4; i < count; i++)
        serve_client(desk, clients[i - 4], polls[i].revents);
    if (polls[3].revents != 0)
        clients_accept(desk);
    if (web_turn(&desk->web, web_at, web_count) != ENTENTE_OK)
        desk_end(desk, "there is no memory to serve HTTP");
    desk->has_work = rooms_turn(desk);
    serving_turn(desk);
    writing_turn(desk);
    flush(desk);
}

/* Where it cannot, the supervisor is told why. */
static bool
begin_web(struct desk *desk, const char *given)
{
    const struct http_calls calls = serving_calls(desk);

    enum entente_error error = web_begin(&desk->web, given, &calls);
    if (error == ENTENTE_OK)
        return true;
    const char *text = error == ENTENTE_ERR_MALFORMED
                           ? "the page's certificate or key cannot be used: each has to be in PEM, without "
                             "a passphrase, and they have to belong together"
                           : "HTTP cannot be served";
    if (message_unable_queue(desk->supervisor,
            &(struct message_unable){(uint16_t)error, bytes_of_text(text)}) == ENTENTE_OK)
        (void)!channel_flush(desk->supervisor);
    return false;
}

/*
 * The supervisor's word that the node runs: what is to be read is opened before anybody else is heard.  False:
 * the supervisor is gone.
 */
static bool
wait_for_reading(struct desk *desk, const char *folder)
{
    struct pollfd supervisor = {DESK_FD_SUPERVISOR, POLLIN, 0};
    struct message_reading reading;
    uint16_t type;
    struct bytes body;

    for (;;) {
        enum entente_error error = channel_next(desk->supervisor, &type, &body);
        if (error == ENTENTE_OK)
            return type == MESSAGE_READING && message_reading_read(body, &reading) == ENTENTE_OK &&
                   rooms_start(desk, folder, &reading) == ENTENTE_OK &&
                   serving_begin(desk, folder) == ENTENTE_OK;
        if (error != ENTENTE_ERR_PENDING || poll(&supervisor, 1, -1) < 0 ||
            channel_fill(desk->supervisor) != ENTENTE_OK)
            return false;
    }
}

static int
cannot_start(void)
{
    fprintf(stderr, "desk: it cannot start on this machine\n");
    return 2;
}

int
main(int count, char **arguments)
{
    static struct desk desk;

    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    if (channel_new(&desk.supervisor, DESK_FD_SUPERVISOR, CHANNEL_BODY_BYTES_MAX + 64) !=
            ENTENTE_OK ||
        channel_new(&desk.keyholder, DESK_FD_KEYHOLDER, DESK_QUEUE_BYTES_MAX) != ENTENTE_OK ||
        channel_new(&desk.node, DESK_FD_NODE, DESK_QUEUE_BYTES_MAX) != ENTENTE_OK ||
        crypto_start() != ENTENTE_OK || files_new(&desk.files, desk.node) != ENTENTE_OK || count < 2)
        return cannot_start();
    if (!begin_web(&desk, count > 2 ? arguments[2] : NULL))
        return 2;
    if (!wait_for_reading(&desk, arguments[1]))
        return 0; /* all of us end */
    if (confine_desk() != ENTENTE_OK)
        return cannot_start();
    while (!desk.is_ending)
        turn(&desk);
    web_end(&desk.web);
    serving_end(&desk);
    return 0;
}
