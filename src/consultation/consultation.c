/* Entries in, acts and objects out. */
#include "consultation/internal.h"

#include <stdlib.h>

static enum entente_error
take_genesis(struct consultation *consultation, const struct genesis *genesis)
{
    size_t size = 0;

    for (uint8_t i = 0; i < genesis->offices_count; i++)
        size += 1 + genesis->offices[i].size;
    consultation->required = malloc(size + 1);
    if (consultation->required == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    struct writer writer = writer_of(consultation->required, size);
    for (uint8_t i = 0; i < genesis->offices_count; i++)
        office_name_write(&writer, genesis->offices[i]);
    consultation->required_size = size;
    return ENTENTE_OK;
}

enum entente_error
consultation_new(struct consultation **consultation, const struct consultation_options *options)
{
    struct consultation *made = calloc(1, sizeof *made);

    *consultation = NULL;
    if (made == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    made->room = options->room;
    made->changes = 1;
    made->parties = options->genesis->parties_count;
    made->registers = options->registers;
    made->causality = *options->causality;
    enum entente_error error = take_genesis(made, options->genesis);
    if (error == ENTENTE_OK)
        error = acts_new(&made->acts, made->parties, &made->causality, NULL);
    for (uint8_t slot = 0; slot < made->parties && error == ENTENTE_OK; slot++)
        error = offices_new(&made->offices[slot], options->registers[slot]);
    if (error != ENTENTE_OK)
        consultation_free(made);
    else
        *consultation = made;
    return error;
}

void
consultation_free(struct consultation *consultation)
{
    if (consultation == NULL)
        return;
    for (uint32_t i = 0; i < consultation->objects_count; i++) {
        struct object *object = consultation->objects[i];
        if (object->is_made)
            free((void *)object->made.content.data);
        free(object->notes); /* their contents belong to the objects that they make */
        free(object->under);
        free(object->persons[0].list);
        free(object->persons[1].list);
        free(object);
    }
    for (uint32_t i = 0; i < consultation->proposed_count; i++)
        free(consultation->proposed[i].memory);
    for (uint8_t slot = 0; slot < consultation->parties; slot++)
        offices_free(consultation->offices[slot]);
    free(consultation->objects);
    free(consultation->proposed);
    map_free(&consultation->ids);
    map_free(&consultation->proposals);
    acts_free(consultation->acts);
    free(consultation->required);
    free(consultation);
}

const struct offices *
consultation_offices(const struct consultation *consultation, uint8_t slot)
{
    return consultation->offices[slot];
}

struct acts *
consultation_acts(struct consultation *consultation)
{
    return consultation->acts;
}

bool
consultation_proposal(
    const struct consultation *consultation, const struct digest *act, struct proposal *proposal)
{
    uint32_t index = map_get(&consultation->proposals, act);

    *proposal = (struct proposal){0};
    if (index == MAP_NONE)
        return false;
    *proposal = consultation->proposed[index].proposal;
    return true;
}

/* ---- registers ---- */

static enum entente_error
take_register_entry(struct consultation *consultation, uint8_t slot, uint32_t number)
{
    struct reader reader = reader_of(register_encoded(consultation->registers[slot], number));
    struct register_entry entry;
    struct place place = {slot, number}; /* branch N of a record is the register of slot N */

    enum entente_error error = register_entry_parse(&reader, &entry);
    if (error != ENTENTE_OK || entry.kind != REGISTER_ACT_WITHDRAW ||
        !room_id_equal(&entry.room, &consultation->room))
        return error;
    return acts_add_register(consultation->acts, slot, &place, &entry.act);
}

/* Whatever an entry has in its past of the registers came before it. */
enum entente_error
consultation_follow_registers(struct consultation *consultation)
{
    enum entente_error error = ENTENTE_OK;

    for (uint8_t slot = 0; slot < consultation->parties && error == ENTENTE_OK; slot++) {
        uint32_t *taken = &consultation->taken[slot];
        if (*taken == register_count(consultation->registers[slot]))
            continue;
        error = offices_update(consultation->offices[slot]);
        while (error == ENTENTE_OK && *taken < register_count(consultation->registers[slot])) {
            error = take_register_entry(consultation, slot, *taken + 1);
            if (error == ENTENTE_OK)
                ++*taken;
        }
    }
    return error;
}

/* ---- acts ---- */

static enum entente_error
keep_proposal(struct consultation *consultation, const struct entry *entry,
    const struct act_entry *deed, const struct fact *fact)
{
    enum entente_error error = list_grow(&consultation->proposed, &consultation->proposed_room,
        consultation->proposed_count, sizeof *consultation->proposed);
    uint8_t *memory = malloc(fact->items.size + 1);

    if (error == ENTENTE_OK && memory != NULL)
        error = map_set(&consultation->proposals, &deed->act, consultation->proposed_count);
    if (error != ENTENTE_OK || memory == NULL) {
        free(memory);
        return ENTENTE_ERR_NO_MEMORY;
    }
    if (fact->items.size > 0)
        memcpy(memory, fact->items.data, fact->items.size);
    consultation->proposed[consultation->proposed_count++] = (struct proposed){
        .memory = memory,
        .proposal = {.act = deed->act,
            .place = deed->place,
            .slot = entry->slot,
            .kind = fact->what,
            .subject = fact->subject,
            .root = fact->root,
            .number = fact->number,
            .brackets = fact->brackets,
            .offices_count = fact->items_count,
            .offices = {memory, fact->items.size}},
    };
    return ENTENTE_OK;
}

/* Whether the payload has the consent of one who may act for the office (P7). */
static bool
has_consent(const struct consultation *consultation, const struct entry *entry,
    const struct proposal *proposal, struct bytes office_asked)
{
    const struct offices *offices = consultation->offices[entry->slot];
    struct consent_terms terms = {.room = consultation->room,
        .act = proposal->act,
        .root = proposal->root,
        .party = *register_party(consultation->registers[entry->slot]),
        .office = offices_named(offices, office_asked, entry->reg_number),
        .purpose = CONSENT_SIGN};

    for (uint32_t i = 1; terms.office != 0 && i < consultation->clear.count; i++) {
        const struct section *section = &consultation->clear.sections[i];
        struct signature signature;
        if (section->type != FACT_CONSENT || section->fact.what != CONSENT_SIGN ||
            section->fact.number != terms.office ||
            !office_may_act(
                offices, terms.office, entry->reg_number, &section->fact.key, proposal->kind))
            continue;
        memcpy(signature.bytes, section->fact.signature.data, sizeof signature.bytes);
        if (consent_check(&section->fact.key, &signature, &terms))
            return true;
    }
    return false;
}

struct bytes
consultation_required(const struct consultation *consultation, const struct proposal *proposal)
{
    return proposal->offices_count > 0
               ? proposal->offices
               : (struct bytes){consultation->required, consultation->required_size};
}

/* A8; the payload's sections are in `clear`. */
static bool
is_authorised(
    const struct consultation *consultation, const struct entry *entry, const struct digest *act)
{
    struct proposal proposal;
    struct bytes name;

    if (!consultation_proposal(consultation, act, &proposal))
        return false;
    struct reader names = reader_of(consultation_required(consultation, &proposal));
    while (office_name_next(&names, &name))
        if (!has_consent(consultation, entry, &proposal, name))
            return false;
    return true;
}

/* Fill in `deed` out of the payload (A1); false where the entry is void. */
static bool
read_deed(struct consultation *consultation, const struct entry *entry, struct bytes payload,
    const struct entry_id *id, struct act_entry *deed)
{
    static const struct digest zero;
    struct body *clear = &consultation->clear;

    if (body_parse_clear(payload, clear) != ENTENTE_OK ||
        clear->sections[0].type != fact_type_of_entry(entry->kind))
        return false;
    const struct fact *fact = &clear->sections[0].fact;
    if (entry->kind != ENTRY_PROPOSE) {
        deed->act = fact->object;
        deed->is_authorised =
            entry->kind == ENTRY_SIGN && is_authorised(consultation, entry, &deed->act);
        return true;
    }
    fact_make_act(&deed->act, &consultation->room, id);
    deed->has_brackets = fact->brackets > 0;
    if (memcmp(&fact->subject, &zero, sizeof zero) != 0)
        fact_make_slot_key(&deed->slot_key, fact->what, &fact->subject, fact->number);
    return true;
}

/* The rule of a signature that counts but for its consents: none is there, or none is good. */
static struct rule
rule_of_consents(const struct consultation *consultation)
{
    for (uint32_t i = 1; i < consultation->clear.count; i++)
        if (consultation->clear.sections[i].type == FACT_CONSENT)
            return (struct rule){'P', 7};
    return (struct rule){'A', 8};
}

enum entente_error
consultation_judge(struct consultation *consultation, uint8_t slot, uint8_t kind,
    struct bytes payload, struct rule *broken)
{
    struct act_entry deed = {.kind = kind, .slot = slot};
    struct entry entry = {.kind = kind, .slot = slot};
    static const struct entry_id none;
    unsigned number = 0;
    bool is_clean = true;

    *broken = (struct rule){'A', 1};
    enum entente_error error = consultation_follow_registers(consultation);
    entry.reg_number = register_count(consultation->registers[slot]);
    if (error != ENTENTE_OK || fact_type_of_entry(kind) == 0 ||
        !read_deed(consultation, &entry, payload, &none, &deed))
        return error;
    if (kind == ENTRY_SIGN || kind == ENTRY_RATIFY)
        error = acts_judge_next(consultation->acts, &deed, &number);
    if (error == ENTENTE_OK && kind == ENTRY_SIGN && number == 0)
        error = consultation_text_is_clean(consultation, &deed.act, &is_clean);
    *broken = number == 8   ? rule_of_consents(consultation)
              : number != 0 ? (struct rule){'A', (uint8_t)number}
              : !is_clean   ? (struct rule){'T', 2}
                            : (struct rule){0, 0};
    return error;
}

enum entente_error
consultation_add(struct consultation *consultation, uint32_t branch, const struct entry *entry,
    const struct entry_id *id, struct bytes payload)
{
    struct act_entry deed = {
        .kind = entry->kind, .slot = entry->slot, .place = {branch, entry->seq}};
    enum entente_error error = consultation_follow_registers(consultation);

    consultation->changes++;
    if (error != ENTENTE_OK)
        return error;
    if (fact_type_of_entry(entry->kind) != 0) {
        if (!read_deed(consultation, entry, payload, id, &deed))
            deed.kind = ENTRY_ACK; /* void: known of, like any other entry */
        else if (entry->kind == ENTRY_PROPOSE)
            error = keep_proposal(
                consultation, entry, &deed, &consultation->clear.sections[0].fact);
    }
    return error != ENTENTE_OK ? error : acts_add(consultation->acts, &deed);
}

/* ---- the state hash ---- */

void
hash_number(struct hasher *hasher, uint64_t value, size_t size)
{
    uint8_t field[8];
    struct writer writer = writer_of(field, sizeof field);

    writer_u64(&writer, value);
    hasher_add(hasher, (struct bytes){field + 8 - size, size});
}

static int
compare_digests(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct digest));
}

static enum entente_error
hash_acts(struct consultation *consultation, struct hasher *hasher)
{
    struct digest *ids = NULL;
    uint32_t count = 0, room = 0;
    enum entente_error error = ENTENTE_OK;

    for (struct digest id; error == ENTENTE_OK && acts_at(consultation->acts, count, &id);) {
        error = list_grow(&ids, &room, count, sizeof *ids);
        if (error == ENTENTE_OK)
            ids[count++] = id;
    }
    if (count > 1)
        qsort(ids, count, sizeof *ids, compare_digests);
    hash_number(hasher, count, 4);
    for (uint32_t i = 0; i < count && error == ENTENTE_OK; i++) {
        struct act_verdict verdict;
        error = acts_verdict(consultation->acts, &ids[i], &verdict);
        hasher_add(hasher, (struct bytes){ids[i].bytes, ID_BYTES});
        hash_number(hasher, verdict.is_proposed, 1);
        hash_number(hasher, verdict.signed_by, 4);
        hash_number(hasher, verdict.ratified_by, 4);
        hash_number(hasher, verdict.withdrawn_by, 4);
        hash_number(hasher, verdict.is_dead, 1);
        hash_number(hasher, verdict.is_effective, 1);
    }
    free(ids);
    return error;
}

static enum entente_error
hash_object(
    const struct consultation *consultation, const struct object *object, struct hasher *hasher)
{
    hasher_add(hasher, (struct bytes){object->id.bytes, ID_BYTES});
    hash_number(hasher, object_type(object), 2);
    hash_number(hasher, object->count, 4);
    hash_number(hasher, object->under_count, 4);
    for (uint32_t i = 0; i < object->count; i++)
        hasher_add(hasher, (struct bytes){object->notes[i].object.bytes, ID_BYTES});
    switch (object_type(object)) {
    case FACT_SESSION:
        return session_hash(consultation, object, hasher);
    case FACT_PLEDGE:
        return pledge_hash(consultation, object, hasher);
    case FACT_DIALOGUE:
        return dialogue_hash(consultation, object, hasher);
    case FACT_ASSESSMENT:
        return assessment_hash(consultation, object, hasher);
    default:
        return ENTENTE_OK;
    }
}

static int
compare_objects(const void *a, const void *b)
{
    const struct object *const *one = a, *const *other = b;

    return memcmp(&(*one)->id, &(*other)->id, sizeof(struct digest));
}

enum entente_error
consultation_state_hash(struct consultation *consultation, struct digest *hash)
{
    struct hasher hasher;
    uint32_t count = consultation->objects_count;
    struct object **sorted = malloc((count + 1) * sizeof(struct object *));

    *hash = (struct digest){0};
    if (sorted == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    if (count > 0) {
        memcpy(sorted, consultation->objects, count * sizeof(struct object *));
        qsort(sorted, count, sizeof(struct object *), compare_objects);
    }
    hasher_start(&hasher, "entente/consult1");
    hasher_add(&hasher, (struct bytes){consultation->room.bytes, ID_BYTES});
    enum entente_error error = hash_acts(consultation, &hasher);
    hash_number(&hasher, count, 4);
    for (uint32_t i = 0; i < count && error == ENTENTE_OK; i++)
        error = hash_object(consultation, sorted[i], &hasher);
    hasher_finish(&hasher, hash->bytes);
    free(sorted);
    return error;
}
