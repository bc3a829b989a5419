/*
 * Goal: the state of a consultation follows from the set of entries alone, and says what people
 * mean: who chairs, what is agreed, what is owed, where a dialogue stands.
 * Method: small rooms with real records; scenes written out; random histories of facts of every
 * type, taken in again in other orders and opened late, which must end at the same hash.
 */
#include "consultation/consultation.h"
#include "consultation/texts.h"
#include "crypto/hash.h"
#include "support/facts.h"
#include "support/room.h"
#include "support/test.h"

#define ENTRIES_MAX 120
#define PARTIES 3

struct written {
    struct built_segment built;
    struct entry entry; /* its views are of `built` */
    struct entry_id id;
    bool is_sealed;
    struct body body;
    uint8_t content[4096];
    uint64_t past[2]; /* a bit for each entry, itself included */
};

static struct test_room room;
static struct replica party[PARTIES];
static struct build_feed feed[PARTIES];
static struct written written[ENTRIES_MAX];
static uint64_t seen[PARTIES][2];
static int count;

/* The observer, who evaluates. */
static struct replica replica;
static struct consultation *consultation;

static void
observer_start(void)
{
    struct replica_options options = {.heads_only = true};
    struct causality causality;

    replica_make(&replica, &room, &options);
    causality_of_record(&causality, replica.record);
    struct consultation_options made = {.genesis = &room.genesis,
        .room = room.id,
        .registers = room.registers,
        .causality = &causality};
    if (consultation_new(&consultation, &made) != ENTENTE_OK)
        abort();
}

static void
observer_stop(void)
{
    consultation_free(consultation);
    replica_free(&replica);
}

static void
start(void)
{
    struct replica_options options = {.heads_only = true};

    test_room_make(&room, PARTIES, 1);
    count = 0;
    memset(seen, 0, sizeof seen);
    for (uint8_t slot = 0; slot < PARTIES; slot++) {
        replica_make(&party[slot], &room, &options);
        test_room_feed(&feed[slot], &room, slot, 1);
    }
    observer_start();
}

static void
stop(void)
{
    observer_stop();
    for (int i = 0; i < count; i++)
        built_segment_free(&written[i].built);
    for (uint8_t slot = 0; slot < PARTIES; slot++)
        replica_free(&party[slot]);
    test_room_free(&room);
}

static bool
has(const uint64_t *set, int entry)
{
    return (set[entry / 64] >> (entry % 64) & 1) != 0;
}

static bool
has_causes(const uint64_t *set, int entry)
{
    uint64_t missing[2] = {written[entry].past[0] & ~set[0], written[entry].past[1] & ~set[1]};

    missing[entry / 64] &= ~(UINT64_C(1) << (entry % 64));
    return missing[0] == 0 && missing[1] == 0;
}

static void
hear(uint8_t slot, int entry)
{
    CHECK(replica_receive(&party[slot], &written[entry].built) == ENTENTE_OK);
    seen[slot][entry / 64] |= UINT64_C(1) << (entry % 64);
}

static void
hear_all(uint8_t slot)
{
    for (int i = 0; i < count; i++)
        if (!has(seen[slot], i))
            hear(slot, i);
}

static void
observe(int i)
{
    const struct written *w = &written[i];
    uint32_t branch;

    CHECK(replica_receive(&replica, &w->built) == ENTENTE_OK);
    CHECK(record_lane(replica.record, w->entry.slot, w->entry.inc, &branch) == ENTENTE_OK);
    CHECK(
        consultation_add(consultation, branch, &w->entry, &w->id, w->built.payloads) == ENTENTE_OK);
}

static void
observe_opened(int i)
{
    const struct written *w = &written[i];
    uint32_t branch;

    if (!w->is_sealed)
        return;
    CHECK(record_lane(replica.record, w->entry.slot, w->entry.inc, &branch) == ENTENTE_OK);
    CHECK(consultation_open(consultation, branch, &w->entry, &w->id, &w->body) == ENTENTE_OK);
}

/* Write the sections in `body` as an entry of `kind` by `slot`, and show it to the observer. */
static int
write_entry(uint8_t slot, uint8_t kind, struct body *body)
{
    struct written *w = &written[count];
    static struct segment segment;
    struct bytes payload = bytes_of_text("sealed");

    *w = (struct written){.is_sealed = kind == ENTRY_SEALED};
    struct writer writer = writer_of(w->content, sizeof w->content);
    if (body_write_clear(&writer, body) != ENTENTE_OK ||
        body_parse_clear(writer_written(&writer), &w->body) != ENTENTE_OK)
        abort();
    if (kind != ENTRY_SEALED)
        payload = writer_written(&writer);
    if (!replica_write(&party[slot], &feed[slot], kind, payload, &w->built))
        abort();
    struct reader reader = reader_of(w->built.segment);
    if (segment_parse(&reader, &segment) != ENTENTE_OK)
        abort();
    w->entry = segment.entries[0];
    w->id = w->built.positions[0].id;
    seen[slot][count / 64] |= UINT64_C(1) << (count % 64);
    memcpy(w->past, seen[slot], sizeof w->past);
    observe(count);
    observe_opened(count);
    return count++;
}

static struct digest
object_of(int entry)
{
    struct digest object;

    fact_make_object(&object, &written[entry].id, 0);
    return object;
}

static int
say(uint8_t slot, uint16_t type, const struct fact *fact)
{
    static struct body body;

    body = (struct body){.count = 1};
    body.sections[0].type = type;
    body.sections[0].fact = *fact;
    return write_entry(slot, ENTRY_SEALED, &body);
}

/* ---- sessions ---- */

static struct digest session;

static int
chair(uint8_t slot, uint32_t term, uint8_t what, struct digest subject)
{
    struct fact fact = {.object = session, .number = term, .what = what, .subject = subject};

    return say(slot, FACT_CHAIR, &fact);
}

static void
call_session(void)
{
    static const uint8_t chairs[] = {1, 0, 2};
    struct fact fact = {.items = {chairs, 3},
        .items_count = 3,
        .tag = bytes_of_text("en"),
        .name = bytes_of_text("Consultation of advisers")};

    session = object_of(say(0, FACT_SESSION, &fact));
}

static int
attend(uint8_t slot, const char *name, uint8_t what)
{
    struct fact fact = {.object = session, .what = what, .mode = 2, .name = bytes_of_text(name)};

    return say(slot, FACT_ATTENDANCE, &fact);
}

static struct session_state
session_now(void)
{
    struct session_state state;

    CHECK(consultation_session(consultation, &session, &state) == ENTENTE_OK);
    return state;
}

/* Whether the last chair's fact of slot 1, or the first one of slot 0, counts. */
static bool
step_counts(uint8_t slot)
{
    const struct object *object = consultation_object(consultation, &session);
    const struct fact_note *found = NULL;
    bool counts;

    for (uint32_t i = 0; object_note(object, i) != NULL; i++)
        if (object_note(object, i)->slot == slot && (slot == 1 || found == NULL))
            found = object_note(object, i);
    CHECK(consultation_step_counts(consultation, &session, found, &counts) == ENTENTE_OK);
    return counts;
}

TEST(the_chair_runs_a_session)
{
    static const struct digest none;
    struct digest item;
    struct fact_note note;

    start();
    call_session();
    CHECK(session_now().status == SESSION_CALLED && session_now().chair == 1);
    hear_all(1);
    chair(0, 0, CHAIR_OPEN, none); /* slot 0 is not the chair of term 0 */
    CHECK(session_now().status == SESSION_CALLED);
    chair(1, 0, CHAIR_OPEN, none);
    CHECK(session_now().status == SESSION_IS_OPEN);
    struct fact fact = {.object = session,
        .number = 1,
        .minutes = 20,
        .slot = 2,
        .tag = bytes_of_text("en"),
        .text = bytes_of_text("Vaccines")};
    item = object_of(say(2, FACT_ITEM, &fact));
    chair(1, 0, CHAIR_ITEM, item);
    attend(0, "A", ATTENDANCE_JOIN);
    attend(2, "C", ATTENDANCE_JOIN);
    attend(0, "B", ATTENDANCE_JOIN);
    attend(0, "A", ATTENDANCE_LEAVE);
    struct session_state state = session_now();
    CHECK(memcmp(&state.item, &item, sizeof item) == 0);
    CHECK(state.items == 1 && state.attending == 2);
    CHECK(consultation_person(consultation, &session, FACT_ATTENDANCE, 0, &note) == ENTENTE_OK);
    CHECK(fact_parse(&fact, FACT_ATTENDANCE, note.content) == ENTENTE_OK);
    CHECK(bytes_equal(fact.name, bytes_of_text("A")) && fact.what == ATTENDANCE_LEAVE);
    CHECK(consultation_person(consultation, &session, FACT_ATTENDANCE, 2, &note) == ENTENTE_OK);
    CHECK(note.slot == 2);
    CHECK(consultation_person(consultation, &session, FACT_ATTENDANCE, 3, &note) ==
          ENTENTE_ERR_NOT_FOUND);
    fact = (struct fact){.object = session, .what = QUEUE_ASK, .name = bytes_of_text("C")};
    struct digest request = object_of(say(2, FACT_QUEUE, &fact));
    chair(1, 0, CHAIR_FLOOR, request);
    state = session_now();
    CHECK(state.waiting == 1 && memcmp(&state.floor, &request, sizeof request) == 0);
    chair(1, 0, CHAIR_SUSPEND, none);
    CHECK(session_now().status == SESSION_IS_SUSPENDED);
    chair(1, 0, CHAIR_CLOSE, none);
    chair(1, 0, CHAIR_RESUME, none); /* a close is final */
    CHECK(session_now().status == SESSION_IS_CLOSED);
    stop();
}

TEST(the_chair_passes_when_a_party_drops)
{
    static const struct digest none;

    start();
    call_session();
    hear_all(1);
    hear_all(2);
    chair(1, 0, CHAIR_OPEN, none);
    chair(0, 1, CHAIR_SUSPEND, none); /* the next in order, who has not taken the chair */
    CHECK(session_now().status == SESSION_IS_OPEN && session_now().chair == 1);
    chair(2, 1, CHAIR_TAKE, none); /* out of order */
    CHECK(session_now().chair == 1);
    chair(0, 1, CHAIR_TAKE, none);
    CHECK(session_now().status == SESSION_IS_OPEN); /* what came before does not count now */
    chair(0, 1, CHAIR_SUSPEND, none);
    CHECK(session_now().chair == 0 && session_now().term == 1);
    CHECK(session_now().status == SESSION_IS_SUSPENDED);
    chair(1, 0, CHAIR_RESUME, none); /* did not know; the later term prevails */
    CHECK(session_now().status == SESSION_IS_SUSPENDED);
    CHECK(step_counts(1) && !step_counts(0)); /* slot 1 opened; slot 0 had not taken the chair */
    hear_all(1);
    chair(1, 0, CHAIR_CLOSE, none); /* knew */
    CHECK(session_now().status == SESSION_IS_SUSPENDED);
    CHECK(!step_counts(1));
    hear_all(2);
    chair(2, 2, CHAIR_TAKE, none);
    chair(2, 2, CHAIR_RESUME, none);
    CHECK(session_now().chair == 2 && session_now().status == SESSION_IS_OPEN);
    stop();
}

/* A chair of a closed term 0 keeps a later term from reopening. */
TEST(a_close_in_an_earlier_term_is_final)
{
    static const struct digest none;

    start();
    call_session();
    hear_all(1);
    chair(1, 0, CHAIR_CLOSE, none);
    chair(0, 1, CHAIR_TAKE, none);
    chair(0, 1, CHAIR_OPEN, none);
    CHECK(session_now().status == SESSION_IS_CLOSED);
    stop();
}

/* ---- commitments, dialogues ---- */

TEST(the_givers_word_and_the_receivers_are_kept_apart)
{
    struct pledge_state state;

    start();
    struct fact fact = {.parties = 6,
        .quantity = 1000,
        .label = bytes_of_text("doses"),
        .when_ms = 50,
        .tag = bytes_of_text("en")};
    struct digest pledge = object_of(say(0, FACT_PLEDGE, &fact));
    fact = (struct fact){.object = pledge, .quantity = 400};
    struct digest delivery = object_of(say(0, FACT_DELIVERY, &fact));
    say(1, FACT_DELIVERY, &fact); /* only the giver delivers */
    fact = (struct fact){.object = delivery, .what = RECEIPT_DISPUTED, .quantity = 400};
    say(1, FACT_RECEIPT, &fact);
    say(0, FACT_RECEIPT, &fact); /* and only receivers confirm */
    CHECK(consultation_pledge(consultation, &pledge, &state) == ENTENTE_OK);
    CHECK(state.giver == 0 && state.pledged == 1000 && state.due_ms == 50);
    CHECK(state.delivered == 400 && state.deliveries == 1);
    CHECK(state.confirmed == 0 && state.disputed == 400);
    fact.what = RECEIPT_CONFIRMED;
    fact.quantity = 300;
    say(1, FACT_RECEIPT, &fact); /* the last word */
    fact.quantity = 50;
    say(2, FACT_RECEIPT, &fact);
    fact = (struct fact){.object = pledge, .what = PLEDGE_DUE, .when_ms = 70};
    say(0, FACT_PLEDGE_CHANGE, &fact);
    fact = (struct fact){.object = pledge, .what = PLEDGE_QUANTITY, .quantity = 900};
    say(0, FACT_PLEDGE_CHANGE, &fact);
    say(1, FACT_PLEDGE_CHANGE, &(struct fact){.object = pledge, .what = PLEDGE_WITHDRAWN});
    CHECK(consultation_pledge(consultation, &pledge, &state) == ENTENTE_OK);
    CHECK(state.confirmed == 350 && state.disputed == 0 && state.pledged == 900);
    CHECK(state.due_ms == 70 && !state.is_withdrawn);
    say(0, FACT_PLEDGE_CHANGE, &(struct fact){.object = pledge, .what = PLEDGE_WITHDRAWN});
    CHECK(consultation_pledge(consultation, &pledge, &state) == ENTENTE_OK && state.is_withdrawn);
    CHECK(consultation_pledge(consultation, &delivery, &state) == ENTENTE_ERR_NOT_FOUND);
    stop();
}

/* ---- assessments ---- */

static struct digest
give(uint8_t slot, const struct digest *previous, uint32_t parties)
{
    struct fact fact;

    facts_sample(&fact, FACT_ASSESSMENT);
    fact.previous = *previous;
    fact.subject = (struct digest){0};
    fact.marking.parties = parties;
    return object_of(say(slot, FACT_ASSESSMENT, &fact));
}

static struct assessment_state
assessment_now(const struct digest *assessment)
{
    struct assessment_state state;

    CHECK(consultation_assessment(consultation, assessment, &state) == ENTENTE_OK);
    return state;
}

static void
say_of(uint8_t slot, uint16_t type, const struct digest *object, uint8_t what, const char *text)
{
    struct fact fact = {.object = *object,
        .what = what,
        .number = 4,
        .when_ms = 9,
        .tag = bytes_of_text("en"),
        .text = bytes_of_text(text)};

    hear_all(slot);
    say(slot, type, &fact);
}

TEST(each_copy_of_an_assessment_is_accounted_for)
{
    static const struct digest first;
    struct assessment_state state;

    start();
    struct digest given = give(0, &first, 2);
    state = assessment_now(&given);
    CHECK(state.giver == 0 && state.version == 1 && !state.is_withdrawn && state.parties == 3);
    CHECK(state.holders[0].holding == HOLDING_WHOLE && state.holders[1].holding == 0);
    CHECK(assessment_is_released(&state, 0) && assessment_is_released(&state, 1));
    CHECK(!assessment_is_released(&state, 2)); /* the marking names slot 1 only */
    say_of(1, FACT_HOLDING, &given, HOLDING_PARTLY, "");
    say_of(2, FACT_HOLDING, &given, HOLDING_WHOLE, "");
    say_of(1, FACT_HOLDING, &given, HOLDING_WHOLE, "");
    state = assessment_now(&given);
    CHECK(state.holders[1].holding == HOLDING_WHOLE && state.holders[1].chunks == 4);

    say_of(1, FACT_WITHDRAWAL, &given, 0, "not the giver's to take back");
    CHECK(!assessment_now(&given).is_withdrawn);
    say_of(0, FACT_WITHDRAWAL, &given, 0, "the source was wrong");
    state = assessment_now(&given);
    CHECK(state.is_withdrawn && bytes_equal(state.reason, bytes_of_text("the source was wrong")));
    CHECK(assessment_owes_answer(&state, 1) && assessment_owes_answer(&state, 2));
    CHECK(!assessment_owes_answer(&state, 0));
    struct digest withdrawal = state.withdrawal;
    say_of(1, FACT_WITHDRAWAL_ANSWER, &withdrawal, WITHDRAWAL_KEPT, "the law of archives");
    say_of(2, FACT_WITHDRAWAL_ANSWER, &withdrawal, WITHDRAWAL_DELETED, "");
    state = assessment_now(&given);
    CHECK(!assessment_owes_answer(&state, 1) && !assessment_owes_answer(&state, 2));
    CHECK(state.holders[1].holding == HOLDING_WHOLE && state.holders[1].answer == WITHDRAWAL_KEPT);
    CHECK(bytes_equal(state.holders[1].reason, bytes_of_text("the law of archives")));
    CHECK(state.holders[2].holding == HOLDING_NONE);
    CHECK(state.holders[2].answer == WITHDRAWAL_DELETED);

    /* Who fetches it again owes an answer again; a second withdrawal is answered as the first one.
     */
    say_of(2, FACT_HOLDING, &given, HOLDING_WHOLE, "");
    state = assessment_now(&given);
    CHECK(assessment_owes_answer(&state, 2) && state.holders[2].holding == HOLDING_WHOLE);
    say_of(0, FACT_WITHDRAWAL, &given, 0, "once more");
    CHECK(bytes_equal(assessment_now(&given).reason, bytes_of_text("the source was wrong")));
    withdrawal = object_of(count - 1);
    say_of(2, FACT_WITHDRAWAL_ANSWER, &withdrawal, WITHDRAWAL_DELETED, "");
    state = assessment_now(&given);
    CHECK(!assessment_owes_answer(&state, 2) && state.holders[2].holding == HOLDING_NONE);

    /* The last answer holds, whichever withdrawal it is about. */
    struct digest first_withdrawal = state.withdrawal;
    say_of(1, FACT_WITHDRAWAL_ANSWER, &withdrawal, WITHDRAWAL_DELETED, "");
    say_of(1, FACT_WITHDRAWAL_ANSWER, &first_withdrawal, WITHDRAWAL_KEPT, "a copy was found");
    state = assessment_now(&given);
    CHECK(state.holders[1].answer == WITHDRAWAL_KEPT && state.holders[1].holding == HOLDING_WHOLE);
    CHECK(consultation_assessment(consultation, &withdrawal, &state) == ENTENTE_ERR_NOT_FOUND);
    stop();
}

TEST(only_its_giver_makes_a_new_version)
{
    static const struct digest none;
    struct assessment_state state;

    start();
    struct digest first = give(0, &none, 7);
    hear_all(1);
    struct digest foreign = give(1, &first, 7);
    CHECK(assessment_now(&foreign).version == 1);
    CHECK(memcmp(assessment_now(&first).newer.bytes, &none, sizeof none) == 0);
    struct digest second = give(0, &first, 7), third = give(0, &second, 7);
    state = assessment_now(&third);
    CHECK(state.version == 3 && memcmp(&state.newer, &none, sizeof none) == 0);
    CHECK(memcmp(assessment_now(&first).newer.bytes, &second, sizeof second) == 0);
    CHECK(memcmp(assessment_now(&second).newer.bytes, &third, sizeof third) == 0);
    CHECK(assessment_now(&second).version == 2);
    stop();
}

/* What is given on a session is found there, and the ledger is part of the state's hash. */
TEST(an_assessment_is_filed_with_what_it_is_about)
{
    struct digest before, after;
    struct fact fact;
    bool found = false;

    start();
    call_session();
    facts_sample(&fact, FACT_ASSESSMENT);
    fact.subject = session;
    fact.previous = (struct digest){0};
    struct digest given = object_of(say(1, FACT_ASSESSMENT, &fact));
    const struct object *object = consultation_object(consultation, &session);
    const struct fact_note *note;
    for (uint32_t i = 0; (note = object_note(object, i)) != NULL; i++)
        found |= note->type == FACT_ASSESSMENT && memcmp(&note->object, &given, 32) == 0;
    CHECK(found);
    CHECK(consultation_state_hash(consultation, &before) == ENTENTE_OK);
    fact = (struct fact){.object = given, .what = HOLDING_WHOLE};
    say(0, FACT_HOLDING, &fact);
    CHECK(consultation_state_hash(consultation, &after) == ENTENTE_OK);
    CHECK(memcmp(&before, &after, sizeof before) != 0);
    stop();
}

TEST(a_dialogue_is_broken_off_until_it_is_resumed)
{
    struct dialogue_view view;
    struct fact position;

    start();
    struct fact fact = {.name = bytes_of_text("The other side"), .tag = bytes_of_text("en")};
    struct digest dialogue = object_of(say(1, FACT_DIALOGUE, &fact));
    fact = (struct fact){
        .object = dialogue, .what = DIALOGUE_BROKEN_OFF, .when_ms = 9, .tag = bytes_of_text("en")};
    say(1, FACT_DIALOGUE_STATE, &fact);
    fact.what = DIALOGUE_RESUMED;
    say(0, FACT_DIALOGUE_STATE, &fact); /* not theirs, whether filed before or behind */
    say(2, FACT_DIALOGUE_STATE, &fact);
    fact = (struct fact){.object = dialogue,
        .what = CHECK_ANSWERED,
        .when_ms = 20,
        .label = bytes_of_text("hotline")};
    say(2, FACT_CHANNEL_CHECK, &fact);
    fact.what = CHECK_SILENT;
    fact.when_ms = 19;
    say(2, FACT_CHANNEL_CHECK, &fact); /* an earlier one, told later */
    fact = (struct fact){.object = dialogue,
        .office = bytes_of_text("Adviser"),
        .tag = bytes_of_text("en"),
        .text = bytes_of_text("first")};
    say(2, FACT_POSITION, &fact);
    fact.text = bytes_of_text("It must resume.");
    say(2, FACT_POSITION, &fact);
    CHECK(consultation_dialogue(consultation, &dialogue, &view) == ENTENTE_OK);
    CHECK(view.state == DIALOGUE_BROKEN_OFF && view.since_ms == 9 && view.owner == 1);
    CHECK(view.last_check == CHECK_ANSWERED && view.positions == 2);
    CHECK(consultation_position(consultation, &dialogue, 2, bytes_of_text("Adviser"), &position) ==
          ENTENTE_OK);
    CHECK(bytes_equal(position.text, bytes_of_text("It must resume.")));
    CHECK(consultation_position(consultation, &dialogue, 1, bytes_of_text("Adviser"), &position) ==
          ENTENTE_ERR_NOT_FOUND);
    stop();
}

/* ---- acts and texts ---- */

static struct digest
act_of(int entry)
{
    struct digest act;

    fact_make_act(&act, &room.id, &written[entry].id);
    return act;
}

static int
deed(uint8_t slot, uint8_t kind, uint16_t type, const struct fact *fact)
{
    static struct body body;

    body = (struct body){.count = 1};
    body.sections[0].type = type;
    body.sections[0].fact = *fact;
    return write_entry(slot, kind, &body);
}

static int
propose(uint8_t slot, const struct digest *root, uint16_t brackets, const char *office)
{
    static uint8_t list[64];
    struct writer writer = writer_of(list, sizeof list);
    struct fact fact = {.what = ACT_JOINT_TEXT, .root = *root, .brackets = brackets};

    if (office != NULL) {
        office_name_write(&writer, bytes_of_text(office));
        fact.items_count = 1;
        fact.items = writer_written(&writer);
    }
    return deed(slot, ENTRY_PROPOSE, FACT_PROPOSE, &fact);
}

static uint32_t claimed_beyond; /* added to the office that the next consent names */

/* Sign with the consent of person `who` of the party for `office`, given for `act` and `purpose`.
 */
static void
sign(uint8_t slot, const struct digest *act, const struct digest *root, uint32_t who,
    uint32_t office, uint8_t purpose)
{
    static struct body body;
    struct consent_terms terms = {.room = room.id,
        .act = *act,
        .root = *root,
        .party = *register_party(room.registers[slot]),
        .office = office,
        .purpose = purpose};
    struct signing_key key;
    struct signature signature;
    struct fact *consent = &body.sections[1].fact;

    body = (struct body){.count = 2};
    body.sections[0].type = FACT_SIGN;
    body.sections[0].fact.object = *act;
    body.sections[1].type = FACT_CONSENT;
    build_key(&key, &consent->key, room.party[slot].seed, BUILD_PERSON, who);
    consent_sign(&signature, &key, &terms);
    consent->what = CONSENT_SIGN;
    consent->number = office + claimed_beyond;
    consent->signature = (struct bytes){signature.bytes, sizeof signature.bytes};
    write_entry(slot, ENTRY_SIGN, &body);
}

static uint32_t
make_office(uint8_t slot, uint32_t who)
{
    struct register_entry entry = {.kind = REGISTER_OFFICE,
        .name = bytes_of_text("Adviser"),
        .person = bytes_of_text("Holder")};
    struct signing_key key;

    build_key(&key, &entry.key, room.party[slot].seed, BUILD_PERSON, who);
    build_party_add(&room.party[slot], &entry);
    return register_count(room.registers[slot]);
}

/* The rule that a further signature of the party would break; 0: none. */
static unsigned
rule_next(uint8_t slot, const struct digest *act)
{
    struct act_entry entry = {
        .kind = ENTRY_SIGN, .slot = slot, .act = *act, .is_authorised = true};
    unsigned rule;

    CHECK(acts_judge_next(consultation_acts(consultation), &entry, &rule) == ENTENTE_OK);
    return rule;
}

static struct act_verdict
verdict_of(const struct digest *act)
{
    struct act_verdict verdict;

    CHECK(acts_verdict(consultation_acts(consultation), act, &verdict) == ENTENTE_OK);
    return verdict;
}

TEST(a_consent_counts_by_the_position_that_carries_it)
{
    struct digest root = {{3}}, other = {{4}};
    struct register_entry successor = {
        .kind = REGISTER_APPOINT, .rank = 1, .person = bytes_of_text("Successor")};
    struct signing_key key;
    uint32_t office[PARTIES];

    start();
    for (uint8_t slot = 0; slot < PARTIES; slot++)
        office[slot] = make_office(slot, 1);
    struct digest act = act_of(propose(0, &root, 0, "Adviser"));
    for (uint8_t slot = 1; slot < PARTIES; slot++)
        hear_all(slot);
    sign(0, &act, &other, 1, office[0], CONSENT_SIGN);    /* another text */
    sign(0, &other, &root, 1, office[0], CONSENT_SIGN);   /* another act */
    sign(0, &act, &root, 1, office[0], CONSENT_WITHDRAW); /* for another purpose */
    sign(0, &act, &root, 2, office[0], CONSENT_SIGN);     /* no holder */
    sign(0, &act, &root, 1, office[0] + 1, CONSENT_SIGN); /* no such office */
    claimed_beyond = 1;
    sign(0, &act, &root, 1, office[0], CONSENT_SIGN); /* given for one office, named for another */
    claimed_beyond = 0;
    CHECK(verdict_of(&act).is_proposed && verdict_of(&act).signed_by == 0);
    CHECK(rule_next(0, &act) == 0);
    sign(0, &act, &root, 1, office[0], CONSENT_SIGN);
    CHECK(verdict_of(&act).signed_by == 1);
    struct act_deed signature;
    CHECK(acts_deed_at(consultation_acts(consultation), &act, ENTRY_SIGN, 0, &signature) &&
          signature.rule == 0 && signature.place.seq == (uint32_t)count);
    for (uint32_t i = 1; i < 6; i++) /* the void ones behind it; one was about another act */
        CHECK(acts_deed_at(consultation_acts(consultation), &act, ENTRY_SIGN, i, &signature) &&
              signature.rule == 8 && signature.slot == 0);
    CHECK(!acts_deed_at(consultation_acts(consultation), &act, ENTRY_SIGN, 6, &signature));
    CHECK(!acts_deed_at(consultation_acts(consultation), &act, ENTRY_RATIFY, 0, &signature));
    CHECK(!acts_deed_at(consultation_acts(consultation), &other, ENTRY_SIGN, 0, &signature));

    /* The office passes on: the former holder is refused, the successor's consent counts. */
    build_key(&key, &successor.replaces, room.party[1].seed, BUILD_PERSON, 1);
    build_key(&key, &successor.key, room.party[1].seed, BUILD_PERSON, 2);
    successor.office = office[1];
    build_party_add(&room.party[1], &successor);
    sign(1, &act, &root, 1, office[1], CONSENT_SIGN);
    CHECK(verdict_of(&act).signed_by == 1);
    sign(1, &act, &root, 2, office[1], CONSENT_SIGN);
    CHECK(verdict_of(&act).signed_by == 3);
    sign(2, &act, &root, 1, office[2], CONSENT_SIGN);
    CHECK(verdict_of(&act).is_complete && !verdict_of(&act).is_effective);
    for (uint8_t slot = 0; slot < PARTIES; slot++) {
        hear_all(slot);
        deed(slot, ENTRY_RATIFY, FACT_RATIFY, &(struct fact){.object = act});
    }
    CHECK(verdict_of(&act).is_effective);
    stop();
}

TEST(an_act_withdraw_in_the_register_is_heard)
{
    struct digest root = {{3}};
    struct register_entry withdraw = {.kind = REGISTER_ACT_WITHDRAW};

    start();
    struct digest act = act_of(propose(0, &root, 0, NULL));
    withdraw.room = room.id;
    withdraw.act = act;
    withdraw.room.bytes[0] ^= 1;
    build_party_add(&room.party[0], &withdraw); /* of another room */
    hear_all(1);
    deed(1, ENTRY_SIGN, FACT_SIGN, &(struct fact){.object = act});
    CHECK(verdict_of(&act).withdrawn_by == 0 && verdict_of(&act).signed_by == 2);
    withdraw.room = room.id;
    build_party_add(&room.party[0], &withdraw);
    deed(0, ENTRY_SIGN, FACT_SIGN, &(struct fact){.object = act});
    CHECK(verdict_of(&act).withdrawn_by == 1 && verdict_of(&act).signed_by == 2);
    CHECK(verdict_of(&act).is_dead);
    stop();
}

/* What a signature would be is judged by all that is here, not by what its party heard. */
TEST(a_signature_to_come_is_judged_by_all_that_is_here)
{
    struct digest root = {{3}}, room_subject;
    struct act_deed withdrawal;
    struct fact readout = {.what = ACT_READOUT, .root = root, .number = 1};

    start();
    memcpy(&room_subject, &room.id, sizeof room_subject);
    readout.subject = room_subject;
    struct digest first = act_of(deed(0, ENTRY_PROPOSE, FACT_PROPOSE, &readout));
    struct digest second = act_of(deed(1, ENTRY_PROPOSE, FACT_PROPOSE, &readout));
    CHECK(rule_next(2, &root) == 4 && rule_next(2, &first) == 0);
    hear_all(2);
    deed(2, ENTRY_SIGN, FACT_SIGN, &(struct fact){.object = first});
    CHECK(rule_next(2, &second) == 6 && rule_next(1, &second) == 0);
    deed(0, ENTRY_WITHDRAW, FACT_WITHDRAW, &(struct fact){.object = first});
    CHECK(rule_next(1, &first) == 5);
    CHECK(rule_next(2, &second) == 0); /* slot 0 never signed: the first one is dead */
    CHECK(acts_deed_at(
              consultation_acts(consultation), &first, ENTRY_WITHDRAW, 0, &withdrawal) &&
          withdrawal.slot == 0);
    stop();
}

TEST(a_readout_is_the_proposers_and_speaks_by_each_partys_own)
{
    static uint8_t list[64];
    struct writer writer = writer_of(list, sizeof list);
    struct digest root = {{3}};
    struct readout_state state;
    struct spokesperson person;

    start();
    struct digest text = act_of(propose(0, &root, 0, NULL));
    CHECK(consultation_readout(consultation, &text, &state) == ENTENTE_ERR_NOT_FOUND);
    struct fact fact = {.what = ACT_READOUT, .root = root, .number = 4};
    struct digest act = act_of(deed(1, ENTRY_PROPOSE, FACT_PROPOSE, &fact));
    CHECK(consultation_readout(consultation, &act, &state) == ENTENTE_OK && state.number == 4);
    CHECK(state.embargo_ms == 0 && state.publications == 0);
    spokesperson_write(&writer, &(struct spokesperson){0, bytes_of_text("Zero")});
    spokesperson_write(&writer, &(struct spokesperson){1, bytes_of_text("One")});
    fact = (struct fact){.object = act,
        .number = 5,
        .when_ms = 900,
        .items = writer_written(&writer),
        .items_count = 2};
    say(1, FACT_READOUT, &fact);
    fact.number = 9;
    fact.when_ms = 10;
    say(2, FACT_READOUT, &fact); /* not its proposer: it names nobody of its own, and no embargo */
    CHECK(consultation_readout(consultation, &act, &state) == ENTENTE_OK);
    CHECK(state.number == 5 && state.embargo_ms == 900);
    CHECK(consultation_spokesperson(consultation, &act, 0, &person) == ENTENTE_OK);
    CHECK(person.slot == 1 && bytes_equal(person.name, bytes_of_text("One")));
    CHECK(consultation_spokesperson(consultation, &act, 1, &person) == ENTENTE_ERR_NOT_FOUND);
    say(0, FACT_READOUT, &fact);
    CHECK(consultation_spokesperson(consultation, &act, 1, &person) == ENTENTE_OK);
    CHECK(person.slot == 1); /* ascending by slot: slot 0 speaks first */
    say(2, FACT_PUBLICATION, &(struct fact){.object = act, .name = bytes_of_text("a page")});
    CHECK(consultation_readout(consultation, &act, &state) == ENTENTE_OK);
    CHECK(state.publications == 1);
    stop();
}

TEST(a_payload_of_another_kind_is_void)
{
    struct digest root = {{3}};

    start();
    struct digest act = act_of(propose(0, &root, 0, NULL));
    deed(0, ENTRY_SIGN, FACT_RATIFY, &(struct fact){.object = act});
    deed(0, ENTRY_SIGN, FACT_WITHDRAW, &(struct fact){.object = act});
    CHECK(verdict_of(&act).signed_by == 0 && verdict_of(&act).withdrawn_by == 0);
    say(0, FACT_SIGN, &(struct fact){.object = act}); /* C1: not in a sealed body */
    CHECK(verdict_of(&act).signed_by == 0 && consultation_object_at(consultation, 0) == NULL);
    stop();
}

TEST(a_text_is_clean_when_it_is_here_without_brackets)
{
    static uint8_t list[128], marks[16], nonce[32];
    struct writer writer = writer_of(list, sizeof list), bracket = writer_of(marks, sizeof marks);
    struct text_language language = {.tag = bytes_of_text("en"),
        .is_authentic = true,
        .media_type = bytes_of_text("text/plain"),
        .size = 5};
    struct text_state state;
    struct digest root;
    bool is_clean;

    start();
    sha256_once(language.sha256.bytes, bytes_of_text("words"));
    text_language_write(&writer, &language);
    struct fact text = {.nonce = {nonce, 32}, .items = writer_written(&writer), .items_count = 1};
    fact_make_text_root(&root, &text);
    struct digest act = act_of(propose(0, &root, 0, NULL));
    CHECK(consultation_text_is_clean(consultation, &act, &is_clean) == ENTENTE_OK && !is_clean);
    struct fact part = {.root = root, .tag = bytes_of_text("en"), .data = bytes_of_text("wordy")};
    say(0, FACT_TEXT_PART, &part);
    say(0, FACT_TEXT, &text);
    CHECK(consultation_text_is_clean(consultation, &act, &is_clean) == ENTENTE_OK && !is_clean);
    part.data = bytes_of_text("words");
    say(1, FACT_TEXT_PART, &part);
    CHECK(consultation_text_is_clean(consultation, &act, &is_clean) == ENTENTE_OK && is_clean);
    CHECK(consultation_text(consultation, &root, &state) == ENTENTE_OK && state.languages == 1);
    CHECK(bytes_equal(state.files[0].data, bytes_of_text("words")));

    text_bracket_write(&bracket, &(struct text_bracket){0, 1, 2, 1});
    text.brackets = 1;
    text.bracket_items = writer_written(&bracket);
    fact_make_text_root(&root, &text);
    CHECK(memcmp(&root, &part.root, sizeof root) != 0); /* the root tells of brackets */
    say(0, FACT_TEXT, &text);
    part.root = root;
    say(0, FACT_TEXT_PART, &part);
    act = act_of(propose(0, &root, 0, NULL)); /* a proposal that does not tell of them */
    CHECK(consultation_text_is_clean(consultation, &act, &is_clean) == ENTENTE_OK && !is_clean);
    act = act_of(propose(0, &root, 1, NULL));
    deed(0, ENTRY_SIGN, FACT_SIGN, &(struct fact){.object = act});
    CHECK(verdict_of(&act).signed_by == 0);
    stop();
}

static void
check_comparison(const char *before, const char *after, const char *wanted)
{
    static struct text_line lines[2 * TEXT_PARAGRAPHS_MAX];
    char found[64] = "";
    uint32_t lines_count;

    REQUIRE(text_compare(bytes_of_text(before), bytes_of_text(after), lines, &lines_count) ==
            ENTENTE_OK);
    for (uint32_t i = 0; i < lines_count; i++) {
        size_t used = strlen(found);
        snprintf(found + used, sizeof found - used, "%c%.*s", " -+"[lines[i].change],
            (int)lines[i].paragraph.size, (const char *)lines[i].paragraph.data);
    }
    CHECK(strcmp(found, wanted) == 0);
}

TEST(two_texts_are_compared_paragraph_by_paragraph)
{
    check_comparison("", "", "");
    check_comparison("a", "a\n", " a");
    check_comparison("a\n\nb\n\nc", "a\n\nx\n\nc\n\nd", " a-b+x c+d");
    check_comparison("a\nb\n \n\n\nc\n", "\n\na\nb\n\nc", " a\nb c");
    check_comparison("a\n\nb", "b\n\na", "-a b+a");
    check_comparison("a\n\nb", "", "-a-b");
}

/* ---- the same set, the same state ---- */

static struct digest
random_object(uint64_t *state)
{
    struct digest object = {{(uint8_t)(1 + test_random(state) % 3)}};

    return count > 0 && test_random(state) % 8 != 0
               ? object_of((int)(test_random(state) % (uint64_t)count))
               : object;
}

static void
random_fact(uint8_t slot, uint64_t *state)
{
    uint16_t type = 0;
    struct fact fact;

    while (type < FACT_TEXT)
        type = facts_type((unsigned)(test_random(state) % 35));
    if (test_random(state) % 2 == 0) /* mostly what has a state of its own */
        type = test_random(state) % 2 == 0 ? FACT_CHAIR : FACT_SESSION;
    if (test_random(state) % 4 == 0)
        type = (uint16_t)(FACT_ASSESSMENT + test_random(state) % 4);
    facts_sample(&fact, type);
    fact.object = random_object(state);
    fact.previous = random_object(state);
    fact.subject = random_object(state);
    fact.number = (uint32_t)(test_random(state) % 3);
    if (type == FACT_CHAIR)
        fact.what = (uint8_t)(1 + test_random(state) % 8);
    if (type == FACT_ATTENDANCE || type == FACT_QUEUE || type == FACT_RECEIPT ||
        type == FACT_HOLDING || type == FACT_WITHDRAWAL_ANSWER)
        fact.what = (uint8_t)(1 + test_random(state) % 2);
    fact.quantity = test_random(state) % 100;
    say(slot, type, &fact);
}

static void
random_deed(uint8_t slot, uint64_t *state)
{
    static const struct {
        uint8_t kind;
        uint16_t type;
    } kinds[] = {{ENTRY_SIGN, FACT_SIGN}, {ENTRY_SIGN, FACT_SIGN}, {ENTRY_WITHDRAW, FACT_WITHDRAW},
        {ENTRY_RATIFY, FACT_RATIFY}};
    struct digest root = {{3}}, act = {{5}};
    uint64_t chosen = test_random(state) % 5;

    if (chosen == 4) {
        propose(slot, &root, 0, NULL);
        return;
    }
    for (int i = 0; i < count; i++)
        if (written[i].entry.kind == ENTRY_PROPOSE && test_random(state) % 2 == 0)
            act = act_of(i);
    deed(slot, kinds[chosen].kind, kinds[chosen].type, &(struct fact){.object = act});
}

/* A fresh observer that hears all in another order, and opens what it heard at any time later. */
static struct digest
hash_of_another_order(uint64_t *state)
{
    uint64_t added[2] = {0}, opened[2] = {0};
    struct digest hash;

    observer_stop();
    observer_start();
    for (int left = 2 * count; left > 0;) {
        int i = (int)(test_random(state) % (uint64_t)count);
        if (!has(added, i) && has_causes(added, i)) {
            observe(i);
            added[i / 64] |= UINT64_C(1) << (i % 64);
            left--;
        } else if (has(added, i) && !has(opened, i) && test_random(state) % 4 == 0) {
            observe_opened(i);
            opened[i / 64] |= UINT64_C(1) << (i % 64);
            left--;
        }
    }
    CHECK(consultation_state_hash(consultation, &hash) == ENTENTE_OK);
    return hash;
}

TEST(the_state_does_not_depend_on_the_order_of_arrival)
{
    struct digest hashes[12];

    for (uint64_t seed = 1; seed <= 12; seed++) {
        uint64_t state = seed;
        start();
        while (count < 90) {
            uint8_t slot = (uint8_t)(test_random(&state) % PARTIES);
            for (int i = 0; i < count; i++)
                if (!has(seen[slot], i) && has_causes(seen[slot], i) &&
                    test_random(&state) % 3 == 0)
                    hear(slot, i);
            if (test_random(&state) % 3 == 0)
                random_deed(slot, &state);
            else
                random_fact(slot, &state);
        }
        struct digest *wanted = &hashes[seed - 1];
        CHECK(consultation_state_hash(consultation, wanted) == ENTENTE_OK);
        for (int round = 0; round < 6; round++) {
            struct digest hash = hash_of_another_order(&state);
            CHECK(memcmp(&hash, wanted, sizeof hash) == 0);
        }
        for (uint64_t before = 1; before < seed; before++)
            CHECK(memcmp(&hashes[before - 1], wanted, sizeof *wanted) != 0);
        stop();
    }
}

TEST_MAIN(CASE(the_chair_runs_a_session), CASE(the_chair_passes_when_a_party_drops),
    CASE(a_close_in_an_earlier_term_is_final),
    CASE(the_givers_word_and_the_receivers_are_kept_apart),
    CASE(each_copy_of_an_assessment_is_accounted_for), CASE(only_its_giver_makes_a_new_version),
    CASE(an_assessment_is_filed_with_what_it_is_about),
    CASE(a_dialogue_is_broken_off_until_it_is_resumed),
    CASE(a_consent_counts_by_the_position_that_carries_it),
    CASE(an_act_withdraw_in_the_register_is_heard),
    CASE(a_signature_to_come_is_judged_by_all_that_is_here),
    CASE(a_readout_is_the_proposers_and_speaks_by_each_partys_own),
    CASE(a_payload_of_another_kind_is_void),
    CASE(a_text_is_clean_when_it_is_here_without_brackets),
    CASE(two_texts_are_compared_paragraph_by_paragraph),
    CASE(the_state_does_not_depend_on_the_order_of_arrival))
