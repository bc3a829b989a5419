/*
 * Goal: readout_check() holds against any report and any readout, and what it tells is true.
 * Method: the input is a report and up to 8 texts, with zero bytes between.  What is told of each
 * paragraph lies in the report or in the text that is named, in order, with a similarity from 0 to
 * 1; the report held against itself is all in it.
 */
#include "fuzz.h"

#include "documents/readout_check.h"

#include <string.h>

#define TEXTS_MAX 8u
#define SHORT_BYTES_MAX 128u

static bool
lies_in(struct bytes part, struct bytes whole)
{
    return part.data >= whole.data && part.data + part.size <= whole.data + whole.size;
}

static void
check_paragraph(const struct checked_paragraph *paragraph, struct bytes report,
    const struct bytes *texts, uint32_t count)
{
    bool is_missing = paragraph->is == CHECKED_MISSING;

    fuzz_require(check_verdict_name(paragraph->is) != NULL);
    fuzz_require(is_missing == (paragraph->number == 0));
    fuzz_require(is_missing ? paragraph->text.size == 0 : paragraph->text.size > 0);
    fuzz_require(is_missing || lies_in(paragraph->text, report));
    fuzz_require(paragraph->similarity >= 0 && paragraph->similarity <= 1);
    fuzz_require((paragraph->of == 0) == (paragraph->readout_text.size == 0));
    fuzz_require(paragraph->of_last >= paragraph->of);
    if (paragraph->of != 0)
        fuzz_require(
            paragraph->in < count && lies_in(paragraph->readout_text, texts[paragraph->in]));
    if (paragraph->is == CHECKED_REPEATED)
        fuzz_require(paragraph->first > 0 && paragraph->first < paragraph->number);
}

static void
check_all(struct bytes report, const struct bytes *texts, uint32_t count)
{
    struct readout_check check;
    uint32_t total = 0, number = 0;

    fuzz_require(readout_check(&check, report, texts, count) == ENTENTE_OK);
    for (uint32_t i = 0; i < check.count; i++) {
        check_paragraph(&check.paragraphs[i], report, texts, count);
        if (check.paragraphs[i].is != CHECKED_MISSING)
            fuzz_require(check.paragraphs[i].number == ++number);
    }
    for (uint32_t i = 0; i < CHECK_VERDICTS; i++)
        total += check.counts[i];
    fuzz_require(total == check.count);
    readout_check_free(&check);
}

static void
check_itself(struct bytes report)
{
    struct readout_check check;

    fuzz_require(readout_check(&check, report, &report, 1) == ENTENTE_OK);
    fuzz_require(check.counts[CHECKED_MISSING] == 0);
    fuzz_require(check.counts[CHECKED_NOT_IN_READOUT] == 0);
    readout_check_free(&check);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes parts[1 + TEXTS_MAX] = {{data, size}};
    uint32_t count = 0;

    for (size_t i = 0; i < size && count < TEXTS_MAX; i++) {
        if (data[i] != 0)
            continue;
        parts[count].size = (size_t)(data + i - parts[count].data);
        count++;
        parts[count] = (struct bytes){data + i + 1, size - i - 1};
    }
    check_all(parts[0], parts + 1, count);
    if (parts[0].size <= SHORT_BYTES_MAX)
        check_itself(parts[0]);
    return 0;
}
