/*
 * A sink for minutes that writes what it is told as text, one item a line, so that a test compares
 * one string:  kind file:line level abbreviation|speaker|organisation text
 * A line feed in a text is shown as '/', what was unread as `unread file:line reason`.
 */
#ifndef ENTENTE_TESTS_SUPPORT_MINUTES_TRACE_H
#define ENTENTE_TESTS_SUPPORT_MINUTES_TRACE_H

#include "cli/minutes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct minutes_trace {
    char text[8192];
    size_t used;
    size_t items;
    size_t fail_at; /* the item that is refused, 1-based; 0 for none */
};

static inline void
trace_print(struct minutes_trace *trace, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    size_t room = sizeof trace->text - trace->used;
    int size = vsnprintf(trace->text + trace->used, room, format, arguments);
    va_end(arguments);
    trace->used += size < 0 ? 0 : (size_t)size < room ? (size_t)size : room - 1;
}

static inline void
trace_bytes(struct minutes_trace *trace, struct bytes bytes)
{
    for (size_t i = 0; i < bytes.size; i++)
        trace_print(trace, "%c", bytes.data[i] == '\n' ? '/' : bytes.data[i]);
}

static inline enum entente_error
trace_item(void *context, const struct minutes_item *item)
{
    static const char *const kinds[MINUTES_KINDS] = {[MINUTES_SESSION] = "session",
        [MINUTES_HEADING] = "heading",
        [MINUTES_CONCLUSION] = "conclusion",
        [MINUTES_RESOLUTION] = "resolution",
        [MINUTES_STATEMENT] = "statement",
        [MINUTES_NOTE] = "note"};
    struct minutes_trace *trace = context;

    trace->items++;
    trace_print(trace, "%s %s:%u", kinds[item->kind], item->file, item->line);
    if (item->kind == MINUTES_SESSION) {
        trace_print(trace, " %s (", item->date);
        trace_bytes(trace, item->place);
        trace_print(trace, ")");
    }
    if (item->level > 0)
        trace_print(trace, " %u", item->level);
    if (item->kind == MINUTES_STATEMENT) {
        trace_print(trace, " ");
        trace_bytes(trace, item->abbreviation);
        trace_print(trace, "|");
        trace_bytes(trace, item->speaker);
        trace_print(trace, "|");
        trace_bytes(trace, item->organisation);
    }
    trace_print(trace, " ");
    trace_bytes(trace, item->text);
    trace_print(trace, "\n");
    return trace->items == trace->fail_at ? ENTENTE_ERR_GONE : ENTENTE_OK;
}

static inline void
trace_unread(void *context, const char *file, uint32_t line, const char *reason)
{
    trace_print(context, "unread %s:%u %s\n", file, line, reason);
}

static inline enum entente_error
trace_person(void *context, const struct minutes_person *person)
{
    trace_print(context, "present %s|%s\n", person->name, person->organisation);
    return ENTENTE_OK;
}

static inline struct minutes_sink
trace_sink(struct minutes_trace *trace)
{
    return (struct minutes_sink){trace, trace_item, trace_unread, trace_person};
}

#endif
