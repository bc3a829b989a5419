/*
 * Goal: what people ask of sessions becomes facts that the record counts, and is read back by all as it was meant;
 * what the record would not count is refused before it is written, with the rule.
 * Method: three parties' APIs over real records, as the operators at their machines; every answer is
 * checked against openapi.json; facts of another program with the worst that a party can write.
 */
#include "support/consulting.h"
#include "support/test.h"

static const char *
call_session(uint8_t slot, const char *name, const char *chairs)
{
    return MADE(POST(slot, "/sessions",
        AT("{\"name\":\"%s\",\"language\":\"en\",\"begins\":\"2020-11-12T09:00:00+09:00\",\"chairs\":%s}", name,
            chairs)));
}

static const struct answer *
take_step(uint8_t slot, const char *session, const char *step, const char *subject)
{
    const char *path = AT("/sessions/%s/steps", session);

    return POST(slot, path,
        subject == NULL ? AT("{\"step\":\"%s\"}", step)
                        : AT("{\"step\":\"%s\",\"subject\":\"%s\"}", step, subject));
}

static const char *
add_item(uint8_t slot, const char *session, int number)
{
    return MADE(POST(slot, AT("/sessions/%s/items", session),
        AT("{\"number\":%d,\"minutes\":20,\"owner\":2,\"language\":\"ko\",\"text\":\"백신\"}", number)));
}

static const struct answer *
attend(uint8_t slot, const char *session, const char *step, const char *name)
{
    return POST(slot, AT("/sessions/%s/attendance", session),
        AT("{\"step\":\"%s\",\"name\":\"%s\",\"mode\":\"video\"}", step, name));
}

TEST(a_session_from_its_call_to_its_close)
{
    consulting_start();
    const char *session = call_session(0, "Consultation of advisers", "[1,0,2]");
    CHECK(answer_has(GET(2, AT("/sessions/%s", session)),
        AT("{\"id\":\"%s\",\"name\":\"Consultation of advisers\",\"language\":\"en\",\"text\":\"\",\"status\":\"called\","
           "\"begins\":\"2020-11-12T00:00:00.000Z\",\"ends\":null,\"chairs\":[1,0,2],\"chair\":1,\"term\":0,"
           "\"chair_party\":\"Party 2\",\"item\":null,\"floor\":null,\"items\":[],\"attendance\":[],\"queue\":[],"
           "\"origin\":{\"slot\":0,\"party\":\"Party 1\",\"number\":1,\"held\":[0],\"held_by_all\":false}}",
            session)));
    MADE(POST(0, AT("/sessions/%s/invitations", session),
        "{\"party\":2,\"name\":\"Third person\",\"office\":\"Adviser\"}"));
    const char *item = add_item(2, session, 1);
    CHECK(take_step(1, session, "open", NULL)->status == 201);
    CHECK(take_step(1, session, "call-item", item)->status == 201);
    const char *there = MADE(attend(2, session, "join", "Third person"));
    MADE(attend(0, session, "join", "First person"));
    MADE(attend(0, session, "leave", "First person"));
    CHECK(take_step(1, session, "admit", there)->status == 201);
    const char *request = MADE(POST(2, AT("/sessions/%s/queue", session),
        AT("{\"step\":\"ask\",\"name\":\"Third person\",\"item\":\"%s\"}", item)));
    CHECK(take_step(1, session, "give-floor", request)->status == 201);
    MADE(POST(2, AT("/items/%s/conclusions", item), "{\"number\":1,\"language\":\"en\",\"text\":\"First words.\"}"));
    const char *conclusion = MADE(POST(2, AT("/items/%s/conclusions", item),
        "{\"number\":1,\"language\":\"en\",\"text\":\"To work together.\"}"));
    MADE(POST(0, AT("/items/%s/conclusions", item), "{\"number\":1,\"language\":\"ja\",\"text\":\"協力する\"}"));
    MADE(POST(1, AT("/items/%s/papers", item), AT("{\"paper\":\"%s\",\"name\":\"A paper\"}", conclusion)));
    consulting_say(0, FACT_UNDER, &(struct fact){.object = {{9}}});
    const struct answer *shown = GET(0, AT("/sessions/%s", session));
    CHECK(answer_has(shown,
        AT("{\"status\":\"open\",\"attending\":1,\"waiting\":1,\"item\":\"%s\",\"floor\":\"%s\","
           "\"items\":[{\"id\":\"%s\",\"number\":1,\"minutes\":20,\"owner\":2,\"owner_party\":\"Party 3\",\"language\":\"ko\","
           "\"text\":\"백신\",\"is_current\":true,\"statements\":0,\"papers\":[{\"paper\":\"%s\",\"name\":\"A paper\"}],"
           "\"conclusions\":[{\"number\":1,\"language\":\"ja\",\"text\":\"協力する\"},"
           "{\"id\":\"%s\",\"number\":1,\"language\":\"en\",\"text\":\"To work together.\"}]}]}",
            item, request, item, conclusion, conclusion)));
    CHECK(answer_has(shown,
        "{\"invited\":[{\"slot\":2,\"name\":\"Third person\",\"office\":\"Adviser\",\"is_here\":true}],"
        "\"attendance\":[{\"slot\":0,\"name\":\"First person\",\"is_here\":false,\"mode\":\"video\"},"
        "{\"slot\":2,\"name\":\"Third person\",\"is_here\":true}],"
        "\"queue\":[{\"slot\":2,\"name\":\"Third person\",\"has_floor\":true}],"
        "\"chair_steps\":[{\"step\":\"open\",\"term\":0,\"counts\":true},{\"step\":\"call-item\"},{\"step\":\"admit\"},"
        "{\"step\":\"give-floor\"}]}"));
    MADE(POST(2, AT("/sessions/%s/queue", session), "{\"step\":\"leave\",\"name\":\"Third person\"}"));
    CHECK(take_step(1, session, "suspend", NULL)->status == 201);
    CHECK(take_step(1, session, "resume", NULL)->status == 201);
    CHECK(take_step(1, session, "give-floor", NULL)->status == 201);
    CHECK(take_step(1, session, "close", NULL)->status == 201);
    CHECK(answer_has(GET(2, AT("/sessions/%s", session)),
        "{\"status\":\"closed\",\"floor\":null,\"queue\":[],\"waiting\":0}"));
    CHECK(answer_has(GET(1, "/sessions"),
        AT("{\"sessions\":[{\"id\":\"%s\",\"status\":\"closed\"}],\"next\":null}", session)));
    const struct answer *minutes = GET(2, AT("/sessions/%s/minutes?format=markdown&language=ko", session));
    CHECK(minutes->status == 200 && strstr(minutes->text, "Consultation of advisers") != NULL);
    minutes = GET(2, AT("/sessions/%s/minutes", session));
    CHECK(minutes->status == 200 && strncmp(minutes->text, "<!", 2) == 0);
    CHECK(answer_refuses(GET(2, AT("/sessions/%064d/minutes", 7)), 404, "session", NULL));
    consulting_stop();
}

TEST(a_step_that_would_not_count_is_refused)
{
    consulting_start();
    const char *session = call_session(0, "S", "[1,0]"), *other = call_session(0, "T", "[1]");
    const char *item = add_item(0, session, 1), *elsewhere = add_item(0, other, 1);
    uint32_t writes[3] = {consulting_writes(0), consulting_writes(1), consulting_writes(2)};

    CHECK(answer_refuses(take_step(0, session, "open", NULL), 409, "/step", "M3"));
    CHECK(answer_refuses(take_step(2, session, "take", NULL), 409, "/step", "M2"));
    CHECK(answer_refuses(take_step(1, session, "take", NULL), 409, "/step", "M2"));
    CHECK(answer_refuses(take_step(1, session, "suspend", NULL), 409, "/step", "M4"));
    CHECK(answer_refuses(take_step(1, session, "resume", NULL), 409, "/step", "M4"));
    CHECK(answer_refuses(take_step(1, session, "open", item), 422, "/subject", NULL));
    CHECK(answer_refuses(take_step(1, session, "admit", NULL), 422, "/subject", NULL));
    CHECK(answer_refuses(take_step(1, session, "call-item", elsewhere), 409, "/subject", "M1"));
    CHECK(answer_refuses(take_step(1, session, "call-item", session), 404, "/subject", NULL));
    CHECK(answer_refuses(take_step(1, session, "give-floor", item), 404, "/subject", NULL));
    CHECK(answer_refuses(take_step(1, item, "open", NULL), 404, "session", NULL));
    CHECK(answer_refuses(take_step(1, session, "dance", NULL), 422, "/step", NULL));
    CHECK(answer_refuses(POST(1, AT("/sessions/%s/queue", session),
                             AT("{\"step\":\"ask\",\"name\":\"N\",\"item\":\"%s\"}", elsewhere)),
        409, "/item", "M1"));
    CHECK(consulting_writes(1) == writes[1]);

    CHECK(take_step(1, session, "open", NULL)->status == 201);
    CHECK(answer_refuses(take_step(1, session, "open", NULL), 409, "/step", "M4"));
    MADE(attend(2, session, "join", "N"));
    CHECK(take_step(1, session, "close", NULL)->status == 201);
    CHECK(answer_refuses(take_step(1, session, "close", NULL), 409, "session", "M4"));
    CHECK(answer_refuses(take_step(0, session, "take", NULL), 409, "session", "M4"));
    CHECK(answer_refuses(POST(1, AT("/sessions/%s/items", session),
                             "{\"number\":2,\"minutes\":0,\"owner\":0,\"language\":\"en\",\"text\":\"t\"}"),
        409, "session", "M4"));
    CHECK(answer_refuses(
        POST(1, AT("/items/%s/conclusions", item), "{\"number\":2,\"language\":\"en\",\"text\":\"t\"}"),
        409, "item", "M4"));
    CHECK(answer_refuses(POST(1, AT("/items/%s/papers", item), AT("{\"paper\":\"%s\"}", item)), 409,
        "item", "M4"));
    CHECK(answer_refuses(POST(1, AT("/sessions/%s/invitations", session), "{\"party\":0,\"name\":\"N\"}"),
        409, "session", "M4"));
    CHECK(answer_refuses(attend(2, session, "join", "N"), 409, "session", "M4"));
    CHECK(consulting_writes(0) == writes[0] && consulting_writes(1) == writes[1] + 2);
    MADE(attend(2, session, "leave", "N")); /* late, and shown so */
    CHECK(answer_has(GET(0, AT("/sessions/%s", session)),
        "{\"attendance\":[{\"slot\":2,\"is_here\":false,\"origin\":{\"late\":true}}]}"));
    consulting_stop();
}

TEST(what_a_session_cannot_be_is_refused)
{
    static const struct {
        const char *body, *field, *rule;
        uint16_t status;
    } cases[] = {
        {"{\"name\":\"S\",\"language\":\"en\",\"begins\":\"2020-11-12T09:00:00Z\",\"chairs\":[1,1]}", "/chairs", "M1", 422},
        {"{\"name\":\"S\",\"language\":\"en\",\"begins\":\"2020-11-12T09:00:00Z\",\"chairs\":[3]}", "/chairs", NULL, 404},
        {"{\"name\":\"S\",\"language\":\"en\",\"begins\":\"2020-11-12T09:00:00Z\",\"ends\":\"2020-11-12T08:00:00Z\",\"chairs\":[1]}",
            "/ends", NULL, 422},
        {"{\"name\":\"S\",\"language\":\"in English\",\"begins\":\"2020-11-12T09:00:00Z\",\"chairs\":[1]}", "/language",
            NULL, 422},
        {"{\"name\":\"\",\"language\":\"en\",\"begins\":\"2020-11-12T09:00:00Z\",\"chairs\":[1]}", "/name", NULL, 422},
        {"{\"name\":\"S\",\"language\":\"en\",\"begins\":\"soon\",\"chairs\":[1]}", "/begins", NULL, 422},
        {"{\"name\":\"S\",\"language\":\"en\",\"begins\":\"2020-11-12T09:00:00Z\",\"chairs\":[]}", "/chairs", NULL, 422},
    };
    char name[1200] = "", body[1400];

    consulting_start();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK(answer_refuses(
            POST(0, "/sessions", cases[i].body), cases[i].status, cases[i].field, cases[i].rule));
    for (int i = 0; i < 100; i++) /* fewer characters than the limit, more bytes */
        strcat(name, "회의");
    snprintf(body, sizeof body,
        "{\"name\":\"%s\",\"language\":\"ko\",\"begins\":\"2020-11-12T09:00:00Z\",\"chairs\":[1]}", name);
    const struct answer *refused = POST(0, "/sessions", body);
    CHECK(refused->status == 422 && strcmp(answer_says(refused, "field"), "/name") == 0);
    CHECK(answer_refuses(GET(0, AT("/sessions/%064d", 7)), 404, "session", NULL));
    CHECK(answer_refuses(POST(0, AT("/items/%064d/papers", 7), AT("{\"paper\":\"%064d\"}", 7)), 404,
        "item", NULL));
    const char *session = call_session(0, "S", "[0]"), *item = add_item(0, session, 1);
    CHECK(answer_refuses(POST(0, AT("/items/%s/papers", item), AT("{\"paper\":\"%064d\"}", 7)), 404,
        "/paper", NULL));
    CHECK(answer_refuses(POST(0, AT("/sessions/%s/items", session),
                             "{\"number\":2,\"minutes\":0,\"owner\":3,\"language\":\"en\",\"text\":\"t\"}"),
        404, "/owner", NULL));
    CHECK(consulting_writes(0) == 2);
    consulting_stop();
}

TEST(the_chair_passes_on_and_steps_say_whether_they_count)
{
    consulting_start();
    const char *session = call_session(0, "S", "[1,0,2]");
    CHECK(take_step(1, session, "open", NULL)->status == 201);
    consulting_cut(1);
    CHECK(answer_refuses(take_step(0, session, "suspend", NULL), 409, "/step", "M3"));
    CHECK(take_step(0, session, "take", NULL)->status == 201);
    CHECK(take_step(0, session, "suspend", NULL)->status == 201);
    CHECK(take_step(1, session, "close", NULL)->status == 201); /* does not know */
    CHECK(answer_has(GET(1, AT("/sessions/%s", session)), "{\"status\":\"closed\",\"term\":0}"));
    CHECK(answer_has(
        GET(2, AT("/sessions/%s", session)), "{\"status\":\"suspended\",\"term\":1,\"chair\":0}"));
    consulting_mend(1);
    /* A close in an earlier term is final. */
    CHECK(answer_has(GET(2, AT("/sessions/%s", session)), "{\"status\":\"closed\"}"));

    session = call_session(2, "T", "[1,0,2]");
    CHECK(take_step(1, session, "open", NULL)->status == 201);
    CHECK(take_step(2, session, "take", NULL)->status == 201);
    CHECK(answer_refuses(take_step(1, session, "close", NULL), 409, "/step", "M3"));
    struct fact late = {.what = CHAIR_CLOSE};
    const struct object *object = consultation_object_at(
        room_consultation(consulting_room_of(0)), 0);
    for (uint32_t i = 0; object != NULL; i++) {
        object = consultation_object_at(room_consultation(consulting_room_of(0)), i);
        if (object != NULL && object_type(object) == FACT_SESSION)
            late.object = *object_id(object);
    }
    consulting_say(1, FACT_CHAIR, &late);
    CHECK(answer_has(GET(0, AT("/sessions/%s", session)),
        "{\"status\":\"open\",\"term\":2,\"chair\":2,\"chair_steps\":[{\"step\":\"open\",\"counts\":true},"
        "{\"step\":\"close\",\"counts\":false},{\"step\":\"take\",\"term\":2,\"counts\":true}]}"));
    consulting_stop();
}

TEST(lists_come_in_pages)
{
    char path[64] = "/sessions?limit=3";
    int names = 0, pages = 0;

    consulting_start();
    for (int i = 0; i < 7; i++)
        call_session((uint8_t)(i % 3), AT("S%d", i), "[0]");
    for (; pages < 9; pages++) {
        const struct answer *page = GET(1, path);
        const json_t *list = json_object_get(page->json, "sessions");
        CHECK(page->status == 200 && json_array_size(list) <= 3);
        for (size_t i = 0; i < json_array_size(list); i++, names++)
            CHECK(strcmp(json_string_value(json_object_get(json_array_get(list, i), "name")),
                      AT("S%d", names)) == 0);
        if (answer_says(page, "next")[0] == '\0')
            break;
        snprintf(path, sizeof path, "/sessions?limit=3&after=%s", answer_says(page, "next"));
    }
    CHECK(names == 7 && pages == 2);
    CHECK(answer_has(GET(1, "/sessions?after=999999999"), "{\"sessions\":[],\"next\":null}"));
    CHECK(answer_refuses(GET(1, "/sessions?after=x"), 400, "after", NULL));
    CHECK(answer_refuses(GET(1, "/sessions?after=99999999999"), 400, "after", NULL));
    CHECK(answer_refuses(GET(1, "/sessions?limit=0"), 400, "limit", NULL));
    consulting_stop();
}

/* What another party's program may put into the record, well-formed and no more. */
TEST(the_worst_that_a_party_can_write_is_shown)
{
    static const uint8_t chairs[] = {29, 7};
    static uint8_t long_text[FACT_TEXT_BYTES_MAX];
    const char *worst = "\xE2\x80\xAE" "evil\xE2\x81\xA6<script>\x01\x7F\xEF\xBF\xBF";
    struct fact fact = {.items = {chairs, 2},
        .items_count = 2,
        .when_ms = UINT64_MAX,
        .until_ms = 1,
        .name = {(const uint8_t *)"a\0b", 3},
        .tag = bytes_of_text("en")};

    consulting_start();
    fact.text = bytes_of_text(worst);
    struct digest session = consulting_say(0, FACT_SESSION, &fact);
    memset(long_text, 'x', sizeof long_text);
    long_text[0] = 0;
    fact = (struct fact){.object = session,
        .number = UINT32_MAX,
        .minutes = 65535,
        .slot = 29,
        .tag = bytes_of_text("en"),
        .text = {long_text, sizeof long_text - 2}};
    struct digest item = consulting_say(0, FACT_ITEM, &fact);
    consulting_say(0, FACT_CONCLUSION,
        &(struct fact){.object = item, .number = 65535, .tag = bytes_of_text("en")});
    consulting_say(0, FACT_PAPER, &(struct fact){.object = item});
    consulting_say(0, FACT_INVITE, &(struct fact){.object = session, .slot = 29});
    consulting_say(0, FACT_ATTENDANCE,
        &(struct fact){.object = session,
            .what = 1,
            .mode = 1,
            .when_ms = UINT64_MAX,
            .name = bytes_of_text(worst)});
    consulting_say(0, FACT_QUEUE,
        &(struct fact){
            .object = session, .what = 1, .subject = {{1}}, .name = bytes_of_text("\xF4\x8F\xBF\xBF")});
    consulting_say(0, FACT_CHAIR,
        &(struct fact){.object = session, .number = 65535, .what = CHAIR_TAKE, .subject = {{2}}});
    fact = (struct fact){.items = {chairs, 1},
        .items_count = 1,
        .name = bytes_of_text("S"),
        .tag = bytes_of_text("en"),
        .text = {long_text, sizeof long_text - 3}};
    consulting_say(0, FACT_SESSION, &fact);
    consulting_say(0, FACT_SESSION, &fact);
    const struct answer *list = GET(1, "/sessions");
    CHECK(json_array_size(json_object_get(list->json, "sessions")) == 2);
    list = GET(1, AT("/sessions?after=%s", answer_says(list, "next")));
    CHECK(json_array_size(json_object_get(list->json, "sessions")) == 1);
    list = GET(1, "/sessions");
    const char *id = json_string_value(
        json_object_get(json_array_get(json_object_get(list->json, "sessions"), 0), "id"));
    /* Six MiB of JSON for one of text: more than a client's queue holds at a time. */
    memset(long_text, 1, sizeof long_text);
    fact = (struct fact){.object = item,
        .number = 1,
        .tag = bytes_of_text("en"),
        .text = {long_text, sizeof long_text}};
    consulting_say(0, FACT_CONCLUSION, &fact);
    const struct answer *shown = GET(1, AT("/sessions/%s", id));
    CHECK(strlen(shown->text) > 6 * sizeof long_text);
    CHECK(answer_has(shown,
        "{\"name\":\"a\xEF\xBF\xBD" "b\",\"chairs\":[29,7],\"chair\":29,\"chair_party\":\"\","
        "\"begins\":\"9999-12-31T23:59:59.999Z\",\"items\":[{\"owner\":29,\"owner_party\":\"\",\"number\":4294967295}],"
        "\"chair_steps\":[{\"counts\":false}]}"));
    CHECK(strcmp(answer_says(shown, "text"), worst) == 0);
    const json_t *text = json_object_get(
        json_array_get(json_object_get(shown->json, "items"), 0), "text");
    CHECK(json_string_length(text) == sizeof long_text - 2 + 2); /* U+FFFD for the NUL */
    consulting_stop();
}

TEST_MAIN(CASE(a_session_from_its_call_to_its_close), CASE(a_step_that_would_not_count_is_refused),
    CASE(what_a_session_cannot_be_is_refused),
    CASE(the_chair_passes_on_and_steps_say_whether_they_count), CASE(lists_come_in_pages),
    CASE(the_worst_that_a_party_can_write_is_shown))
