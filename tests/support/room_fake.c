/* room/room.h with no room in it: for tests of what does not reach a room. */
#include "room/room.h"

#include <stdlib.h>

#define NEVER(type, name, ...)                                                                     \
    type name(__VA_ARGS__)                                                                         \
    {                                                                                              \
        abort();                                                                                   \
    }

#pragma GCC diagnostic ignored "-Wunused-parameter"
NEVER(const struct room_id *, room_id, const struct room *room)
NEVER(const struct genesis *, room_genesis, const struct room *room)
NEVER(uint8_t, room_slot, const struct room *room)
NEVER(uint8_t, room_parties, const struct room *room)
NEVER(struct bytes, room_party_name, const struct room *room, uint8_t slot)
NEVER(bool, room_is_current, const struct room *room)
NEVER(struct consultation *, room_consultation, struct room *room)
NEVER(struct record *, room_record, struct room *room)
NEVER(uint64_t, room_changes, const struct room *room)
NEVER(uint64_t, room_life, const struct room *room)
NEVER(enum entente_error, room_change, struct room *room, uint64_t change, struct room_entry *entry)
NEVER(enum entente_error, room_entry, struct room *room, const struct place *place, struct room_entry *entry)
NEVER(enum entente_error, room_entry_of_id, struct room *room, const struct entry_id *id, struct room_entry *entry)
NEVER(enum entente_error, room_under, struct room *room, const struct digest *object, uint32_t index, struct room_entry *entry)
