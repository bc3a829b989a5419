/* Acts: proposed, signed, withdrawn.  PROTOCOL.md section 12.  What their signatures need:
 * signing.c. */
#include "api/handling.h"

#include "api/signing.h"

#include <inttypes.h>
#include <stdlib.h>

static const char *const kind_words[] = {"joint-text", "charter", "successor", "readout",
    "correction", "joint-office", "chair-order", "minutes"};
const struct words act_kinds = WORDS(kind_words);
static const char *const remark_words[] = {"reservation", "declaration", "reason"};
static const struct words remarks = WORDS(remark_words);
static const char *const purpose_words[] = {"sign", "withdraw"};
static const struct words purposes = WORDS(purpose_words);

/* ---- showing ---- */

static json_t *
show_reservation(const struct shown *shown)
{
    json_t *made = json_object();

    json_put(&made, "kind", json_of_word(&remarks, shown->fact->what));
    put_text(&made, shown->fact);
    put_note(&made, shown);
    return made;
}

enum entente_error
put_reservations(json_t **answer, struct room *room, const struct digest *act)
{
    return put_notes(answer, "reservations", room,
        consultation_object(room_consultation(room), act), FACT_RESERVATION, show_reservation,
        NULL);
}

json_t *
json_of_verdict(const struct act_verdict *verdict)
{
    return json_string(verdict->is_effective  ? "effective"
                       : verdict->is_dead     ? "dead"
                       : verdict->is_complete ? "complete"
                                              : "proposed");
}

/* A kind that has no name here is shown by its number. */
static json_t *
json_of_kind(uint8_t kind)
{
    json_t *word = json_of_word(&act_kinds, kind);
    char number[8];

    if (!json_is_null(word))
        return word;
    json_decref(word);
    snprintf(number, sizeof number, "%u", kind);
    return json_string(number);
}

static json_t *
json_of_offices(struct room *room, const struct proposal *proposal)
{
    struct reader required = required_offices(room, proposal);
    json_t *list = json_array();
    struct bytes name;

    while (office_name_next(&required, &name))
        json_add(&list, json_of_utf8(name));
    return list;
}

static enum entente_error
act_show(struct room *room, const struct proposal *proposal, json_t **shown)
{
    struct act_verdict verdict;
    json_t *made = NULL;
    enum entente_error error =
        acts_verdict(consultation_acts(room_consultation(room)), &proposal->act, &verdict);

    *shown = NULL;
    if (error != ENTENTE_OK)
        return error;
    made = json_object();
    json_put(&made, "act", json_of_id(&proposal->act));
    json_put(&made, "kind", json_of_kind(proposal->kind));
    put_party(&made, room, "slot", "party", proposal->slot);
    json_put(&made, "root", json_of_value(&proposal->root));
    json_put(&made, "subject", json_of_id(&proposal->subject));
    json_put(&made, "number", json_integer(proposal->number));
    json_put(&made, "brackets", json_integer(proposal->brackets));
    json_put(&made, "offices", json_of_offices(room, proposal));
    json_put(&made, "verdict", json_of_verdict(&verdict));
    json_put(&made, "signed_by", json_of_slots(verdict.signed_by));
    json_put(&made, "ratified_by", json_of_slots(verdict.ratified_by));
    json_put(&made, "withdrawn_by", json_of_slots(verdict.withdrawn_by));
    json_put(&made, "origin", json_of_origin_at(room, &proposal->place));
    *shown = made;
    return ENTENTE_OK;
}

static void
list_acts(struct call *call)
{
    struct room *room = call_room(call);
    struct consultation *consultation = room_consultation(room);
    json_t *list = json_array();
    enum entente_error error = ENTENTE_OK;
    struct digest act;
    struct page page;
    bool has_more = false;

    if (!page_of_call(call, &page)) {
        json_decref(list);
        return;
    }
    for (; error == ENTENTE_OK && acts_at(consultation_acts(consultation), page.next, &act);
         page.next++) {
        struct proposal proposal;
        json_t *shown;
        if (!consultation_proposal(consultation, &act, &proposal))
            continue; /* a withdrawal of what is not here */
        has_more = page.taken == page.limit;
        if (has_more)
            break;
        error = act_show(room, &proposal, &shown);
        if (error == ENTENTE_OK)
            json_add(&list, shown);
        page.taken++;
    }
    reply_page(call, error, "acts", list, &page, has_more);
}

/* ---- an act as a whole ---- */

/* Whose signature is missing, with the holders who would give it. */
static void
add_missing(json_t **list, struct room *room, uint8_t slot, const struct proposal *proposal)
{
    const struct offices *offices = consultation_offices(room_consultation(room), slot);
    uint32_t position = register_count(room_register(room, slot));
    struct reader required = required_offices(room, proposal);
    struct bytes name;
    bool has_office = false;

    while (office_name_next(&required, &name)) {
        const struct office_state *state =
            office_at(offices, offices_named(offices, name, position), position);
        json_t *made = json_object();
        put_party(&made, room, "slot", "party", slot);
        json_put(&made, "office", json_of_utf8(name));
        if (state != NULL)
            json_put(
                &made, "holder", json_of_utf8(office_person(offices, &state->line[state->acting])));
        json_add(list, made);
        has_office = true;
    }
    if (!has_office) {
        json_t *made = json_object();
        put_party(&made, room, "slot", "party", slot);
        json_add(list, made);
    }
}

static void
put_missing(json_t **answer, struct room *room, const struct proposal *proposal, uint32_t signed_by)
{
    json_t *list = json_array();

    for (uint8_t slot = 0; slot < room_parties(room); slot++)
        if ((signed_by >> slot & 1) == 0)
            add_missing(&list, room, slot, proposal);
    json_put(answer, "missing", list);
}

static json_t *
json_of_consent(struct room *room, const struct proposal *proposal, const struct room_entry *entry,
    const struct fact *consent)
{
    uint8_t slot = entry->entry.slot;
    const struct offices *offices = consultation_offices(room_consultation(room), slot);
    const struct office_state *state = office_at(offices, consent->number, entry->entry.reg_number);
    const struct office_holder *holder =
        state != NULL ? office_find_holder(state, &consent->key) : NULL;
    json_t *made = json_object();

    json_put(&made, "office",
        state != NULL ? json_of_utf8(office_name(offices, consent->number)) : json_string(""));
    if (holder != NULL)
        json_put(&made, "holder", json_of_utf8(office_person(offices, holder)));
    json_put(&made, "key", json_of_value(consent->key.bytes));
    json_put(&made, "purpose", json_of_word(&purposes, consent->what));
    json_put(&made, "is_valid",
        json_boolean(consent_is_valid(room, proposal, slot, entry->entry.reg_number, consent)));
    return made;
}

/* A sign entry: where it is from, whether it counts, and the consents that it carries. */
static enum entente_error
add_signature(
    json_t **list, struct room *room, const struct proposal *proposal, const struct act_deed *deed)
{
    struct room_entry entry;
    json_t *made = json_object(), *consents = json_array();
    char rule[16];
    enum entente_error error = room_entry(room, &deed->place, &entry);

    if (error != ENTENTE_OK) {
        json_decref(made);
        json_decref(consents);
        return error;
    }
    for (uint32_t i = 1; entry.body != NULL && i < entry.body->count; i++)
        if (entry.body->sections[i].type == FACT_CONSENT)
            json_add(
                &consents, json_of_consent(room, proposal, &entry, &entry.body->sections[i].fact));
    snprintf(rule, sizeof rule, "A%u", deed->rule);
    bool counts = deed->rule == 0 && !entry.is_void;
    put_party(&made, room, "slot", "party", deed->slot);
    json_put(&made, "counts", json_boolean(counts));
    json_put(&made, "rule", counts ? json_null() : json_string(deed->rule != 0 ? rule : "I2"));
    json_put(&made, "consents", consents);
    json_put(&made, "origin", json_of_origin(room, &entry));
    json_add(list, made);
    return ENTENTE_OK;
}

static enum entente_error
put_signatures(json_t **answer, struct room *room, const struct proposal *proposal)
{
    struct acts *acts = consultation_acts(room_consultation(room));
    json_t *list = json_array();
    struct act_deed deed;
    enum entente_error error = ENTENTE_OK;

    for (uint32_t i = 0;
         error == ENTENTE_OK && acts_deed_at(acts, &proposal->act, ENTRY_SIGN, i, &deed); i++)
        error = add_signature(&list, room, proposal, &deed);
    json_put(answer, "signatures", list);
    return error;
}

static enum entente_error
put_readout(json_t **answer, struct call *call, const struct proposal *proposal)
{
    json_t *shown = NULL;
    enum entente_error error =
        readout_show(call_room(call), &proposal->act, call_now_ms(call), false, &shown);

    if (error == ENTENTE_ERR_NOT_FOUND)
        shown = json_null();
    json_put(answer, "readout", shown);
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

static void
show_whole_act(struct call *call)
{
    struct room *room = call_room(call);
    struct consultation *consultation = room_consultation(room);
    struct act_verdict verdict;
    struct proposal proposal;
    json_t *answer;
    bool is_clean = false;

    if (!find_act(call, &proposal))
        return;
    enum entente_error error = act_show(room, &proposal, &answer);
    if (error == ENTENTE_OK)
        error = acts_verdict(consultation_acts(consultation), &proposal.act, &verdict);
    if (error == ENTENTE_OK)
        error = consultation_text_is_clean(consultation, &proposal.act, &is_clean);
    if (error == ENTENTE_OK) {
        json_put(&answer, "is_clean", json_boolean(is_clean));
        put_missing(&answer, room, &proposal, verdict.signed_by);
        error = put_signatures(&answer, room, &proposal);
    }
    if (error == ENTENTE_OK)
        error = put_reservations(&answer, room, &proposal.act);
    if (error == ENTENTE_OK)
        error = put_readout(&answer, call, &proposal);
    reply_or_fail(call, error, answer);
}

/* ---- proposing ---- */

static int
compare_names(const void *a, const void *b)
{
    const struct bytes *one = a, *other = b;
    int order = memcmp(one->data, other->data, one->size < other->size ? one->size : other->size);

    return order != 0 ? order : (one->size > other->size) - (one->size < other->size);
}

/* The offices that are asked for, ascending; `list` has room for FACT_OFFICES_MAX of them. */
static bool
take_offices(struct call *call, struct fact *fact, uint8_t *list, size_t size)
{
    const json_t *given = json_object_get(call_body(call), "offices");
    struct bytes names[FACT_OFFICES_MAX];
    size_t count = json_array_size(given);
    struct writer writer = writer_of(list, size);

    for (size_t i = 0; i < count; i++) {
        const json_t *name = json_array_get(given, i);
        names[i] =
            (struct bytes){(const uint8_t *)json_string_value(name), json_string_length(name)};
    }
    qsort(names, count, sizeof names[0], compare_names);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && compare_names(&names[i - 1], &names[i]) == 0) {
            call_refuse(call, 422, "/offices", "A8", "offices: one is named twice");
            return false;
        }
        office_name_write(&writer, names[i]);
    }
    fact->items_count = (uint16_t)count;
    fact->items = writer_written(&writer);
    return true;
}

/* A2: what the act is about.  A charter's is a hash; the others' is something here, or the room. */
static bool
take_act_subject(struct call *call, struct fact *fact)
{
    const struct room_id *room = room_id(call_room(call));

    if (fact->what == ACT_CORRECTION && !has_field(call, "subject")) {
        call_refuse(
            call, 422, "/subject", "A2", "subject: the readout that is corrected is missing");
        return false;
    }
    if (!call_field_id(call, "subject", &fact->subject) || fact->what == ACT_CHARTER ||
        memcmp(&fact->subject, room, sizeof *room) == 0)
        return true;
    if (fact->what != ACT_CORRECTION)
        return take_known(call, "subject", &fact->subject);
    struct readout_state state;
    enum entente_error error =
        consultation_readout(room_consultation(call_room(call)), &fact->subject, &state);
    if (error == ENTENTE_OK)
        return true;
    call_refuse(call, 404, "/subject", "A2",
        "subject: no readout with this id was proposed in the record here");
    return false;
}

static void
propose(struct call *call)
{
    struct section section = {.type = FACT_PROPOSE};
    struct fact *fact = &section.fact;
    uint8_t offices[FACT_OFFICES_MAX * (1 + FACT_NAME_BYTES_MAX)];
    struct found_object text;
    uint64_t number = 0;

    call_field_number(call, "number", &number);
    take_word(call, "kind", &act_kinds, &fact->what);
    if (!take_act_subject(call, fact) || !find_field(call, "root", FACT_TEXT, &text) ||
        !take_offices(call, fact, offices, sizeof offices))
        return;
    fact->root = text.id;
    fact->number = (uint32_t)number;
    fact->brackets = text.fact.brackets; /* T2 */
    call_write(call, ENTRY_PROPOSE, &section, 1, CALL_OBJECT_ACT);
}

static void
add_reservation(struct call *call)
{
    struct proposal proposal;
    struct fact fact = {0};

    if (!find_act(call, &proposal))
        return;
    take_word(call, "kind", &remarks, &fact.what);
    take_text(call, &fact);
    fact.object = proposal.act;
    write_fact(call, FACT_RESERVATION, &fact);
}

const struct call_entry calls_of_acts[] = {
    {.operation = "actList", .run = list_acts},
    {.operation = "actShow", .run = show_whole_act},
    {.operation = "actPropose", .run = propose},
    {.operation = "consentTerms", .run = signing_terms},
    {.operation = "actSign", .run = signing_sign},
    {.operation = "actWithdraw", .run = signing_withdraw},
    {.operation = "reservationAdd", .run = add_reservation},
    {.operation = NULL},
};
