#include "daemon/supervisor.h"

#include "daemon/children.h"
#include "daemon/directory.h"
#include "daemon/doors.h"
#include "keyholder/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_MS_MIN 100
#define PAUSE_MS_MAX 5000
#define GOOD_AFTER_S 30 /* a node that ran so long is started again at once when it dies */
#define STOP_MS 5000
#define DRILL_AFTER_MS 500 /* who asked for the drill is answered before it begins */
#define RENEW_MS 2000 /* the other parties learn of a new transport key before it is used */
#define PATH_BYTES 4096

struct supervisor {
    const struct serve_options *options;
    struct directory directory;
    struct children children;
    int lock;
    struct children_given doors;
    int signals;
    bool is_ready;   /* the keyholder is */
    bool is_running; /* the node is, at `port` */
    uint16_t port; /* 0: it never ran */
    uint64_t renew_at_ms; /* steady time; then the node starts again with its new transport key; 0: not */
    uint64_t drill_at_ms; /* steady time; then the node stops for a drill; 0: not */
    int drill_ms;         /* for so long */
    bool is_ending;
    enum entente_error error; /* why it ends */
};

static uint64_t
steady_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- the folder ---- */

static enum entente_error
lock_folder(struct supervisor *supervisor)
{
    char path[PATH_BYTES];
    char pid[32];

    snprintf(path, sizeof path, "%s/serve.pid", supervisor->options->folder);
    supervisor->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (supervisor->lock < 0)
        return errno == ENOENT ? ENTENTE_ERR_NOT_FOUND : ENTENTE_ERR_READ_ONLY;
    if (flock(supervisor->lock, LOCK_EX | LOCK_NB) != 0)
        return ENTENTE_ERR_LOCKED;
    int size = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    if (ftruncate(supervisor->lock, 0) != 0 ||
        pwrite(supervisor->lock, pid, (size_t)size, 0) != size)
        return ENTENTE_ERR_IO;
    return ENTENTE_OK;
}

/* What the keyholder cannot be started without, and only people can bring back. */
static enum entente_error
find_keys(const struct supervisor *supervisor)
{
    char path[PATH_BYTES];

    snprintf(path, sizeof path, "%s/keyholder/" NODE_KEYS_FILE, supervisor->options->folder);
    if (access(path, F_OK) == 0)
        return ENTENTE_OK;
    fprintf(stderr, "serve: %s is not there; where it is lost, run: entente keys resume %s\n", path,
        supervisor->options->folder);
    return ENTENTE_ERR_NOT_FOUND;
}

static enum entente_error
read_directory(struct supervisor *supervisor)
{
    char at[PATH_BYTES];
    struct directory directory;

    enum entente_error error = directory_read(&directory, supervisor->options->folder, at);
    if (error != ENTENTE_OK) {
        fprintf(stderr, "serve: %s: %s\n", at, entente_error_text(error));
        return error;
    }
    directory_free(&supervisor->directory);
    supervisor->directory = directory;
    return ENTENTE_OK;
}

/* ---- telling the children ---- */

static enum entente_error
read_transport_seed(const struct supervisor *supervisor, uint8_t seed[static 32])
{
    char path[PATH_BYTES];
    uint8_t contents[SECRET_CONTENTS_BYTES_MAX];
    size_t size = 0;

    snprintf(path, sizeof path, "%s/node", supervisor->options->folder);
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return ENTENTE_ERR_NOT_FOUND;
    enum entente_error error = secret_file_read(folder, "transport.key", SECRET_TRANSPORT,
        supervisor->options->secret, contents, &size);
    close(folder);
    if (error == ENTENTE_OK && size != 32)
        error = ENTENTE_ERR_CORRUPT;
    if (error == ENTENTE_OK)
        memcpy(seed, contents, 32);
    explicit_bzero(contents, sizeof contents);
    return error;
}

static void
store_path(const struct supervisor *supervisor, char path[static PATH_BYTES])
{
    snprintf(path, PATH_BYTES, "%s/store/record.sqlite", supervisor->options->folder);
}

/* The node has the store open. */
static enum entente_error
say_reading(struct supervisor *supervisor)
{
    struct message_reading reading = {.self = supervisor->directory.self};
    char store[PATH_BYTES];

    store_path(supervisor, store);
    reading.store = bytes_of_text(store);
    return message_reading_queue(supervisor->children.channels[CHILD_DESK], &reading);
}

static enum entente_error
say_setup(struct supervisor *supervisor)
{
    struct message_setup setup = {.self = supervisor->directory.self};
    char store[PATH_BYTES];
    struct bytes listen = register_address(supervisor->directory.own);

    if (supervisor->options->listen != NULL)
        listen = bytes_of_text(supervisor->options->listen);
    snprintf(store, sizeof store, "%s/store", supervisor->options->folder);
    if (mkdir(store, 0700) != 0 && errno != EEXIST)
        return ENTENTE_ERR_READ_ONLY;
    store_path(supervisor, store);
    enum entente_error error = read_transport_seed(supervisor, setup.transport_seed.bytes);
    setup.listen = listen;
    setup.store = bytes_of_text(store);
    if (error == ENTENTE_OK)
        error = message_setup_queue(supervisor->children.channels[CHILD_NODE], &setup);
    explicit_bzero(&setup.transport_seed, sizeof setup.transport_seed);
    return error;
}

static enum entente_error
say_rooms(struct supervisor *supervisor)
{
    const struct directory *directory = &supervisor->directory;
    struct file cards;

    enum entente_error error = directory_cards(directory, &cards);
    for (uint32_t i = 0; i < directory->rooms_count && error == ENTENTE_OK; i++) {
        struct bytes genesis = {directory->rooms[i].data, directory->rooms[i].size};
        struct bytes all = {cards.data, cards.size};
        error = message_room_queue(supervisor->children.channels[CHILD_KEYHOLDER],
            &(struct message_room){genesis, all});
        if (error == ENTENTE_OK)
            error = message_join_queue(supervisor->children.channels[CHILD_NODE],
                &(struct message_join){genesis, all});
    }
    free(cards.data);
    return error;
}

static enum entente_error
say_registers(struct supervisor *supervisor)
{
    const struct directory *directory = &supervisor->directory;
    enum entente_error error = ENTENTE_OK;

    for (uint32_t i = 0; i <= directory->cards_count && error == ENTENTE_OK; i++) {
        const struct file *card =
            i == 0 ? &directory->own_card : &directory->cards[i - 1];
        struct message_extend extend;
        error = card_entries((struct bytes){card->data, card->size}, &extend.entries);
        if (error == ENTENTE_OK)
            error = message_extend_queue(supervisor->children.channels[CHILD_NODE], &extend);
    }
    return error;
}

static enum entente_error
start(struct supervisor *supervisor)
{
    supervisor->is_ready = false;
    supervisor->is_running = false;
    supervisor->renew_at_ms = 0; /* what is started now has it */
    supervisor->drill_at_ms = 0;
    doors_renew(&supervisor->doors, supervisor->options);
    enum entente_error error = children_start(&supervisor->children, supervisor->options->programs,
        supervisor->options->folder, &supervisor->doors);
    if (error == ENTENTE_OK)
        error = message_unlock_queue(supervisor->children.channels[CHILD_KEYHOLDER],
            &(struct message_unlock){supervisor->options->secret});
    if (error == ENTENTE_OK)
        error = say_setup(supervisor);
    if (error == ENTENTE_OK)
        error = say_rooms(supervisor);
    return error;
}

/* ---- hearing them ---- */

static void
end(struct supervisor *supervisor, enum entente_error error)
{
    supervisor->is_ending = true;
    if (supervisor->error == ENTENTE_OK)
        supervisor->error = error;
}

static void
announce(const struct supervisor *supervisor)
{
    struct bytes name = register_name(supervisor->directory.own);

    if (supervisor->is_ready && supervisor->is_running)
        fprintf(stderr, "serve: the node of %.*s runs, at port %u\n", (int)name.size,
            (const char *)name.data, supervisor->port);
}

static void
hear_failed(struct supervisor *supervisor, struct bytes body)
{
    struct message_failed failed;

    if (message_failed_read(body, &failed) != ENTENTE_OK)
        return;
    enum entente_error error = (enum entente_error)failed.error;
    fprintf(stderr, "keyholder: %.*s (%s)\n", (int)failed.text.size,
        (const char *)failed.text.data, entente_error_text(error));
    /* What only people can mend is not tried again and again. */
    if (entente_error_whose(error) == ENTENTE_USER || error == ENTENTE_ERR_CORRUPT)
        end(supervisor, error);
}

/*
 * Before the first run an address that is taken is a mistake; later it may come free again.  What the desk
 * cannot be made of is for people to mend.
 */
static void
hear_unable(struct supervisor *supervisor, enum child child, struct bytes body)
{
    struct message_unable unable;

    if (message_unable_read(body, &unable) != ENTENTE_OK)
        return;
    enum entente_error error = (enum entente_error)unable.error;
    fprintf(stderr, "%s: %.*s (%s)\n", child == CHILD_DESK ? "desk" : "node", (int)unable.text.size,
        (const char *)unable.text.data, entente_error_text(error));
    if (child == CHILD_DESK || entente_error_whose(error) == ENTENTE_USER || error == ENTENTE_ERR_CORRUPT ||
        (error == ENTENTE_ERR_PORT_IN_USE && supervisor->port == 0))
        end(supervisor, error);
}

/* What the operator asked at the page. */
static void
hear_drill(struct supervisor *supervisor, struct bytes body)
{
    struct message_drill drill;

    if (message_drill_read(body, &drill) != ENTENTE_OK || drill.seconds > DRILL_SECONDS_MAX)
        return;
    supervisor->drill_at_ms = steady_ms() + DRILL_AFTER_MS;
    supervisor->drill_ms = drill.seconds * 1000;
}

static void
hear(struct supervisor *supervisor, enum child child, uint16_t type, struct bytes body)
{
    struct message_ready ready;
    struct message_running running;

    if (type == MESSAGE_READY && message_ready_read(body, &ready) == ENTENTE_OK) {
        supervisor->is_ready = true;
        announce(supervisor);
    } else if (type == MESSAGE_RUNNING && message_running_read(body, &running) == ENTENTE_OK) {
        supervisor->is_running = true;
        supervisor->port = running.port;
        if (say_reading(supervisor) != ENTENTE_OK)
            end(supervisor, ENTENTE_ERR_NO_MEMORY);
        announce(supervisor);
    } else if (type == MESSAGE_FAILED) {
        hear_failed(supervisor, body);
    } else if (type == MESSAGE_UNABLE) {
        hear_unable(supervisor, child, body);
    } else if (type == MESSAGE_DRILL && child == CHILD_DESK) {
        hear_drill(supervisor, body);
    }
}

/* False when the child is gone. */
static bool
serve_channel(struct supervisor *supervisor, enum child child, short events)
{
    struct channel *channel = supervisor->children.channels[child];
    enum entente_error error = ENTENTE_OK;
    uint16_t type;
    struct bytes body;

    if (events & (POLLIN | POLLHUP | POLLERR))
        error = channel_fill(channel);
    while (channel_next(channel, &type, &body) == ENTENTE_OK)
        hear(supervisor, child, type, body);
    if (error == ENTENTE_OK && channel_wants_write(channel))
        error = channel_flush(channel);
    return error == ENTENTE_OK;
}

/* ---- signals ---- */

static struct public_key
transport_key(const struct supervisor *supervisor)
{
    const struct public_key *key = register_transport_key(supervisor->directory.own);

    return key == NULL ? (struct public_key){0} : *key;
}

/*
 * New rooms, cards, keys.  A new incarnation needs the keyholder anew.  A new transport key needs the
 * node anew, when the links under the old one have carried the register to the others.
 */
static bool
reread(struct supervisor *supervisor)
{
    const struct incarnation *last = register_incarnation_last(supervisor->directory.own);
    uint16_t inc = last == NULL ? 0 : last->inc;
    struct public_key transport = transport_key(supervisor);

    if (read_directory(supervisor) != ENTENTE_OK)
        return true;
    last = register_incarnation_last(supervisor->directory.own);
    if (last != NULL && last->inc != inc)
        return false;
    struct public_key renewed = transport_key(supervisor);
    if (memcmp(&transport, &renewed, sizeof renewed) != 0)
        supervisor->renew_at_ms = steady_ms() + RENEW_MS;
    enum entente_error error = say_registers(supervisor);
    if (error == ENTENTE_OK)
        error = say_rooms(supervisor);
    if (error != ENTENTE_OK)
        fprintf(stderr, "serve: the folder was read, but not passed on: %s\n",
            entente_error_text(error));
    return error == ENTENTE_OK;
}

static bool
serve_signals(struct supervisor *supervisor)
{
    struct signalfd_siginfo info;
    bool good = true;

    while (read(supervisor->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
            end(supervisor, ENTENTE_OK);
        if (info.ssi_signo == SIGHUP)
            good &= reread(supervisor);
        if (info.ssi_signo == SIGCHLD) {
            for (int c = 0; c < CHILDREN; c++) {
                int status;
                if (supervisor->children.pids[c] == 0 ||
                    waitpid(supervisor->children.pids[c], &status, WNOHANG) <= 0)
                    continue;
                supervisor->children.pids[c] = 0;
                good = false;
                if (supervisor->is_ending)
                    continue;
                child_tell((enum child)c, status);
            }
        }
    }
    return good;
}

static bool
is_renewing(struct supervisor *supervisor)
{
    if (supervisor->renew_at_ms == 0 || steady_ms() < supervisor->renew_at_ms)
        return false;
    supervisor->renew_at_ms = 0;
    fprintf(stderr, "serve: the transport key is new; the node starts again with it\n");
    return true;
}

static bool
is_drilling(const struct supervisor *supervisor)
{
    return supervisor->drill_at_ms != 0 && steady_ms() >= supervisor->drill_at_ms;
}

/* Until the first of what is to be done at a time; -1: nothing is. */
static int
due_ms(const struct supervisor *supervisor)
{
    uint64_t now = steady_ms(), renew = supervisor->renew_at_ms, drill = supervisor->drill_at_ms;
    uint64_t first = renew == 0 || (drill != 0 && drill < renew) ? drill : renew;

    if (first == 0)
        return -1;
    return first > now ? (int)(first - now) : 0;
}

/* Until a child is gone (true: start again) or the end is asked for. */
static void
serve_children(struct supervisor *supervisor)
{
    bool good = true;

    while (good && !supervisor->is_ending) {
        struct pollfd polls[CHILDREN + 1];
        for (int c = 0; c < CHILDREN; c++) {
            struct channel *channel = supervisor->children.channels[c];
            short events = channel_wants_write(channel) ? POLLIN | POLLOUT : POLLIN;
            polls[c] = (struct pollfd){supervisor->children.sockets[c], events, 0};
        }
        polls[CHILDREN] = (struct pollfd){supervisor->signals, POLLIN, 0};
        if (poll(polls, CHILDREN + 1, due_ms(supervisor)) < 0 && errno != EINTR)
            end(supervisor, ENTENTE_ERR_IO);
        for (int c = 0; c < CHILDREN; c++)
            good &= serve_channel(supervisor, (enum child)c, polls[c].revents);
        good &= serve_signals(supervisor);
        good &= !is_renewing(supervisor) && !is_drilling(supervisor);
    }
}

static void
pause_ms(const struct supervisor *supervisor, int ms)
{
    struct pollfd signals = {supervisor->signals, POLLIN, 0};

    (void)!poll(&signals, 1, ms);
}

/* The node is stopped as by a power cut, and comes back by itself. */
static void
drill(struct supervisor *supervisor)
{
    uint64_t until_ms = steady_ms() + (uint64_t)supervisor->drill_ms;

    fprintf(stderr, "serve: a drill: the node is stopped for %d s\n", supervisor->drill_ms / 1000);
    children_stop(&supervisor->children, 0);
    for (uint64_t now = steady_ms(); now < until_ms && !supervisor->is_ending; now = steady_ms()) {
        pause_ms(supervisor, (int)(until_ms - now));
        (void)serve_signals(supervisor);
    }
}

static void
serve(struct supervisor *supervisor)
{
    int wait_ms = PAUSE_MS_MIN;

    while (!supervisor->is_ending) {
        time_t began = time(NULL);
        enum entente_error error = start(supervisor);
        if (error == ENTENTE_OK)
            serve_children(supervisor);
        else
            end(supervisor, error);
        if (is_drilling(supervisor) && !supervisor->is_ending) {
            drill(supervisor);
            continue;
        }
        children_stop(&supervisor->children, supervisor->is_ending ? STOP_MS : 200);
        (void)serve_signals(supervisor);
        if (supervisor->is_ending)
            return;
        wait_ms = time(NULL) - began >= GOOD_AFTER_S ? PAUSE_MS_MIN : wait_ms;
        pause_ms(supervisor, wait_ms);
        wait_ms = 2 * wait_ms < PAUSE_MS_MAX ? 2 * wait_ms : PAUSE_MS_MAX;
    }
}

static enum entente_error
take_signals(struct supervisor *supervisor)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGCHLD);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return ENTENTE_ERR_IO;
    supervisor->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return supervisor->signals < 0 ? ENTENTE_ERR_IO : ENTENTE_OK;
}

enum entente_error
serve_run(const struct serve_options *options)
{
    struct supervisor supervisor = {
        .options = options, .lock = -1, .signals = -1, .doors = {-1, -1, -1, -1, -1}};

    enum entente_error error = lock_folder(&supervisor);
    if (error == ENTENTE_OK)
        error = read_directory(&supervisor);
    if (error == ENTENTE_OK)
        error = find_keys(&supervisor);
    if (error == ENTENTE_OK)
        error = take_signals(&supervisor);
    if (error == ENTENTE_OK)
        error = doors_open(&supervisor.doors, options);
    if (error == ENTENTE_OK) {
        serve(&supervisor);
        error = supervisor.error;
    }
    directory_free(&supervisor.directory);
    doors_close(&supervisor.doors);
    if (supervisor.signals >= 0)
        close(supervisor.signals);
    if (supervisor.lock >= 0)
        close(supervisor.lock);
    return error;
}
