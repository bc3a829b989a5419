#include "cli/minutes_source.h"

#include "cli/tar.h"
#include "cli/words.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

static const uint8_t zstd_magic[4] = {0x28, 0xB5, 0x2F, 0xFD};

void
minutes_source_free(struct minutes_source *source)
{
    for (size_t i = 0; i < source->count; i++) {
        free(source->files[i].path);
        if (source->archive == NULL)
            free((void *)(uintptr_t)source->files[i].content.data);
    }
    free(source->files);
    free(source->archive);
    memset(source, 0, sizeof *source);
}

static bool
is_markdown(const char *path)
{
    size_t size = strlen(path);

    return size > 3 && strcmp(path + size - 3, ".md") == 0;
}

/* `content` becomes the source's on success only. */
static enum entente_error
add_file(struct minutes_source *source, const char *path, struct bytes content)
{
    if (source->count == MINUTES_FILES_MAX ||
        content.size > MINUTES_TOTAL_BYTES_MAX - source->total_bytes)
        return ENTENTE_ERR_TOO_LARGE;
    if (source->count == source->room) {
        size_t room = source->room == 0 ? 64 : 2 * source->room;
        struct minutes_file *grown = reallocarray(source->files, room, sizeof *grown);
        if (grown == NULL)
            return ENTENTE_ERR_NO_MEMORY;
        source->files = grown;
        source->room = room;
    }
    char *copy = strdup(path);
    if (copy == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    source->files[source->count++] = (struct minutes_file){copy, content};
    source->total_bytes += content.size;
    return ENTENTE_OK;
}

static enum entente_error
error_of_open(void)
{
    if (errno == ENOENT || errno == ENOTDIR)
        return ENTENTE_ERR_NOT_FOUND;
    return errno == ENOMEM ? ENTENTE_ERR_NO_MEMORY : ENTENTE_ERR_IO;
}

/* The whole of an open regular file.  The caller frees `content->data`, which is never NULL. */
static enum entente_error
read_whole(int file, struct bytes *content)
{
    enum entente_error error = ENTENTE_ERR_IO;
    struct stat status;
    uint8_t *data = NULL;
    size_t used = 0;

    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode))
        goto out;
    if (status.st_size > (off_t)MINUTES_TOTAL_BYTES_MAX) {
        error = ENTENTE_ERR_TOO_LARGE;
        goto out;
    }
    data = malloc((size_t)status.st_size + 1);
    if (data == NULL) {
        error = ENTENTE_ERR_NO_MEMORY;
        goto out;
    }
    while (used < (size_t)status.st_size) {
        ssize_t got = read(file, data + used, (size_t)status.st_size - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            goto out;
        if (got == 0)
            break; /* it was shortened meanwhile */
        used += (size_t)got;
    }
    *content = (struct bytes){data, used};
    return ENTENTE_OK;

out:
    free(data);
    *content = (struct bytes){0};
    return error;
}

static enum entente_error
load_file(int folder, const char *name, const char *path, struct minutes_source *source)
{
    struct bytes content;
    int file = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (file < 0)
        return error_of_open();
    enum entente_error error = read_whole(file, &content);
    if (error == ENTENTE_OK) {
        error = add_file(source, path, content);
        if (error != ENTENTE_OK)
            free((void *)(uintptr_t)content.data);
    }
    close(file);
    return error;
}

static enum entente_error load_folder(int folder, const char *path, unsigned depth,
    const struct minutes_sink *sink, struct minutes_source *source);

static enum entente_error
load_entry(int folder, const char *name, const char *path, unsigned depth,
    const struct minutes_sink *sink, struct minutes_source *source)
{
    struct stat status;

    if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return error_of_open();
    if (S_ISDIR(status.st_mode)) {
        if (depth == MINUTES_DEPTH_MAX)
            return ENTENTE_ERR_TOO_LARGE;
        int inner = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        return inner < 0 ? error_of_open() : load_folder(inner, path, depth + 1, sink, source);
    }
    if (!S_ISREG(status.st_mode)) {
        sink->unread(sink->context, path, 0, "neither a file nor a folder: left out");
        return ENTENTE_OK;
    }
    if (!is_markdown(name)) {
        sink->unread(sink->context, path, 0, "not a Markdown file: left out");
        return ENTENTE_OK;
    }
    return load_file(folder, name, path, source);
}

/* Closes `folder`.  `path` is empty for the outermost one. */
static enum entente_error
load_folder(int folder, const char *path, unsigned depth, const struct minutes_sink *sink,
    struct minutes_source *source)
{
    enum entente_error error = ENTENTE_OK;
    DIR *listing = fdopendir(folder);
    const struct dirent *entry;

    if (listing == NULL) {
        close(folder);
        return ENTENTE_ERR_NO_MEMORY;
    }
    while (error == ENTENTE_OK && (errno = 0, entry = readdir(listing)) != NULL) {
        char *inner;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (asprintf(&inner, "%s%s%s", path, path[0] == '\0' ? "" : "/", entry->d_name) < 0)
            error = ENTENTE_ERR_NO_MEMORY;
        else {
            error = load_entry(folder, entry->d_name, inner, depth, sink, source);
            free(inner);
        }
    }
    if (error == ENTENTE_OK && errno != 0)
        error = ENTENTE_ERR_IO;
    closedir(listing);
    return error;
}

/* The caller frees `*unpacked`. */
static enum entente_error
unpack_zstd(struct bytes packed, uint8_t **unpacked, size_t *size)
{
    enum entente_error error = ENTENTE_ERR_NO_MEMORY;
    ZSTD_DCtx *stream = ZSTD_createDCtx();
    ZSTD_inBuffer in = {packed.data, packed.size, 0};
    ZSTD_outBuffer out = {NULL, 0, 0};
    size_t wanted = 1;

    while (stream != NULL) {
        if (out.pos == out.size) {
            size_t room = out.size == 0 ? 1u << 20 : 2 * out.size;
            error = ENTENTE_ERR_TOO_LARGE;
            if (room > MINUTES_TOTAL_BYTES_MAX)
                break;
            void *grown = realloc(out.dst, room);
            error = ENTENTE_ERR_NO_MEMORY;
            if (grown == NULL)
                break;
            out.dst = grown;
            out.size = room;
        }
        wanted = ZSTD_decompressStream(stream, &out, &in);
        error = ENTENTE_ERR_MALFORMED;
        if (ZSTD_isError(wanted))
            break;
        if (in.pos == in.size && out.pos < out.size) { /* nothing to read, nothing held back */
            error = wanted == 0 ? ENTENTE_OK : ENTENTE_ERR_TRUNCATED;
            break;
        }
    }
    ZSTD_freeDCtx(stream);
    *unpacked = out.dst;
    *size = out.pos;
    return error;
}

static int
compare_files(const void *a, const void *b)
{
    return strcmp(((const struct minutes_file *)a)->path, ((const struct minutes_file *)b)->path);
}

static enum entente_error
load_tar(struct bytes archive, const struct minutes_sink *sink, struct minutes_source *source)
{
    struct tar tar = tar_of(archive);
    struct tar_entry entry;
    bool found;
    enum entente_error error;

    while ((error = tar_next(&tar, &entry, &found)) == ENTENTE_OK && found) {
        if (entry.kind == TAR_FOLDER)
            continue;
        if (entry.kind == TAR_OTHER)
            sink->unread(sink->context, entry.name, 0, "neither a file nor a folder: left out");
        else if (!is_markdown(entry.name))
            sink->unread(sink->context, entry.name, 0, "not a Markdown file: left out");
        else if ((error = add_file(source, entry.name, entry.content)) != ENTENTE_OK)
            break;
    }
    return error;
}

static enum entente_error
finish(struct minutes_source *source, enum entente_error error)
{
    if (error != ENTENTE_OK)
        minutes_source_free(source);
    else if (source->count > 0)
        qsort(source->files, source->count, sizeof *source->files, compare_files);
    return error;
}

enum entente_error
minutes_source_unpack(
    struct bytes packed, const struct minutes_sink *sink, struct minutes_source *source)
{
    size_t size;

    memset(source, 0, sizeof *source);
    enum entente_error error = unpack_zstd(packed, &source->archive, &size);
    if (error == ENTENTE_OK)
        error = load_tar((struct bytes){source->archive, size}, sink, source);
    return finish(source, error);
}

/* A single file is an archive if it begins as one, else it must be Markdown. */
static enum entente_error
load_single(
    int file, const char *path, const struct minutes_sink *sink, struct minutes_source *source)
{
    const char *slash = strrchr(path, '/');
    struct bytes content;
    enum entente_error error = read_whole(file, &content);

    if (error != ENTENTE_OK)
        return error;
    if (content.size >= sizeof zstd_magic &&
        memcmp(content.data, zstd_magic, sizeof zstd_magic) == 0)
        error = minutes_source_unpack(content, sink, source);
    else if (!is_markdown(path))
        error = ENTENTE_ERR_MALFORMED;
    else if ((error = add_file(source, slash == NULL ? path : slash + 1, content)) == ENTENTE_OK)
        return ENTENTE_OK; /* the source keeps the content */
    free((void *)(uintptr_t)content.data);
    return error;
}

enum entente_error
minutes_source_load(
    const char *path, const struct minutes_sink *sink, struct minutes_source *source)
{
    struct stat status;

    memset(source, 0, sizeof *source);
    int opened = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (opened < 0)
        return error_of_open();
    if (fstat(opened, &status) != 0) {
        close(opened);
        return ENTENTE_ERR_IO;
    }
    if (S_ISDIR(status.st_mode))
        return finish(source, load_folder(opened, "", 0, sink, source));

    enum entente_error error = load_single(opened, path, sink, source);
    close(opened);
    return finish(source, error);
}
