/*
 * Goal: the record is shown in windows, its faults with their proofs, it leaves as a file part by part whatever
 * the client or the node does meanwhile, and links are cut where the operator says so.
 * Method: the API with a real room of three parties over a store in memory; the test plays desk, node,
 * HTTP server and time.
 */
#include "support/desk_fake.h"
#include "support/test.h"

#include "api/internal.h"
#include "channel/messages.h"
#include "format/proof.h"

static struct fake_desk desk;

#define ASK(...) fake_ask(&desk.calls, &(struct fake_request){__VA_ARGS__})
#define DONE(exchange) fake_end(&desk.calls, exchange)
#define ROOM "/api/v1/rooms/only"

static void
start(unsigned entries)
{
    fake_desk_start(&desk);
    fake_desk_join(&desk, entries);
}

static json_t *
body_of(const struct http_exchange *exchange)
{
    json_t *json = json_loads((const char *)exchange->body, 0, NULL);

    if (json == NULL)
        abort();
    return json;
}

/* ---- the graph ---- */

static void
check_window(const char *query, json_int_t from, size_t count)
{
    struct http_exchange *answer = ASK(.path = ROOM "/graph", .query = query);
    CHECK(fake_is(&desk, answer, 200, ""));
    json_t *graph = body_of(answer), *entries = json_object_get(graph, "entries"), *entry;
    size_t i;

    CHECK(json_integer_value(json_object_get(graph, "from")) == from);
    CHECK(json_integer_value(json_object_get(graph, "total")) == 9);
    CHECK(json_array_size(json_object_get(graph, "feeds")) == 2);
    CHECK(json_array_size(entries) == count);
    json_array_foreach(entries, i, entry)
    {
        json_t *origin = json_object_get(entry, "origin");
        CHECK(json_integer_value(json_object_get(origin, "change")) == from + (json_int_t)i);
    }
    json_decref(graph);
    DONE(answer);
}

TEST(windows_of_the_graph)
{
    start(9);
    check_window("from=1&limit=3", 1, 3);
    check_window("from=0&limit=3", 1, 3);
    check_window("from=4&limit=3", 4, 3);
    check_window("from=8&limit=3", 7, 3); /* the last window is a whole one */
    check_window("from=4000000000&limit=3", 7, 3);
    check_window("limit=3", 7, 3);
    check_window("limit=500", 1, 9);
    check_window(NULL, 1, 9);
    fake_desk_end(&desk);
}

TEST(a_room_without_entries_has_an_empty_graph)
{
    start(0);
    struct http_exchange *answer = ASK(.path = ROOM "/graph");
    CHECK(fake_is(&desk, answer, 200, ""));
    json_t *graph = body_of(answer);
    CHECK(json_array_size(json_object_get(graph, "entries")) == 0);
    json_decref(graph);
    DONE(answer);
    fake_desk_end(&desk);
}

/* ---- faults ---- */

TEST(two_faces_are_shown_with_their_proof)
{
    struct fault fault;

    start(2);
    fake_desk_fork(&desk, 2);
    struct http_exchange *answer = ASK(.path = ROOM "/faults");
    CHECK(fake_is(&desk, answer, 200, ""));
    json_t *list = body_of(answer), *shown = json_array_get(json_object_get(list, "faults"), 0);
    json_t *faces = json_object_get(shown, "faces");
    CHECK(json_array_size(json_object_get(list, "faults")) == 1);
    CHECK(json_integer_value(json_object_get(shown, "slot")) == 2);
    CHECK(json_integer_value(json_object_get(shown, "number")) == 2);
    REQUIRE(json_array_size(faces) == 2);
    CHECK(!json_equal(json_object_get(json_array_get(faces, 0), "entry"),
        json_object_get(json_array_get(faces, 1), "entry")));
    json_int_t bytes = json_integer_value(json_object_get(shown, "proof_bytes"));
    json_decref(list);
    DONE(answer);

    answer = ASK(.path = ROOM "/faults/2/1/proof");
    CHECK(fake_is(&desk, answer, 200, ""));
    CHECK((json_int_t)answer->body_bytes == bytes);
    CHECK(fault_parse((struct bytes){answer->body, answer->body_bytes}, &fault) == ENTENTE_OK);
    CHECK(fault.slot == 2 && fault.inc == 1);
    DONE(answer);
    answer = ASK(.path = ROOM "/faults/1/1/proof");
    CHECK(fake_is(&desk, answer, 404, "incarnation"));
    DONE(answer);
    fake_desk_end(&desk);
}

/* ---- checked anew ---- */

static void
check_slice(const char *query, json_int_t segments, bool is_end, const char *wrong)
{
    struct http_exchange *answer = ASK(.path = ROOM "/verification", .query = query);
    CHECK(fake_is(&desk, answer, 200, ""));
    json_t *slice = body_of(answer), *found = json_object_get(slice, "wrong");
    CHECK(json_integer_value(json_object_get(slice, "segments")) == segments);
    CHECK(json_integer_value(json_object_get(slice, "entries")) == segments);
    CHECK(json_is_true(json_object_get(slice, "is_end")) == is_end);
    if (wrong == NULL)
        CHECK(json_is_null(found));
    else
        CHECK(strcmp(json_string_value(json_object_get(found, "error")), wrong) == 0);
    json_decref(slice);
    DONE(answer);
}

TEST(the_record_is_checked_anew_slice_by_slice)
{
    start(5);
    check_slice(NULL, 5, true, NULL);
    check_slice("limit=2", 2, false, NULL);
    check_slice("after=2&limit=2", 2, false, NULL);
    check_slice("after=4&limit=2", 1, true, NULL);
    check_slice("after=5", 0, true, NULL);
    fake_desk_say_forged(&desk, 1, "Nobody signed this.");
    fake_desk_say(&desk, 2, "This is right again.");
    check_slice(NULL, 6, false, "SIGNATURE");
    check_slice("limit=5", 5, false, NULL);
    check_slice("after=6", 1, true, NULL);
    fake_desk_end(&desk);
}

/* ---- the file ---- */

static void
give(const char *part)
{
    api_exported(desk.api, desk.part_ticket, ENTENTE_OK, bytes_of_text(part));
}

TEST(the_file_goes_out_part_by_part)
{
    start(1);
    struct http_exchange *answer = ASK(.path = ROOM "/record", .is_slow = true);
    CHECK(answer->answers == 0 && desk.parts_asked == 1);
    uint64_t ticket = desk.part_ticket;
    give("one ");
    CHECK(desk.parts_asked == 1); /* the client has not taken it yet */
    fake_drain(&desk.calls, answer);
    CHECK(desk.parts_asked == 2 && desk.part_ticket == ticket);
    fake_drain(&desk.calls, answer);
    CHECK(desk.parts_asked == 2); /* one question at a time */
    give("two");
    fake_drain(&desk.calls, answer);
    give("");
    CHECK(fake_is(&desk, answer, 200, "") && !answer->is_aborted);
    CHECK(answer->body_bytes == 7 && memcmp(answer->body, "one two", 7) == 0);
    DONE(answer);
    fake_desk_end(&desk);
}

TEST(one_file_at_a_time)
{
    start(1);
    struct http_exchange *first = ASK(.path = ROOM "/record", .is_slow = true);
    struct http_exchange *second = ASK(.path = ROOM "/record");
    CHECK(fake_is(&desk, second, 409, ""));
    DONE(second);
    give("one ");
    DONE(first); /* its client goes: the next one may come */
    struct http_exchange *third = ASK(.path = ROOM "/record");
    CHECK(third->answers == 0 && desk.parts_asked == 2);
    give("");
    CHECK(third->answers == 1);
    DONE(third);
    fake_desk_end(&desk);
}

/* Nobody takes a part for the whole. */
TEST(a_file_that_ends_early_is_broken_off)
{
    start(1);
    struct http_exchange *answer = ASK(.path = ROOM "/record");
    api_exported(desk.api, desk.part_ticket, ENTENTE_ERR_IO, (struct bytes){0});
    CHECK(fake_is(&desk, answer, 500, ""));
    DONE(answer);

    answer = ASK(.path = ROOM "/record");
    give("one ");
    api_exported(desk.api, desk.part_ticket, ENTENTE_ERR_IO, (struct bytes){0});
    CHECK(answer->is_aborted);
    DONE(answer);

    answer = ASK(.path = ROOM "/record");
    give("one ");
    desk.now_ms += API_WAIT_MS_MAX;
    api_tick(desk.api); /* the node says nothing any more */
    CHECK(answer->is_aborted);
    DONE(answer);
    fake_desk_end(&desk);
}

TEST(clients_that_go_before_their_file)
{
    start(1);
    DONE(ASK(.path = ROOM "/record"));
    give("one ");
    struct http_exchange *answer = ASK(.path = ROOM "/record");
    CHECK(answer->answers == 0);
    give("one ");
    DONE(answer);
    give("two"); /* what comes for nobody is let pass */
    DONE(ASK(.path = ROOM "/record"));
    fake_desk_end(&desk);
}

/* ---- links ---- */

TEST(the_operator_cuts_and_mends_links)
{
    start(1);
    struct http_exchange *answer =
        ASK(.method = "POST", .path = ROOM "/links", .body = "{\"what\":\"cut\",\"party\":2}");
    CHECK(answer->answers == 0 && desk.control_what == CONTROL_BLOCK && desk.control_slot == 2);
    api_controlled(desk.api, desk.control_ticket, ENTENTE_OK);
    CHECK(fake_is(&desk, answer, 200, ""));
    DONE(answer);

    answer =
        ASK(.method = "POST", .path = ROOM "/links", .body = "{\"what\":\"mend\",\"party\":2}");
    CHECK(desk.control_what == CONTROL_UNBLOCK);
    api_controlled(desk.api, desk.control_ticket, ENTENTE_ERR_NOT_FOUND);
    CHECK(fake_is(&desk, answer, 404, ""));
    DONE(answer);

    answer = ASK(.method = "POST", .path = ROOM "/links", .body = "{\"what\":\"alone\"}");
    CHECK(desk.control_what == CONTROL_ALONE);
    desk.now_ms += API_WAIT_MS_MAX;
    api_tick(desk.api);
    CHECK(fake_is(&desk, answer, 504, ""));
    DONE(answer);

    answer = ASK(.method = "POST", .path = ROOM "/links", .body = "{\"what\":\"cut\"}");
    CHECK(fake_is(&desk, answer, 422, "/party"));
    DONE(answer);
    answer =
        ASK(.method = "POST", .path = ROOM "/links", .body = "{\"what\":\"cut\",\"party\":9}");
    CHECK(fake_is(&desk, answer, 404, "/party"));
    DONE(answer);
    fake_desk_end(&desk);
}

TEST_MAIN(CASE(windows_of_the_graph), CASE(a_room_without_entries_has_an_empty_graph),
    CASE(two_faces_are_shown_with_their_proof), CASE(the_record_is_checked_anew_slice_by_slice),
    CASE(the_file_goes_out_part_by_part),
    CASE(one_file_at_a_time), CASE(a_file_that_ends_early_is_broken_off),
    CASE(clients_that_go_before_their_file), CASE(the_operator_cuts_and_mends_links))
