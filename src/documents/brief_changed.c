/* What changed since a date: in the offices, the acts, and what else the consultation is about. */
#include "documents/brief.h"

enum change_kind { CHANGE_ACT, CHANGE_OBJECT };

/* An object changed when anything was last said of it. */
static enum entente_error
list_objects(struct brief *brief, struct listing *listing)
{
    static const uint16_t types[] = {FACT_SESSION, FACT_PLEDGE, FACT_DIALOGUE, FACT_ASSESSMENT};
    enum entente_error error = ENTENTE_OK;

    for (size_t t = 0; error == ENTENTE_OK && t < sizeof types / sizeof *types; t++) {
        struct listing found = {0};
        error = listing_objects(&found, brief->consultation, types[t]);
        for (uint32_t i = 0; error == ENTENTE_OK && i < found.count; i++) {
            const struct object *object =
                consultation_object(brief->consultation, &found.items[i].id);
            uint64_t last_ms = listing_last_word(object);
            if (last_ms < brief->since_ms)
                continue;
            error = listing_add(listing, &found.items[i].id, last_ms);
            if (error == ENTENTE_OK)
                listing->items[listing->count - 1].index = CHANGE_OBJECT;
        }
        listing_free(&found);
    }
    return error;
}

/* An act changed when it was proposed, signed, withdrawn from, ratified, or spoken of. */
static enum entente_error
last_deed(struct brief *brief, const struct digest *act, uint64_t *t_ms)
{
    static const uint8_t kinds[] = {ENTRY_SIGN, ENTRY_WITHDRAW, ENTRY_RATIFY};
    struct acts *acts = consultation_acts(brief->consultation);
    struct act_deed deed;
    struct room_entry entry;
    enum entente_error error = act_time(brief, act, t_ms);

    for (size_t k = 0; error == ENTENTE_OK && k < sizeof kinds; k++)
        for (uint32_t i = 0; error == ENTENTE_OK && acts_deed_at(acts, act, kinds[k], i, &deed);
             i++) {
            error = room_entry(brief->room, &deed.place, &entry);
            if (error == ENTENTE_OK && entry.entry.t_ms > *t_ms)
                *t_ms = entry.entry.t_ms;
            if (error == ENTENTE_ERR_NOT_FOUND)
                error = ENTENTE_OK; /* a withdrawal of the register is no entry of the room */
        }
    const struct object *object = consultation_object(brief->consultation, act);
    uint64_t word_ms = object == NULL ? 0 : listing_last_word(object);
    *t_ms = word_ms > *t_ms ? word_ms : *t_ms;
    return error;
}

static enum entente_error
list_acts(struct brief *brief, struct listing *listing)
{
    struct acts *acts = consultation_acts(brief->consultation);
    struct digest act;
    uint64_t t_ms;
    enum entente_error error = ENTENTE_OK;

    for (uint32_t i = 0; error == ENTENTE_OK && acts_at(acts, i, &act); i++) {
        error = last_deed(brief, &act, &t_ms);
        if (error != ENTENTE_OK || t_ms < brief->since_ms)
            continue;
        error = listing_add(listing, &act, t_ms);
        if (error == ENTENTE_OK)
            listing->items[listing->count - 1].index = CHANGE_ACT;
    }
    return error;
}

static void
tell_office(struct brief *brief, uint8_t slot, uint32_t office, const struct office_state *state)
{
    const struct offices *offices = consultation_offices(brief->consultation, slot);
    struct page *page = &brief->page;

    page_item(page);
    page_time(page, state->t_ms);
    page_plain(page, " – ");
    page_say(page, SAY_NEW_OFFICE);
    page_plain(page, ": ");
    page_name(page, (struct bytes){0}, office_name(offices, office));
    page_comma(page);
    page_party(page, slot);
    page_plain(page, ": ");
    page_name(page, (struct bytes){0}, office_person(offices, &state->line[state->acting]));
    if (state->is_assumed)
        page_mark(page, SAY_ASSUMED);
    page_item_end(page);
}

static uint32_t
tell_offices(struct brief *brief)
{
    uint32_t count = 0;

    for (uint8_t slot = 0; slot < room_parties(brief->room); slot++) {
        const struct offices *offices = consultation_offices(brief->consultation, slot);
        for (uint32_t i = 0, office; (office = offices_at(offices, i)) != 0; i++) {
            const struct office_state *state;
            for (uint32_t j = 0; (state = office_history(offices, office, j)) != NULL; j++) {
                if (state->t_ms < brief->since_ms)
                    continue;
                tell_office(brief, slot, office, state);
                count++;
            }
        }
    }
    return count;
}

static enum phrase
phrase_of_object(uint16_t type)
{
    switch (type) {
    case FACT_SESSION:
        return SAY_SESSION;
    case FACT_PLEDGE:
        return SAY_PLEDGED;
    case FACT_DIALOGUE:
        return SAY_DIALOGUES;
    default:
        return SAY_PAPERS;
    }
}

static void
tell_change(struct brief *brief, const struct listed *change)
{
    struct page *page = &brief->page;

    page_item(page);
    page_time(page, change->t_ms);
    page_plain(page, " – ");
    if (change->index == CHANGE_ACT) {
        put_act(brief, &change->id);
    } else {
        const struct object *object = consultation_object(brief->consultation, &change->id);
        page_say(page, phrase_of_object(object_type(object)));
        page_plain(page, ": ");
        put_object(brief, &change->id);
    }
    page_item_end(page);
}

enum entente_error
brief_changed(struct brief *brief)
{
    struct listing listing = {0};
    struct page *page = &brief->page;

    if (brief->since_ms == 0)
        return ENTENTE_OK;
    page_heading(page, 2, NULL);
    page_say(page, SAY_CHANGED);
    page_plain(page, " ");
    page_time(page, brief->since_ms);
    page_heading_end(page, 2);
    page_list(page);
    uint32_t count = tell_offices(brief);
    enum entente_error error = list_acts(brief, &listing);
    if (error == ENTENTE_OK)
        error = list_objects(brief, &listing);
    listing_sort(&listing);
    for (uint32_t i = 0; error == ENTENTE_OK && i < listing.count; i++)
        tell_change(brief, &listing.items[i]);
    page_list_end(page);
    if (error == ENTENTE_OK && count + listing.count == 0)
        page_nothing(page);
    listing_free(&listing);
    return error;
}
