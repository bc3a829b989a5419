/* Texts in several languages under one root.  PROTOCOL.md section 14. */
#include "api/handling.h"

#include "base/text.h"
#include "consultation/texts.h"
#include "crypto/hash.h"

#include <stdlib.h>

#define MEDIA_TYPE_DEFAULT "text/plain"

/* ---- showing ---- */

/* Word for word or not at all: what is no text, or would not be shown as it is, is known by its
 * hash. */
static json_t *
json_of_content(const struct text_file *file)
{
    struct bytes data = file->data;

    if (!file->is_here || !text_is_utf8(data) ||
        (data.size > 0 && memchr(data.data, 0, data.size) != NULL))
        return json_null();
    return json_of_utf8(data);
}

static json_t *
json_of_file(const struct text_file *file)
{
    json_t *made = json_object();

    json_put(&made, "language", json_of_utf8(file->language.tag));
    json_put(&made, "is_authentic", json_boolean(file->language.is_authentic));
    json_put(&made, "media_type", json_of_utf8(file->language.media_type));
    json_put(&made, "size", json_integer(file->language.size));
    json_put(&made, "sha256", json_of_value(&file->language.sha256));
    json_put(&made, "is_here", json_boolean(file->is_here));
    json_put(&made, "text", json_of_content(file));
    return made;
}

static json_t *
json_of_brackets(const struct fact *fact, const struct text_state *text)
{
    struct reader reader = reader_of(fact->bracket_items);
    struct text_bracket bracket;
    json_t *list = json_array();

    while (text_bracket_next(&reader, &bracket)) {
        json_t *made = json_object();
        json_put(&made, "language", json_of_utf8(text->files[bracket.language].language.tag));
        json_put(&made, "start", json_integer(bracket.start));
        json_put(&made, "size", json_integer(bracket.size));
        json_put(&made, "holders", json_of_slots(bracket.holders));
        json_add(&list, made);
    }
    return list;
}

static json_t *
show_concord(const struct shown *shown)
{
    json_t *made = json_object();

    json_put(&made, "from", json_of_utf8(shown->fact->tag));
    json_put(&made, "to", json_of_utf8(shown->fact->other_tag));
    json_put(&made, "text", json_of_utf8(shown->fact->text));
    put_note(&made, shown);
    return made;
}

json_t *
text_files(const struct text_state *text)
{
    json_t *list = json_array();

    for (uint16_t i = 0; i < text->languages; i++)
        json_add(&list, json_of_file(&text->files[i]));
    return list;
}

static bool
is_whole(const struct text_state *text)
{
    bool is = true;

    for (uint16_t i = 0; i < text->languages; i++)
        is = is && text->files[i].is_here;
    return is;
}

enum entente_error
text_show(struct room *room, const struct digest *root, json_t **shown)
{
    struct consultation *consultation = room_consultation(room);
    const struct object *object;
    struct text_state text;
    struct fact fact;
    json_t *made = json_object();

    *shown = NULL;
    enum entente_error error = consultation_text(consultation, root, &text);
    if (error == ENTENTE_OK)
        error = object_of_type(consultation, root, FACT_TEXT, &object, &fact);
    if (error == ENTENTE_OK) {
        json_put(&made, "root", json_of_id(root));
        json_put(&made, "nonce", json_of_value(fact.nonce.data));
        json_put(&made, "files", text_files(&text));
        json_put(&made, "is_clean", json_boolean(text.brackets == 0 && is_whole(&text)));
        json_put(&made, "brackets", json_of_brackets(&fact, &text));
        error = put_notes(&made, "concords", room, object, FACT_CONCORD, show_concord, NULL);
    }
    if (error != ENTENTE_OK) {
        json_decref(made);
        return error;
    }
    json_put(&made, "origin", json_of_origin_at(room, &object_made_by(object)->place));
    *shown = made;
    return ENTENTE_OK;
}

static void
show_text(struct call *call)
{
    struct found_object text;
    json_t *answer = NULL;

    if (!find_object(call, "root", FACT_TEXT, &text))
        return;
    enum entente_error error = text_show(call_room(call), &text.id, &answer);
    reply_or_fail(call, error, answer);
}

/* ---- comparing ---- */

static const struct text_file *
file_of(const struct text_state *text, struct bytes tag)
{
    for (uint16_t i = 0; i < text->languages; i++)
        if (bytes_equal(text->files[i].language.tag, tag))
            return &text->files[i];
    return NULL;
}

/* The file of the text in the language; false: the call was refused. */
static bool
find_file(struct call *call, const char *name, struct bytes tag, struct text_state *text,
    const struct text_file **file)
{
    struct found_object found;

    if (!find_object(call, name, FACT_TEXT, &found))
        return false;
    enum entente_error error =
        consultation_text(room_consultation(call_room(call)), &found.id, text);
    if (error != ENTENTE_OK) {
        call_fail(call, error);
        return false;
    }
    *file = file_of(text, tag);
    if (*file != NULL && (*file)->is_here)
        return true;
    call_refuse(call, *file == NULL ? 404 : 409, *file == NULL ? "language" : name, "T3",
        *file == NULL ? "%s: that text has no such language"
                      : "%s: that text's file in this language has not arrived here yet",
        name);
    return false;
}

static json_t *
json_of_lines(const struct text_line *lines, uint32_t count)
{
    static const char *const changes[] = {"same", "removed", "added"};
    json_t *list = json_array();

    for (uint32_t i = 0; i < count; i++) {
        json_t *made = json_object();
        json_put(&made, "is", json_string(changes[lines[i].change]));
        json_put(&made, "text", json_of_utf8(lines[i].paragraph));
        json_add(&list, made);
    }
    return list;
}

static void
compare_texts(struct call *call)
{
    struct bytes tag = bytes_of_text(call_parameter(call, "language"));
    struct text_state text, with;
    const struct text_file *before, *after;
    uint32_t count;

    if (!find_file(call, "root", tag, &text, &before) ||
        !find_file(call, "with", tag, &with, &after))
        return;
    struct text_line *lines = malloc(2 * TEXT_PARAGRAPHS_MAX * sizeof *lines);
    enum entente_error error = lines == NULL
                                   ? ENTENTE_ERR_NO_MEMORY
                                   : text_compare(before->data, after->data, lines, &count);
    if (error == ENTENTE_ERR_TOO_LARGE) {
        call_refuse(call, 422, "root", NULL,
            "a text of more than %u paragraphs is not compared here", TEXT_PARAGRAPHS_MAX);
    } else {
        json_t *answer = json_object();
        json_put(&answer, "language", json_of_utf8(tag));
        json_put(&answer, "paragraphs",
            error == ENTENTE_OK ? json_of_lines(lines, count) : json_array());
        reply_or_fail(call, error, answer);
    }
    free(lines);
}

/* ---- writing ---- */

/* A text as it is asked for. */
struct draft {
    uint16_t count;
    struct draft_file {
        struct text_language language;
        struct bytes data;
    } files[FACT_LANGUAGES_MAX];
    uint8_t languages[FACT_LANGUAGES_MAX * 300];
    uint16_t brackets_count;
    struct text_bracket brackets[FACT_BRACKETS_MAX];
    uint8_t brackets_encoded[FACT_BRACKETS_MAX * 13];
    uint8_t nonce[ID_BYTES];
};

static int
compare_files(const void *a, const void *b)
{
    struct bytes one = ((const struct draft_file *)a)->language.tag;
    struct bytes other = ((const struct draft_file *)b)->language.tag;
    int order = memcmp(one.data, other.data, one.size < other.size ? one.size : other.size);

    return order != 0 ? order : (one.size > other.size) - (one.size < other.size);
}

static bool
refuse_file(
    struct call *call, size_t index, const char *field, const char *rule, const char *detail)
{
    char pointer[64];

    snprintf(pointer, sizeof pointer, "/files/%zu/%s", index, field);
    call_refuse(call, 422, pointer, rule, "%s: %s", pointer, detail);
    return false;
}

static bool
take_file(struct call *call, size_t index, const json_t *value, struct draft_file *file)
{
    struct bytes media_type = text_in(value, "media_type");

    file->data = text_in(value, "text");
    file->language.tag = text_in(value, "language");
    file->language.is_authentic = json_is_true(json_object_get(value, "is_authentic"));
    file->language.media_type =
        media_type.size > 0 ? media_type : bytes_of_text(MEDIA_TYPE_DEFAULT);
    file->language.size = (uint32_t)file->data.size;
    if (!text_is_media_type(file->language.media_type))
        return refuse_file(call, index, "media_type", "T1", "no media type, such as text/plain");
    sha256_once(file->language.sha256.bytes, file->data);
    return true;
}

static bool
take_files(struct call *call, struct draft *draft, struct fact *fact)
{
    const json_t *list = json_object_get(call_body(call), "files");

    for (size_t i = 0; i < json_array_size(list) && i < FACT_LANGUAGES_MAX; i++, draft->count++) {
        const struct draft_file *made = &draft->files[i];
        if (!take_file(call, i, json_array_get(list, i), &draft->files[i]))
            return false;
        for (size_t j = 0; j < i; j++)
            if (bytes_equal(draft->files[j].language.tag, made->language.tag))
                return refuse_file(
                    call, i, "language", "T1", "a text has one file in each language");
    }
    qsort(draft->files, draft->count, sizeof *draft->files, compare_files);
    struct writer writer = writer_of(draft->languages, sizeof draft->languages);
    for (uint16_t i = 0; i < draft->count; i++)
        text_language_write(&writer, &draft->files[i].language);
    fact->items = writer_written(&writer);
    fact->items_count = draft->count;
    return true;
}

static bool
refuse_bracket(struct call *call, size_t index, const char *detail)
{
    char pointer[64];

    snprintf(pointer, sizeof pointer, "/brackets/%zu", index);
    call_refuse(call, 422, pointer, "T2", "%s: %s", pointer, detail);
    return false;
}

/* Whether a character of UTF-8 begins at the place, or the file ends there. */
static bool
is_boundary(struct bytes data, uint64_t at)
{
    return at == data.size || (at < data.size && (data.data[at] & 0xC0) != 0x80);
}

static bool
take_bracket(struct call *call, size_t index, const json_t *value, const struct draft *draft,
    struct text_bracket *bracket)
{
    struct bytes tag = text_in(value, "language");
    uint64_t start = (uint64_t)json_integer_value(json_object_get(value, "start"));
    uint64_t size = (uint64_t)json_integer_value(json_object_get(value, "size"));
    const json_t *holders = json_object_get(value, "holders");
    uint8_t parties = room_parties(call_room(call)), language = 0;

    while (language < draft->count && !bytes_equal(draft->files[language].language.tag, tag))
        language++;
    if (language == draft->count)
        return refuse_bracket(call, index, "the text has no file in this language");
    struct bytes data = draft->files[language].data;
    if (!is_boundary(data, start) || !is_boundary(data, start + size))
        return refuse_bracket(
            call, index, "start and size do not fall between characters of the file");
    *bracket = (struct text_bracket){language, (uint32_t)start, (uint32_t)size, 0};
    for (size_t i = 0; i < json_array_size(holders); i++) {
        json_int_t slot = json_integer_value(json_array_get(holders, i));
        if (slot < 0 || slot >= parties)
            return refuse_bracket(call, index, "a holder is no party of the room");
        bracket->holders |= UINT32_C(1) << slot;
    }
    return true;
}

static int
compare_brackets(const void *a, const void *b)
{
    const struct text_bracket *one = a, *other = b;

    if (one->language != other->language)
        return one->language < other->language ? -1 : 1;
    return (one->start > other->start) - (one->start < other->start);
}

static bool
take_brackets(struct call *call, struct draft *draft, struct fact *fact)
{
    const json_t *list = json_object_get(call_body(call), "brackets");
    struct text_bracket *brackets = draft->brackets;

    for (size_t i = 0; i < json_array_size(list) && i < FACT_BRACKETS_MAX; i++)
        if (!take_bracket(
                call, i, json_array_get(list, i), draft, &brackets[draft->brackets_count++]))
            return false;
    qsort(brackets, draft->brackets_count, sizeof *brackets, compare_brackets);
    struct writer writer = writer_of(draft->brackets_encoded, sizeof draft->brackets_encoded);
    for (uint16_t i = 0; i < draft->brackets_count; i++) {
        if (i > 0 && brackets[i - 1].language == brackets[i].language &&
            brackets[i - 1].start + brackets[i - 1].size > brackets[i].start) {
            call_refuse(call, 422, "/brackets", "T2", "brackets: two of them overlap");
            return false;
        }
        text_bracket_write(&writer, &brackets[i]);
    }
    fact->brackets = draft->brackets_count;
    fact->bracket_items = writer_written(&writer);
    return true;
}

/* What a section takes in a body, with its type and size. */
static size_t
size_in_body(const struct section *section)
{
    return 6 + section_size(section);
}

/* The text and its files, in as few bodies as hold them (T3: a part counts wherever it stands). */
static void
write_text(struct call *call, const struct draft *draft, const struct fact *text)
{
    struct section sections[1 + FACT_LANGUAGES_MAX] = {{.type = FACT_TEXT, .fact = *text}};
    struct digest root;
    uint32_t count = 1;
    size_t size = BODY_SECRET_BYTES + 2 + size_in_body(&sections[0]);

    fact_make_text_root(&root, text);
    for (uint16_t i = 0; i < draft->count; i++) {
        struct section part = {.type = FACT_TEXT_PART,
            .fact = {
                .root = root, .tag = draft->files[i].language.tag, .data = draft->files[i].data}};
        if (body_padded_size(size + size_in_body(&part)) > BODY_BYTES_MAX) {
            call_write_named(call, ENTRY_SEALED, sections, count, &root);
            count = 0;
            size = BODY_SECRET_BYTES + 2;
        }
        size += size_in_body(&part);
        sections[count++] = part;
    }
    call_write_named(call, ENTRY_SEALED, sections, count, &root);
}

static void
create_text(struct call *call)
{
    struct draft *draft = calloc(1, sizeof *draft);
    struct fact fact = {0};

    if (draft == NULL) {
        call_fail(call, ENTENTE_ERR_NO_MEMORY);
        return;
    }
    if (take_files(call, draft, &fact) && take_brackets(call, draft, &fact)) {
        call_random(call, draft->nonce, sizeof draft->nonce);
        fact.nonce = (struct bytes){draft->nonce, sizeof draft->nonce};
        write_text(call, draft, &fact);
    }
    free(draft);
}

static void
add_concord(struct call *call)
{
    struct found_object text;
    struct text_state state;
    struct fact fact = {0};

    if (!find_object(call, "root", FACT_TEXT, &text))
        return;
    call_field_text(call, "from", &fact.tag);
    call_field_text(call, "to", &fact.other_tag);
    call_field_text(call, "text", &fact.text);
    enum entente_error error =
        consultation_text(room_consultation(call_room(call)), &text.id, &state);
    if (error != ENTENTE_OK) {
        call_fail(call, error);
        return;
    }
    if (file_of(&state, fact.tag) == NULL || file_of(&state, fact.other_tag) == NULL) {
        call_refuse(call, 422, file_of(&state, fact.tag) == NULL ? "/from" : "/to", "T1",
            "the text has no file in this language");
        return;
    }
    fact.root = text.id;
    write_fact(call, FACT_CONCORD, &fact);
}

const struct call_entry calls_of_texts[] = {
    {.operation = "textShow", .run = show_text},
    {.operation = "textCreate", .run = create_text},
    {.operation = "textCompare", .run = compare_texts},
    {.operation = "concordAdd", .run = add_concord},
    {.operation = NULL},
};
