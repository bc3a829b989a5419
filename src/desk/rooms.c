#include "desk/desk.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define SLICE_ENTRIES 256u /* of one turn: a millisecond or two */
#define AGAIN_MS 1000u     /* what this machine could not do is tried again */
#define ROOM_SHIFT 8u
#define COUNTER_SHIFT 16u

/* What a room has asked to be opened. */
struct room_opening {
    uint64_t room_ticket; /* 0: free */
    struct opening opening;
    uint8_t *held; /* what the views of `opening` are of */
    bool is_asked; /* the keyholder has it */
};

struct desk_room {
    struct room *room;
    bool has_work;     /* something may be taken in */
    uint64_t again_ms; /* steady time, at which to try again; 0: nothing failed */
    enum entente_error error;
    struct ratifying ratifying;
    uint32_t index;
    struct room_opening openings[ROOM_OPENING_MAX];
    uint32_t unasked; /* of them, for lack of room in the channel */
    struct desk *desk;
};

/* The last entry that this party wrote in a room. */
struct own_entry {
    struct room_id room; /* as it was asked for: zero is the only one */
    uint16_t inc;
    uint32_t seq;
};

struct rooms {
    struct party_id self;
    struct store_files files;
    struct store *store; /* NULL: nobody has asked yet */
    struct desk_room *list[DESK_ROOMS_MAX]; /* by index in the store; NULL: not opened */
    int spills[DESK_ROOMS_MAX];
    uint64_t counter;
    struct own_entry own[DESK_ROOMS_MAX + 1];
    uint32_t own_count;
    bool is_due; /* somebody signed an act: all are to be evaluated */
    void (*changed)(void *state, struct room *room, uint64_t change);
    void *changed_state;
};

static uint64_t
steady_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- start ---- */

/* A file that nobody else can find, and that goes with us. */
static int
open_nameless(const char *folder)
{
    char name[4096];

    int file = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file >= 0)
        return file;
    snprintf(name, sizeof name, "%s/desk.spill", folder);
    unlink(name);
    file = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    unlink(name);
    return file;
}

enum entente_error
rooms_start(struct desk *desk, const char *folder, const struct message_reading *reading)
{
    struct rooms *rooms = calloc(1, sizeof *rooms);
    char path[4096];

    if (rooms == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    desk->rooms = rooms;
    rooms->self = reading->self;
    snprintf(path, sizeof path, "%.*s", (int)reading->store.size, (const char *)reading->store.data);
    if (store_files_open(&rooms->files, path) != ENTENTE_OK)
        fprintf(stderr, "desk: the store cannot be read here; what follows from it is not evaluated\n");
    for (uint32_t i = 0; i < DESK_ROOMS_MAX; i++)
        rooms->spills[i] = open_nameless(folder);
    return message_node_follow_queue(desk->node, &(struct message_node_follow){false});
}

static enum entente_error
open_store(struct rooms *rooms)
{
    if (rooms->store != NULL)
        return ENTENTE_OK;
    if (rooms->files.database < 0)
        return ENTENTE_ERR_NOT_RUNNING;
    return store_open_sqlite_reading(&rooms->store, &rooms->files);
}

/* ---- opening bodies ---- */

static void
ask(struct desk_room *of, struct room_opening *asked)
{
    size_t size = asked->opening.header.size + asked->opening.payload.size;

    if (asked->is_asked || !channel_has_room(of->desk->keyholder, size + CHANNEL_BODY_BYTES_MAX) ||
        opening_ask(of->desk, &asked->opening) != ENTENTE_OK)
        return;
    asked->is_asked = true;
    of->unasked--;
}

/* room_calls.open */
static void
open_entry(void *state, uint64_t ticket, struct bytes header, struct bytes payload)
{
    struct desk_room *of = state;
    struct rooms *rooms = of->desk->rooms;
    uint32_t i = 0;

    while (of->openings[i].room_ticket != 0)
        i++; /* the room asks for no more than there are */
    struct room_opening *asked = &of->openings[i];
    *asked = (struct room_opening){.room_ticket = ticket};
    asked->held = malloc(header.size + payload.size + 1);
    asked->opening.ticket = TICKET_ROOM | ++rooms->counter << COUNTER_SHIFT |
                            (uint64_t)of->index << ROOM_SHIFT | i;
    of->unasked++;
    if (asked->held == NULL)
        return; /* see ask_unasked() */
    memcpy(asked->held, header.data, header.size);
    if (payload.size > 0)
        memcpy(asked->held + header.size, payload.data, payload.size);
    asked->opening.header = (struct bytes){asked->held, header.size};
    asked->opening.payload = (struct bytes){asked->held + header.size, payload.size};
    ask(of, asked);
}

static void
trouble(struct desk_room *of, enum entente_error error)
{
    if (error != of->error)
        fprintf(stderr, "desk: a room cannot be evaluated now: %s\n", entente_error_text(error));
    of->error = error;
    of->again_ms = steady_ms() + AGAIN_MS;
    of->has_work = true;
}

static void
end_opening(
    struct desk_room *of, struct room_opening *asked, struct bytes body, enum entente_error why)
{
    uint64_t ticket = asked->room_ticket;

    of->unasked -= !asked->is_asked;
    free(asked->held);
    *asked = (struct room_opening){0};
    enum entente_error error = room_opened(of->room, ticket, body, why);
    of->has_work |= !room_is_current(of->room);
    if (error != ENTENTE_OK)
        trouble(of, error);
}

/* What found no memory or no room in the channel. */
static void
ask_unasked(struct desk_room *of)
{
    for (uint32_t i = 0; i < ROOM_OPENING_MAX && of->unasked > 0; i++) {
        struct room_opening *asked = &of->openings[i];
        if (asked->room_ticket != 0 && asked->held == NULL)
            end_opening(of, asked, (struct bytes){0}, ENTENTE_ERR_NO_MEMORY);
        else if (asked->room_ticket != 0)
            ask(of, asked);
    }
}

static struct room_opening *
find_opening(struct desk *desk, uint64_t ticket, struct desk_room **of)
{
    uint32_t index = (uint32_t)(ticket >> ROOM_SHIFT & 0xFF);

    *of = index < DESK_ROOMS_MAX ? desk->rooms->list[index] : NULL;
    if (*of == NULL)
        return NULL;
    struct room_opening *asked = &(*of)->openings[ticket & (ROOM_OPENING_MAX - 1)];
    return asked->room_ticket != 0 && asked->opening.ticket == (ticket & ~TICKET_CHAIN) ? asked
                                                                                        : NULL;
}

void
rooms_opened(struct desk *desk, uint64_t ticket, struct bytes body, enum entente_error why)
{
    struct desk_room *of;
    struct room_opening *asked = find_opening(desk, ticket, &of);

    if (asked != NULL)
        end_opening(of, asked, body, why);
}

void
rooms_chain_wanted(struct desk *desk, const struct message_chain_wanted *wanted)
{
    struct desk_room *of;
    struct room_opening *asked = find_opening(desk, wanted->ticket, &of);
    enum entente_error error =
        asked == NULL ? ENTENTE_OK : opening_chain_wanted(desk, &asked->opening, wanted);

    if (error != ENTENTE_OK)
        end_opening(of, asked, (struct bytes){0}, error);
}

void
rooms_keys(struct desk *desk, const struct message_node_keys_are *keys)
{
    struct desk_room *of;
    struct room_opening *asked = find_opening(desk, keys->ticket, &of);
    enum entente_error error =
        asked == NULL ? ENTENTE_OK : opening_keys(desk, &asked->opening, keys);

    if (error != ENTENTE_OK)
        end_opening(of, asked, (struct bytes){0}, error);
}

/* ---- opening rooms ---- */

static void
take_change(void *state, uint64_t change)
{
    struct desk_room *of = state;
    struct rooms *rooms = of->desk->rooms;

    if (rooms->changed != NULL)
        rooms->changed(rooms->changed_state, of->room, change);
}

void
desk_listen(struct desk *desk, void (*changed)(void *state, struct room *room, uint64_t change),
    void *state)
{
    desk->rooms->changed = changed;
    desk->rooms->changed_state = state;
}

/* The own slot in a room. */
static enum entente_error
find_slot(const struct rooms *rooms, struct bytes genesis_file, uint8_t *slot)
{
    static struct genesis genesis;
    static struct genesis_consents consents;

    if (genesis_file_parse(genesis_file, &genesis, &consents) != ENTENTE_OK)
        return ENTENTE_ERR_CORRUPT;
    for (*slot = 0; *slot < genesis.parties_count; ++*slot)
        if (party_id_equal(&genesis.parties[*slot].party, &rooms->self))
            return ENTENTE_OK;
    return ENTENTE_ERR_NOT_A_PARTY;
}

static enum entente_error
open_room(struct desk *desk, uint32_t index)
{
    struct rooms *rooms = desk->rooms;
    struct room_options options = {
        .store = rooms->store, .spill = rooms->spills[index], .is_told = true};
    struct bytes genesis_file;

    enum entente_error error = store_room_at(rooms->store, index, &options.id, &genesis_file);
    if (error == ENTENTE_OK)
        error = find_slot(rooms, genesis_file, &options.slot);
    struct desk_room *made = error == ENTENTE_OK ? calloc(1, sizeof *made) : NULL;
    if (made == NULL)
        return error == ENTENTE_OK ? ENTENTE_ERR_NO_MEMORY : error;
    made->desk = desk;
    made->index = index;
    options.calls = (struct room_calls){made, open_entry, take_change};
    /* The room closes its spill, also where it does not open: it gets a copy. */
    options.spill = fcntl(rooms->spills[index], F_DUPFD_CLOEXEC, 3);
    error = options.spill < 0 ? ENTENTE_ERR_IO : room_new(&made->room, &options);
    if (error == ENTENTE_OK)
        error = message_node_follow_queue(desk->node, &(struct message_node_follow){true});
    if (error != ENTENTE_OK) {
        room_free(made->room);
        free(made);
        return error;
    }
    made->has_work = true;
    rooms->list[index] = made;
    return ENTENTE_OK;
}

enum entente_error
desk_room_at(struct desk *desk, uint32_t index, struct room **room)
{
    struct rooms *rooms = desk->rooms;

    *room = NULL;
    if (index >= DESK_ROOMS_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    enum entente_error error = open_store(rooms);
    if (error == ENTENTE_OK && rooms->list[index] == NULL)
        error = open_room(desk, index);
    if (error == ENTENTE_OK)
        *room = rooms->list[index]->room;
    return error;
}

enum entente_error
desk_room(struct desk *desk, const struct room_id *id, struct room **room)
{
    static const struct room_id any;
    struct rooms *rooms = desk->rooms;
    struct room_id found;
    struct bytes genesis_file;

    *room = NULL;
    enum entente_error error = open_store(rooms);
    if (error != ENTENTE_OK)
        return error;
    for (uint32_t index = 0;; index++) {
        error = store_room_at(rooms->store, index, &found, &genesis_file);
        if (error != ENTENTE_OK)
            return error;
        if (room_id_equal(&found, id))
            return desk_room_at(desk, index, room);
        if (room_id_equal(&any, id))
            break;
    }
    error = store_room_at(rooms->store, 1, &found, &genesis_file);
    if (error != ENTENTE_ERR_NOT_FOUND)
        return error == ENTENTE_OK ? ENTENTE_ERR_NOT_FOUND : error; /* more than the only one */
    return desk_room_at(desk, 0, room);
}

/* ---- own entries ---- */

void
rooms_written(
    struct desk *desk, const struct room_id *room, const struct message_appended *appended)
{
    struct rooms *rooms = desk->rooms;
    uint32_t i = 0;

    while (i < rooms->own_count && !room_id_equal(&rooms->own[i].room, room))
        i++;
    if (i > DESK_ROOMS_MAX)
        return; /* more than are evaluated */
    rooms->own_count += i == rooms->own_count;
    rooms->own[i] = (struct own_entry){*room, appended->inc, appended->seq};
}

bool
rooms_has_written(const struct desk *desk, struct room *room)
{
    static const struct room_id only;
    const struct rooms *rooms = desk->rooms;
    const struct record *record = room_record(room);
    uint32_t branch;

    for (uint32_t i = 0; i < rooms->own_count; i++) {
        const struct own_entry *own = &rooms->own[i];
        if (!room_id_equal(&own->room, room_id(room)) && !room_id_equal(&own->room, &only))
            continue;
        if (record_lane(record, room_slot(room), own->inc, &branch) != ENTENTE_OK ||
            record_head(record, branch).seq < own->seq)
            return false;
    }
    return true;
}

/* ---- turns ---- */

void
rooms_status(struct desk *desk, const struct message_node_status_is *message)
{
    uint32_t index = (uint32_t)(message->ticket >> ROOM_SHIFT & 0xFF);
    struct desk_room *of = index < DESK_ROOMS_MAX ? desk->rooms->list[index] : NULL;

    if (of == NULL)
        return;
    ratify_status(&of->ratifying, message);
    if (of->ratifying.is_answered) {
        of->has_work = true;
        of->again_ms = 0;
    }
}

void
rooms_stored(struct desk *desk, const struct message_node_stored *stored)
{
    struct rooms *rooms = desk->rooms;
    bool follows = stored->acts;

    rooms->is_due |= stored->acts;
    for (uint32_t i = 0; i < DESK_ROOMS_MAX; i++) {
        if (rooms->list[i] == NULL)
            continue;
        follows = rooms->list[i]->has_work = true;
        if (stored->besides)
            room_grew(rooms->list[i]->room);
    }
    if (message_node_follow_queue(desk->node, &(struct message_node_follow){follows}) != ENTENTE_OK)
        desk->is_ending = true; /* without it the rooms would stand still */
}

static void
open_all(struct desk *desk)
{
    enum entente_error error = ENTENTE_OK;
    struct room *room;

    desk->rooms->is_due = false;
    for (uint32_t i = 0; error == ENTENTE_OK; i++)
        error = desk_room_at(desk, i, &room);
    if (error != ENTENTE_ERR_NOT_FOUND && error != ENTENTE_ERR_TOO_LARGE)
        fprintf(stderr, "desk: a room is not evaluated: %s\n", entente_error_text(error));
}

static void
advance(struct desk_room *of)
{
    bool more;

    if (of->again_ms > steady_ms())
        return;
    of->again_ms = 0;
    enum entente_error error = room_advance(of->room, SLICE_ENTRIES, &more);
    if (error != ENTENTE_OK) {
        trouble(of, error);
        return;
    }
    of->error = ENTENTE_OK;
    of->has_work = more;
    if (!room_is_current(of->room))
        return;
    error = ratify(of->desk, of->room, &of->ratifying,
        TICKET_ROOM | (uint64_t)of->index << ROOM_SHIFT);
    if (error == ENTENTE_ERR_PENDING) {
        of->has_work = true;
        of->again_ms = steady_ms() + AGAIN_MS;
    } else if (error != ENTENTE_OK)
        trouble(of, error);
}

bool
rooms_turn(struct desk *desk)
{
    struct rooms *rooms = desk->rooms;
    bool has_work = false;

    if (rooms->is_due)
        open_all(desk);
    for (uint32_t i = 0; i < DESK_ROOMS_MAX; i++) {
        struct desk_room *of = rooms->list[i];
        if (of == NULL)
            continue;
        if (of->unasked > 0)
            ask_unasked(of);
        if (of->has_work)
            advance(of);
        has_work |= of->has_work && of->again_ms == 0;
    }
    return has_work;
}

int
rooms_wait_ms(const struct desk *desk)
{
    uint64_t now = steady_ms(), first = UINT64_MAX;

    for (uint32_t i = 0; i < DESK_ROOMS_MAX; i++) {
        const struct desk_room *of = desk->rooms->list[i];
        if (of != NULL && of->again_ms != 0 && of->again_ms < first)
            first = of->again_ms;
    }
    if (first == UINT64_MAX)
        return -1;
    return first > now ? (int)(first - now) : 0;
}
