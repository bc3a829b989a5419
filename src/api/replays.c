#include "api/replays.h"

#include <stdlib.h>
#include <string.h>

#define MEDIA_TYPE_BYTES 64

struct replay {
    struct digest key;
    struct digest request;
    uint64_t began_ms; /* 0: free */
    struct call *waiting;
    uint16_t status; /* 0: under way */
    char media_type[MEDIA_TYPE_BYTES];
    uint8_t *content;
    size_t size;
};

struct replays {
    size_t bytes; /* of the contents */
    struct replay replays[REPLAYS_MAX];
};

struct replays *
replays_new(void)
{
    return calloc(1, sizeof(struct replays));
}

void
replays_free(struct replays *replays)
{
    if (replays == NULL)
        return;
    for (uint32_t i = 0; i < REPLAYS_MAX; i++)
        free(replays->replays[i].content);
    free(replays);
}

void
replay_forget(struct replays *replays, struct replay *replay)
{
    replays->bytes -= replay->size;
    free(replay->content);
    memset(replay, 0, sizeof *replay);
}

/* The oldest that is answered, now free; NULL: there is none. */
static struct replay *
forget_oldest(struct replays *replays)
{
    struct replay *oldest = NULL;

    for (uint32_t i = 0; i < REPLAYS_MAX; i++) {
        struct replay *replay = &replays->replays[i];
        if (replay->status != 0 && (oldest == NULL || replay->began_ms < oldest->began_ms))
            oldest = replay;
    }
    if (oldest != NULL)
        replay_forget(replays, oldest);
    return oldest;
}

static struct replay *
replay_room(struct replays *replays)
{
    for (uint32_t i = 0; i < REPLAYS_MAX; i++)
        if (replays->replays[i].began_ms == 0)
            return &replays->replays[i];
    return forget_oldest(replays);
}

static struct replay *
replay_find(struct replays *replays, const struct digest *key, uint64_t now_ms)
{
    for (uint32_t i = 0; i < REPLAYS_MAX; i++) {
        struct replay *replay = &replays->replays[i];
        if (replay->began_ms == 0)
            continue;
        if (replay->status != 0 && replay->began_ms + REPLAY_MS_MAX < now_ms)
            replay_forget(replays, replay);
        else if (memcmp(&replay->key, key, sizeof *key) == 0)
            return replay;
    }
    return NULL;
}

enum replay_verdict
replay_ask(struct replays *replays, const struct digest *key, const struct digest *request,
    uint64_t now_ms, struct replay **replay_out)
{
    struct replay *replay = replay_find(replays, key, now_ms);

    *replay_out = replay;
    if (replay == NULL) {
        *replay_out = replay = replay_room(replays);
        if (replay == NULL)
            return REPLAY_FULL;
        *replay = (struct replay){.key = *key, .request = *request, .began_ms = now_ms};
        return REPLAY_FIRST;
    }
    if (memcmp(&replay->request, request, sizeof *request) != 0) {
        *replay_out = NULL;
        return REPLAY_OTHER;
    }
    return replay->status == 0 ? REPLAY_WAIT : REPLAY_ANSWERED;
}

struct call **
replay_waiting(struct replay *replay)
{
    return &replay->waiting;
}

void
replay_answered(struct replays *replays, struct replay *replay, uint16_t status,
    const char *media_type, struct bytes content)
{
    uint8_t *copy = malloc(content.size > 0 ? content.size : 1);

    while (replays->bytes + content.size > REPLAYS_BYTES_MAX && forget_oldest(replays) != NULL)
        ;
    if (copy == NULL || strlen(media_type) >= sizeof replay->media_type ||
        replays->bytes + content.size > REPLAYS_BYTES_MAX) {
        free(copy);
        replay_forget(replays, replay);
        return;
    }
    if (content.size > 0)
        memcpy(copy, content.data, content.size);
    replay->status = status;
    strcpy(replay->media_type, media_type);
    replay->content = copy;
    replay->size = content.size;
    replays->bytes += content.size;
}

struct bytes
replay_answer(const struct replay *replay, uint16_t *status, const char **media_type)
{
    *status = replay->status;
    *media_type = replay->media_type;
    return (struct bytes){replay->content, replay->size};
}
