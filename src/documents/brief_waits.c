/* What waits for the office: what only its party can do next. */
#include "documents/brief.h"

struct waits {
    struct brief *brief;
    uint32_t count;
};

static void
begin(struct waits *waits, enum phrase what)
{
    struct page *page = &waits->brief->page;

    if (waits->count++ == 0)
        page_list(page);
    page_item(page);
    page_strong(page);
    page_say(page, what);
    page_strong_end(page);
    page_plain(page, " – ");
}

/* Whether the act asks for a consent of this office: by its own list, or by that of the genesis
 * (A8). */
static bool
asks_office(const struct brief *brief, const struct proposal *proposal)
{
    const struct genesis *genesis = room_genesis(brief->room);
    struct reader reader = reader_of(proposal->offices);
    struct bytes name;

    if (proposal->offices_count > 0) {
        while (office_name_next(&reader, &name))
            if (bytes_equal(name, brief->office))
                return true;
        return false;
    }
    for (uint8_t i = 0; i < genesis->offices_count; i++)
        if (bytes_equal(genesis->offices[i], brief->office))
            return true;
    return genesis->offices_count == 0;
}

static enum entente_error
wait_acts(struct waits *waits)
{
    struct brief *brief = waits->brief;
    struct acts *acts = consultation_acts(brief->consultation);
    uint8_t own = room_slot(brief->room);
    struct act_verdict verdict;
    struct proposal proposal;
    struct digest act;
    enum entente_error error = ENTENTE_OK;

    for (uint32_t i = 0; error == ENTENTE_OK && acts_at(acts, i, &act); i++) {
        error = acts_verdict(acts, &act, &verdict);
        bool is_open = error == ENTENTE_OK && verdict.is_proposed && !verdict.is_dead &&
                       ((verdict.signed_by | verdict.withdrawn_by) >> own & 1) == 0;
        if (!is_open || !consultation_proposal(brief->consultation, &act, &proposal) ||
            !asks_office(brief, &proposal))
            continue;
        begin(waits, SAY_SIGN_THIS);
        put_act(brief, &act);
        if (proposal.brackets > 0)
            page_mark(&brief->page, SAY_BRACKETS);
        page_item_end(&brief->page);
    }
    return error;
}

/* Whether the party has said anything of a delivery. */
static enum entente_error
has_receipt(const struct brief *brief, const struct digest *delivery, bool *has)
{
    const struct object *object = consultation_object(brief->consultation, delivery);
    const struct fact_note *note;
    struct fact fact;
    enum entente_error error = object == NULL ? ENTENTE_ERR_NOT_FOUND : ENTENTE_OK;

    *has = false;
    for (uint32_t i = 0; error == ENTENTE_OK && !*has;) {
        error = object_next(brief->consultation, object, FACT_RECEIPT, &i, &note, &fact);
        *has = error == ENTENTE_OK && note->slot == room_slot(brief->room);
    }
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

static enum entente_error
wait_receipts(struct waits *waits, const struct digest *pledge, const struct pledge_state *state)
{
    struct brief *brief = waits->brief;
    const struct object *object = consultation_object(brief->consultation, pledge);
    const struct fact_note *note;
    struct fact fact;
    bool has = true;
    enum entente_error error = ENTENTE_OK;

    for (uint32_t i = 0; error == ENTENTE_OK;) {
        error = object_next(brief->consultation, object, FACT_DELIVERY, &i, &note, &fact);
        if (error != ENTENTE_OK || note->slot != state->giver)
            continue;
        error = has_receipt(brief, &note->object, &has);
        if (error != ENTENTE_OK || has)
            continue;
        begin(waits, SAY_CONFIRM_THIS);
        page_decimal(&brief->page, fact.quantity, state->pledge.scale);
        page_plain(&brief->page, " ");
        page_name(&brief->page, (struct bytes){0}, state->pledge.label);
        page_comma(&brief->page);
        page_name(&brief->page, state->pledge.tag, state->pledge.name);
        page_comma(&brief->page);
        page_party(&brief->page, state->giver);
        page_item_end(&brief->page);
    }
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

static enum entente_error
wait_pledge(struct waits *waits, const struct digest *pledge)
{
    struct brief *brief = waits->brief;
    uint8_t own = room_slot(brief->room);
    struct pledge_state state;
    enum entente_error error = consultation_pledge(brief->consultation, pledge, &state);

    if (error != ENTENTE_OK)
        return error;
    if (state.giver == own && !state.is_withdrawn && state.delivered < state.pledged) {
        begin(waits, SAY_DELIVER_THIS);
        put_object(brief, pledge);
        if (state.due_ms != 0) {
            page_small(&brief->page);
            page_say(&brief->page, SAY_DUE);
            page_plain(&brief->page, " ");
            page_date(&brief->page, state.due_ms);
            page_small_end(&brief->page);
        }
        page_item_end(&brief->page);
    }
    if ((state.pledge.parties >> own & 1) == 0)
        return ENTENTE_OK;
    return wait_receipts(waits, pledge, &state);
}

static enum entente_error
wait_dialogue(struct waits *waits, const struct digest *dialogue)
{
    struct brief *brief = waits->brief;
    struct dialogue_view view;
    struct fact position;
    enum entente_error error = consultation_dialogue(brief->consultation, dialogue, &view);

    if (error != ENTENTE_OK || view.state == DIALOGUE_CLOSED)
        return error;
    error = consultation_position(
        brief->consultation, dialogue, room_slot(brief->room), brief->office, &position);
    if (error != ENTENTE_ERR_NOT_FOUND)
        return error;
    begin(waits, SAY_STATE_POSITION);
    put_object(brief, dialogue);
    page_item_end(&brief->page);
    return ENTENTE_OK;
}

static enum entente_error
wait_assessment(struct waits *waits, const struct digest *assessment)
{
    struct brief *brief = waits->brief;
    struct assessment_state state;
    enum entente_error error = consultation_assessment(brief->consultation, assessment, &state);

    if (error != ENTENTE_OK || !assessment_owes_answer(&state, room_slot(brief->room)))
        return error;
    begin(waits, SAY_ANSWER_WITHDRAWAL);
    put_object(brief, assessment);
    page_item_end(&brief->page);
    return ENTENTE_OK;
}

static enum entente_error
wait_objects(struct waits *waits, uint16_t type,
    enum entente_error (*wait)(struct waits *waits, const struct digest *id))
{
    struct listing listing = {0};
    enum entente_error error = listing_objects(&listing, waits->brief->consultation, type);

    listing_sort(&listing);
    for (uint32_t i = 0; error == ENTENTE_OK && i < listing.count; i++)
        error = wait(waits, &listing.items[i].id);
    listing_free(&listing);
    return error;
}

enum entente_error
brief_waits(struct brief *brief)
{
    struct waits waits = {.brief = brief};

    page_heading_say(&brief->page, 2, SAY_WAITS);
    enum entente_error error = wait_acts(&waits);
    if (error == ENTENTE_OK)
        error = wait_objects(&waits, FACT_PLEDGE, wait_pledge);
    if (error == ENTENTE_OK)
        error = wait_objects(&waits, FACT_ASSESSMENT, wait_assessment);
    if (error == ENTENTE_OK)
        error = wait_objects(&waits, FACT_DIALOGUE, wait_dialogue);
    if (waits.count > 0)
        page_list_end(&brief->page);
    else
        page_nothing(&brief->page);
    return error;
}
