#include "cli/api/print.h"

#include "text/show.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COLUMNS_MAX 10
#define COLUMN_WIDTH_MAX 48u
#define DEPTH_MAX 6

/* ---- one value in one line ---- */

/* 2020-11-19T08:30:00.000Z as local time with its zone; false: it is no time. */
static bool
print_time(FILE *out, const char *text)
{
    struct tm utc = {0}, local;
    char shown[48];
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &utc);

    if (end == NULL || strlen(text) < 20 || text[strlen(text) - 1] != 'Z')
        return false;
    time_t seconds = timegm(&utc);
    if (localtime_r(&seconds, &local) == NULL ||
        strftime(shown, sizeof shown, "%Y-%m-%d %H:%M:%S %Z", &local) == 0)
        return false;
    fputs(shown, out);
    return true;
}

static void
print_scalar(FILE *out, const json_t *value)
{
    if (json_is_string(value)) {
        if (!print_time(out, json_string_value(value)))
            show_line(out, bytes_of_text(json_string_value(value)));
    } else if (json_is_integer(value)) {
        fprintf(out, "%lld", (long long)json_integer_value(value));
    } else if (json_is_real(value)) {
        fprintf(out, "%.2f", json_real_value(value));
    } else if (json_is_boolean(value)) {
        fputs(json_is_true(value) ? "yes" : "no", out);
    }
}

/* A list of plain values behind each other; anything deeper only by its number. */
static void
print_flat(FILE *out, const json_t *value)
{
    json_t *item;
    size_t i;

    if (!json_is_array(value)) {
        print_scalar(out, value);
        return;
    }
    if (json_array_size(value) > 0 && json_is_object(json_array_get(value, 0))) {
        fprintf(out, "%zu", json_array_size(value));
        return;
    }
    json_array_foreach(value, i, item)
    {
        fputs(i > 0 ? ", " : "", out);
        print_scalar(out, item);
    }
}

/* ---- tables ---- */

struct cell {
    char *text;
    size_t width; /* in characters; East Asian wide ones count as two */
};

/* How wide a terminal shows it, near enough: CJK and Hangul are two columns. */
static size_t
width_of(const char *text)
{
    size_t width = 0;

    for (const uint8_t *c = (const uint8_t *)text; *c != '\0'; c++) {
        if ((*c & 0xC0) == 0x80)
            continue;
        width += *c >= 0xE3 && *c <= 0xED ? 2 : 1; /* U+3000 to U+DFFF */
    }
    return width;
}

static struct cell
make_cell(const json_t *value)
{
    struct cell cell = {0};
    size_t size;
    FILE *out = open_memstream(&cell.text, &size);

    if (out == NULL)
        return cell;
    print_flat(out, value);
    fclose(out);
    cell.width = width_of(cell.text);
    return cell;
}

/* Columns are `a b origin.party`: a point goes into an object. */
static const json_t *
field_of(const json_t *row, const char *column)
{
    const char *point = strchr(column, '.');
    char outer[64];

    if (point == NULL)
        return json_object_get(row, column);
    snprintf(outer, sizeof outer, "%.*s", (int)(point - column), column);
    return json_object_get(json_object_get(row, outer), point + 1);
}

static void
print_row(FILE *out, const struct cell *cells, const size_t *widths, size_t columns)
{
    for (size_t i = 0; i < columns; i++) {
        const char *text = cells[i].text != NULL ? cells[i].text : "";
        fputs(text, out);
        for (size_t pad = cells[i].width; i + 1 < columns && pad < widths[i] + 2; pad++)
            fputc(' ', out);
    }
    fputc('\n', out);
}

static void
print_table(FILE *out, const json_t *rows, char **columns, size_t columns_count)
{
    size_t rows_count = json_array_size(rows), widths[COLUMNS_MAX] = {0};
    struct cell *cells = calloc((rows_count + 1) * COLUMNS_MAX, sizeof *cells);

    if (cells == NULL)
        return;
    for (size_t r = 0; r <= rows_count; r++)
        for (size_t c = 0; c < columns_count; c++) {
            const char *point = strchr(columns[c], '.');
            struct cell *cell = &cells[r * COLUMNS_MAX + c];
            json_t *head = r == 0 ? json_string(point != NULL ? point + 1 : columns[c]) : NULL;
            *cell = make_cell(r == 0 ? head : field_of(json_array_get(rows, r - 1), columns[c]));
            json_decref(head);
            if (cell->width > widths[c] && cell->width <= COLUMN_WIDTH_MAX)
                widths[c] = cell->width;
        }
    for (size_t r = 0; r <= rows_count; r++)
        print_row(out, &cells[r * COLUMNS_MAX], widths, columns_count);
    for (size_t i = 0; i < (rows_count + 1) * COLUMNS_MAX; i++)
        free(cells[i].text);
    free(cells);
}

/* "LIST: A B C" */
static void
print_list(struct cli *cli, const char *shows, const json_t *answer)
{
    char *copy = strdup(shows), *rest = NULL, *columns[COLUMNS_MAX];
    size_t count = 0;

    if (copy == NULL)
        return;
    char *list = strtok_r(copy, ": ", &rest);
    for (char *word; count < COLUMNS_MAX && (word = strtok_r(NULL, " ", &rest)) != NULL;)
        columns[count++] = word;
    print_table(cli->out, json_object_get(answer, list), columns, count);
    if (json_is_string(json_object_get(answer, "next")))
        cli_say(cli, "there are more: --after %s", json_string_value(json_object_get(answer, "next")));
    free(copy);
}

/* ---- all fields ---- */

static void print_fields(FILE *out, const json_t *object, int depth);

static bool
is_empty(const json_t *value)
{
    return value == NULL || json_is_null(value) ||
           (json_is_array(value) && json_array_size(value) == 0) ||
           (json_is_object(value) && json_object_size(value) == 0) ||
           (json_is_string(value) && json_string_length(value) == 0);
}

static void
print_text(FILE *out, const char *text, int depth)
{
    bool at_start = true;

    fprintf(out, "\n%*s", 2 * depth + 4, "");
    for (const char *c = text; *c != '\0'; c++) {
        size_t size = strcspn(c, "\n");
        if (!at_start)
            fprintf(out, "\n%*s", 2 * depth + 4, "");
        show_line(out, (struct bytes){(const uint8_t *)c, size});
        at_start = false;
        c += size;
        if (*c == '\0')
            break;
    }
    fputc('\n', out);
}

static void
print_field(FILE *out, const char *name, const json_t *value, int depth)
{
    json_t *item;
    size_t i;

    fprintf(out, "%*s", 2 * depth, "");
    for (const char *c = name; *c != '\0'; c++)
        fputc(*c == '_' ? ' ' : *c, out);
    fputs(": ", out);
    if (json_is_object(value)) {
        fputc('\n', out);
        print_fields(out, value, depth + 1);
    } else if (json_is_array(value) && json_is_object(json_array_get(value, 0))) {
        fputc('\n', out);
        json_array_foreach(value, i, item)
        {
            print_fields(out, item, depth + 1);
            if (i + 1 < json_array_size(value))
                fputc('\n', out);
        }
    } else if (json_is_string(value) && strchr(json_string_value(value), '\n') != NULL) {
        print_text(out, json_string_value(value), depth);
    } else {
        print_flat(out, value);
        fputc('\n', out);
    }
}

/* Of an origin people want to know who and when. */
static void
print_origin(FILE *out, const json_t *origin, int depth)
{
    fprintf(out, "%*sfrom: ", 2 * depth, "");
    print_scalar(out, json_object_get(origin, "party"));
    fputs(", ", out);
    print_scalar(out, json_object_get(origin, "time"));
    fputs(json_is_true(json_object_get(origin, "held_by_all")) ? ", held by all" : "", out);
    fputs(json_is_true(json_object_get(origin, "late")) ? ", LATE" : "", out);
    fputs(json_is_true(json_object_get(origin, "contested")) ? ", CONTESTED" : "", out);
    fputs(json_is_true(json_object_get(origin, "void")) ? ", VOID\n" : "\n", out);
}

static void
print_fields(FILE *out, const json_t *object, int depth)
{
    const char *name;
    json_t *value;

    if (depth > DEPTH_MAX)
        return;
    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        if (is_empty(value))
            continue;
        if (strcmp(name, "origin") == 0)
            print_origin(out, value, depth);
        else
            print_field(out, name, value, depth);
    }
}

/* ---- what was written ---- */

static void
print_written(FILE *out, const json_t *answer)
{
    const json_t *object = json_object_get(answer, "object");

    print_scalar(out, json_is_string(object) ? object : json_object_get(answer, "entry"));
    fputc('\n', out);
}

enum entente_error
api_print(struct cli *cli, const char *shows, json_t *answer)
{
    if (answer == NULL)
        return ENTENTE_OK;
    if (cli->json)
        return cli_print_json(cli, answer);
    if (shows == NULL)
        print_written(cli->out, answer);
    else if (strcmp(shows, "all") == 0)
        print_fields(cli->out, answer, 0);
    else
        print_list(cli, shows, answer);
    json_decref(answer);
    return ENTENTE_OK;
}
