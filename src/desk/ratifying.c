/*
 * Ratification (A10) is no person's word: an act that is signed by all is ratified as soon as that is seen,
 * once.  What another life of this desk has ratified is in the own feed: before the first one the room must
 * have as much of that as the node, and the node all that was signed.
 */
#include "desk/desk.h"

#include "channel/status.h"

#include <stdio.h>
#include <stdlib.h>

/* One that was handed over. */
struct handed {
    struct ratifying *ratifying;
    struct digest act;
};

static uint32_t
find(const struct ratifying *ratifying, const struct digest *act)
{
    uint32_t i = 0;

    while (i < ratifying->count && memcmp(&ratifying->acts[i], act, sizeof *act) != 0)
        i++;
    return i;
}

static void
forget(struct ratifying *ratifying, const struct digest *act)
{
    uint32_t i = find(ratifying, act);

    if (i < ratifying->count)
        ratifying->acts[i] = ratifying->acts[--ratifying->count];
}

/* Written or not: in the feed it is seen by the room, whose verdict is asked the next time. */
static void
take_written(void *state, const struct desk_written *written)
{
    struct handed *handed = state;

    if (written->error != ENTENTE_OK) {
        fprintf(stderr, "desk: an act was not ratified: %s\n", entente_error_text(written->error));
        forget(handed->ratifying, &handed->act);
    }
    free(handed);
}

static void
forget_seen(struct ratifying *ratifying, struct room *room)
{
    for (uint32_t i = ratifying->count; i-- > 0;) {
        struct act_verdict verdict;
        struct digest act = ratifying->acts[i];
        if (acts_verdict(consultation_acts(room_consultation(room)), &act, &verdict) ==
                ENTENTE_OK &&
            (verdict.ratified_by >> room_slot(room) & 1) != 0)
            forget(ratifying, &act);
    }
}

static bool
has_own_feed(const struct ratifying *ratifying, struct room *room)
{
    const struct record *record = room_record(room);
    uint32_t branch;

    return ratifying->is_answered &&
           (ratifying->seq == 0 ||
               (record_lane(record, room_slot(room), ratifying->inc, &branch) == ENTENTE_OK &&
                   record_head(record, branch).seq >= ratifying->seq));
}

static enum entente_error
ratify_one(
    struct desk *desk, struct room *room, struct ratifying *ratifying, const struct digest *act)
{
    static struct body body;
    uint8_t payload[64];
    struct writer writer = writer_of(payload, sizeof payload);
    struct handed *handed = malloc(sizeof *handed);

    if (handed == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    *handed = (struct handed){ratifying, *act};
    body = (struct body){.count = 1};
    body.sections[0].type = FACT_RATIFY;
    body.sections[0].fact.object = *act;
    enum entente_error error = body_write_clear(&writer, &body);
    if (error == ENTENTE_OK)
        error = desk_write(
            desk, room_id(room), ENTRY_RATIFY, writer_written(&writer), take_written, handed);
    if (error != ENTENTE_OK) {
        free(handed);
        return error;
    }
    ratifying->acts[ratifying->count++] = *act;
    return ENTENTE_OK;
}

enum entente_error
ratify(struct desk *desk, struct room *room, struct ratifying *ratifying, uint64_t ticket)
{
    enum entente_error error = ENTENTE_OK;
    struct digest act;

    forget_seen(ratifying, room);
    for (uint32_t index = 0; error == ENTENTE_OK && ratifying->count < RATIFYING_MAX;) {
        error = room_to_ratify(room, &index, &act);
        if (error != ENTENTE_OK || find(ratifying, &act) < ratifying->count)
            continue;
        if (has_own_feed(ratifying, room)) {
            error = ratify_one(desk, room, ratifying, &act);
            continue;
        }
        if (!ratifying->is_asked)
            error = message_node_status_queue(
                desk->node, &(struct message_node_status){ticket, *room_id(room)});
        ratifying->is_asked |= error == ENTENTE_OK;
        return error == ENTENTE_OK ? ENTENTE_ERR_PENDING : error;
    }
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

void
ratify_status(struct ratifying *ratifying, const struct message_node_status_is *message)
{
    static struct status status;

    ratifying->is_asked = false;
    if (message->error != ENTENTE_OK || status_read(message->status, &status) != ENTENTE_OK ||
        status.slot >= status.parties_count || status.writing != STATUS_WRITING_OPEN)
        return; /* asked again before the next one */
    ratifying->is_answered = true;
    ratifying->inc = status.parties[status.slot].inc;
    ratifying->seq = status.parties[status.slot].head_seq;
}
