/* A party's folder as its people see it: the own register, and those of the parties trusted here.
 */
#ifndef ENTENTE_CLI_PARTY_FOLDER_H
#define ENTENTE_CLI_PARTY_FOLDER_H

#include "cli/cli.h"
#include "cli/files.h"
#include "format/register.h"

#define PARTY_TRUSTED_MAX 256u

struct party_folder {
    const char *path; /* borrowed */
    struct party_register *own;
    struct party_register *trusted[PARTY_TRUSTED_MAX];
    size_t trusted_count;
    int lock; /* see party_folder_lock(); -1: not locked */
};

/*
 * Read and verify all registers of the folder.  Says itself what is wrong, and where.
 *   ENTENTE_ERR_NOT_FOUND   there is no party in this folder
 *   ENTENTE_ERR_CORRUPT     a register that was verified when it came here is not valid any more
 *   ENTENTE_ERR_IO, ENTENTE_ERR_NO_MEMORY
 */
MUST_USE enum entente_error party_folder_open(
    struct cli *cli, struct party_folder *folder, const char *path);
void party_folder_close(struct party_folder *folder);

/*
 * Before anything of the folder is changed, and before it is opened: only one command at a time.
 * Says itself what is wrong.  party_folder_close() gives the lock back.
 */
MUST_USE enum entente_error party_folder_lock(
    struct cli *cli, struct party_folder *folder, const char *path);

/* The register of a party that is trusted here or is the own one; NULL where it is neither. */
struct party_register *party_folder_register(
    const struct party_folder *folder, const struct party_id *party);

/*
 * The party that a person means by `named`: its whole name, or at least eight digits of its id's
 * begin. Says itself what is wrong. ENTENTE_ERR_NOT_TRUSTED   no trusted party is called so
 *   ENTENTE_ERR_USAGE         several are, or look alike
 */
MUST_USE enum entente_error party_folder_find(struct cli *cli, const struct party_folder *folder,
    const char *named, const struct party_register **found);

/* A register as a card, in memory to be freed. */
MUST_USE enum entente_error card_of_register(
    struct file_content *card, const struct party_register *reg);

/* Read and verify a whole card; errors of card_entries() and register_add_all(), never PENDING. */
MUST_USE enum entente_error register_of_card(struct party_register **reg, struct bytes card);

/* Write the own register anew. */
MUST_USE enum entente_error party_folder_save_own(
    struct cli *cli, const struct party_folder *folder);

/*
 * Tell a running node that its folder changed (SIGHUP to the process that holds DIR/serve.pid
 * locked). True where there is one.
 */
bool party_folder_tell_node(const char *path);

/* The hexadecimal digits of an id, and a zero. */
#define ID_TEXT_BYTES (2 * ID_BYTES + 1)
void id_to_text(char text[static ID_TEXT_BYTES], const uint8_t id[static ID_BYTES]);

/* Name, fingerprint and what else people compare, on `out`; and the same as JSON. */
void party_print(FILE *out, const struct party_register *reg);
json_t *json_of_party(const struct party_register *reg);

#endif
