/*
 * SQLite opens its files by name, which a confined process may not.  Its own layer for Unix can be given
 * other functions in the place of open() and stat(): for the three names of a handed store ours
 * answer with what was opened before, for all others the system's do.
 */
#include "store/handed.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static struct store_files handed = {-1, -1, -1};

/* The file of that name; -1: it is no name of ours. */
static int
find(const char *name)
{
    if (strcmp(name, HANDED_PATH) == 0)
        return handed.database;
    if (strcmp(name, HANDED_PATH "-wal") == 0)
        return handed.log;
    return strcmp(name, HANDED_PATH "-shm") == 0 ? handed.index : -1;
}

/* Where SQLite may not write a file, it asks for it again to read only. */
static int
handed_open(const char *name, int flags, int mode)
{
    int file = find(name);

    if (file < 0)
        return open(name, flags, mode);
    if ((flags & O_ACCMODE) != O_RDONLY) {
        errno = EROFS;
        return -1;
    }
    return fcntl(file, F_DUPFD_CLOEXEC, 3);
}

static int
handed_stat(const char *name, struct stat *status)
{
    int file = find(name);

    return file < 0 ? stat(name, status) : fstat(file, status);
}

bool
handed_install(const struct store_files *files)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find("unix");

    handed = *files;
    return vfs != NULL && vfs->iVersion >= 3 &&
           vfs->xSetSystemCall(vfs, "open", (sqlite3_syscall_ptr)handed_open) == SQLITE_OK &&
           vfs->xSetSystemCall(vfs, "stat", (sqlite3_syscall_ptr)handed_stat) == SQLITE_OK;
}

enum entente_error
store_files_open(struct store_files *files, const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    int *const to[] = {&files->database, &files->log, &files->index};
    char name[4096];
    uint8_t seed;

    sqlite3_randomness(sizeof seed, &seed); /* the first time it opens /dev/urandom */
    *files = (struct store_files){-1, -1, -1};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        if (snprintf(name, sizeof name, "%s%s", path, ends[i]) >= (int)sizeof name)
            errno = ENAMETOOLONG;
        else
            *to[i] = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (*to[i] >= 0)
            continue;
        bool is_there = errno != ENOENT;
        store_files_close(files);
        return is_there ? ENTENTE_ERR_IO : ENTENTE_ERR_NOT_FOUND;
    }
    return ENTENTE_OK;
}

void
store_files_close(struct store_files *files)
{
    int *const all[] = {&files->database, &files->log, &files->index};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (*all[i] >= 0)
            close(*all[i]);
        *all[i] = -1;
    }
}
