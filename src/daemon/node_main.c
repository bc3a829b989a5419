/* The program entente-node: started by the supervisor with three sockets, confined before it
 * listens to anybody. */
#include "confine/confine.h"
#include "daemon/shell.h"

#include "crypto/crypto.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- the supervisor's messages ---- */

static enum entente_error
end_unable(struct shell *shell, enum entente_error error, const char *text)
{
    struct message_unable unable = {(uint16_t)error, bytes_of_text(text)};

    enum entente_error queued = message_unable_queue(shell->supervisor, &unable);
    if (queued == ENTENTE_OK)
        queued = channel_flush(shell->supervisor);
    shell_end(shell, NULL);
    shell->status = 1;
    return queued;
}

static enum entente_error
take_setup(struct shell *shell, struct bytes body)
{
    struct message_setup setup;
    struct node_options options = {0};
    char store[4096];
    char listen[REGISTER_ADDRESS_BYTES_MAX + 1];

    enum entente_error error = message_setup_read(body, &setup);
    if (error != ENTENTE_OK || shell->node != NULL)
        return ENTENTE_ERR_REFUSED;
    if (setup.store.size >= sizeof store || setup.listen.size >= sizeof listen)
        return ENTENTE_ERR_TOO_LARGE;
    snprintf(store, sizeof store, "%.*s", (int)setup.store.size, (const char *)setup.store.data);
    snprintf(
        listen, sizeof listen, "%.*s", (int)setup.listen.size, (const char *)setup.listen.data);
    options.self = setup.self;
    shell->self = setup.self;
    error = store_open_sqlite(&shell->store, store);
    if (error == ENTENTE_OK) {
        options.files = store_files(shell->store);
        error = node_new(&shell->node, &options);
    }
    if (error == ENTENTE_OK)
        error = chunks_begin(shell);
    if (error == ENTENTE_OK)
        error = shell_listen(shell, setup.transport_seed.bytes, listen);
    explicit_bzero(setup.transport_seed.bytes, sizeof setup.transport_seed.bytes);
    if (error != ENTENTE_OK)
        return end_unable(shell, error,
            shell->store == NULL ? "the store does not open" : "it cannot listen for links");
    error = confine_node(store);
    if (error != ENTENTE_OK)
        return end_unable(shell, error, "it cannot be confined on this machine");
    return message_running_queue(
        shell->supervisor, &(struct message_running){net_port(shell->net)});
}

static enum entente_error
take_supervisor(struct shell *shell, uint16_t type, struct bytes body)
{
    struct message_join join;
    struct message_extend extend;

    if (type == MESSAGE_SETUP)
        return take_setup(shell, body);
    if (shell->node == NULL)
        return ENTENTE_ERR_REFUSED;
    if (type == MESSAGE_JOIN && message_join_read(body, &join) == ENTENTE_OK) {
        enum entente_error error = shell_join(shell, join.genesis_file, join.cards);
        if (error != ENTENTE_OK)
            shell_trace(error, bytes_of_text("a consultation cannot be joined"));
        return ENTENTE_OK;
    }
    if (type == MESSAGE_EXTEND && message_extend_read(body, &extend) == ENTENTE_OK) {
        struct register_entry entry;
        struct entry_id id;
        struct reader reader = reader_of(extend.entries);
        struct event event = shell_event(EVENT_REGISTER);
        if (register_entry_parse(&reader, &entry) != ENTENTE_OK)
            return ENTENTE_ERR_REFUSED;
        register_make_id(&id, entry.content);
        memcpy(event.party.bytes, id.bytes, sizeof event.party.bytes);
        event.data = extend.entries;
        shell_step(shell, &event);
        return ENTENTE_OK;
    }
    return ENTENTE_ERR_REFUSED;
}

/* ---- polling ---- */

static void
on_channel(uv_poll_t *poll, int status, int events)
{
    struct shell *shell = poll->data;
    struct channel *channel = poll == &shell->supervisor_poll  ? shell->supervisor
                              : poll == &shell->keyholder_poll ? shell->keyholder
                                                               : shell->desk;
    enum entente_error filled = ENTENTE_OK;
    uint16_t type;
    struct bytes body;

    if (status < 0 || ((events & UV_READABLE) && (filled = channel_fill(channel)) != ENTENTE_OK &&
                          filled != ENTENTE_ERR_GONE)) {
        shell_end(shell, "a channel to another process of this node failed");
        return;
    }
    while (!shell->is_ending && channel_next(channel, &type, &body) == ENTENTE_OK) {
        if (channel == shell->keyholder)
            shell_keyholder_message(shell, type, body);
        else if (channel == shell->desk)
            shell_desk_message(shell, type, body);
        else if (take_supervisor(shell, type, body) != ENTENTE_OK)
            shell_end(shell, "it could not be set up");
    }
    if (filled == ENTENTE_ERR_GONE)
        shell_end(
            shell, channel == shell->supervisor ? NULL : "another process of this node is gone");
}

/* At the end of a turn: a commit, then everything that was said is sent. */
static void
on_check(uv_check_t *check)
{
    struct shell *shell = check->data;
    struct {
        struct channel *channel;
        uv_poll_t *poll;
        int *events;
    } ends[] = {{shell->supervisor, &shell->supervisor_poll, &shell->supervisor_events},
        {shell->keyholder, &shell->keyholder_poll, &shell->keyholder_events},
        {shell->desk, &shell->desk_poll, &shell->desk_events}};

    shell_commit(shell);
    shell_tell_stored(shell);
    if (shell->has_news && !shell->news_told) {
        struct message_node_news news = {shell->news_room};
        shell->has_news = false;
        shell->news_told = true;
        if (message_node_news_queue(shell->desk, &news) != ENTENTE_OK)
            shell_end(shell, "the desk does not take its news");
    }
    for (size_t i = 0; i < sizeof ends / sizeof ends[0] && !shell->is_ending; i++) {
        if (channel_wants_write(ends[i].channel) && channel_flush(ends[i].channel) != ENTENTE_OK)
            shell_end(shell, "a channel to another process of this node failed");
        int events = UV_READABLE | (channel_wants_write(ends[i].channel) ? UV_WRITABLE : 0);
        if (events == *ends[i].events)
            continue; /* libuv would make a system call of it */
        *ends[i].events = events;
        uv_poll_start(ends[i].poll, events, on_channel);
    }
}

static enum entente_error
open_channel(struct shell *shell, struct channel **channel, uv_poll_t *poll, int fd)
{
    enum entente_error error = channel_new(channel, fd, SHELL_QUEUE_BYTES_MAX);

    if (error != ENTENTE_OK)
        return error;
    if (uv_poll_init(shell->loop, poll, fd) != 0)
        return ENTENTE_ERR_IO;
    poll->data = shell;
    return uv_poll_start(poll, UV_READABLE, on_channel) == 0 ? ENTENTE_OK : ENTENTE_ERR_IO;
}

static enum entente_error
open_shell(struct shell *shell)
{
    shell->loop = uv_default_loop();
    shell->effects.list = calloc(NODE_EFFECTS_MAX, sizeof *shell->effects.list);
    void *block = malloc(NODE_ARENA_BYTES);
    if (shell->effects.list == NULL || block == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    arena_init(&shell->effects.arena, block, NODE_ARENA_BYTES);
    uv_timer_init(shell->loop, &shell->timer);
    uv_idle_init(shell->loop, &shell->next_turn);
    uv_timer_init(shell->loop, &shell->retry);
    uv_timer_init(shell->loop, &shell->commit_timer);
    shell->commit_timer.data = shell;
    uv_check_init(shell->loop, &shell->check);
    shell->timer.data = shell->next_turn.data = shell->retry.data = shell->check.data = shell;
    enum entente_error error =
        open_channel(shell, &shell->supervisor, &shell->supervisor_poll, SHELL_FD_SUPERVISOR);
    if (error == ENTENTE_OK)
        error = open_channel(shell, &shell->keyholder, &shell->keyholder_poll, SHELL_FD_KEYHOLDER);
    if (error == ENTENTE_OK)
        error = open_channel(shell, &shell->desk, &shell->desk_poll, SHELL_FD_DESK);
    if (error == ENTENTE_OK)
        uv_check_start(&shell->check, on_check);
    return error;
}

int
main(void)
{
    static struct shell shell;

    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_IGN); /* the supervisor ends us by closing its socket */
    signal(SIGHUP, SIG_IGN);
    if (crypto_start() != ENTENTE_OK || open_shell(&shell) != ENTENTE_OK) {
        fprintf(stderr, "node: it cannot start on this machine\n");
        return 2;
    }
    uv_run(shell.loop, UV_RUN_DEFAULT);
    query_files_end(&shell);
    chunks_end(&shell);
    node_free(shell.node);
    store_close(shell.store);
    return shell.status;
}
