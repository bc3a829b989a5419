#include "documents/readout_check.h"

#include "consultation/texts.h"
#include "crypto/hash.h"
#include "documents/check_match.h"

#include <stdlib.h>

struct checking {
    struct readout_check *check;
    struct matcher matcher;
    struct scope all;
    struct scope *texts;   /* of each text */
    struct match *matches; /* of each passage of the report */
    uint32_t room;
    uint32_t *firsts; /* of each: the passage that it repeats, or itself */
    bool *is_covered; /* of each token of the readout */
    bool *is_said;    /* of each sentence by its number: it is one of the report */
    bool *is_used;    /* of each passage of the readout */
};

const char *
check_verdict_name(uint8_t verdict)
{
    static const char *const names[CHECK_VERDICTS] = {
        NULL, "verbatim", "altered", "missing", "repeated", "not-in-readout"};

    return verdict < CHECK_VERDICTS ? names[verdict] : NULL;
}

void
readout_check_free(struct readout_check *check)
{
    free(check->paragraphs);
    *check = (struct readout_check){0};
}

/* ---- cutting ---- */

/* The next line of a block, which has no blank ones. */
static bool
block_line_next(struct bytes *rest, struct bytes *line)
{
    const uint8_t *end = rest->size > 0 ? memchr(rest->data, '\n', rest->size) : NULL;
    size_t used = end == NULL ? rest->size : (size_t)(end - rest->data) + 1;

    *line = (struct bytes){rest->data, end == NULL ? used : used - 1};
    *rest = (struct bytes){used == 0 ? rest->data : rest->data + used, rest->size - used};
    return used > 0;
}

/* Whether all of the text is one block. */
static bool
is_one_block(struct bytes text)
{
    struct bytes block;

    return !text_paragraph_next(&text, &block) || !text_paragraph_next(&text, &block);
}

static enum entente_error
add_text(struct checking *checking, struct bytes text, uint32_t in)
{
    struct passages *readout = &checking->matcher.readout;
    bool (*next)(struct bytes * rest, struct bytes * part) = text_paragraph_next;
    struct scope *scope = &checking->texts[in];
    struct bytes part;
    uint32_t number = 0;
    enum entente_error error = ENTENTE_OK;

    *scope = (struct scope){{readout->tokens_count, 0}, {readout->sentences_count, 0}};
    if (is_one_block(text)) {
        struct bytes rest = text;
        text = (struct bytes){0};
        if (text_paragraph_next(&rest, &part))
            text = part;
        next = block_line_next;
    }
    while (error == ENTENTE_OK && next(&text, &part)) {
        bool is_empty;
        error = passages_add(readout, &checking->matcher.names, part, in, ++number, &is_empty);
    }
    scope->tokens.count = readout->tokens_count - scope->tokens.from;
    scope->sentences.count = readout->sentences_count - scope->sentences.from;
    return error;
}

/* ---- the report's paragraphs, and where each is from ---- */

/* A paragraph of the report behind the others, with its match. */
static enum entente_error
add_paragraph(struct checking *checking, struct bytes text)
{
    struct passages *report = &checking->matcher.report;
    uint32_t index = report->count;
    bool is_empty;
    enum entente_error error =
        passages_add(report, &checking->matcher.names, text, 0, index + 1, &is_empty);

    if (error == ENTENTE_OK && !is_empty)
        error = list_grow(&checking->matches, &checking->room, index, sizeof *checking->matches);
    if (error == ENTENTE_OK && !is_empty)
        error = matcher_find(&checking->matcher, index, &checking->all, &checking->matches[index]);
    return error;
}

static enum entente_error
add_lines(struct checking *checking, struct bytes block)
{
    struct bytes line;
    enum entente_error error = ENTENTE_OK;

    while (error == ENTENTE_OK && block_line_next(&block, &line))
        error = add_paragraph(checking, line);
    return error;
}

/* How much of the report's paragraphs from number `from` on is in the readout: 0 to 1. */
static double
share_found(const struct checking *checking, uint32_t from)
{
    const struct passages *report = &checking->matcher.report;
    double found = 0, all = 0;

    for (uint32_t i = from; i < report->count; i++) {
        found += checking->matches[i].similarity * report->items[i].tokens.count;
        all += report->items[i].tokens.count;
    }
    return all > 0 ? found / all : 0;
}

/* A block of lines is one paragraph that was wrapped, or one for each line. */
static enum entente_error
add_block(struct checking *checking, struct bytes block, bool is_alone)
{
    uint32_t count = checking->matcher.report.count;
    enum entente_error error = add_paragraph(checking, block);

    if (error != ENTENTE_OK || memchr(block.data, '\n', block.size) == NULL)
        return error;
    double as_one = share_found(checking, count);
    passages_cut(&checking->matcher.report, count);
    error = add_lines(checking, block);
    double as_lines = share_found(checking, count);
    bool is_one = as_one > as_lines || (as_one + as_lines == 0 && !is_alone);
    if (error != ENTENTE_OK || !is_one)
        return error;
    passages_cut(&checking->matcher.report, count);
    return add_paragraph(checking, block);
}

static enum entente_error
add_report(struct checking *checking, struct bytes report)
{
    bool is_alone = is_one_block(report);
    struct bytes block;
    enum entente_error error = ENTENTE_OK;

    while (error == ENTENTE_OK && text_paragraph_next(&report, &block))
        error = add_block(checking, block, is_alone);
    return error;
}

/* What the report says a second time, by the sentences of its paragraphs. */
static enum entente_error
find_repeated(struct checking *checking)
{
    const struct passages *report = &checking->matcher.report;
    struct map seen = {0};
    enum entente_error error = ENTENTE_OK;

    for (uint32_t i = 0; i < report->count && error == ENTENTE_OK; i++) {
        const struct run *run = &report->items[i].sentences;
        struct hasher hasher;
        struct digest key;
        hasher_start(&hasher, "entente/checkpar");
        for (uint32_t j = run->from; j < run->from + run->count; j++)
            hasher_add(&hasher, (struct bytes){(const uint8_t *)&report->sentences[j].same,
                                    sizeof report->sentences[j].same});
        hasher_finish(&hasher, key.bytes);
        uint32_t first = map_get(&seen, &key);
        checking->firsts[i] = first == MAP_NONE ? i : first;
        if (first == MAP_NONE)
            error = map_set(&seen, &key, i);
    }
    map_free(&seen);
    return error;
}

/* ---- the text that the report is from ---- */

static void
choose_text(struct checking *checking, uint32_t texts_count)
{
    const struct matcher *matcher = &checking->matcher;
    double best = 0;

    for (uint32_t in = 0; in < texts_count; in++) {
        double weight = 0;
        for (uint32_t i = 0; i < matcher->report.count; i++) {
            const struct match *match = &checking->matches[i];
            if (match->is_found && matcher->readout.items[match->passage].in == in)
                weight += match->similarity * matcher->report.items[i].tokens.count;
        }
        if (weight > best)
            checking->check->text = in;
        best = weight > best ? weight : best;
    }
    checking->check->has_text = best > 0;
}

/* What was found in another text, and is as well in the chosen one, is from there. */
static enum entente_error
prefer_text(struct checking *checking)
{
    const struct readout_check *check = checking->check;
    struct matcher *matcher = &checking->matcher;
    enum entente_error error = ENTENTE_OK;

    for (uint32_t i = 0; check->has_text && i < matcher->report.count && error == ENTENTE_OK; i++) {
        struct match *match = &checking->matches[i], other;
        if (!match->is_found || matcher->readout.items[match->passage].in == check->text)
            continue;
        error = matcher_find(matcher, i, &checking->texts[check->text], &other);
        if (error == ENTENTE_OK && other.is_found && other.similarity >= match->similarity &&
            other.is_verbatim == match->is_verbatim)
            *match = other;
    }
    return error;
}

/* ---- the result ---- */

static struct checked_paragraph *
next_paragraph(struct readout_check *check, uint8_t is)
{
    struct checked_paragraph *paragraph = &check->paragraphs[check->count++];

    paragraph->is = is;
    check->counts[is]++;
    return paragraph;
}

static void
tell_paragraph(struct checking *checking, uint32_t index)
{
    const struct passages *report = &checking->matcher.report,
                          *readout = &checking->matcher.readout;
    const struct match *match = &checking->matches[index];
    uint8_t is = match->is_verbatim ? CHECKED_VERBATIM
                 : match->is_found  ? CHECKED_ALTERED
                                    : CHECKED_NOT_IN_READOUT;

    if (checking->firsts[index] != index)
        is = CHECKED_REPEATED;
    struct checked_paragraph *paragraph = next_paragraph(checking->check, is);
    paragraph->text = report->items[index].text;
    paragraph->number = index + 1;
    paragraph->first = is == CHECKED_REPEATED ? checking->firsts[index] + 1 : 0;
    if (!match->is_found)
        return;
    paragraph->in = readout->items[match->passage].in;
    paragraph->of = readout->items[match->passage].number;
    paragraph->of_last = readout->items[match->last].number;
    paragraph->readout_text = readout->items[match->passage].text;
    paragraph->similarity = match->similarity;
    checking->is_used[match->passage] = true;
    memset(checking->is_covered + match->tokens.from, true, match->tokens.count);
}

/* How many words of the passage the report has: in a sentence of its own, or where it was matched.
 */
static uint32_t
count_covered(const struct checking *checking, const struct passage *passage)
{
    const struct passages *readout = &checking->matcher.readout;
    uint32_t covered = 0;

    for (uint32_t i = 0; i < passage->sentences.count; i++) {
        const struct sentence *sentence = &readout->sentences[passage->sentences.from + i];
        bool is_said = checking->is_said[sentence->same];
        for (uint32_t j = 0; j < sentence->tokens.count; j++)
            covered += is_said || checking->is_covered[sentence->tokens.from + j];
    }
    return covered;
}

/* Less than half of it is anywhere in the report. */
static void
tell_missing(struct checking *checking, uint32_t index)
{
    const struct passage *passage = &checking->matcher.readout.items[index];

    if (checking->is_used[index] ||
        count_covered(checking, passage) * UINT64_C(2) >= passage->tokens.count)
        return;
    struct checked_paragraph *paragraph = next_paragraph(checking->check, CHECKED_MISSING);
    paragraph->in = passage->in;
    paragraph->of = paragraph->of_last = passage->number;
    paragraph->readout_text = passage->text;
}

static enum entente_error
tell(struct checking *checking)
{
    const struct matcher *matcher = &checking->matcher;
    struct readout_check *check = checking->check;

    check->paragraphs = calloc(
        (size_t)matcher->report.count + matcher->readout.count + 1, sizeof *check->paragraphs);
    checking->is_covered = calloc((size_t)matcher->readout.tokens_count + 1, sizeof(bool));
    checking->is_used = calloc((size_t)matcher->readout.count + 1, sizeof(bool));
    checking->is_said = calloc((size_t)matcher->names.sentence_numbers.count + 1, sizeof(bool));
    if (check->paragraphs == NULL || checking->is_covered == NULL || checking->is_used == NULL ||
        checking->is_said == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    for (uint32_t i = 0; i < matcher->report.sentences_count; i++)
        checking->is_said[matcher->report.sentences[i].same] = true;
    for (uint32_t i = 0; i < matcher->report.count; i++)
        tell_paragraph(checking, i);
    for (uint32_t i = 0; check->has_text && i < matcher->readout.count; i++)
        if (matcher->readout.items[i].in == check->text)
            tell_missing(checking, i);
    check->is_rough = matcher->is_rough;
    return ENTENTE_OK;
}

/* ---- all of it ---- */

static enum entente_error
check_sizes(struct bytes report, const struct bytes *texts, uint32_t texts_count)
{
    size_t size = 0;

    if (report.size > READOUT_CHECK_REPORT_BYTES_MAX || texts_count > READOUT_CHECK_TEXTS_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    for (uint32_t i = 0; i < texts_count; i++) {
        if (texts[i].size > READOUT_CHECK_TEXTS_BYTES_MAX - size)
            return ENTENTE_ERR_TOO_LARGE;
        size += texts[i].size;
    }
    return ENTENTE_OK;
}

static enum entente_error
run(struct checking *checking, struct bytes report, const struct bytes *texts, uint32_t texts_count)
{
    struct matcher *matcher = &checking->matcher;
    enum entente_error error = names_start(&matcher->names);

    for (uint32_t i = 0; i < texts_count && error == ENTENTE_OK; i++)
        error = add_text(checking, texts[i], i);
    if (error == ENTENTE_OK)
        error = matcher_start(matcher);
    checking->all =
        (struct scope){{0, matcher->readout.tokens_count}, {0, matcher->readout.sentences_count}};
    if (error == ENTENTE_OK)
        error = add_report(checking, report);
    if (error != ENTENTE_OK)
        return error;
    checking->firsts = calloc((size_t)matcher->report.count + 1, sizeof *checking->firsts);
    if (checking->firsts == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    choose_text(checking, texts_count);
    error = prefer_text(checking);
    if (error == ENTENTE_OK)
        error = find_repeated(checking);
    return error == ENTENTE_OK ? tell(checking) : error;
}

enum entente_error
readout_check(struct readout_check *check, struct bytes report, const struct bytes *texts,
    uint32_t texts_count)
{
    struct checking checking = {.check = check};

    *check = (struct readout_check){0};
    enum entente_error error = check_sizes(report, texts, texts_count);
    if (error != ENTENTE_OK)
        return error;
    checking.texts = calloc((size_t)texts_count + 1, sizeof *checking.texts);
    error =
        checking.texts == NULL ? ENTENTE_ERR_NO_MEMORY : run(&checking, report, texts, texts_count);
    matcher_free(&checking.matcher);
    free(checking.texts);
    free(checking.matches);
    free(checking.firsts);
    free(checking.is_covered);
    free(checking.is_used);
    free(checking.is_said);
    if (error != ENTENTE_OK)
        readout_check_free(check);
    return error;
}
