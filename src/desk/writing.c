#include "desk/desk.h"

#include <stdlib.h>

struct request *
writing_new(struct desk *desk, uint32_t client, uint64_t client_ticket, const struct room_id *room,
    uint8_t kind, struct bytes sections)
{
    struct writing *writing = malloc(sizeof *writing + sections.size);
    struct request *request =
        writing == NULL ? NULL : request_new(desk, client, MESSAGE_WRITE, client_ticket);

    if (request == NULL) {
        free(writing);
        return NULL;
    }
    *writing = (struct writing){.kind = kind, .size = sections.size};
    if (sections.size > 0)
        memcpy(writing->sections, sections.data, sections.size);
    request->room = *room;
    request->writing = writing;
    request->said_bytes = sections.size;
    desk->said_bytes += sections.size;
    desk->writings_count++;
    return request;
}

enum entente_error
desk_write(struct desk *desk, const struct room_id *room, uint8_t kind, struct bytes sections,
    void (*done)(void *state, const struct desk_written *written), void *state)
{
    struct request *request = writing_new(desk, DESK_NO_CLIENT, 0, room, kind, sections);

    if (request == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    request->done = done;
    request->done_state = state;
    return ENTENTE_OK;
}

void
writing_end(struct desk *desk, struct request *request, const struct desk_written *written)
{
    void (*done)(void *state, const struct desk_written *written) = request->done;
    void *state = request->done_state;

    request_end(desk, request);
    done(state, written);
}

/* The room's word on an act; PENDING: it does not have yet what is here, or what was just written. */
static enum entente_error
judge(struct desk *desk, const struct request *request, struct rule *broken)
{
    const struct writing *writing = request->writing;
    struct room *room;

    *broken = (struct rule){0};
    if (writing->kind != ENTRY_SIGN && writing->kind != ENTRY_RATIFY)
        return ENTENTE_OK;
    enum entente_error error = desk_room(desk, &request->room, &room);
    if (error == ENTENTE_OK && !rooms_has_written(desk, room))
        error = ENTENTE_ERR_PENDING;
    if (error == ENTENTE_OK)
        error = room_judge(
            room, writing->kind, (struct bytes){writing->sections, writing->size}, broken);
    return error == ENTENTE_OK && broken->letter != 0 ? ENTENTE_ERR_VOID : error;
}

static enum entente_error
hand_over(struct desk *desk, struct request *request)
{
    const struct writing *writing = request->writing;
    struct bytes sections = {writing->sections, writing->size};

    if (writing->kind == ENTRY_SEALED)
        return message_seal_queue(
            desk->keyholder, &(struct message_seal){request->ticket, request->room, sections});
    return message_act_queue(desk->keyholder,
        &(struct message_act){request->ticket, request->room, writing->kind, sections});
}

static void
refuse(struct desk *desk, struct request *request, enum entente_error error, struct rule broken)
{
    struct channel *channel = request_channel(desk, request);
    struct message_void void_ = {request->client_ticket, (uint8_t)broken.letter, broken.number};

    if (request->done != NULL)
        writing_end(desk, request, &(struct desk_written){.error = error, .rule = broken});
    else if (error != ENTENTE_ERR_VOID)
        request_fail(desk, request, error);
    else {
        request_end(desk, request);
        enum entente_error queued = message_void_queue(channel, &void_);
        (void)queued; /* a client that does not read its answers is dropped by the loop */
    }
}

void
writing_turn(struct desk *desk)
{
    struct rule broken;

    for (uint32_t i = 0; i < DESK_REQUESTS_MAX && desk->writings_count > 0; i++) {
        struct request *request = &desk->requests[i];
        if (request->ticket == 0 || request->writing == NULL)
            continue;
        if (!channel_has_room(desk->keyholder, CHANNEL_BODY_BYTES_MAX))
            return;
        enum entente_error error = judge(desk, request, &broken);
        if (error == ENTENTE_ERR_PENDING)
            continue;
        if (error == ENTENTE_OK)
            error = hand_over(desk, request);
        if (error != ENTENTE_OK) {
            refuse(desk, request, error, broken);
            continue;
        }
        free(request->writing);
        request->writing = NULL;
        desk->writings_count--;
    }
}
