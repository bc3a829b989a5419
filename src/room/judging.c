/* What an entry that is written next would be worth, and what is to be ratified. */
#include "room/internal.h"

enum entente_error
room_judge(struct room *room, uint8_t kind, struct bytes payload, struct rule *broken)
{
    *broken = (struct rule){0};
    if (!room_is_current(room))
        return ENTENTE_ERR_PENDING;
    enum entente_error error = store_snapshot(room->options.store);
    if (error != ENTENTE_OK)
        return error;
    error = consultation_judge(room->consultation, room->options.slot, kind, payload, broken);
    store_snapshot_end(room->options.store);
    return error;
}

/* A10: it is complete and not dead, and the own ratification would count and is not there. */
static enum entente_error
is_to_ratify(struct room *room, const struct digest *act, bool *is)
{
    uint8_t payload[128];
    struct writer writer = writer_of(payload, sizeof payload);
    struct act_verdict verdict;
    struct rule broken;
    static struct body body;

    *is = false;
    enum entente_error error =
        acts_verdict(consultation_acts(room->consultation), act, &verdict);
    if (error != ENTENTE_OK || !verdict.is_complete || verdict.is_dead ||
        (verdict.ratified_by >> room->options.slot & 1) != 0)
        return error;
    body = (struct body){.count = 1};
    body.sections[0].type = FACT_RATIFY;
    body.sections[0].fact.object = *act;
    error = body_write_clear(&writer, &body);
    if (error == ENTENTE_OK)
        error = room_judge(room, ENTRY_RATIFY, writer_written(&writer), &broken);
    *is = error == ENTENTE_OK && broken.letter == 0;
    return error;
}

enum entente_error
room_to_ratify(struct room *room, uint32_t *index, struct digest *act)
{
    bool is = false;

    if (!room_is_current(room))
        return ENTENTE_ERR_PENDING;
    while (acts_at(consultation_acts(room->consultation), *index, act)) {
        enum entente_error error = is_to_ratify(room, act, &is);
        if (error != ENTENTE_OK)
            return error;
        ++*index;
        if (is)
            return ENTENTE_OK;
    }
    return ENTENTE_ERR_NOT_FOUND;
}
