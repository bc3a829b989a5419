/*
 * What test_files.py asks of a running party, through its desk's local socket:
 *   file_client put FOLDER FILE MARKING          give the file as an assessment; prints its id
 *   file_client get FOLDER ASSESSMENT FILE [N]   read it; with N: the first N bytes, then fetch no
 * more file_client status FOLDER ASSESSMENT         "HERE CHUNKS SIZE IS_WANTED" file_client remove
 * FOLDER ASSESSMENT file_client say FOLDER KIND ASSESSMENT WHAT  a holding, withdrawal or answer
 *   file_client ledger FOLDER                    how all assessments stand, and the state's hash
 * The ledger is evaluated by consultation/, over all entries that the party can open.
 */
#include "consultation/consultation.h"
#include "crypto/crypto.h"
#include "desk/client.h"
#include "format/entry.h"
#include "support/hex.h"

#include <stdio.h>
#include <stdlib.h>

#define PART_BYTES 262144u

static struct desk_client *client;
static struct status status;
static struct consultation *consultation;

static void
need(enum entente_error error, const char *what)
{
    if (error == ENTENTE_OK)
        return;
    fprintf(stderr, "file_client: %s: %s\n", what, entente_error_text(error));
    exit(1);
}

static void
print_hex(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        printf("%02x", data[i]);
}

/* ---- the consultation, from the entries that the desk opens ---- */

static enum entente_error
in_past(void *state, const struct place *of, const struct place *in, bool *is)
{
    (void)state, (void)of, (void)in;
    *is = false;
    return ENTENTE_OK;
}

static enum entente_error
is_admissible(void *state, const struct place *place, const struct place *in, bool *is)
{
    (void)state, (void)place, (void)in;
    *is = true;
    return ENTENTE_OK;
}

static void
begin_consultation(void)
{
    static struct genesis genesis;
    static struct party_register *registers[PARTIES_MAX];
    static struct causality causality;

    causality.in_past = in_past;
    causality.is_admissible = is_admissible;
    genesis.parties_count = status.parties_count;
    for (uint8_t slot = 0; slot < genesis.parties_count; slot++)
        need(register_new(&registers[slot]), "registers");
    need(consultation_new(&consultation, &(struct consultation_options){.genesis = &genesis,
                                             .room = status.room,
                                             .registers = registers,
                                             .causality = &causality}),
        "consultation");
}

static void
take_entry(const struct message_entry *message)
{
    static struct body body;
    struct reader reader = reader_of(message->header);
    struct entry entry;

    need(entry_parse(&reader, &entry), "an entry's header");
    if (entry.kind != ENTRY_SEALED)
        return;
    need((enum entente_error)message->error, "an entry is not opened");
    need(body_parse(message->body, &body), "a body");
    need(consultation_open(consultation, 0, &entry, &message->id, &body), "facts");
}

static void
read_all(void)
{
    struct message_list ask = {.ticket = desk_ticket(client), .room = status.room, .order = 1};
    uint16_t type = 0;
    struct bytes answer;

    begin_consultation();
    need(message_list_queue(desk_channel(client), &ask), "a list");
    while (type != MESSAGE_LISTED) {
        struct message_entry entry;
        need(desk_wait(client, -1, &type, &answer), "a list");
        if (type == MESSAGE_ENTRY && message_entry_read(answer, &entry) == ENTENTE_OK)
            take_entry(&entry);
    }
}

static struct assessment_state
find(const char *hex)
{
    struct assessment_state state;
    struct digest id;

    hex_read(id.bytes, sizeof id.bytes, hex);
    read_all();
    need(consultation_assessment(consultation, &id, &state), "the assessment");
    return state;
}

static void
say(const struct fact *fact, uint16_t type)
{
    struct section section = {.type = type, .fact = *fact};
    struct message_said said;
    struct digest object;
    uint8_t *list;
    size_t size;

    need(desk_list_sections(&section, 1, &list, &size), "a fact");
    need(desk_say(client, &status.room, (struct bytes){list, size}, &said), "a fact");
    fact_make_object(&object, &said.id, 0);
    print_hex(object.bytes, ID_BYTES);
    printf("\n");
    free(list);
}

/* ---- files ---- */

static void
give_part(uint64_t ticket, struct bytes part, uint16_t wanted, struct bytes *answer)
{
    struct message_file_put message = {ticket, status.room, part};
    uint16_t type;

    need(message_file_put_queue(desk_channel(client), &message), "a part");
    need(desk_wait(client, -1, &type, answer), "a part");
    if (type != wanted)
        need(ENTENTE_ERR_REFUSED, "a part");
}

static void
put(const char *path, const char *marking)
{
    static uint8_t part[PART_BYTES];
    struct fact fact = {.tag = bytes_of_text("en"),
        .name = bytes_of_text("assessment.bin"),
        .media_type = bytes_of_text("application/octet-stream")};
    struct message_file_made made;
    struct message_answer taken;
    struct bytes answer;
    uint64_t ticket = desk_ticket(client);
    FILE *file = fopen(path, "rb");
    size_t size;

    need(file == NULL ? ENTENTE_ERR_IO : ENTENTE_OK, path);
    while ((size = fread(part, 1, sizeof part, file)) > 0) {
        give_part(ticket, (struct bytes){part, size}, MESSAGE_ANSWER, &answer);
        need(message_answer_read(answer, &taken), "a part");
        need((enum entente_error)taken.error, "a part");
    }
    fclose(file);
    give_part(ticket, (struct bytes){0}, MESSAGE_FILE_MADE, &answer);
    need(message_file_made_read(answer, &made), "the end");
    need(marking_parse(&fact.marking, bytes_of_text(marking), NULL, 0), "the marking");
    fact.root = made.root;
    fact.sha256 = made.sha256;
    fact.file_key = (struct bytes){made.key.bytes, sizeof made.key.bytes};
    fact.size = made.size;
    say(&fact, FACT_ASSESSMENT);
}

static void
ask_status(const struct digest *root, uint8_t want)
{
    struct message_file_status ask = {desk_ticket(client), status.room, *root, want};
    struct message_file_status_is is;
    struct bytes answer;

    need(message_file_status_queue(desk_channel(client), &ask), "a status");
    need(desk_answer(client, ask.ticket, MESSAGE_FILE_STATUS_IS, &answer), "a status");
    need(message_file_status_is_read(answer, &is), "a status");
    need((enum entente_error)is.error, "a status");
    printf("%u %u %llu %d\n", is.here, is.chunks, (unsigned long long)is.size, is.is_wanted);
}

static void
get(const struct assessment_state *state, const char *path, uint64_t until)
{
    struct message_file_get ask = {.ticket = desk_ticket(client),
        .room = status.room,
        .root = state->assessment.root,
        .size = state->assessment.size};
    struct message_file_part part = {.data = {NULL, 1}};
    struct bytes answer;
    uint64_t size = 0;
    FILE *file = fopen(path, "wb");

    need(file == NULL ? ENTENTE_ERR_IO : ENTENTE_OK, path);
    memcpy(ask.key.bytes, state->assessment.file_key.data, sizeof ask.key.bytes);
    while (part.data.size > 0 && size < until) {
        need(message_file_get_queue(desk_channel(client), &ask), "a part");
        need(desk_answer(client, ask.ticket, MESSAGE_FILE_PART, &answer), "a part");
        need(message_file_part_read(answer, &part), "a part");
        need((enum entente_error)part.error, "a part");
        if (fwrite(part.data.data, 1, part.data.size, file) != part.data.size)
            need(ENTENTE_ERR_IO, path);
        size += part.data.size;
    }
    if (fclose(file) != 0)
        need(ENTENTE_ERR_IO, path);
    if (until != UINT64_MAX)
        ask_status(&ask.root, FILE_WANT_LEAVE);
}

static void
remove_file(const struct digest *root)
{
    struct message_file_remove ask = {desk_ticket(client), status.room, *root};
    struct message_answer done;
    struct bytes answer;

    need(message_file_remove_queue(desk_channel(client), &ask), "a removal");
    need(desk_answer(client, ask.ticket, MESSAGE_ANSWER, &answer), "a removal");
    need(message_answer_read(answer, &done), "a removal");
    need((enum entente_error)done.error, "a removal");
}

static void
say_of(const char *kind, const char *hex, uint8_t what)
{
    struct assessment_state state = find(hex);
    struct fact fact = {.what = what, .tag = bytes_of_text("en"), .text = bytes_of_text(kind)};

    hex_read(fact.object.bytes, sizeof fact.object.bytes, hex);
    if (strcmp(kind, "answer") == 0)
        fact.object = state.withdrawal;
    say(&fact, strcmp(kind, "holding") == 0      ? FACT_HOLDING
               : strcmp(kind, "withdrawal") == 0 ? FACT_WITHDRAWAL
                                                 : FACT_WITHDRAWAL_ANSWER);
}

static void
print_ledger(void)
{
    const struct object *object;
    struct digest hash;

    read_all();
    for (uint32_t i = 0; (object = consultation_object_at(consultation, i)) != NULL; i++) {
        struct assessment_state state;
        uint8_t printed[MARKING_PRINTED_BYTES_MAX];
        struct writer writer = writer_of(printed, sizeof printed);
        if (object_type(object) != FACT_ASSESSMENT)
            continue;
        need(consultation_assessment(consultation, object_id(object), &state), "an assessment");
        marking_print(&writer, &state.assessment.marking);
        print_hex(object_id(object)->bytes, ID_BYTES);
        printf(" %.*s %s", (int)writer.used, (const char *)printed,
            state.is_withdrawn ? "withdrawn" : "given");
        for (uint8_t slot = 0; slot < state.parties; slot++)
            printf(" %u/%u%s", state.holders[slot].holding, state.holders[slot].answer,
                assessment_owes_answer(&state, slot) ? "!" : "");
        printf("\n");
    }
    need(consultation_state_hash(consultation, &hash), "the state");
    print_hex(hash.bytes, ID_BYTES);
    printf("\n");
}

int
main(int count, char **words)
{
    const char *what = count > 2 ? words[1] : "";
    const struct room_id only = {{0}};

    if (count < 3 || crypto_start() != ENTENTE_OK)
        return 2;
    need(desk_connect(&client, words[2]), "the desk");
    need(desk_status(client, &only, &status), "the room");
    if (strcmp(what, "put") == 0 && count == 5)
        put(words[3], words[4]);
    else if (strcmp(what, "get") == 0 && count >= 5) {
        struct assessment_state state = find(words[3]);
        get(&state, words[4], count > 5 ? strtoull(words[5], NULL, 10) : UINT64_MAX);
    } else if (strcmp(what, "status") == 0 && count == 4) {
        struct assessment_state state = find(words[3]);
        ask_status(&state.assessment.root, FILE_WANT_ASK);
    } else if (strcmp(what, "remove") == 0 && count == 4) {
        struct assessment_state state = find(words[3]);
        remove_file(&state.assessment.root);
    } else if (strcmp(what, "say") == 0 && count == 6)
        say_of(words[3], words[4], (uint8_t)atoi(words[5]));
    else if (strcmp(what, "ledger") == 0)
        print_ledger();
    else
        return 2;
    desk_disconnect(client);
    return 0;
}
