/* What node and keyholder answer, on its way to the client that asked. */
#include "desk/desk.h"

/* Queue for the client, and end the request where `ends`. */
#define HAND_ON(name, ends, ...)                                                                   \
    do {                                                                                           \
        struct message_##name handed = {request->client_ticket, __VA_ARGS__};                      \
        struct channel *channel = request_channel(desk, request);                                  \
        if (ends)                                                                                  \
            request_end(desk, request);                                                            \
        enum entente_error queued = message_##name##_queue(channel, &handed);                      \
        (void)queued; /* a client that does not read its answers is dropped by the loop */         \
    } while (0)

static enum entente_error
take_node_entry(struct desk *desk, struct bytes body)
{
    struct message_node_entry message;
    uint32_t entry;

    enum entente_error error = message_node_entry_read(body, &message);
    struct request *request = request_find(desk, message.ticket, &entry);
    if (error == ENTENTE_OK && request != NULL && request->reading != NULL)
        reading_entry(desk, request, &message);
    return error;
}

static enum entente_error
take_node_listed(struct desk *desk, struct bytes body)
{
    struct message_node_listed message;
    uint32_t entry;

    enum entente_error error = message_node_listed_read(body, &message);
    struct request *request = request_find(desk, message.ticket, &entry);
    if (error == ENTENTE_OK && request != NULL && request->reading != NULL)
        reading_page_end(desk, request, &message);
    else if (error == ENTENTE_OK && request == NULL && message.more)
        /* The client went away in the middle of a walk: let the node end it. */
        error = message_node_list_queue(
            desk->node, &(struct message_node_list){message.ticket, {{0}}, 0, 0, 0});
    return error;
}

static enum entente_error
take_node_status(struct desk *desk, struct bytes body)
{
    struct message_node_status_is message;
    uint32_t entry;

    enum entente_error error = message_node_status_is_read(body, &message);
    struct request *request = request_find(desk, message.ticket, &entry);
    if (error == ENTENTE_OK && (message.ticket & TICKET_ROOM) != 0)
        rooms_status(desk, &message);
    else if (error == ENTENTE_OK && (message.ticket & TICKET_API) != 0)
        serving_status(desk, &message);
    else if (error == ENTENTE_OK && request != NULL)
        HAND_ON(status_is, true, message.error, message.status);
    return error;
}

static enum entente_error
take_node_keys(struct desk *desk, struct bytes body)
{
    struct message_node_keys_are message;
    uint32_t entry;

    enum entente_error error = message_node_keys_are_read(body, &message);
    struct request *request = request_find(desk, message.ticket, &entry);
    if (error == ENTENTE_OK && request != NULL)
        reading_keys(desk, request, entry, &message);
    else if (error == ENTENTE_OK && (message.ticket & TICKET_ROOM) != 0)
        rooms_keys(desk, &message);
    return error;
}

static enum entente_error
take_node_chains(struct desk *desk, struct bytes body)
{
    struct message_node_chains_are message;
    uint32_t entry;

    enum entente_error error = message_node_chains_are_read(body, &message);
    struct request *request = request_find(desk, message.ticket, &entry);
    if (error == ENTENTE_OK && request != NULL)
        helping_chains(desk, request, &message);
    return error;
}

static enum entente_error
take_node_exported(struct desk *desk, struct bytes body)
{
    struct message_node_exported message;
    uint32_t entry;

    enum entente_error error = message_node_exported_read(body, &message);
    struct request *request = request_find(desk, message.ticket, &entry);
    if (error == ENTENTE_OK && (message.ticket & TICKET_API) != 0)
        serving_exported(desk, &message);
    else if (error == ENTENTE_OK && request != NULL)
        HAND_ON(exported, message.error != ENTENTE_OK || message.data.size == 0, message.error,
            message.data);
    return error;
}

static enum entente_error
take_node_imported(struct desk *desk, struct bytes body)
{
    struct message_node_imported message;
    uint32_t entry;

    enum entente_error error = message_node_imported_read(body, &message);
    struct request *request = request_find(desk, message.ticket, &entry);
    if (error == ENTENTE_OK && request != NULL)
        HAND_ON(imported, true, message.error, message.entries, message.missing);
    return error;
}

static enum entente_error
take_node_done(struct desk *desk, struct bytes body)
{
    struct message_node_done message;
    uint32_t entry;

    enum entente_error error = message_node_done_read(body, &message);
    if (error == ENTENTE_OK && files_have_ticket(message.ticket)) {
        files_node_done(desk->files, &message);
        return ENTENTE_OK;
    }
    struct request *request = request_find(desk, message.ticket, &entry);
    if (error == ENTENTE_OK && (message.ticket & TICKET_API) != 0)
        serving_controlled(desk, &message);
    else if (error == ENTENTE_OK && request != NULL)
        HAND_ON(answer, request->kind != MESSAGE_IMPORT, message.error);
    return error;
}

static enum entente_error
take_node_file_chunk(struct desk *desk, struct bytes body)
{
    struct message_node_file_chunk message;

    enum entente_error error = message_node_file_chunk_read(body, &message);
    if (error == ENTENTE_OK)
        files_node_chunk(desk->files, &message);
    return error;
}

static enum entente_error
take_node_file_status(struct desk *desk, struct bytes body)
{
    struct message_node_file_status_is message;

    enum entente_error error = message_node_file_status_is_read(body, &message);
    if (error == ENTENTE_OK)
        files_node_status(desk->files, &message);
    return error;
}

static enum entente_error
take_node_news(struct desk *desk, struct bytes body)
{
    struct message_node_news message;

    enum entente_error error = message_node_news_read(body, &message);
    if (error == ENTENTE_OK)
        reading_news(desk);
    return error;
}

static enum entente_error
take_node_stored(struct desk *desk, struct bytes body)
{
    struct message_node_stored message;

    enum entente_error error = message_node_stored_read(body, &message);
    if (error == ENTENTE_OK)
        rooms_stored(desk, &message);
    return error;
}

static enum entente_error
take_appended(struct desk *desk, struct bytes body)
{
    struct message_appended message;
    uint32_t entry;

    enum entente_error error = message_appended_read(body, &message);
    struct request *request = request_find(desk, message.ticket, &entry);
    if (error == ENTENTE_OK && request != NULL && request->kind != MESSAGE_HELP)
        rooms_written(desk, &request->room, &message);
    if (error == ENTENTE_OK && request != NULL && request->kind == MESSAGE_HELP)
        helping_go_on(desk, request);
    else if (error == ENTENTE_OK && request != NULL && request->done != NULL)
        writing_end(desk, request,
            &(struct desk_written){.slot = message.slot,
                .inc = message.inc,
                .seq = message.seq,
                .id = message.id,
                .t_ms = message.t_ms});
    else if (error == ENTENTE_OK && request != NULL)
        HAND_ON(said, true, message.slot, message.inc, message.seq, message.id, message.t_ms);
    return error;
}

static enum entente_error
take_seal_refused(struct desk *desk, struct bytes body)
{
    struct message_seal_refused message;
    uint32_t entry;

    enum entente_error error = message_seal_refused_read(body, &message);
    struct request *request = request_find(desk, message.ticket, &entry);
    if (error == ENTENTE_OK && request != NULL)
        request_fail(desk, request, (enum entente_error)message.error);
    return error;
}

static enum entente_error
take_opened(struct desk *desk, struct bytes body)
{
    struct message_opened message;
    uint32_t entry;

    enum entente_error error = message_opened_read(body, &message);
    struct request *request = request_find(desk, message.ticket, &entry);
    if (error == ENTENTE_OK && request != NULL)
        reading_opened(desk, request, entry, message.body, ENTENTE_OK);
    else if (error == ENTENTE_OK && (message.ticket & TICKET_ROOM) != 0)
        rooms_opened(desk, message.ticket, message.body, ENTENTE_OK);
    return error;
}

static enum entente_error
take_open_refused(struct desk *desk, struct bytes body)
{
    struct message_open_refused message;
    uint32_t entry;

    enum entente_error error = message_open_refused_read(body, &message);
    struct request *request = request_find(desk, message.ticket, &entry);
    /* A refused chain: the OPEN behind it will be told that the chain is wanted still. */
    if (error == ENTENTE_OK && request != NULL && (message.ticket & TICKET_CHAIN) == 0)
        reading_opened(
            desk, request, entry, (struct bytes){0}, (enum entente_error)message.error);
    else if (error == ENTENTE_OK && (message.ticket & TICKET_ROOM) != 0 &&
             (message.ticket & TICKET_CHAIN) == 0)
        rooms_opened(desk, message.ticket, (struct bytes){0}, (enum entente_error)message.error);
    return error;
}

static enum entente_error
take_chain_wanted(struct desk *desk, struct bytes body)
{
    struct message_chain_wanted message;
    uint32_t entry;

    enum entente_error error = message_chain_wanted_read(body, &message);
    struct request *request = request_find(desk, message.ticket, &entry);
    if (error == ENTENTE_OK && request != NULL)
        reading_chain_wanted(desk, request, entry, &message);
    else if (error == ENTENTE_OK && (message.ticket & TICKET_ROOM) != 0)
        rooms_chain_wanted(desk, &message);
    return error;
}

static enum entente_error
take_key_helped(struct desk *desk, struct bytes body)
{
    struct message_key_helped message;
    uint32_t entry;

    enum entente_error error = message_key_helped_read(body, &message);
    struct request *request = request_find(desk, message.ticket, &entry);
    if (error == ENTENTE_OK && request != NULL)
        helping_helped(desk, request, &message);
    return error;
}

struct handler {
    uint16_t type;
    enum entente_error (*take)(struct desk *desk, struct bytes body);
};

static const struct handler node_handlers[] = {
    {MESSAGE_NODE_ENTRY, take_node_entry},
    {MESSAGE_NODE_LISTED, take_node_listed},
    {MESSAGE_NODE_STATUS_IS, take_node_status},
    {MESSAGE_NODE_KEYS_ARE, take_node_keys},
    {MESSAGE_NODE_CHAINS_ARE, take_node_chains},
    {MESSAGE_NODE_EXPORTED, take_node_exported},
    {MESSAGE_NODE_IMPORTED, take_node_imported},
    {MESSAGE_NODE_DONE, take_node_done},
    {MESSAGE_NODE_FILE_CHUNK, take_node_file_chunk},
    {MESSAGE_NODE_FILE_STATUS_IS, take_node_file_status},
    {MESSAGE_NODE_NEWS, take_node_news},
    {MESSAGE_NODE_STORED, take_node_stored},
};

static const struct handler keyholder_handlers[] = {
    {MESSAGE_APPENDED, take_appended},
    {MESSAGE_SEAL_REFUSED, take_seal_refused},
    {MESSAGE_OPENED, take_opened},
    {MESSAGE_OPEN_REFUSED, take_open_refused},
    {MESSAGE_CHAIN_WANTED, take_chain_wanted},
    {MESSAGE_KEY_HELPED, take_key_helped},
};

static enum entente_error
handle(struct desk *desk, const struct handler *handlers, size_t count, uint16_t type,
    struct bytes body)
{
    for (size_t i = 0; i < count; i++)
        if (handlers[i].type == type)
            return handlers[i].take(desk, body);
    return ENTENTE_ERR_REFUSED;
}

enum entente_error
node_message(struct desk *desk, uint16_t type, struct bytes body)
{
    return handle(
        desk, node_handlers, sizeof node_handlers / sizeof node_handlers[0], type, body);
}

enum entente_error
keyholder_message(struct desk *desk, uint16_t type, struct bytes body)
{
    return handle(desk, keyholder_handlers,
        sizeof keyholder_handlers / sizeof keyholder_handlers[0], type, body);
}
