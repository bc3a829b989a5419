/* What the store has more of, row by row: into the record, the consultation and the list. */
#include "room/internal.h"

#include <stdlib.h>

/* ---- what has grown besides segments ---- */

static enum entente_error
follow_register(struct room *room, uint8_t slot)
{
    const struct party_id *party = &room->genesis.parties[slot].party;
    struct party_register *reg = room->registers[slot];
    enum entente_error error = ENTENTE_OK;
    struct bytes encoded;

    while (error == ENTENTE_OK) {
        error = store_register_entry(room->options.store, party, register_count(reg) + 1, &encoded);
        if (error == ENTENTE_OK && register_add_all(reg, encoded) != ENTENTE_OK)
            error = ENTENTE_ERR_CORRUPT; /* the node has verified what it stored */
    }
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

static enum entente_error
follow_branches(struct room *room)
{
    const struct record_source *source = store_source(room->options.store);
    enum entente_error error = ENTENTE_OK;
    struct branch_row row;

    while (error == ENTENTE_OK) {
        error = source->branch_at(
            source->state, &room->options.id, record_branches(room->record), &row);
        if (error == ENTENTE_OK)
            error = record_follow_branch(room->record, &row);
    }
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

static enum entente_error
follow_proofs(struct room *room)
{
    enum entente_error error = ENTENTE_OK;
    uint16_t inc = 0;

    for (uint8_t slot = 0; error == ENTENTE_OK; inc++) {
        error = store_proof_from(room->options.store, &room->options.id, &slot, &inc);
        if (error == ENTENTE_OK)
            error = record_follow_proof(room->record, slot, inc);
    }
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

enum entente_error
room_follow(struct room *room)
{
    enum entente_error error = ENTENTE_OK;

    for (uint8_t slot = 0; slot < room->genesis.parties_count && error == ENTENTE_OK; slot++)
        error = follow_register(room, slot);
    if (error == ENTENTE_OK && room->record != NULL)
        error = follow_branches(room);
    if (error == ENTENTE_OK && room->record != NULL)
        error = follow_proofs(room);
    return error;
}

/* ---- rows ---- */

static enum entente_error
copy_row(struct arriving *arriving, const struct segment_row *row)
{
    enum entente_error error = memory_reserve(
        &arriving->memory, &arriving->size, row->segment.size + row->payloads.size + 1);

    if (error != ENTENTE_OK)
        return error;
    memcpy(arriving->memory, row->segment.data, row->segment.size);
    if (row->payloads.size > 0)
        memcpy(arriving->memory + row->segment.size, row->payloads.data, row->payloads.size);
    arriving->payloads = (struct bytes){arriving->memory + row->segment.size, row->payloads.size};
    struct reader reader = reader_of((struct bytes){arriving->memory, row->segment.size});
    return segment_parse(&reader, &arriving->segment) == ENTENTE_OK ? ENTENTE_OK
                                                                    : ENTENTE_ERR_CORRUPT;
}

/* The next row, or `*is_end`.  PENDING: something else has grown as well.  On error nothing has changed. */
static enum entente_error
read_row(struct room *room, bool *is_end)
{
    const struct record_source *source = store_source(room->options.store);
    struct arriving *arriving = &room->arriving;
    struct segment_row row;

    enum entente_error error = source->segment_after(
        source->state, &room->options.id, arriving->arrival, &row);
    *is_end = error == ENTENTE_ERR_NOT_FOUND;
    if (error != ENTENTE_OK)
        return *is_end ? ENTENTE_OK : error;
    arriving->segment.count = arriving->next = 0;
    error = copy_row(arriving, &row);
    if (error == ENTENTE_OK)
        error = record_follow(room->record, &row, &arriving->segment);
    if (error != ENTENTE_OK) {
        arriving->segment.count = 0;
        return error;
    }
    arriving->arrival = row.arrival;
    arriving->branch = row.branch;
    return ENTENTE_OK;
}

/* Branches, registers and proofs are looked for only when an entry has to do with them, or nothing else came. */
static enum entente_error
next_row(struct room *room, bool *is_end)
{
    enum entente_error error = read_row(room, is_end);

    if (error == ENTENTE_ERR_PENDING) {
        error = room_follow(room);
        if (error == ENTENTE_OK)
            error = read_row(room, is_end);
        if (error == ENTENTE_ERR_PENDING)
            error = ENTENTE_ERR_CORRUPT;
    }
    for (uint32_t i = 0; i < room->arriving.segment.count && error == ENTENTE_OK && !*is_end; i++)
        if (room->arriving.segment.entries[i].kind == ENTRY_FAULT)
            return follow_proofs(room);
    return error;
}

/* ---- opening ---- */

static void
ask(struct room *room, struct opening *opening, struct bytes header, struct bytes payload)
{
    room->must_ask -= opening->must_ask;
    opening->must_ask = false;
    room->options.calls.open(room->options.calls.state, opening->ticket, header, payload);
}

/* There is a free one: otherwise nothing is taken. */
static struct opening *
opening_new(
    struct room *room, uint32_t item, const struct entry *entry, const struct entry_id *id)
{
    uint32_t i = 0;

    while (room->openings[i].ticket != 0)
        i++;
    room->openings[i] = (struct opening){.ticket = ((uint64_t)item + 1) * ROOM_OPENING_MAX + i,
        .item = item,
        .bytes = entry->payload_bytes,
        .t_ms = entry->t_ms,
        .id = *id};
    room->openings_count++;
    room->openings_bytes += entry->payload_bytes;
    return &room->openings[i];
}

static bool
may_open(const struct room *room)
{
    return room->openings_count < ROOM_OPENING_MAX &&
           room->openings_bytes < ROOM_OPENING_BYTES_MAX;
}

static enum entente_error
ask_again(struct room *room)
{
    enum entente_error error = ENTENTE_OK;

    for (uint32_t i = 0; i < ROOM_OPENING_MAX && room->must_ask > 0 && error == ENTENTE_OK; i++) {
        struct opening *opening = &room->openings[i];
        const struct entry *entry;
        const struct entry_id *id;
        struct bytes payload;
        uint64_t arrival;
        if (opening->ticket == 0 || !opening->must_ask)
            continue;
        const struct item *item = &room->list.items[opening->item];
        error = look_at(room, item->branch, item->seq, &entry, &id, &payload, &arrival);
        if (error == ENTENTE_OK)
            ask(room, opening, entry->header, payload);
    }
    return error;
}

static enum entente_error
number(struct room *room, uint32_t item)
{
    enum entente_error error = list_number(&room->list, item);

    if (error == ENTENTE_OK && room->options.calls.changed != NULL)
        room->options.calls.changed(room->options.calls.state, room->list.changes_count);
    return error;
}

static struct opening *
find_opening(struct room *room, uint64_t ticket)
{
    struct opening *opening = &room->openings[ticket % ROOM_OPENING_MAX];

    return ticket != 0 && opening->ticket == ticket && !opening->must_ask ? opening : NULL;
}

static bool
is_to_be_asked_again(enum entente_error why)
{
    return why == ENTENTE_ERR_NO_MEMORY || why == ENTENTE_ERR_IO || why == ENTENTE_ERR_GONE;
}

/* The entry as it was met, for the consultation. */
static struct entry
entry_of(const struct room *room, const struct opening *opening)
{
    const struct item *item = &room->list.items[opening->item];
    const struct branch_row *row = record_branch(room->record, item->branch);

    return (struct entry){.kind = ENTRY_SEALED,
        .slot = row->slot,
        .inc = row->inc,
        .seq = item->seq,
        .t_ms = opening->t_ms};
}

/* Hand the body in `looked.body` to the consultation, where that has the entry already. */
static enum entente_error
open_item(struct room *room, uint32_t index, const struct entry *entry, const struct entry_id *id)
{
    if (index >= room->taken || room->is_broken)
        return ENTENTE_OK; /* that is evaluated anew, and takes it from here then */
    enum entente_error error = consultation_open(
        room->consultation, room->list.items[index].branch, entry, id, &room->looked.body);
    room->is_broken |= error != ENTENTE_OK;
    return error;
}

/* Keep the body in the spill; `*why`: why there is none. */
static enum entente_error
keep_body(struct room *room, struct item *item, struct bytes body, enum entente_error *why)
{
    uint64_t offset;

    if (*why == ENTENTE_OK)
        *why = body_parse(body, &room->looked.body);
    if (*why != ENTENTE_OK)
        return ENTENTE_OK;
    enum entente_error error = spill_add(&room->spill, body, &offset);
    if (error != ENTENTE_OK)
        return error;
    item->offset = offset & LIST_T_MAX;
    item->size = (uint32_t)body.size;
    item->has_body = true;
    return ENTENTE_OK;
}

enum entente_error
room_opened(struct room *room, uint64_t ticket, struct bytes body, enum entente_error why)
{
    struct opening *opening = find_opening(room, ticket);

    if (opening == NULL)
        return ENTENTE_ERR_NOT_FOUND;
    uint32_t index = opening->item;
    struct item *item = &room->list.items[index];
    enum entente_error error =
        is_to_be_asked_again(why) ? why : keep_body(room, item, body, &why);
    /* Memory for the number comes first: afterwards nothing is left to be asked again for. */
    if (error == ENTENTE_OK)
        error = list_grow(&room->list.changes, &room->list.changes_room, room->list.changes_count,
            sizeof *room->list.changes);
    if (error != ENTENTE_OK) {
        item->has_body = false;
        opening->must_ask = true;
        room->must_ask++;
        return is_to_be_asked_again(why) ? ENTENTE_OK : error;
    }
    item->why = why;
    room->unreadable += why != ENTENTE_OK;
    struct entry entry = entry_of(room, opening);
    if (why == ENTENTE_OK)
        error = open_item(room, index, &entry, &opening->id);
    room->openings_count--;
    room->openings_bytes -= opening->bytes;
    *opening = (struct opening){0};
    enum entente_error numbered = number(room, index);
    return error != ENTENTE_OK ? error : numbered;
}

/* ---- taking in ---- */

/* An entry that the list has, for a consultation that begins anew. */
static enum entente_error
take_again(struct room *room, const struct entry *entry, const struct entry_id *id)
{
    const struct item *item = &room->list.items[room->taken];
    enum entente_error error = item->has_body ? look_at_body(room, item) : ENTENTE_OK;

    if (error == ENTENTE_OK)
        error = consultation_add(room->consultation, room->arriving.branch, entry, id,
            segment_payload(&room->arriving.segment, room->arriving.payloads, room->arriving.next));
    if (error == ENTENTE_OK && item->has_body)
        error = consultation_open(
            room->consultation, room->arriving.branch, entry, id, &room->looked.body);
    room->is_broken |= error != ENTENTE_OK;
    return error;
}

static enum entente_error
take_new(struct room *room, const struct entry *entry, const struct entry_id *id)
{
    struct bytes payload =
        segment_payload(&room->arriving.segment, room->arriving.payloads, room->arriving.next);
    bool is_sealed = entry->kind == ENTRY_SEALED, is_top = false;
    struct item item = {.t_ms = (entry->t_ms < LIST_T_MAX ? entry->t_ms : LIST_T_MAX) & LIST_T_MAX,
        .branch = room->arriving.branch & 0xFFFFu,
        .is_sealed = is_sealed,
        .seq = entry->seq};

    enum entente_error error = order_note(room, room->arriving.branch, entry, &is_top);
    item.is_top = is_top;
    if (error == ENTENTE_OK)
        error = list_grow(&room->list.changes, &room->list.changes_room, room->list.changes_count,
            sizeof *room->list.changes);
    if (error == ENTENTE_OK)
        error = consultation_add(room->consultation, room->arriving.branch, entry, id, payload);
    if (error != ENTENTE_OK) {
        room->is_broken = true;
        return error;
    }
    error = list_add(&room->list, &item, id);
    if (error != ENTENTE_OK) {
        room->is_broken = true; /* it has an entry that the list has not */
        return error;
    }
    room->taken++;
    room->arriving.next++;
    uint32_t index = room->list.count - 1;
    if (!is_sealed)
        return number(room, index);
    ask(room, opening_new(room, index, entry, id), entry->header, payload);
    return ENTENTE_OK;
}

static enum entente_error
take_entry(struct room *room)
{
    const struct entry *entry = &room->arriving.segment.entries[room->arriving.next];
    const struct entry_id *id = &room->arriving.segment.ids[room->arriving.next];

    if (room->taken == room->list.count)
        return take_new(room, entry, id);
    enum entente_error error = take_again(room, entry, id);
    if (error == ENTENTE_OK) {
        room->taken++;
        room->arriving.next++;
    }
    return error;
}

/* The consultation begins anew, from what is here: the same entries come in the same order. */
static enum entente_error
begin_anew(struct room *room)
{
    enum entente_error error = room_consultation_new(room);

    if (error != ENTENTE_OK)
        return error;
    room->is_broken = false;
    room->taken = 0;
    room->arriving.arrival = 0;
    room->arriving.next = room->arriving.segment.count = 0;
    return ENTENTE_OK;
}

static enum entente_error
advance(struct room *room, uint32_t limit)
{
    enum entente_error error = room->is_broken ? begin_anew(room) : ENTENTE_OK;
    uint32_t i = 0;

    room->is_at_end = false;
    if (error == ENTENTE_OK)
        error = ask_again(room);
    for (; i < limit && error == ENTENTE_OK && may_open(room); i++) {
        if (room->arriving.next == room->arriving.segment.count)
            error = next_row(room, &room->is_at_end);
        if (room->is_at_end)
            break;
        if (error == ENTENTE_OK)
            error = take_entry(room);
    }
    if (room->is_at_end && error == ENTENTE_OK && !(room->options.is_told && room->is_followed)) {
        error = room_follow(room);
        room->is_followed = error == ENTENTE_OK;
    }
    if (room->is_at_end)
        record_stored(room->record);
    if (error == ENTENTE_OK) {
        error = consultation_follow_registers(room->consultation);
        room->is_broken |= error != ENTENTE_OK;
    }
    return error;
}

void
room_grew(struct room *room)
{
    room->is_followed = false;
}

enum entente_error
room_advance(struct room *room, uint32_t limit, bool *more)
{
    *more = false;
    enum entente_error error = store_snapshot(room->options.store);
    if (error != ENTENTE_OK)
        return error;
    error = advance(room, limit);
    store_snapshot_end(room->options.store);
    *more = error == ENTENTE_OK && !room->is_at_end && may_open(room);
    return error;
}
