#include "support/desk_fake.h"

#include "api/internal.h"
#include "crypto/crypto.h"
#include "support/test.h"

#include <unistd.h>

static uint64_t
now_ms(void *state)
{
    return ((struct fake_desk *)state)->now_ms;
}

static void
random_of(void *state, void *data, size_t size)
{
    struct fake_desk *desk = state;

    for (size_t i = 0; i < size; i++)
        ((uint8_t *)data)[i] = (uint8_t)test_random(&desk->random);
}

static uint32_t
rooms(void *state)
{
    return ((struct fake_desk *)state)->has_room ? 1 : 0;
}

static struct room *
room_at(void *state, uint32_t index)
{
    return index == 0 ? ((struct fake_desk *)state)->room : NULL;
}

static void
write_entry(void *state, uint64_t ticket, struct room *room, uint8_t kind, struct bytes sections)
{
    struct fake_desk *desk = state;

    if (desk->writes_count == FAKE_WRITES_MAX || room != desk->room)
        abort();
    struct fake_write *asked = &desk->writes[desk->writes_count++];
    *asked = (struct fake_write){ticket, kind, malloc(sections.size), sections.size};
    if (asked->sections == NULL)
        abort();
    memcpy(asked->sections, sections.data, sections.size);
}

static void
status(void *state, uint64_t ticket, struct room *room)
{
    struct fake_desk *desk = state;

    if (desk->statuses_count == FAKE_WRITES_MAX || room != desk->room)
        abort();
    desk->statuses[desk->statuses_count++] = ticket;
}

static void
export_part(void *state, uint64_t ticket, struct room *room)
{
    struct fake_desk *desk = state;

    if (room != desk->room)
        abort();
    desk->part_ticket = ticket;
    desk->parts_asked++;
}

static void
control(void *state, uint64_t ticket, struct room *room, uint8_t what, uint8_t slot)
{
    struct fake_desk *desk = state;

    if (room != desk->room)
        abort();
    desk->control_ticket = ticket;
    desk->control_what = what;
    desk->control_slot = slot;
}

static enum entente_error
accounts_load(void *state, struct bytes *content)
{
    struct fake_desk *desk = state;

    if (desk->accounts == NULL)
        return ENTENTE_ERR_NOT_FOUND;
    *content = bytes_of_text(desk->accounts);
    return ENTENTE_OK;
}

static enum entente_error
accounts_save(void *state, struct bytes content)
{
    struct fake_desk *desk = state;

    if (desk->save_error != ENTENTE_OK)
        return desk->save_error;
    free(desk->accounts);
    desk->accounts = strndup((const char *)content.data, content.size);
    desk->saves++;
    return ENTENTE_OK;
}

struct api_desk
fake_desk_api(struct fake_desk *desk)
{
    return (struct api_desk){
        desk, now_ms, random_of, rooms, room_at, write_entry, status, accounts_load,
        accounts_save, NULL, export_part, control, NULL};
}

void
fake_desk_start(struct fake_desk *desk)
{
    struct api_desk calls = fake_desk_api(desk);

    if (desk->now_ms == 0)
        *desk = (struct fake_desk){.now_ms = 1700000000000u, .random = 7};
    if (crypto_start() != ENTENTE_OK || api_new(&desk->api, &calls) != ENTENTE_OK)
        abort();
    desk->calls = api_calls(desk->api);
}

static void
forget_writes(struct fake_desk *desk)
{
    while (desk->writes_count > 0)
        free(desk->writes[--desk->writes_count].sections);
}

void
fake_desk_end(struct fake_desk *desk)
{
    api_free(desk->api);
    free(desk->accounts);
    forget_writes(desk);
    if (desk->has_room) {
        room_free(desk->room);
        store_close(desk->store);
        replica_free(&desk->replica);
        test_room_free(&desk->setting);
    }
    memset(desk, 0, sizeof *desk);
}

/* ---- the room ---- */

static void
must(enum entente_error error)
{
    if (error != ENTENTE_OK) {
        printf("# the desk of this test: %s\n", entente_error_text(error));
        abort();
    }
}

/* As they lie in the store: this keyholder has nothing to open. */
static void
open_entry(void *state, uint64_t ticket, struct bytes header, struct bytes payload)
{
    struct fake_desk *desk = state;

    (void)header;
    must(room_opened(desk->room, ticket, payload, ENTENTE_OK));
}

static void
take_change(void *state, uint64_t change)
{
    ((struct fake_desk *)state)->changed = change;
}

static void
store_beginning(struct fake_desk *desk)
{
    must(store_open_memory(&desk->store));
    must(store_begin(desk->store));
    must(store_put_room(desk->store, &desk->setting.id, desk->setting.genesis_file));
    for (uint8_t slot = 0; slot < FAKE_PARTIES; slot++) {
        struct branch_row row = {.index = slot, .slot = slot, .inc = REGISTER_INC};
        const struct party_register *reg = desk->setting.registers[slot];
        must(store_put_branch(desk->store, &desk->setting.id, &row));
        for (uint32_t n = 1; n <= register_count(reg); n++)
            must(store_put_register(desk->store, register_party(reg), n, register_encoded(reg, n)));
    }
    must(store_commit(desk->store));
}

void
fake_desk_join(struct fake_desk *desk, unsigned entries)
{
    static const struct replica_options options = {.heads_only = true};
    char name[] = "/tmp/entente-spill-XXXXXX";

    test_room_make(&desk->setting, FAKE_PARTIES, 1);
    replica_make(&desk->replica, &desk->setting, &options);
    for (uint8_t slot = 0; slot < FAKE_PARTIES; slot++)
        test_room_feed(&desk->feeds[slot], &desk->setting, slot, 1);
    store_beginning(desk);
    int spill = mkstemp(name);
    unlink(name);
    struct room_options room = {.id = desk->setting.id,
        .store = desk->store,
        .spill = spill,
        .calls = {desk, open_entry, take_change}};
    must(room_new(&desk->room, &room));
    desk->has_room = true;
    for (unsigned i = 0; i < entries; i++) {
        char text[32];
        snprintf(text, sizeof text, "Said before: %u.", i);
        fake_desk_say(desk, (uint8_t)(1 + i % 2), text);
    }
    if (entries == 0)
        fake_desk_advance(desk);
}

void
fake_desk_advance(struct fake_desk *desk)
{
    bool more = true;

    while (more)
        must(room_advance(desk->room, 100, &more));
    if (desk->changed > desk->told)
        api_changed(desk->api, desk->room, desk->changed);
    desk->told = desk->changed;
}

/* A row whose segment ends with another signature; the copy is the caller's to free. */
static struct segment_row
forged(const struct segment_row *row, uint8_t **copy)
{
    struct segment_row other = *row;

    *copy = malloc(row->segment.size);
    if (*copy == NULL)
        abort();
    memcpy(*copy, row->segment.data, row->segment.size);
    (*copy)[row->segment.size - 40] ^= 1;
    other.segment.data = *copy;
    return other;
}

/* As the node does: into its record, then what that admitted into the store. */
static struct position
append(struct fake_desk *desk, uint8_t slot, uint8_t kind, struct bytes payload)
{
    struct built_segment built;

    if (!replica_write(&desk->replica, &desk->feeds[slot], kind, payload, &built))
        abort();
    struct position position = built.positions[0];
    must(store_begin(desk->store));
    for (const struct admitted *a = desk->replica.admission.first; a != NULL; a = a->next) {
        if (a->new_branch)
            must(store_put_branch(desk->store, &desk->setting.id, &a->branch));
        uint8_t *copy = NULL;
        struct segment_row row = desk->is_forging ? forged(&a->row, &copy) : a->row;
        must(store_put_segment(
            desk->store, &desk->setting.id, &row, a->specials, a->specials_count));
        free(copy);
    }
    must(store_commit(desk->store));
    built_segment_free(&built);
    if (!desk->is_behind)
        fake_desk_advance(desk);
    return position;
}

static struct position
append_body(struct fake_desk *desk, uint8_t slot, uint8_t kind, struct body *body)
{
    uint8_t *payload = malloc(BODY_BYTES_MAX);
    struct writer writer = writer_of(payload, BODY_BYTES_MAX);

    memset(body->secret, 0x11, sizeof body->secret);
    must(kind == ENTRY_SEALED ? body_write(&writer, body) : body_write_clear(&writer, body));
    struct position position = append(desk, slot, kind, writer_written(&writer));
    free(payload);
    return position;
}

void
fake_desk_say(struct fake_desk *desk, uint8_t slot, const char *text)
{
    static struct body body;

    body = (struct body){.count = 1};
    body.sections[0].type = SECTION_STATEMENT;
    body.sections[0].statement = (struct section_statement){
        bytes_of_text("en"), bytes_of_text("Adviser"), bytes_of_text(text)};
    append_body(desk, slot, ENTRY_SEALED, &body);
}

void
fake_desk_say_forged(struct fake_desk *desk, uint8_t slot, const char *text)
{
    desk->is_forging = true;
    fake_desk_say(desk, slot, text);
    desk->is_forging = false;
}

void
fake_desk_fork(struct fake_desk *desk, uint8_t slot)
{
    struct build_feed fork = desk->feeds[slot];
    struct built_segment other;

    fake_desk_say(desk, slot, "One face.");
    room_say(&other, &fork, NULL, 0);
    must(replica_receive(&desk->replica, &other));
    const struct proven *proof = desk->replica.admission.faults;
    if (proof == NULL)
        abort();
    must(store_begin(desk->store));
    must(store_put_proof(
        desk->store, &desk->setting.id, proof->slot, proof->inc, proof->payload));
    must(store_commit(desk->store));
    built_segment_free(&other);
    fake_desk_advance(desk);
}

/* ---- answers ---- */

static void
read_sections(const struct fake_write *asked, struct body *body)
{
    struct reader reader = reader_of((struct bytes){asked->sections, asked->size});

    *body = (struct body){.count = reader_u16(&reader)};
    for (uint32_t i = 0; i < body->count; i++) {
        uint16_t type = reader_u16(&reader);
        must(section_parse(&body->sections[i], type, reader_bytes(&reader, reader_u32(&reader))));
    }
    must(reader_finish(&reader));
}

void
fake_desk_written(struct fake_desk *desk, enum entente_error error)
{
    static struct body body;
    struct fake_write asked = desk->writes[0];
    struct api_written written = {.t_ms = desk->now_ms};

    desk->writes_count--;
    memmove(desk->writes, desk->writes + 1, desk->writes_count * sizeof desk->writes[0]);
    if (error == ENTENTE_OK) {
        read_sections(&asked, &body);
        struct position position = append_body(desk, 0, asked.kind, &body);
        written.inc = position.inc;
        written.seq = position.seq;
        written.id = position.id;
    }
    free(asked.sections);
    api_written(desk->api, asked.ticket, error, &written);
}

void
fake_desk_write_all(struct fake_desk *desk)
{
    while (desk->writes_count > 0)
        fake_desk_written(desk, ENTENTE_OK);
}

void
fake_desk_status(struct fake_desk *desk, enum entente_error error, uint32_t linked)
{
    struct status status = {.room = desk->setting.id,
        .writing = 2,
        .state = {{0x11}},
        .entries = desk->changed,
        .parties_count = FAKE_PARTIES};

    for (uint8_t slot = 0; slot < FAKE_PARTIES; slot++)
        status.parties[slot].is_linked = linked >> slot & 1;
    while (desk->statuses_count > 0)
        api_status(desk->api, desk->statuses[--desk->statuses_count], error, &status);
}

const char *
fake_says(const struct http_exchange *exchange, const char *field)
{
    static char text[1024];
    json_t *json =
        exchange->body != NULL ? json_loads((const char *)exchange->body, 0, NULL) : NULL;
    const char *value = json_string_value(json_object_get(json, field));

    snprintf(text, sizeof text, "%s", value != NULL ? value : "");
    json_decref(json);
    return text;
}

/* The schema of a successful answer as JSON; NULL: it has another form, or none. */
static const json_t *
schema_of(const struct fake_desk *desk, const struct http_exchange *exchange)
{
    const struct fake_request *request = &exchange->request;
    struct bytes path = bytes_of_text(request->path);
    char status[8];
    struct found found;
    const char *key;
    json_t *node;

    snprintf(status, sizeof status, "%u", exchange->status);
    contract_find(desk->api->contract,
        bytes_of_text(request->method != NULL ? request->method : "GET"), path, &found);
    json_object_foreach(json_object_get(contract_document(desk->api->contract), "paths"), key, node)
    {
        const char *method;
        json_t *operation;
        json_object_foreach(node, method, operation) if (
            strcmp(json_string_value(json_object_get(operation, "operationId")),
                found.operation->name) ==
            0) return json_object_get(json_object_get(json_object_get(json_object_get(json_object_get(operation,
                                                                                          "responses"),
                                                                          status),
                                                          "content"),
                                          "application/json"),
            "schema");
    }
    return NULL;
}

static bool
has_its_form(const struct fake_desk *desk, const struct http_exchange *exchange)
{
    const json_t *schema = exchange->status < 300 ? schema_of(desk, exchange) : NULL;
    struct violation violation;

    if (schema == NULL)
        return true;
    json_t *json = json_loads((const char *)exchange->body, 0, NULL);
    bool holds = json != NULL &&
                 schema_check(contract_document(desk->api->contract), schema, json, &violation);
    if (!holds)
        printf("# %s %s\n", json != NULL ? violation.field : "no JSON",
            json != NULL ? violation.text : "");
    json_decref(json);
    return holds;
}

bool
fake_is(struct fake_desk *desk, const struct http_exchange *exchange, uint16_t status,
    const char *field)
{
    bool is_right = exchange->answers == 1 && exchange->status == status;

    if (is_right && status >= 400)
        is_right = strcmp(fake_field(exchange, "content-type"), "application/problem+json") == 0 &&
                   strcmp(fake_says(exchange, "field"), field) == 0 &&
                   fake_says(exchange, "detail")[0] != '\0';
    is_right = is_right && has_its_form(desk, exchange);
    if (!is_right)
        printf("# answered %u times, %u, %s\n", exchange->answers, exchange->status,
            exchange->body != NULL ? (const char *)exchange->body : "");
    return is_right;
}
