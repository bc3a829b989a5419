#include "support/keyholder_process.h"

#include "support/test.h"

#include "keyholder/keyfile.h"
#include "keyholder/real_disk.h"

#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PASSPHRASE "the keyholder of a test"
#define QUEUE_BYTES (8u * CHANNEL_BODY_BYTES_MAX)
#define WAIT_MS 20000
#define PARTY_SEED 1

void
folder_make(char path[static 256])
{
    const char *base = getenv("TMPDIR");

    snprintf(path, 256, "%s/entente-XXXXXX", base == NULL ? "/tmp" : base);
    if (mkdtemp(path) == NULL) {
        printf("Bail out! no folder\n");
        exit(1);
    }
}

static int
remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

void
folder_remove_all(const char *path)
{
    (void)nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* The keys that support/build.h gives the party, so that its register certifies them. */
static bool
write_keys(int folder, uint8_t seed)
{
    static struct node_keys keys;
    uint8_t contents[SECRET_CONTENTS_BYTES_MAX];
    struct writer writer = writer_of(contents, sizeof contents);
    struct node_public public;
    struct real_disk disk;

    keys = (struct node_keys){.reading = {.inc = 1, .prekey_id = 1}};
    build_seed(keys.seed, seed, BUILD_NODE, 1);
    build_seed(keys.reading.prekey_seed, seed, BUILD_PREKEY, 1);
    node_keys_public(&keys, &public);
    node_keys_write(&writer, &keys);
    real_disk_open(&disk, folder);
    struct journal_options options = {
        .disk = real_disk_of(&disk), .node_key = public.key, .inc = 1};
    bool done = journal_create(&options) == ENTENTE_OK &&
                secret_file_write(folder, NODE_KEYS_FILE, SECRET_NODE, writer_written(&writer),
                    bytes_of_text(PASSPHRASE), SECRET_COST_KEY_FILE) == ENTENTE_OK;
    real_disk_close(&disk);
    return done;
}

bool
keyholder_process_install_seed(const char *folder, uint8_t seed)
{
    char path[512];

    snprintf(path, sizeof path, "%s/keyholder", folder);
    if (mkdir(path, 0700) != 0)
        return false;
    int opened = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool done = opened >= 0 && write_keys(opened, seed);
    if (opened >= 0)
        close(opened);
    return done;
}

bool
keyholder_process_install(const char *folder)
{
    return keyholder_process_install_seed(folder, PARTY_SEED);
}

struct bytes
keyholder_process_secret(void)
{
    return bytes_of_text(PASSPHRASE);
}

static void
become(const char *program, const char *folder, const int sockets[3])
{
    int high[3];

    for (int i = 0; i < 3; i++)
        high[i] = fcntl(sockets[i], F_DUPFD, 16);
    for (int i = 0; i < 3; i++)
        if (high[i] < 0 || dup2(high[i], 3 + i) < 0)
            _exit(126);
    for (int i = 0; i < 3; i++)
        close(high[i]);
    setenv("ASAN_OPTIONS", "detect_leaks=0", 1); /* confined, it cannot look for leaks */
    execl(program, program, folder, (char *)NULL);
    _exit(127);
}

static bool
spawn(struct keyholder_process *process, const char *program, const char *folder)
{
    struct channel **channels[] = {&process->supervisor, &process->node, &process->desk};
    int others[3];

    for (int i = 0; i < 3; i++) {
        int pair[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0 ||
            channel_new(channels[i], pair[0], QUEUE_BYTES) != ENTENTE_OK)
            return false;
        process->sockets[i] = pair[0];
        others[i] = pair[1];
    }
    fflush(stdout);
    process->pid = fork();
    if (process->pid == 0)
        become(program, folder, others);
    for (int i = 0; i < 3; i++)
        close(others[i]);
    return process->pid > 0;
}

static bool
send_all(struct keyholder_process *process)
{
    struct channel *channels[] = {process->supervisor, process->node, process->desk};
    bool done = true;

    for (int i = 0; i < 3; i++)
        done &= channel_flush(channels[i]) == ENTENTE_OK;
    return done;
}

bool
keyholder_process_wait(
    struct keyholder_process *process, struct channel *channel, uint16_t *type, struct bytes *body)
{
    while (channel_next(channel, type, body) != ENTENTE_OK) {
        (void)send_all(process);
        bool wants_write = channel_wants_write(process->node) || channel_wants_write(process->desk);
        struct pollfd polls[] = {{channel_socket(channel), POLLIN, 0},
            {wants_write ? channel_socket(process->node) : -1, POLLOUT, 0}};
        if (poll(polls, 2, WAIT_MS) <= 0)
            return false;
        if (channel_fill(channel) != ENTENTE_OK)
            return channel_next(channel, type, body) == ENTENTE_OK;
    }
    return true;
}

static bool
pass_barrier(struct keyholder_process *process, const struct room_id *room)
{
    struct message_state_ask ask = {*room};
    struct message_state *state = &process->state;

    if (message_state_ask_queue(process->node, &ask) != ENTENTE_OK ||
        !keyholder_process_got(process, process->node, STATE, state, state))
        return false;
    struct message_barrier barrier = {.room = *room, .seq = state->seq};
    if (state->seq > 0)
        barrier.id = state->id;
    process->feed = (struct scene_feed){*room, state->slot, state->reg_number, state->reg_id,
        state->seq, state->id, state->seq == 0 ? BUILD_T_MS + 1000000 : state->t_ms};
    return message_barrier_queue(process->node, &barrier) == ENTENTE_OK &&
           keyholder_process_got(process, process->node, STATE, state, state) &&
           state->barrier_passed;
}

bool
keyholder_process_start(struct keyholder_process *process, const char *program, const char *folder,
    const struct scene_room *room)
{
    struct message_unlock unlock = {keyholder_process_secret()};
    struct message_room named = {room->genesis.file, {room->cards, room->cards_size}};
    struct message_ready ready;

    *process = (struct keyholder_process){.sockets = {-1, -1, -1}};
    return spawn(process, program, folder) &&
           message_unlock_queue(process->supervisor, &unlock) == ENTENTE_OK &&
           keyholder_process_got(process, process->supervisor, READY, ready, &ready) &&
           message_room_queue(process->supervisor, &named) == ENTENTE_OK &&
           pass_barrier(process, &room->genesis.room);
}

void
keyholder_process_end(struct keyholder_process *process)
{
    if (process->pid > 0) {
        kill(process->pid, SIGKILL);
        waitpid(process->pid, NULL, 0);
    }
    channel_free(process->supervisor);
    channel_free(process->node);
    channel_free(process->desk);
    for (int i = 0; i < 3; i++)
        if (process->sockets[i] >= 0)
            close(process->sockets[i]);
    *process = (struct keyholder_process){.sockets = {-1, -1, -1}};
}
