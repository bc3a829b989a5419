#include "keyholder/tickets.h"

#include "channel/messages.h"
#include "format/fact.h"

#include <stdlib.h>

void
tickets_free(struct tickets *tickets)
{
    for (uint32_t i = tickets->start; i < tickets->count; i++)
        free(tickets->list[i].payload);
    free(tickets->list);
    *tickets = (struct tickets){0};
}

static enum entente_error
reserve(struct tickets *tickets)
{
    uint32_t held = tickets->count - tickets->start;

    if (held == TICKETS_MAX)
        return ENTENTE_ERR_NO_MEMORY;
    if (tickets->count < tickets->size)
        return ENTENTE_OK;
    if (held * 2 <= tickets->size && tickets->size > 0) {
        memmove(tickets->list, tickets->list + tickets->start, held * sizeof *tickets->list);
        tickets->start = 0;
        tickets->count = held;
        return ENTENTE_OK;
    }
    uint32_t size = tickets->size == 0 ? 64 : tickets->size * 2;
    struct ticket *grown = realloc(tickets->list, size * sizeof *grown);
    if (grown == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    tickets->list = grown;
    tickets->size = size;
    return ENTENTE_OK;
}

enum entente_error
tickets_add(struct tickets *tickets, struct ticket *ticket, struct bytes payload)
{
    if (payload.size > TICKETS_BYTES_MAX - tickets->payload_bytes && !tickets->has_no_limit)
        return ENTENTE_ERR_NO_MEMORY;
    enum entente_error error = reserve(tickets);
    if (error != ENTENTE_OK)
        return error;
    uint8_t *copy = malloc(payload.size + 1);
    if (copy == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    if (payload.size > 0)
        memcpy(copy, payload.data, payload.size);
    payload_make_hash(&ticket->payload_hash, payload);
    ticket->payload_bytes = (uint32_t)payload.size;
    struct ticket *added = &tickets->list[tickets->count++];
    *added = *ticket;
    added->payload = copy;
    tickets->payload_bytes += payload.size;
    return ENTENTE_OK;
}

/* It leaves the list: what is handed out has no payload. */
static void
take_out(struct tickets *tickets, struct ticket *listed, struct ticket *ticket)
{
    free(listed->payload);
    tickets->payload_bytes -= listed->payload_bytes;
    listed->payload = NULL;
    listed->payload_bytes = 0;
    *ticket = *listed;
}

/* The place of `number` at or behind `from`; `count` where it is not under way. */
static uint32_t
find(const struct tickets *tickets, uint32_t from, uint64_t number)
{
    while (from < tickets->count && tickets->list[from].number != number)
        from++;
    return from;
}

/* In the feed already, or by an earlier entry of the same segment: [start, at) of the list. */
static bool
is_announced(
    const struct tickets *tickets, const uint64_t *fresh, uint32_t fresh_count, uint64_t chain)
{
    for (uint32_t i = 0; i < fresh_count; i++)
        if (fresh[i] == chain)
            return true;
    for (uint32_t i = 0; i < TICKETS_ANNOUNCED_MAX && i < tickets->announced_count; i++)
        if (tickets->announced[i] == chain)
            return true;
    return false;
}

static bool
is_its_entry(const struct ticket *ticket, const struct entry *entry)
{
    static const uint8_t no_tag[ENTRY_TAG_BYTES];

    if (entry->kind != ticket->kind || entry->payload_bytes != ticket->payload_bytes ||
        memcmp(&entry->payload_hash, &ticket->payload_hash, sizeof ticket->payload_hash) != 0)
        return false;
    return entry->kind != ENTRY_SEALED ||
           (entry->chain == ticket->chain && entry->index == ticket->index &&
               memcmp(&entry->pcommit, &ticket->pcommit, sizeof ticket->pcommit) == 0 &&
               memcmp(entry->tag, no_tag, sizeof no_tag) == 0);
}

/* What the node may not write by itself.  Nobody writes a `close`. */
static bool
needs_ticket(uint8_t kind)
{
    return kind == ENTRY_SEALED || kind == ENTRY_KEYS || kind == ENTRY_KEY_HELP ||
           kind == ENTRY_CLOSE || fact_type_of_entry(kind) != 0;
}

enum entente_error
tickets_check(const struct tickets *tickets, const struct segment *segment, struct bytes numbers)
{
    uint64_t fresh[SEGMENT_ENTRIES_MAX];
    uint32_t fresh_count = 0, at = tickets->start;

    if (message_tickets_count(numbers) != segment->count)
        return ENTENTE_ERR_REFUSED;
    for (uint32_t i = 0; i < segment->count; i++) {
        const struct entry *entry = &segment->entries[i];
        uint64_t number = message_ticket(numbers, i);
        if (needs_ticket(entry->kind) != (number != 0))
            return ENTENTE_ERR_REFUSED;
        if (number == 0)
            continue;
        at = find(tickets, at, number);
        if (at == tickets->count || !is_its_entry(&tickets->list[at], entry))
            return ENTENTE_ERR_REFUSED;
        if (entry->kind == ENTRY_KEYS)
            fresh[fresh_count++] = tickets->list[at].chain;
        else if (entry->kind == ENTRY_SEALED &&
                 !is_announced(tickets, fresh, fresh_count, entry->chain))
            return ENTENTE_ERR_REFUSED;
        at++;
    }
    return ENTENTE_OK;
}

void
tickets_payloads(const struct tickets *tickets, const struct segment *segment, struct bytes numbers,
    struct bytes others, struct writer *out)
{
    struct reader reader = reader_of(others);
    uint32_t at = tickets->start;

    for (uint32_t i = 0; i < segment->count; i++) {
        uint64_t number = message_ticket(numbers, i);
        if (number == 0) {
            writer_bytes(out, reader_bytes(&reader, segment->entries[i].payload_bytes));
            continue;
        }
        at = find(tickets, at, number);
        const struct ticket *ticket = &tickets->list[at];
        writer_bytes(out, (struct bytes){ticket->payload, ticket->payload_bytes});
    }
}

bool
tickets_settle(struct tickets *tickets, struct bytes numbers, struct settling *settling,
    struct ticket *ticket)
{
    size_t count = message_tickets_count(numbers);

    while (settling->next < count && message_ticket(numbers, settling->next) == 0)
        settling->next++;
    if (settling->next == count || !tickets_take(tickets, ticket))
        return false;
    settling->index = settling->next;
    settling->is_written = ticket->number == message_ticket(numbers, settling->index);
    settling->next += settling->is_written;
    if (settling->is_written && ticket->kind == ENTRY_KEYS)
        tickets->announced[tickets->announced_count++ % TICKETS_ANNOUNCED_MAX] = ticket->chain;
    return true;
}

bool
tickets_drop(struct tickets *tickets, struct bytes numbers, struct ticket *ticket)
{
    *ticket = (struct ticket){0};
    for (size_t i = 0; i < message_tickets_count(numbers); i++) {
        uint64_t number = message_ticket(numbers, i);
        if (number != 0 && find(tickets, tickets->start, number) < tickets->count)
            return tickets_take(tickets, ticket);
    }
    return false;
}

bool
tickets_take(struct tickets *tickets, struct ticket *ticket)
{
    while (tickets->start < tickets->count) {
        take_out(tickets, &tickets->list[tickets->start++], ticket);
        if (ticket->number != 0)
            return true;
    }
    *ticket = (struct ticket){0};
    return false;
}

bool
tickets_refuse(struct tickets *tickets, uint64_t number, struct ticket *ticket)
{
    *ticket = (struct ticket){0};
    if (number == 0)
        return false;
    uint32_t at = find(tickets, tickets->start, number);
    if (at == tickets->count)
        return false;
    take_out(tickets, &tickets->list[at], ticket);
    tickets->list[at].number = 0;
    return true;
}
