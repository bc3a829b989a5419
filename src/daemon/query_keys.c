/* The entries that bring chains: `keys`, and `key-help` for this party.  PROTOCOL.md K3 and K5. */
#include "daemon/shell.h"

#include "format/keys.h"

#define CHAINS_PAGE_MAX 64u

/* Entry `seq` of `branch`, until the source's next call. */
static enum entente_error
find_entry(struct shell *shell, struct record *record, uint32_t branch, uint32_t seq,
    struct bytes *header, struct bytes *payload)
{
    static struct segment segment;
    const struct record_source *source = store_source(shell->store);
    struct segment_row row;

    enum entente_error error =
        source->segment_at(source->state, record_room(record), branch, seq, &row);
    if (error != ENTENTE_OK)
        return error;
    struct reader reader = reader_of(row.segment);
    if (segment_parse(&reader, &segment) != ENTENTE_OK || segment.entries[0].seq > seq ||
        seq - segment.entries[0].seq >= segment.count || segment.payload_bytes != row.payloads.size)
        return ENTENTE_ERR_CORRUPT;
    *header = segment.entries[seq - segment.entries[0].seq].header;
    *payload = segment_payload(&segment, row.payloads, seq - segment.entries[0].seq);
    return ENTENTE_OK;
}

static enum entente_error
find_special(struct shell *shell, struct record *record, uint8_t kind, uint32_t branch,
    uint64_t detail, uint32_t seq, struct special_row *special)
{
    const struct record_source *source = store_source(shell->store);

    return source->special_from(
        source->state, record_room(record), kind, branch, detail, seq, special);
}

/* A feed that forked may have announced the chain in any of its branches. */
static enum entente_error
find_announced(struct shell *shell, struct record *record, const struct message_node_keys *asked,
    struct message_node_keys_are *found)
{
    struct special_row special;

    for (uint32_t i = record_parties(record); i < record_branches(record); i++) {
        const struct branch_row *row = record_branch(record, i);
        if (row->slot != asked->slot || row->inc != asked->inc)
            continue;
        enum entente_error error =
            find_special(shell, record, ENTRY_KEYS, i, asked->chain, 0, &special);
        if (error == ENTENTE_ERR_NOT_FOUND ||
            (error == ENTENTE_OK && special.detail != asked->chain))
            continue;
        return error != ENTENTE_OK
                   ? error
                   : find_entry(shell, record, i, special.seq, &found->header, &found->payload);
    }
    return ENTENTE_ERR_NOT_FOUND;
}

static bool
gives(struct bytes payload, uint8_t own_slot, const struct message_node_keys *asked)
{
    struct key_help help;

    if (key_help_parse(payload, &help) != ENTENTE_OK || help.slot != own_slot)
        return false;
    for (uint32_t i = 0; i < help.count; i++) {
        struct key_help_item item = key_help_item(&help, i);
        if (item.owner_slot == asked->slot && item.owner_inc == asked->inc &&
            item.chain == asked->chain)
            return true;
    }
    return false;
}

/* Help number `asked->source`, from 1, with the chain: one helper may be dishonest. */
static enum entente_error
find_help(struct shell *shell, struct record *record, const struct message_node_keys *asked,
    struct message_node_keys_are *found)
{
    uint8_t own_slot = node_slot(shell->node, record_room(record));
    uint32_t left = asked->source;

    for (uint32_t i = record_parties(record); i < record_branches(record); i++) {
        struct special_row special = {0};
        for (uint32_t seq = 0;; seq = special.seq + 1) {
            enum entente_error error =
                find_special(shell, record, ENTRY_KEY_HELP, i, 0, seq, &special);
            if (error == ENTENTE_ERR_NOT_FOUND)
                break;
            if (error == ENTENTE_OK)
                error = find_entry(shell, record, i, special.seq, &found->header, &found->payload);
            if (error != ENTENTE_OK)
                return error;
            if (gives(found->payload, own_slot, asked) && --left == 0)
                return ENTENTE_OK;
        }
    }
    found->header = found->payload = (struct bytes){0};
    return ENTENTE_ERR_NOT_FOUND;
}

enum entente_error
query_keys(struct shell *shell, struct bytes body)
{
    struct message_node_keys asked;
    struct message_node_keys_are found = {0};
    struct room_id room;

    enum entente_error error = message_node_keys_read(body, &asked);
    if (error != ENTENTE_OK)
        return error;
    struct record *record = query_room(shell, &asked.room, &room);
    if (record == NULL)
        error = ENTENTE_ERR_NOT_FOUND;
    else if (asked.source == 0)
        error = find_announced(shell, record, &asked, &found);
    else
        error = find_help(shell, record, &asked, &found);
    found.ticket = asked.ticket;
    found.error = (uint16_t)error;
    return message_node_keys_are_queue(shell->desk, &found);
}

/* ---- all chains of a room, page by page ---- */

/* What no reader of K3 would take is left out. */
static void
add_entry(struct writer *writer, struct bytes header, struct bytes payload)
{
    if (payload.size > KEYS_BYTES_MAX)
        return;
    writer_u32(writer, (uint32_t)header.size);
    writer_bytes(writer, header);
    writer_u32(writer, (uint32_t)payload.size);
    writer_bytes(writer, payload);
}

static enum entente_error
add_page(struct shell *shell, struct record *record, struct message_node_chains_are *page,
    struct writer *writer)
{
    uint32_t count = 0;

    if (page->branch < record_parties(record))
        page->branch = record_parties(record);
    while (page->branch < record_branches(record)) {
        struct special_row special;
        struct bytes header, payload;
        if (count == CHAINS_PAGE_MAX) {
            page->more = true;
            return ENTENTE_OK;
        }
        enum entente_error error =
            find_special(shell, record, ENTRY_KEYS, page->branch, page->chain, 0, &special);
        if (error == ENTENTE_OK)
            error = find_entry(shell, record, page->branch, special.seq, &header, &payload);
        else if (error == ENTENTE_ERR_NOT_FOUND) {
            page->branch++;
            page->chain = 0;
            continue;
        }
        if (error != ENTENTE_OK)
            return error;
        add_entry(writer, header, payload);
        count++;
        page->chain = special.detail + 1;
        if (page->chain == 0)
            page->branch++;
    }
    return ENTENTE_OK;
}

enum entente_error
query_chains(struct shell *shell, struct bytes body)
{
    static uint8_t entries[CHAINS_PAGE_MAX * (8 + ENTRY_HEADER_BYTES_MAX + KEYS_BYTES_MAX)];
    struct writer writer = writer_of(entries, sizeof entries);
    struct message_node_chains asked;
    struct room_id room;

    enum entente_error error = message_node_chains_read(body, &asked);
    if (error != ENTENTE_OK)
        return error;
    struct message_node_chains_are page = {
        .ticket = asked.ticket, .branch = asked.branch, .chain = asked.chain};
    struct record *record = query_room(shell, &asked.room, &room);
    error = record == NULL ? ENTENTE_ERR_NOT_FOUND : add_page(shell, record, &page, &writer);
    page.error = (uint16_t)shell_read_error(shell, error);
    page.entries = error == ENTENTE_OK ? writer_written(&writer) : (struct bytes){0};
    return message_node_chains_are_queue(shell->desk, &page);
}
