/*
 * The place of single entries in display order (O1), without walking the whole record.
 *
 * Kahn's order takes, of the entries whose causes are placed, the one with the smallest key.  So of two entries
 * that one comes first whose past, itself included, has the smaller greatest key: as long as it is not placed,
 * something of its past is open that has a smaller key than what the other one waits for.  Where both wait for
 * the same entry, what counts is the greatest key among what they wait for behind it, and so on: an
 * entry is placed by the chain of these keys, which ends with its own.  Mostly the chain is its own key
 * alone, since clocks agree with causes; order_note() finds out where it is not.
 *
 * Within a branch keys ascend (E8), so the greatest key of a past is among the heads that its vector names.
 */
#include "room/internal.h"

#include <stdlib.h>

/* ---- keys ---- */

/* What an entry claims, also where the list has no room for it. */
static enum entente_error
time_of(struct room *room, const struct item *item, uint64_t *t_ms)
{
    const struct entry *entry;
    const struct entry_id *id;
    struct bytes payload;
    uint64_t arrival;

    *t_ms = item->t_ms;
    if (item->t_ms != LIST_T_MAX)
        return ENTENTE_OK;
    enum entente_error error =
        look_at(room, item->branch, item->seq, &entry, &id, &payload, &arrival);
    if (error == ENTENTE_OK)
        *t_ms = entry->t_ms;
    return error;
}

static enum entente_error
key_of(struct room *room, uint32_t index, struct order_key *key)
{
    const struct item *item = &room->list.items[index];
    const struct branch_row *row = record_branch(room->record, item->branch);

    *key = (struct order_key){
        .place = {item->branch, item->seq}, .slot = row->slot, .inc = row->inc};
    return time_of(room, item, &key->t_ms);
}

static bool
is_same(const struct order_key *a, const struct order_key *b)
{
    return a->place.branch == b->place.branch && a->place.seq == b->place.seq;
}

static enum entente_error
compare_ids(struct room *room, const struct order_key *a, const struct order_key *b, int *order)
{
    struct entry_id one, other;

    *order = 0;
    enum entente_error error = record_id_at(room->record, a->place.branch, a->place.seq, &one);
    if (error == ENTENTE_OK)
        error = record_id_at(room->record, b->place.branch, b->place.seq, &other);
    if (error == ENTENTE_OK)
        *order = memcmp(one.bytes, other.bytes, ID_BYTES);
    return error;
}

static enum entente_error
compare_keys(struct room *room, const struct order_key *a, const struct order_key *b, int *order)
{
    *order = 0;
    if (a->t_ms != b->t_ms)
        *order = a->t_ms < b->t_ms ? -1 : 1;
    else if (a->slot != b->slot)
        *order = a->slot < b->slot ? -1 : 1;
    else if (a->inc != b->inc)
        *order = a->inc < b->inc ? -1 : 1;
    else if (a->place.seq != b->place.seq)
        *order = a->place.seq < b->place.seq ? -1 : 1;
    else if (!is_same(a, b))
        return compare_ids(room, a, b, order);
    return ENTENTE_OK;
}

static enum entente_error
raise_key(struct room *room, struct order_key *greatest, const struct order_key *key)
{
    int order = 1;
    enum entente_error error = ENTENTE_OK;

    if (greatest->place.seq != 0)
        error = compare_keys(room, key, greatest, &order);
    if (error == ENTENTE_OK && order > 0)
        *greatest = *key;
    return error;
}

/* ---- chains ---- */

/* The heads that a vector names. */
struct heads {
    struct order_key *keys;
    uint32_t count;
};

/* Of the entry's past, itself included. */
static enum entente_error
heads_of(struct room *room, const struct place *place, struct heads *heads)
{
    uint32_t branches = record_branches(room->record);
    uint32_t *past = calloc(branches + 1, sizeof *past);

    heads->count = 0;
    heads->keys = calloc(branches + 1, sizeof *heads->keys);
    enum entente_error error =
        past == NULL || heads->keys == NULL
            ? ENTENTE_ERR_NO_MEMORY
            : record_past_of(room->record, place->branch, place->seq, past);
    for (uint32_t b = record_parties(room->record); b < branches && error == ENTENTE_OK; b++) {
        uint32_t index = past[b] == 0 ? LIST_NONE : item_of(room, b, past[b]);
        if (index != LIST_NONE)
            error = key_of(room, index, &heads->keys[heads->count++]);
    }
    free(past);
    return error;
}

/* The next key of the chain; what does not wait for that entry goes. */
static enum entente_error
next_key(struct room *room, struct heads *heads, struct order_key *key)
{
    enum entente_error error = ENTENTE_OK;
    uint32_t kept = 0;

    *key = (struct order_key){0};
    for (uint32_t i = 0; i < heads->count && error == ENTENTE_OK; i++)
        error = raise_key(room, key, &heads->keys[i]);
    for (uint32_t i = 0; i < heads->count && error == ENTENTE_OK; i++) {
        const struct order_key *head = &heads->keys[i];
        bool waits = false;
        if (!is_same(head, key))
            error = record_in_past(room->record, key->place.branch, key->place.seq,
                head->place.branch, head->place.seq, &waits);
        if (waits)
            heads->keys[kept++] = *head;
    }
    heads->count = kept;
    return error;
}

static enum entente_error
compare_chains(struct room *room, const struct order_key *a, const struct order_key *b, int *order)
{
    struct heads one = {0}, other = {0};
    struct order_key of_one = {0}, of_other = {0};

    *order = 0;
    enum entente_error error = heads_of(room, &a->place, &one);
    if (error == ENTENTE_OK)
        error = heads_of(room, &b->place, &other);
    while (error == ENTENTE_OK && *order == 0) {
        error = next_key(room, &one, &of_one);
        if (error == ENTENTE_OK)
            error = next_key(room, &other, &of_other);
        if (error == ENTENTE_OK)
            error = compare_keys(room, &of_one, &of_other, order);
        if (*order == 0 && (is_same(&of_one, a) || is_same(&of_other, b)))
            break; /* the one is what the other waits for */
    }
    if (error == ENTENTE_OK && *order == 0)
        *order = is_same(&of_one, a) ? -1 : 1;
    free(one.keys);
    free(other.keys);
    return error;
}

static enum entente_error
compare_items(struct room *room, uint32_t a, uint32_t b, int *order)
{
    struct order_key one, other;

    *order = 0;
    if (a == b)
        return ENTENTE_OK;
    enum entente_error error = key_of(room, a, &one);
    if (error == ENTENTE_OK)
        error = key_of(room, b, &other);
    if (error != ENTENTE_OK)
        return error;
    if (room->list.items[a].is_top && room->list.items[b].is_top)
        return compare_keys(room, &one, &other, order);
    return compare_chains(room, &one, &other, order);
}

/* ---- noting ---- */

/* The greatest key of the past of an entry that was met. */
static enum entente_error
top_of(struct room *room, uint32_t branch, uint32_t seq, struct order_key *top)
{
    uint32_t index = item_of(room, branch, seq);
    struct heads heads = {0};

    *top = (struct order_key){0};
    if (index == LIST_NONE)
        return ENTENTE_ERR_CORRUPT; /* causes come first */
    const struct item *item = &room->list.items[index];
    if (item->is_top)
        return key_of(room, index, top);
    if (index == list_find(&room->list, item->branch, room->list.lanes[item->branch].count)) {
        *top = room->tops[item->branch];
        return ENTENTE_OK;
    }
    enum entente_error error = heads_of(room, &(struct place){item->branch, item->seq}, &heads);
    for (uint32_t i = 0; i < heads.count && error == ENTENTE_OK; i++)
        error = raise_key(room, top, &heads.keys[i]);
    free(heads.keys);
    return error;
}

static enum entente_error
branch_of_dep(struct room *room, const struct position *dep, uint32_t *branch)
{
    enum entente_error error = record_lane(room->record, dep->slot, dep->inc, branch);

    for (uint32_t b = *branch + 1; error == ENTENTE_OK && b < record_branches(room->record); b++) {
        const struct branch_row *row = record_branch(room->record, b);
        if (row->slot == dep->slot && row->inc == dep->inc)
            return record_find(room->record, dep, branch); /* forked: the id says which */
    }
    return error;
}

static enum entente_error
reserve_tops(struct room *room, uint32_t branch)
{
    while (room->tops_count <= branch) {
        enum entente_error error =
            list_grow(&room->tops, &room->tops_room, room->tops_count, sizeof *room->tops);
        if (error != ENTENTE_OK)
            return error;
        room->tops[room->tops_count++] = (struct order_key){0};
    }
    return ENTENTE_OK;
}

enum entente_error
order_note(struct room *room, uint32_t branch, const struct entry *entry, bool *is_top)
{
    struct order_key own = {entry->t_ms, {branch, entry->seq}, entry->slot, entry->inc};
    struct order_key greatest = own, key;
    enum entente_error error = reserve_tops(room, branch);

    if (error == ENTENTE_OK && entry->seq > 1) {
        error = top_of(room, branch, entry->seq - 1, &key);
        if (error == ENTENTE_OK)
            error = raise_key(room, &greatest, &key);
    }
    for (unsigned i = 0; i < entry->deps_count && error == ENTENTE_OK; i++) {
        struct position dep = entry_dep(entry, i);
        uint32_t on;
        if (dep.inc == REGISTER_INC)
            continue;
        error = branch_of_dep(room, &dep, &on);
        if (error == ENTENTE_OK)
            error = top_of(room, on, dep.seq, &key);
        if (error == ENTENTE_OK)
            error = raise_key(room, &greatest, &key);
    }
    if (error == ENTENTE_OK)
        room->tops[branch] = greatest;
    *is_top = is_same(&greatest, &own);
    return error;
}

/* ---- what is filed under an object ---- */

static enum entente_error
filed_of(struct room *room, const struct digest *object, struct filed **filed)
{
    for (uint32_t i = 0; i < room->filed_count; i++)
        if (memcmp(&room->filed[i].object, object, sizeof *object) == 0) {
            *filed = &room->filed[i];
            return ENTENTE_OK;
        }
    enum entente_error error =
        list_grow(&room->filed, &room->filed_room, room->filed_count, sizeof *room->filed);
    if (error != ENTENTE_OK)
        return error;
    *filed = &room->filed[room->filed_count++];
    **filed = (struct filed){.object = *object};
    return ENTENTE_OK;
}

/* In its place, mostly the last one; a body may name its object twice. */
static enum entente_error
file(struct room *room, struct filed *filed, uint32_t item)
{
    enum entente_error error =
        list_grow(&filed->items, &filed->room, filed->count, sizeof *filed->items);
    uint32_t low = 0, high = filed->count, middle = high > 0 ? high - 1 : 0;
    int order = 1;

    while (low < high && error == ENTENTE_OK) {
        error = compare_items(room, item, filed->items[middle], &order);
        if (order == 0)
            return error;
        if (order > 0)
            low = middle + 1;
        else
            high = middle;
        middle = low + (high - low) / 2;
    }
    if (error != ENTENTE_OK)
        return error;
    memmove(&filed->items[low + 1], &filed->items[low],
        (filed->count - low) * sizeof *filed->items);
    filed->items[low] = item;
    filed->count++;
    return ENTENTE_OK;
}

/* What was filed since the last time; the order of what is there does not change by it (O1). */
static enum entente_error
file_new(struct room *room, struct filed *filed, const struct object *object)
{
    enum entente_error error = ENTENTE_OK;

    while (filed->seen < object_under_count(object) && error == ENTENTE_OK) {
        const struct place *place = object_under(object, filed->seen);
        uint32_t item = item_of(room, place->branch, place->seq);
        error = item == LIST_NONE ? ENTENTE_ERR_CORRUPT : file(room, filed, item);
        filed->seen += error == ENTENTE_OK;
    }
    return error;
}

/* NULL: there is nothing under it. */
static enum entente_error
filed_under(struct room *room, const struct digest *object, struct filed **filed)
{
    const struct object *found = consultation_object(room->consultation, object);

    *filed = NULL;
    if (found == NULL || object_under_count(found) == 0)
        return ENTENTE_OK;
    enum entente_error error = filed_of(room, object, filed);
    return error == ENTENTE_OK ? file_new(room, *filed, found) : error;
}

enum entente_error
room_under_count(struct room *room, const struct digest *object, uint32_t *count)
{
    struct filed *filed;
    enum entente_error error = filed_under(room, object, &filed);

    *count = error == ENTENTE_OK && filed != NULL ? filed->count : 0;
    return error;
}

enum entente_error
room_under(
    struct room *room, const struct digest *object, uint32_t index, struct room_entry *entry)
{
    struct filed *filed;

    *entry = (struct room_entry){0};
    enum entente_error error = filed_under(room, object, &filed);
    if (error == ENTENTE_OK && (filed == NULL || index >= filed->count))
        error = ENTENTE_ERR_NOT_FOUND;
    if (error != ENTENTE_OK)
        return error;
    const struct item *item = &room->list.items[filed->items[index]];
    return room_entry(room, &(struct place){item->branch, item->seq}, entry);
}
