#include "documents/buffer.h"

#include "base/date.h"
#include "text/show.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define LINE_BYTES_MAX 512u

void
document_free(struct document *document)
{
    free(document->data);
    document->data = NULL;
    document->size = document->room = 0;
}

static void
flush(struct document *document)
{
    if (document->error == ENTENTE_OK && document->size > 0)
        document->error =
            document->flush(document->state, (struct bytes){document->data, document->size});
    document->size = 0;
}

void
document_put(struct document *document, struct bytes part)
{
    if (document->error != ENTENTE_OK || part.size == 0)
        return;
    if (part.size > document->room - document->size) {
        size_t room = document->room * 2 + part.size + 4096;
        uint8_t *data = realloc(document->data, room);
        if (data == NULL) {
            document->error = ENTENTE_ERR_NO_MEMORY;
            return;
        }
        document->data = data;
        document->room = room;
    }
    memcpy(document->data + document->size, part.data, part.size);
    document->size += part.size;
    if (document->flush != NULL && document->size > DOCUMENT_FLUSH_BYTES)
        flush(document);
}

void
document_put_text(struct document *document, const char *text)
{
    document_put(document, bytes_of_text(text));
}

void
document_printf(struct document *document, const char *format, ...)
{
    char line[LINE_BYTES_MAX];
    va_list list;

    va_start(list, format);
    int size = vsnprintf(line, sizeof line, format, list);
    va_end(list);
    if (size > 0)
        document_put(document, (struct bytes){(const uint8_t *)line,
                                   (size_t)size < sizeof line ? (size_t)size : sizeof line - 1});
}

void
document_put_hex(struct document *document, const void *data, size_t size)
{
    const uint8_t *bytes = data;

    for (size_t i = 0; i < size; i++)
        document_printf(document, "%02x", bytes[i]);
}

void
document_put_shown(struct document *document, struct bytes text, bool is_line)
{
    struct shown piece;

    while (show_next(&text, is_line, &piece))
        if (piece.escape[0] != '\0')
            document_put_text(document, piece.escape);
        else
            document_put(document, piece.as_is);
}

char *
shown_text(struct bytes text, bool is_line)
{
    struct document shown = {0};

    document_put_shown(&shown, text, is_line);
    document_put(&shown, (struct bytes){(const uint8_t *)"", 1});
    if (shown.error == ENTENTE_OK)
        return (char *)shown.data;
    document_free(&shown);
    return NULL;
}

void
decimal_print(char out[static DECIMAL_BYTES_MAX], uint64_t quantity, uint8_t scale)
{
    char digits[DECIMAL_BYTES_MAX];
    size_t count = 0, used = 0;

    while (scale > 0 && quantity % 10 == 0) {
        quantity /= 10;
        scale--;
    }
    /* Backwards: at least one digit before the point; at most 20, and a scale of at most 9. */
    do {
        digits[count++] = (char)('0' + quantity % 10);
        quantity /= 10;
        if (count == scale)
            digits[count++] = '.';
    } while (quantity > 0 || (scale > 0 && count <= (size_t)scale + 1));
    while (count > 0)
        out[used++] = digits[--count];
    out[used] = '\0';
}

/* Years beyond 9999 are shown as the last moment of that year: no form has room for them. */
#define LAST_MOMENT_S 253402300799u

/* The calendar by arithmetic: the desk is confined, and may not read the file of the time zone. */
struct time_parts
time_parts_of(uint64_t t_ms)
{
    uint64_t seconds = t_ms / 1000 < LAST_MOMENT_S ? t_ms / 1000 : LAST_MOMENT_S;
    struct date date = date_of_days(seconds / 86400);

    return (struct time_parts){(int)date.year, (int)date.month, (int)date.day,
        (int)(seconds / 3600 % 24), (int)(seconds / 60 % 60), (int)(seconds % 60)};
}

void
time_print(char out[static TIME_BYTES_MAX], uint64_t t_ms)
{
    struct time_parts at = time_parts_of(t_ms);

    snprintf(out, TIME_BYTES_MAX, "%04d-%02d-%02dT%02d:%02d:%02dZ", at.year % 10000, at.month % 100,
        at.day % 100, at.hour % 100, at.minute % 100, at.second % 100);
}

enum entente_error
document_finish(struct document *document)
{
    if (document->flush != NULL)
        flush(document);
    return document->error;
}
