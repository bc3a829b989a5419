/* The other side of DIR/desk.sock: what the CLI, the demo and the load generator use. */
#ifndef ENTENTE_DESK_CLIENT_H
#define ENTENTE_DESK_CLIENT_H

#include "channel/messages.h"
#include "channel/status.h"
#include "format/section.h"

struct desk_client;

/*
 * Connect to the desk of the party in `folder`.
 *   ENTENTE_ERR_NOT_RUNNING   nobody listens
 *   ENTENTE_ERR_IO, ENTENTE_ERR_NO_MEMORY
 */
MUST_USE enum entente_error desk_connect(struct desk_client **client, const char *folder);
void desk_disconnect(struct desk_client *client);

/* For messages of one's own: queue on the channel, then wait for the answers. */
struct channel *desk_channel(struct desk_client *client);

/* A number that no earlier request of this client has. */
uint64_t desk_ticket(struct desk_client *client);

/*
 * Send what is queued and wait for the next message; `timeout_ms` < 0: for ever.
 *   ENTENTE_ERR_PENDING   the time is over
 *   ENTENTE_ERR_GONE      the node was stopped or died; what was not answered may not have been done
 *   ENTENTE_ERR_IO, ENTENTE_ERR_REFUSED
 */
MUST_USE enum entente_error desk_wait(
    struct desk_client *client, int timeout_ms, uint16_t *type, struct bytes *body);

/*
 * Wait for the answer to `ticket`, which every answer carries first: of the type `wanted`, `body`
 * borrowed as from desk_wait(), or ANSWER with the error that is returned.
 *   ENTENTE_ERR_REFUSED   the desk answered with something else
 */
MUST_USE enum entente_error desk_answer(
    struct desk_client *client, uint64_t ticket, uint16_t wanted, struct bytes *body);

/*
 * The list of these sections, as SAY carries it, in `*list`, which the caller frees.
 *   ENTENTE_ERR_TEXT, ENTENTE_ERR_USAGE   one cannot be said: section_check()
 *   ENTENTE_ERR_NO_MEMORY
 */
MUST_USE enum entente_error desk_list_sections(
    const struct section *sections, uint16_t count, uint8_t **list, size_t *bytes);

/*
 * One request, one answer.  `room` zero: the only one.  What the desk answers with an error comes back
 * as that error.
 */
MUST_USE enum entente_error desk_say(struct desk_client *client, const struct room_id *room,
    struct bytes sections, struct message_said *said);
MUST_USE enum entente_error desk_status(
    struct desk_client *client, const struct room_id *room, struct status *status);
/* How far the room is evaluated; asking begins it.  `status->error` is ENTENTE_OK. */
MUST_USE enum entente_error desk_consultation(struct desk_client *client,
    const struct room_id *room, struct message_consultation_is *status);
MUST_USE enum entente_error desk_control(
    struct desk_client *client, const struct room_id *room, uint8_t what, uint8_t slot);

#endif
