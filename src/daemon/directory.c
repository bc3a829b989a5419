#include "daemon/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static enum entente_error
read_file(const char *path, struct file *file)
{
    enum entente_error error = ENTENTE_ERR_IO;
    struct stat status;

    *file = (struct file){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? ENTENTE_ERR_NOT_FOUND : ENTENTE_ERR_IO;
    if (fstat(fd, &status) != 0 || status.st_size < 0 ||
        (size_t)status.st_size > DIRECTORY_FILE_BYTES_MAX)
        goto out;
    size_t size = (size_t)status.st_size;
    file->data = malloc(size + 1);
    while (file->data != NULL && file->size < size) {
        ssize_t got = read(fd, file->data + file->size, size - file->size);
        if (got <= 0)
            goto out;
        file->size += (size_t)got;
    }
    error = file->data == NULL ? ENTENTE_ERR_NO_MEMORY : ENTENTE_OK;

out:
    if (error != ENTENTE_OK) {
        free(file->data);
        *file = (struct file){0};
    }
    close(fd);
    return error;
}

static bool
ends_with(const char *name, const char *ending)
{
    size_t size = strlen(name);
    size_t end = strlen(ending);

    return name[0] != '.' && size > end && strcmp(name + size - end, ending) == 0;
}

/* All files of `folder` with the ending; none where the folder is missing. */
static enum entente_error
read_folder(const char *path, const char *folder, const char *ending, struct file *files,
    uint32_t *count, char *at)
{
    enum entente_error error = ENTENTE_OK;
    const struct dirent *entry;

    snprintf(at, 4096, "%s/%s", path, folder);
    DIR *opened = opendir(at);
    if (opened == NULL)
        return errno == ENOENT ? ENTENTE_OK : ENTENTE_ERR_IO;
    while (error == ENTENTE_OK && (entry = readdir(opened)) != NULL) {
        if (!ends_with(entry->d_name, ending))
            continue;
        snprintf(at, 4096, "%s/%s/%s", path, folder, entry->d_name);
        error = *count == DIRECTORY_FILES_MAX ? ENTENTE_ERR_TOO_LARGE
                                              : read_file(at, &files[*count]);
        *count += error == ENTENTE_OK;
    }
    closedir(opened);
    return error;
}

static enum entente_error
read_own(struct directory *directory, const char *path, char *at)
{
    struct bytes entries;

    snprintf(at, 4096, "%s/party/register", path);
    enum entente_error error = read_file(at, &directory->own_card);
    if (error == ENTENTE_OK)
        error = card_entries(
            (struct bytes){directory->own_card.data, directory->own_card.size}, &entries);
    if (error == ENTENTE_OK)
        error = register_new(&directory->own);
    if (error == ENTENTE_OK)
        error = register_add_all(directory->own, entries);
    if (error == ENTENTE_OK)
        directory->self = *register_party(directory->own);
    return error;
}

enum entente_error
directory_read(struct directory *directory, const char *path, char *at)
{
    *directory = (struct directory){0};
    enum entente_error error = read_own(directory, path, at);
    if (error == ENTENTE_OK)
        error = read_folder(path, "trusted", ".card", directory->cards, &directory->cards_count, at);
    if (error == ENTENTE_OK)
        error =
            read_folder(path, "rooms", ".genesis", directory->rooms, &directory->rooms_count, at);
    if (error != ENTENTE_OK)
        directory_free(directory);
    return error;
}

void
directory_free(struct directory *directory)
{
    for (uint32_t i = 0; i < directory->cards_count; i++)
        free(directory->cards[i].data);
    for (uint32_t i = 0; i < directory->rooms_count; i++)
        free(directory->rooms[i].data);
    free(directory->own_card.data);
    register_free(directory->own);
    *directory = (struct directory){0};
}

enum entente_error
directory_cards(const struct directory *directory, struct file *cards)
{
    size_t size = 4 + directory->own_card.size;

    for (uint32_t i = 0; i < directory->cards_count; i++)
        size += 4 + directory->cards[i].size;
    *cards = (struct file){malloc(size), size};
    if (cards->data == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    struct writer writer = writer_of(cards->data, size);
    writer_u32(&writer, (uint32_t)directory->own_card.size);
    writer_copy(&writer, directory->own_card.data, directory->own_card.size);
    for (uint32_t i = 0; i < directory->cards_count; i++) {
        writer_u32(&writer, (uint32_t)directory->cards[i].size);
        writer_copy(&writer, directory->cards[i].data, directory->cards[i].size);
    }
    return ENTENTE_OK;
}
