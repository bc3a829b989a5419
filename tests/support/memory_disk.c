#include "support/memory_disk.h"

#include "support/test.h"

#include <stdlib.h>
#include <string.h>

static void *
need(void *memory)
{
    if (memory == NULL) {
        printf("Bail out! no memory\n");
        exit(1);
    }
    return memory;
}

static void
make_room(struct memory_file *file, uint64_t size)
{
    if (size <= file->room)
        return;
    uint64_t room = (size + 65535) / 65536 * 65536;
    file->now = need(realloc(file->now, room));
    file->safe = need(realloc(file->safe, room));
    file->is_dirty = need(realloc(file->is_dirty, room / MEMORY_DISK_SECTOR));
    memset(file->now + file->room, 0, room - file->room);
    memset(file->safe + file->room, 0, room - file->room);
    memset(file->is_dirty + file->room / MEMORY_DISK_SECTOR, 0,
        (room - file->room) / MEMORY_DISK_SECTOR);
    file->room = room;
}

static enum entente_error
disk_size(void *state, uint32_t file, uint64_t *size)
{
    struct memory_disk *disk = state;

    *size = disk->files[file].now_size;
    return disk->is_off ? ENTENTE_ERR_IO : ENTENTE_OK;
}

static enum entente_error
disk_read(void *state, uint32_t number, uint64_t offset, void *data, size_t size)
{
    struct memory_disk *disk = state;
    struct memory_file *file = &disk->files[number];

    if (disk->is_off || offset + size > file->now_size)
        return ENTENTE_ERR_IO;
    if (size > 0)
        memcpy(data, file->now + offset, size);
    return ENTENTE_OK;
}

/* Whether the operation that begins now is still done in whole. */
static bool
has_power(struct memory_disk *disk)
{
    disk->operations++;
    disk->is_off = disk->is_off || (disk->power_until > 0 && disk->operations > disk->power_until);
    return !disk->is_off;
}

static uint64_t
bytes_used(const struct memory_disk *disk)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < JOURNAL_FILES_MAX; i++)
        sum += disk->files[i].now_size;
    return sum;
}

/* A write that the power cut meets is there in part: it is dirty, so the cut decides. */
static enum entente_error
disk_write(void *state, uint32_t number, uint64_t offset, struct bytes data)
{
    struct memory_disk *disk = state;
    struct memory_file *file = &disk->files[number];
    bool was_off = disk->is_off;
    bool powered = has_power(disk);
    uint64_t end = offset + data.size;

    if (was_off)
        return ENTENTE_ERR_IO;
    if (disk->bytes_max > 0 && end > file->now_size &&
        bytes_used(disk) + end - file->now_size > disk->bytes_max)
        return ENTENTE_ERR_DISK_FULL;
    make_room(file, end);
    memcpy(file->now + offset, data.data, data.size);
    for (uint64_t s = offset / MEMORY_DISK_SECTOR; s * MEMORY_DISK_SECTOR < end; s++)
        file->is_dirty[s] = 1;
    file->now_size = end > file->now_size ? end : file->now_size;
    disk->writes++;
    return powered ? ENTENTE_OK : ENTENTE_ERR_IO;
}

static enum entente_error
disk_sync(void *state, uint32_t number)
{
    struct memory_disk *disk = state;
    struct memory_file *file = &disk->files[number];

    if (!has_power(disk))
        return ENTENTE_ERR_IO;
    disk->syncs++;
    if (disk->no_sync)
        return ENTENTE_OK;
    if (file->room > 0) {
        memcpy(file->safe, file->now, file->room);
        memset(file->is_dirty, 0, file->room / MEMORY_DISK_SECTOR);
    }
    file->safe_size = file->now_size;
    return ENTENTE_OK;
}

static enum entente_error
disk_sync_begin(void *state, uint32_t number)
{
    struct memory_disk *disk = state;

    disk->apart_file = number;
    return ENTENTE_OK;
}

static enum entente_error
disk_sync_end(void *state)
{
    struct memory_disk *disk = state;

    return disk_sync(disk, disk->apart_file);
}

struct journal_disk
memory_disk_of(struct memory_disk *disk)
{
    struct journal_disk calls = {disk, disk_size, disk_read, disk_write, disk_sync, NULL, NULL};

    if (disk->is_apart) {
        calls.sync_begin = disk_sync_begin;
        calls.sync_end = disk_sync_end;
    }
    return calls;
}

static void
cut_file(struct memory_file *file, uint64_t *seed)
{
    uint64_t sectors = file->room / MEMORY_DISK_SECTOR;
    bool keep_all = test_random(seed) % 4 == 0, keep_none = test_random(seed) % 4 == 0;

    for (uint64_t s = 0; s < sectors; s++) {
        bool keep = keep_all || (!keep_none && test_random(seed) % 2 == 0);
        if (file->is_dirty[s] && keep)
            memcpy(file->safe + s * MEMORY_DISK_SECTOR, file->now + s * MEMORY_DISK_SECTOR,
                MEMORY_DISK_SECTOR);
        file->is_dirty[s] = 0;
    }
    if (test_random(seed) % 2 == 0)
        file->safe_size = file->now_size;
    if (file->room > 0)
        memcpy(file->now, file->safe, file->room);
    file->now_size = file->safe_size;
}

void
memory_disk_revive(struct memory_disk *disk)
{
    disk->is_off = false;
    disk->power_until = 0;
    disk->operations = 0;
}

void
memory_disk_cut(struct memory_disk *disk)
{
    for (uint32_t i = 0; i < JOURNAL_FILES_MAX; i++)
        cut_file(&disk->files[i], &disk->seed);
    memory_disk_revive(disk);
}

void
memory_disk_copy(struct memory_disk *copy, const struct memory_disk *disk)
{
    *copy = *disk;
    for (uint32_t i = 0; i < JOURNAL_FILES_MAX; i++) {
        const struct memory_file *from = &disk->files[i];
        struct memory_file *to = &copy->files[i];
        *to = (struct memory_file){0};
        if (from->room == 0)
            continue;
        make_room(to, from->room);
        memcpy(to->now, from->now, from->room);
        memcpy(to->safe, from->now, from->room);
        to->now_size = to->safe_size = from->now_size;
    }
}

void
memory_disk_free(struct memory_disk *disk)
{
    for (uint32_t i = 0; i < JOURNAL_FILES_MAX; i++) {
        free(disk->files[i].now);
        free(disk->files[i].safe);
        free(disk->files[i].is_dirty);
        disk->files[i] = (struct memory_file){0};
    }
}
