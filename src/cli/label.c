#include "cli/label.h"

#include "cli/words.h"

#include <stddef.h>

#define LABEL_BYTES_MAX 80u

/* Capitals before a colon that are not a speaker, unless one of those present bears them. */
static const char *const not_speakers[] = {"TODO", "NOTE", "FIXME", "PR", "TC", "HTTP", "HTTPS"};

/* Speakers whom the note-taker did not tell apart. */
static const char *const anybody[] = {"All", "ALL", "Everyone", "Someone", "Somebody", "Multiple",
    "Various", "Group", "Room", "Committee", "Chair", "?", "??", "???"};

static bool
is_listed(const char *const *list, size_t count, struct bytes word)
{
    for (size_t i = 0; i < count; i++)
        if (words_equal(word, list[i]))
            return true;
    return false;
}

/* The size of the word of letters and digits at the start of `text`. */
static size_t
word_size(struct bytes text)
{
    size_t size = 0;

    while (
        size < text.size && (words_is_letter(text.data[size]) || words_is_digit(text.data[size])))
        size++;
    return size;
}

/* The size of what joins two abbreviations, with the spaces around it, or 0. */
static size_t
joint_size(struct bytes text)
{
    struct bytes rest = words_trim_start(text);

    if (words_start_with(rest, ",") || words_start_with(rest, "/") || words_start_with(rest, "+") ||
        words_start_with(rest, "&"))
        rest = words_after(rest, 1);
    else if (words_start_with(rest, "and "))
        rest = words_after(rest, 4);
    else
        return 0;
    return text.size - words_trim_start(rest).size;
}

/* One abbreviation: in capitals, or in any case when somebody bears it. */
static bool
is_speaker(const struct attendance *attendance, struct bytes word)
{
    if (word.size == 0)
        return false;
    if (attendance_by_abbreviation(attendance, word) != NULL)
        return true;
    return attendance_is_abbreviation(word) &&
           !is_listed(not_speakers, sizeof not_speakers / sizeof not_speakers[0], word);
}

/* A bracketed remark without the brackets' other half missing: its size, or 0. */
static size_t
remark_size(struct bytes text)
{
    if (!words_start_with(text, "("))
        return 0;
    size_t end = words_find_byte(text, ')');
    return end < text.size ? end + 1 : 0;
}

/* `before` is what stands before the colon. */
static bool
parse_abbreviations(const struct attendance *attendance, struct bytes before, struct label *label)
{
    struct bytes rest = before;
    size_t count = 0;
    struct bytes word;

    for (;;) {
        word = (struct bytes){rest.data, word_size(rest)};
        if (!is_speaker(attendance, word))
            return false;
        count++;
        rest = words_after(rest, word.size);
        if (words_start_with(rest, "?"))
            rest = words_after(rest, 1);
        size_t joint = joint_size(rest);
        if (joint == 0)
            break;
        rest = words_after(rest, joint);
    }

    label->speakers = words_trim_end((struct bytes){before.data, before.size - rest.size});
    label->attendee = count == 1 ? attendance_by_abbreviation(attendance, word) : NULL;
    rest = words_trim_start(rest);
    return words_after(rest, remark_size(rest)).size == 0;
}

static bool
parse_words(const struct attendance *attendance, struct bytes before, struct label *label)
{
    label->speakers = before;
    return attendance_has_name(attendance, before, &label->attendee) ||
           is_listed(anybody, sizeof anybody / sizeof anybody[0], before);
}

bool
label_parse(const struct attendance *attendance, struct bytes line, struct label *label)
{
    struct bytes start = words_trim_start(line);
    struct bytes head = start;

    if (head.size > LABEL_BYTES_MAX)
        head.size = LABEL_BYTES_MAX;
    size_t colon = words_find_byte(head, ':');
    struct bytes after = words_after(start, colon);
    if (line.size - start.size > 3 || colon == head.size || words_start_with(after, "::") ||
        words_start_with(after, "://"))
        return false;

    struct bytes before = words_trim_end((struct bytes){start.data, colon});
    label->text = words_trim(words_after(after, 1));
    return parse_abbreviations(attendance, before, label) || parse_words(attendance, before, label);
}
