/*
 * Goal: at each position of a register it is certain who may act for an office, an office is never
 * vacant, and an entry that breaks a rule changes nothing.
 * Method: the hand-over of an office step by step; each rule broken once; random appointments,
 * reliefs and absences against a plain model of lines.
 */
#include "consultation/offices.h"
#include "crypto/crypto.h"
#include "support/build.h"
#include "support/test.h"

static struct build_party party;
static struct offices *offices;

static struct public_key
person(uint32_t number)
{
    struct signing_key key;
    struct public_key public;

    build_key(&key, &public, party.seed, BUILD_PERSON, number);
    return public;
}

static void
start(void)
{
    build_party(&party, 1);
    CHECK(offices_new(&offices, party.reg) == ENTENTE_OK);
}

static void
stop(void)
{
    offices_free(offices);
    build_party_free(&party);
}

/* Adds an entry; returns the rule that makes it void, which was also said before it was added. */
static unsigned
add(struct register_entry entry)
{
    build_register_place(&party, &entry);
    unsigned wanted = offices_check(offices, &entry);

    build_party_add(&party, &entry);
    CHECK(offices_update(offices) == ENTENTE_OK);
    CHECK(offices_void(offices, register_count(party.reg)) == wanted);
    return wanted;
}

static uint32_t
make_office(const char *name, uint32_t holder, uint8_t flags)
{
    CHECK(add((struct register_entry){.kind = REGISTER_OFFICE,
              .key = person(holder),
              .flags = flags,
              .name = bytes_of_text(name),
              .person = bytes_of_text("First Holder")}) == 0);
    return register_count(party.reg);
}

static unsigned
appoint(uint32_t office, uint32_t who, uint8_t rank, uint32_t replaces)
{
    return add((struct register_entry){.kind = REGISTER_APPOINT,
        .office = office,
        .key = person(who),
        .rank = rank,
        .person = bytes_of_text("Next Holder"),
        .replaces = replaces != 0 ? person(replaces) : (struct public_key){{0}}});
}

static unsigned
simple(uint8_t kind, uint32_t office, uint32_t who, uint8_t what)
{
    return add(
        (struct register_entry){.kind = kind, .office = office, .key = person(who), .what = what});
}

static unsigned
deputise(uint32_t office, uint32_t who, uint64_t kinds)
{
    return add((struct register_entry){
        .kind = REGISTER_DEPUTISE, .office = office, .key = person(who), .kinds = kinds});
}

/* `by` signs, for `office`, what says that `who` assumes `said`. */
static unsigned
assume(uint32_t office, uint32_t who, uint32_t by, uint32_t said)
{
    struct register_entry entry = {.kind = REGISTER_ASSUME, .office = office, .key = person(who)};
    struct signing_key key;
    struct public_key public;

    build_key(&key, &public, party.seed, BUILD_PERSON, by);
    build_register_place(&party, &entry);
    office_assume_sign(&entry.assumed, &key, &entry.party, &entry.prev, said);
    return add(entry);
}

static bool
may(uint32_t office, uint32_t who, uint32_t number, uint8_t kind)
{
    struct public_key key = person(who);

    return office_may_act(offices, office, number, &key, kind);
}

TEST(an_office_passes_to_a_successor_without_a_gap)
{
    start();
    uint32_t office = make_office("National Security Adviser", 1, 0);
    uint32_t before = register_count(party.reg);
    CHECK(may(office, 1, before, 1) && !may(office, 1, before - 1, 1));
    CHECK(appoint(office, 2, 1, 1) == 0);
    uint32_t after = register_count(party.reg);
    CHECK(may(office, 1, before, 1) && !may(office, 1, after, 1));
    CHECK(may(office, 2, after, 1) && !may(office, 2, before, 1));
    CHECK(bytes_equal(office_name(offices, office), bytes_of_text("National Security Adviser")));
    CHECK(bytes_equal(office_person(offices, &office_at(offices, office, before)->line[0]),
        bytes_of_text("First Holder")));
    CHECK(bytes_equal(office_person(offices, &office_at(offices, office, after)->line[0]),
        bytes_of_text("Next Holder")));
    CHECK(offices_named(offices, bytes_of_text("National Security Adviser"), after) == office);
    CHECK(offices_named(offices, bytes_of_text("National Security Adviser"), office - 1) == 0);
    CHECK(offices_at(offices, 0) == office && offices_at(offices, 1) == 0);
    CHECK(office_history(offices, office, 1)->number == after);
    CHECK(office_history(offices, office, 2) == NULL);
    /* entry N of the register claims BUILD_T_MS + N - 1 */
    CHECK(offices_position(offices, BUILD_T_MS + before - 1) == before);
    CHECK(offices_position(offices, BUILD_T_MS - 1) == 0);
    stop();
}

TEST(the_first_in_line_who_is_not_away_acts)
{
    start();
    uint32_t office = make_office("Minister", 1, 0);
    CHECK(appoint(office, 3, 5, 0) == 0 && appoint(office, 2, 3, 0) == 0);
    uint32_t now = register_count(party.reg);
    CHECK(may(office, 1, now, 1) && !may(office, 2, now, 1) && !may(office, 3, now, 1));
    CHECK(simple(REGISTER_AWAY, office, 1, 1) == 0);
    now = register_count(party.reg);
    CHECK(!may(office, 1, now, 1) && may(office, 2, now, 1) && !may(office, 3, now, 1));
    CHECK(simple(REGISTER_AWAY, office, 2, 1) == 0);
    CHECK(may(office, 3, register_count(party.reg), 1));
    CHECK(simple(REGISTER_AWAY, office, 3, 1) == 6); /* nobody would be left */
    CHECK(simple(REGISTER_RELIEVE, office, 3, RELIEVE_FROM_LINE) == 6);
    CHECK(simple(REGISTER_AWAY, office, 1, 0) == 0);
    CHECK(may(office, 1, register_count(party.reg), 1));
    CHECK(simple(REGISTER_RELIEVE, office, 1, RELIEVE_FROM_LINE) == 0);
    CHECK(may(office, 3, register_count(party.reg), 1));
    stop();
}

TEST(a_deputy_acts_for_the_stated_kinds_only)
{
    start();
    uint32_t office = make_office("Minister", 1, 0);
    CHECK(appoint(office, 2, 2, 0) == 0);
    CHECK(deputise(office, 2, UINT64_C(1) << 4) == 0);
    uint32_t now = register_count(party.reg);
    CHECK(may(office, 2, now, 4) && !may(office, 2, now, 1) && !may(office, 2, now - 1, 4));
    CHECK(!may(office, 2, now, 68)); /* not 4 again */
    CHECK(may(office, 1, now, 4));
    CHECK(simple(REGISTER_AWAY, office, 2, 1) == 0);
    CHECK(!may(office, 2, register_count(party.reg), 4));
    CHECK(deputise(office, 9, 1) == 3);
    stop();
}

TEST(a_deputy_assumes_only_where_a_policy_allowed_it)
{
    start();
    uint32_t office = make_office("Minister", 1, 0);
    uint32_t other = make_office("Other", 2, OFFICE_DEPUTIES_MAY_ASSUME);
    CHECK(appoint(office, 2, 2, 0) == 0 && appoint(other, 3, 2, 0) == 0);
    CHECK(assume(office, 2, 2, office) == 5);
    CHECK(assume(other, 3, 3, other) == 0);
    CHECK(
        add((struct register_entry){
            .kind = REGISTER_POLICY, .office = office, .flags = OFFICE_DEPUTIES_MAY_ASSUME}) == 0);
    CHECK(assume(office, 2, 1, office) == 5); /* another person's signature */
    CHECK(assume(office, 2, 2, other) == 5);  /* for another office */
    CHECK(assume(office, 9, 9, office) == 5); /* not in line */
    CHECK(assume(office, 1, 1, office) == 5); /* acts already */
    CHECK(assume(office, 2, 2, office) == 0);
    uint32_t now = register_count(party.reg);
    CHECK(may(office, 2, now, 1) && !may(office, 1, now, 1));
    CHECK(office_at(offices, office, now)->is_assumed);
    CHECK(appoint(office, 4, 3, 0) == 0); /* an assumption outlasts other changes */
    CHECK(may(office, 2, register_count(party.reg), 1));
    CHECK(simple(REGISTER_RELIEVE, office, 1, RELIEVE_ASSUMPTION) == 4);
    CHECK(simple(REGISTER_RELIEVE, office, 2, RELIEVE_ASSUMPTION) == 0);
    CHECK(may(office, 1, register_count(party.reg), 1));
    CHECK(assume(office, 2, 2, office) == 0);
    CHECK(simple(REGISTER_AWAY, office, 2, 1) == 0); /* ends with the presence */
    CHECK(may(office, 1, register_count(party.reg), 1));
    stop();
}

TEST(void_entries_change_nothing)
{
    start();
    uint32_t office = make_office("Minister", 1, 0);
    CHECK(add((struct register_entry){.kind = REGISTER_OFFICE,
              .key = person(5),
              .name = bytes_of_text("Minister"),
              .person = bytes_of_text("Other")}) == 1);
    CHECK(appoint(office + 1, 2, 2, 0) == 1); /* no such office */
    CHECK(appoint(office, 1, 2, 0) == 2);     /* overlapping: in line already */
    CHECK(appoint(office, 2, 1, 0) == 2);     /* overlapping: the rank is taken */
    CHECK(appoint(office, 2, 2, 1) == 2);     /* replaces at another rank */
    CHECK(appoint(office, 2, 1, 9) == 2);     /* replaces nobody in line */
    CHECK(simple(REGISTER_RELIEVE, office, 9, RELIEVE_FROM_LINE) == 4);
    CHECK(simple(REGISTER_RELIEVE, office, 1, RELIEVE_FROM_LINE) == 6);
    CHECK(simple(REGISTER_AWAY, office, 1, 1) == 6);
    CHECK(simple(REGISTER_AWAY, office, 1, 0) == 4); /* is not away */
    uint32_t now = register_count(party.reg);
    CHECK(office_at(offices, office, now)->number == office);
    CHECK(office_history(offices, office, 1) == NULL && may(office, 1, now, 1));
    stop();
}

/* A line as a person thinks of it: by rank, who is there and whether away. */
struct model {
    uint32_t who[OFFICE_RANKS_MAX + 1];
    bool away[OFFICE_RANKS_MAX + 1];
};

static uint32_t
model_acting(const struct model *model)
{
    for (unsigned rank = 1; rank <= OFFICE_RANKS_MAX; rank++)
        if (model->who[rank] != 0 && !model->away[rank])
            return model->who[rank];
    return 0;
}

static unsigned
model_rank(const struct model *model, uint32_t who)
{
    for (unsigned rank = 1; rank <= OFFICE_RANKS_MAX; rank++)
        if (model->who[rank] == who)
            return rank;
    return 0;
}

/* One random entry, at the register and at the model, which must agree whether it counts. */
static void
random_step(uint32_t office, struct model *model, uint64_t *state)
{
    struct model next = *model;
    uint32_t who = 1 + (uint32_t)(test_random(state) % 20);
    uint8_t rank = (uint8_t)(1 + test_random(state) % OFFICE_RANKS_MAX);
    unsigned at = model_rank(model, who), rule;
    bool counts = true;
    bool away = test_random(state) % 2;

    switch (test_random(state) % 4) {
    case 0:
        counts = at == 0 && model->who[rank] == 0;
        next.who[rank] = who;
        next.away[rank] = false;
        rule = appoint(office, who, rank, 0);
        break;
    case 1:
        counts = at == 0 && model->who[rank] != 0;
        next.who[rank] = who;
        next.away[rank] = false;
        rule = appoint(office, who, rank, model->who[rank] != 0 ? model->who[rank] : 99);
        break;
    case 2:
        counts = at != 0;
        next.who[at] = 0;
        rule = simple(REGISTER_RELIEVE, office, who, RELIEVE_FROM_LINE);
        break;
    default:
        counts = at != 0 && model->away[at] != away;
        next.away[at] = away;
        rule = simple(REGISTER_AWAY, office, who, away);
        break;
    }
    counts = counts && model_acting(&next) != 0;
    CHECK((rule == 0) == counts);
    if (counts)
        *model = next;
}

TEST(random_lines_agree_with_a_plain_model)
{
    uint64_t state = 7;

    for (int round = 0; round < 6; round++) {
        struct model model = {.who = {[1] = 1}};
        uint32_t acting[200];
        uint32_t count = 0, first;
        start();
        uint32_t office = make_office("Minister", 1, 0);
        first = register_count(party.reg);
        while (count < 120) {
            random_step(office, &model, &state);
            acting[count++] = model_acting(&model);
        }
        for (uint32_t i = 0; i < count; i++) /* every position keeps its answer */
            for (uint32_t who = 1; who <= 20; who++)
                CHECK(may(office, who, first + 1 + i, 1) == (who == acting[i]));
        stop();
    }
}

int
main(int argc, char **argv)
{
    const struct test_case cases[] = {
        CASE(an_office_passes_to_a_successor_without_a_gap),
        CASE(the_first_in_line_who_is_not_away_acts),
        CASE(a_deputy_acts_for_the_stated_kinds_only),
        CASE(a_deputy_assumes_only_where_a_policy_allowed_it),
        CASE(void_entries_change_nothing),
        CASE(random_lines_agree_with_a_plain_model),
    };

    if (crypto_start() != ENTENTE_OK)
        return 1;
    return test_run(cases, sizeof cases / sizeof cases[0], argc, argv);
}
