#include "keyholder/tickets.h"

#include "channel/messages.h"
#include "format/fact.h"

#include <stdlib.h>

void
tickets_free(struct tickets *tickets)
{
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
tickets_add(struct tickets *tickets, const struct ticket *ticket)
{
    if (ticket->payload_bytes > TICKETS_BYTES_MAX - tickets->payload_bytes &&
        !tickets->has_no_limit)
        return ENTENTE_ERR_NO_MEMORY;
    enum entente_error error = reserve(tickets);
    if (error != ENTENTE_OK)
        return error;
    tickets->list[tickets->count++] = *ticket;
    tickets->payload_bytes += ticket->payload_bytes;
    return ENTENTE_OK;
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

    if (entry->kind != ticket->kind ||
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

static bool
is_among(struct bytes numbers, uint64_t number)
{
    for (size_t i = 0; i < message_tickets_count(numbers); i++)
        if (message_ticket(numbers, i) == number)
            return true;
    return false;
}

/* The place of the last number of `numbers` that is still under way; `count` where none is. */
static bool
any_left(const struct tickets *tickets, struct bytes numbers)
{
    for (size_t i = message_tickets_count(numbers); i-- > 0;) {
        uint64_t number = message_ticket(numbers, i);
        if (number != 0)
            return find(tickets, tickets->start, number) < tickets->count;
    }
    return false;
}

bool
tickets_settle(
    struct tickets *tickets, struct bytes numbers, struct ticket *ticket, bool *is_written)
{
    if (!any_left(tickets, numbers) || !tickets_take(tickets, ticket))
        return false;
    *is_written = is_among(numbers, ticket->number);
    if (*is_written && ticket->kind == ENTRY_KEYS)
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
        *ticket = tickets->list[tickets->start++];
        if (ticket->number == 0)
            continue;
        tickets->payload_bytes -= ticket->payload_bytes;
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
    *ticket = tickets->list[at];
    tickets->list[at].number = 0;
    tickets->payload_bytes -= ticket->payload_bytes;
    return true;
}
