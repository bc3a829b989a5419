/*
 * Goal: commitments and dialogues as people ask for them: each party's own word becomes the record's, and what is
 * not theirs to say is refused before it is written, with the rule.
 * Method: three parties' APIs over real records; every answer is checked against openapi.json; facts of
 * another program with the worst that a party can write.
 */
#include "support/consulting.h"
#include "support/test.h"

TEST(the_givers_claim_and_the_receivers_word_are_read_apart)
{
    consulting_start();
    const char *pledge = MADE(POST(0, "/commitments",
        "{\"name\":\"Vaccines\",\"language\":\"en\",\"text\":\"As agreed.\",\"receivers\":[1,2],\"quantity\":\"1000.50\","
        "\"unit\":\"doses\",\"due\":\"2021-06-30T00:00:00Z\"}"));
    const char *delivery = MADE(POST(0, AT("/commitments/%s/deliveries", pledge),
        "{\"quantity\":\"400\",\"time\":\"2021-01-01T00:00:00Z\",\"text\":\"By ship.\"}"));
    MADE(POST(1, AT("/deliveries/%s/receipts", delivery),
        AT("{\"verdict\":\"disputed\",\"quantity\":\"400\",\"evidence\":\"%s\"}", pledge)));
    MADE(POST(1, AT("/deliveries/%s/receipts", delivery), "{\"verdict\":\"confirmed\",\"quantity\":\"399.50\"}"));
    MADE(POST(2, AT("/deliveries/%s/receipts", delivery), "{\"verdict\":\"disputed\",\"quantity\":\"0.5\"}"));
    MADE(POST(0, AT("/commitments/%s/changes", pledge), "{\"what\":\"due\",\"due\":\"2021-07-31T00:00:00Z\",\"text\":\"Later.\"}"));
    MADE(POST(0, AT("/commitments/%s/changes", pledge), "{\"what\":\"quantity\",\"quantity\":\"900.500000000\"}"));
    CHECK(answer_has(GET(2, AT("/commitments/%s", pledge)),
        AT("{\"id\":\"%s\",\"giver\":0,\"giver_party\":\"Party 1\",\"receivers\":[1,2],\"name\":\"Vaccines\",\"text\":\"As agreed.\","
           "\"act\":null,\"unit\":\"doses\",\"due\":\"2021-07-31T00:00:00.000Z\",\"is_withdrawn\":false,\"pledged\":\"900.50\","
           "\"delivered\":\"400.00\",\"confirmed\":\"399.50\",\"disputed\":\"0.50\",\"deliveries\":[{\"id\":\"%s\","
           "\"quantity\":\"400.00\",\"time\":\"2021-01-01T00:00:00.000Z\",\"evidence\":null,\"text\":\"By ship.\",\"receipts\":["
           "{\"slot\":1,\"verdict\":\"disputed\",\"quantity\":\"400.00\",\"counts\":false,\"evidence\":\"%s\"},"
           "{\"slot\":1,\"verdict\":\"confirmed\",\"quantity\":\"399.50\",\"counts\":true},"
           "{\"slot\":2,\"party\":\"Party 3\",\"verdict\":\"disputed\",\"quantity\":\"0.50\",\"counts\":true}]}],"
           "\"changes\":[{\"what\":\"due\",\"due\":\"2021-07-31T00:00:00.000Z\",\"quantity\":null,\"counts\":true,\"text\":\"Later.\"},"
           "{\"what\":\"quantity\",\"quantity\":\"900.50\",\"due\":null}]}",
            pledge, delivery, pledge)));
    MADE(POST(0, AT("/commitments/%s/changes", pledge), "{\"what\":\"withdrawn\"}"));
    CHECK(answer_has(GET(1, "/commitments"),
        AT("{\"commitments\":[{\"id\":\"%s\",\"is_withdrawn\":true,\"pledged\":\"900.50\"}],\"next\":null}", pledge)));
    consulting_stop();
}

TEST(what_is_not_theirs_to_say_of_a_commitment_is_refused)
{
    consulting_start();
    const char *pledge = MADE(POST(0, "/commitments",
        "{\"language\":\"en\",\"text\":\"\",\"receivers\":[1],\"quantity\":\"10\",\"unit\":\"doses\"}"));
    const char *delivery = MADE(POST(0, AT("/commitments/%s/deliveries", pledge), "{\"quantity\":\"5\"}"));
    const char *deliveries = AT("/commitments/%s/deliveries", pledge);
    uint32_t writes = consulting_writes(0);

    CHECK(answer_refuses(POST(1, deliveries, "{\"quantity\":\"5\"}"), 409, "commitment", "D2"));
    CHECK(answer_refuses(
        POST(1, AT("/commitments/%s/changes", pledge), "{\"what\":\"withdrawn\"}"), 409, "commitment", "D2"));
    const char *receipts = AT("/deliveries/%s/receipts", delivery);
    CHECK(answer_refuses(
        POST(2, receipts, "{\"verdict\":\"confirmed\",\"quantity\":\"5\"}"), 409, "delivery", "D3"));
    CHECK(answer_refuses(
        POST(0, receipts, "{\"verdict\":\"confirmed\",\"quantity\":\"5\"}"), 409, "delivery", "D3"));
    CHECK(answer_refuses(POST(1, AT("/deliveries/%s/receipts", pledge),
                             "{\"verdict\":\"confirmed\",\"quantity\":\"5\"}"),
        404, "delivery", NULL));
    CHECK(answer_refuses(POST(0, AT("/commitments/%s/deliveries", pledge), "{\"quantity\":\"0.5\"}"), 422,
        "/quantity", "D4"));
    CHECK(answer_refuses(POST(0, AT("/commitments/%s/deliveries", pledge),
                             AT("{\"quantity\":\"1\",\"evidence\":\"%064d\"}", 6)),
        404, "/evidence", NULL));
    CHECK(answer_refuses(POST(0, AT("/commitments/%064d/deliveries", 6), "{\"quantity\":\"1\"}"), 404,
        "commitment", NULL));
    CHECK(answer_refuses(
        POST(0, AT("/commitments/%s/changes", pledge), "{\"what\":\"quantity\"}"), 422, "/quantity", NULL));
    CHECK(answer_refuses(POST(0, AT("/commitments/%s/changes", pledge),
                             "{\"what\":\"withdrawn\",\"due\":\"2021-07-31T00:00:00Z\"}"),
        422, "/due", NULL));
    CHECK(answer_refuses(POST(0, "/commitments",
                             "{\"language\":\"en\",\"text\":\"\",\"receivers\":[0,1],\"quantity\":\"1\",\"unit\":\"u\"}"),
        422, "/receivers", "D1"));
    CHECK(answer_refuses(POST(0, "/commitments",
                             "{\"language\":\"en\",\"text\":\"\",\"receivers\":[5],\"quantity\":\"1\",\"unit\":\"u\"}"),
        404, "/receivers", NULL));
    CHECK(answer_refuses(
        POST(0, "/commitments",
            AT("{\"language\":\"en\",\"text\":\"\",\"receivers\":[1],\"quantity\":\"1\",\"unit\":\"u\",\"act\":\"%064d\"}", 6)),
        404, "/act", NULL));
    CHECK(consulting_writes(0) == writes && consulting_writes(1) == 0);

    MADE(POST(0, AT("/commitments/%s/changes", pledge), "{\"what\":\"withdrawn\"}"));
    CHECK(answer_refuses(
        POST(0, AT("/commitments/%s/changes", pledge), "{\"what\":\"withdrawn\"}"), 409, "commitment", "D2"));
    /* Too large to be counted in hundredths. */
    pledge = MADE(POST(0, "/commitments",
        "{\"language\":\"en\",\"text\":\"\",\"receivers\":[1],\"quantity\":\"1.00\",\"unit\":\"doses\"}"));
    CHECK(answer_refuses(
        POST(0, AT("/commitments/%s/deliveries", pledge), "{\"quantity\":\"18446744073709551615\"}"), 422,
        "/quantity", "D4"));
    consulting_stop();
}

TEST(a_dialogue_with_all_that_happened)
{
    consulting_start();
    const char *dialogue = MADE(POST(1, "/dialogues",
        "{\"outside_party\":\"The other side\",\"channel\":\"hotline\",\"language\":\"en\",\"text\":\"History.\"}"));
    CHECK(answer_has(GET(0, AT("/dialogues/%s", dialogue)),
        "{\"owner\":1,\"owner_party\":\"Party 2\",\"outside_party\":\"The other side\",\"channel\":\"hotline\",\"state\":\"proposed\","
        "\"since\":null,\"last_check\":null,\"checked\":null,\"rounds\":[],\"states\":[],\"checks\":[],\"contacts\":[],"
        "\"positions\":[],\"mandates\":[]}"));
    const char *path = consulting_text("/dialogues/%s/rounds", dialogue);
    MADE(POST(0, path,
        "{\"number\":2,\"outcome\":\"failed\",\"begins\":\"2019-02-27T00:00:00Z\",\"ends\":\"2019-02-28T00:00:00Z\","
        "\"place\":\"Hanoi\",\"language\":\"en\",\"text\":\"Second summit.\"}"));
    MADE(POST(1, AT("/dialogues/%s/states", dialogue),
        "{\"state\":\"broken-off\",\"time\":\"2019-10-05T00:00:00Z\",\"language\":\"en\",\"text\":\"Collapsed.\"}"));
    MADE(POST(0, AT("/dialogues/%s/states", dialogue), "{\"state\":\"resumed\",\"language\":\"en\",\"text\":\"We think.\"}"));
    MADE(POST(2, AT("/dialogues/%s/checks", dialogue),
        "{\"result\":\"silent\",\"time\":\"2020-11-11T00:00:00Z\",\"channel\":\"hotline\"}"));
    MADE(POST(2, AT("/dialogues/%s/contacts", dialogue),
        "{\"person\":\"An envoy\",\"channel\":\"letter\",\"language\":\"ko\",\"text\":\"답이 없다.\"}"));
    const char *mandate = AT("/dialogues/%s/mandates", dialogue);
    MADE(POST(0, mandate, "{\"kind\":\"speaks\",\"party\":2,\"name\":\"An envoy\",\"language\":\"en\",\"text\":\"For all.\"}"));
    CHECK(answer_has(GET(2, AT("/dialogues/%s", dialogue)),
        "{\"state\":\"broken-off\",\"since\":\"2019-10-05T00:00:00.000Z\",\"last_check\":\"silent\","
        "\"checked\":\"2020-11-11T00:00:00.000Z\","
        "\"rounds\":[{\"number\":2,\"outcome\":\"failed\",\"begins\":\"2019-02-27T00:00:00.000Z\",\"place\":\"Hanoi\","
        "\"ends\":\"2019-02-28T00:00:00.000Z\",\"text\":\"Second summit.\",\"origin\":{\"slot\":0}}],"
        "\"states\":[{\"state\":\"resumed\",\"counts\":false},{\"state\":\"broken-off\",\"counts\":true,\"text\":\"Collapsed.\"}],"
        "\"checks\":[{\"result\":\"silent\",\"channel\":\"hotline\",\"text\":\"\"}],"
        "\"contacts\":[{\"person\":\"An envoy\",\"channel\":\"letter\",\"language\":\"ko\",\"text\":\"답이 없다.\"}],"
        "\"mandates\":[{\"kind\":\"speaks\",\"slot\":2,\"name\":\"An envoy\",\"act\":null}]}"));
    CHECK(answer_has(GET(0, "/dialogues"),
        AT("{\"dialogues\":[{\"id\":\"%s\",\"state\":\"broken-off\"}],\"next\":null}", dialogue)));
    consulting_stop();
}

TEST(a_position_is_an_offices_and_its_last_one_counts)
{
    struct register_entry entry = {.kind = REGISTER_OFFICE,
        .name = bytes_of_text("Adviser"),
        .person = bytes_of_text("Holder"),
        .key = {{7}}};

    consulting_start();
    build_party_add(&consulting_room()->party[0], &entry);
    consulting_registers();
    const char *dialogue = MADE(
        POST(1, "/dialogues", "{\"outside_party\":\"Them\",\"language\":\"en\",\"text\":\"\"}"));
    const char *position = "{\"office\":\"Adviser\",\"language\":\"en\",\"text\":\"It must resume.\"}";
    CHECK(answer_refuses(
        POST(1, AT("/dialogues/%s/positions", dialogue), position), 404, "/office", "Q4"));
    MADE(POST(0, AT("/dialogues/%s/positions", dialogue), position));
    MADE(POST(0, AT("/dialogues/%s/positions", dialogue), position));
    CHECK(answer_has(GET(2, AT("/dialogues/%s", dialogue)),
        "{\"positions\":[{\"slot\":0,\"party\":\"Party 1\",\"office\":\"Adviser\",\"is_last\":false},"
        "{\"office\":\"Adviser\",\"is_last\":true,\"text\":\"It must resume.\"}]}"));
    CHECK(answer_refuses(POST(0, AT("/dialogues/%064d/positions", 6), position), 404, "dialogue", NULL));
    CHECK(answer_refuses(POST(0, AT("/dialogues/%s/rounds", dialogue),
                             "{\"number\":1,\"outcome\":\"agreed\",\"begins\":\"2020-01-02T00:00:00Z\","
                             "\"ends\":\"2020-01-01T00:00:00Z\",\"language\":\"en\",\"text\":\"\"}"),
        422, "/ends", NULL));
    CHECK(answer_refuses(POST(0, AT("/dialogues/%s/mandates", dialogue),
                             "{\"kind\":\"line\",\"party\":4,\"language\":\"en\",\"text\":\"\"}"),
        404, "/party", NULL));
    CHECK(answer_refuses(
        POST(0, AT("/dialogues/%s/mandates", dialogue),
            AT("{\"kind\":\"line\",\"party\":0,\"act\":\"%064d\",\"language\":\"en\",\"text\":\"\"}", 6)),
        404, "/act", NULL));
    consulting_stop();
}

static const char *
first_assessment(uint8_t slot)
{
    const struct answer *list = GET(slot, "/assessments");
    const json_t *first = json_array_get(json_object_get(list->json, "assessments"), 0);

    return json_string_value(json_object_get(first, "id"));
}

TEST(an_assessment_and_who_holds_it)
{
    uint8_t key[32] = {4};
    struct fact fact = {.root = {{5}},
        .sha256 = {{6}},
        .file_key = {key, sizeof key},
        .size = 70000,
        .name = bytes_of_text("Situation.pdf"),
        .media_type = bytes_of_text("application/pdf"),
        .tag = bytes_of_text("en"),
        .text = bytes_of_text("Recent security situation")};

    consulting_start();
    fact.marking = (struct marking){.scheme = MARKING_TLP, .level = MARKING_RED, .parties = 1};
    consulting_say(0, FACT_ASSESSMENT, &fact); /* for its giver alone */
    CHECK(answer_refuses(GET(1, AT("/assessments/%s", first_assessment(0))), 403, "assessment", "V3"));
    CHECK(answer_has(GET(1, "/assessments"), "{\"assessments\":[],\"next\":null}"));
    fact.marking = (struct marking){.scheme = MARKING_TLP, .level = MARKING_AMBER, .parties = 3};
    consulting_say(0, FACT_ASSESSMENT, &fact);
    const char *id = first_assessment(1);
    CHECK(answer_has(GET(1, AT("/assessments/%s", id)),
        "{\"slot\":0,\"name\":\"Situation.pdf\",\"media_type\":\"application/pdf\",\"size\":70000,\"marking\":\"TLP:AMBER\","
        "\"releasable_to\":[0,1],\"version\":1,\"is_withdrawn\":false,\"newer\":null,\"ledger\":[{\"slot\":0,\"state\":\"held\"},"
        "{\"slot\":1,\"state\":\"offered\",\"time\":null}]}"));
    CHECK(answer_refuses(POST(1, AT("/assessments/%s/acknowledgements", id), "{\"is\":\"deleted\"}"), 409,
        "assessment", "V5"));
    MADE(POST(1, AT("/assessments/%s/receipts", id), "{\"holding\":\"partly\",\"chunks\":1}"));
    CHECK(answer_has(GET(0, AT("/assessments/%s", id)),
        "{\"ledger\":[{\"slot\":0},{\"slot\":1,\"state\":\"held\",\"chunks\":1}]}"));
    CHECK(answer_refuses(POST(1, AT("/assessments/%s/withdrawal", id), "{}"), 409, "assessment", "V4"));
    CHECK(answer_refuses(POST(2, AT("/assessments/%s/receipts", id), "{}"), 403, "assessment", "V3"));
    MADE(POST(0, AT("/assessments/%s/withdrawal", id), "{\"language\":\"en\",\"text\":\"Outdated.\"}"));
    CHECK(answer_refuses(POST(0, AT("/assessments/%s/withdrawal", id), "{}"), 409, "assessment", "V4"));
    CHECK(answer_has(GET(0, AT("/assessments/%s", id)),
        "{\"is_withdrawn\":true,\"reason\":\"Outdated.\",\"ledger\":[{\"slot\":0},"
        "{\"slot\":1,\"state\":\"withdrawal-not-acknowledged\"}]}"));
    CHECK(answer_refuses(POST(1, AT("/assessments/%s/acknowledgements", id), "{\"is\":\"kept\"}"), 422,
        "/text", "V5"));
    MADE(POST(1, AT("/assessments/%s/acknowledgements", id), "{\"is\":\"kept\",\"text\":\"By law.\"}"));
    CHECK(answer_has(GET(0, AT("/assessments/%s", id)),
        "{\"ledger\":[{\"slot\":0},{\"slot\":1,\"state\":\"kept\",\"text\":\"By law.\"}]}"));
    MADE(POST(1, AT("/assessments/%s/acknowledgements", id), "{\"is\":\"deleted\"}"));
    CHECK(answer_has(GET(0, AT("/assessments/%s", id)),
        "{\"ledger\":[{\"slot\":0},{\"slot\":1,\"state\":\"deleted\"}]}"));
    CHECK(answer_refuses(GET(0, AT("/assessments/%064d", 6)), 404, "assessment", NULL));
    consulting_stop();
}

TEST(the_worst_that_a_party_can_write_is_shown)
{
    const char *worst = "\xE2\x80\xAE" "evil\xE2\x81\xA6\x01\x7F";

    consulting_start();
    struct fact fact = {.parties = (UINT32_C(1) << PARTIES_MAX) - 1,
        .quantity = UINT64_MAX,
        .scale = 9,
        .subject = {{3}},
        .label = {(const uint8_t *)"\0\0", 2},
        .when_ms = UINT64_MAX,
        .name = bytes_of_text(worst),
        .tag = bytes_of_text("x-a"),
        .text = bytes_of_text(worst)};
    struct digest pledge = consulting_say(2, FACT_PLEDGE, &fact);
    fact.object = pledge;
    struct digest delivery = consulting_say(2, FACT_DELIVERY, &fact);
    consulting_say(2, FACT_DELIVERY, &fact); /* the sum stays at the greatest */
    consulting_say(1, FACT_DELIVERY, &fact); /* not the giver's: none */
    fact.object = delivery;
    fact.what = RECEIPT_CONFIRMED;
    consulting_say(2, FACT_RECEIPT, &fact);
    CHECK(answer_has(GET(0, "/commitments"),
        "{\"commitments\":[{\"giver\":2,\"pledged\":\"18446744073.709551615\",\"unit\":\"\xEF\xBF\xBD\xEF\xBF\xBD\","
        "\"due\":\"9999-12-31T23:59:59.999Z\",\"delivered\":\"18446744073.709551615\"}]}"));
    const struct answer *list = GET(0, "/commitments");
    const char *id = json_string_value(
        json_object_get(json_array_get(json_object_get(list->json, "commitments"), 0), "id"));
    CHECK(answer_has(GET(0, AT("/commitments/%s", id)),
        "{\"deliveries\":[{\"quantity\":\"18446744073.709551615\",\"receipts\":[{\"slot\":2,\"counts\":true}]},{\"receipts\":[]}]}"));

    struct digest dialogue = consulting_say(2, FACT_DIALOGUE, &fact);
    fact.object = dialogue;
    fact.slot = 29;
    fact.number = UINT32_MAX;
    fact.office = bytes_of_text(worst);
    consulting_say(0, FACT_MANDATE, &fact);
    consulting_say(0, FACT_POSITION, &fact);
    consulting_say(0, FACT_ROUND, &fact);
    consulting_say(0, FACT_CONTACT, &fact);
    consulting_say(0, FACT_CHANNEL_CHECK, &fact);
    list = GET(0, "/dialogues");
    id = json_string_value(
        json_object_get(json_array_get(json_object_get(list->json, "dialogues"), 0), "id"));
    const struct answer *shown = GET(0, AT("/dialogues/%s", id));
    CHECK(answer_has(shown, "{\"mandates\":[{\"slot\":29}],\"rounds\":[{\"number\":4294967295}]}"));
    CHECK(strcmp(answer_says(shown, "outside_party"), worst) == 0);
    consulting_stop();
}

TEST_MAIN(CASE(the_givers_claim_and_the_receivers_word_are_read_apart),
    CASE(what_is_not_theirs_to_say_of_a_commitment_is_refused),
    CASE(a_dialogue_with_all_that_happened), CASE(a_position_is_an_offices_and_its_last_one_counts),
    CASE(an_assessment_and_who_holds_it), CASE(the_worst_that_a_party_can_write_is_shown))
