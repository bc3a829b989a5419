/* The program entente-keyholder: started by the supervisor, unlocked by it, confined before it
 * answers. */
#include "confine/confine.h"
#include "crypto/crypto.h"
#include "crypto/secret.h"
#include "keyholder/keyfile.h"
#include "keyholder/keyholder.h"
#include "keyholder/outlet.h"
#include "keyholder/real_disk.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { FD_SUPERVISOR = 3, FD_NODE = 4, FD_DESK = 5 };

#define MARK_AFTER_MS 1000u       /* a batch that stays the last one so long is marked as durable */
#define ROOM_BYTES_MAX 134217728u /* rooms and cards come in one burst */

struct program {
    struct keyholder keyholder;
    struct channel *supervisor;
    struct outlet node;
    struct outlet desk;
    struct real_disk disk;
    struct syncer *syncer;
    bool is_synced; /* what it was asked for is done */
    int folder;
    bool is_ending;
    uint64_t unmarked; /* the batch that is to be marked, 0: none */
    uint64_t mark_at_ms;
    bool is_silent; /* the journal's state is unknown: nothing queued may leave any more */
};

static void
say_failed(struct program *program, enum entente_error error, const char *text)
{
    struct message_failed failed = {(uint16_t)error, bytes_of_text(text)};

    if (message_failed_queue(program->supervisor, &failed) == ENTENTE_OK)
        (void)!channel_flush(program->supervisor);
    program->is_ending = true;
}

static enum entente_error
open_journal(struct program *program)
{
    struct journal_options options = {
        .node_key = program->keyholder.node_key, .inc = program->keyholder.inc};

    real_disk_open(&program->disk, program->folder);
    options.disk = real_disk_of(&program->disk);
    return journal_open(&program->keyholder.journal, &options);
}

static void
take_reading(struct node_secrets *secrets, const struct reading_keys *keys)
{
    struct reading *reading = &secrets->readings[secrets->readings_count++];
    struct agreement_public unused;

    reading->inc = keys->inc;
    reading->prekey_id = keys->prekey_id;
    agreement_key_of_seed(&reading->prekey, &unused, keys->prekey_seed);
    memcpy(reading->master, keys->chain_master, sizeof reading->master);
}

static enum entente_error
read_keys(struct program *program, struct bytes passphrase)
{
    struct keyholder *keyholder = &program->keyholder;
    size_t size = 0;
    uint8_t *contents = secret_new(SECRET_CONTENTS_BYTES_MAX);
    struct node_keys *keys = secret_new((sizeof *keys + 15u) / 16u * 16u);
    enum entente_error error = ENTENTE_ERR_NO_MEMORY;

    if (contents != NULL && keys != NULL)
        error = secret_file_read(
            program->folder, NODE_KEYS_FILE, SECRET_NODE, passphrase, contents, &size);
    if (error == ENTENTE_OK)
        error = node_keys_read((struct bytes){contents, size}, keys);
    if (error == ENTENTE_OK) {
        signing_key_of_seed(&keyholder->secrets->signing, &keyholder->node_key, keys->seed);
        keyholder->inc = keys->reading.inc;
        take_reading(keyholder->secrets, &keys->reading);
        for (uint8_t i = 0; i < keys->older_count; i++)
            take_reading(keyholder->secrets, &keys->older[i]);
    }
    secret_free(keys);
    secret_free(contents);
    return error;
}

/* The thread that waits for the disk starts in between: it is confined as the rest of us. */
static enum entente_error
confine(struct program *program)
{
    enum entente_error error = confine_keyholder_files(program->folder);
    if (error == ENTENTE_OK)
        error = syncer_start(&program->syncer);
    if (error == ENTENTE_OK)
        error = confine_keyholder_calls();
    program->disk.syncer = program->syncer;
    return error;
}

static void
unlock(struct program *program, struct bytes body)
{
    struct keyholder *keyholder = &program->keyholder;
    struct message_unlock message;

    if (message_unlock_read(body, &message) != ENTENTE_OK || keyholder->journal != NULL) {
        program->is_ending = true;
        return;
    }
    enum entente_error error = read_keys(program, message.secret);
    if (error != ENTENTE_OK) {
        say_failed(program, error, "the node keys do not open");
        return;
    }
    error = open_journal(program);
    if (error != ENTENTE_OK) {
        say_failed(program, error, "the journal of the own feed does not open; nothing is signed");
        return;
    }
    error = confine(program);
    if (error != ENTENTE_OK) {
        say_failed(program, error, "it cannot be confined on this machine");
        return;
    }
    struct message_ready ready = {keyholder->inc, keyholder->node_key};
    if (message_ready_queue(program->supervisor, &ready) != ENTENTE_OK)
        program->is_ending = true;
}

static void
take_supervisor(struct program *program, uint16_t type, struct bytes body)
{
    struct message_room room;

    if (type == MESSAGE_UNLOCK) {
        unlock(program, body);
    } else if (type == MESSAGE_ROOM && program->keyholder.journal != NULL &&
               message_room_read(body, &room) == ENTENTE_OK) {
        enum entente_error error = keyholder_join(&program->keyholder, &room);
        if (error != ENTENTE_OK)
            fprintf(stderr, "keyholder: a consultation is not written in: %s\n",
                entente_error_text(error));
    } else {
        program->is_ending = true;
    }
}

static void
serve_supervisor(struct program *program)
{
    enum entente_error filled = channel_fill(program->supervisor);
    uint16_t type;
    struct bytes body;

    while (!program->is_ending && channel_next(program->supervisor, &type, &body) == ENTENTE_OK)
        take_supervisor(program, type, body);
    program->is_ending |= filled != ENTENTE_OK;
}

static void
stop_for(struct program *program, enum entente_error error)
{
    if (error == ENTENTE_OK)
        return;
    program->is_silent = true; /* what was queued this turn is not durable */
    say_failed(program, error,
        error == ENTENTE_ERR_REFUSED ? "another process of this node asked for what it may not ask"
                                     : "it cannot go on; nothing of this was acknowledged");
}

static bool
has_room(const struct program *program)
{
    return keyholder_has_room(&program->keyholder) && outlet_has_room(&program->node) &&
           outlet_has_room(&program->desk);
}

/* Take what has arrived; true when some of it must wait until the others have read their answers.
 */
static bool
serve(struct program *program, struct channel *channel,
    enum entente_error (*take)(struct keyholder *keyholder, uint16_t type, struct bytes body),
    bool *is_gone)
{
    enum entente_error filled = channel_fill(channel);
    enum entente_error error = ENTENTE_OK;
    uint16_t type;
    struct bytes body;

    while (error == ENTENTE_OK && has_room(program)) {
        error = channel_next(channel, &type, &body);
        if (error == ENTENTE_OK)
            error = take(&program->keyholder, type, body);
        else if (error == ENTENTE_ERR_PENDING)
            break;
    }
    stop_for(program, error == ENTENTE_ERR_PENDING ? ENTENTE_OK : error);
    *is_gone = filled != ENTENTE_OK;
    return error == ENTENTE_OK;
}

static uint64_t
now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

/* To both, one after the other. */
static enum entente_error
for_both(struct program *program, enum entente_error (*what)(struct outlet *outlet))
{
    enum entente_error error = what(&program->node);

    return error == ENTENTE_OK ? what(&program->desk) : error;
}

/* What was sealed goes to the node at once, which places it while the disk is waited for. */
static void
hand_over_sealed(struct program *program)
{
    stop_for(program, for_both(program, outlet_let_go));
    if (!program->is_ending && channel_wants_write(program->node.out) &&
        channel_flush(program->node.out) != ENTENTE_OK)
        program->is_ending = true;
}

/* To leave the sync to the syncer takes longer, unless there is something to do meanwhile. */
static bool
has_more_to_do(const struct program *program)
{
    struct pollfd polls[] = {{FD_NODE, POLLIN, 0}, {FD_DESK, POLLIN, 0}};

    return keyholder_expects_more(&program->keyholder) || poll(polls, 2, 0) > 0;
}

/* One commit at a time; what was said in this turn leaves when the one that has it is over. */
static void
commit(struct program *program)
{
    struct journal *journal = program->keyholder.journal;

    if (journal_is_committing(journal) && !program->is_synced)
        return;
    program->is_synced = false;
    enum entente_error error = journal_commit_end(journal); /* or what failed in between */
    if (error == ENTENTE_OK)
        error = for_both(program, outlet_committed);
    if (error == ENTENTE_OK)
        error = for_both(program, outlet_commit_began);
    if (error == ENTENTE_OK && journal_is_dirty(journal))
        error = has_more_to_do(program) ? journal_commit_begin(journal) : journal_commit(journal);
    if (error == ENTENTE_OK && !journal_is_committing(journal))
        error = for_both(program, outlet_committed);
    stop_for(program, error);
}

static void
serve_node(struct program *program, bool *is_waiting, bool *node_gone)
{
    *is_waiting |= serve(program, program->node.out, keyholder_node_message, node_gone);
    enum entente_error error = ENTENTE_OK;
    if (!program->is_ending)
        error = for_both(program, outlet_hold);
    if (!program->is_ending && error == ENTENTE_OK && has_room(program))
        error = keyholder_pump(&program->keyholder);
    if (!program->is_ending && error == ENTENTE_OK)
        error = for_both(program, outlet_hold);
    stop_for(program, error);
}

/* Where the node or the desk is gone, so are we: the supervisor starts all of it anew. */
static void
serve_all(struct program *program, bool *is_waiting)
{
    bool node_gone = false, desk_gone = false;

    program->keyholder.now_us = now_us();
    *is_waiting = serve(program, program->desk.out, keyholder_desk_message, &desk_gone);
    if (!program->is_ending)
        hand_over_sealed(program);
    if (!program->is_ending)
        serve_node(program, is_waiting, &node_gone);
    if (!program->is_ending)
        commit(program);
    if (node_gone && !program->is_silent)
        keyholder_node_gone(&program->keyholder);
    program->is_ending |= node_gone || desk_gone;
}

/* What was asked before the end is answered. */
static void
finish(struct program *program)
{
    enum entente_error error = keyholder_commit(&program->keyholder);
    if (error == ENTENTE_OK)
        error = for_both(program, outlet_committed);
    if (error == ENTENTE_OK)
        error = for_both(program, outlet_commit_began);
    if (error == ENTENTE_OK)
        error = for_both(program, outlet_committed);
    if (error == ENTENTE_OK)
        error = for_both(program, outlet_let_go);
    stop_for(program, error);
}

static uint64_t
steady_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

/* What poll() is told: to come back when the last batch is to be marked. */
static int
mark_timeout_ms(const struct program *program)
{
    uint64_t now_ms = program->unmarked == 0 ? 0 : steady_ms();

    if (program->unmarked == 0)
        return -1;
    return program->mark_at_ms > now_ms ? (int)(program->mark_at_ms - now_ms) : 0;
}

/*
 * Nothing came after the last batch for a while, so nobody waits for the sync: see journal.h.  A
 * full disk is no reason to stop: the next batch says it too.
 */
static void
mark_when_quiet(struct program *program)
{
    struct journal *journal = program->keyholder.journal;
    uint64_t unmarked = journal_is_committing(journal) ? 0 : journal_unmarked(journal);

    if (unmarked != program->unmarked) {
        program->unmarked = unmarked;
        program->mark_at_ms = unmarked == 0 ? 0 : steady_ms() + MARK_AFTER_MS;
    }
    if (program->unmarked == 0 || steady_ms() < program->mark_at_ms)
        return;
    enum entente_error error = journal_mark(journal);
    program->mark_at_ms += MARK_AFTER_MS;
    stop_for(program, error == ENTENTE_ERR_DISK_FULL ? ENTENTE_OK : error);
}

static void
wait_for_work(struct program *program, bool is_waiting)
{
    struct keyholder *keyholder = &program->keyholder;
    struct channel *channels[] = {program->supervisor, program->node.out, program->desk.out};
    struct pollfd polls[4] = {
        [3] = {program->syncer == NULL ? -1 : syncer_event(program->syncer), POLLIN, 0}};

    for (int i = 0; i < 3; i++) {
        /*
         * Until the keys are open nobody but the supervisor is heard; and while messages wait for
         * room, it is the queues' turn, else poll() would come back at once for what cannot be
         * taken.
         */
        bool hears = i == 0 || (keyholder->journal != NULL && !is_waiting);
        short out = channel_wants_write(channels[i]) ? POLLOUT : 0;
        polls[i] = (struct pollfd){FD_SUPERVISOR + i, (short)((hears ? POLLIN : 0) | out), 0};
    }
    bool can_go_on = (is_waiting || keyholder_wants_pump(keyholder)) &&
                     keyholder->journal != NULL && has_room(program);
    (void)!poll(polls, 4, can_go_on ? 0 : mark_timeout_ms(program));
    program->is_synced = polls[3].revents != 0;
    if (polls[0].revents & (POLLIN | POLLHUP | POLLERR))
        serve_supervisor(program);
}

static void
flush_all(struct program *program)
{
    struct channel *channels[] = {program->supervisor, program->node.out, program->desk.out};

    for (int i = 0; i < 3; i++)
        if (channel_wants_write(channels[i]) && channel_flush(channels[i]) != ENTENTE_OK)
            program->is_ending = true;
}

static void
turn(struct program *program, bool *is_waiting)
{
    wait_for_work(program, *is_waiting);
    if (program->keyholder.journal != NULL && !program->is_ending)
        serve_all(program, is_waiting);
    if (program->keyholder.journal != NULL && program->is_ending && !program->is_silent)
        finish(program);
    if (!program->is_silent)
        flush_all(program);
    if (program->keyholder.journal != NULL && !program->is_ending)
        mark_when_quiet(program);
}

static enum entente_error
start(struct program *program, const char *folder)
{
    char path[4096];
    struct keyholder *keyholder = &program->keyholder;

    snprintf(path, sizeof path, "%s/keyholder", folder);
    program->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (program->folder < 0)
        return ENTENTE_ERR_NOT_FOUND;
    (void)!mlockall(
        MCL_CURRENT); /* as far as the machine allows; the secrets are locked by themselves */
    keyholder->secrets = secret_new((sizeof *keyholder->secrets + 15u) / 16u * 16u);
    keyholder->chains = secret_new((sizeof *keyholder->chains + 15u) / 16u * 16u);
    if (keyholder->secrets == NULL || keyholder->chains == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    enum entente_error error = channel_new(&program->supervisor, FD_SUPERVISOR, ROOM_BYTES_MAX);
    if (error == ENTENTE_OK)
        error = outlet_new(&program->node, FD_NODE);
    if (error == ENTENTE_OK)
        error = outlet_new(&program->desk, FD_DESK);
    keyholder->node = program->node.said;
    keyholder->desk = program->desk.said;
    return error;
}

int
main(int count, char **strings)
{
    static struct program program;

    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    if (count != 2 || crypto_start() != ENTENTE_OK || start(&program, strings[1]) != ENTENTE_OK) {
        fprintf(stderr, "keyholder: it cannot start on this machine, or has no folder\n");
        return 2;
    }
    bool is_waiting = false;
    while (!program.is_ending)
        turn(&program, &is_waiting);
    if (program.keyholder.journal != NULL && !program.is_silent)
        (void)!journal_mark(program.keyholder.journal);
    keyholder_free(&program.keyholder);
    syncer_stop(program.syncer);
    real_disk_close(&program.disk);
    return 0;
}
