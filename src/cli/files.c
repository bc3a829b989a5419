#include "cli/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum entente_error
error_of_errno(void)
{
    switch (errno) {
    case ENOENT:
    case ENOTDIR:
        return ENTENTE_ERR_NOT_FOUND;
    case EEXIST:
        return ENTENTE_ERR_EXISTS;
    case EACCES:
    case EPERM:
    case EROFS:
        return ENTENTE_ERR_READ_ONLY;
    case ENOSPC:
    case EDQUOT:
        return ENTENTE_ERR_DISK_FULL;
    case ENOMEM:
        return ENTENTE_ERR_NO_MEMORY;
    default:
        return ENTENTE_ERR_IO;
    }
}

bool
files_path(char path[static FILES_PATH_BYTES], const char *folder, const char *name)
{
    int size = snprintf(path, FILES_PATH_BYTES, "%s/%s", folder, name);

    return size > 0 && size < FILES_PATH_BYTES;
}

/* All of `file` into memory that grows: standard input has no size. */
static enum entente_error
read_all(int file, struct file_content *content, size_t size_max)
{
    size_t room = 0;

    for (;;) {
        if (content->size == room) {
            room = room == 0 ? 16384 : 2 * room;
            uint8_t *grown = realloc(content->data, room);
            if (grown == NULL)
                return ENTENTE_ERR_NO_MEMORY;
            content->data = grown;
        }
        ssize_t got = read(file, content->data + content->size, room - content->size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return ENTENTE_ERR_IO;
        if (got == 0)
            return ENTENTE_OK;
        content->size += (size_t)got;
        if (content->size > size_max)
            return ENTENTE_ERR_TOO_LARGE;
    }
}

enum entente_error
files_read(struct file_content *content, const char *path, size_t size_max)
{
    bool is_input = strcmp(path, "-") == 0;
    int file = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);

    *content = (struct file_content){0};
    if (file < 0)
        return errno == EACCES ? ENTENTE_ERR_IO : error_of_errno();
    enum entente_error error = read_all(file, content, size_max);
    if (error != ENTENTE_OK) {
        free(content->data);
        *content = (struct file_content){0};
    }
    if (!is_input)
        close(file);
    return error;
}

/* Makes the names in the folder of `path` durable. */
static enum entente_error
sync_folder(const char *path)
{
    char folder[FILES_PATH_BYTES];
    const char *slash = strrchr(path, '/');
    size_t size = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);

    if (size >= sizeof folder)
        return ENTENTE_ERR_IO;
    memcpy(folder, slash == NULL ? "." : path, slash == NULL ? 2 : size);
    if (slash != NULL)
        folder[size] = '\0';
    int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0)
        return error_of_errno();
    enum entente_error error = fsync(file) == 0 ? ENTENTE_OK : error_of_errno();
    close(file);
    return error;
}

/* `content` to the disk under a name beside `path`, which is given back. */
static enum entente_error
write_beside(
    const char *path, struct bytes content, mode_t mode, char beside[static FILES_PATH_BYTES])
{
    enum entente_error error = ENTENTE_OK;
    int size = snprintf(beside, FILES_PATH_BYTES, "%s.%ld.part", path, (long)getpid());

    if (size < 0 || size >= FILES_PATH_BYTES)
        return ENTENTE_ERR_USAGE;
    unlink(beside); /* of a process that had our number and died */
    int file = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (file < 0)
        return error_of_errno();
    for (size_t at = 0; at < content.size && error == ENTENTE_OK;) {
        ssize_t put = write(file, content.data + at, content.size - at);
        if (put < 0 && errno != EINTR)
            error = error_of_errno();
        at += put > 0 ? (size_t)put : 0;
    }
    if (error == ENTENTE_OK && fsync(file) != 0)
        error = error_of_errno();
    close(file);
    if (error != ENTENTE_OK)
        unlink(beside);
    return error;
}

enum entente_error
files_write_new(const char *path, struct bytes content, mode_t mode)
{
    char beside[FILES_PATH_BYTES];
    enum entente_error error = write_beside(path, content, mode, beside);

    if (error != ENTENTE_OK)
        return error;
    /* Unlike a rename, a link fails where the name is taken. */
    if (link(beside, path) != 0)
        error = error_of_errno();
    unlink(beside);
    return error == ENTENTE_OK ? sync_folder(path) : error;
}

enum entente_error
files_replace(const char *path, struct bytes content, mode_t mode)
{
    char beside[FILES_PATH_BYTES];
    enum entente_error error = write_beside(path, content, mode, beside);

    if (error != ENTENTE_OK)
        return error;
    error = files_rename(beside, path);
    if (error != ENTENTE_OK)
        unlink(beside);
    return error;
}

enum entente_error
files_rename(const char *from, const char *to)
{
    if (rename(from, to) != 0)
        return error_of_errno();
    return sync_folder(to);
}

enum entente_error
files_make_folder(const char *path)
{
    if (mkdir(path, 0700) != 0)
        return error_of_errno();
    return sync_folder(path);
}

static int
compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool
ends_with(const char *name, const char *ending)
{
    size_t size = strlen(name), end = strlen(ending);

    return name[0] != '.' && size > end && strcmp(name + size - end, ending) == 0;
}

static enum entente_error
list_add(struct files_list *list, const char *folder, const char *name)
{
    char path[FILES_PATH_BYTES];

    if (!files_path(path, folder, name))
        return ENTENTE_ERR_USAGE;
    char **paths = realloc(list->paths, (list->count + 1) * sizeof *paths);
    if (paths == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    list->paths = paths;
    list->paths[list->count] = strdup(path);
    if (list->paths[list->count] == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    list->count++;
    return ENTENTE_OK;
}

enum entente_error
files_list(struct files_list *list, const char *folder, const char *ending)
{
    enum entente_error error = ENTENTE_OK;
    const struct dirent *entry;

    *list = (struct files_list){0};
    DIR *opened = opendir(folder);
    if (opened == NULL)
        return errno == ENOENT ? ENTENTE_OK : error_of_errno();
    while (error == ENTENTE_OK && (entry = readdir(opened)) != NULL) {
        if (ends_with(entry->d_name, ending))
            error = list_add(list, folder, entry->d_name);
    }
    closedir(opened);
    if (list->count > 0)
        qsort(list->paths, list->count, sizeof *list->paths, compare_paths);
    if (error != ENTENTE_OK)
        files_list_free(list);
    return error;
}

void
files_list_free(struct files_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->paths[i]);
    free(list->paths);
    *list = (struct files_list){0};
}
