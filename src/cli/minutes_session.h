/*
 * Makes sessions of a committee's minutes: each day is a session (PROTOCOL.md section 15) that this
 * party calls, opens, chairs and closes, with those who were present, an agenda item for each
 * heading, the statements under their items, and the conclusions.
 *
 * What is said of an item needs the item's id, and that of an item the session's: so a day is kept
 * in memory until its end, and written in three waves, each of which waits for the one before.
 */
#ifndef ENTENTE_CLI_MINUTES_SESSION_H
#define ENTENTE_CLI_MINUTES_SESSION_H

#include "cli/minutes.h"
#include "cli/player.h"

/* What was written, as facts and statements. */
struct minutes_written {
    uint64_t sessions;
    uint64_t present; /* attendances */
    uint64_t items;
    uint64_t conclusions;
    uint64_t statements; /* notes of nobody among them */
};

struct minutes_sessions;

/* `player` is borrowed; `slot` is the own one, which chairs.  NULL: no memory. */
struct minutes_sessions *minutes_sessions_new(struct player *player, uint8_t slot);
void minutes_sessions_free(struct minutes_sessions *sessions);

/*
 * The next of the minutes, in the order in which minutes_read() tells them.
 *   ENTENTE_ERR_NO_MEMORY, or what player_say() returns; then minutes_sessions_at() tells of what.
 */
MUST_USE enum entente_error minutes_sessions_take(
    struct minutes_sessions *sessions, const struct minutes_item *item);
MUST_USE enum entente_error minutes_sessions_person(
    struct minutes_sessions *sessions, const struct minutes_person *person);

/* Writes the last day.  Errors as above. */
MUST_USE enum entente_error minutes_sessions_end(
    struct minutes_sessions *sessions, struct minutes_written *written);

/* File and line of what was being written; borrowed until the next call. */
const char *minutes_sessions_at(const struct minutes_sessions *sessions, uint32_t *line);

#endif
