/* The lists inside of facts. */
#include "format/fact_internal.h"

#include "base/text.h"

void
fact_text_write(struct writer *writer, struct bytes text)
{
    writer_u8(writer, (uint8_t)text.size);
    writer_bytes(writer, text);
}

bool
text_language_next(struct reader *reader, struct text_language *language)
{
    *language = (struct text_language){0};
    if (reader->rest.size == 0)
        return false;
    language->tag = reader_bytes(reader, reader_u8(reader));
    uint8_t is_authentic = reader_u8(reader);
    language->is_authentic = is_authentic == 1;
    language->media_type = reader_bytes(reader, reader_u8(reader));
    language->size = reader_u32(reader);
    reader_copy(reader, language->sha256.bytes, sizeof language->sha256.bytes);
    if (is_authentic > 1)
        language->tag = (struct bytes){0}; /* no language: one encoding for each value */
    return !reader->failed;
}

bool
text_bracket_next(struct reader *reader, struct text_bracket *bracket)
{
    *bracket = (struct text_bracket){0};
    if (reader->rest.size == 0)
        return false;
    bracket->language = reader_u8(reader);
    bracket->start = reader_u32(reader);
    bracket->size = reader_u32(reader);
    bracket->holders = reader_u32(reader);
    return !reader->failed;
}

bool
spokesperson_next(struct reader *reader, struct spokesperson *spokesperson)
{
    *spokesperson = (struct spokesperson){0};
    if (reader->rest.size == 0)
        return false;
    spokesperson->slot = reader_u8(reader);
    spokesperson->name = reader_bytes(reader, reader_u8(reader));
    return !reader->failed;
}

bool
office_name_next(struct reader *reader, struct bytes *name)
{
    *name = (struct bytes){0};
    if (reader->rest.size == 0)
        return false;
    *name = reader_bytes(reader, reader_u8(reader));
    return !reader->failed;
}

void
text_language_write(struct writer *writer, const struct text_language *language)
{
    fact_text_write(writer, language->tag);
    writer_u8(writer, language->is_authentic);
    fact_text_write(writer, language->media_type);
    writer_u32(writer, language->size);
    writer_copy(writer, language->sha256.bytes, sizeof language->sha256.bytes);
}

void
text_bracket_write(struct writer *writer, const struct text_bracket *bracket)
{
    writer_u8(writer, bracket->language);
    writer_u32(writer, bracket->start);
    writer_u32(writer, bracket->size);
    writer_u32(writer, bracket->holders);
}

void
spokesperson_write(struct writer *writer, const struct spokesperson *spokesperson)
{
    writer_u8(writer, spokesperson->slot);
    fact_text_write(writer, spokesperson->name);
}

void
office_name_write(struct writer *writer, struct bytes name)
{
    fact_text_write(writer, name);
}

/* `*_next()` found no further item, and there had to be one. */
static bool
ends_early(struct reader *reader, bool found)
{
    if (!found)
        reader->failed = true;
    return !found;
}

static int
compare_tags(struct bytes a, struct bytes b)
{
    int order = memcmp(a.data, b.data, a.size < b.size ? a.size : b.size);

    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

bool
fact_check_languages(struct reader *reader, uint32_t count)
{
    struct text_language language;
    struct bytes before = {0};

    for (uint32_t i = 0; i < count; i++) {
        if (ends_early(reader, text_language_next(reader, &language)) ||
            !text_is_language_tag(language.tag) || !text_is_media_type(language.media_type) ||
            (i > 0 && compare_tags(before, language.tag) >= 0))
            return false;
        before = language.tag;
    }
    return true;
}

bool
fact_check_offices(struct reader *reader, uint32_t count)
{
    struct bytes name, before = {0};

    for (uint32_t i = 0; i < count; i++) {
        if (ends_early(reader, office_name_next(reader, &name)) || name.size == 0 ||
            !text_is_utf8(name) || (i > 0 && compare_tags(before, name) >= 0))
            return false;
        before = name;
    }
    return true;
}

bool
fact_check_chairs(struct reader *reader, uint32_t count)
{
    uint32_t seen = 0;

    for (uint32_t i = 0; i < count; i++) {
        uint8_t slot = reader_u8(reader);
        if (reader->failed || slot >= PARTIES_MAX || (seen >> slot & 1) != 0)
            return false;
        seen |= UINT32_C(1) << slot;
    }
    return true;
}

bool
fact_check_spokespersons(struct reader *reader, uint32_t count)
{
    struct spokesperson item;

    for (uint32_t i = 0; i < count; i++)
        if (ends_early(reader, spokesperson_next(reader, &item)) || item.slot >= PARTIES_MAX ||
            item.name.size == 0 || !text_is_utf8(item.name))
            return false;
    return true;
}

bool
fact_check_brackets(const struct fact *fact)
{
    uint32_t sizes[FACT_LANGUAGES_MAX] = {0};
    struct reader languages = reader_of(fact->items), brackets = reader_of(fact->bracket_items);
    struct text_language language;
    struct text_bracket bracket, before = {0};

    for (uint32_t i = 0; i < fact->items_count; i++)
        if (text_language_next(&languages, &language))
            sizes[i] = language.size;
    for (uint32_t i = 0; text_bracket_next(&brackets, &bracket); i++) {
        if (bracket.language >= fact->items_count || bracket.holders == 0 ||
            bracket.holders >> PARTIES_MAX != 0 || bracket.start > sizes[bracket.language] ||
            bracket.size > sizes[bracket.language] - bracket.start)
            return false;
        if (i > 0 &&
            (bracket.language < before.language ||
                (bracket.language == before.language &&
                    (bracket.start <= before.start || bracket.start - before.start < before.size))))
            return false;
        before = bracket;
    }
    return true;
}
