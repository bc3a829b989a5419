/* What the desk asks of the node process: pages of entries, how a room stands, the operator's word.
 */
#include "daemon/shell.h"

#include "channel/status.h"

#include <assert.h>

#define PAGE_BYTES_MAX 1048576u /* a page ends when its entries are larger */

/* The asked room, or the only one for a zero id. */
struct record *
query_room(struct shell *shell, const struct room_id *asked, struct room_id *room)
{
    const struct room_id none = {{0}};
    struct record *record = node_record_at(shell->node, 0);

    if (!room_id_equal(asked, &none))
        record = node_record(shell->node, asked);
    else if (node_record_at(shell->node, 1) != NULL)
        return NULL;
    if (record != NULL)
        *room = *record_room(record);
    return record;
}

void
query_done(struct shell *shell, uint64_t ticket, enum entente_error error)
{
    if (message_node_done_queue(
            shell->desk, &(struct message_node_done){ticket, (uint16_t)error}) != ENTENTE_OK)
        shell_end(shell, "the desk does not take its answers");
}

/* ---- entries ---- */

static uint32_t
held_mask(const struct record *record, uint32_t branch, uint32_t seq)
{
    uint32_t mask = 0;

    for (uint8_t slot = 0; slot < record_parties(record); slot++)
        if (record_held_by(record, slot, branch) >= seq)
            mask |= 1u << slot;
    return mask;
}

static enum entente_error
send_entry(struct shell *shell, struct record *record, uint64_t ticket, uint64_t arrival,
    uint32_t branch, const struct entry *entry, const struct entry_id *id, struct bytes payload)
{
    bool admissible = true;
    struct message_node_entry message = {
        .ticket = ticket,
        .arrival = arrival,
        .held = held_mask(record, branch, entry->seq),
        .id = *id,
        .header = entry->header,
        .payload = payload,
    };

    /* The views of `entry` stay good: the record's reads go through other memory. */
    if (record_incarnation(record, entry->slot) > entry->inc) {
        enum entente_error error = record_is_admissible(record, branch, entry->seq, &admissible);
        if (error != ENTENTE_OK)
            return error;
    }
    if (record_is_contested(record, entry->slot, entry->inc))
        message.flags |= MESSAGE_ENTRY_CONTESTED;
    if (!admissible)
        message.flags |= MESSAGE_ENTRY_VOID;
    return message_node_entry_queue(shell->desk, &message);
}

static void
listed(struct shell *shell, uint64_t ticket, uint64_t arrival, bool more, enum entente_error error)
{
    struct message_node_listed message = {
        ticket, arrival, more, (uint16_t)shell_read_error(shell, error)};

    if (message_node_listed_queue(shell->desk, &message) != ENTENTE_OK)
        shell_end(shell, "the desk does not take its answers");
}

/* One stored segment's entries, copied out of the store's memory first. */
static enum entente_error
send_row(struct shell *shell, struct record *record, uint64_t ticket, const struct segment_row *row,
    uint32_t *count, size_t *bytes)
{
    static struct segment segment;
    static uint8_t held[SEGMENT_BYTES_MAX + SEGMENT_PAYLOAD_BYTES_MAX];
    struct segment_row copy = *row;

    if (row->segment.size + row->payloads.size > sizeof held)
        return ENTENTE_ERR_CORRUPT;
    memcpy(held, row->segment.data, row->segment.size);
    memcpy(held + row->segment.size, row->payloads.data, row->payloads.size);
    struct bytes payloads = {held + row->segment.size, row->payloads.size};
    struct reader reader = reader_of((struct bytes){held, row->segment.size});
    enum entente_error error = segment_parse(&reader, &segment);
    if (error != ENTENTE_OK || segment.payload_bytes != payloads.size)
        return ENTENTE_ERR_CORRUPT;
    for (uint32_t i = 0; i < segment.count && error == ENTENTE_OK; i++) {
        error = send_entry(shell, record, ticket, copy.arrival, copy.branch, &segment.entries[i],
            &segment.ids[i], segment_payload(&segment, payloads, i));
        ++*count;
        *bytes += segment.entries[i].header.size + segment.entries[i].payload_bytes;
    }
    return error;
}

static void
list_by_arrival(struct shell *shell, struct record *record, const struct message_node_list *asked)
{
    const struct record_source *source = store_source(shell->store);
    uint64_t arrival = asked->after;
    uint32_t count = 0;
    size_t bytes = 0;
    enum entente_error error = ENTENTE_OK;

    while (count < asked->limit && bytes < PAGE_BYTES_MAX && error == ENTENTE_OK) {
        struct segment_row row;
        error = source->segment_after(source->state, record_room(record), arrival, &row);
        if (error != ENTENTE_OK)
            break;
        arrival = row.arrival;
        error = send_row(shell, record, asked->ticket, &row, &count, &bytes);
    }
    listed(shell, asked->ticket, arrival, error == ENTENTE_OK,
        error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error);
}

static struct shell_walk *
find_walk(struct shell *shell, uint64_t ticket)
{
    for (uint32_t i = 0; i < SHELL_WALKS_MAX; i++)
        if (shell->walks[i].ticket == ticket)
            return &shell->walks[i];
    return NULL;
}

static void
end_walk(struct shell_walk *walk)
{
    order_free(walk->order);
    *walk = (struct shell_walk){0};
}

static void
list_in_order(struct shell *shell, struct record *record, const struct message_node_list *asked)
{
    struct shell_walk *walk = find_walk(shell, asked->ticket);
    struct ordered ordered;
    size_t bytes = 0;
    enum entente_error error = ENTENTE_OK;

    if (walk == NULL && (walk = find_walk(shell, 0)) != NULL) {
        walk->ticket = asked->ticket;
        error = order_new(&walk->order, record);
    }
    if (walk == NULL)
        error = ENTENTE_ERR_LOCKED;
    for (uint32_t i = 0; i < asked->limit && bytes < PAGE_BYTES_MAX && error == ENTENTE_OK; i++) {
        error = order_next(walk->order, &ordered);
        if (error != ENTENTE_OK)
            break;
        bytes += ordered.entry.header.size + ordered.payload.size;
        error = send_entry(shell, record, asked->ticket, 0, ordered.branch, &ordered.entry,
            &ordered.id, ordered.payload);
    }
    if (walk != NULL && (error != ENTENTE_OK || asked->limit == 0))
        end_walk(walk);
    listed(shell, asked->ticket, record_last_arrival(record),
        error == ENTENTE_OK && asked->limit > 0,
        error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error);
}

static enum entente_error
take_list(struct shell *shell, struct bytes body)
{
    struct message_node_list asked;
    struct room_id room;

    enum entente_error error = message_node_list_read(body, &asked);
    if (error != ENTENTE_OK)
        return error;
    struct record *record = query_room(shell, &asked.room, &room);
    shell->news_told = false; /* who has read to the end waits for the next */
    if (record == NULL)
        listed(shell, asked.ticket, 0, false, ENTENTE_ERR_NOT_FOUND);
    else if (asked.order == 0)
        list_in_order(shell, record, &asked);
    else
        list_by_arrival(shell, record, &asked);
    return ENTENTE_OK;
}

/* What grew since the desk was told last is told at the end of the turn. */
static enum entente_error
take_follow(struct shell *shell, struct bytes body)
{
    struct message_node_follow asked;

    enum entente_error error = message_node_follow_read(body, &asked);
    if (error == ENTENTE_OK)
        shell->follow = asked.all ? FOLLOW_ALL : FOLLOW_ACTS;
    return error;
}

/* ---- status ---- */

static void
fill_party(struct shell *shell, struct record *record, uint8_t slot, struct status_party *party)
{
    const struct party_register *reg = record_register(record, slot);
    struct node_peer_status peer = node_peer_status(shell->node, record_room(record), slot);
    struct bytes name = register_name(reg);
    uint32_t branch;

    party->party = *register_party(reg);
    party->name_bytes = (uint8_t)name.size;
    memcpy(party->name, name.data, name.size);
    party->is_linked = peer.is_linked;
    party->heard_at_ms = peer.heard_at_ms;
    party->missing = peer.missing;
    party->inc = record_incarnation(record, slot);
    party->is_contested = record_is_contested(record, slot, party->inc);
    if (record_lane(record, slot, party->inc, &branch) == ENTENTE_OK) {
        party->head_seq = record_head(record, branch).seq;
        party->held_seq = record_held_by_all(record, branch);
        if (party->held_seq >= record_content(record, branch))
            party->held_seq = party->head_seq;
    }
    for (uint32_t b = record_parties(record); b < record_branches(record); b++) {
        uint32_t held = record_held_by(record, slot, b);
        uint32_t content = record_content(record, b);
        uint32_t fork = record_branch(record, b)->fork_seq;
        party->holds += held > fork ? held - fork : 0;
        party->behind += content > held ? content - held : 0;
    }
}

static enum entente_error
fill_status(struct shell *shell, struct record *record, struct status *status)
{
    static struct genesis genesis;
    static struct genesis_consents consents;

    status->room = *record_room(record);
    status->slot = node_slot(shell->node, &status->room);
    static_assert(NODE_WRITING_OPEN == STATUS_WRITING_OPEN, "what the desk goes by");
    status->writing = (uint8_t)node_writing(shell->node, &status->room);
    status->entries = record_entries(record);
    enum entente_error error =
        genesis_file_parse(node_genesis_file(shell->node, &status->room), &genesis, &consents);
    if (error == ENTENTE_OK)
        error = record_state_hash(record, &status->state);
    if (error != ENTENTE_OK)
        return error;
    status->title_bytes = (uint8_t)genesis.title.size;
    memcpy(status->title, genesis.title.data, genesis.title.size);
    status->parties_count = record_parties(record);
    for (uint8_t slot = 0; slot < status->parties_count; slot++)
        fill_party(shell, record, slot, &status->parties[slot]);
    for (uint32_t b = record_parties(record); b < record_branches(record); b++) {
        uint32_t held = record_held_by_all(record, b);
        uint32_t fork = record_branch(record, b)->fork_seq;
        if (held >= record_content(record, b))
            held = record_head(record, b).seq; /* the acks behind it ask for none */
        status->held_by_all += held > fork ? held - fork : 0;
    }
    return ENTENTE_OK;
}

static enum entente_error
take_status(struct shell *shell, struct bytes body)
{
    static struct status status;
    static uint8_t encoded[STATUS_BYTES_MAX];
    struct message_node_status asked;
    struct room_id room;

    enum entente_error error = message_node_status_read(body, &asked);
    if (error != ENTENTE_OK)
        return error;
    struct record *record = query_room(shell, &asked.room, &room);
    struct message_node_status_is answer = {.ticket = asked.ticket};
    memset(&status, 0, sizeof status);
    error = record == NULL ? ENTENTE_ERR_NOT_FOUND : fill_status(shell, record, &status);
    struct writer writer = writer_of(encoded, sizeof encoded);
    if (error == ENTENTE_OK)
        status_write(&writer, &status);
    answer.error = (uint16_t)error;
    answer.status = writer_written(&writer);
    return message_node_status_is_queue(shell->desk, &answer);
}

/* ---- the operator's word ---- */

static enum entente_error
take_control(struct shell *shell, struct bytes body)
{
    struct message_node_control asked;
    struct event event = shell_event(EVENT_OVERRIDE);

    enum entente_error error = message_node_control_read(body, &asked);
    if (error != ENTENTE_OK)
        return error;
    struct record *record = query_room(shell, &asked.room, &event.room);
    if (record == NULL || (asked.what != CONTROL_ALONE && asked.slot >= record_parties(record)))
        error = ENTENTE_ERR_NOT_FOUND;
    else if (asked.what == CONTROL_ALONE)
        shell_step(shell, &event);
    else if (asked.what == CONTROL_BLOCK || asked.what == CONTROL_UNBLOCK)
        error = shell_block(
            shell, register_party(record_register(record, asked.slot)), asked.what == CONTROL_BLOCK);
    else
        error = ENTENTE_ERR_USAGE;
    query_done(shell, asked.ticket, error);
    return ENTENTE_OK;
}

static enum entente_error
take_export(struct shell *shell, struct bytes body)
{
    struct message_node_export asked;

    enum entente_error error = message_node_export_read(body, &asked);
    if (error == ENTENTE_OK)
        query_export(shell, &asked);
    return error;
}

static enum entente_error
take_import(struct shell *shell, struct bytes body)
{
    struct message_node_import asked;

    enum entente_error error = message_node_import_read(body, &asked);
    if (error == ENTENTE_OK)
        query_import(shell, &asked);
    return error;
}

/* What the desk may ask; anything else is refused. */
static const struct {
    uint16_t type;
    enum entente_error (*take)(struct shell *shell, struct bytes body);
} handlers[] = {
    {MESSAGE_NODE_LIST, take_list},
    {MESSAGE_NODE_FOLLOW, take_follow},
    {MESSAGE_NODE_STATUS, take_status},
    {MESSAGE_NODE_KEYS, query_keys},
    {MESSAGE_NODE_CHAINS, query_chains},
    {MESSAGE_NODE_EXPORT, take_export},
    {MESSAGE_NODE_IMPORT, take_import},
    {MESSAGE_NODE_CONTROL, take_control},
    {MESSAGE_NODE_FILE_PUT, query_file_put},
    {MESSAGE_NODE_FILE_END, query_file_end},
    {MESSAGE_NODE_FILE_GET, query_file_get},
    {MESSAGE_NODE_FILE_STATUS, query_file_status},
    {MESSAGE_NODE_FILE_REMOVE, query_file_remove},
};

void
shell_desk_message(struct shell *shell, uint16_t type, struct bytes body)
{
    struct event event = shell_event(EVENT_READ);

    shell_step(shell, &event);
    for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++)
        if (handlers[i].type == type && handlers[i].take(shell, body) == ENTENTE_OK)
            return;
    shell_end(shell, "the desk said something that it may not say");
}
