#include "cli/minutes_page.h"

#include "base/text.h"
#include "cli/label.h"
#include "cli/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TITLE_LINES_MAX 20u

/* Reading one page: where we are, and the item whose text is being gathered. */
struct scan {
    const struct minutes_page *page;
    struct attendance *attendance;
    const struct minutes_sink *sink;
    struct bytes rest; /* lines not yet read */
    uint32_t line;     /* number of the line being read */
    char date[11];

    bool in_attendance; /* between the title and the first heading or statement */
    bool in_conclusion;
    char fence;               /* '`' or '~' inside a block of code, else 0 */
    bool no_backticks;        /* no block of this kind is closed any more in the rest */
    bool no_tildes;           /* likewise */
    bool blank_before;        /* the last line was empty */
    bool overfull;            /* the text's end was left out, which is reported once */
    struct label label;       /* of the open statement */
    struct minutes_item open; /* kind MINUTES_KINDS when nothing is open */
    uint8_t *text;
    size_t text_size;
    size_t text_room;
};

static void
report(const struct scan *scan, const char *reason)
{
    scan->sink->unread(scan->sink->context, scan->page->file, scan->line, reason);
}

/* `1`, `27`, `2015` at the start of `text`: its size, or 0. */
static size_t
read_number(struct bytes text, size_t digits_max, unsigned *number)
{
    size_t size = 0;

    *number = 0;
    while (size < text.size && size < digits_max && words_is_digit(text.data[size]))
        *number = *number * 10 + (unsigned)(text.data[size++] - '0');
    return size < text.size && words_is_digit(text.data[size]) ? 0 : size;
}

/* The month whose English name `word` is, or 0. */
static unsigned
month_of(struct bytes word)
{
    static const char *const months[] = {"January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December"};
    for (unsigned i = 0; i < 12; i++)
        if (words_equal_folded(word, bytes_of_text(months[i])))
            return i + 1;
    return 0;
}

/* A title names a month, a day and a year, in either of the two orders in use. */
static bool
read_date(struct bytes title, char date[static 11])
{
    unsigned day = 0;
    unsigned month = 0;
    unsigned year = 0;

    while (title.size > 0) {
        size_t size = 0;
        while (size < title.size && title.data[size] != ' ' && title.data[size] != ',')
            size++;
        struct bytes word = {title.data, size};
        unsigned number;
        if (size == 4 && read_number(word, 4, &number) == 4)
            year = number;
        else if ((size == 1 || size == 2) && read_number(word, 2, &number) == size)
            day = number;
        else if (month == 0)
            month = month_of(word);
        title = words_after(title, size < title.size ? size + 1 : size);
    }
    if (day < 1 || day > 31 || month == 0 || year < 1900)
        return false;
    snprintf(date, 11, "%04u-%02u-%02u", year % 10000, month % 100, day % 100);
    return true;
}

/* The level of a heading and its text; 0 when `line` is none. */
static uint8_t
read_heading(struct bytes line, struct bytes *text)
{
    uint8_t level = 0;

    while (level < line.size && level < 7 && line.data[level] == '#')
        level++;
    if (level == 0 || level > 6)
        return 0;

    /* "#x" is a private name in code that is talked about, "##Welcome" a heading typed in haste. */
    struct bytes rest = words_after(line, level);
    if (rest.size > 0 && rest.data[0] != ' ' && rest.data[0] != '\t' &&
        !(level > 1 && words_is_upper(rest.data[0])))
        return 0;
    struct bytes trimmed = words_trim(rest);
    size_t size = trimmed.size;
    while (size > 0 && trimmed.data[size - 1] == '#')
        size--;
    if (size == 0 || trimmed.data[size - 1] == ' ')
        trimmed = words_trim_end((struct bytes){trimmed.data, size});
    *text = trimmed;
    return level;
}

/* The first heading, if it is a title: its line, its text and its date. */
static bool
find_title(struct bytes content, uint32_t *line_number, struct bytes *title, char date[static 11])
{
    struct bytes line;

    date[0] = '\0';
    for (uint32_t i = 1; i <= TITLE_LINES_MAX && words_line(&content, &line); i++) {
        if (read_heading(line, title) == 0)
            continue;
        *line_number = i;
        return text_is_utf8(*title) && title->size <= MINUTES_LINE_BYTES_MAX &&
               read_date(*title, date);
    }
    return false;
}

bool
minutes_page_date(struct bytes content, char date[static 11])
{
    uint32_t line;
    struct bytes title;

    return find_title(content, &line, &title, date);
}

struct bytes
minutes_page_place(struct bytes content)
{
    struct bytes line;

    while (words_line(&content, &line)) {
        size_t held = words_find(line, " held ");
        struct bytes rest = words_after(line, held);
        size_t meeting = words_find(rest, " meeting ");
        if (meeting == rest.size)
            continue;
        rest = words_after(rest, meeting + strlen(" meeting "));
        struct bytes place = {rest.data, words_find(rest, " on ")};
        if (place.size > 0 && place.size < rest.size && place.size <= ATTENDANCE_NAME_BYTES_MAX &&
            text_is_utf8(place))
            return place;
    }
    return (struct bytes){0};
}

/* "Conclusion", "Conclusions/Resolution", "Consensus / Resolution", "Resolution (for names)". */
static bool
is_conclusion(struct bytes heading)
{
    static const char *const words[] = {
        "conclusion", "conclusions", "concluson", "resolution", "resolutions", "consensus"};
    size_t size = 0;

    while (size < heading.size && words_is_letter(heading.data[size]))
        size++;
    struct bytes word = {heading.data, size};
    struct bytes rest = words_trim_start(words_after(heading, size));
    if (rest.size > 0 && strchr("/(:", rest.data[0]) == NULL)
        return false;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (words_equal_folded(word, bytes_of_text(words[i])))
            return true;
    return false;
}

static struct minutes_item
new_item(const struct scan *scan, enum minutes_kind kind)
{
    struct minutes_item item = {.kind = kind,
        .party = scan->page->chair,
        .line = scan->line,
        .file = scan->page->file,
        .language = MINUTES_LANGUAGE};

    memcpy(item.date, scan->date, sizeof item.date);
    return item;
}

static enum entente_error
tell(const struct scan *scan, const struct minutes_item *item)
{
    return scan->sink->item(scan->sink->context, item);
}

/* Add a line to the open item, after the line feeds that stood before it. */
static enum entente_error
add_text(struct scan *scan, struct bytes line)
{
    size_t feeds = scan->text_size == 0 ? 0 : scan->blank_before ? 2 : 1;
    size_t wanted = scan->text_size + feeds + line.size;

    if (scan->overfull || wanted > MINUTES_TEXT_BYTES_MAX) {
        if (!scan->overfull)
            report(scan, "the text is over 1 MiB: its rest is left out");
        scan->overfull = true;
        return ENTENTE_OK;
    }
    if (wanted > scan->text_room) {
        size_t room = 2 * wanted;
        uint8_t *grown = realloc(scan->text, room);
        if (grown == NULL)
            return ENTENTE_ERR_NO_MEMORY;
        scan->text = grown;
        scan->text_room = room;
    }
    for (size_t i = 0; i < feeds; i++)
        scan->text[scan->text_size++] = '\n';
    if (line.size > 0)
        memcpy(scan->text + scan->text_size, line.data, line.size);
    scan->text_size += line.size;
    return ENTENTE_OK;
}

/* Tell the open item, if there is one. */
static enum entente_error
close_open(struct scan *scan)
{
    struct minutes_item item = scan->open;

    scan->open.kind = MINUTES_KINDS;
    scan->overfull = false;
    scan->blank_before = false;
    item.text = (struct bytes){scan->text, scan->text_size};
    scan->text_size = 0;
    if (item.kind == MINUTES_KINDS)
        return ENTENTE_OK;
    if (item.text.size == 0) {
        scan->sink->unread(scan->sink->context, item.file, item.line, "a speaker without words");
        return ENTENTE_OK;
    }
    return tell(scan, &item);
}

/* Who was listed is present: to be told before anything that was said. */
static enum entente_error
end_attendance(struct scan *scan)
{
    const struct minutes_sink *sink = scan->sink;
    const struct attendee *here;
    enum entente_error error = ENTENTE_OK;

    if (!scan->in_attendance)
        return ENTENTE_OK;
    scan->in_attendance = false;
    for (size_t i = 0; sink->person != NULL && error == ENTENTE_OK &&
                       (here = attendance_today(scan->attendance, i)) != NULL; i++)
        error = sink->person(
            sink->context, &(struct minutes_person){here->name, here->organisation});
    return error;
}

static enum entente_error
read_heading_line(struct scan *scan, uint8_t level, struct bytes text)
{
    enum entente_error error = close_open(scan);

    if (error == ENTENTE_OK)
        error = end_attendance(scan);
    scan->in_conclusion = is_conclusion(text);
    if (error != ENTENTE_OK)
        return error;
    if (text.size == 0) {
        report(scan, "a heading without words");
        return ENTENTE_OK;
    }
    struct minutes_item item =
        new_item(scan, scan->in_conclusion ? MINUTES_CONCLUSION : MINUTES_HEADING);
    item.level = level;
    item.text = text;
    return tell(scan, &item);
}

/* Views of the attendee stay good: nobody who is known is listed anew once statements began. */
static enum entente_error
read_label_line(struct scan *scan, const struct label *label)
{
    enum entente_error error = close_open(scan);
    struct minutes_item item = new_item(scan, MINUTES_STATEMENT);

    if (error == ENTENTE_OK)
        error = end_attendance(scan);
    if (error != ENTENTE_OK)
        return error;
    item.abbreviation = label->speakers;
    if (label->attendee != NULL) {
        item.abbreviation = bytes_of_text(label->attendee->abbreviation);
        item.speaker = bytes_of_text(label->attendee->name);
        item.organisation = bytes_of_text(label->attendee->organisation);
    }
    item.party = minutes_party(item.organisation, item.abbreviation);
    scan->open = item;
    return add_text(scan, label->text);
}

/* Text of the last speaker, or of the conclusion, or of nobody. */
static enum entente_error
read_text_line(struct scan *scan, struct bytes line)
{
    if (scan->open.kind == MINUTES_KINDS)
        scan->open = new_item(scan, scan->in_conclusion ? MINUTES_RESOLUTION : MINUTES_NOTE);
    enum entente_error error = add_text(scan, line);
    scan->blank_before = false;
    return error;
}

static void
read_attendance_line(struct scan *scan, struct bytes line)
{
    size_t left_out;

    if (line.data[0] == '|') {
        if (attendance_read_row(scan->attendance, line) == ATTENDANCE_ROW_BAD)
            report(scan, "a row of the attendance without a name and an abbreviation");
        return;
    }
    size_t count = attendance_read_list(scan->attendance, line, &left_out);
    if (left_out > 0)
        report(scan, "an attendee without a name, or too many attendees");

    /* "Remote:" and "**Remote attendees:**" are only headings of the list that follows. */
    while (line.size > 0 && (line.data[line.size - 1] == '*' || line.data[line.size - 1] == '_'))
        line.size--;
    if (count + left_out == 0 && (line.size == 0 || line.data[line.size - 1] != ':'))
        report(scan, "no abbreviation in this line of the attendance");
}

/* At least three of the same character and nothing else: a rule across the page. */
static bool
is_rule(struct bytes line)
{
    struct bytes text = words_trim(line);

    if (text.size < 3 || strchr("-*_=", text.data[0]) == NULL)
        return false;
    for (size_t i = 1; i < text.size; i++)
        if (text.data[i] != text.data[0])
            return false;
    return true;
}

/* The character of the fence that `line` is, else 0.  A closing fence has nothing after it. */
static char
fence_of(struct bytes line, bool *can_close)
{
    struct bytes text = words_trim(line);
    size_t size = 0;

    if (text.size < 3 || (text.data[0] != '`' && text.data[0] != '~'))
        return 0;
    while (size < text.size && text.data[size] == text.data[0])
        size++;
    struct bytes info = words_after(text, size);
    *can_close = info.size == 0;
    return size >= 3 && words_find_byte(info, '`') == info.size ? (char)text.data[0] : 0;
}

/* Whether a line in the rest closes a block of `fence`; a failed search is not made twice. */
static bool
is_closed_later(struct scan *scan, char fence)
{
    bool *none = fence == '`' ? &scan->no_backticks : &scan->no_tildes;
    struct bytes rest = scan->rest;
    struct bytes line;
    bool can_close = false;

    while (!*none && words_line(&rest, &line))
        if (fence_of(line, &can_close) == fence && can_close)
            return true;
    *none = true;
    return false;
}

/* Enter or leave a block of code.  True when `line` belongs to one. */
static bool
step_fence(struct scan *scan, struct bytes line)
{
    bool can_close = false;
    char fence = fence_of(line, &can_close);

    if (scan->fence != 0) {
        if (fence == scan->fence && can_close)
            scan->fence = 0;
        return true;
    }
    if (fence == 0)
        return false;
    if (!is_closed_later(scan, fence)) {
        report(scan, "a block of code that never ends: read as text");
        return false;
    }
    scan->fence = fence;
    return true;
}

/* Names in "Presenter: Name (ABC)" count when nobody is known by that abbreviation. */
static void
learn_presenter(struct scan *scan, struct bytes line)
{
    size_t open = words_find_byte(line, '(');
    struct bytes inside = words_after(line, open < line.size ? open + 1 : open);
    struct bytes abbreviation = {inside.data, words_find_byte(inside, ')')};
    size_t left_out;

    if (words_start_with(line, "Presenter") && attendance_is_abbreviation(abbreviation) &&
        attendance_by_abbreviation(scan->attendance, abbreviation) == NULL)
        attendance_read_list(scan->attendance, line, &left_out);
}

/* "Conclusion: text" in the midst of statements is not the last speaker's. */
static bool
is_conclusion_line(struct bytes line)
{
    struct bytes before = {line.data, words_find_byte(line, ':')};

    return before.size < line.size && is_conclusion(before);
}

static enum entente_error
read_conclusion_line(struct scan *scan, struct bytes line)
{
    enum entente_error error = close_open(scan);

    if (error == ENTENTE_OK)
        error = end_attendance(scan);
    scan->in_conclusion = true;
    return error == ENTENTE_OK ? read_text_line(scan, line) : error;
}

static enum entente_error
read_line(struct scan *scan, struct bytes line)
{
    struct bytes text;
    struct label label;
    bool is_code = step_fence(scan, line);

    line = words_trim_end(line);
    if (line.size == 0 || (!is_code && is_rule(line))) {
        scan->blank_before = true;
        return ENTENTE_OK;
    }
    uint8_t level = is_code ? 0 : read_heading(line, &text);
    if (level > 0)
        return read_heading_line(scan, level, text);
    if (!is_code && label_parse(scan->attendance, line, &label))
        return read_label_line(scan, &label);
    if (!is_code && is_conclusion_line(line))
        return read_conclusion_line(scan, line);
    if (scan->in_attendance) {
        read_attendance_line(scan, line);
        return ENTENTE_OK;
    }
    learn_presenter(scan, line);
    return read_text_line(scan, line);
}

/* NULL when `line` may be read. */
static const char *
why_unreadable(struct bytes line)
{
    if (line.size > MINUTES_LINE_BYTES_MAX)
        return "the line is over 65536 bytes";
    if (!text_is_utf8(line))
        return "not UTF-8";
    if (words_find_byte(line, '\0') < line.size)
        return "a zero byte";
    return NULL;
}

static enum entente_error
tell_session(struct scan *scan, uint32_t line, struct bytes title)
{
    scan->line = line;
    struct minutes_item item = new_item(scan, MINUTES_SESSION);
    item.place = scan->page->place;
    item.text = title;
    return tell(scan, &item);
}

enum entente_error
minutes_page_read(
    const struct minutes_page *page, struct attendance *attendance, const struct minutes_sink *sink)
{
    struct scan scan = {.page = page,
        .attendance = attendance,
        .sink = sink,
        .rest = page->content,
        .in_attendance = true,
        .open.kind = MINUTES_KINDS};
    uint32_t title_line = 0;
    struct bytes title;
    struct bytes line;
    enum entente_error error = ENTENTE_OK;

    attendance_begin_day(attendance);
    if (find_title(page->content, &title_line, &title, scan.date))
        error = tell_session(&scan, title_line, title);
    else
        title_line = 0;

    scan.line = 0;
    while (error == ENTENTE_OK && words_line(&scan.rest, &line)) {
        scan.line++;
        const char *reason = why_unreadable(line);
        if (reason != NULL)
            report(&scan, reason);
        else if (scan.line != title_line)
            error = read_line(&scan, line);
    }
    if (error == ENTENTE_OK)
        error = end_attendance(&scan);
    if (error == ENTENTE_OK)
        error = close_open(&scan);
    free(scan.text);
    return error;
}
