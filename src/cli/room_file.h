/* A genesis file in hand: the draft that parties sign one after the other, or a joined room's. */
#ifndef ENTENTE_CLI_ROOM_FILE_H
#define ENTENTE_CLI_ROOM_FILE_H

#include "cli/cli.h"
#include "cli/files.h"
#include "cli/party_folder.h"
#include "format/genesis.h"

/* Some 40 kB: not for small stacks. */
struct room_file {
    struct file_content content; /* what genesis borrows from */
    struct genesis genesis;
    struct genesis_consents consents;
    struct room_id room;
};

/* Read and parse; says itself what is wrong.  Errors of files_read() and genesis_file_parse(). */
MUST_USE enum entente_error room_file_read(
    struct cli *cli, struct room_file *file, const char *path);
void room_file_free(struct room_file *file);

/* The file's bytes with the consents as they are now, in memory to be freed. */
MUST_USE enum entente_error room_file_encode(
    struct file_content *encoded, const struct room_file *file);

/*
 * Check that all parties are known here and that no consent is false; `*missing` slots have not
 * signed. Says itself what is wrong. ENTENTE_ERR_NOT_TRUSTED   a party, or the cited end of its
 * register, is not known here ENTENTE_ERR_SIGNATURE     a consent is false
 */
MUST_USE enum entente_error room_file_check(struct cli *cli, const struct room_file *file,
    const struct party_folder *folder, uint8_t *missing);

/* The slot of `party`, or -1. */
int room_file_slot(const struct room_file *file, const struct party_id *party);

/* Title, parties, languages and charter; the charter's texts only where `with_texts`. */
void room_print(
    FILE *out, const struct room_file *file, const struct party_folder *folder, bool with_texts);
json_t *json_of_room(const struct room_file *file, const struct party_folder *folder);

#endif
