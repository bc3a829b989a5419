#include "daemon/children.h"

#include "daemon/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define QUEUE_BYTES_MAX 134217728u /* rooms and cards, all at once */
#define SOCKETS_MAX 8 /* of one child */

static const char *const names[CHILDREN] = {"keyholder", "node", "desk"};
static const char *const programs_of[CHILDREN] = {
    "entente-keyholder", "entente-node", "entente-desk"};
/* Where the build tree has them, seen from the supervisor's folder. */
static const char *const build_folders[CHILDREN] = {"../keyholder", "../daemon", "../desk"};

void
child_tell(enum child child, int status)
{
    if (WIFSIGNALED(status))
        fprintf(stderr, "serve: the %s was ended by signal %d%s\n", names[child], WTERMSIG(status),
            WTERMSIG(status) == SIGSYS ? ": it did what a process of this node never does" : "");
    else if (WEXITSTATUS(status) != 0)
        fprintf(stderr, "serve: the %s ended with status %d\n", names[child], WEXITSTATUS(status));
}

/* In the child: the sockets go to their numbers; everything else closes by itself at exec. */
static void
become(const char *program, const char *folder, const char *has, const int *sockets)
{
    int high[SOCKETS_MAX];
    int count = 0;

    for (; count < SOCKETS_MAX && sockets[count] >= 0; count++)
        high[count] = fcntl(sockets[count], F_DUPFD, 16);
    for (int i = 0; i < count; i++)
        if (high[i] < 0 || dup2(high[i], 3 + i) < 0)
            _exit(126);
    for (int i = 0; i < count; i++)
        close(high[i]);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid(); /* a terminal's Ctrl-C is for the supervisor, which ends them in order */
    execl(program, program, folder, has, (char *)NULL);
    _exit(127);
}

enum entente_error
children_start(struct children *children, const char *programs, const char *folder,
    const struct children_given *given)
{
    const char *has = given->key >= 0 ? "api https" : given->page >= 0 ? "api http" : "api";
    char paths[CHILDREN][PROGRAM_PATH_BYTES];
    int pairs[6][2]; /* supervisor with each; keyholder-node, keyholder-desk, node-desk */
    int made = 0;
    enum entente_error error = ENTENTE_OK;

    *children = (struct children){.sockets = {-1, -1, -1}};
    for (int c = 0; c < CHILDREN && error == ENTENTE_OK; c++) {
        bool has_tls = c == CHILD_DESK && given->key >= 0;
        error = program_find(
            paths[c], has_tls ? "entente-desk-tls" : programs_of[c], programs, build_folders[c]);
    }
    while (error == ENTENTE_OK && made < 6) {
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pairs[made]) != 0)
            error = ENTENTE_ERR_IO;
        else
            made++;
    }
    const int sockets[CHILDREN][SOCKETS_MAX] = {
        {pairs[0][1], pairs[3][0], pairs[4][0], -1},
        {pairs[1][1], pairs[3][1], pairs[5][0], -1},
        {pairs[2][1], pairs[4][1], pairs[5][1], given->desk, given->api, given->page,
            given->certificate, given->key},
    };
    for (int c = 0; c < CHILDREN && error == ENTENTE_OK; c++) {
        pid_t pid = fork();
        if (pid == 0)
            become(paths[c], folder, c == CHILD_DESK ? has : NULL, sockets[c]);
        if (pid < 0)
            error = ENTENTE_ERR_IO;
        else
            children->pids[c] = pid;
    }
    for (int i = 0; i < made; i++) {
        close(pairs[i][1]);
        if (i >= CHILDREN)
            close(pairs[i][0]);
        else
            children->sockets[i] = pairs[i][0];
    }
    for (int c = 0; c < CHILDREN && error == ENTENTE_OK; c++)
        error = channel_new(&children->channels[c], children->sockets[c], QUEUE_BYTES_MAX);
    if (error != ENTENTE_OK)
        children_stop(children, 0);
    return error;
}

static bool
reap(struct children *children)
{
    bool all = true;

    for (int c = 0; c < CHILDREN; c++) {
        int status = 0;
        if (children->pids[c] != 0 && waitpid(children->pids[c], &status, WNOHANG) != 0) {
            children->pids[c] = 0;
            if (WIFSIGNALED(status)) /* other ends only follow from the first one's */
                child_tell((enum child)c, status);
        }
        all &= children->pids[c] == 0;
    }
    return all;
}

void
children_stop(struct children *children, unsigned wait_ms)
{
    const struct timespec pause = {.tv_nsec = 2000000};

    if (children->channels[CHILD_KEYHOLDER] != NULL && wait_ms > 0) {
        struct message_stop stop = {ENTENTE_OK};
        if (message_stop_queue(children->channels[CHILD_KEYHOLDER], &stop) == ENTENTE_OK)
            (void)!channel_flush(children->channels[CHILD_KEYHOLDER]);
    }
    for (int c = 0; c < CHILDREN; c++) {
        channel_free(children->channels[c]);
        children->channels[c] = NULL;
        if (children->sockets[c] >= 0)
            close(children->sockets[c]);
        children->sockets[c] = -1;
    }
    for (unsigned waited = 0; waited < wait_ms && !reap(children); waited += 2)
        nanosleep(&pause, NULL);
    for (int c = 0; c < CHILDREN; c++)
        if (children->pids[c] != 0)
            kill(children->pids[c], SIGKILL);
    for (int c = 0; c < CHILDREN; c++)
        while (children->pids[c] != 0 && waitpid(children->pids[c], NULL, 0) < 0 && errno == EINTR)
            ;
    memset(children->pids, 0, sizeof children->pids);
}
