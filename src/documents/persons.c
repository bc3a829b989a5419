#include "documents/persons.h"

#include "consultation/map.h"

#include <stdlib.h>

static int
compare_person(const struct attendance_note *a, const struct attendance_note *b)
{
    size_t shared = a->name.size < b->name.size ? a->name.size : b->name.size;

    if (a->slot != b->slot)
        return a->slot < b->slot ? -1 : 1;
    int order = memcmp(a->name.data, b->name.data, shared);
    return order != 0 ? order : (a->name.size > b->name.size) - (a->name.size < b->name.size);
}

static int
compare_note(const void *a, const void *b)
{
    const struct attendance_note *one = a, *other = b;
    int order = compare_person(one, other);

    return order != 0 ? order : (one->order > other->order) - (one->order < other->order);
}

enum entente_error
persons_read(
    struct persons *persons, const struct consultation *consultation, const struct object *session)
{
    const struct fact_note *note;
    struct fact fact;
    enum entente_error error = ENTENTE_OK;

    *persons = (struct persons){0};
    for (uint32_t i = 0; error == ENTENTE_OK;) {
        error = object_next(consultation, session, FACT_ATTENDANCE, &i, &note, &fact);
        if (error == ENTENTE_OK)
            error =
                list_grow(&persons->notes, &persons->room, persons->count, sizeof *persons->notes);
        if (error == ENTENTE_OK)
            persons->notes[persons->count++] =
                (struct attendance_note){note->slot, fact.name, i - 1};
    }
    if (persons->count > 0)
        qsort(persons->notes, persons->count, sizeof *persons->notes, compare_note);
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

void
persons_free(struct persons *persons)
{
    free(persons->notes);
    *persons = (struct persons){0};
}

uint32_t
persons_end(const struct persons *persons, uint32_t from)
{
    uint32_t end = from;

    while (end < persons->count && compare_person(&persons->notes[end], &persons->notes[from]) == 0)
        end++;
    return end;
}

static int
compare_key(const void *key, const void *note)
{
    return compare_person(key, note);
}

bool
persons_has(const struct persons *persons, uint8_t slot, struct bytes name)
{
    struct attendance_note key = {.slot = slot, .name = name};

    return persons->count > 0 && bsearch(&key, persons->notes, persons->count,
                                     sizeof *persons->notes, compare_key) != NULL;
}
