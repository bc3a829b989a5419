/* Commitments given and received, and the dialogues with others. */
#include "documents/brief.h"

enum side { SIDE_GIVEN, SIDE_RECEIVED, SIDE_OTHERS };

static enum side
side_of(const struct brief *brief, const struct pledge_state *state)
{
    uint8_t own = room_slot(brief->room);

    if (state->giver == own)
        return SIDE_GIVEN;
    return (state->pledge.parties >> own & 1) != 0 ? SIDE_RECEIVED : SIDE_OTHERS;
}

static void
tell_pledge(struct brief *brief, const struct pledge_state *state, enum side side)
{
    const uint64_t sums[] = {state->pledged, state->delivered, state->confirmed, state->disputed};
    struct page *page = &brief->page;

    page_row(page);
    page_cell(page);
    page_name(page, state->pledge.tag, state->pledge.name);
    if (state->is_withdrawn)
        page_mark(page, SAY_WITHDRAWN);
    page_small(page);
    page_name(page, (struct bytes){0}, state->pledge.label);
    page_small_end(page);
    if (side != SIDE_GIVEN) {
        page_cell(page);
        page_party(page, state->giver);
    }
    if (side != SIDE_RECEIVED) {
        page_cell(page);
        page_parties(page, state->pledge.parties);
    }
    for (size_t i = 0; i < 4; i++) {
        page_cell(page);
        page_decimal(&brief->page, sums[i], state->pledge.scale);
    }
    page_cell(page);
    page_date(page, state->due_ms);
    page_row_end(page);
}

static enum entente_error
tell_pledges(struct brief *brief, const struct listing *pledges, enum side side)
{
    static const enum phrase headings[] = {SAY_GIVEN, SAY_RECEIVED, SAY_OTHERS};
    /* Who gives, who receives: what goes without saying is left out. */
    static const enum phrase heads[][8] = {
        {SAY_WHAT, SAY_RECEIVERS, SAY_PLEDGED, SAY_DELIVERED, SAY_CONFIRMED, SAY_DISPUTED, SAY_DUE},
        {SAY_WHAT, SAY_GIVER, SAY_PLEDGED, SAY_DELIVERED, SAY_CONFIRMED, SAY_DISPUTED, SAY_DUE},
        {SAY_WHAT, SAY_GIVER, SAY_RECEIVERS, SAY_PLEDGED, SAY_DELIVERED, SAY_CONFIRMED,
            SAY_DISPUTED, SAY_DUE}};
    struct pledge_state state;
    uint32_t count = 0;
    enum entente_error error = ENTENTE_OK;

    for (uint32_t i = 0; error == ENTENTE_OK && i < pledges->count; i++) {
        error = consultation_pledge(brief->consultation, &pledges->items[i].id, &state);
        if (error != ENTENTE_OK || side_of(brief, &state) != side)
            continue;
        if (count++ == 0) {
            page_heading_say(&brief->page, 2, headings[side]);
            page_table(&brief->page, heads[side], side == SIDE_OTHERS ? 8 : 7);
        }
        tell_pledge(brief, &state, side);
    }
    if (count > 0) {
        page_table_end(&brief->page);
    } else if (side != SIDE_OTHERS) {
        page_heading_say(&brief->page, 2, headings[side]);
        page_nothing(&brief->page);
    }
    return error;
}

static enum entente_error
tell_commitments(struct brief *brief)
{
    struct listing pledges = {0};
    enum entente_error error = listing_objects(&pledges, brief->consultation, FACT_PLEDGE);

    listing_sort(&pledges);
    for (enum side side = SIDE_GIVEN; error == ENTENTE_OK && side <= SIDE_OTHERS; side++)
        error = tell_pledges(brief, &pledges, side);
    listing_free(&pledges);
    return error;
}

/* ---- dialogues ---- */

static void
put_dialogue_state(struct brief *brief, const struct dialogue_view *view)
{
    static const enum phrase states[] = {
        SAY_PROPOSED, SAY_PROPOSED, SAY_IS_OPEN, SAY_BROKEN_OFF, SAY_RESUMED, SAY_IS_CLOSED};
    static const enum phrase checks[] = {SAY_NOTHING, SAY_ANSWERED, SAY_SILENT, SAY_REFUSED};
    struct page *page = &brief->page;

    page_fields(page);
    page_field(page, SAY_OWNER);
    page_party(page, view->owner);
    page_field_end(page);
    page_field(page, SAY_STATUS);
    page_say(page, view->state <= DIALOGUE_CLOSED ? states[view->state] : SAY_PROPOSED);
    if (view->since_ms != 0) {
        page_comma(page);
        page_time(page, view->since_ms);
    }
    page_field_end(page);
    page_field(page, SAY_CHANNEL);
    page_name(page, (struct bytes){0}, view->dialogue.label);
    page_field_end(page);
    page_field(page, SAY_LAST_CHECK);
    page_say(page, view->last_check <= CHECK_REFUSED ? checks[view->last_check] : SAY_NOTHING);
    if (view->checked_ms != 0) {
        page_comma(page);
        page_time(page, view->checked_ms);
    }
    page_field_end(page);
    page_fields_end(page);
}

static void
tell_round(struct brief *brief, const struct fact *round)
{
    static const enum phrase outcomes[] = {
        SAY_UNDER_WAY, SAY_UNDER_WAY, SAY_ROUND_DONE, SAY_ADJOURNED, SAY_FAILED, SAY_COLLAPSED};
    struct page *page = &brief->page;

    page_item(page);
    page_date(page, round->when_ms);
    page_plain(page, " ");
    page_name(page, (struct bytes){0}, round->name);
    page_plain(page, ": ");
    page_say(page, round->what <= ROUND_COLLAPSED ? outcomes[round->what] : SAY_UNDER_WAY);
    if (round->text.size > 0) {
        page_plain(page, ". ");
        page_name(page, round->tag, round->text);
    }
    page_item_end(page);
}

/* By the time at which they were. */
static enum entente_error
tell_rounds(struct brief *brief, const struct object *object)
{
    struct listing rounds = {0};
    const struct fact_note *note;
    struct fact fact;
    enum entente_error error = ENTENTE_OK;

    for (uint32_t i = 0; error == ENTENTE_OK;) {
        error = object_next(brief->consultation, object, FACT_ROUND, &i, &note, &fact);
        if (error == ENTENTE_OK)
            error = listing_add(&rounds, &note->object, fact.when_ms);
        if (error == ENTENTE_OK)
            rounds.items[rounds.count - 1].index = i - 1;
    }
    listing_sort(&rounds);
    if (rounds.count > 0) {
        page_heading_say(&brief->page, 4, SAY_ROUNDS);
        page_list(&brief->page);
    }
    for (uint32_t i = 0; i < rounds.count; i++)
        if (fact_parse(&fact, FACT_ROUND, object_note(object, rounds.items[i].index)->content) ==
            ENTENTE_OK)
            tell_round(brief, &fact);
    if (rounds.count > 0)
        page_list_end(&brief->page);
    listing_free(&rounds);
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

/* Q4: of each office the last one. */
static enum entente_error
tell_positions(struct brief *brief, const struct digest *dialogue, const struct object *object)
{
    const struct fact_note *note;
    struct fact fact, last;
    uint32_t count = 0;
    enum entente_error error = ENTENTE_OK;

    for (uint32_t i = 0; error == ENTENTE_OK;) {
        error = object_next(brief->consultation, object, FACT_POSITION, &i, &note, &fact);
        if (error == ENTENTE_OK)
            error = consultation_position(
                brief->consultation, dialogue, note->slot, fact.office, &last);
        if (error != ENTENTE_OK || last.text.data != fact.text.data)
            continue;
        if (count++ == 0)
            page_heading_say(&brief->page, 4, SAY_POSITIONS);
        page_words(&brief->page, PAGE_STATEMENT);
        page_strong(&brief->page);
        page_party(&brief->page, note->slot);
        page_strong_end(&brief->page);
        page_plain(&brief->page, " ");
        page_name(&brief->page, (struct bytes){0}, fact.office);
        page_words_said(&brief->page);
        page_text(&brief->page, fact.tag, fact.text);
        page_words_end(&brief->page);
    }
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

static enum entente_error
tell_dialogue(struct brief *brief, const struct digest *id)
{
    const struct object *object = consultation_object(brief->consultation, id);
    struct page *page = &brief->page;
    struct dialogue_view view;
    enum entente_error error = consultation_dialogue(brief->consultation, id, &view);

    if (error != ENTENTE_OK)
        return error;
    page_heading(page, 3, NULL);
    page_name(page, (struct bytes){0}, view.dialogue.name);
    page_heading_end(page, 3);
    if (view.dialogue.text.size > 0)
        page_text(page, view.dialogue.tag, view.dialogue.text);
    put_dialogue_state(brief, &view);
    error = tell_rounds(brief, object);
    return error == ENTENTE_OK ? tell_positions(brief, id, object) : error;
}

static enum entente_error
tell_dialogues(struct brief *brief)
{
    struct listing dialogues = {0};
    enum entente_error error = listing_objects(&dialogues, brief->consultation, FACT_DIALOGUE);

    listing_sort(&dialogues);
    page_heading_say(&brief->page, 2, SAY_DIALOGUES);
    if (dialogues.count == 0)
        page_nothing(&brief->page);
    for (uint32_t i = 0; error == ENTENTE_OK && i < dialogues.count; i++)
        error = tell_dialogue(brief, &dialogues.items[i].id);
    listing_free(&dialogues);
    return error;
}

enum entente_error
brief_duties(struct brief *brief)
{
    enum entente_error error = tell_commitments(brief);

    return error == ENTENTE_OK ? tell_dialogues(brief) : error;
}
