/* What a bundle is to have: everything, what a party lacks, what lies beyond an earlier file, or
 * heads. */
#include "cli/desk_commands.h"

#include "reader/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

const struct option options_bundle_export[] = {
    {"for", OPTION_VALUE, "PARTY", "only what this party is not known to hold"},
    {"from", OPTION_VALUE, "BUNDLE",
        "only what is beyond this bundle: the last one sent, or one of theirs"},
    {"heads", OPTION_NOTHING, NULL, "only where the record stands, to be asked for the rest"},
    {"room", OPTION_VALUE, "ID", "the consultation's room, where the party is in several"},
    {NULL, OPTION_NOTHING, NULL, NULL},
};

/* Heads say something in their own room only. */
static enum entente_error
check_room(const struct frame *manifest, struct room_id *room)
{
    static struct genesis genesis;
    static struct genesis_consents consents;
    const struct room_id none = {{0}};
    struct room_id found;

    enum entente_error error =
        genesis_file_parse(manifest->manifest.genesis_file, &genesis, &consents);
    if (error != ENTENTE_OK)
        return error;
    genesis_make_room(&found, genesis.encoded);
    if (!room_id_equal(room, &none) && !room_id_equal(room, &found))
        return ENTENTE_ERR_WRONG_ROOM;
    *room = found;
    return ENTENTE_OK;
}

/* The heads with which the manifest of the bundle at `path` ends, in `*heads` for the caller to
 * free. */
static enum entente_error
read_heads(struct cli *cli, const char *path, struct message_export *ask, uint8_t **heads)
{
    struct bundle *bundle = NULL;
    struct frame frame;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (file < 0)
        return cli_fail(cli, errno == ENOENT ? ENTENTE_ERR_NOT_FOUND : ENTENTE_ERR_IO, "%s", path);
    enum entente_error error = bundle_new(&bundle, file);
    if (error == ENTENTE_OK)
        error = bundle_next(bundle, &frame);
    if (error == ENTENTE_OK)
        error = check_room(&frame, &ask->room);
    if (error == ENTENTE_OK) {
        *heads = malloc(frame.manifest.to.size + 1);
        if (*heads == NULL)
            error = ENTENTE_ERR_NO_MEMORY;
    }
    if (error == ENTENTE_OK) {
        if (frame.manifest.to.size > 0)
            memcpy(*heads, frame.manifest.to.data, frame.manifest.to.size);
        ask->from = (struct bytes){*heads, frame.manifest.to.size};
    }
    bundle_free(bundle);
    close(file);
    return error == ENTENTE_OK ? error : cli_fail(cli, error, "%s", path);
}

static enum entente_error
find_slot(struct cli *cli, struct desk_client *client, const struct room_id *room,
    const char *party, uint8_t *slot)
{
    static struct status status;

    enum entente_error error = desk_status(client, room, &status);
    if (error != ENTENTE_OK)
        return cli_fail(cli, error, "no status of this consultation");
    if (!party_of_text(&status, party, slot))
        return cli_fail_because(
            cli, ENTENTE_ERR_NOT_FOUND, "no party of this consultation is called %s", party);
    if (*slot == status.slot)
        return cli_fail_because(cli, ENTENTE_ERR_USAGE, "--for takes another party than one's own");
    return ENTENTE_OK;
}

enum entente_error
bundle_scope(struct cli *cli, const struct arguments *arguments, struct desk_client *client,
    struct message_export *ask, uint8_t **heads)
{
    const char *party = arguments_value(arguments, "for");
    const char *path = arguments_value(arguments, "from");
    bool only_heads = arguments_have(arguments, "heads");

    *heads = NULL;
    ask->scope = EXPORT_ALL;
    if ((party != NULL) + (path != NULL) + only_heads > 1)
        return cli_fail_because(
            cli, ENTENTE_ERR_USAGE, "give only one of --for, --from and --heads");
    if (only_heads)
        ask->scope = EXPORT_HEADS;
    if (party != NULL) {
        ask->scope = EXPORT_FOR;
        return find_slot(cli, client, &ask->room, party, &ask->slot);
    }
    if (path == NULL)
        return ENTENTE_OK;
    ask->scope = EXPORT_FROM;
    return read_heads(cli, path, ask, heads);
}
