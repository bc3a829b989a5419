#include "keyholder/real_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum entente_error
error_of_errno(int number)
{
    switch (number) {
    case ENOSPC:
    case EDQUOT:
        return ENTENTE_ERR_DISK_FULL;
    case EROFS:
    case EACCES:
    case EPERM:
        return ENTENTE_ERR_READ_ONLY;
    case ENOENT:
        return ENTENTE_ERR_NOT_FOUND;
    case EEXIST:
        return ENTENTE_ERR_EXISTS;
    case ENOMEM:
        return ENTENTE_ERR_NO_MEMORY;
    default:
        return ENTENTE_ERR_IO;
    }
}

void
real_disk_open(struct real_disk *disk, int folder)
{
    *disk = (struct real_disk){.folder = folder};
    for (uint32_t i = 0; i < JOURNAL_FILES_MAX; i++)
        disk->files[i] = -1;
}

void
real_disk_close(struct real_disk *disk)
{
    for (uint32_t i = 0; i < JOURNAL_FILES_MAX; i++) {
        if (disk->files[i] >= 0)
            close(disk->files[i]);
        disk->files[i] = -1;
    }
}

/* The open file, or -1 and errno. */
static int
file_of(struct real_disk *disk, uint32_t number, bool create)
{
    char name[32];

    if (disk->files[number] >= 0)
        return disk->files[number];
    snprintf(name, sizeof name, "journal.%02u", (unsigned)number);
    int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW;
    disk->files[number] = openat(disk->folder, name, flags);
    if (disk->files[number] < 0 && errno == ENOENT && create) {
        disk->files[number] = openat(disk->folder, name, flags | O_CREAT | O_EXCL, 0600);
        disk->is_new[number] = disk->files[number] >= 0;
    }
    return disk->files[number];
}

static enum entente_error
disk_size(void *state, uint32_t number, uint64_t *size)
{
    struct stat status;
    int file = file_of(state, number, false);

    *size = 0;
    if (file < 0)
        return errno == ENOENT ? ENTENTE_OK : error_of_errno(errno);
    if (fstat(file, &status) != 0)
        return error_of_errno(errno);
    *size = (uint64_t)status.st_size;
    return ENTENTE_OK;
}

static enum entente_error
disk_read(void *state, uint32_t number, uint64_t offset, void *data, size_t size)
{
    int file = file_of(state, number, false);
    uint8_t *at = data;

    if (file < 0)
        return error_of_errno(errno);
    while (size > 0) {
        ssize_t got = pread(file, at, size, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0 ? ENTENTE_ERR_CORRUPT : error_of_errno(errno);
        at += got;
        size -= (size_t)got;
        offset += (uint64_t)got;
    }
    return ENTENTE_OK;
}

static enum entente_error
disk_write(void *state, uint32_t number, uint64_t offset, struct bytes data)
{
    int file = file_of(state, number, true);

    if (file < 0)
        return error_of_errno(errno);
    while (data.size > 0) {
        ssize_t done = pwrite(file, data.data, data.size, (off_t)offset);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return done == 0 ? ENTENTE_ERR_IO : error_of_errno(errno);
        data.data += done;
        data.size -= (size_t)done;
        offset += (uint64_t)done;
    }
    return ENTENTE_OK;
}

static enum entente_error
disk_sync(void *state, uint32_t number)
{
    struct real_disk *disk = state;
    int file = file_of(disk, number, false);

    if (file < 0 || fdatasync(file) != 0)
        return error_of_errno(errno);
    if (disk->is_new[number] && fsync(disk->folder) != 0)
        return error_of_errno(errno);
    disk->is_new[number] = false;
    return ENTENTE_OK;
}

/* A new file needs its folder too: that is rare, and waited for. */
static enum entente_error
disk_sync_begin(void *state, uint32_t number)
{
    struct real_disk *disk = state;
    int file = file_of(disk, number, false);

    if (file < 0)
        return error_of_errno(errno);
    disk->is_apart = disk->syncer != NULL && !disk->is_new[number];
    if (disk->is_apart)
        syncer_begin(disk->syncer, file);
    else
        disk->synced = disk_sync(state, number);
    return ENTENTE_OK;
}

static enum entente_error
disk_sync_end(void *state)
{
    struct real_disk *disk = state;

    if (!disk->is_apart)
        return disk->synced;
    disk->is_apart = false;
    int failure = syncer_end(disk->syncer);
    return failure == 0 ? ENTENTE_OK : error_of_errno(failure);
}

struct journal_disk
real_disk_of(struct real_disk *disk)
{
    return (struct journal_disk){
        disk, disk_size, disk_read, disk_write, disk_sync, disk_sync_begin, disk_sync_end};
}
