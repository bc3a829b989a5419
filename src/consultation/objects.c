/* Objects: the facts, each filed with what it is about. */
#include "consultation/internal.h"

#include <stdlib.h>

int
note_compare(const struct fact_note *a, const struct fact_note *b)
{
    if (a->slot != b->slot)
        return a->slot < b->slot ? -1 : 1;
    if (a->inc != b->inc)
        return a->inc < b->inc ? -1 : 1;
    if (a->seq != b->seq)
        return a->seq < b->seq ? -1 : 1;
    int order = memcmp(a->entry.bytes, b->entry.bytes, ID_BYTES);
    return order != 0 ? order : (a->index > b->index) - (a->index < b->index);
}

static enum entente_error
object_for(struct consultation *consultation, const struct digest *id, struct object **object)
{
    uint32_t index = map_get(&consultation->ids, id);

    *object = NULL;
    if (index != MAP_NONE) {
        *object = consultation->objects[index];
        return ENTENTE_OK;
    }
    enum entente_error error = list_grow(&consultation->objects, &consultation->objects_room,
        consultation->objects_count, sizeof(struct object *));
    struct object *made = error == ENTENTE_OK ? calloc(1, sizeof *made) : NULL;
    if (made == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    error = map_set(&consultation->ids, id, consultation->objects_count);
    if (error != ENTENTE_OK) {
        free(made);
        return error;
    }
    made->id = *id;
    consultation->objects[consultation->objects_count++] = made;
    *object = made;
    return ENTENTE_OK;
}

/* In its place, mostly the last of its writer's. */
static enum entente_error
insert_note(struct object *object, const struct fact_note *note)
{
    enum entente_error error =
        list_grow(&object->notes, &object->room, object->count, sizeof *object->notes);
    uint32_t low = 0, high = object->count;

    if (error != ENTENTE_OK)
        return error;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (note_compare(&object->notes[middle], note) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    memmove(&object->notes[low + 1], &object->notes[low],
        (object->count - low) * sizeof *object->notes);
    object->notes[low] = *note;
    object->count++;
    return ENTENTE_OK;
}

static enum entente_error
file_under(struct consultation *consultation, const struct digest *id, const struct place *place)
{
    struct object *object;
    enum entente_error error = object_for(consultation, id, &object);

    if (error == ENTENTE_OK)
        error = list_grow(
            &object->under, &object->under_room, object->under_count, sizeof *object->under);
    if (error == ENTENTE_OK)
        object->under[object->under_count++] = *place;
    return error;
}

/*
 * What the fact is about, none, one or two of them: texts are known by their root, an assessment
 * belongs to what it assesses and to the version before it, all else has an object.
 */
static unsigned
about(const struct section *section, const struct digest *ids[static 2])
{
    const struct fact *fact = &section->fact;
    unsigned count = 0;

    switch (section->type) {
    case FACT_SESSION:
    case FACT_PLEDGE:
    case FACT_DIALOGUE:
    case FACT_TEXT:
        break;
    case FACT_TEXT_PART:
    case FACT_CONCORD:
        ids[count++] = &fact->root;
        break;
    case FACT_ASSESSMENT:
        if (!digest_is_zero(&fact->subject))
            ids[count++] = &fact->subject;
        if (!digest_is_zero(&fact->previous) && !digest_equal(&fact->previous, &fact->subject))
            ids[count++] = &fact->previous;
        break;
    default:
        ids[count++] = &fact->object;
        break;
    }
    return count;
}

/* `note` has content that this takes over, or frees. */
static enum entente_error
file_note(struct consultation *consultation, const struct section *section, struct fact_note *note)
{
    const struct digest *ids[2];
    struct object *object;
    enum entente_error error = ENTENTE_OK;
    uint8_t *content = malloc(section->content.size + 1);

    if (content == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    if (section->content.size > 0)
        memcpy(content, section->content.data, section->content.size);
    note->content = (struct bytes){content, section->content.size};

    /* Everything that others may point to is an object: what it is about is filed as well. */
    if (section->type == FACT_TEXT)
        fact_make_text_root(&note->object, &section->fact);
    error = object_for(consultation, &note->object, &object);
    if (error == ENTENTE_OK && object->is_made && note_compare(&object->made, note) <= 0) {
        free(content); /* the same text twice: the first one's word */
        return ENTENTE_OK;
    }
    if (error != ENTENTE_OK) {
        free(content);
        return error;
    }
    if (object->is_made)
        free((void *)object->made.content.data);
    object->is_made = true;
    object->made = *note;
    unsigned count = about(section, ids);
    for (unsigned i = 0; i < count && error == ENTENTE_OK; i++) {
        error = object_for(consultation, ids[i], &object);
        if (error == ENTENTE_OK)
            error = insert_note(object, note);
    }
    return error;
}

enum entente_error
consultation_open(struct consultation *consultation, uint32_t branch, const struct entry *entry,
    const struct entry_id *id, const struct body *body)
{
    enum entente_error error = ENTENTE_OK;

    consultation->changes++;
    for (uint32_t i = 0; i < body->count && error == ENTENTE_OK; i++) {
        const struct section *section = &body->sections[i];
        struct fact_note note = {.place = {branch, entry->seq},
            .entry = *id,
            .slot = entry->slot,
            .inc = entry->inc,
            .seq = entry->seq,
            .index = (uint16_t)i,
            .type = section->type,
            .t_ms = entry->t_ms};
        if (!fact_is_known(section->type) || section->type < FACT_TEXT)
            continue;
        fact_make_object(&note.object, id, (uint16_t)i);
        if (section->type == FACT_UNDER)
            error = file_under(consultation, &section->fact.object, &note.place);
        else
            error = file_note(consultation, section, &note);
    }
    return error;
}

/* ---- reading ---- */

const struct object *
consultation_object_at(const struct consultation *consultation, uint32_t index)
{
    return index < consultation->objects_count ? consultation->objects[index] : NULL;
}

const struct object *
consultation_object(const struct consultation *consultation, const struct digest *id)
{
    uint32_t index = map_get(&consultation->ids, id);

    return index != MAP_NONE ? consultation->objects[index] : NULL;
}

const struct digest *
object_id(const struct object *object)
{
    return &object->id;
}

uint16_t
object_type(const struct object *object)
{
    return object->is_made ? object->made.type : 0;
}

const struct fact_note *
object_made_by(const struct object *object)
{
    return object->is_made ? &object->made : NULL;
}

const struct fact_note *
object_note(const struct object *object, uint32_t index)
{
    return index < object->count ? &object->notes[index] : NULL;
}

uint32_t
object_under_count(const struct object *object)
{
    return object->under_count;
}

const struct place *
object_under(const struct object *object, uint32_t index)
{
    return index < object->under_count ? &object->under[index] : NULL;
}

enum entente_error
note_counts(const struct consultation *consultation, const struct fact_note *note, bool *counts)
{
    return consultation->causality.is_admissible(
        consultation->causality.state, &note->place, NULL, counts);
}

enum entente_error
object_next(const struct consultation *consultation, const struct object *object, uint16_t type,
    uint32_t *index, const struct fact_note **note, struct fact *fact)
{
    while (*index < object->count) {
        bool counts = false;
        *note = &object->notes[(*index)++];
        if (type != 0 && (*note)->type != type)
            continue;
        enum entente_error error = note_counts(consultation, *note, &counts);
        if (error == ENTENTE_OK && counts)
            error = fact_parse(fact, (*note)->type, (*note)->content);
        if (error != ENTENTE_OK || counts)
            return error;
    }
    *note = NULL;
    return ENTENTE_ERR_NOT_FOUND;
}

enum entente_error
object_of_type(const struct consultation *consultation, const struct digest *id, uint16_t type,
    const struct object **object, struct fact *fact)
{
    bool counts = false;

    *object = consultation_object(consultation, id);
    if (*object == NULL || !(*object)->is_made || (*object)->made.type != type)
        return ENTENTE_ERR_NOT_FOUND;
    if (type == FACT_TEXT) /* its root says what it is, whoever brought it */
        return fact_parse(fact, type, (*object)->made.content);
    enum entente_error error = note_counts(consultation, &(*object)->made, &counts);
    if (error != ENTENTE_OK)
        return error;
    return counts ? fact_parse(fact, type, (*object)->made.content) : ENTENTE_ERR_NOT_FOUND;
}
