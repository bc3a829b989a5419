#include "cli/minutes.h"

#include "cli/minutes_page.h"
#include "cli/minutes_source.h"
#include "cli/words.h"

#include <stdlib.h>
#include <string.h>

struct day {
    const struct minutes_file *file;
    char date[11];
    struct bytes place;
};

static size_t
hash_reduced(struct bytes text, uint64_t *hash)
{
    size_t counted = 0;

    *hash = 0xCBF29CE484222325u;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = words_lower(text.data[i]);
        if (!words_is_letter(byte) && !words_is_digit(byte) && byte < 0x80)
            continue;
        *hash = (*hash ^ byte) * 0x100000001B3u;
        counted++;
    }
    return counted;
}

uint8_t
minutes_party(struct bytes organisation, struct bytes abbreviation)
{
    uint64_t hash;

    if (hash_reduced(organisation, &hash) == 0)
        hash_reduced(abbreviation, &hash);
    return (uint8_t)(hash % MINUTES_PARTIES);
}

/* By date, then by path: the order in which it was said, whatever the files are called. */
static int
compare_days(const void *a, const void *b)
{
    const struct day *one = a;
    const struct day *other = b;
    int by_date = strcmp(one->date, other->date);

    return by_date != 0 ? by_date : strcmp(one->file->path, other->file->path);
}

/* The folder's part of `path`, with its slash; empty when there is none. */
static struct bytes
folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return (struct bytes){(const uint8_t *)path, slash == NULL ? 0 : (size_t)(slash - path) + 1};
}

/* The files are sorted by path, but those of one folder need not be neighbours of each other. */
static void
find_places(struct day *days, size_t count, const struct minutes_file *summary)
{
    struct bytes place = minutes_page_place(summary->content);

    for (size_t i = 0; place.size > 0 && i < count; i++)
        if (bytes_equal(folder_of(days[i].file->path), folder_of(summary->path)))
            days[i].place = place;
}

/* The days among the files, in order.  The other files are told to `sink`. */
static size_t
find_days(const struct minutes_source *source, const struct minutes_sink *sink, struct day *days)
{
    size_t count = 0;

    for (size_t i = 0; i < source->count; i++) {
        const struct minutes_file *file = &source->files[i];
        struct day *day = &days[count];
        *day = (struct day){.file = file};
        if (minutes_page_date(file->content, day->date))
            count++;
        else
            sink->unread(sink->context, file->path, 0,
                "no date in its first heading: not the minutes of a day");
    }
    for (size_t i = 0; i < source->count; i++) {
        char date[11];
        if (!minutes_page_date(source->files[i].content, date))
            find_places(days, count, &source->files[i]);
    }
    if (count > 0)
        qsort(days, count, sizeof *days, compare_days);
    return count;
}

static enum entente_error
read_days(const struct day *days, size_t count, struct attendance *attendance,
    const struct minutes_sink *sink)
{
    enum entente_error error = ENTENTE_OK;

    for (size_t i = 0; error == ENTENTE_OK && i < count; i++) {
        struct minutes_page page = {.file = days[i].file->path,
            .content = days[i].file->content,
            .place = days[i].place,
            .chair = (uint8_t)(i % MINUTES_PARTIES)};
        error = minutes_page_read(&page, attendance, sink);
    }
    return error;
}

enum entente_error
minutes_read(const char *path, const struct minutes_sink *sink)
{
    struct minutes_source source;
    struct attendance *attendance = NULL;
    struct day *days = NULL;

    enum entente_error error = minutes_source_load(path, sink, &source);
    if (error != ENTENTE_OK)
        return error;

    attendance = attendance_new();
    days = calloc(source.count + 1, sizeof *days); /* not of size 0 */
    error = ENTENTE_ERR_NO_MEMORY;
    if (attendance == NULL || days == NULL)
        goto out;
    size_t count = find_days(&source, sink, days);
    error = count == 0 ? ENTENTE_ERR_NOT_FOUND : read_days(days, count, attendance, sink);

out:
    free(days);
    attendance_free(attendance);
    minutes_source_free(&source);
    return error;
}
