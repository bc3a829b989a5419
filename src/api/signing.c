#include "api/signing.h"

#include "api/formats.h"
#include "api/handling.h"

#include <inttypes.h>

struct reader
required_offices(struct room *room, const struct proposal *proposal)
{
    return reader_of(consultation_required(room_consultation(room), proposal));
}

const struct office_holder *
office_find_holder(const struct office_state *state, const struct public_key *key)
{
    for (uint8_t i = 0; i < state->count; i++)
        if (memcmp(&state->line[i].key, key, sizeof *key) == 0)
            return &state->line[i];
    return NULL;
}

static struct consent_terms
terms_of(struct room *room, const struct proposal *proposal, uint8_t slot, uint32_t office,
    uint8_t purpose)
{
    return (struct consent_terms){.room = *room_id(room),
        .act = proposal->act,
        .root = proposal->root,
        .party = *register_party(room_register(room, slot)),
        .office = office,
        .purpose = purpose};
}

static bool
signature_is_right(
    struct room *room, const struct proposal *proposal, uint8_t slot, const struct fact *consent)
{
    struct consent_terms terms = terms_of(room, proposal, slot, consent->number, consent->what);
    struct signature signature;

    memcpy(signature.bytes, consent->signature.data, sizeof signature.bytes);
    return consent_check(&consent->key, &signature, &terms);
}

bool
consent_is_valid(struct room *room, const struct proposal *proposal, uint8_t slot,
    uint32_t reg_number, const struct fact *consent)
{
    const struct offices *offices = consultation_offices(room_consultation(room), slot);

    return office_may_act(offices, consent->number, reg_number, &consent->key, proposal->kind) &&
           signature_is_right(room, proposal, slot, consent);
}

/* ---- whether the party may sign or withdraw now ---- */

/* Why not; `rule` empty: it may. */
struct obstacle {
    char rule[16];
    const char *why;
};

static const char *
why_not(unsigned rule)
{
    switch (rule) {
    case 4:
        return "the text still has brackets: it must be agreed wholly before it is signed";
    case 5:
        return "a party has withdrawn: the act cannot be signed any more";
    case 6:
        return "this party signed another act that excludes this one, and that is not dead: withdraw from it first";
    case 7:
        return "a node of a party was installed anew, and not every other party has confirmed it yet: wait for them";
    default:
        return "it would be void";
    }
}

static enum entente_error
find_obstacle_of_signing(
    struct room *room, const struct proposal *proposal, struct obstacle *obstacle)
{
    struct consultation *consultation = room_consultation(room);
    struct act_entry next = {
        .kind = ENTRY_SIGN, .slot = room_slot(room), .act = proposal->act, .is_authorised = true};
    struct act_verdict verdict;
    struct text_state text;
    bool is_clean = false;
    unsigned rule = 0;

    *obstacle = (struct obstacle){0};
    enum entente_error error = acts_judge_next(consultation_acts(consultation), &next, &rule);
    if (error == ENTENTE_OK)
        error = consultation_text_is_clean(consultation, &proposal->act, &is_clean);
    if (error == ENTENTE_OK)
        error = acts_verdict(consultation_acts(consultation), &proposal->act, &verdict);
    if (error != ENTENTE_OK)
        return error;
    if ((verdict.signed_by >> room_slot(room) & 1) != 0) {
        *obstacle = (struct obstacle){"A9", "this party has signed it already"};
    } else if (rule != 0) {
        snprintf(obstacle->rule, sizeof obstacle->rule, "A%u", rule);
        obstacle->why = why_not(rule);
    } else if (!is_clean) {
        bool is_here = consultation_text(consultation, &proposal->root, &text) == ENTENTE_OK;
        *obstacle = (struct obstacle){"T2",
            is_here && text.brackets > 0 ? "the text has brackets, whatever the proposal says of it"
                                         : "the text is not here in all of its languages yet"};
    }
    return ENTENTE_OK;
}

/* To withdraw is always heard, but for what it cannot change any more (A9). */
static enum entente_error
find_obstacle_of_withdrawing(
    struct room *room, const struct proposal *proposal, struct obstacle *obstacle)
{
    struct act_verdict verdict;
    enum entente_error error =
        acts_verdict(consultation_acts(room_consultation(room)), &proposal->act, &verdict);

    *obstacle = (struct obstacle){0};
    if (error != ENTENTE_OK)
        return error;
    if (verdict.is_complete)
        *obstacle = (struct obstacle){"A9", "all parties have signed: a withdrawal comes too late"};
    else if (verdict.is_dead)
        *obstacle = (struct obstacle){"A9", "the act is dead already"};
    else if ((verdict.withdrawn_by >> room_slot(room) & 1) != 0)
        *obstacle = (struct obstacle){"A3", "this party has withdrawn already"};
    return ENTENTE_OK;
}

static enum entente_error
find_obstacle(
    struct room *room, const struct proposal *proposal, uint8_t purpose, struct obstacle *obstacle)
{
    return purpose == CONSENT_SIGN ? find_obstacle_of_signing(room, proposal, obstacle)
                                   : find_obstacle_of_withdrawing(room, proposal, obstacle);
}

/* ---- consentTerms ---- */

static json_t *
json_of_terms(struct room *room, const struct proposal *proposal, uint32_t office, uint8_t purpose,
    const struct obstacle *obstacle)
{
    uint8_t own = room_slot(room);
    const struct offices *offices = consultation_offices(room_consultation(room), own);
    uint32_t position = register_count(room_register(room, own));
    const struct office_state *state = office_at(offices, office, position);
    const struct office_holder *acting = &state->line[state->acting];
    struct consent_terms terms = terms_of(room, proposal, own, office, purpose);
    bool can_sign = obstacle->rule[0] == '\0';
    uint8_t challenge[32];
    json_t *made = json_object();

    consent_make_challenge(challenge, &terms);
    json_put(&made, "office", json_of_utf8(office_name(offices, office)));
    json_put(&made, "office_number", json_integer(office));
    json_put(&made, "holder", json_of_utf8(office_person(offices, acting)));
    json_put(&made, "key", json_of_value(acting->key.bytes));
    json_put(&made, "purpose", json_string(purpose == CONSENT_SIGN ? "sign" : "withdraw"));
    json_put(&made, "act", json_of_id(&proposal->act));
    json_put(&made, "root", json_of_value(&proposal->root));
    json_put(&made, "challenge", json_of_value(challenge));
    json_put(&made, "register_number", json_integer(position));
    json_put(&made, "can_sign", json_boolean(can_sign));
    json_put(&made, "rule", can_sign ? json_null() : json_string(obstacle->rule));
    json_put(&made, "why", can_sign ? json_null() : json_string(obstacle->why));
    return made;
}

void
signing_terms(struct call *call)
{
    struct room *room = call_room(call);
    uint8_t own = room_slot(room);
    const char *purpose_asked = call_parameter(call, "purpose");
    bool withdraws = purpose_asked != NULL && strcmp(purpose_asked, "withdraw") == 0;
    uint8_t purpose = withdraws ? CONSENT_WITHDRAW : CONSENT_SIGN;
    struct proposal proposal;
    struct obstacle obstacle;

    if (!find_act(call, &proposal))
        return;
    uint32_t office = offices_named(consultation_offices(room_consultation(room), own),
        bytes_of_text(call_parameter(call, "office")), register_count(room_register(room, own)));
    if (office == 0) {
        call_refuse(call, 404, "office", "P7", "office: this party has no office of that name");
        return;
    }
    enum entente_error error = find_obstacle(room, &proposal, purpose, &obstacle);
    reply_or_fail(call, error,
        error == ENTENTE_OK ? json_of_terms(room, &proposal, office, purpose, &obstacle) : NULL);
}

/* ---- consents ---- */

/* What an entry carries: its own fact, and the consents behind it. */
struct carried {
    uint32_t count;
    struct section sections[1 + FACT_OFFICES_MAX];
    struct signature signatures[FACT_OFFICES_MAX];
};

static bool
refuse_consent(
    struct call *call, size_t index, uint16_t status, const char *field, const char *detail)
{
    char pointer[48];

    snprintf(pointer, sizeof pointer, "/consents/%zu/%s", index, field);
    call_refuse(call, status, pointer, "P7", "%s: %s", pointer, detail);
    return false;
}

/* The consent as a fact; false: it is none that counts at the position that will be cited (P7). */
static bool
take_consent(struct call *call, size_t index, const struct proposal *proposal, uint8_t purpose,
    struct carried *carried)
{
    struct room *room = call_room(call);
    uint8_t own = room_slot(room);
    const struct offices *offices = consultation_offices(room_consultation(room), own);
    uint32_t position = register_count(room_register(room, own));
    const json_t *given = json_array_get(json_object_get(call_body(call), "consents"), index);
    struct section *section = &carried->sections[carried->count];
    struct signature *signature = &carried->signatures[carried->count - 1];

    *section = (struct section){.type = FACT_CONSENT, .fact = {.what = purpose}};
    struct fact *fact = &section->fact;
    fact->number = offices_named(offices, text_in(given, "office"), position);
    fact->signature = (struct bytes){signature->bytes, sizeof signature->bytes};
    if (fact->number == 0)
        return refuse_consent(call, index, 404, "office", "this party has no office of that name");
    if (!hex_of_text(text_in(given, "key"), fact->key.bytes, sizeof fact->key.bytes) ||
        !hex_of_text(text_in(given, "signature"), signature->bytes, sizeof signature->bytes))
        return refuse_consent(call, index, 422, "signature", "these are no hexadecimal digits");
    if (!time_of_text(text_in(given, "time"), &fact->when_ms))
        fact->when_ms = call_now_ms(call);
    if (!office_may_act(offices, fact->number, position, &fact->key, proposal->kind))
        return refuse_consent(call, index, 409, "key",
            "who has this key does not act for the office now, and is no deputy for acts of this kind");
    if (!signature_is_right(room, proposal, own, fact))
        return refuse_consent(call, index, 409, "signature",
            "it is not by this key, or was given for another act, room, text, office or purpose");
    carried->count++;
    return true;
}

static bool
take_consents(
    struct call *call, const struct proposal *proposal, uint8_t purpose, struct carried *carried)
{
    size_t count = json_array_size(json_object_get(call_body(call), "consents"));

    for (size_t i = 0; i < count && i < FACT_OFFICES_MAX; i++)
        if (!take_consent(call, i, proposal, purpose, carried))
            return false;
    return true;
}

/* A8 */
static bool
has_all_consents(struct call *call, const struct proposal *proposal, const struct carried *carried)
{
    struct room *room = call_room(call);
    uint8_t own = room_slot(room);
    const struct offices *offices = consultation_offices(room_consultation(room), own);
    uint32_t position = register_count(room_register(room, own));
    struct reader required = required_offices(room, proposal);
    struct bytes name;

    while (office_name_next(&required, &name)) {
        uint32_t office = offices_named(offices, name, position);
        bool has = false;
        for (uint32_t i = 1; i < carried->count; i++)
            has |= carried->sections[i].fact.number == office;
        if (has && office != 0)
            continue;
        call_refuse(call, 409, "/consents", "A8",
            office != 0 ? "the consent of this party's office %.*s is missing"
                        : "the act needs the office %.*s, and this party has none of that name",
            (int)name.size, (const char *)name.data);
        return false;
    }
    return true;
}

/* ---- signing and withdrawing ---- */

/* Whether the party may; false: the call was refused. */
static bool
may(struct call *call, const struct proposal *proposal, uint8_t purpose)
{
    struct obstacle obstacle;
    enum entente_error error = find_obstacle(call_room(call), proposal, purpose, &obstacle);

    if (error != ENTENTE_OK) {
        call_fail(call, error);
        return false;
    }
    if (obstacle.rule[0] == '\0')
        return true;
    call_refuse(call, 409, "act", obstacle.rule, "%s", obstacle.why);
    return false;
}

void
signing_sign(struct call *call)
{
    struct carried carried = {.count = 1};
    struct proposal proposal;

    if (!find_act(call, &proposal) || !may(call, &proposal, CONSENT_SIGN) ||
        !take_consents(call, &proposal, CONSENT_SIGN, &carried) ||
        !has_all_consents(call, &proposal, &carried))
        return;
    carried.sections[0] = (struct section){.type = FACT_SIGN, .fact = {.object = proposal.act}};
    call_write(call, ENTRY_SIGN, carried.sections, carried.count, CALL_OBJECT_NONE);
}

/* The reason is sealed, and an entry of its own: a withdrawal is in clear. */
void
signing_withdraw(struct call *call)
{
    struct carried carried = {.count = 1};
    struct proposal proposal;
    struct section reason = {.type = FACT_RESERVATION, .fact = {.what = REMARK_REASON}};

    if (!find_act(call, &proposal) || !may(call, &proposal, CONSENT_WITHDRAW) ||
        !take_consents(call, &proposal, CONSENT_WITHDRAW, &carried))
        return;
    call_field_text(call, "language", &reason.fact.tag);
    call_field_text(call, "reason", &reason.fact.text);
    if (reason.fact.text.size > 0 && reason.fact.tag.size == 0) {
        call_refuse(call, 422, "/language", NULL, "language: which language the reason is in");
        return;
    }
    reason.fact.object = proposal.act;
    if (reason.fact.text.size > 0)
        call_write(call, ENTRY_SEALED, &reason, 1, CALL_OBJECT_NONE);
    carried.sections[0] = (struct section){.type = FACT_WITHDRAW, .fact = {.object = proposal.act}};
    call_write(call, ENTRY_WITHDRAW, carried.sections, carried.count, CALL_OBJECT_NONE);
}
