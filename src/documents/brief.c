#include "documents/brief.h"

/* ---- whose it is ---- */

static const struct office_state *
office_now(const struct brief *brief, uint8_t slot, uint32_t office)
{
    return office_at(consultation_offices(brief->consultation, slot), office,
        register_count(room_register(brief->room, slot)));
}

static void
put_acting(struct brief *brief, uint8_t slot, const struct office_state *state)
{
    const struct offices *offices = consultation_offices(brief->consultation, slot);

    page_name(&brief->page, (struct bytes){0}, office_person(offices, &state->line[state->acting]));
    if (state->is_assumed)
        page_mark(&brief->page, SAY_ASSUMED);
}

static void
tell_whose(struct brief *brief, const struct office_state *state)
{
    struct page *page = &brief->page;

    page_fields(page);
    page_field(page, SAY_OFFICE);
    page_name(page, (struct bytes){0}, brief->office);
    page_comma(page);
    page_party(page, room_slot(brief->room));
    page_field_end(page);
    page_field(page, SAY_ACTING);
    put_acting(brief, room_slot(brief->room), state);
    page_field_end(page);
    page_field(page, SAY_SINCE);
    page_time(page, state->t_ms);
    page_field_end(page);
    page_fields_end(page);
}

/* ---- charter and offices ---- */

static void
tell_charter(struct brief *brief)
{
    const struct genesis *genesis = room_genesis(brief->room);

    page_heading_say(&brief->page, 2, SAY_CHARTER);
    if (genesis->charters_count == 0)
        page_nothing(&brief->page);
    for (uint8_t i = 0; i < genesis->charters_count; i++)
        page_text(&brief->page, genesis->charters[i].tag, genesis->charters[i].text);
}

static void
put_line(struct brief *brief, uint8_t slot, const struct office_state *state)
{
    const struct offices *offices = consultation_offices(brief->consultation, slot);

    for (uint8_t i = 0; i < state->count; i++) {
        if (i > 0)
            page_comma(&brief->page);
        page_name(&brief->page, (struct bytes){0}, office_person(offices, &state->line[i]));
        if (state->line[i].is_away)
            page_mark(&brief->page, SAY_AWAY);
    }
}

static void
tell_office(struct brief *brief, uint8_t slot, uint32_t office)
{
    const struct offices *offices = consultation_offices(brief->consultation, slot);
    const struct office_state *state = office_now(brief, slot, office);
    struct page *page = &brief->page;

    if (state == NULL)
        return;
    page_row(page);
    page_cell(page);
    page_party(page, slot);
    page_cell(page);
    page_name(page, (struct bytes){0}, office_name(offices, office));
    page_cell(page);
    put_acting(brief, slot, state);
    page_cell(page);
    put_line(brief, slot, state);
    page_cell(page);
    page_time(page, state->t_ms);
    page_row_end(page);
}

static void
tell_offices(struct brief *brief)
{
    static const enum phrase heads[] = {SAY_PARTY, SAY_OFFICE, SAY_ACTING, SAY_LINE, SAY_SINCE};

    page_heading_say(&brief->page, 2, SAY_OFFICES);
    page_table(&brief->page, heads, 5);
    for (uint8_t slot = 0; slot < room_parties(brief->room); slot++) {
        const struct offices *offices = consultation_offices(brief->consultation, slot);
        for (uint32_t i = 0, office; (office = offices_at(offices, i)) != 0; i++)
            tell_office(brief, slot, office);
    }
    page_table_end(&brief->page);
}

/* ---- sessions ---- */

static void
tell_session(struct brief *brief, const struct session_state *state)
{
    static const enum phrase statuses[] = {SAY_CALLED, SAY_OPEN, SAY_SUSPENDED, SAY_CLOSED};
    struct page *page = &brief->page;

    page_row(page);
    page_cell(page);
    page_time(page, state->call.when_ms);
    page_cell(page);
    page_name(page, state->call.tag, state->call.name);
    page_cell(page);
    page_say(page, statuses[state->status & 3]);
    page_cell(page);
    page_party(page, state->chair);
    page_row_end(page);
}

static enum entente_error
tell_sessions(struct brief *brief)
{
    static const enum phrase heads[] = {SAY_BEGINS, SAY_SESSION, SAY_STATUS, SAY_CHAIR};
    struct listing sessions = {0};
    struct session_state state;
    enum entente_error error = listing_sessions(&sessions, brief->consultation);

    page_heading_say(&brief->page, 2, SAY_SESSIONS);
    if (sessions.count == 0)
        page_nothing(&brief->page);
    else
        page_table(&brief->page, heads, 4);
    for (uint32_t i = 0; error == ENTENTE_OK && i < sessions.count; i++) {
        error = consultation_session(brief->consultation, &sessions.items[i].id, &state);
        if (error == ENTENTE_OK)
            tell_session(brief, &state);
    }
    if (sessions.count > 0)
        page_table_end(&brief->page);
    listing_free(&sessions);
    return error;
}

/* ---- all of it: what is to be done first ---- */

enum entente_error
document_brief(struct document *document, const struct document_options *options,
    struct bytes office, uint64_t since_ms, enum document_form form)
{
    struct brief brief = {.room = options->room,
        .consultation = room_consultation(options->room),
        .office = office,
        .since_ms = since_ms};
    uint8_t own = room_slot(options->room);
    uint32_t number = offices_named(consultation_offices(brief.consultation, own), office,
        register_count(room_register(options->room, own)));
    const struct office_state *state = number == 0 ? NULL : office_now(&brief, own, number);

    if (state == NULL)
        return ENTENTE_ERR_NOT_FOUND;
    page_start(&brief.page, document, options, form, SAY_BRIEF);
    tell_whose(&brief, state);
    enum entente_error error = brief_waits(&brief);
    if (error == ENTENTE_OK)
        error = brief_changed(&brief);
    if (error == ENTENTE_OK)
        error = brief_acts(&brief);
    if (error == ENTENTE_OK)
        error = brief_duties(&brief);
    if (error == ENTENTE_OK)
        error = tell_sessions(&brief);
    if (error != ENTENTE_OK)
        return error;
    tell_offices(&brief);
    tell_charter(&brief);
    return page_end(&brief.page);
}
