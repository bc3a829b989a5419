#include "cli/attendance.h"

#include "cli/words.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS (2 * ATTENDANCE_KNOWN_MAX) /* a power of two, so that masking finds a slot */

struct attendance {
    struct attendee known[ATTENDANCE_KNOWN_MAX];
    size_t known_count;
    uint16_t slots[SLOTS]; /* index + 1 into `known` by abbreviation, 0 when free */
    uint16_t today[ATTENDANCE_TODAY_MAX];
    size_t today_count;
};

struct attendance *
attendance_new(void)
{
    return calloc(1, sizeof(struct attendance));
}

void
attendance_free(struct attendance *attendance)
{
    free(attendance);
}

void
attendance_begin_day(struct attendance *attendance)
{
    attendance->today_count = 0;
}

bool
attendance_is_abbreviation(struct bytes text)
{
    if (text.size == 0 || text.size > ATTENDANCE_ABBREVIATION_BYTES_MAX ||
        !words_is_upper(text.data[0]))
        return false;
    for (size_t i = 1; i < text.size; i++)
        if (!words_is_upper(text.data[i]) && !words_is_digit(text.data[i]))
            return false;
    return true;
}

/* The slot that holds `abbreviation`, or the free one where it belongs. */
static size_t
find_slot(const struct attendance *attendance, struct bytes abbreviation)
{
    uint32_t hash = 0;

    for (size_t i = 0; i < abbreviation.size; i++)
        hash = hash * 31 + words_lower(abbreviation.data[i]);
    size_t slot = hash % SLOTS;
    while (attendance->slots[slot] != 0) {
        const char *here = attendance->known[attendance->slots[slot] - 1].abbreviation;
        if (words_equal_folded(bytes_of_text(here), abbreviation))
            break;
        slot = (slot + 1) % SLOTS;
    }
    return slot;
}

const struct attendee *
attendance_by_abbreviation(const struct attendance *attendance, struct bytes abbreviation)
{
    size_t index = attendance->slots[find_slot(attendance, abbreviation)];

    return index == 0 ? NULL : &attendance->known[index - 1];
}

const struct attendee *
attendance_today(const struct attendance *attendance, size_t i)
{
    return i < attendance->today_count ? &attendance->known[attendance->today[i]] : NULL;
}

static void
copy_name(char out[static ATTENDANCE_NAME_BYTES_MAX + 1], struct bytes name)
{
    if (name.size > 0)
        memcpy(out, name.data, name.size);
    out[name.size] = '\0';
}

static bool
is_here_today(const struct attendance *attendance, size_t index)
{
    for (size_t i = 0; i < attendance->today_count; i++)
        if (attendance->today[i] == index)
            return true;
    return false;
}

/* False when it does not fit.  A listing without an organisation leaves the known one alone. */
static bool
note_person(struct attendance *attendance, struct bytes name, struct bytes abbreviation,
    struct bytes organisation)
{
    size_t slot = find_slot(attendance, abbreviation);
    bool is_new = attendance->slots[slot] == 0;
    size_t index = is_new ? attendance->known_count : attendance->slots[slot] - 1u;

    if (name.size > ATTENDANCE_NAME_BYTES_MAX || organisation.size > ATTENDANCE_NAME_BYTES_MAX ||
        index == ATTENDANCE_KNOWN_MAX)
        return false;
    if (!is_here_today(attendance, index)) {
        if (attendance->today_count == ATTENDANCE_TODAY_MAX)
            return false;
        attendance->today[attendance->today_count++] = (uint16_t)index;
    }

    struct attendee *attendee = &attendance->known[index];
    if (is_new) {
        memcpy(attendee->abbreviation, abbreviation.data, abbreviation.size);
        attendance->slots[slot] = (uint16_t)(index + 1);
        attendance->known_count++;
    }
    copy_name(attendee->name, name);
    if (organisation.size > 0)
        copy_name(attendee->organisation, organisation);
    return true;
}

/*
 * The first `(ABC)` or `[ABC]` in `text`, perhaps with a question mark: where its bracket stands
 * and where it ends.  False when there is none.
 */
static bool
find_bracketed(struct bytes text, size_t *from, size_t *to, struct bytes *abbreviation)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] != '(' && text.data[i] != '[')
            continue;
        size_t end = i + 1;
        while (
            end < text.size && (words_is_letter(text.data[end]) || words_is_digit(text.data[end])))
            end++;
        *abbreviation = (struct bytes){text.data + i + 1, end - i - 1};
        if (end < text.size && text.data[end] == '?')
            end++;
        if (end < text.size && (text.data[end] == ')' || text.data[end] == ']') &&
            attendance_is_abbreviation(*abbreviation)) {
            *from = i;
            *to = end + 1;
            return true;
        }
    }
    return false;
}

/* What follows the last separator: `, Name`, `Remote: Name`, `**Attendees:** Name`, `- Name`. */
static struct bytes
name_at_end(struct bytes text)
{
    size_t from = text.size;

    while (from > 0 && strchr(",;:*|", text.data[from - 1]) == NULL)
        from--;
    struct bytes name = words_trim(words_after(text, from));
    while (words_start_with(name, "- ") || words_start_with(name, "and "))
        name = words_trim_start(words_after(name, words_find_byte(name, ' ')));
    return name;
}

size_t
attendance_read_list(struct attendance *attendance, struct bytes line, size_t *left_out)
{
    size_t count = 0;
    size_t from;
    size_t to;
    struct bytes abbreviation;

    *left_out = 0;
    while (find_bracketed(line, &from, &to, &abbreviation)) {
        struct bytes name = name_at_end((struct bytes){line.data, from});
        if (name.size > 0 && note_person(attendance, name, abbreviation, (struct bytes){0}))
            count++;
        else
            (*left_out)++;
        line = words_after(line, to);
    }
    return count;
}

/* The next cell of a row, and false after the last one. */
static bool
next_cell(struct bytes *row, struct bytes *cell)
{
    if (row->size == 0)
        return false;
    size_t size = words_find_byte(*row, '|');
    *cell = words_trim((struct bytes){row->data, size});
    *row = words_after(*row, size < row->size ? size + 1 : size);
    return true;
}

static bool
has_letter(struct bytes text)
{
    for (size_t i = 0; i < text.size; i++)
        if (words_is_letter(text.data[i]) || text.data[i] >= 0x80)
            return true;
    return false;
}

enum attendance_row
attendance_read_row(struct attendance *attendance, struct bytes line)
{
    struct bytes cells[3] = {{0}};
    struct bytes row = words_after(line, 1);

    if (!has_letter(row))
        return ATTENDANCE_ROW_EMPTY;
    for (size_t i = 0; i < 3 && next_cell(&row, &cells[i]); i++)
        ;
    if (words_equal_folded(cells[0], bytes_of_text("name")))
        return ATTENDANCE_ROW_EMPTY;
    if (cells[0].size == 0 || !attendance_is_abbreviation(cells[1]) ||
        !note_person(attendance, cells[0], cells[1], cells[2]))
        return ATTENDANCE_ROW_BAD;
    return ATTENDANCE_ROW_PERSON;
}

/* `name` is the whole of `full`, or its first or its last word. */
static bool
is_name_of(struct bytes full, struct bytes name)
{
    if (words_equal_folded(full, name))
        return true;
    if (full.size <= name.size)
        return false;

    struct bytes first = {full.data, name.size};
    struct bytes last = words_after(full, full.size - name.size);
    return (full.data[name.size] == ' ' && words_equal_folded(first, name)) ||
           (full.data[full.size - name.size - 1] == ' ' && words_equal_folded(last, name));
}

bool
attendance_has_name(
    const struct attendance *attendance, struct bytes name, const struct attendee **attendee)
{
    size_t count = 0;

    *attendee = NULL;
    for (size_t i = 0; name.size > 0 && i < attendance->today_count; i++) {
        const struct attendee *here = &attendance->known[attendance->today[i]];
        if (is_name_of(bytes_of_text(here->name), name))
            *attendee = count++ == 0 ? here : NULL;
    }
    return count > 0;
}
