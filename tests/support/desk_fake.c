#include "support/desk_fake.h"

#include "crypto/crypto.h"
#include "support/test.h"

static uint64_t
now_ms(void *state)
{
    return ((struct fake_desk *)state)->now_ms;
}

static void
random_of(void *state, void *data, size_t size)
{
    struct fake_desk *desk = state;

    for (size_t i = 0; i < size; i++)
        ((uint8_t *)data)[i] = (uint8_t)test_random(&desk->random);
}

static uint32_t
rooms(void *state)
{
    return ((struct fake_desk *)state)->rooms;
}

static struct room *
room_at(void *state, uint32_t index)
{
    (void)state;
    (void)index;
    return NULL;
}

static void
write_entry(void *state, uint64_t ticket, struct room *room, uint8_t kind, struct bytes sections)
{
    struct fake_desk *desk = state;

    (void)room;
    (void)kind;
    desk->writes++;
    desk->writes_all++;
    desk->write_ticket = ticket;
    desk->written_bytes = sections.size < sizeof desk->written ? sections.size : sizeof desk->written;
    memcpy(desk->written, sections.data, desk->written_bytes);
}

static void
status(void *state, uint64_t ticket, struct room *room)
{
    struct fake_desk *desk = state;

    (void)room;
    desk->statuses++;
    desk->status_ticket = ticket;
}

static enum entente_error
accounts_load(void *state, struct bytes *content)
{
    struct fake_desk *desk = state;

    if (desk->accounts == NULL)
        return ENTENTE_ERR_NOT_FOUND;
    *content = bytes_of_text(desk->accounts);
    return ENTENTE_OK;
}

static enum entente_error
accounts_save(void *state, struct bytes content)
{
    struct fake_desk *desk = state;

    if (desk->save_error != ENTENTE_OK)
        return desk->save_error;
    free(desk->accounts);
    desk->accounts = strndup((const char *)content.data, content.size);
    desk->saves++;
    return ENTENTE_OK;
}

struct api_desk
fake_desk_api(struct fake_desk *desk)
{
    return (struct api_desk){desk, now_ms, random_of, rooms, room_at, write_entry, status,
        accounts_load, accounts_save};
}

void
fake_desk_start(struct fake_desk *desk)
{
    struct api_desk calls = fake_desk_api(desk);

    if (desk->now_ms == 0)
        *desk = (struct fake_desk){.now_ms = 1700000000000u, .random = 7};
    if (crypto_start() != ENTENTE_OK || api_new(&desk->api, &calls) != ENTENTE_OK)
        abort();
    desk->calls = api_calls(desk->api);
}

void
fake_desk_end(struct fake_desk *desk)
{
    api_free(desk->api);
    free(desk->accounts);
    *desk = (struct fake_desk){0};
}

void
fake_desk_written(struct fake_desk *desk, enum entente_error error, uint32_t number)
{
    struct api_written written = {.seq = number, .inc = 1, .t_ms = desk->now_ms};

    memset(written.id.bytes, (int)number, sizeof written.id.bytes);
    desk->writes--;
    api_written(desk->api, desk->write_ticket, error, &written);
}
