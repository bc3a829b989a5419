#include "format/marking.h"

#include "base/text.h"

struct marking
marking_missing(void)
{
    return (struct marking){
        .scheme = MARKING_MISSING, .level = MARKING_RED, .parties = MARKING_PARTIES_ALL};
}

static struct bytes
read_text(struct reader *reader)
{
    return reader_bytes(reader, reader_u8(reader));
}

static void
write_text(struct writer *writer, struct bytes text)
{
    writer_u8(writer, (uint8_t)text.size);
    writer_bytes(writer, text);
}

bool
marking_read(struct reader *reader, struct marking *marking)
{
    marking->scheme = reader_u8(reader);
    marking->level = reader_u8(reader);
    marking->parties = reader_u32(reader);
    marking->policy = read_text(reader);
    marking->classification = read_text(reader);
    marking->releasable = read_text(reader);
    return !reader->failed && marking_is_good(marking);
}

void
marking_write(struct writer *writer, const struct marking *marking)
{
    writer_u8(writer, marking->scheme);
    writer_u8(writer, marking->level);
    writer_u32(writer, marking->parties);
    write_text(writer, marking->policy);
    write_text(writer, marking->classification);
    write_text(writer, marking->releasable);
}

size_t
marking_size(const struct marking *marking)
{
    return 1 + 1 + 4 + 3 + marking->policy.size + marking->classification.size +
           marking->releasable.size;
}

/* Nothing that would read as another part of the marking. */
static bool
is_good_text(struct bytes text)
{
    if (text.size > MARKING_TEXT_BYTES_MAX || !text_is_utf8(text))
        return false;
    if (text.size > 0 && (text.data[0] == ' ' || text.data[text.size - 1] == ' '))
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < ' ' || text.data[i] == ':' ||
            (text.data[i] == '/' && i + 1 < text.size && text.data[i + 1] == '/'))
            return false;
    return true;
}

bool
marking_is_good(const struct marking *marking)
{
    bool has_words = marking->classification.size > 0;

    if (marking->level < MARKING_CLEAR || marking->level > MARKING_RED ||
        marking->parties > MARKING_PARTIES_ALL || !is_good_text(marking->policy) ||
        !is_good_text(marking->classification) || !is_good_text(marking->releasable))
        return false;
    switch ((enum marking_scheme)marking->scheme) {
    case MARKING_MISSING:
        return marking->level == MARKING_RED && marking->parties == MARKING_PARTIES_ALL &&
               marking->policy.size == 0 && !has_words && marking->releasable.size == 0;
    case MARKING_TLP:
        return marking->policy.size == 0 && !has_words;
    case MARKING_POLICY:
        return has_words;
    }
    return false;
}

bool
marking_allows(const struct marking *marking, uint8_t giver, uint8_t slot, enum marking_use use)
{
    if (slot == giver)
        return true; /* it is its own: the marking is for the others */
    return slot < PARTIES_MAX && (marking->parties >> slot & 1) != 0 &&
           marking->level <= (unsigned)use;
}

bool
marking_covers(const struct marking *a, const struct marking *b)
{
    return a->level >= b->level && (a->parties & ~b->parties) == 0;
}

/* ---- as text ---- */

#define TLP "TLP:"
#define RELEASABLE "//REL "
#define LEVEL "//LEVEL "

static const char *const colours[] = {
    [MARKING_CLEAR] = "CLEAR",
    [MARKING_GREEN] = "GREEN",
    [MARKING_AMBER] = "AMBER",
    [MARKING_AMBER_STRICT] = "AMBER+STRICT",
    [MARKING_RED] = "RED",
};

/* What many policies have in common; the longer one of two that end alike comes first. */
static const struct {
    const char *words;
    uint8_t level;
} classifications[] = {
    {"TOP SECRET", MARKING_RED},
    {"SECRET", MARKING_AMBER_STRICT},
    {"CONFIDENTIAL", MARKING_AMBER},
    {"RESTRICTED", MARKING_GREEN},
    {"UNCLASSIFIED", MARKING_CLEAR},
};
#define CLASSIFICATIONS (sizeof classifications / sizeof classifications[0])

static uint8_t
capital(uint8_t letter)
{
    return letter >= 'a' && letter <= 'z' ? (uint8_t)(letter - 'a' + 'A') : letter;
}

static bool
is_same(struct bytes a, struct bytes b)
{
    for (size_t i = 0; a.size == b.size && i < a.size; i++)
        if (capital(a.data[i]) != capital(b.data[i]))
            return false;
    return a.size == b.size;
}

static bool
begins_with(struct bytes text, struct bytes start)
{
    return text.size >= start.size && is_same((struct bytes){text.data, start.size}, start);
}

static struct bytes
skip(struct bytes text, size_t size)
{
    return (struct bytes){text.data + size, text.size - size};
}

static struct bytes
trim(struct bytes text)
{
    while (text.size > 0 && text.data[0] == ' ')
        text = skip(text, 1);
    while (text.size > 0 && text.data[text.size - 1] == ' ')
        text.size--;
    return text;
}

/* Whether `text` is `words`, or ends with them behind a space. */
static bool
ends_with(struct bytes text, struct bytes words)
{
    if (text.size < words.size || !is_same(skip(text, text.size - words.size), words))
        return false;
    return text.size == words.size || text.data[text.size - words.size - 1] == ' ';
}

/* The level that policy and classification, as written, say by themselves. */
static uint8_t
level_of(struct bytes head)
{
    for (size_t i = 0; i < CLASSIFICATIONS; i++)
        if (ends_with(head, bytes_of_text(classifications[i].words)))
            return classifications[i].level;
    return MARKING_RED;
}

void
marking_print(struct writer *writer, const struct marking *marking)
{
    if (marking->scheme == MARKING_MISSING) {
        writer_bytes(writer, bytes_of_text("NO MARKING"));
        return;
    }
    if (marking->scheme == MARKING_TLP) {
        writer_bytes(writer, bytes_of_text(TLP));
        writer_bytes(writer, bytes_of_text(colours[marking->level]));
    } else {
        size_t start = writer->used;
        writer_bytes(writer, marking->policy);
        if (marking->policy.size > 0)
            writer_u8(writer, ' ');
        writer_bytes(writer, marking->classification);
        struct bytes head = skip(writer_written(writer), start);
        if (level_of(head) != marking->level) {
            writer_bytes(writer, bytes_of_text(LEVEL));
            writer_u8(writer, (uint8_t)('0' + marking->level));
        }
    }
    if (marking->releasable.size > 0) {
        writer_bytes(writer, bytes_of_text(RELEASABLE));
        writer_bytes(writer, marking->releasable);
    }
}

/* Cuts `*text` off before `mark` and gives what is behind it; false where `mark` is not in it. */
static bool
cut_at(struct bytes *text, const char *mark, struct bytes *behind)
{
    struct bytes wanted = bytes_of_text(mark);

    for (size_t i = 0; i + wanted.size <= text->size; i++) {
        if (!begins_with(skip(*text, i), wanted))
            continue;
        *behind = trim(skip(*text, i + wanted.size));
        *text = trim((struct bytes){text->data, i});
        return true;
    }
    return false;
}

static uint32_t
parties_of(struct bytes words, const struct bytes *names, uint8_t names_count)
{
    uint32_t parties = 0;

    while (words.size > 0) {
        size_t size = 0;
        while (size < words.size && words.data[size] != ' ' && words.data[size] != ',')
            size++;
        for (uint8_t slot = 0; slot < names_count && slot < PARTIES_MAX; slot++)
            if (is_same((struct bytes){words.data, size}, names[slot]))
                parties |= UINT32_C(1) << slot;
        words = skip(words, size < words.size ? size + 1 : size);
    }
    return parties;
}

/* Known words at the end are the classification, and what stands before them is whose it is. */
static void
split_policy(struct bytes head, struct marking *marking)
{
    for (size_t i = 0; i < CLASSIFICATIONS; i++) {
        struct bytes words = bytes_of_text(classifications[i].words);
        if (!ends_with(head, words))
            continue;
        size_t before = head.size - words.size;
        marking->policy = trim((struct bytes){head.data, before});
        marking->classification = skip(head, before);
        return;
    }
    marking->classification = head;
    for (size_t i = 0; i < head.size; i++)
        if (head.data[i] == ' ') {
            marking->policy = (struct bytes){head.data, i};
            marking->classification = trim(skip(head, i));
            return;
        }
}

static enum entente_error
parse_level(struct marking *marking, struct bytes head, bool has_level, struct bytes level)
{
    marking->level = 0;
    if (begins_with(head, bytes_of_text(TLP))) {
        marking->scheme = MARKING_TLP;
        for (uint8_t i = MARKING_CLEAR; i <= MARKING_RED; i++)
            if (is_same(skip(head, strlen(TLP)), bytes_of_text(colours[i])))
                marking->level = i;
        return marking->level != 0 && !has_level ? ENTENTE_OK : ENTENTE_ERR_USAGE;
    }
    marking->scheme = MARKING_POLICY;
    split_policy(head, marking);
    marking->level = level_of(head);
    if (has_level && level.size != 1)
        return ENTENTE_ERR_USAGE;
    if (has_level)
        marking->level = (uint8_t)(level.data[0] - '0');
    return ENTENTE_OK;
}

enum entente_error
marking_parse(
    struct marking *marking, struct bytes text, const struct bytes *names, uint8_t names_count)
{
    struct marking read = {.parties = MARKING_PARTIES_ALL};
    struct bytes head = trim(text), level = {0};

    *marking = (struct marking){0};
    if (!text_is_utf8(text))
        return ENTENTE_ERR_TEXT;
    if (cut_at(&head, RELEASABLE, &read.releasable))
        read.parties = parties_of(read.releasable, names, names_count);
    bool has_level = cut_at(&head, LEVEL, &level);
    enum entente_error error = parse_level(&read, head, has_level, level);
    if (error == ENTENTE_OK && !marking_is_good(&read))
        error = ENTENTE_ERR_USAGE;
    if (error == ENTENTE_OK)
        *marking = read;
    return error;
}
