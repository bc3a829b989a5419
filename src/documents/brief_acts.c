/* The texts in force, and what is proposed. */
#include "documents/brief.h"

#include <stdlib.h>

static uint32_t
all_parties(const struct brief *brief)
{
    return (uint32_t)((UINT64_C(1) << room_parties(brief->room)) - 1);
}

static void
put_field_parties(struct brief *brief, enum phrase label, uint32_t mask)
{
    if (mask == 0)
        return;
    page_field(&brief->page, label);
    page_parties(&brief->page, mask);
    page_field_end(&brief->page);
}

static void
put_languages(struct brief *brief, const struct proposal *proposal)
{
    struct text_state *text = calloc(1, sizeof *text);

    if (text != NULL &&
        consultation_text(brief->consultation, &proposal->root, text) == ENTENTE_OK) {
        page_field(&brief->page, SAY_LANGUAGES);
        for (uint16_t i = 0; i < text->languages; i++) {
            if (i > 0)
                page_comma(&brief->page);
            page_name(&brief->page, (struct bytes){0}, text->files[i].language.tag);
            if (!text->files[i].language.is_authentic) {
                page_plain(&brief->page, " (");
                page_say(&brief->page, SAY_TRANSLATION);
                page_plain(&brief->page, ")");
            }
        }
        page_field_end(&brief->page);
    }
    free(text);
}

/* Until when nobody publishes it, and who did. */
static enum entente_error
put_publication(struct brief *brief, const struct digest *act)
{
    const struct object *object = consultation_object(brief->consultation, act);
    const struct fact_note *note;
    struct readout_state state;
    struct fact fact;
    uint32_t mask = 0;
    enum entente_error error = consultation_readout(brief->consultation, act, &state);

    if (error != ENTENTE_OK || object == NULL)
        return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
    if (state.embargo_ms > brief->page.options->now_ms) {
        page_field(&brief->page, SAY_EMBARGO);
        page_time(&brief->page, state.embargo_ms);
        page_field_end(&brief->page);
    }
    for (uint32_t i = 0; error == ENTENTE_OK;) {
        error = object_next(brief->consultation, object, FACT_PUBLICATION, &i, &note, &fact);
        mask |= error == ENTENTE_OK ? 1u << note->slot : 0;
    }
    put_field_parties(brief, SAY_PUBLISHED, mask);
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

static enum entente_error
tell_act(struct brief *brief, const struct digest *act, const struct act_verdict *verdict)
{
    struct page *page = &brief->page;
    struct proposal proposal;
    uint64_t t_ms;
    enum entente_error error = act_time(brief, act, &t_ms);

    if (error != ENTENTE_OK || !consultation_proposal(brief->consultation, act, &proposal))
        return error;
    page_heading(page, 3, NULL);
    put_act(brief, act);
    page_heading_end(page, 3);
    page_fields(page);
    page_field(page, SAY_PROPOSED_BY);
    page_party(page, proposal.slot);
    page_comma(page);
    page_time(page, t_ms);
    page_field_end(page);
    put_languages(brief, &proposal);
    if (!verdict->is_effective) {
        put_field_parties(brief, SAY_SIGNED, verdict->signed_by);
        put_field_parties(brief, SAY_NOT_SIGNED, all_parties(brief) & ~verdict->signed_by);
        put_field_parties(brief, SAY_WITHDRAWN_BY, verdict->withdrawn_by);
    }
    if (proposal.brackets > 0) {
        page_field(page, SAY_BRACKETS);
        page_number(page, proposal.brackets);
        page_field_end(page);
    }
    if (verdict->is_complete && !verdict->is_effective) {
        page_field(page, SAY_STATUS);
        page_say(page, SAY_COMPLETE);
        page_field_end(page);
    }
    error = put_publication(brief, act);
    page_fields_end(page);
    return error;
}

static enum entente_error
tell_acts(struct brief *brief, enum phrase heading, bool are_effective)
{
    struct acts *acts = consultation_acts(brief->consultation);
    struct act_verdict verdict;
    struct digest act;
    uint32_t count = 0;
    enum entente_error error = ENTENTE_OK;

    page_heading_say(&brief->page, 2, heading);
    for (uint32_t i = 0; error == ENTENTE_OK && acts_at(acts, i, &act); i++) {
        error = acts_verdict(acts, &act, &verdict);
        bool is_wanted = verdict.is_proposed && verdict.is_effective == are_effective &&
                         (are_effective || !verdict.is_dead);
        if (error != ENTENTE_OK || !is_wanted)
            continue;
        error = tell_act(brief, &act, &verdict);
        count++;
    }
    if (error == ENTENTE_OK && count == 0)
        page_nothing(&brief->page);
    return error;
}

enum entente_error
brief_acts(struct brief *brief)
{
    enum entente_error error = tell_acts(brief, SAY_PROPOSALS, false);

    return error == ENTENTE_OK ? tell_acts(brief, SAY_AGREED, true) : error;
}
