#include "search/letters.h"

#include <stdlib.h>

enum gram_kind { GRAM_ONE = 1, GRAM_PAIR = 2, GRAM_THREE = 3, GRAM_START_ONE = 4, GRAM_START_TWO = 5 };

/* Candidates are looked at, so two grams may share a number: FNV-1a is enough. */
static uint32_t
number_of(enum gram_kind kind, const uint32_t *points, size_t count)
{
    uint32_t hash = 2166136261u ^ (uint32_t)kind;

    for (size_t i = 0; i < count; i++)
        for (unsigned shift = 0; shift < 24; shift += 8)
            hash = (hash ^ (points[i] >> shift & 0xFF)) * 16777619u;
    return hash;
}

static bool
add(struct gram_list *grams, enum gram_kind kind, const uint32_t *points, size_t count)
{
    if (grams->count == grams->room) {
        size_t room = grams->room * 2 + 256;
        uint32_t *grown = realloc(grams->list, room * sizeof *grown);
        if (grown == NULL)
            return false;
        grams->list = grown;
        grams->room = room;
    }
    grams->list[grams->count++] = number_of(kind, points, count);
    return true;
}

/* A run of letters of one nature, without spaces. */
struct run {
    const uint32_t *points;
    size_t count;
    bool is_dense;
};

static bool
next_run(const uint32_t *points, size_t count, size_t *at, struct run *run)
{
    while (*at < count && points[*at] == ' ')
        ++*at;
    if (*at == count)
        return false;
    *run = (struct run){points + *at, 0, fold_is_dense(points[*at])};
    while (*at < count && points[*at] != ' ' && fold_is_dense(points[*at]) == run->is_dense) {
        ++run->count;
        ++*at;
    }
    return true;
}

static bool
add_all(struct gram_list *grams, enum gram_kind kind, const struct run *run, size_t size)
{
    for (size_t i = 0; i + size <= run->count; i++)
        if (!add(grams, kind, run->points + i, size))
            return false;
    return true;
}

bool
letters_of_text(struct gram_list *grams, const struct folded *text)
{
    struct run run;
    size_t at = 0;

    while (next_run(text->points, text->count, &at, &run)) {
        if (run.is_dense) {
            if (!add_all(grams, GRAM_ONE, &run, 1) || !add_all(grams, GRAM_PAIR, &run, 2))
                return false;
            continue;
        }
        if (!add_all(grams, GRAM_THREE, &run, 3) || !add(grams, GRAM_START_ONE, run.points, 1) ||
            (run.count > 1 && !add(grams, GRAM_START_TWO, run.points, 2)))
            return false;
    }
    return true;
}

bool
letters_of_word(struct gram_list *grams, const uint32_t *points, size_t count)
{
    struct run run;
    size_t at = 0;

    while (next_run(points, count, &at, &run)) {
        bool is_good = true;
        if (run.is_dense)
            is_good = run.count == 1 ? add_all(grams, GRAM_ONE, &run, 1)
                                     : add_all(grams, GRAM_PAIR, &run, 2);
        else if (run.count >= 3)
            is_good = add_all(grams, GRAM_THREE, &run, 3);
        else
            is_good = add(grams, run.count == 1 ? GRAM_START_ONE : GRAM_START_TWO, run.points,
                run.count);
        if (!is_good)
            return false;
    }
    return true;
}

static int
by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

void
gram_list_settle(struct gram_list *grams)
{
    size_t kept = 0;

    if (grams->count == 0)
        return;
    qsort(grams->list, grams->count, sizeof grams->list[0], by_number);
    for (size_t i = 0; i < grams->count; i++)
        if (i == 0 || grams->list[i] != grams->list[i - 1])
            grams->list[kept++] = grams->list[i];
    grams->count = kept;
}

void
gram_list_free(struct gram_list *grams)
{
    free(grams->list);
    *grams = (struct gram_list){0};
}
