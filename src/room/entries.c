/* Entries as people ask for them: out of the store, with their bodies out of the spill. */
#include "room/internal.h"

/* The branch of the lane with that number. */
static uint32_t
branch_numbered(const struct room *room, const struct branch_row *lane, uint16_t number)
{
    uint32_t index = record_parties(room->record);

    for (; index < record_branches(room->record); index++) {
        const struct branch_row *row = record_branch(room->record, index);
        if (row->slot == lane->slot && row->inc == lane->inc && row->branch == number)
            break;
    }
    return index;
}

uint32_t
item_of(const struct room *room, uint32_t branch, uint32_t seq)
{
    const struct branch_row *row = record_branch(room->record, branch);

    while (row != NULL && row->branch != 0 && seq <= row->fork_seq)
        row = record_branch(room->record, branch_numbered(room, row, row->parent));
    if (row == NULL || row->inc == REGISTER_INC || seq <= row->fork_seq)
        return LIST_NONE;
    return list_find(&room->list, row->index, seq - row->fork_seq);
}

static bool
is_looked_at(const struct looked *looked, uint32_t branch, uint32_t seq)
{
    return looked->segment.count > 0 && looked->branch == branch &&
           seq >= looked->segment.entries[0].seq &&
           seq - looked->segment.entries[0].seq < looked->segment.count;
}

/* The segment of (branch, seq) into `room->looked`. */
static enum entente_error
look_at_segment(struct room *room, uint32_t branch, uint32_t seq)
{
    const struct record_source *source = store_source(room->options.store);
    struct looked *looked = &room->looked;
    struct segment_row row;

    looked->segment.count = 0;
    enum entente_error error =
        source->segment_at(source->state, &room->options.id, branch, seq, &row);
    if (error == ENTENTE_ERR_NOT_FOUND)
        return ENTENTE_ERR_CORRUPT; /* it was met */
    if (error == ENTENTE_OK)
        error = memory_reserve(
            &looked->memory, &looked->memory_size, row.segment.size + row.payloads.size + 1);
    if (error != ENTENTE_OK)
        return error;
    memcpy(looked->memory, row.segment.data, row.segment.size);
    if (row.payloads.size > 0)
        memcpy(looked->memory + row.segment.size, row.payloads.data, row.payloads.size);
    struct reader reader = reader_of((struct bytes){looked->memory, row.segment.size});
    looked->payloads = (struct bytes){looked->memory + row.segment.size, row.payloads.size};
    looked->branch = branch;
    looked->arrival = row.arrival;
    if (segment_parse(&reader, &looked->segment) == ENTENTE_OK && is_looked_at(looked, branch, seq) &&
        looked->segment.payload_bytes == looked->payloads.size)
        return ENTENTE_OK;
    looked->segment.count = 0;
    return ENTENTE_ERR_CORRUPT;
}

enum entente_error
look_at(struct room *room, uint32_t branch, uint32_t seq, const struct entry **entry,
    const struct entry_id **id, struct bytes *payload, uint64_t *arrival)
{
    struct looked *looked = &room->looked;
    enum entente_error error = ENTENTE_OK;

    /* Who reads an entry most often reads its neighbours next; a stored segment never changes. */
    if (!is_looked_at(looked, branch, seq))
        error = look_at_segment(room, branch, seq);
    if (error != ENTENTE_OK)
        return error;
    uint32_t at = seq - looked->segment.entries[0].seq;
    *entry = &looked->segment.entries[at];
    *id = &looked->segment.ids[at];
    *payload = segment_payload(&looked->segment, looked->payloads, at);
    *arrival = looked->arrival;
    return ENTENTE_OK;
}

enum entente_error
look_at_body(struct room *room, const struct item *item)
{
    struct looked *looked = &room->looked;

    enum entente_error error =
        memory_reserve(&looked->plain, &looked->plain_size, item->size + AEAD_TAG_BYTES);
    if (error == ENTENTE_OK)
        error = spill_read(&room->spill, item->offset, item->size, looked->plain);
    if (error != ENTENTE_OK)
        return error;
    struct bytes plain = {looked->plain, item->size};
    error = body_parse(plain, &looked->body);
    return error == ENTENTE_OK ? error : ENTENTE_ERR_CORRUPT; /* it was read before */
}

/* ---- what is to be known of an entry ---- */

static bool
is_act(uint8_t kind)
{
    return kind == ENTRY_PROPOSE || kind == ENTRY_SIGN || kind == ENTRY_WITHDRAW ||
           kind == ENTRY_RATIFY;
}

static enum entente_error
fill_body(struct room *room, const struct item *item, struct bytes payload,
    struct room_entry *filled)
{
    enum entente_error error = ENTENTE_OK;

    filled->why = (enum entente_error)item->why;
    if (is_act(filled->entry.kind))
        filled->why = body_parse_clear(payload, &room->looked.body);
    else if (item->has_body)
        error = look_at_body(room, item);
    if (error == ENTENTE_OK && filled->why == ENTENTE_OK &&
        (item->has_body || is_act(filled->entry.kind)))
        filled->body = &room->looked.body;
    return error;
}

/* The session that `id` is, or that what made it is about: an item of its agenda.  NULL: none. */
static const struct digest *
session_of_object(const struct room *room, const struct digest *id)
{
    const struct object *object = consultation_object(room->consultation, id);
    const struct fact_note *made_by = object != NULL ? object_made_by(object) : NULL;
    struct fact fact;

    if (made_by != NULL && made_by->type == FACT_ITEM &&
        fact_parse(&fact, made_by->type, made_by->content) == ENTENTE_OK)
        object = consultation_object(room->consultation, &fact.object);
    return object != NULL && object_type(object) == FACT_SESSION ? object_id(object) : NULL;
}

/* The session that the body belongs to: it is filed under it, or one of its facts is about it. */
static const struct digest *
session_of(const struct room *room, const struct body *body)
{
    const struct digest *session = NULL;

    for (uint32_t i = 0; i < body->count && session == NULL; i++)
        if (fact_is_known(body->sections[i].type))
            session = session_of_object(room, &body->sections[i].fact.object);
    return session;
}

/* Where the session was closed, as of the last change; the answer is kept for the next entry. */
static enum entente_error
find_close(struct room *room, const struct digest *session, struct place *close)
{
    struct session_state state;
    enum entente_error error = ENTENTE_OK;

    if (room->session_changes != room->list.changes_count + 1 ||
        memcmp(&room->session, session, sizeof *session) != 0) {
        error = consultation_session(room->consultation, session, &state);
        if (error == ENTENTE_ERR_NOT_FOUND)
            error = ENTENTE_OK; /* what calls it does not count */
        if (error != ENTENTE_OK)
            return error;
        room->session = *session;
        room->session_changes = room->list.changes_count + 1;
        room->session_close =
            state.status == SESSION_IS_CLOSED ? state.close : (struct place){0};
    }
    *close = room->session_close;
    return error;
}

/* M4 */
static enum entente_error
fill_late(struct room *room, struct room_entry *filled)
{
    const struct digest *session =
        filled->body == NULL ? NULL : session_of(room, filled->body);
    struct place close;
    bool was_there = true;

    if (session == NULL)
        return ENTENTE_OK;
    enum entente_error error = find_close(room, session, &close);
    if (error == ENTENTE_OK && close.seq != 0)
        error = record_in_past(room->record, filled->place.branch, filled->place.seq, close.branch,
            close.seq, &was_there);
    filled->is_late = !was_there;
    return error;
}

static enum entente_error
fill_verdicts(struct room *room, struct room_entry *filled)
{
    struct record *record = room->record;
    const struct entry *entry = &filled->entry;
    bool is_admissible = true;
    enum entente_error error = ENTENTE_OK;

    for (uint8_t slot = 0; slot < record_parties(record); slot++)
        if (record_held_by(record, slot, filled->place.branch) >= entry->seq)
            filled->held |= UINT32_C(1) << slot;
    filled->is_contested = record_is_contested(record, entry->slot, entry->inc);
    if (record_incarnation(record, entry->slot) > entry->inc)
        error = record_is_admissible(
            record, filled->place.branch, filled->place.seq, &is_admissible);
    filled->is_void = !is_admissible;
    return error == ENTENTE_OK ? fill_late(room, filled) : error;
}

static enum entente_error
fill(struct room *room, uint32_t index, struct room_entry *filled)
{
    const struct item *item = &room->list.items[index];
    struct room_entry made = {.place = {item->branch, item->seq}, .change = item->change};
    const struct entry *entry;
    const struct entry_id *id;
    struct bytes payload;

    enum entente_error error =
        look_at(room, item->branch, item->seq, &entry, &id, &payload, &made.arrival);
    if (error != ENTENTE_OK)
        return error;
    made.entry = *entry;
    made.id = *id;
    error = fill_body(room, item, payload, &made);
    if (error == ENTENTE_OK)
        error = fill_verdicts(room, &made);
    if (error == ENTENTE_OK)
        *filled = made;
    return error;
}

enum entente_error
room_entry(struct room *room, const struct place *place, struct room_entry *entry)
{
    uint32_t index = item_of(room, place->branch, place->seq);

    *entry = (struct room_entry){0};
    if (index == LIST_NONE || room->list.items[index].change == 0)
        return ENTENTE_ERR_NOT_FOUND;
    return fill(room, index, entry);
}

enum entente_error
room_entry_of_id(struct room *room, const struct entry_id *id, struct room_entry *entry)
{
    struct entry_id found;
    uint32_t at = 0, index;

    *entry = (struct room_entry){0};
    while ((index = list_find_id(&room->list, id, &at)) != LIST_NONE) {
        const struct item *item = &room->list.items[index];
        enum entente_error error = record_id_at(room->record, item->branch, item->seq, &found);
        if (error != ENTENTE_OK)
            return error;
        if (entry_id_equal(&found, id))
            return item->change == 0 ? ENTENTE_ERR_NOT_FOUND : fill(room, index, entry);
    }
    return ENTENTE_ERR_NOT_FOUND;
}

enum entente_error
room_change(struct room *room, uint64_t change, struct room_entry *entry)
{
    *entry = (struct room_entry){0};
    if (change == 0 || change > room->list.changes_count)
        return ENTENTE_ERR_NOT_FOUND;
    return fill(room, room->list.changes[change - 1], entry);
}
