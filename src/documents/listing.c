#include "documents/listing.h"

#include "consultation/map.h"

#include <stdlib.h>

void
listing_free(struct listing *listing)
{
    free(listing->items);
    *listing = (struct listing){0};
}

enum entente_error
listing_add(struct listing *listing, const struct digest *id, uint64_t t_ms)
{
    enum entente_error error =
        list_grow(&listing->items, &listing->room, listing->count, sizeof *listing->items);

    if (error == ENTENTE_OK)
        listing->items[listing->count++] = (struct listed){.id = *id, .t_ms = t_ms};
    return error;
}

enum entente_error
listing_objects(struct listing *listing, struct consultation *consultation, uint16_t type)
{
    const struct object *object;
    enum entente_error error = ENTENTE_OK;

    for (uint32_t i = 0; error == ENTENTE_OK; i++) {
        bool counts = false;
        object = consultation_object_at(consultation, i);
        if (object == NULL)
            break;
        if (object_type(object) != type)
            continue;
        error = note_counts(consultation, object_made_by(object), &counts);
        if (error == ENTENTE_OK && counts)
            error = listing_add(listing, object_id(object), object_made_by(object)->t_ms);
    }
    return error;
}

static int
compare(const void *a, const void *b)
{
    const struct listed *one = a, *other = b;

    if (one->t_ms != other->t_ms)
        return one->t_ms < other->t_ms ? -1 : 1;
    return memcmp(&one->id, &other->id, sizeof one->id);
}

void
listing_sort(struct listing *listing)
{
    if (listing->count > 0)
        qsort(listing->items, listing->count, sizeof *listing->items, compare);
}

enum entente_error
listing_sessions(struct listing *listing, struct consultation *consultation)
{
    struct session_state state;
    enum entente_error error = listing_objects(listing, consultation, FACT_SESSION);

    for (uint32_t i = 0; error == ENTENTE_OK && i < listing->count; i++) {
        error = consultation_session(consultation, &listing->items[i].id, &state);
        if (error == ENTENTE_OK && state.call.when_ms != 0)
            listing->items[i].t_ms = state.call.when_ms;
    }
    listing_sort(listing);
    return error;
}

uint64_t
listing_last_word(const struct object *object)
{
    uint64_t last_ms = object_made_by(object) != NULL ? object_made_by(object)->t_ms : 0;
    const struct fact_note *note;

    for (uint32_t i = 0; (note = object_note(object, i)) != NULL; i++)
        last_ms = note->t_ms > last_ms ? note->t_ms : last_ms;
    return last_ms;
}
