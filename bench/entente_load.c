/*
 * Load on one node, through its desk, as its own people make it.
 *
 *   entente_load append FOLDER COUNT IN_FLIGHT BYTES      statements of BYTES bytes, IN_FLIGHT at a time
 *   entente_load texts FOLDER FILE IN_FLIGHT               a statement of each line: language, tabulator, text
 *   entente_load one FOLDER BYTES                          one statement: ends when it is acknowledged
 *   entente_load gap FOLDER SECONDS PAUSE_MS TIMEOUT_MS BYTES [FILE]
 *
 * FILE gets a line for each acknowledged entry: slot, inc, seq, id.
 *
 * Prints one line of JSON.  `append` also waits until all parties hold what was written.
 */
#include "clock.h"
#include "stalls.h"

#include "desk/client.h"

#include <unistd.h>

static const struct room_id only_room;

/* The list of one statement, to be freed; NULL without memory. */
static uint8_t *
make_statement(size_t text_bytes, uint64_t number, struct bytes *list)
{
    uint8_t *text = malloc(text_bytes + 1);
    uint8_t *made = NULL;

    for (size_t i = 0; text != NULL && i < text_bytes; i++)
        text[i] = (uint8_t)('a' + (number + i) % 26);
    struct section section = {.type = SECTION_STATEMENT,
        .statement = {.tag = bytes_of_text("en"), .text = {text, text_bytes}}};
    if (text == NULL || desk_list_sections(&section, 1, &made, &list->size) != ENTENTE_OK)
        made = NULL;
    list->data = made;
    free(text);
    return made;
}

static int
fail(const char *what, enum entente_error error)
{
    fprintf(stderr, "entente_load: %s: %s\n", what, entente_error_text(error));
    return 2;
}

/* The statement of the next line; NULL at the end, or without memory. */
static uint8_t *
read_statement(FILE *texts, struct bytes *list)
{
    static char *line;
    static size_t room;
    uint8_t *made = NULL;

    ssize_t size = getline(&line, &room, texts);
    char *text = size > 0 ? memchr(line, '\t', (size_t)size) : NULL;
    if (text == NULL)
        return NULL;
    size_t tag_size = (size_t)(text - line), text_size = (size_t)size - tag_size - 2; /* and the line's end */
    struct section section = {.type = SECTION_STATEMENT,
        .statement = {.tag = {(uint8_t *)line, tag_size}, .text = {(uint8_t *)text + 1, text_size}}};
    if (desk_list_sections(&section, 1, &made, &list->size) != ENTENTE_OK)
        made = NULL;
    list->data = made;
    return made;
}

/* Statements of the lines of `texts`, or where that is NULL of `bytes` bytes each. */
static int
append(const char *folder, size_t count, size_t in_flight, size_t bytes, FILE *texts)
{
    struct desk_client *client;
    struct status status;
    double *latencies = calloc(count, sizeof *latencies);
    double *began = calloc(count + 1, sizeof *began);
    size_t sent = 0;
    size_t answered = 0;
    size_t failed = 0;

    enum entente_error error = desk_connect(&client, folder);
    if (error != ENTENTE_OK || latencies == NULL || began == NULL)
        return fail("it does not start", error);
    error = desk_status(client, &only_room, &status);
    if (error != ENTENTE_OK)
        return fail("no status", error);
    uint64_t first_ticket = desk_ticket(client) + 1;
    double start = now_ms();
    while (answered < count) {
        while (sent < count && sent - answered < in_flight) {
            struct message_say say = {.ticket = desk_ticket(client), .room = only_room};
            uint8_t *list = texts != NULL ? read_statement(texts, &say.sections)
                                          : make_statement(bytes, sent, &say.sections);
            began[sent++] = now_ms();
            error = list == NULL ? ENTENTE_ERR_NO_MEMORY
                                 : message_say_queue(desk_channel(client), &say);
            free(list);
            if (error != ENTENTE_OK)
                return fail("saying", error);
        }
        uint16_t type;
        struct bytes body;
        error = desk_wait(client, 30000, &type, &body);
        if (error != ENTENTE_OK)
            return fail("waiting", error);
        struct reader reader = reader_of(body);
        uint64_t index = reader_u64(&reader) - first_ticket;
        if (index < count)
            latencies[answered] = now_ms() - began[index];
        failed += type != MESSAGE_SAID;
        answered++;
    }
    double written = now_ms();
    for (;;) {
        error = desk_status(client, &only_room, &status);
        if (error != ENTENTE_OK)
            return fail("no status", error);
        const struct status_party *own = &status.parties[status.slot];
        if (own->held_seq >= own->head_seq && own->head_seq > 0)
            break;
        if (now_ms() - written > 60000)
            return fail("not held by all", ENTENTE_ERR_PENDING);
        usleep(2000);
    }
    double held = now_ms();
    printf("{\"count\": %zu, \"failed\": %zu, \"seconds\": %.4f, \"per_s\": %.1f, ", count, failed,
        (written - start) / 1e3, (double)count / (written - start) * 1e3);
    print_latencies(latencies, count);
    printf(", \"held_per_s\": %.1f}\n", (double)count / (held - start) * 1e3);
    desk_disconnect(client);
    return failed == 0 ? 0 : 2;
}

static int
one(const char *folder, size_t bytes)
{
    struct desk_client *client = NULL;
    struct message_say say = {.room = only_room};
    uint16_t type = 0;
    struct bytes body;

    enum entente_error error = desk_connect(&client, folder);
    if (error != ENTENTE_OK)
        return fail("no connection", error);
    say.ticket = desk_ticket(client);
    uint8_t *list = make_statement(bytes, 0, &say.sections);
    error = list == NULL ? ENTENTE_ERR_NO_MEMORY : message_say_queue(desk_channel(client), &say);
    free(list);
    if (error == ENTENTE_OK)
        error = desk_wait(client, 30000, &type, &body);
    desk_disconnect(client);
    if (error != ENTENTE_OK || type != MESSAGE_SAID)
        return fail("not acknowledged", error);
    printf("{\"count\": 1}\n");
    return 0;
}

static void
note(FILE *acknowledged, struct bytes body)
{
    struct message_said said;

    if (acknowledged == NULL || message_said_read(body, &said) != ENTENTE_OK)
        return;
    fprintf(acknowledged, "%u %u %u ", said.slot, said.inc, said.seq);
    for (size_t i = 0; i < sizeof said.id.bytes; i++)
        fprintf(acknowledged, "%02x", said.id.bytes[i]);
    fputc('\n', acknowledged);
}

/* One statement, a pause, the next; a statement unanswered for `timeout_ms` failed. */
static int
gap(const char *folder, double seconds, double pause_ms, int timeout_ms, size_t bytes,
    FILE *acknowledged)
{
    struct desk_client *client = NULL;
    struct stalls stalls;
    double end = now_ms() + seconds * 1e3;

    if (!stalls_start(&stalls, seconds))
        return fail("it does not start", ENTENTE_ERR_NO_MEMORY);
    for (uint64_t number = 0; now_ms() < end; number++) {
        if (client == NULL && desk_connect(&client, folder) != ENTENTE_OK) {
            stalls.failed++;
            usleep(5000);
            continue;
        }
        struct message_say say = {.ticket = desk_ticket(client), .room = only_room};
        uint8_t *list = make_statement(bytes, number, &say.sections);
        uint16_t type = 0;
        struct bytes body;
        enum entente_error error = list == NULL ? ENTENTE_ERR_NO_MEMORY
                                                : message_say_queue(desk_channel(client), &say);
        free(list);
        if (error == ENTENTE_OK)
            error = desk_wait(client, timeout_ms, &type, &body);
        if (error == ENTENTE_OK && type == MESSAGE_SAID) {
            stalls_acknowledged(&stalls);
            note(acknowledged, body);
        } else {
            stalls.failed++;
            desk_disconnect(client);
            client = NULL;
        }
        usleep((useconds_t)(pause_ms * 1e3));
    }
    desk_disconnect(client);
    stalls_finish(&stalls);
    return 0;
}

static int
say_texts(const char *folder, const char *path, size_t in_flight)
{
    FILE *texts = fopen(path, "r");
    size_t count = 0;

    if (texts == NULL)
        return fail(path, ENTENTE_ERR_IO);
    for (int byte; (byte = getc(texts)) != EOF;)
        count += byte == '\n';
    rewind(texts);
    int status = append(folder, count, in_flight, 0, texts);
    fclose(texts);
    return status;
}

int
main(int argc, char **argv)
{
    if (argc == 6 && strcmp(argv[1], "append") == 0)
        return append(argv[2], strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10),
            strtoul(argv[5], NULL, 10), NULL);
    if (argc == 5 && strcmp(argv[1], "texts") == 0)
        return say_texts(argv[2], argv[3], strtoul(argv[4], NULL, 10));
    if (argc == 4 && strcmp(argv[1], "one") == 0)
        return one(argv[2], strtoul(argv[3], NULL, 10));
    if ((argc == 7 || argc == 8) && strcmp(argv[1], "gap") == 0) {
        FILE *acknowledged = argc == 8 ? fopen(argv[7], "w") : NULL;
        int status = gap(argv[2], strtod(argv[3], NULL), strtod(argv[4], NULL), atoi(argv[5]),
            strtoul(argv[6], NULL, 10), acknowledged);
        if (acknowledged != NULL && fclose(acknowledged) != 0)
            status = 2;
        return status;
    }
    fprintf(stderr, "usage: entente_load append FOLDER COUNT IN_FLIGHT BYTES\n"
                    "       entente_load texts FOLDER FILE IN_FLIGHT\n"
                    "       entente_load one FOLDER BYTES\n"
                    "       entente_load gap FOLDER SECONDS PAUSE_MS TIMEOUT_MS BYTES [FILE]\n");
    return 1;
}
