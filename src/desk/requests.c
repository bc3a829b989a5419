#include "desk/desk.h"

#include <stdlib.h>

#define ENTRY_BITS 8u
#define PLACE_BITS 12u

struct request *
request_new(struct desk *desk, uint32_t client, uint16_t kind, uint64_t client_ticket)
{
    for (uint32_t i = 0; i < DESK_REQUESTS_MAX; i++) {
        uint32_t place = (desk->request_next + i) % DESK_REQUESTS_MAX;
        struct request *request = &desk->requests[place];
        if (request->ticket != 0)
            continue;
        desk->counter++;
        desk->request_next = place + 1;
        desk->requests_count++;
        if (client != DESK_NO_CLIENT)
            desk->clients[client].requests++;
        *request = (struct request){
            .ticket = desk->counter << (PLACE_BITS + ENTRY_BITS) | (uint64_t)place << ENTRY_BITS,
            .kind = kind,
            .client = client,
            .client_ticket = client_ticket,
        };
        return request;
    }
    return NULL;
}

/* A file goes part by part: the client asks for each one under the ticket of the first. */
struct request *
request_same(struct desk *desk, uint32_t client, uint16_t kind, uint64_t client_ticket)
{
    for (uint32_t i = 0; i < DESK_REQUESTS_MAX; i++) {
        struct request *request = &desk->requests[i];
        if (request->ticket != 0 && request->client == client && request->kind == kind &&
            request->client_ticket == client_ticket)
            return request;
    }
    return request_new(desk, client, kind, client_ticket);
}

struct request *
request_find(struct desk *desk, uint64_t ticket, uint32_t *entry)
{
    const uint64_t entry_mask = (1u << ENTRY_BITS) - 1;
    struct request *request =
        &desk->requests[ticket >> ENTRY_BITS & ((1u << PLACE_BITS) - 1)];

    *entry = (uint32_t)(ticket & entry_mask);
    ticket &= ~(TICKET_CHAIN | entry_mask);
    return ticket != 0 && request->ticket == ticket ? request : NULL;
}

uint64_t
request_entry_ticket(const struct request *request, uint32_t entry)
{
    return request->ticket | entry;
}

void
request_end(struct desk *desk, struct request *request)
{
    desk->readings_count -= request->reading != NULL;
    reading_free(request->reading);
    desk->writings_count -= request->writing != NULL;
    free(request->writing);
    filing_free(request->filing);
    desk->said_bytes -= request->said_bytes;
    desk->requests_count--;
    if (request->client != DESK_NO_CLIENT)
        desk->clients[request->client].requests--;
    *request = (struct request){0};
}

struct channel *
request_channel(const struct desk *desk, const struct request *request)
{
    return request->client == DESK_NO_CLIENT ? NULL : desk->clients[request->client].channel;
}

void
request_fail(struct desk *desk, struct request *request, enum entente_error error)
{
    struct channel *channel = request_channel(desk, request);
    uint64_t ticket = request->client_ticket;
    uint16_t code = (uint16_t)error;
    enum entente_error queued = ENTENTE_OK;

    if (request->done != NULL) {
        writing_end(desk, request, &(struct desk_written){.error = error});
        return;
    }
    request_end(desk, request);
    queued = message_answer_queue(channel, &(struct message_answer){ticket, code});
    (void)queued; /* a client that does not read its answers is dropped by the loop */
}
