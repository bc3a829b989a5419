/*
 * A party's folder, as `entente party create` makes it and the supervisor reads it:
 *
 *   party/register          the own register, as a card
 *   trusted/ID.card         other parties' registers that people here trust
 *   rooms/ID.genesis        joined consultations
 *   node/transport.key      secret file: seed of the transport key
 *   keyholder/              node keys and journal: the keyholder's alone
 *   store/record.sqlite     the record
 *   desk.sock, serve.pid    while it runs
 */
#ifndef ENTENTE_DAEMON_DIRECTORY_H
#define ENTENTE_DAEMON_DIRECTORY_H

#include "format/genesis.h"

#define DIRECTORY_FILES_MAX 256u
#define DIRECTORY_FILE_BYTES_MAX 67108864u

struct file {
    uint8_t *data;
    size_t size;
};

struct directory {
    struct party_id self;
    struct file own_card;
    struct party_register *own; /* of own_card */
    struct file cards[DIRECTORY_FILES_MAX];
    uint32_t cards_count;
    struct file rooms[DIRECTORY_FILES_MAX];
    uint32_t rooms_count;
};

/*
 * Read all of it.  On error `*directory` is empty and `at` (of 4,096 bytes) names the file.
 *   ENTENTE_ERR_NOT_FOUND   there is no party here
 *   ENTENTE_ERR_IO, ENTENTE_ERR_NO_MEMORY, or why a card or genesis is not good
 */
MUST_USE enum entente_error directory_read(struct directory *directory, const char *path, char *at);
void directory_free(struct directory *directory);

/* All cards, the own one first, each behind its u32 size: what JOIN and ROOM carry.  To be freed. */
MUST_USE enum entente_error directory_cards(const struct directory *directory, struct file *cards);

#endif
