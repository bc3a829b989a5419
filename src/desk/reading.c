/* Lists of entries: pages from the node, each sealed one opened by the keyholder, handed on in
 * order. */
#include "desk/desk.h"

#include <stdlib.h>

static void
forget_page(struct reading *reading)
{
    for (uint32_t i = 0; i < reading->count; i++) {
        free(reading->entries[i].held);
        free(reading->entries[i].body);
    }
    memset(reading->entries, 0, reading->count * sizeof reading->entries[0]);
    reading->count = reading->done = 0;
    reading->page_asked = reading->page_ended = false;
}

void
reading_free(struct reading *reading)
{
    if (reading == NULL)
        return;
    forget_page(reading);
    free(reading);
}

static void
ask_page(struct desk *desk, struct request *request)
{
    struct reading *reading = request->reading;
    struct message_node_list ask = {
        request->ticket, reading->room, reading->order, reading->after, DESK_PAGE_LIMIT};

    reading->is_waiting = reading->has_news = false;
    reading->page_asked = true;
    if (message_node_list_queue(desk->node, &ask) != ENTENTE_OK)
        request_fail(desk, request, ENTENTE_ERR_NO_MEMORY);
}

void
reading_begin(struct desk *desk, struct request *request, const struct message_list *asked)
{
    request->reading = calloc(1, sizeof *request->reading);
    if (request->reading == NULL) {
        request_fail(desk, request, ENTENTE_ERR_NO_MEMORY);
        return;
    }
    desk->readings_count++;
    request->reading->room = asked->room;
    request->reading->order = asked->order;
    request->reading->after = asked->after;
    request->reading->follow = asked->follow;
    ask_page(desk, request);
}

static void
finish(struct reading *reading, struct reading_entry *entry, enum entente_error error)
{
    if (entry->is_done)
        return;
    entry->error = error;
    entry->is_done = true;
    reading->done++;
}

void
reading_entry(struct desk *desk, struct request *request, const struct message_node_entry *m)
{
    struct reading *reading = request->reading;
    struct entry header;
    struct reader reader = reader_of(m->header);

    if (reading->count == DESK_PAGE_ENTRIES_MAX)
        return; /* more than was asked for: the page's end will not fit, and the list ends there */
    struct reading_entry *entry = &reading->entries[reading->count];
    entry->held = malloc(m->header.size + m->payload.size + 1);
    if (entry->held == NULL) {
        request_fail(desk, request, ENTENTE_ERR_NO_MEMORY);
        return;
    }
    memcpy(entry->held, m->header.data, m->header.size);
    if (m->payload.size > 0)
        memcpy(entry->held + m->header.size, m->payload.data, m->payload.size);
    entry->message = *m;
    entry->message.header.data = entry->held;
    entry->message.payload.data = entry->held + m->header.size;
    reading->count++;

    enum entente_error error = entry_parse(&reader, &header);
    if (error != ENTENTE_OK || header.kind != ENTRY_SEALED)
        finish(reading, entry, error);
    else {
        entry->opening = (struct opening){.ticket = request_entry_ticket(request, reading->count - 1),
            .header = entry->message.header,
            .payload = entry->message.payload};
        if (opening_ask(desk, &entry->opening) != ENTENTE_OK)
            finish(reading, entry, ENTENTE_ERR_NO_MEMORY);
    }
}

void
reading_page_end(
    struct desk *desk, struct request *request, const struct message_node_listed *message)
{
    struct reading *reading = request->reading;

    if (message->error != ENTENTE_OK) {
        request_fail(desk, request, (enum entente_error)message->error);
        return;
    }
    reading->page_ended = true;
    reading->more = message->more;
    reading->after = message->arrival;
    reading_go_on(desk, request);
}

void
reading_opened(struct desk *desk, struct request *request, uint32_t index, struct bytes body,
    enum entente_error error)
{
    struct reading *reading = request->reading;

    if (reading == NULL || index >= reading->count || reading->entries[index].is_done)
        return;
    struct reading_entry *entry = &reading->entries[index];
    if (error == ENTENTE_OK) {
        entry->body = malloc(body.size + 1);
        if (entry->body == NULL)
            error = ENTENTE_ERR_NO_MEMORY;
        else if (body.size > 0)
            memcpy(entry->body, body.data, body.size);
        entry->body_bytes = entry->body == NULL ? 0 : body.size;
    }
    finish(reading, entry, error);
    reading_go_on(desk, request);
}

/* An opening that went on, or ended with the error. */
static void
go_on_opening(
    struct desk *desk, struct request *request, uint32_t index, enum entente_error error)
{
    if (error == ENTENTE_OK)
        return;
    finish(request->reading, &request->reading->entries[index], error);
    reading_go_on(desk, request);
}

void
reading_chain_wanted(struct desk *desk, struct request *request, uint32_t index,
    const struct message_chain_wanted *wanted)
{
    struct reading *reading = request->reading;

    if (reading != NULL && index < reading->count)
        go_on_opening(desk, request, index,
            opening_chain_wanted(desk, &reading->entries[index].opening, wanted));
}

void
reading_keys(struct desk *desk, struct request *request, uint32_t index,
    const struct message_node_keys_are *keys)
{
    struct reading *reading = request->reading;

    if (reading != NULL && index < reading->count)
        go_on_opening(
            desk, request, index, opening_keys(desk, &reading->entries[index].opening, keys));
}

static bool
hand_on(struct desk *desk, struct request *request)
{
    struct channel *channel = request_channel(desk, request);
    struct reading *reading = request->reading;
    size_t bytes = 0;

    for (uint32_t i = 0; i < reading->count; i++)
        bytes += 128 + reading->entries[i].message.header.size + reading->entries[i].body_bytes;
    if (!channel_has_room(channel, bytes))
        return false;
    for (uint32_t i = 0; i < reading->count; i++) {
        const struct reading_entry *entry = &reading->entries[i];
        const struct message_node_entry *m = &entry->message;
        struct message_entry message = {request->client_ticket, m->arrival, m->held, m->flags,
            m->id, (uint16_t)entry->error, m->header, {entry->body, entry->body_bytes}};
        if (message_entry_queue(channel, &message) != ENTENTE_OK)
            return false;
    }
    return true;
}

void
reading_go_on(struct desk *desk, struct request *request)
{
    struct reading *reading = request->reading;

    if (!reading->page_ended || reading->done < reading->count || !hand_on(desk, request))
        return;
    forget_page(reading);
    if (reading->more) {
        ask_page(desk, request);
        return;
    }
    if (reading->follow) {
        reading->order = 1;
        reading->is_waiting = true;
        if (reading->has_news)
            ask_page(desk, request);
        return;
    }
    struct message_listed message = {request->client_ticket, reading->after, ENTENTE_OK};
    if (message_listed_queue(request_channel(desk, request), &message) == ENTENTE_OK)
        request_end(desk, request);
}

void
reading_news(struct desk *desk)
{
    for (uint32_t i = 0; i < DESK_REQUESTS_MAX && desk->readings_count > 0; i++) {
        struct reading *reading = desk->requests[i].reading;
        if (desk->requests[i].ticket == 0 || reading == NULL)
            continue;
        reading->has_news = true;
        if (reading->is_waiting)
            ask_page(desk, &desk->requests[i]);
    }
}
