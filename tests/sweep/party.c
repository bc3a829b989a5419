#include "party.h"

#include "crypto/crypto.h"
#include "format/section.h"
#include "format/segment.h"
#include "store/store.h"
#include "support/keyholder_process.h"
#include "support/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define QUEUE_BYTES 33554432u
#define END_MS 20000

static const char *const part_names[PARTY_PARTS] = {"keyholder", "node"};

static void
must(bool condition, const char *what)
{
    if (condition)
        return;
    printf("Bail out! %s: %s\n", what, strerror(errno));
    exit(1);
}

uint64_t
party_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

/* ---- the world ---- */

static uint16_t
free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int opened = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    must(opened >= 0 && bind(opened, (struct sockaddr *)&address, size) == 0 &&
             getsockname(opened, (struct sockaddr *)&address, &size) == 0,
        "a free port");
    close(opened);
    return ntohs(address.sin_port);
}

static void
make_cards(struct world *world)
{
    struct bytes magic = bytes_of_text(CARD_MAGIC);
    uint8_t *entries[WORLD_PARTIES];
    size_t sizes[WORLD_PARTIES];

    for (uint32_t i = 0; i < WORLD_PARTIES; i++) {
        entries[i] = build_register_bytes(world->parties[i].reg, &sizes[i]);
        world->cards_size += 4 + magic.size + sizes[i];
    }
    world->cards = malloc(world->cards_size);
    must(world->cards != NULL, "memory");
    struct writer writer = writer_of(world->cards, world->cards_size);
    for (uint32_t i = 0; i < WORLD_PARTIES; i++) {
        writer_u32(&writer, (uint32_t)(magic.size + sizes[i]));
        writer_bytes(&writer, magic);
        writer_copy(&writer, entries[i], sizes[i]);
        free(entries[i]);
    }
}

void
world_make(struct world *world, char **programs)
{
    char address[64];

    *world = (struct world){
        .faulty = programs[0], .keyholder = programs[1], .node = programs[2], .port = free_port()};
    signal(SIGPIPE, SIG_IGN);
    must(crypto_start() == ENTENTE_OK, "randomness");
    for (uint32_t i = 0; i < WORLD_PARTIES; i++) {
        build_party(&world->parties[i], (uint8_t)(i + 1));
        /* At port 1 nobody is: the first party dials, and is not dialled. */
        snprintf(address, sizeof address, "127.0.0.1:%u", i == 0 ? 1u : world->port);
        build_party_move(&world->parties[i], address);
    }
    build_room(&world->room, world->parties, WORLD_PARTIES, "a sweep");
    make_cards(world);
}

void
world_free(struct world *world)
{
    for (uint32_t i = 0; i < WORLD_PARTIES; i++)
        build_party_free(&world->parties[i]);
    built_room_free(&world->room);
    free(world->cards);
}

/* ---- processes ---- */

static void
control_path(const struct party *party, enum party_part part, char path[static 512])
{
    snprintf(path, 512, "%s/%s.faults", party->folder, part_names[part]);
}

static void
map_faults(struct party *party, enum party_part part)
{
    char path[512];

    control_path(party, part, path);
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    must(file >= 0 && ftruncate(file, FAULT_CONTROL_BYTES) == 0, path);
    party->faults[part] =
        mmap(NULL, FAULT_CONTROL_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    must(party->faults[part] != MAP_FAILED, "mmap");
    close(file);
}

void
party_make(struct party *party, const struct world *world, struct known *known, uint8_t slot)
{
    char store[512];

    *party =
        (struct party){.world = world, .known = known, .slot = slot, .sockets = {-1, -1, -1, -1}};
    folder_make(party->folder);
    must(keyholder_process_install_seed(party->folder, world->parties[slot].seed), "keys");
    snprintf(store, sizeof store, "%s/store", party->folder);
    must(mkdir(store, 0700) == 0, store);
    for (int part = 0; part < (int)PARTY_PARTS; part++)
        map_faults(party, (enum party_part)part);
}

static void
become(const struct party *party, enum party_part part, const int sockets[3])
{
    const char *program = part == PARTY_NODE ? party->world->node : party->world->keyholder;
    char control[512];
    int high[3];

    for (int i = 0; i < 3; i++)
        high[i] = fcntl(sockets[i], F_DUPFD, 16);
    for (int i = 0; i < 3; i++)
        if (high[i] < 0 || dup2(high[i], 3 + i) < 0)
            _exit(126);
    for (int i = 0; i < 3; i++)
        close(high[i]);
    setenv("ASAN_OPTIONS", "detect_leaks=0", 1); /* confined, it cannot look for leaks */
    snprintf(control, sizeof control, "%s/trace", party->folder);
    int trace = open(control, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (trace < 0 || dup2(trace, 2) < 0)
        _exit(126);
    close(trace);
    control_path(party, part, control);
    if (party->is_faulty[part])
        execl(party->world->faulty, party->world->faulty, control, program, party->folder,
            (char *)NULL);
    else
        execl(program, program, party->folder, (char *)NULL);
    _exit(127);
}

static void
say_setup(struct party *party)
{
    const struct world *world = party->world;
    struct message_setup setup = {.self = *register_party(world->parties[party->slot].reg)};
    struct bytes cards = {world->cards, world->cards_size};
    char listen[64], store[512];

    snprintf(listen, sizeof listen, "127.0.0.1:%u", party->slot == 1 ? world->port : 0);
    snprintf(store, sizeof store, "%s/store/record.sqlite", party->folder);
    build_seed(setup.transport_seed.bytes, world->parties[party->slot].seed, BUILD_TRANSPORT, 0);
    setup.listen = bytes_of_text(listen);
    setup.store = bytes_of_text(store);
    must(message_unlock_queue(party->channels[PARTY_KEYHOLDER],
             &(struct message_unlock){keyholder_process_secret()}) == ENTENTE_OK &&
             message_room_queue(party->channels[PARTY_KEYHOLDER],
                 &(struct message_room){world->room.file, cards}) == ENTENTE_OK &&
             message_setup_queue(party->channels[PARTY_NODE], &setup) == ENTENTE_OK &&
             message_join_queue(party->channels[PARTY_NODE],
                 &(struct message_join){world->room.file, cards}) == ENTENTE_OK,
        "a queue");
}

/* Forgets the last life, but for what the faults and `known` say. */
static void
forget_life(struct party *party)
{
    for (int i = 0; i < 4; i++) {
        channel_free(party->channels[i]);
        party->channels[i] = NULL;
        if (party->sockets[i] >= 0)
            close(party->sockets[i]);
        party->sockets[i] = -1;
    }
    party->is_gone = party->is_ready = party->is_running = party->is_listed = false;
    party->trouble = 0;
    party->appended = party->refused = party->statuses = 0;
}

void
party_spawn(struct party *party)
{
    int pairs[5][2]; /* as in `sockets`, then the one between the two */

    forget_life(party);
    for (int i = 0; i < 5; i++)
        must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pairs[i]) == 0,
            "socketpair");
    const int sockets[PARTY_PARTS][3] = {
        {pairs[0][1], pairs[4][0], pairs[2][1]}, {pairs[1][1], pairs[4][1], pairs[3][1]}};
    fflush(stdout);
    for (int part = 0; part < (int)PARTY_PARTS; part++) {
        party->pids[part] = fork();
        must(party->pids[part] >= 0, "fork");
        if (party->pids[part] == 0)
            become(party, (enum party_part)part, sockets[part]);
    }
    close(pairs[4][0]);
    for (int i = 0; i < 5; i++)
        close(pairs[i][1]);
    for (int i = 0; i < 4; i++) {
        party->sockets[i] = pairs[i][0];
        must(channel_new(&party->channels[i], pairs[i][0], QUEUE_BYTES) == ENTENTE_OK, "channel");
    }
    say_setup(party);
}

bool
party_is_up(const struct party *party)
{
    return party->is_ready && party->is_running;
}

/* ---- hearing ---- */

static void
learn(struct party *party, uint8_t slot, uint32_t seq, const struct entry_id *id)
{
    struct known *known = party->known;

    must(slot < WORLD_PARTIES && seq < SEQS_MAX, "an entry beyond what the sweep writes");
    if (known->is_known[slot][seq] && !entry_id_equal(&known->ids[slot][seq], id)) {
        printf("# slot %u, seq %u\n", slot, seq);
        test_failed(__FILE__, __LINE__, "two entries are signed for one seq");
    }
    known->is_known[slot][seq] = true;
    known->ids[slot][seq] = *id;
    if (seq > known->greatest[slot])
        known->greatest[slot] = seq;
}

static void
hear_appended(struct party *party, struct bytes body)
{
    struct message_appended message;

    must(message_appended_read(body, &message) == ENTENTE_OK, "APPENDED");
    party->appended++;
    learn(party, message.slot, message.seq, &message.id);
    party->known->is_acknowledged[message.slot][message.seq] = true;
    party->known->acknowledged++;
}

static void
hear_entry(struct party *party, struct bytes body)
{
    struct message_node_entry message;
    struct entry entry;

    must(message_node_entry_read(body, &message) == ENTENTE_OK, "NODE_ENTRY");
    struct reader reader = reader_of(message.header);
    must(entry_parse(&reader, &entry) == ENTENTE_OK, "a header");
    learn(party, entry.slot, entry.seq, &message.id);
    party->held[entry.slot][entry.seq] = (uint8_t)(message.held | PARTY_LISTED);
    party->listed_count++;
    if (message.flags & MESSAGE_ENTRY_CONTESTED)
        test_failed(__FILE__, __LINE__, "a party showed two faces");
}

static void
hear_listed(struct party *party, struct bytes body)
{
    struct message_node_listed message;

    must(message_node_listed_read(body, &message) == ENTENTE_OK, "NODE_LISTED");
    if (message.error != ENTENTE_OK)
        test_failed(__FILE__, __LINE__, entente_error_text((enum entente_error)message.error));
    party->is_listed = !message.more;
    party->listed_after = message.arrival;
    if (message.more) {
        struct message_node_list again = {1, party->world->room.room, 1, message.arrival, 1000};
        must(message_node_list_queue(party->channels[3], &again) == ENTENTE_OK, "a queue");
    }
}

static void
hear_status(struct party *party, struct bytes body)
{
    struct message_node_status_is message;

    must(message_node_status_is_read(body, &message) == ENTENTE_OK, "NODE_STATUS_IS");
    if (message.error == ENTENTE_OK && status_read(message.status, &party->status) == ENTENTE_OK)
        party->statuses++;
}

static void
hear_trouble(struct party *party, uint16_t type, struct bytes body)
{
    struct message_failed failed;
    struct message_unable unable;

    if (type == MESSAGE_FAILED && message_failed_read(body, &failed) == ENTENTE_OK)
        party->trouble = failed.error;
    if (type == MESSAGE_UNABLE && message_unable_read(body, &unable) == ENTENTE_OK)
        party->trouble = unable.error;
}

static void
hear(struct party *party, uint16_t type, struct bytes body)
{
    if (type == MESSAGE_READY)
        party->is_ready = true;
    else if (type == MESSAGE_RUNNING)
        party->is_running = true;
    else if (type == MESSAGE_FAILED || type == MESSAGE_UNABLE)
        hear_trouble(party, type, body);
    else if (type == MESSAGE_APPENDED)
        hear_appended(party, body);
    else if (type == MESSAGE_SEAL_REFUSED)
        party->refused++;
    else if (type == MESSAGE_NODE_ENTRY)
        hear_entry(party, body);
    else if (type == MESSAGE_NODE_LISTED)
        hear_listed(party, body);
    else if (type == MESSAGE_NODE_STATUS_IS)
        hear_status(party, body);
    else if (type != MESSAGE_NODE_NEWS && type != MESSAGE_NODE_DONE)
        test_failed(__FILE__, __LINE__, message_name(type));
}

/* False when its other end is gone and all that it said was taken. */
static bool
hear_channel(struct party *party, int i)
{
    enum entente_error filled = ENTENTE_OK;
    uint16_t type;
    struct bytes body;

    for (bool any = true; any;) {
        any = false;
        filled = channel_fill(party->channels[i]);
        while (channel_next(party->channels[i], &type, &body) == ENTENTE_OK) {
            hear(party, type, body);
            any = true;
        }
    }
    return filled == ENTENTE_OK;
}

void
party_hear(struct party *party, int wait_ms)
{
    struct pollfd polls[4];

    for (int i = 0; i < 4; i++) {
        if (channel_wants_write(party->channels[i]))
            (void)!channel_flush(party->channels[i]);
        short events = channel_wants_write(party->channels[i]) ? POLLIN | POLLOUT : POLLIN;
        polls[i] = (struct pollfd){party->sockets[i], events, 0};
    }
    (void)!poll(polls, 4, wait_ms);
    for (int i = 0; i < 4; i++)
        if (!hear_channel(party, i))
            party->is_gone = true;
}

/* ---- asking ---- */

void
party_say(struct party *party, size_t bytes)
{
    static uint8_t text[SECTION_TEXT_BYTES_MAX], sections[SECTION_TEXT_BYTES_MAX + 64];
    struct section section = {.type = SECTION_STATEMENT,
        .statement = {bytes_of_text("en"), bytes_of_text(""), {text, bytes}}};
    struct writer writer = writer_of(sections, sizeof sections);

    for (size_t i = 0; i < bytes; i++)
        text[i] = (uint8_t)('a' + (party->tickets + i) % 26);
    writer_u16(&writer, 1);
    writer_u16(&writer, section.type);
    writer_u32(&writer, (uint32_t)section_size(&section));
    section_write(&writer, &section);
    struct message_seal seal = {++party->tickets, party->world->room.room, writer_written(&writer)};
    must(message_seal_queue(party->channels[2], &seal) == ENTENTE_OK, "a queue");
    party_hear(party, 0);
}

void
party_ask_status(struct party *party)
{
    struct message_node_status ask = {1, party->world->room.room};

    must(message_node_status_queue(party->channels[3], &ask) == ENTENTE_OK, "a queue");
}

void
party_be_alone(struct party *party)
{
    struct message_node_control control = {1, party->world->room.room, CONTROL_ALONE, 0};

    must(message_node_control_queue(party->channels[3], &control) == ENTENTE_OK, "a queue");
    party_hear(party, 0);
}

bool
party_list(struct party *party)
{
    struct message_node_list ask = {1, party->world->room.room, 1, 0, 1000};

    memset(party->held, 0, sizeof party->held);
    party->is_listed = false;
    party->listed_count = 0;
    must(message_node_list_queue(party->channels[3], &ask) == ENTENTE_OK, "a queue");
    PARTY_UNTIL(party, party->is_listed);
    return party->is_listed;
}

/* ---- the end ---- */

/* `faulty` passes SIGTERM on as what it is there for; another program is killed outright. */
void
party_kill(struct party *party)
{
    for (int part = 0; part < (int)PARTY_PARTS; part++)
        if (party->pids[part] > 0)
            kill(party->pids[part], party->is_faulty[part] ? SIGTERM : SIGKILL);
    for (int part = 0; part < (int)PARTY_PARTS; part++) {
        int status;
        if (party->pids[part] > 0)
            must(waitpid(party->pids[part], &status, 0) == party->pids[part], "waitpid");
        party->pids[part] = 0;
        party->faults[part]->is_armed = 0;
    }
    for (int i = 0; i < 4; i++)
        if (party->channels[i] != NULL)
            (void)hear_channel(party, i);
    party->is_gone = true;
}

bool
party_ended_well(struct party *party)
{
    bool good = true;

    for (int part = 0; part < (int)PARTY_PARTS; part++) {
        int status = 0;
        uint64_t until_ms = party_now_ms() + END_MS;
        pid_t got = 0;
        while (party->pids[part] > 0 && got == 0 && party_now_ms() < until_ms) {
            got = waitpid(party->pids[part], &status, WNOHANG);
            if (got == 0)
                (void)!poll(NULL, 0, 5);
        }
        if (got > 0)
            party->pids[part] = 0;
        good &= party->pids[part] == 0 && WIFEXITED(status);
    }
    return good && !party_traced(party, "Sanitizer") && !party_traced(party, "runtime error");
}

bool
party_traced(const struct party *party, const char *text)
{
    char path[512], line[1024];
    bool found = false;

    snprintf(path, sizeof path, "%s/trace", party->folder);
    FILE *file = fopen(path, "r");
    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL)
        found = strstr(line, text) != NULL;
    if (file != NULL)
        fclose(file);
    return found;
}

void
party_forget_trace(const struct party *party)
{
    char path[512];

    snprintf(path, sizeof path, "%s/trace", party->folder);
    (void)!truncate(path, 0);
}

static void
show_trace(const struct party *party)
{
    char path[512], line[1024];

    snprintf(path, sizeof path, "%s/trace", party->folder);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        printf("# %u: %s", party->slot + 1u, line);
    if (file != NULL)
        fclose(file);
}

void
party_free(struct party *party)
{
    if (test_failures > 0)
        show_trace(party);
    party_kill(party);
    forget_life(party);
    for (int part = 0; part < (int)PARTY_PARTS; part++)
        munmap(party->faults[part], FAULT_CONTROL_BYTES);
    folder_remove_all(party->folder);
}

/* ---- what must be ---- */

void
party_check(const struct party *party)
{
    const struct known *known = party->known;
    uint8_t slot = party->slot;

    for (uint32_t seq = 1; seq <= known->greatest[slot]; seq++) {
        if (party->held[slot][seq] & PARTY_LISTED)
            continue;
        printf("# slot %u, seq %u of %u\n", slot, seq, known->greatest[slot]);
        test_failed(__FILE__, __LINE__,
            known->is_acknowledged[slot][seq] ? "an acknowledged entry is missing"
                                              : "an entry that left the keyholder is missing");
        return;
    }
}

static void
read_row(struct party *party, const struct segment_row *row)
{
    static struct segment segment;
    struct reader reader = reader_of(row->segment);

    must(segment_parse(&reader, &segment) == ENTENTE_OK &&
             segment_check_payloads(&segment, row->payloads) == ENTENTE_OK,
        "a stored segment");
    for (uint32_t i = 0; i < segment.count; i++) {
        learn(party, segment.entries[i].slot, segment.entries[i].seq, &segment.ids[i]);
        party->held[segment.entries[i].slot][segment.entries[i].seq] = PARTY_LISTED;
    }
}

void
folder_copy(const char *from, const char *to)
{
    char command[1200];

    snprintf(command, sizeof command, "rm -rf '%s' && cp -a '%s' '%s'", to, from, to);
    must(system(command) == 0, command);
}

void
party_read_store(struct party *party)
{
    struct store *store;
    struct segment_row row = {0};
    char path[600], copy[512];

    memset(party->held, 0, sizeof party->held);
    snprintf(path, sizeof path, "%s/store", party->folder);
    snprintf(copy, sizeof copy, "%s/store.copy", party->folder);
    folder_copy(path, copy); /* SQLite would change it by reading it */
    snprintf(path, sizeof path, "%s/record.sqlite", copy);
    enum entente_error error = store_open_sqlite(&store, path);
    while (error == ENTENTE_OK) {
        const struct record_source *source = store_source(store);
        error = source->segment_after(source->state, &party->world->room.room, row.arrival, &row);
        if (error == ENTENTE_OK)
            read_row(party, &row);
    }
    if (error != ENTENTE_ERR_NOT_FOUND)
        test_failed(__FILE__, __LINE__, entente_error_text(error));
    store_close(store);
    folder_remove_all(copy);
}
