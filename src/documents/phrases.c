#include "documents/phrases.h"

#include <strings.h>

static const char *const phrases[PHRASE_COUNT][PHRASE_LANGUAGES] = {
#define X(name, english, korean, japanese, arabic) {english, korean, japanese, arabic},
    PHRASES(X)
#undef X
};

static const char *const tags[PHRASE_LANGUAGES] = {"en", "ko", "ja", "ar"};

static bool
begins_with_subtag(struct bytes tag, const char *subtag)
{
    size_t size = strlen(subtag);

    return tag.size >= size && strncasecmp((const char *)tag.data, subtag, size) == 0 &&
           (tag.size == size || tag.data[size] == '-');
}

enum phrase_language
phrase_language_of(const char *tag)
{
    for (int i = 0; tag != NULL && i < PHRASE_LANGUAGES; i++)
        if (begins_with_subtag(bytes_of_text(tag), tags[i]))
            return (enum phrase_language)i;
    return IN_ENGLISH;
}

const char *
phrase_language_tag(enum phrase_language language)
{
    return tags[language];
}

const char *
phrase(enum phrase_language language, enum phrase say)
{
    return phrases[say][language];
}

bool
tag_is_right_to_left(struct bytes tag)
{
    static const char *const languages[] = {
        "ar", "arc", "ckb", "dv", "fa", "he", "iw", "ks", "ps", "sd", "syr", "ug", "ur", "yi"};
    static const char *const scripts[] = {"arab", "hebr", "syrc", "thaa", "nkoo", "adlm"};

    for (size_t at = 0; at + 5 <= tag.size; at++) {
        bool is_script = tag.data[at] == '-' && (at + 5 == tag.size || tag.data[at + 5] == '-');
        if (!is_script)
            continue;
        for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++)
            if (strncasecmp((const char *)tag.data + at + 1, scripts[i], 4) == 0)
                return true;
        return false; /* another script is named, as in ku-Latn */
    }
    for (size_t i = 0; i < sizeof languages / sizeof *languages; i++)
        if (begins_with_subtag(tag, languages[i]))
            return true;
    return false;
}

static void
put_date(struct document *document, enum phrase_language language, const struct time_parts *at)
{
    static const char *const english[] = {"January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December"};
    static const char *const arabic[] = {"يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو",
        "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر"};

    switch (language) {
    case IN_KOREAN:
        document_printf(document, "%d년 %d월 %d일", at->year, at->month, at->day);
        break;
    case IN_JAPANESE:
        document_printf(document, "%d年%d月%d日", at->year, at->month, at->day);
        break;
    case IN_ARABIC:
        document_printf(document, "%d %s %d", at->day, arabic[at->month - 1], at->year);
        break;
    case IN_ENGLISH:
    case PHRASE_LANGUAGES:
        document_printf(document, "%d %s %d", at->day, english[at->month - 1], at->year);
        break;
    }
}

void
phrase_put_time(struct document *document, enum phrase_language language, uint64_t t_ms)
{
    static const char *const before_clock[PHRASE_LANGUAGES] = {", ", " ", " ", "، "};
    struct time_parts at = time_parts_of(t_ms);

    put_date(document, language, &at);
    document_printf(document, "%s%02d:%02d UTC", before_clock[language], at.hour, at.minute);
}

void
phrase_put_date(struct document *document, enum phrase_language language, uint64_t t_ms)
{
    struct time_parts at = time_parts_of(t_ms);

    put_date(document, language, &at);
}

void
phrase_put_clock(struct document *document, uint64_t t_ms)
{
    struct time_parts at = time_parts_of(t_ms);

    document_printf(document, "%02d:%02d", at.hour, at.minute);
}
