#include "cli/player.h"

#include <stdlib.h>
#include <time.h>

#define RETRY_MS 20

/* Said, and not acknowledged yet. */
struct saying {
    uint64_t ticket; /* 0: free */
    uint8_t *sections;
    size_t bytes;
    struct entry_id *id; /* gets it, or NULL */
};

struct player {
    struct player_options options;
    struct desk_client *client;
    struct saying *sayings; /* a ring of in_flight places, oldest first */
    uint32_t oldest;
    uint32_t count;
    double began_ms;
    double last_ms;
    struct player_report report;
};

static double
now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void
sleep_ms(uint32_t ms)
{
    const struct timespec pause = {ms / 1000, (long)(ms % 1000) * 1000000};

    nanosleep(&pause, NULL);
}

enum entente_error
player_new(struct player **player, const struct player_options *options)
{
    struct player *made = calloc(1, sizeof *made);

    *player = NULL;
    if (made == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    made->options = *options;
    if (made->options.in_flight == 0)
        made->options.in_flight = 1;
    made->sayings = calloc(made->options.in_flight, sizeof *made->sayings);
    if (made->sayings == NULL) {
        free(made);
        return ENTENTE_ERR_NO_MEMORY;
    }
    *player = made;
    return ENTENTE_OK;
}

void
player_free(struct player *player)
{
    if (player == NULL)
        return;
    for (uint32_t i = 0; i < player->options.in_flight; i++)
        free(player->sayings[i].sections);
    free(player->sayings);
    desk_disconnect(player->client);
    free(player);
}

static struct saying *
saying_at(struct player *player, uint32_t offset)
{
    return &player->sayings[(player->oldest + offset) % player->options.in_flight];
}

static enum entente_error
send(struct player *player, struct saying *saying)
{
    struct message_say say = {0};

    saying->ticket = desk_ticket(player->client);
    say.ticket = saying->ticket;
    say.room = player->options.room;
    say.sections = (struct bytes){saying->sections, saying->bytes};
    return message_say_queue(desk_channel(player->client), &say);
}

/* A new connection; all that is unanswered is said over it again. */
static enum entente_error
reconnect(struct player *player)
{
    double deadline = now_ms() + player->options.patience_ms;
    enum entente_error error;

    desk_disconnect(player->client);
    player->client = NULL;
    while ((error = desk_connect(&player->client, player->options.folder)) ==
           ENTENTE_ERR_NOT_RUNNING) {
        if (now_ms() >= deadline)
            return error;
        sleep_ms(RETRY_MS);
    }
    for (uint32_t i = 0; i < player->count && error == ENTENTE_OK; i++) {
        error = send(player, saying_at(player, i));
        player->report.said_again++;
    }
    return error;
}

static void
note(struct player *player, const struct message_said *said)
{
    double now = now_ms();
    struct player_report *report = &player->report;

    if (now - player->last_ms > report->longest_ms) {
        report->longest_ms = now - player->last_ms;
        report->longest_at_s = (player->last_ms - player->began_ms) / 1e3;
    }
    player->last_ms = now;
    report->acknowledged++;
    report->seconds = (now - player->began_ms) / 1e3;
    if (player->options.acknowledged == NULL)
        return;
    fprintf(player->options.acknowledged, "%u %u %u ", said->slot, said->inc, said->seq);
    for (size_t i = 0; i < sizeof said->id.bytes; i++)
        fprintf(player->options.acknowledged, "%02x", said->id.bytes[i]);
    fputc('\n', player->options.acknowledged);
}

/* The answer to one saying; those before it may still be open. */
static enum entente_error
answered(struct player *player, const struct message_said *said)
{
    for (uint32_t i = 0; i < player->count; i++)
        if (saying_at(player, i)->ticket == said->ticket) {
            if (saying_at(player, i)->id != NULL)
                *saying_at(player, i)->id = said->id;
            free(saying_at(player, i)->sections);
            *saying_at(player, i) = (struct saying){0};
        }
    while (player->count > 0 && saying_at(player, 0)->ticket == 0) {
        player->oldest = (player->oldest + 1) % player->options.in_flight;
        player->count--;
    }
    return ENTENTE_OK;
}

/* Errors that mean "the node is between two lives", not "no". */
static bool
is_passing(enum entente_error error)
{
    return error == ENTENTE_ERR_GONE || error == ENTENTE_ERR_IO || error == ENTENTE_ERR_BARRIER ||
           error == ENTENTE_ERR_BEHIND || error == ENTENTE_ERR_NOT_FOUND;
}

static enum entente_error
wait_one(struct player *player)
{
    struct message_said said;
    struct message_answer answer;
    struct bytes body;
    uint16_t type;

    enum entente_error error = desk_wait(player->client, -1, &type, &body);
    if (error == ENTENTE_OK && type == MESSAGE_SAID) {
        error = message_said_read(body, &said);
        if (error != ENTENTE_OK)
            return error;
        note(player, &said);
        return answered(player, &said);
    }
    if (error == ENTENTE_OK && type == MESSAGE_ANSWER) {
        error = message_answer_read(body, &answer);
        if (error == ENTENTE_OK)
            error = (enum entente_error)answer.error;
    }
    if (is_passing(error) && player->options.patience_ms > 0) {
        if (error != ENTENTE_ERR_GONE)
            sleep_ms(RETRY_MS);
        return reconnect(player);
    }
    return error == ENTENTE_OK ? ENTENTE_ERR_REFUSED : error;
}

enum entente_error
player_say(
    struct player *player, const struct section *sections, uint16_t count, struct entry_id *id)
{
    struct saying saying = {.id = id};

    enum entente_error error =
        desk_list_sections(sections, count, &saying.sections, &saying.bytes);
    if (error == ENTENTE_OK && player->client == NULL) {
        error = reconnect(player);
        player->began_ms = player->last_ms = now_ms();
    }
    while (error == ENTENTE_OK && player->count == player->options.in_flight)
        error = wait_one(player);
    if (error == ENTENTE_OK && player->options.pause_ms > 0)
        sleep_ms(player->options.pause_ms);
    if (error != ENTENTE_OK) {
        free(saying.sections);
        return error;
    }
    if (player->count == 0)
        player->last_ms = now_ms(); /* nothing was waited for until now */
    struct saying *place = saying_at(player, player->count++);
    *place = saying;
    error = send(player, place);
    if (error == ENTENTE_OK)
        error = channel_flush(desk_channel(player->client));
    if (is_passing(error) && player->options.patience_ms > 0)
        error = reconnect(player);
    /* One at a time: the pause begins when it is acknowledged, so that it is no part of a stall. */
    while (error == ENTENTE_OK && player->options.in_flight == 1 && player->count > 0)
        error = wait_one(player);
    return error;
}

enum entente_error
player_wait(struct player *player)
{
    enum entente_error error = ENTENTE_OK;

    while (error == ENTENTE_OK && player->count > 0)
        error = wait_one(player);
    return error;
}

enum entente_error
player_finish(struct player *player, struct player_report *report)
{
    enum entente_error error = player_wait(player);

    *report = player->report;
    return error;
}
