#include "keyholder/syncer.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum state { STARTING, RESTING, ASKED, DONE, ENDING };

struct syncer {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int event;
    /* under the mutex */
    enum state state;
    int file;
    int result; /* errno, or 0 */
};

/* The other's turn: until it has left `state`. */
static void
wait_while(struct syncer *syncer, enum state state)
{
    while (syncer->state == state)
        pthread_cond_wait(&syncer->changed, &syncer->mutex);
}

static void
move_to(struct syncer *syncer, enum state state)
{
    syncer->state = state;
    pthread_cond_broadcast(&syncer->changed);
}

static int
sync_file(int file)
{
    return fdatasync(file) == 0 ? 0 : errno;
}

static void *
run(void *given)
{
    struct syncer *syncer = given;
    const uint64_t one = 1;

    pthread_mutex_lock(&syncer->mutex);
    move_to(syncer, RESTING);
    for (;;) {
        while (syncer->state != ASKED && syncer->state != ENDING)
            pthread_cond_wait(&syncer->changed, &syncer->mutex);
        if (syncer->state == ENDING)
            break;
        int file = syncer->file;
        pthread_mutex_unlock(&syncer->mutex);
        int result = sync_file(file);
        pthread_mutex_lock(&syncer->mutex);
        syncer->result = result;
        move_to(syncer, DONE);
        (void)!write(syncer->event, &one, sizeof one);
    }
    pthread_mutex_unlock(&syncer->mutex);
    return NULL;
}

/* Signals are the first thread's affair. */
static int
start_thread(struct syncer *syncer)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(&syncer->thread, NULL, run, syncer);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure;
}

enum entente_error
syncer_start(struct syncer **syncer)
{
    *syncer = NULL;
    struct syncer *made = calloc(1, sizeof *made);
    if (made == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    made->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (made->event < 0)
        goto failed;
    pthread_mutex_init(&made->mutex, NULL);
    pthread_cond_init(&made->changed, NULL);
    if (start_thread(made) != 0) {
        close(made->event);
        goto failed;
    }
    /* What a thread asks of the kernel at its start may be forbidden from then on. */
    pthread_mutex_lock(&made->mutex);
    wait_while(made, STARTING);
    pthread_mutex_unlock(&made->mutex);
    *syncer = made;
    return ENTENTE_OK;

failed:
    free(made);
    return ENTENTE_ERR_IO;
}

void
syncer_stop(struct syncer *syncer)
{
    if (syncer == NULL)
        return;
    pthread_mutex_lock(&syncer->mutex);
    wait_while(syncer, ASKED);
    move_to(syncer, ENDING);
    pthread_mutex_unlock(&syncer->mutex);
    pthread_join(syncer->thread, NULL);
    pthread_cond_destroy(&syncer->changed);
    pthread_mutex_destroy(&syncer->mutex);
    close(syncer->event);
    free(syncer);
}

void
syncer_begin(struct syncer *syncer, int file)
{
    pthread_mutex_lock(&syncer->mutex);
    assert(syncer->state == RESTING);
    syncer->file = file;
    move_to(syncer, ASKED);
    pthread_mutex_unlock(&syncer->mutex);
}

int
syncer_end(struct syncer *syncer)
{
    uint64_t count;

    pthread_mutex_lock(&syncer->mutex);
    wait_while(syncer, ASKED);
    assert(syncer->state == DONE);
    syncer->state = RESTING;
    int result = syncer->result;
    (void)!read(syncer->event, &count, sizeof count);
    pthread_mutex_unlock(&syncer->mutex);
    return result;
}

int
syncer_event(const struct syncer *syncer)
{
    return syncer->event;
}
