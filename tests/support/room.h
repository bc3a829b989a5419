/*
 * A room of a few parties, and records of it that keep what they admit in memory.  Parties are
 * built once for the whole program; a room costs nothing but its number.
 */
#ifndef ENTENTE_TESTS_SUPPORT_ROOM_H
#define ENTENTE_TESTS_SUPPORT_ROOM_H

#include "reader/index.h"
#include "support/build.h"

#define ROOM_PARTIES_MAX 5u

struct test_room {
    uint8_t parties;
    struct room_id id;
    struct genesis genesis;
    struct bytes genesis_file; /* consented to by all */
    uint8_t *genesis_memory;
    struct build_party party[ROOM_PARTIES_MAX];
    struct party_register *registers[PARTIES_MAX];
};

/* `number` goes into the genesis, and so into the room's id; its parties have the seeds 1, 2, ...
 */
void test_room_make(struct test_room *room, uint8_t parties, uint32_t number);
/* The same with other names of its parties, and title, languages, charters and offices of `like`.
 */
void test_room_make_like(
    struct test_room *room, uint8_t parties, const char *const *names, const struct genesis *like);
void test_room_free(struct test_room *room);
void test_room_feed(
    struct build_feed *feed, const struct test_room *room, uint8_t slot, uint16_t inc);

struct replica {
    const struct test_room *room;
    struct index *index;
    struct record *record;
    struct arena arena;
    struct admission admission; /* of the last call; valid until the next one */
};

struct replica_options {
    bool heads_only; /* as record_options; saves the time of signatures where they are not the point
                      */
    const struct record_mutations *mutations;
    struct party_register *const *registers; /* NULL: the room's own */
};

void replica_make(
    struct replica *replica, const struct test_room *room, const struct replica_options *options);
void replica_free(struct replica *replica);

/* Forget the record and make it again from what is stored. */
void replica_reload(struct replica *replica, const struct replica_options *options);

/* record_receive(), record_prove() and the store's part. */
enum entente_error replica_receive(struct replica *replica, const struct built_segment *built);
enum entente_error replica_prove(struct replica *replica, struct bytes payload);

/* One sealed entry with the given deps, in memory of its own, as the feed's next segment. */
void room_say(struct built_segment *built, struct build_feed *feed, const struct position *deps,
    uint8_t deps_count);
void room_say_many(struct built_segment *built, struct build_feed *feed, uint32_t count);

/* The next entry of `kind` as `replica` would link it, received there; false where it refuses. */
bool replica_write(struct replica *replica, struct build_feed *feed, uint8_t kind,
    struct bytes payload, struct built_segment *built);

#endif
