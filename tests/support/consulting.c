#include "support/consulting.h"

#include "api/contract.h"
#include "api/formats.h"
#include "api/internal.h"
#include "crypto/crypto.h"
#include "store/maker.h"
#include "support/http_fake.h"
#include "support/test.h"

#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>

#define WRITTEN_MAX 512u
#define ANSWERS_MAX 2048u

uint64_t consulting_now_ms;
const char *consulting_account;

struct desk {
    uint8_t slot;
    struct replica replica;
    struct build_feed feed;
    struct store *store;
    struct room *room;
    struct api *api;
    struct http_calls calls;
    uint32_t heard; /* how many of `written` */
    uint32_t writes;
    bool is_cut;
    char *accounts;
};

/* What a desk was asked to write, and has not yet. */
struct order {
    struct desk *desk;
    uint64_t ticket;
    uint8_t kind;
    uint8_t *sections;
    size_t size;
};

static struct test_room setting;
static struct desk desks[CONSULTING_PARTIES];
static struct built_segment written[WRITTEN_MAX];
static uint8_t writer_of_segment[WRITTEN_MAX];
static bool held_back[WRITTEN_MAX]; /* by a cut */
static uint32_t count;
static struct order orders[CALL_WRITES_MAX];
static uint32_t orders_count;
static struct answer answers[ANSWERS_MAX];
static uint32_t answers_count;
static struct contract *contract;

static void
must(bool good)
{
    if (!good)
        abort();
}

static void
must_do(enum entente_error error)
{
    if (error != ENTENTE_OK) {
        fprintf(stderr, "consulting: %s\n", entente_error_name(error));
        abort();
    }
}

/* ---- a party's store and room ---- */

static void
put_admitted(struct desk *desk)
{
    must_do(store_begin(desk->store));
    for (const struct admitted *a = desk->replica.admission.first; a != NULL; a = a->next) {
        if (a->new_branch)
            must_do(store_put_branch(desk->store, &setting.id, &a->branch));
        must_do(
            store_put_segment(desk->store, &setting.id, &a->row, a->specials, a->specials_count));
    }
    must_do(store_commit(desk->store));
}

static void
advance(struct desk *desk)
{
    bool more = true;

    while (more)
        must_do(room_advance(desk->room, 1000, &more));
    must(room_is_current(desk->room));
}

/* The payload is the body itself: nothing is sealed here. */
static void
open_body(void *state, uint64_t ticket, struct bytes header, struct bytes payload)
{
    struct desk *desk = state;

    (void)header;
    must_do(room_opened(desk->room, ticket, payload, ENTENTE_OK));
}

static void
changed(void *state, uint64_t change)
{
    struct desk *desk = state;

    if (desk->api != NULL)
        api_changed(desk->api, desk->room, change);
}

static void
put_registers(struct desk *desk)
{
    must_do(store_begin(desk->store));
    for (uint8_t slot = 0; slot < CONSULTING_PARTIES; slot++) {
        const struct party_register *reg = setting.registers[slot];
        for (uint32_t n = 1; n <= register_count(reg); n++)
            must_do(
                store_put_register(desk->store, register_party(reg), n, register_encoded(reg, n)));
    }
    must_do(store_commit(desk->store));
}

static void
start_room(struct desk *desk)
{
    char name[] = "/tmp/entente-spill-XXXXXX";
    struct replica_options options = {.heads_only = true};

    replica_make(&desk->replica, &setting, &options);
    test_room_feed(&desk->feed, &setting, desk->slot, 1);
    must_do(store_open_memory(&desk->store));
    must_do(store_begin(desk->store));
    must_do(store_put_room(desk->store, &setting.id, setting.genesis_file));
    for (uint8_t slot = 0; slot < CONSULTING_PARTIES; slot++)
        must_do(store_put_branch(desk->store, &setting.id,
            &(struct branch_row){.index = slot, .slot = slot, .inc = REGISTER_INC}));
    must_do(store_commit(desk->store));
    put_registers(desk);
    int spill = mkstemp(name);
    unlink(name);
    must_do(room_new(&desk->room, &(struct room_options){.id = setting.id,
                                      .slot = desk->slot,
                                      .store = desk->store,
                                      .spill = spill,
                                      .calls = {desk, open_body, changed}}));
    advance(desk);
}

/* ---- writing ---- */

static void
hear(struct desk *desk, uint32_t i)
{
    must_do(replica_receive(&desk->replica, &written[i]));
    put_admitted(desk);
}

static void
spread(void)
{
    for (uint8_t slot = 0; slot < CONSULTING_PARTIES; slot++) {
        struct desk *desk = &desks[slot];
        if (desk->is_cut)
            continue;
        for (uint32_t i = 0; i < count; i++) {
            /* What was held back comes later than what others said meanwhile. */
            bool is_own = writer_of_segment[i] == slot;
            if (is_own || desk->heard > i || held_back[i])
                continue;
            hear(desk, i);
        }
        desk->heard = count;
        advance(desk);
    }
}

static void
tell(struct desk *desk, enum entente_error error, uint64_t ticket, const struct build_feed *feed)
{
    struct api_written made = {.slot = desk->slot,
        .inc = feed->inc,
        .seq = feed->head.seq,
        .id = feed->head.id,
        .t_ms = feed->t_ms};

    api_written(desk->api, ticket, error, &made);
}

static void
write_payload(struct desk *desk, uint8_t kind, struct bytes payload)
{
    must(count < WRITTEN_MAX);
    must(replica_write(&desk->replica, &desk->feed, kind, payload, &written[count]));
    writer_of_segment[count] = desk->slot;
    held_back[count++] = desk->is_cut;
    desk->writes++;
    put_admitted(desk);
    advance(desk);
}

static void
write_sections(struct desk *desk, uint8_t kind, struct bytes sections)
{
    static struct body body;
    static uint8_t memory[BODY_BYTES_MAX];
    struct writer writer = writer_of(memory, sizeof memory);

    must_do(body_parse_clear(sections, &body));
    if (kind == ENTRY_SEALED)
        must_do(body_write(&writer, &body));
    else
        must_do(body_write_clear(&writer, &body));
    write_payload(desk, kind, writer_written(&writer));
}

static void
carry_out(void)
{
    for (uint32_t i = 0; i < orders_count; i++) {
        struct order *order = &orders[i];
        write_sections(order->desk, order->kind, (struct bytes){order->sections, order->size});
        tell(order->desk, ENTENTE_OK, order->ticket, &order->desk->feed);
        free(order->sections);
    }
    orders_count = 0;
    spread();
}

/* ---- what the API asks of the desk ---- */

static uint64_t
now_ms(void *state)
{
    (void)state;
    return consulting_now_ms;
}

static void
random_of(void *state, void *data, size_t size)
{
    static uint64_t random = 11;

    (void)state;
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)data)[i] = (uint8_t)test_random(&random);
}

static uint32_t
rooms(void *state)
{
    (void)state;
    return 1;
}

static struct room *
room_at(void *state, uint32_t index)
{
    must(index == 0);
    return ((struct desk *)state)->room;
}

static void
order_write(void *state, uint64_t ticket, struct room *room, uint8_t kind, struct bytes sections)
{
    struct order *order = &orders[orders_count++];

    must(orders_count <= CALL_WRITES_MAX && room == ((struct desk *)state)->room);
    *order = (struct order){state, ticket, kind, malloc(sections.size), sections.size};
    memcpy(order->sections, sections.data, sections.size);
}

static void
no_status(void *state, uint64_t ticket, struct room *room)
{
    (void)room;
    api_status(((struct desk *)state)->api, ticket, ENTENTE_ERR_GONE, NULL);
}

static enum entente_error
accounts_load(void *state, struct bytes *content)
{
    struct desk *desk = state;

    if (desk->accounts == NULL)
        return ENTENTE_ERR_NOT_FOUND;
    *content = bytes_of_text(desk->accounts);
    return ENTENTE_OK;
}

static enum entente_error
accounts_save(void *state, struct bytes content)
{
    struct desk *desk = state;

    free(desk->accounts);
    desk->accounts = strndup((const char *)content.data, content.size);
    return ENTENTE_OK;
}

/* ---- for tests ---- */

void
consulting_start(void)
{
    struct violation violation;

    must_do(crypto_start());
    consulting_now_ms = 1605139200000; /* 2020-11-12T00:00:00Z */
    consulting_account = NULL;
    test_room_make(&setting, CONSULTING_PARTIES, 1);
    must_do(contract_new(&contract, (struct bytes){api_document, api_document_size}, &violation));
    for (uint8_t slot = 0; slot < CONSULTING_PARTIES; slot++) {
        struct desk *desk = &desks[slot];
        *desk = (struct desk){.slot = slot};
        start_room(desk);
        struct api_desk calls = {desk, now_ms, random_of, rooms, room_at, order_write, no_status,
            accounts_load, accounts_save, NULL, NULL, NULL, NULL};
        must_do(api_new(&desk->api, &calls));
        desk->calls = api_calls(desk->api);
    }
}

void
consulting_stop(void)
{
    for (uint8_t slot = 0; slot < CONSULTING_PARTIES; slot++) {
        struct desk *desk = &desks[slot];
        api_free(desk->api);
        room_free(desk->room);
        store_close(desk->store);
        replica_free(&desk->replica);
        free(desk->accounts);
    }
    while (count > 0)
        built_segment_free(&written[--count]);
    while (answers_count > 0) {
        struct answer *answer = &answers[--answers_count];
        json_decref(answer->json);
        free((char *)answer->text);
    }
    contract_free(contract);
    test_room_free(&setting);
}

struct test_room *
consulting_room(void)
{
    return &setting;
}

struct room *
consulting_room_of(uint8_t slot)
{
    return desks[slot].room;
}

void
consulting_cut(uint8_t slot)
{
    desks[slot].is_cut = true;
}

void
consulting_mend(uint8_t slot)
{
    struct desk *desk = &desks[slot];

    desk->is_cut = false;
    for (uint32_t i = 0; i < count; i++) {
        if (!held_back[i] || writer_of_segment[i] != slot)
            continue;
        held_back[i] = false;
        for (uint8_t to = 0; to < CONSULTING_PARTIES; to++)
            if (to != slot)
                hear(&desks[to], i);
    }
    spread();
}

void
consulting_registers(void)
{
    for (uint8_t slot = 0; slot < CONSULTING_PARTIES; slot++) {
        put_registers(&desks[slot]);
        advance(&desks[slot]);
    }
}

uint32_t
consulting_writes(uint8_t slot)
{
    return desks[slot].writes;
}

struct digest
consulting_say(uint8_t slot, uint16_t type, const struct fact *fact)
{
    static struct body body;
    static uint8_t memory[BODY_BYTES_MAX];
    struct writer writer = writer_of(memory, sizeof memory);
    struct digest object;

    body = (struct body){.count = 1};
    body.sections[0].type = type;
    body.sections[0].fact = *fact;
    must_do(body_write(&writer, &body));
    write_payload(&desks[slot], ENTRY_SEALED, writer_written(&writer));
    fact_make_object(&object, &desks[slot].feed.head.id, 0);
    spread();
    return object;
}

void
consulting_ratify(uint8_t slot, const char *act)
{
    static struct body body;
    uint8_t memory[128];
    struct writer writer = writer_of(memory, sizeof memory);

    body = (struct body){.count = 1};
    body.sections[0].type = FACT_RATIFY;
    must(hex_of_text(bytes_of_text(act), body.sections[0].fact.object.bytes, ID_BYTES));
    must_do(body_write_clear(&writer, &body));
    write_payload(&desks[slot], ENTRY_RATIFY, writer_written(&writer));
    spread();
}

/* The schema of the answer of `operation`; NULL: it has none that is JSON. */
static const json_t *
schema_of_answer(const char *operation, uint16_t status)
{
    const json_t *document = contract_document(contract), *item, *asked;
    const char *path, *method;
    char code[8];

    snprintf(code, sizeof code, "%u", status);
    json_object_foreach(json_object_get(document, "paths"), path, item)
        json_object_foreach((json_t *)item, method, asked)
    {
        const char *name = json_string_value(json_object_get(asked, "operationId"));
        if (name == NULL || strcmp(name, operation) != 0)
            continue;
        const json_t *answer = json_object_get(json_object_get(asked, "responses"), code);
        return json_object_get(
            json_object_get(json_object_get(answer, "content"), "application/json"), "schema");
    }
    return NULL;
}

static void
check_answer(const char *method, const char *path, const struct answer *answer)
{
    struct violation violation;
    struct found found;
    const json_t *problem = json_object_get(
        json_object_get(json_object_get(contract_document(contract), "components"), "schemas"),
        "Problem");

    CHECK(contract_find(contract, bytes_of_text(method), bytes_of_text(path), &found));
    if (answer->status < 400 && schema_of_answer(found.operation->name, answer->status) == NULL)
        return; /* a document */
    const json_t *schema =
        answer->status >= 400 ? problem : schema_of_answer(found.operation->name, answer->status);
    CHECK(schema != NULL && answer->json != NULL);
    bool is_good = schema != NULL && answer->json != NULL &&
                   schema_check(contract_document(contract), schema, answer->json, &violation);
    if (!is_good)
        printf("# %s %s: %s %s\n# %.1000s\n", method, path, violation.field, violation.text,
            answer->text);
    CHECK(is_good);
}

const struct answer *
consulting_ask(uint8_t slot, const char *method, const char *path, const char *body)
{
    struct desk *desk = &desks[slot];
    struct answer *answer = &answers[answers_count++];
    char whole[1024];
    bool is_whole = strncmp(path, "/public", 7) == 0 || strncmp(path, "/api", 4) == 0;

    must(answers_count < ANSWERS_MAX);
    snprintf(whole, sizeof whole, "%s%s", is_whole ? "" : "/api/v1/rooms/only", path);
    char *query = strchr(whole, '?');
    if (query != NULL)
        *query++ = '\0';
    consulting_now_ms++;
    struct fake_request request = {
        .method = method, .path = whole, .query = query, .body = body, .is_slow = true};
    if (consulting_account != NULL) {
        request.headers[0][0] = "entente-account";
        request.headers[0][1] = consulting_account;
    }
    struct http_exchange *exchange = fake_ask(&desk->calls, &request);
    carry_out();
    while (exchange->parts > 0) /* whole answers have none */
        fake_drain(&desk->calls, exchange);
    CHECK(exchange->answers == 1);
    *answer = (struct answer){.status = exchange->status,
        .text = strdup(exchange->body != NULL ? (const char *)exchange->body : "")};
    answer->json = json_loads(answer->text, 0, NULL);
    fake_end(&desk->calls, exchange);
    check_answer(method, whole, answer);
    return answer;
}

const char *
consulting_text(const char *format, ...)
{
    static char texts[8][4096];
    static unsigned next;
    char *text = texts[next++ % 8];
    va_list arguments;

    va_start(arguments, format);
    must(vsnprintf(text, sizeof texts[0], format, arguments) < (int)sizeof texts[0]);
    va_end(arguments);
    return text;
}

const char *
answer_says(const struct answer *answer, const char *field)
{
    const char *text = json_string_value(json_object_get(answer->json, field));

    return text != NULL ? text : "";
}

const char *
answer_made(const struct answer *answer)
{
    bool is_made = answer->status == 201 && answer_says(answer, "object")[0] != '\0';

    if (!is_made)
        printf("# not made: %u %.500s\n", answer->status, answer->text);
    CHECK(is_made);
    return answer_says(answer, "object");
}

bool
answer_refuses(const struct answer *answer, uint16_t status, const char *field, const char *rule)
{
    bool refuses = answer->status == status && strcmp(answer_says(answer, "field"), field) == 0 &&
                   strcmp(answer_says(answer, "rule"), rule != NULL ? rule : "") == 0 &&
                   answer_says(answer, "detail")[0] != '\0';

    if (!refuses)
        printf("# %u %.500s\n", answer->status, answer->text);
    return refuses;
}

/* Lists have the same length; objects may have more. */
static bool
holds(const json_t *found, const json_t *wanted)
{
    const char *key;
    const json_t *value;
    size_t i;

    if (json_is_object(wanted)) {
        json_object_foreach((json_t *)wanted, key,
            value) if (!holds(json_object_get(found, key), value)) return false;
        return json_is_object(found);
    }
    if (!json_is_array(wanted))
        return found != NULL && json_equal(found, wanted);
    json_array_foreach(
        (json_t *)wanted, i, value) if (!holds(json_array_get(found, i), value)) return false;
    return json_is_array(found) && json_array_size(found) == json_array_size(wanted);
}

bool
answer_has(const struct answer *answer, const char *json)
{
    json_error_t error;
    json_t *wanted = json_loads(json, 0, &error);

    if (wanted == NULL)
        printf("# the test's JSON: %s in %s\n", error.text, json);
    must(wanted != NULL);
    bool has = answer->status < 300 && holds(answer->json, wanted);
    if (!has)
        printf("# wanted %s\n# found %u %.3000s\n", json, answer->status, answer->text);
    json_decref(wanted);
    return has;
}
