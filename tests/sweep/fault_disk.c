#include "fault_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <dirent.h>
#include <unistd.h>

#define FILES_MAX 128u
#define SECTOR_BYTES 512u

/*
 * Shadows: "d" of the file whose name is durable; "n" of one that was made since, whose name is
 * not. Between their syncs there can be both, where a file was removed and made again.
 */
struct file {
    char path[PATH_MAX];
    bool is_removed; /* and that is not durable */
    bool is_unknown; /* nothing is known of what was written: the next sync copies all */
    uint64_t dirty_from;
    uint64_t dirty_to;
};

static char home[PATH_MAX / 2];
static struct file files[FILES_MAX];
static uint32_t files_count;

static void
must(bool condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "faulty: %s: %s\n", what, strerror(errno));
    _exit(99);
}

/* The shadow's path; slashes of the file's become '%'. */
static const char *
shadow(const struct file *file, char kind)
{
    static char paths[2][PATH_MAX * 2];
    char *path = paths[kind == 'n'];
    int used = snprintf(path, sizeof paths[0], "%s/%c%s", home, kind, file->path);

    for (char *c = path + used - strlen(file->path); *c != '\0'; c++)
        if (*c == '/')
            *c = '%';
    return path;
}

static bool
exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static uint64_t
size_of(int fd)
{
    struct stat status;

    must(fstat(fd, &status) == 0, "fstat");
    return (uint64_t)status.st_size;
}

/* Makes [from, to) of `to_path` as in `from_path`, and its size. */
static void
copy(const char *from_path, const char *to_path, uint64_t from, uint64_t to)
{
    static uint8_t block[65536];
    int in = open(from_path, O_RDONLY | O_CLOEXEC);
    int out = open(to_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    must(in >= 0 && out >= 0, from_path);
    uint64_t size = size_of(in);
    must(ftruncate(out, (off_t)size) == 0, "ftruncate");
    to = to < size ? to : size;
    while (from < to) {
        size_t part = to - from < sizeof block ? (size_t)(to - from) : sizeof block;
        ssize_t got = pread(in, block, part, (off_t)from);
        must(got > 0 && pwrite(out, block, (size_t)got, (off_t)from) == got, "copy");
        from += (uint64_t)got;
    }
    close(in);
    close(out);
}

static struct file *
find(const char *path)
{
    for (uint32_t i = 0; i < files_count; i++)
        if (strcmp(files[i].path, path) == 0)
            return &files[i];
    return NULL;
}

static struct file *
add(const char *path)
{
    struct file *file = find(path);

    if (file != NULL)
        return file;
    must(files_count < FILES_MAX, "too many files");
    file = &files[files_count++];
    *file = (struct file){.is_unknown = true};
    snprintf(file->path, sizeof file->path, "%s", path);
    return file;
}

void
fault_disk_open(const char *folder)
{
    const struct dirent *entry;

    snprintf(home, sizeof home, "%s", folder);
    must(mkdir(home, 0700) == 0 || errno == EEXIST, home);
    DIR *opened = opendir(home);
    must(opened != NULL, home);
    while ((entry = readdir(opened)) != NULL) {
        char path[PATH_MAX];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s", entry->d_name + 1);
        for (char *c = path; *c != '\0'; c++)
            if (*c == '%')
                *c = '/';
        struct file *file = add(path);
        file->is_removed = !exists(path);
    }
    closedir(opened);
}

void
fault_disk_opened(const char *path, bool is_new)
{
    struct file *file = add(path);
    bool has_shadow = exists(shadow(file, 'd')) || exists(shadow(file, 'n'));

    if (is_new) {
        int made = open(shadow(file, 'n'), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        must(made >= 0, "shadow");
        close(made);
        file->is_removed = false;
    } else if (!has_shadow) {
        copy(path, shadow(file, 'd'), 0, UINT64_MAX); /* from before we looked on */
        file->is_unknown = false;
    }
}

void
fault_disk_wrote(const char *path, uint64_t from, uint64_t size)
{
    struct file *file = add(path);

    file->is_unknown |= size == 0;
    if (file->dirty_from == file->dirty_to) {
        file->dirty_from = from;
        file->dirty_to = from + size;
        return;
    }
    file->dirty_from = from < file->dirty_from ? from : file->dirty_from;
    file->dirty_to = from + size > file->dirty_to ? from + size : file->dirty_to;
}

void
fault_disk_removed(const char *path)
{
    struct file *file = find(path);

    if (file == NULL)
        return;
    file->is_removed = true;
    (void)unlink(shadow(file, 'n'));
}

static void
synced_folder(const char *path)
{
    size_t size = strlen(path);

    for (uint32_t i = 0; i < files_count; i++) {
        struct file *file = &files[i];
        const char *name = strrchr(file->path, '/');
        if (name == NULL || (size_t)(name - file->path) != size ||
            memcmp(file->path, path, size) != 0)
            continue;
        if (file->is_removed)
            (void)unlink(shadow(file, 'd'));
        else if (exists(shadow(file, 'n')))
            must(rename(shadow(file, 'n'), shadow(file, 'd')) == 0, "rename");
        file->is_removed = false;
    }
}

void
fault_disk_synced(const char *path)
{
    struct file *file = find(path);

    if (file == NULL) {
        synced_folder(path);
        return;
    }
    char kind = exists(shadow(file, 'n')) ? 'n' : 'd';
    copy(path, shadow(file, kind), file->is_unknown ? 0 : file->dirty_from,
        file->is_unknown ? UINT64_MAX : file->dirty_to);
    file->is_unknown = false;
    file->dirty_from = file->dirty_to = 0;
}

/* ---- the cut ---- */

static uint64_t
toss(uint64_t *state) /* splitmix64 */
{
    uint64_t x = *state += 0x9e3779b97f4a7c15u;

    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* Puts durable sectors back into the file: all, or with a seed some.  Whether that changed it. */
static bool
tear(const char *path, const char *durable_path, uint64_t *seed)
{
    int file = open(path, O_RDWR | O_CLOEXEC);
    int durable = open(durable_path, O_RDONLY | O_CLOEXEC);
    uint8_t now[SECTOR_BYTES], then[SECTOR_BYTES];
    bool changed = false;

    must(file >= 0 && durable >= 0, path);
    uint64_t size = size_of(file), durable_size = size_of(durable);
    if (size != durable_size && (*seed == 0 || toss(seed) % 2 == 0)) {
        must(ftruncate(file, (off_t)durable_size) == 0, "ftruncate");
        size = durable_size;
        changed = true;
    }
    for (uint64_t at = 0; at < size; at += SECTOR_BYTES) {
        size_t part = size - at < SECTOR_BYTES ? (size_t)(size - at) : SECTOR_BYTES;
        memset(then, 0, sizeof then); /* behind its end, where the file grew */
        must(pread(file, now, part, (off_t)at) == (ssize_t)part &&
                 pread(durable, then, part, (off_t)at) >= 0,
            "pread");
        if (memcmp(now, then, part) == 0 || (*seed != 0 && toss(seed) % 2 == 0))
            continue;
        must(pwrite(file, then, part, (off_t)at) == (ssize_t)part, "pwrite");
        changed = true;
    }
    close(file);
    close(durable);
    return changed;
}

static bool
cut_one(struct file *file, uint64_t *seed)
{
    bool has_durable = exists(shadow(file, 'd'));
    bool is_new = exists(shadow(file, 'n'));
    bool undone = *seed == 0 || toss(seed) % 2 == 0; /* the name */
    bool changed = false;

    if (!is_new && !has_durable)
        return false; /* it came and went between two syncs */
    if (!is_new && !file->is_removed)
        changed = tear(file->path, shadow(file, 'd'), seed);
    else if (is_new && !undone)
        changed = tear(file->path, shadow(file, 'n'), seed);
    else if (undone) {
        changed = true;
        if (has_durable)
            copy(shadow(file, 'd'), file->path, 0, UINT64_MAX);
        else
            changed = unlink(file->path) == 0;
    }
    (void)unlink(shadow(file, 'n'));
    if (exists(file->path))
        copy(file->path, shadow(file, 'd'), 0, UINT64_MAX);
    else
        (void)unlink(shadow(file, 'd'));
    return changed;
}

uint32_t
fault_disk_cut(uint64_t seed)
{
    uint32_t changed = 0;

    for (uint32_t i = 0; i < files_count; i++)
        changed += cut_one(&files[i], &seed);
    return changed;
}
