/*
 * The record itself: who wrote what after having seen what, proofs of two faces, the record as a file, and what
 * the operator decides about links.  PROTOCOL.md sections 5, 7 and 10.
 */
#include "api/internal.h"

#include "api/formats.h"
#include "api/handling.h"
#include "channel/messages.h"
#include "format/proof.h"

#include <stdlib.h>

/* ---- the graph, a window of it ---- */

#define WINDOW_ENTRIES 200u /* where no limit is given */

static json_t *
json_of_position(const struct position *position)
{
    json_t *made = json_object();

    json_put(&made, "slot", json_integer(position->slot));
    json_put(&made, "incarnation", json_integer(position->inc));
    json_put(&made, "number", json_integer(position->seq));
    json_put(&made, "entry", json_of_id(position->id.bytes));
    return made;
}

/* What the entry says that its writer had seen, beside its own feed. */
static json_t *
json_of_causes(const struct entry *entry)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < entry->deps_count; i++) {
        struct position cause = entry_dep(entry, i);
        json_add(&list, json_of_position(&cause));
    }
    return list;
}

static json_t *
json_of_node(struct room *room, const struct room_entry *entry)
{
    json_t *made = json_object();

    json_put(&made, "origin", json_of_origin(room, entry));
    json_put(&made, "kind", json_string(entry_kind_name(entry->entry.kind)));
    json_put(&made, "causes", json_of_causes(&entry->entry));
    return made;
}

static json_t *
json_of_feed(struct room *room, uint32_t branch)
{
    struct record *record = room_record(room);
    const struct branch_row *row = record_branch(record, branch);
    struct position head = record_head(record, branch);
    json_t *made = json_object();

    put_party(&made, room, "slot", "party", row->slot);
    json_put(&made, "incarnation", json_integer(row->inc));
    json_put(&made, "number", json_integer(head.seq));
    json_put(&made, "held_by_all", json_integer(record_held_by_all(record, branch)));
    json_put(&made, "contested",
        json_boolean(record_is_contested(record, row->slot, row->inc)));
    return made;
}

static json_t *
json_of_feeds(struct room *room)
{
    struct record *record = room_record(room);
    json_t *list = json_array();

    for (uint32_t branch = 0; branch < record_branches(record); branch++)
        if (record_branch(record, branch)->inc != REGISTER_INC)
            json_add(&list, json_of_feed(room, branch));
    return list;
}

static void
graph(struct call *call)
{
    struct room *room = call_room(call);
    uint64_t total = room_changes(room), limit = call_number(call, "limit", WINDOW_ENTRIES);
    uint64_t from = call_number(call, "from", UINT64_MAX);
    uint64_t last_from = total >= limit ? total - limit + 1 : 1;
    json_t *list = json_array(), *answer = json_object();
    enum entente_error error = ENTENTE_OK;
    struct room_entry entry;

    from = from > last_from ? last_from : from > 0 ? from : 1;
    for (uint64_t change = from; change < from + limit && change <= total; change++) {
        error = room_change(room, change, &entry);
        if (error != ENTENTE_OK)
            break;
        json_add(&list, json_of_node(room, &entry));
    }
    json_put(&answer, "from", json_integer((json_int_t)from));
    json_put(&answer, "total", json_integer((json_int_t)total));
    json_put(&answer, "feeds", json_of_feeds(room));
    json_put(&answer, "entries", list);
    reply_or_fail(call, error, answer);
}

/* ---- faults ---- */

/* The two entries that cannot both be: the first whose ids differ. */
static void
put_faces(json_t **made, const struct fault *fault)
{
    struct segment *segments = calloc(2, sizeof *segments);
    struct reader first = reader_of(fault->first), second = reader_of(fault->second);
    uint32_t number;
    bool one_is_first;

    if (segments == NULL) {
        json_put(made, "faces", NULL);
        return;
    }
    json_t *faces = json_array();
    if (segment_parse(&first, &segments[0]) == ENTENTE_OK &&
        segment_parse(&second, &segments[1]) == ENTENTE_OK &&
        proof_find(&segments[0], &segments[1], &number, &one_is_first)) {
        json_put(made, "number", json_integer(number));
        for (int i = 0; i < 2; i++) {
            uint32_t at = number - segments[i].entries[0].seq;
            json_t *face = json_object();
            json_put(&face, "entry", json_of_id(segments[i].ids[at].bytes));
            json_put(&face, "time", json_of_time(segments[i].entries[at].t_ms));
            json_put(&face, "kind", json_string(entry_kind_name(segments[i].entries[at].kind)));
            json_add(&faces, face);
        }
    }
    json_put(made, "faces", faces);
    free(segments);
}

static json_t *
json_of_knowing(struct record *record, uint8_t slot, uint16_t inc)
{
    json_t *list = json_array();

    for (uint8_t by = 0; by < record_parties(record); by++)
        if (record_has_fault_by(record, by, slot, inc))
            json_add(&list, json_integer(by));
    return list;
}

static enum entente_error
show_fault(struct room *room, uint8_t slot, uint16_t inc, json_t **shown)
{
    struct bytes proof;
    struct fault fault;
    json_t *made;

    enum entente_error error = room_proof(room, slot, inc, &proof);
    if (error == ENTENTE_OK)
        error = fault_parse(proof, &fault);
    if (error != ENTENTE_OK)
        return error;
    made = json_object();
    put_party(&made, room, "slot", "party", slot);
    json_put(&made, "incarnation", json_integer(inc));
    json_put(&made, "proof_bytes", json_integer((json_int_t)proof.size));
    json_put(&made, "known_by", json_of_knowing(room_record(room), slot, inc));
    put_faces(&made, &fault);
    *shown = made;
    return ENTENTE_OK;
}

static void
list_faults(struct call *call)
{
    struct room *room = call_room(call);
    json_t *list = json_array(), *answer = json_object();
    enum entente_error error = ENTENTE_OK;
    uint8_t slot;
    uint16_t inc;

    for (uint32_t i = 0; error == ENTENTE_OK &&
                         record_contested_at(room_record(room), i, &slot, &inc);
         i++) {
        json_t *shown = NULL;
        error = show_fault(room, slot, inc, &shown);
        if (error == ENTENTE_OK)
            json_add(&list, shown);
    }
    json_put(&answer, "faults", list);
    reply_or_fail(call, error, answer);
}

static void
fetch_proof(struct call *call)
{
    uint64_t slot = call_number(call, "slot", 0), inc = call_number(call, "incarnation", 0);
    struct bytes proof;

    enum entente_error error =
        room_proof(call_room(call), (uint8_t)slot, (uint16_t)inc, &proof);
    if (error == ENTENTE_ERR_NOT_FOUND)
        call_refuse(call, 404, "incarnation", "F1", "there is no proof against this feed");
    else if (error != ENTENTE_OK)
        call_fail(call, error);
    else
        call_reply_bytes(call, 200, "application/octet-stream", proof);
}

/* ---- checked anew ---- */

#define SLICE_SEGMENTS 128u /* where no limit is given */

static json_t *
json_of_wrong(const struct room_verified *verified)
{
    json_t *made = json_object();

    if (verified->wrong == ENTENTE_OK) {
        json_decref(made);
        return json_null();
    }
    json_put(&made, "error", json_string(entente_error_name(verified->wrong)));
    json_put(&made, "text", json_string(entente_error_text(verified->wrong)));
    json_put(&made, "at", verified->at.seq > 0 ? json_of_position(&verified->at) : json_null());
    return made;
}

static void
verify(struct call *call)
{
    struct room_verified verified;
    uint64_t after = call_number(call, "after", 0);
    uint64_t limit = call_number(call, "limit", SLICE_SEGMENTS);
    json_t *answer = json_object();

    enum entente_error error =
        room_verify(call_room(call), after, (uint32_t)limit, &verified);
    json_put(&answer, "last", json_integer((json_int_t)verified.last));
    json_put(&answer, "segments", json_integer(verified.segments));
    json_put(&answer, "entries", json_integer((json_int_t)verified.entries));
    json_put(&answer, "is_end", json_boolean(verified.is_end));
    json_put(&answer, "wrong", json_of_wrong(&verified));
    reply_or_fail(call, error, answer);
}

/* ---- the record as a file ---- */

/* The same ticket for the whole file: the node knows by it where it is. */
static void
ask_part(struct call *call)
{
    struct api *api = call->api;

    call->wait = WAIT_PART;
    call->wait_until_ms = api_now_ms(api) + API_WAIT_MS_MAX;
    api->desk.export_part(api->desk.state, call->ticket, call->room);
}

static void
export_record(struct call *call)
{
    struct api *api = call->api;

    for (const struct call *other = api->calls; other != NULL; other = other->next)
        if (other != call && other->handler == call->handler && other->ticket != 0) {
            call_refuse(call, 409, NULL, NULL,
                "the record is being given to somebody else at this moment: ask again in a while");
            return;
        }
    if (api->desk.export_part == NULL) {
        call_refuse(call, 503, NULL, NULL, "this desk cannot give the record as a file now");
        return;
    }
    (void)call_wait(call, WAIT_PART);
    ask_part(call);
}

static void
export_drained(struct call *call)
{
    if (call->is_head && call->wait == WAIT_NOTHING && call_has_room(call))
        ask_part(call);
}

void
record_exported(struct call *call, enum entente_error error, struct bytes part)
{
    call->wait = WAIT_NOTHING;
    if (error != ENTENTE_OK && !call->is_head) {
        call_fail(call, error);
        return;
    }
    if (!call->is_head)
        call_begin(call, 200, "application/octet-stream", -1);
    if (error != ENTENTE_OK && call->exchange != NULL)
        http_abort(call->exchange); /* so that nobody takes it for whole */
    if (error != ENTENTE_OK || part.size == 0 || call->exchange == NULL) {
        call_end(call);
        return;
    }
    call_part(call, part);
    if (call_has_room(call))
        ask_part(call);
}

/* ---- what the operator decides ---- */

static void
control(struct call *call)
{
    static const char *const list[] = {"alone", "cut", "mend"}; /* enum message_control_what */
    static const struct words whats = WORDS(list);
    struct api *api = call->api;
    uint8_t what = 0, slot = 0;

    take_word(call, "what", &whats, &what);
    if (what != CONTROL_ALONE && !has_field(call, "party")) {
        call_refuse(call, 422, "/party", NULL, "party: whose link is meant");
        return;
    }
    if (has_field(call, "party") && !take_slot(call, "party", &slot))
        return;
    if (api->desk.control == NULL)
        call_refuse(call, 503, NULL, NULL, "this desk cannot ask its node for that now");
    else
        api->desk.control(
            api->desk.state, call_wait(call, WAIT_DONE), call->room, what, slot);
}

void
record_controlled(struct call *call, enum entente_error error)
{
    call->wait = WAIT_NOTHING;
    if (error != ENTENTE_OK)
        call_fail(call, error);
    else
        call_reply(call, 200, json_incref(call->body)); /* what was decided */
}

static void
stop(struct call *call)
{
    struct api *api = call->api;
    uint64_t seconds = 0;

    call_field_number(call, "seconds", &seconds);
    enum entente_error error = api->desk.stop == NULL
                                   ? ENTENTE_ERR_NOT_RUNNING
                                   : api->desk.stop(api->desk.state, (uint16_t)seconds);
    if (error != ENTENTE_OK)
        call_fail(call, error);
    else
        call_reply(call, 202, json_incref(call->body));
}

const struct call_entry calls_of_record[] = {
    {.operation = "graphShow", .run = graph},
    {.operation = "faultList", .run = list_faults},
    {.operation = "faultProof", .run = fetch_proof},
    {.operation = "recordVerify", .run = verify},
    {.operation = "recordExport", .run = export_record, .drained = export_drained},
    {.operation = "linkControl", .run = control},
    {.operation = "nodeStop", .run = stop},
    {.operation = NULL},
};
