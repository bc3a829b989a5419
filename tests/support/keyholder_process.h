/*
 * The real program entente-keyholder, with this process as its supervisor, node and desk.  For the
 * sweeps over real processes and the bench.
 */
#ifndef ENTENTE_TESTS_SUPPORT_KEYHOLDER_PROCESS_H
#define ENTENTE_TESTS_SUPPORT_KEYHOLDER_PROCESS_H

#include "support/scene.h"

#include <sys/types.h>

struct keyholder_process {
    pid_t pid;
    int sockets[3];
    struct channel *supervisor;
    struct channel *node;
    struct channel *desk;
    struct scene_feed feed;
    struct message_state state; /* after the barrier */
};

/*
 * Keys and journal of the party that build_party() makes of `seed`, incarnation 1, in
 * `folder`/keyholder, which is made.  The other one: of the party at slot 0.
 */
bool keyholder_process_install_seed(const char *folder, uint8_t seed);
bool keyholder_process_install(const char *folder);

/* What keyholder_process_install_seed() seals the keys with. */
struct bytes keyholder_process_secret(void);

/* Start it, unlock it, name the room; the start barrier is passed with what STATE says. */
bool keyholder_process_start(struct keyholder_process *process, const char *program,
    const char *folder, const struct scene_room *room);

/* End it by SIGKILL where it still runs, and forget it; what it sent before can be read no more. */
void keyholder_process_end(struct keyholder_process *process);

/*
 * The next message on `channel`, waiting at most some seconds; false where there is none.  What is
 * queued on any channel is sent first.
 */
bool keyholder_process_wait(
    struct keyholder_process *process, struct channel *channel, uint16_t *type, struct bytes *body);

/* keyholder_process_got(process, process->node, SIGNED, signed, &message) */
#define keyholder_process_got(process, from, NAME, name, message)                                  \
    (keyholder_process_wait(process, from, &scene_type, &scene_body) &&                            \
        scene_type == MESSAGE_##NAME && message_##name##_read(scene_body, message) == ENTENTE_OK)

/* A new folder below $TMPDIR; remove it with all that is in it. */
void folder_make(char path[static 256]);
void folder_remove_all(const char *path);

#endif
