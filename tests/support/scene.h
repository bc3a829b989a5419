/*
 * A keyholder's core with a disk in memory and channels without sockets, and what node and desk of
 * its party would do with it.  For the tests of the keyholder.
 */
#ifndef ENTENTE_TESTS_SUPPORT_SCENE_H
#define ENTENTE_TESTS_SUPPORT_SCENE_H

#include "keyholder/keyholder.h"
#include "support/build.h"
#include "support/memory_disk.h"

#define SCENE_PARTIES 3u

/* The consultation that all scenes share: parties with the seeds 1, 2, 3 at the slots 0, 1, 2. */
struct scene_room {
    struct build_party parties[SCENE_PARTIES];
    struct built_room genesis;
    uint8_t *cards;
    size_t cards_size;
};
void scene_room_make(struct scene_room *room);
void scene_room_free(struct scene_room *room);

/* Register entries added to a party since are in the cards of the scenes made after this. */
void scene_room_renew_cards(struct scene_room *room);

/* Where the node of a party is, which writes the headers. */
struct scene_feed {
    struct room_id room;
    uint8_t slot;
    uint32_t reg_number;
    struct entry_id reg_id;
    uint32_t seq;
    struct entry_id id;
    uint64_t t_ms;
};

struct scene {
    const struct scene_room *room;
    struct memory_disk *disk;
    struct keyholder keyholder;
    struct channel *to;        /* scratch: messages on their way in */
    struct channel *from_node; /* what the node, the desk got */
    struct channel *from_desk;
    struct scene_feed feed;
};

/*
 * The keyholder of the party at `slot`, incarnation 1, on `disk`, where its journal is made when
 * it is not there.  Joined to the room, the barrier not passed.  Returns what went wrong.
 */
enum entente_error scene_open(
    struct scene *scene, const struct scene_room *room, uint8_t slot, struct memory_disk *disk);
void scene_close(struct scene *scene);

/* scene_node(scene, append, &message): as if the node had sent it; the same for the desk. */
#define scene_node(scene, name, message)                                                           \
    (message_##name##_queue((scene)->to, message) == ENTENTE_OK                                    \
            ? scene_send(scene, keyholder_node_message)                                            \
            : ENTENTE_ERR_NO_MEMORY)
#define scene_desk(scene, name, message)                                                           \
    (message_##name##_queue((scene)->to, message) == ENTENTE_OK                                    \
            ? scene_send(scene, keyholder_desk_message)                                            \
            : ENTENTE_ERR_NO_MEMORY)
enum entente_error scene_send(struct scene *scene,
    enum entente_error (*take)(struct keyholder *keyholder, uint16_t type, struct bytes body));

/* The turn ends: commit, then what was queued arrives at node and desk. */
enum entente_error scene_turn(struct scene *scene);

/* The next message that the node, the desk got; false when there is none. */
bool scene_next(struct channel *from, uint16_t *type, struct bytes *body);

/* scene_got(scene->from_desk, APPENDED, appended, &message): the next one is this. */
#define scene_got(from, NAME, name, message)                                                       \
    (scene_next(from, &scene_type, &scene_body) && scene_type == MESSAGE_##NAME &&                 \
        message_##name##_read(scene_body, message) == ENTENTE_OK)
extern uint16_t scene_type;
extern struct bytes scene_body;

/* BARRIER as the node says it when others have what we have. */
void scene_pass(struct scene *scene);

/* One statement as SEAL wants it, in `out`. */
struct bytes scene_sections(uint8_t out[static 4096], const char *text);

/* SEAL one statement. */
enum entente_error scene_say(struct scene *scene, uint64_t ticket, const char *text);

/* An APPEND under construction: headers as the node makes them. */
struct scene_draft {
    uint8_t headers[SEGMENT_ENTRIES_MAX * ENTRY_HEADER_BYTES_MIN];
    uint8_t payloads[1179648];
    uint8_t tickets[MESSAGE_TICKETS_MAX * MESSAGE_TICKET_BYTES];
    struct writer headers_writer;
    struct writer payloads_writer;
    uint32_t count;
};
void scene_draft_start(struct scene_draft *draft);

/* The next entry of the feed: an own one of `kind`, or what SEALED brought. */
void scene_draft_own(
    struct scene_feed *feed, struct scene_draft *draft, uint8_t kind, struct bytes payload);
void scene_draft_sealed(
    struct scene_feed *feed, struct scene_draft *draft, const struct message_sealed *sealed);

/* The message; its views are of the draft. */
struct message_append scene_draft_message(
    const struct scene_feed *feed, const struct scene_draft *draft);
enum entente_error scene_append(struct scene *scene, const struct scene_draft *draft);

#endif
