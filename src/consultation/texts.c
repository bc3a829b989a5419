#include "consultation/texts.h"

#include "consultation/internal.h"

#include <stdlib.h>

/* ---- the text of an act ---- */

static enum entente_error
find_parts(
    const struct consultation *consultation, const struct object *object, struct text_state *text)
{
    const struct fact_note *note;
    struct fact fact;
    struct digest hash;
    enum entente_error error = ENTENTE_OK;

    for (uint32_t i = 0; error == ENTENTE_OK;) {
        error = object_next(consultation, object, FACT_TEXT_PART, &i, &note, &fact);
        for (uint16_t j = 0; error == ENTENTE_OK && j < text->languages; j++) {
            struct text_file *file = &text->files[j];
            if (file->is_here || fact.data.size != file->language.size ||
                !bytes_equal(fact.tag, file->language.tag))
                continue;
            sha256_once(hash.bytes, fact.data);
            file->is_here = memcmp(&hash, &file->language.sha256, sizeof hash) == 0;
            if (file->is_here)
                file->data = fact.data;
        }
    }
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

enum entente_error
consultation_text(
    const struct consultation *consultation, const struct digest *root, struct text_state *text)
{
    const struct object *object;
    struct fact fact;

    *text = (struct text_state){0};
    enum entente_error error = object_of_type(consultation, root, FACT_TEXT, &object, &fact);
    if (error != ENTENTE_OK)
        return error;
    struct reader reader = reader_of(fact.items);
    text->brackets = fact.brackets;
    while (text_language_next(&reader, &text->files[text->languages].language))
        if (++text->languages == FACT_LANGUAGES_MAX)
            break;
    error = find_parts(consultation, object, text);
    if (error != ENTENTE_OK)
        *text = (struct text_state){0};
    return error;
}

enum entente_error
consultation_text_is_clean(
    const struct consultation *consultation, const struct digest *act, bool *is_clean)
{
    struct proposal proposal;
    struct text_state text;

    *is_clean = false;
    if (!consultation_proposal(consultation, act, &proposal) || proposal.brackets > 0)
        return ENTENTE_OK;
    enum entente_error error = consultation_text(consultation, &proposal.root, &text);
    if (error != ENTENTE_OK)
        return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
    *is_clean = text.brackets == 0;
    for (uint16_t i = 0; i < text.languages; i++)
        *is_clean = *is_clean && text.files[i].is_here;
    return ENTENTE_OK;
}

/* ---- side by side ---- */

/* The next line, without its end. */
static struct bytes
next_line(struct bytes *rest)
{
    const uint8_t *end = rest->size > 0 ? memchr(rest->data, '\n', rest->size) : NULL;
    size_t size = end != NULL ? (size_t)(end - rest->data) : rest->size;
    struct bytes line = {rest->data, size};

    size_t used = end != NULL ? size + 1 : size;
    *rest = (struct bytes){rest->data + used, rest->size - used};
    return line;
}

static bool
is_blank(struct bytes line)
{
    for (size_t i = 0; i < line.size; i++)
        if (line.data[i] != ' ' && line.data[i] != '\t' && line.data[i] != '\r')
            return false;
    return true;
}

bool
text_paragraph_next(struct bytes *rest, struct bytes *paragraph)
{
    struct bytes line = {0};

    *paragraph = (struct bytes){0};
    while (rest->size > 0 && is_blank(line = next_line(rest)))
        ;
    if (is_blank(line))
        return false;
    *paragraph = line;
    while (rest->size > 0) {
        line = next_line(rest);
        if (is_blank(line))
            break;
        paragraph->size = (size_t)(line.data + line.size - paragraph->data);
    }
    return true;
}

static enum entente_error
split(struct bytes text, struct bytes *paragraphs, uint32_t *count)
{
    struct bytes paragraph;

    for (*count = 0; text_paragraph_next(&text, &paragraph); ++*count) {
        if (*count == TEXT_PARAGRAPHS_MAX)
            return ENTENTE_ERR_TOO_LARGE;
        paragraphs[*count] = paragraph;
    }
    return ENTENTE_OK;
}

/* lengths[i][j] of the longest common list of before[i..] and after[j..]. */
static void
fill_lengths(uint16_t *lengths, const struct bytes *before, uint32_t rows,
    const struct bytes *after, uint32_t columns)
{
    for (uint32_t i = rows; i-- > 0;)
        for (uint32_t j = columns; j-- > 0;) {
            uint16_t *at = &lengths[i * (columns + 1) + j];
            uint16_t down = at[columns + 1], right = at[1];
            if (bytes_equal(before[i], after[j]))
                *at = (uint16_t)(at[columns + 2] + 1);
            else
                *at = down > right ? down : right;
        }
}

static void
walk(const uint16_t *lengths, const struct bytes *before, uint32_t rows, const struct bytes *after,
    uint32_t columns, struct text_line *lines, uint32_t *count)
{
    uint32_t i = 0, j = 0;

    *count = 0;
    while (i < rows || j < columns) {
        const uint16_t *at = &lengths[i * (columns + 1) + j];
        if (i < rows && j < columns && bytes_equal(before[i], after[j])) {
            lines[(*count)++] = (struct text_line){TEXT_SAME, after[j]};
            i++;
            j++;
        } else if (i < rows && (j == columns || at[columns + 1] >= at[1])) {
            lines[(*count)++] = (struct text_line){TEXT_REMOVED, before[i++]};
        } else {
            lines[(*count)++] = (struct text_line){TEXT_ADDED, after[j++]};
        }
    }
}

enum entente_error
text_compare(struct bytes before, struct bytes after, struct text_line *lines, uint32_t *count)
{
    struct bytes *paragraphs = malloc(2 * TEXT_PARAGRAPHS_MAX * sizeof *paragraphs);
    uint16_t *lengths = NULL;
    uint32_t rows = 0, columns = 0;
    enum entente_error error = ENTENTE_ERR_NO_MEMORY;

    *count = 0;
    if (paragraphs == NULL)
        goto out;
    error = split(before, paragraphs, &rows);
    if (error == ENTENTE_OK)
        error = split(after, paragraphs + TEXT_PARAGRAPHS_MAX, &columns);
    if (error != ENTENTE_OK)
        goto out;
    lengths = calloc((size_t)(rows + 1) * (columns + 1), sizeof *lengths);
    if (lengths == NULL) {
        error = ENTENTE_ERR_NO_MEMORY;
        goto out;
    }
    fill_lengths(lengths, paragraphs, rows, paragraphs + TEXT_PARAGRAPHS_MAX, columns);
    walk(lengths, paragraphs, rows, paragraphs + TEXT_PARAGRAPHS_MAX, columns, lines, count);

out:
    free(lengths);
    free(paragraphs);
    return error;
}
