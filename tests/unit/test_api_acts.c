/*
 * Goal: texts, acts, signatures and readouts as people ask for them: what a holder signs is what counts, and what
 * would be void is refused before it is written, with the rule.
 * Method: three parties' APIs over real records and registers; the holders' keys are the test's; every answer
 * is checked against openapi.json.
 */
#include "api/formats.h"
#include "support/consulting.h"
#include "support/test.h"

#define CONSENT_CONTEXT "entente/consent1"
#define OFFICE "National Security Adviser"

/* ---- offices ---- */

static void
put_person(uint8_t slot, uint32_t who, struct public_key *key)
{
    struct signing_key signing;

    build_key(&signing, key, consulting_room()->party[slot].seed, BUILD_PERSON, who);
}

static uint32_t
make_office(uint8_t slot, const char *name, uint32_t who)
{
    struct register_entry entry = {.kind = REGISTER_OFFICE,
        .name = bytes_of_text(name),
        .person = bytes_of_text("Holder"),
        .flags = OFFICE_DEPUTIES_MAY_ASSUME};

    put_person(slot, who, &entry.key);
    build_party_add(&consulting_room()->party[slot], &entry);
    consulting_registers();
    return register_count(consulting_room()->registers[slot]);
}

static void
appoint(uint8_t slot, uint32_t office, uint32_t who, uint8_t rank, uint32_t replaces)
{
    struct register_entry entry = {.kind = REGISTER_APPOINT,
        .office = office,
        .rank = rank,
        .person = bytes_of_text("Successor")};

    put_person(slot, who, &entry.key);
    if (replaces != 0)
        put_person(slot, replaces, &entry.replaces);
    build_party_add(&consulting_room()->party[slot], &entry);
    consulting_registers();
}

static void
deputise(uint8_t slot, uint32_t office, uint32_t who, uint64_t kinds)
{
    struct register_entry entry = {.kind = REGISTER_DEPUTISE, .office = office, .kinds = kinds};

    put_person(slot, who, &entry.key);
    build_party_add(&consulting_room()->party[slot], &entry);
    consulting_registers();
}

/* ---- texts and acts ---- */

static const char *
make_text(uint8_t slot, const char *english)
{
    return MADE(POST(slot, "/texts",
        AT("{\"files\":[{\"language\":\"ko\",\"is_authentic\":true,\"text\":\"합의한다.\"},"
           "{\"language\":\"en\",\"is_authentic\":true,\"text\":\"%s\"},"
           "{\"language\":\"ar\",\"is_authentic\":false,\"media_type\":\"text/markdown\",\"text\":\"نص\"}]}",
            english)));
}

static const char *
propose(uint8_t slot, const char *kind, const char *root, const char *more)
{
    return MADE(POST(slot, "/acts", AT("{\"kind\":\"%s\",\"root\":\"%s\"%s}", kind, root, more)));
}

/* The consent of person `who`, signed over the challenge as the API gives it. */
static const char *
consent(uint8_t slot, const char *act, const char *office, uint32_t who, const char *purpose)
{
    const struct answer *terms = GET(slot,
        AT("/acts/%s/consent?office=%s&purpose=%s", act,
            strcmp(office, OFFICE) == 0 ? "National%20Security+Adviser" : office, purpose));
    uint8_t challenge[32];
    struct signing_key signing;
    struct public_key key;
    struct signature signature;
    char key_text[65], signature_text[129];

    CHECK(hex_of_text(bytes_of_text(answer_says(terms, "challenge")), challenge, 32));
    build_key(&signing, &key, consulting_room()->party[slot].seed, BUILD_PERSON, who);
    sign_make(&signature, &signing, CONSENT_CONTEXT, (struct bytes){challenge, 32});
    hex_to_text(key_text, key.bytes, 32);
    hex_to_text(signature_text, signature.bytes, 64);
    return AT("{\"office\":\"%s\",\"key\":\"%s\",\"signature\":\"%s\"}", office, key_text, signature_text);
}

static const struct answer *
sign_with(uint8_t slot, const char *act, const char *consents)
{
    return POST(slot, AT("/acts/%s/signature", act), AT("{\"consents\":[%s]}", consents));
}

TEST(a_text_is_read_back_word_for_word)
{
    consulting_start();
    const char *root = make_text(0, "They agree.\\n\\nTogether.");
    CHECK(consulting_writes(0) == 1); /* what goes into one entry is one */
    CHECK(answer_has(GET(2, AT("/texts/%s", root)),
        AT("{\"root\":\"%s\",\"is_clean\":true,\"brackets\":[],\"concords\":[],\"files\":["
           "{\"language\":\"ar\",\"is_authentic\":false,\"media_type\":\"text/markdown\",\"text\":\"نص\",\"size\":4,\"is_here\":true},"
           "{\"language\":\"en\",\"is_authentic\":true,\"media_type\":\"text/plain\",\"text\":\"They agree.\\n\\nTogether.\","
           "\"sha256\":\"19e019356ac9bcab2b72d761d1aeb9a00695611685cdfbb0d9d07c0944627728\"},"
           "{\"language\":\"ko\",\"text\":\"합의한다.\"}],\"origin\":{\"slot\":0}}",
            root)));
    MADE(POST(1, AT("/texts/%s/concords", root), "{\"from\":\"en\",\"to\":\"ko\",\"text\":\"agree: 합의한다\"}"));
    CHECK(answer_has(GET(0, AT("/texts/%s", root)),
        "{\"concords\":[{\"from\":\"en\",\"to\":\"ko\",\"text\":\"agree: 합의한다\",\"origin\":{\"slot\":1}}]}"));
    CHECK(answer_refuses(
        POST(1, AT("/texts/%s/concords", root), "{\"from\":\"en\",\"to\":\"ja\",\"text\":\"x\"}"), 422, "/to",
        "T1"));
    const char *other = make_text(1, "They agree.\\n\\nApart.");
    CHECK(answer_has(GET(0, AT("/texts/%s/comparison?with=%s&language=en", root, other)),
        "{\"language\":\"en\",\"paragraphs\":[{\"is\":\"same\",\"text\":\"They agree.\"},"
        "{\"is\":\"removed\",\"text\":\"Together.\"},{\"is\":\"added\",\"text\":\"Apart.\"}]}"));
    CHECK(answer_refuses(GET(0, AT("/texts/%s/comparison?with=%s&language=ja", root, other)), 404,
        "language", "T3"));
    CHECK(answer_refuses(GET(0, AT("/texts/%s/comparison?with=%064d&language=en", root, 5)), 404,
        "with", NULL));
    CHECK(answer_refuses(GET(0, AT("/texts/%064d", 5)), 404, "root", NULL));
    consulting_stop();
}

TEST(a_text_that_cannot_be_one_is_refused)
{
    static const struct {
        const char *body, *field, *rule;
    } cases[] = {
        {"{\"files\":[{\"language\":\"en\",\"is_authentic\":true,\"text\":\"a\"},{\"language\":\"en\",\"is_authentic\":false,"
         "\"text\":\"b\"}]}",
            "/files/1/language", "T1"},
        {"{\"files\":[{\"language\":\"en\",\"is_authentic\":true,\"media_type\":\"text\",\"text\":\"a\"}]}",
            "/files/0/media_type", "T1"},
        {"{\"files\":[{\"language\":\"en\",\"is_authentic\":true,\"text\":\"abc\"}],\"brackets\":[{\"language\":\"ko\",\"start\":0,"
         "\"size\":1,\"holders\":[0]}]}",
            "/brackets/0", "T2"},
        {"{\"files\":[{\"language\":\"en\",\"is_authentic\":true,\"text\":\"abc\"}],\"brackets\":[{\"language\":\"en\",\"start\":3,"
         "\"size\":1,\"holders\":[0]}]}",
            "/brackets/0", "T2"},
        {"{\"files\":[{\"language\":\"en\",\"is_authentic\":true,\"text\":\"abc\"}],\"brackets\":[{\"language\":\"en\",\"start\":1,"
         "\"size\":1,\"holders\":[3]}]}",
            "/brackets/0", "T2"},
        {"{\"files\":[{\"language\":\"en\",\"is_authentic\":true,\"text\":\"abc\"}],\"brackets\":[{\"language\":\"en\",\"start\":1,"
         "\"size\":2,\"holders\":[0]},{\"language\":\"en\",\"start\":0,\"size\":2,\"holders\":[0]}]}",
            "/brackets", "T2"},
        {"{\"files\":[{\"language\":\"ko\",\"is_authentic\":true,\"text\":\"합의\"}],\"brackets\":[{\"language\":\"ko\",\"start\":1,"
         "\"size\":2,\"holders\":[0]}]}",
            "/brackets/0", "T2"},
    };

    consulting_start();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK(answer_refuses(POST(0, "/texts", cases[i].body), 422, cases[i].field, cases[i].rule));
    CHECK(consulting_writes(0) == 0);
    consulting_stop();
}

/* Two files of 600,000 bytes do not go into one body. */
TEST(a_text_that_is_too_large_for_one_entry_takes_several)
{
    static char body[1300000];
    size_t size = 0;

    consulting_start();
    size += (size_t)sprintf(body, "{\"files\":[");
    for (int i = 0; i < 2; i++) {
        size += (size_t)sprintf(body + size, "%s{\"language\":\"%s\",\"is_authentic\":true,\"text\":\"",
            i > 0 ? "," : "", i > 0 ? "ko" : "en");
        memset(body + size, 'a' + i, 600000);
        size += 600000;
        size += (size_t)sprintf(body + size, "\"}");
    }
    sprintf(body + size, "]}");
    const char *root = MADE(POST(0, "/texts", body));
    CHECK(consulting_writes(0) == 2);
    const struct answer *shown = GET(1, AT("/texts/%s", root));
    CHECK(json_is_true(json_object_get(shown->json, "is_clean")));
    const json_t *files = json_object_get(shown->json, "files");
    CHECK(json_array_size(files) == 2);
    for (size_t i = 0; i < 2; i++)
        CHECK(json_string_length(json_object_get(json_array_get(files, i), "text")) == 600000);
    consulting_stop();
}

TEST(an_act_is_signed_by_the_holders_and_becomes_effective)
{
    consulting_start();
    for (uint8_t slot = 0; slot < 3; slot++)
        make_office(slot, OFFICE, 1);
    const char *root = make_text(0, "They agree.");
    const char *act = propose(0, "joint-text", root, ",\"offices\":[\"" OFFICE "\"]");
    CHECK(answer_has(GET(1, AT("/acts/%s", act)),
        AT("{\"act\":\"%s\",\"kind\":\"joint-text\",\"slot\":0,\"party\":\"Party 1\",\"root\":\"%s\",\"subject\":null,\"number\":0,"
           "\"brackets\":0,\"offices\":[\"" OFFICE "\"],\"verdict\":\"proposed\",\"is_clean\":true,\"signed_by\":[],"
           "\"missing\":[{\"slot\":0,\"office\":\"" OFFICE "\",\"holder\":\"Holder\"},{\"slot\":1},{\"slot\":2}],"
           "\"signatures\":[],\"reservations\":[],\"readout\":null,\"origin\":{\"slot\":0}}",
            act, root)));
    for (uint8_t slot = 0; slot < 3; slot++) {
        CHECK(answer_has(GET(slot, AT("/acts/%s/consent?office=National%%20Security%%20Adviser", act)),
            AT("{\"office\":\"" OFFICE "\",\"holder\":\"Holder\",\"purpose\":\"sign\",\"act\":\"%s\",\"root\":\"%s\","
               "\"can_sign\":true,\"rule\":null,\"why\":null}",
                act, root)));
        const struct answer *written = sign_with(slot, act, consent(slot, act, OFFICE, 1, "sign"));
        CHECK(written->status == 201 && answer_says(written, "object")[0] == '\0');
    }
    CHECK(answer_has(GET(1, AT("/acts/%s", act)),
        "{\"verdict\":\"complete\",\"signed_by\":[0,1,2],\"ratified_by\":[],\"missing\":[],\"signatures\":["
        "{\"slot\":0,\"counts\":true,\"rule\":null,\"consents\":[{\"office\":\"" OFFICE "\",\"holder\":\"Holder\","
        "\"purpose\":\"sign\",\"is_valid\":true}],\"origin\":{\"slot\":0}},{\"slot\":1},{\"slot\":2}]}"));
    CHECK(answer_refuses(sign_with(0, act, consent(0, act, OFFICE, 1, "sign")), 409, "act", "A9"));
    CHECK(answer_refuses(POST(1, AT("/acts/%s/withdrawal", act), "{}"), 409, "act", "A9"));
    for (uint8_t slot = 0; slot < 3; slot++)
        consulting_ratify(slot, act);
    MADE(POST(2, AT("/acts/%s/reservations", act),
        "{\"kind\":\"declaration\",\"language\":\"en\",\"text\":\"With joy.\"}"));
    CHECK(answer_has(GET(0, AT("/acts/%s", act)),
        "{\"verdict\":\"effective\",\"ratified_by\":[0,1,2],\"reservations\":[{\"kind\":\"declaration\",\"text\":\"With joy.\","
        "\"origin\":{\"slot\":2}}]}"));
    CHECK(answer_has(GET(2, "/acts"), AT("{\"acts\":[{\"act\":\"%s\",\"verdict\":\"effective\"}],\"next\":null}", act)));
    consulting_stop();
}

TEST(a_consent_that_would_not_count_is_refused)
{
    consulting_start();
    uint32_t office = make_office(0, OFFICE, 1);
    make_office(0, "Spokesman", 1); /* the same person in two offices signs for one at a time */
    const char *root = make_text(0, "They agree."), *other_root = make_text(0, "They differ.");
    const char *act = propose(0, "joint-text", root, ",\"offices\":[\"" OFFICE "\"]");
    const char *other = propose(0, "joint-text", root, "");
    const char *other_text = propose(0, "joint-text", other_root, "");
    uint32_t writes = consulting_writes(0);
    char good[512];
    snprintf(good, sizeof good, "%s", consent(0, act, OFFICE, 1, "sign"));

    CHECK(answer_refuses(sign_with(0, act, ""), 409, "/consents", "A8"));
    CHECK(answer_refuses(sign_with(0, act, consent(0, act, OFFICE, 2, "sign")), 409, "/consents/0/key", "P7"));
    CHECK(answer_refuses(
        sign_with(0, act, consent(0, other, OFFICE, 1, "sign")), 409, "/consents/0/signature", "P7"));
    CHECK(answer_refuses(sign_with(0, act, consent(0, other_text, OFFICE, 1, "sign")), 409,
        "/consents/0/signature", "P7"));
    CHECK(answer_refuses(
        sign_with(0, act, consent(0, act, OFFICE, 1, "withdraw")), 409, "/consents/0/signature", "P7"));
    /* Given for one office, named for another. */
    const char *spokesman = consent(0, act, "Spokesman", 1, "sign");
    const char *renamed = AT("{\"office\":\"" OFFICE "\"%s", strchr(spokesman, ','));
    CHECK(answer_refuses(sign_with(0, act, renamed), 409, "/consents/0/signature", "P7"));
    CHECK(answer_refuses(sign_with(0, act, spokesman), 409, "/consents", "A8"));
    CHECK(answer_refuses(sign_with(0, act, AT("{\"office\":\"Nobody\"%s", strchr(good, ','))), 404,
        "/consents/0/office", "P7"));
    CHECK(answer_refuses(sign_with(0, AT("%064d", 3), good), 404, "act", NULL));
    CHECK(answer_refuses(GET(0, AT("/acts/%s/consent?office=Nobody", act)), 404, "office", "P7"));
    CHECK(answer_refuses(sign_with(1, act, ""), 409, "/consents", "A8")); /* has no such office */
    CHECK(consulting_writes(0) == writes);

    /* The office passes on: the former holder's consent is refused, the successor's counts. */
    appoint(0, office, 2, 1, 1);
    CHECK(answer_refuses(sign_with(0, act, good), 409, "/consents/0/key", "P7"));
    CHECK(answer_has(GET(0, AT("/acts/%s/consent?office=National%%20Security%%20Adviser", act)),
        "{\"holder\":\"Successor\"}"));
    appoint(0, office, 3, 2, 0);
    CHECK(answer_refuses(sign_with(0, act, consent(0, act, OFFICE, 3, "sign")), 409, "/consents/0/key", "P7"));
    deputise(0, office, 3, UINT64_C(1) << ACT_READOUT);
    CHECK(answer_refuses(sign_with(0, act, consent(0, act, OFFICE, 3, "sign")), 409, "/consents/0/key", "P7"));
    deputise(0, office, 3, UINT64_C(1) << ACT_JOINT_TEXT);
    CHECK(sign_with(0, act, consent(0, act, OFFICE, 3, "sign"))->status == 201);
    CHECK(answer_has(GET(1, AT("/acts/%s", act)),
        "{\"signed_by\":[0],\"signatures\":[{\"counts\":true,\"consents\":[{\"holder\":\"Successor\",\"is_valid\":true}]}]}"));
    consulting_stop();
}

TEST(what_stands_in_the_way_of_a_signature_is_told_with_its_rule)
{
    consulting_start();
    const char *root = make_text(0, "They agree.");
    const char *draft = MADE(POST(0, "/texts",
        "{\"files\":[{\"language\":\"en\",\"is_authentic\":true,\"text\":\"[all] agree\"}],\"brackets\":[{\"language\":\"en\","
        "\"start\":0,\"size\":5,\"holders\":[1,2]}]}"));
    CHECK(answer_has(GET(1, AT("/texts/%s", draft)),
        "{\"is_clean\":false,\"brackets\":[{\"language\":\"en\",\"start\":0,\"size\":5,\"holders\":[1,2]}]}"));
    const char *bracketed = propose(0, "joint-text", draft, "");
    CHECK(answer_has(GET(1, AT("/acts/%s", bracketed)), "{\"brackets\":1,\"is_clean\":false}"));
    CHECK(answer_refuses(sign_with(1, bracketed, ""), 409, "act", "A4"));

    /* A4 is about what the proposal says; T2 about what the text is. */
    const char *elsewhere = AT(",\"subject\":\"%064d\"", 4);
    CHECK(answer_refuses(POST(0, "/acts", AT("{\"kind\":\"joint-text\",\"root\":\"%s\"%s}", root, elsewhere)),
        404, "/subject", NULL));
    CHECK(answer_refuses(POST(0, "/acts", AT("{\"kind\":\"joint-text\",\"root\":\"%064d\"}", 4)), 404,
        "/root", NULL));
    CHECK(answer_refuses(POST(0, "/acts", AT("{\"kind\":\"correction\",\"root\":\"%s\"}", root)), 422,
        "/subject", "A2"));
    CHECK(answer_refuses(
        POST(0, "/acts", AT("{\"kind\":\"joint-text\",\"root\":\"%s\",\"offices\":[\"A\",\"B\",\"A\"]}", root)), 422,
        "/offices", "A8"));

    /* Slot lock: two readouts of one number. */
    char room[65];
    hex_to_text(room, consulting_room()->id.bytes, 32);
    const char *more = AT(",\"subject\":\"%s\",\"number\":1", room);
    const char *first = propose(0, "readout", root, more);
    const char *second = propose(1, "readout", root, more);
    CHECK(sign_with(2, first, "")->status == 201);
    CHECK(answer_refuses(sign_with(2, second, ""), 409, "act", "A6"));
    make_office(2, "Adviser", 1);
    CHECK(answer_has(GET(2, AT("/acts/%s/consent?office=Adviser", second)),
        "{\"can_sign\":false,\"rule\":\"A6\",\"office\":\"Adviser\"}"));

    /* A withdrawal, its reason beside it; then nobody signs, and the slot is free. */
    CHECK(answer_refuses(POST(0, AT("/acts/%s/withdrawal", first), "{\"reason\":\"No.\"}"), 422, "/language",
        NULL));
    uint32_t writes = consulting_writes(0);
    CHECK(POST(0, AT("/acts/%s/withdrawal", first), "{\"reason\":\"Not yet.\",\"language\":\"en\"}")->status == 201);
    CHECK(consulting_writes(0) == writes + 2);
    CHECK(answer_has(GET(1, AT("/acts/%s", first)),
        "{\"verdict\":\"dead\",\"withdrawn_by\":[0],\"reservations\":[{\"kind\":\"reason\",\"text\":\"Not yet.\"}]}"));
    CHECK(answer_refuses(sign_with(1, first, ""), 409, "act", "A5"));
    CHECK(answer_refuses(POST(1, AT("/acts/%s/withdrawal", first), "{}"), 409, "act", "A9"));
    CHECK(sign_with(2, second, "")->status == 201);
    consulting_stop();
}

TEST(a_text_that_has_not_arrived_cannot_be_signed)
{
    struct text_language language = {.tag = bytes_of_text("en"),
        .is_authentic = true,
        .media_type = bytes_of_text("application/pdf"),
        .size = 3,
        .sha256 = {{1}}};
    uint8_t list[128], nonce[32] = {5};
    struct writer writer = writer_of(list, sizeof list);
    char root_text[65];
    struct digest root;

    consulting_start();
    text_language_write(&writer, &language);
    struct fact text = {.nonce = {nonce, 32}, .items = writer_written(&writer), .items_count = 1};
    fact_make_text_root(&root, &text);
    hex_to_text(root_text, root.bytes, 32);
    consulting_say(1, FACT_TEXT, &text);
    const char *act = propose(0, "joint-text", root_text, "");
    CHECK(answer_refuses(sign_with(0, act, ""), 409, "act", "T2"));
    CHECK(answer_has(GET(0, AT("/texts/%s", root_text)),
        "{\"is_clean\":false,\"files\":[{\"is_here\":false,\"text\":null,\"size\":3}]}"));
    CHECK(answer_refuses(GET(0, AT("/texts/%s/comparison?with=%s&language=en", root_text, root_text)), 409,
        "root", "T3"));
    consulting_stop();
}

TEST(offices_at_a_date_and_their_history)
{
    consulting_start();
    uint32_t office = make_office(1, OFFICE, 1);
    appoint(1, office, 2, 2, 0);
    deputise(1, office, 2, UINT64_C(1) << ACT_JOINT_TEXT | UINT64_C(1) << 40);
    appoint(1, office, 2, 3, 0); /* void: the person is in the line (P2) */
    appoint(1, office, 3, 1, 1);
    make_office(2, "Minister", 1);
    CHECK(answer_has(GET(0, "/offices"),
        AT("{\"offices\":[{\"slot\":1,\"party\":\"Party 2\",\"office\":\"" OFFICE "\",\"number\":%u,\"acting\":\"Successor\","
           "\"is_assumed\":false,\"line\":[{\"name\":\"Successor\",\"rank\":1,\"is_away\":false,\"is_acting\":true,\"deputises\":[]},"
           "{\"rank\":2,\"is_acting\":false,\"deputises\":[\"joint-text\",\"40\"]}]},{\"slot\":2,\"office\":\"Minister\"}],"
           "\"next\":null}",
            office)));
    /* The registers' clock is the builder's: entry N claims to be of the N-th millisecond. */
    CHECK(answer_has(GET(0, "/offices?at=1970-01-01T00:00:00Z"), "{\"offices\":[],\"next\":null}"));
    char at[TIME_TEXT_BYTES];
    time_to_text(at, BUILD_T_MS + office - 1);
    CHECK(answer_has(GET(0, AT("/offices?at=%s", at)),
        AT("{\"offices\":[{\"slot\":1,\"acting\":\"Holder\",\"register_number\":%u,\"line\":[{\"rank\":1}]},{\"slot\":2}]}",
            office)));
    CHECK(answer_has(GET(0, "/offices?limit=1"), "{\"offices\":[{\"slot\":1}],\"next\":\"1\"}"));
    CHECK(answer_has(GET(0, "/offices?limit=1&after=1"), "{\"offices\":[{\"slot\":2}],\"next\":null}"));
    CHECK(answer_has(GET(0, "/offices/1/National%20Security%20Adviser/history"),
        "{\"events\":[{\"what\":\"office\",\"acting\":\"Holder\",\"void_rule\":null},"
        "{\"what\":\"appoint\",\"acting\":\"Holder\"},{\"what\":\"deputise\"},{\"what\":\"appoint\",\"void_rule\":\"P2\","
        "\"acting\":\"Holder\"},{\"what\":\"appoint\",\"acting\":\"Successor\",\"void_rule\":null}],\"next\":null}"));
    CHECK(answer_refuses(GET(0, "/offices/1/Nobody/history"), 404, "office", NULL));
    const struct answer *brief = GET(2, "/brief?office=Minister&since=2020-01-01T00:00:00Z&format=markdown");
    CHECK(brief->status == 200 && strstr(brief->text, "Minister") != NULL);
    CHECK(answer_refuses(GET(0, "/brief?office=Minister"), 404, "office", NULL)); /* another party's */
    CHECK(answer_refuses(GET(2, "/brief?office=Minister&since=yesterday"), 400, "since", NULL));
    CHECK(answer_refuses(GET(0, "/offices/7/Nobody/history"), 404, "slot", NULL));
    consulting_stop();
}

/* ---- readouts ---- */

static const char *
agree_readout(const char *root, const char *more)
{
    const char *act = propose(0, "readout", root, more);

    for (uint8_t slot = 0; slot < 3; slot++)
        CHECK(sign_with(slot, act, "")->status == 201);
    return act;
}

TEST(a_readout_is_published_when_it_may_be)
{
    consulting_start();
    const char *root = make_text(0, "They agree.");
    const char *act = agree_readout(root, ",\"number\":3");
    const char *where = "{\"where\":\"https://example.org/readout\"}";
    POST(0, "/api/v1/accounts", "{\"account\":\"speaker\",\"name\":\"Speaker\",\"roles\":[\"spokesperson\"]}");
    POST(0, "/api/v1/accounts", "{\"account\":\"other\",\"name\":\"Else\",\"roles\":[\"spokesperson\"]}");

    CHECK(answer_refuses(POST(0, AT("/readouts/%s/publications", act), where), 409, "act", "N3"));
    MADE(POST(0, "/readouts",
        AT("{\"act\":\"%s\",\"embargo\":\"2020-11-12T01:00:00Z\",\"spokespersons\":[{\"party\":0,\"name\":\"Speaker\"}]}", act)));
    MADE(POST(2, "/readouts", AT("{\"act\":\"%s\",\"spokespersons\":[{\"party\":2,\"name\":\"Other\"}]}", act)));
    CHECK(answer_refuses(POST(2, "/readouts", AT("{\"act\":\"%s\",\"embargo\":\"2020-11-12T01:00:00Z\"}", act)),
        409, "/embargo", "N1"));
    CHECK(answer_refuses(
        POST(2, "/readouts", AT("{\"act\":\"%s\",\"spokespersons\":[{\"party\":0,\"name\":\"Mine\"}]}", act)), 422,
        "/spokespersons/0", "N2"));
    for (uint8_t slot = 0; slot < 3; slot++)
        consulting_ratify(slot, act);
    CHECK(answer_refuses(POST(0, AT("/readouts/%s/publications", act), where), 409, "act", "N3"));
    CHECK(answer_has(GET(1, AT("/readouts/%s", act)),
        AT("{\"act\":\"%s\",\"verdict\":\"effective\",\"number\":3,\"embargo\":\"2020-11-12T01:00:00.000Z\",\"is_embargoed\":true,"
           "\"spokespersons\":[{\"party\":0,\"name\":\"Speaker\"},{\"party\":2,\"name\":\"Other\"}],\"publications\":[],"
           "\"text\":{\"root\":\"%s\"},\"corrections\":[]}",
            act, root)));
    CHECK(answer_has(GET(0, "/public/only/readouts"), "{\"readouts\":[],\"next\":null}"));
    consulting_now_ms += 3600 * 1000;
    CHECK(answer_has(GET(0, "/public/only/readouts"), "{\"readouts\":[]}")); /* nobody has published it */
    CHECK(answer_refuses(POST(0, AT("/readouts/%s/publications", act),
                             "{\"where\":\"w\",\"time\":\"2020-11-12T00:30:00Z\"}"),
        409, "act", "N3"));
    CHECK(answer_refuses(POST(0, AT("/readouts/%s/publications", act),
                             "{\"where\":\"w\",\"time\":\"2020-11-13T00:30:00Z\"}"),
        422, "/time", "N3"));
    /* A spokesperson's account speaks about what its person was named for. */
    consulting_account = "other";
    CHECK(answer_refuses(POST(0, AT("/readouts/%s/publications", act), where), 403, "", "N2"));
    consulting_account = "speaker";
    MADE(POST(0, AT("/readouts/%s/publications", act), where));
    consulting_account = NULL;
    CHECK(answer_has(GET(0, "/public/only/readouts"),
        AT("{\"readouts\":[{\"act\":\"%s\",\"root\":\"%s\",\"number\":3,\"corrects\":null,\"files\":[{\"language\":\"ar\"},"
           "{\"language\":\"en\",\"text\":\"They agree.\"},{\"language\":\"ko\"}]}],\"next\":null}",
            act, root)));
    CHECK(answer_has(GET(1, "/public/only/readouts"), "{\"readouts\":[]}")); /* its own have not */
    CHECK(answer_has(GET(1, "/readouts"),
        "{\"readouts\":[{\"is_embargoed\":false,\"publications\":[{\"slot\":0,\"where\":\"https://example.org/readout\"}]}]}"));
    const char *report =
        "{\"text\":\"Seoul (Agency) - They agree.\\n\\nOthers laughed at all of it.\\n\\nOthers laughed at all of it.\"}";
    const char *checked =
        AT("{\"readout\":\"%s\",\"language\":\"en\",\"is_rough\":false,\"paragraphs\":[{\"is\":\"verbatim\",\"of\":1},"
           "{\"is\":\"not-in-readout\"},{\"is\":\"repeated\",\"first\":2}]}",
            act);
    CHECK(answer_has(POST(0, "/public/only/check", report), checked));
    CHECK(answer_has(POST(1, "/readouts/check", report), checked));
    CHECK(answer_has(POST(1, "/public/only/check", report), "{\"readout\":null,\"language\":null}"));
    CHECK(answer_has(POST(0, "/readouts/check", "{\"text\":\"They agree.\",\"language\":\"ko\"}"),
        "{\"readout\":null}"));
    static const char *const exports[][2] = {{"readouts.atom", "<feed"},
        {"readouts.ninjs.json", "They agree."}, {"sessions.ics", "BEGIN:VCALENDAR"},
        {"commitments.csv", ","}, {"minutes.md", "#"}, {"minutes.html", "<!"}};
    for (size_t i = 0; i < sizeof exports / sizeof exports[0]; i++) {
        const struct answer *exported = GET(0, AT("/exports/%s", exports[i][0]));
        CHECK(exported->status == 200 && strstr(exported->text, exports[i][1]) != NULL);
    }
    CHECK(GET(0, "/exports/everything.zip")->status == 400);
    const char *text = propose(0, "joint-text", root, "");
    CHECK(answer_refuses(POST(0, "/readouts", AT("{\"act\":\"%s\"}", text)), 409, "/act", "N1"));
    CHECK(answer_refuses(GET(0, AT("/readouts/%s", text)), 404, "act", "N1"));
    const char *correction = propose(1, "correction", root, AT(",\"subject\":\"%s\",\"number\":1", act));
    CHECK(answer_has(GET(0, AT("/readouts/%s", act)), AT("{\"corrections\":[\"%s\"]}", correction)));
    CHECK(answer_has(GET(0, AT("/acts/%s", correction)), "{\"readout\":{\"number\":1,\"verdict\":\"proposed\"}}"));
    consulting_stop();
}

TEST_MAIN(CASE(a_text_is_read_back_word_for_word), CASE(a_text_that_cannot_be_one_is_refused),
    CASE(a_text_that_is_too_large_for_one_entry_takes_several),
    CASE(an_act_is_signed_by_the_holders_and_becomes_effective),
    CASE(a_consent_that_would_not_count_is_refused),
    CASE(what_stands_in_the_way_of_a_signature_is_told_with_its_rule),
    CASE(a_text_that_has_not_arrived_cannot_be_signed), CASE(offices_at_a_date_and_their_history),
    CASE(a_readout_is_published_when_it_may_be))
