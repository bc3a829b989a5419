#include "store/disk.h"

#include <errno.h>
#include <sqlite3.h>

enum { FILES = 8, NAME_BYTES = 64, SECTOR_BYTES = 512 };

struct content {
    uint8_t *data;
    size_t size;
    size_t room; /* bytes allocated */
};

struct file {
    char name[NAME_BYTES]; /* empty: no such file */
    struct content now;
    struct content synced;
    size_t changed_from; /* where they may differ */
    size_t changed_to;
};

enum { REGIONS = 64 };

/* What SQLite allocates for an open file. */
struct handle {
    sqlite3_file base;
    struct file *file;
    bool is_deleted_on_close;
    void *regions[REGIONS]; /* of the log's index: memory that no disk has, and no crash leaves */
};

static struct {
    struct file files[FILES];
    uint64_t remaining[DISK_CALLS]; /* calls until the fault; 0: none */
    int code;
    bool cuts_power;
    bool is_off;
    bool has_failed;
    bool is_full;
    bool is_read_only;
} disk;

static int
meet_fault(enum disk_call call)
{
    if (disk.is_off)
        return SQLITE_IOERR;
    if (disk.remaining[call] == 0 || --disk.remaining[call] > 0)
        return SQLITE_OK;
    disk.has_failed = true;
    disk.is_off = disk.cuts_power;
    return disk.code;
}

static void
content_resize(struct content *content, size_t size)
{
    if (size > content->room) {
        content->room = 2 * size;
        content->data = realloc(content->data, content->room);
        if (content->data == NULL)
            abort();
    }
    if (size > content->size)
        memset(content->data + content->size, 0, size - content->size);
    content->size = size;
}

static void
content_copy(struct content *to, const struct content *from)
{
    content_resize(to, from->size);
    if (from->size > 0)
        memcpy(to->data, from->data, from->size);
}

static void
file_changed(struct file *file, size_t from, size_t to)
{
    if (from < file->changed_from)
        file->changed_from = from;
    if (to > file->changed_to)
        file->changed_to = to;
}

static void
file_make_durable(struct file *file)
{
    size_t to = file->changed_to < file->now.size ? file->changed_to : file->now.size;

    content_resize(&file->synced, file->now.size);
    if (to > file->changed_from)
        memcpy(file->synced.data + file->changed_from, file->now.data + file->changed_from,
            to - file->changed_from);
    file->changed_from = SIZE_MAX;
    file->changed_to = 0;
}

static void
file_forget(struct file *file)
{
    free(file->now.data);
    free(file->synced.data);
    *file = (struct file){0};
}

static struct file *
file_find(const char *name)
{
    for (size_t i = 0; i < FILES; i++)
        if (disk.files[i].name[0] != '\0' && strcmp(disk.files[i].name, name) == 0)
            return &disk.files[i];
    return NULL;
}

static struct file *
file_make(const char *name)
{
    for (size_t i = 0; i < FILES; i++)
        if (disk.files[i].name[0] == '\0') {
            snprintf(disk.files[i].name, NAME_BYTES, "%s", name);
            disk.files[i].changed_from = SIZE_MAX;
            return &disk.files[i];
        }
    abort();
}

static int
file_close(sqlite3_file *base)
{
    struct handle *handle = (struct handle *)base;

    if (handle->is_deleted_on_close)
        file_forget(handle->file);
    return SQLITE_OK;
}

static int
file_read(sqlite3_file *base, void *data, int size, sqlite3_int64 offset)
{
    const struct content *now = &((struct handle *)base)->file->now;
    size_t at = (size_t)offset, wanted = (size_t)size;

    int code = meet_fault(DISK_READ);
    if (code != SQLITE_OK)
        return code;
    size_t there = at >= now->size ? 0 : now->size - at;
    size_t got = there < wanted ? there : wanted;
    memset(data, 0, wanted);
    if (got > 0)
        memcpy(data, now->data + at, got);
    return got == wanted ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

/* A write that fails, or in which the power is cut, has often been made in part. */
static int
file_write(sqlite3_file *base, const void *data, int size, sqlite3_int64 offset)
{
    struct file *file = ((struct handle *)base)->file;
    struct content *now = &file->now;
    size_t at = (size_t)offset, wanted = (size_t)size;

    if (disk.is_off)
        return SQLITE_IOERR_WRITE;
    int code = disk.is_read_only ? SQLITE_READONLY : meet_fault(DISK_WRITE);
    if (code == SQLITE_OK && disk.is_full && at + wanted > now->size)
        code = SQLITE_FULL;
    if (code != SQLITE_OK)
        wanted /= 2;
    if (code == SQLITE_READONLY || (disk.is_full && at + wanted > now->size))
        return code;
    if (at + wanted > now->size)
        content_resize(now, at + wanted);
    memcpy(now->data + at, data, wanted);
    file_changed(file, at, at + wanted);
    return code;
}

static int
file_truncate(sqlite3_file *base, sqlite3_int64 size)
{
    struct file *file = ((struct handle *)base)->file;
    int code = meet_fault(DISK_WRITE);

    if (code != SQLITE_OK)
        return code;
    content_resize(&file->now, (size_t)size);
    file_changed(file, (size_t)size, SIZE_MAX);
    return SQLITE_OK;
}

static int
file_sync(sqlite3_file *base, int flags)
{
    struct file *file = ((struct handle *)base)->file;

    (void)flags;
    int code = meet_fault(DISK_SYNC);
    if (code == SQLITE_OK)
        file_make_durable(file);
    return code;
}

static int
file_size(sqlite3_file *base, sqlite3_int64 *size)
{
    *size = (sqlite3_int64)((struct handle *)base)->file->now.size;
    return disk.is_off ? SQLITE_IOERR_FSTAT : SQLITE_OK;
}

/* One process and one connection: the tests of locks use the real file system. */
static int
file_lock(sqlite3_file *base, int level)
{
    (void)base;
    (void)level;
    return SQLITE_OK;
}

static int
file_is_reserved(sqlite3_file *base, int *is_reserved)
{
    (void)base;
    *is_reserved = 0;
    return SQLITE_OK;
}

static int
file_control(sqlite3_file *base, int operation, void *argument)
{
    (void)base;
    (void)operation;
    (void)argument;
    return SQLITE_NOTFOUND;
}

static int
file_sector_size(sqlite3_file *base)
{
    (void)base;
    return SECTOR_BYTES;
}

static int
file_characteristics(sqlite3_file *base)
{
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

/* Version 1: no shared memory, which exclusive locking does without. */
/* One connection at a time: nobody else locks or maps. */
static int
file_map_index(sqlite3_file *base, int region, int bytes, int extend, void volatile **memory)
{
    struct handle *handle = (struct handle *)base;

    *memory = NULL;
    if (region >= REGIONS)
        return SQLITE_NOMEM;
    if (handle->regions[region] == NULL && extend)
        handle->regions[region] = calloc(1, (size_t)bytes);
    *memory = handle->regions[region];
    return SQLITE_OK;
}

static int
file_lock_index(sqlite3_file *base, int offset, int count, int flags)
{
    (void)base;
    (void)offset;
    (void)count;
    (void)flags;
    return SQLITE_OK;
}

static void
file_order_index(sqlite3_file *base)
{
    (void)base;
}

static int
file_unmap_index(sqlite3_file *base, int deletes)
{
    struct handle *handle = (struct handle *)base;

    (void)deletes;
    for (size_t i = 0; i < REGIONS; i++) {
        free(handle->regions[i]);
        handle->regions[i] = NULL;
    }
    return SQLITE_OK;
}

static const sqlite3_io_methods file_methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_lock,
    .xCheckReservedLock = file_is_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = file_map_index,
    .xShmLock = file_lock_index,
    .xShmBarrier = file_order_index,
    .xShmUnmap = file_unmap_index,
};

static int
disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *out_flags)
{
    struct handle *handle = (struct handle *)base;
    const char *known = name == NULL ? "(temporary)" : name;
    struct file *file = file_find(known);

    (void)vfs;
    base->pMethods = NULL;
    if (file == NULL) {
        if ((flags & SQLITE_OPEN_CREATE) == 0 || disk.is_read_only)
            return SQLITE_CANTOPEN;
        if (meet_fault(DISK_WRITE) != SQLITE_OK)
            return SQLITE_CANTOPEN;
        file = file_make(known);
    } else if (disk.is_off) {
        return SQLITE_CANTOPEN;
    }
    *handle = (struct handle){
        .base = {&file_methods},
        .file = file,
        .is_deleted_on_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0,
    };
    if (disk.is_read_only)
        flags = (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY;
    if (out_flags != NULL)
        *out_flags = flags;
    return SQLITE_OK;
}

static int
disk_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
    struct file *file = file_find(name);

    (void)vfs;
    (void)sync_folder;
    if (file == NULL)
        return SQLITE_IOERR_DELETE_NOENT;
    int code = meet_fault(DISK_WRITE);
    if (code == SQLITE_OK)
        file_forget(file);
    return code;
}

static int
disk_access(sqlite3_vfs *vfs, const char *name, int flags, int *result)
{
    const struct file *file = file_find(name);

    (void)vfs;
    *result = file != NULL && (flags != SQLITE_ACCESS_EXISTS || file->now.size > 0);
    return disk.is_off ? SQLITE_IOERR_ACCESS : SQLITE_OK;
}

static int
disk_full_name(sqlite3_vfs *vfs, const char *name, int size, char *full)
{
    (void)vfs;
    snprintf(full, (size_t)size, "%s", name);
    return SQLITE_OK;
}

static int
disk_randomness(sqlite3_vfs *vfs, int size, char *data)
{
    (void)vfs;
    memset(data, 7, (size_t)size);
    return size;
}

static int
disk_sleep(sqlite3_vfs *vfs, int microseconds)
{
    (void)vfs;
    return microseconds;
}

static int
disk_time(sqlite3_vfs *vfs, double *julian)
{
    (void)vfs;
    *julian = 2440587.5;
    return SQLITE_OK;
}

static int
disk_last_error(sqlite3_vfs *vfs, int size, char *text)
{
    (void)vfs;
    (void)size;
    (void)text;
    return disk.is_read_only ? EACCES : EIO;
}

static sqlite3_vfs disk_vfs = {
    .iVersion = 1,
    .szOsFile = sizeof(struct handle),
    .mxPathname = NAME_BYTES - 1,
    .zName = "disk",
    .xOpen = disk_open,
    .xDelete = disk_delete,
    .xAccess = disk_access,
    .xFullPathname = disk_full_name,
    .xRandomness = disk_randomness,
    .xSleep = disk_sleep,
    .xCurrentTime = disk_time,
    .xGetLastError = disk_last_error,
};

void
disk_install(void)
{
    sqlite3_vfs_register(&disk_vfs, 1);
}

void
disk_remove(void)
{
    for (size_t i = 0; i < FILES; i++)
        file_forget(&disk.files[i]);
    memset(&disk, 0, sizeof disk);
    sqlite3_vfs_unregister(&disk_vfs);
}

void
disk_fail(enum disk_call call, uint64_t number, int code)
{
    memset(disk.remaining, 0, sizeof disk.remaining);
    disk.remaining[call] = number;
    disk.code = code;
    disk.cuts_power = false;
    disk.has_failed = false;
}

void
disk_cut(enum disk_call call, uint64_t number)
{
    disk_fail(call, number, SQLITE_IOERR);
    disk.cuts_power = true;
}

static void
settle(struct file *file, uint64_t *chance)
{
    struct content left = {0};

    content_copy(&left, test_random(chance) % 2 == 0 ? &file->synced : &file->now);
    for (size_t at = 0; at < left.size; at += SECTOR_BYTES) {
        const struct content *from = test_random(chance) % 2 == 0 ? &file->synced : &file->now;
        size_t size = left.size - at < SECTOR_BYTES ? left.size - at : SECTOR_BYTES;
        if (at + size <= from->size)
            memcpy(left.data + at, from->data + at, size);
    }
    content_copy(&file->now, &left);
    content_copy(&file->synced, &left);
    file->changed_from = SIZE_MAX;
    file->changed_to = 0;
    free(left.data);
}

void
disk_power_on(uint64_t seed)
{
    for (size_t i = 0; i < FILES; i++)
        if (disk.files[i].name[0] != '\0')
            settle(&disk.files[i], &seed);
    disk_fail(DISK_READ, 0, SQLITE_OK);
    disk.is_off = false;
}

bool
disk_has_failed(void)
{
    return disk.has_failed;
}

void
disk_set_full(bool is_full)
{
    disk.is_full = is_full;
}

void
disk_set_read_only(bool is_read_only)
{
    disk.is_read_only = is_read_only;
}

uint8_t *
disk_file(const char *name, size_t *size)
{
    struct file *file = file_find(name);

    *size = file == NULL ? 0 : file->now.size;
    return file == NULL ? NULL : file->now.data;
}
