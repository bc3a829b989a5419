#include "documents/listing.h"
#include "documents/page.h"
#include "documents/persons.h"

#include <stdlib.h>

struct minutes {
    struct page page;
    struct room *room;
    struct consultation *consultation;
    struct digest session;
    const struct object *object; /* of the session */
    struct session_state state;
    struct persons persons;
};

/* ---- the facts of a session, in the order of their writers' clocks ---- */

static enum entente_error
list_facts(const struct minutes *minutes, const struct object *object, uint16_t type,
    struct listing *listing)
{
    const struct fact_note *note;
    struct fact fact;
    enum entente_error error = ENTENTE_OK;

    for (uint32_t i = 0; error == ENTENTE_OK;) {
        error = object_next(minutes->consultation, object, type, &i, &note, &fact);
        /* An index fits: it is of a list in memory. */
        if (error == ENTENTE_OK)
            error = listing_add(listing, &note->object, note->t_ms);
        if (error == ENTENTE_OK)
            listing->items[listing->count - 1].index = i - 1;
    }
    listing_sort(listing);
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

static const struct fact_note *
fact_of(const struct object *object, uint16_t type, uint32_t index, struct fact *fact)
{
    const struct fact_note *note = object_note(object, index);

    if (note == NULL || fact_parse(fact, type, note->content) != ENTENTE_OK)
        return NULL;
    return note;
}

/* Late (M4), or of a branch that does not count (I2); where it cannot be read, nothing is said. */
static enum entente_error
mark_place(struct minutes *minutes, const struct place *place)
{
    struct room_entry entry;
    enum entente_error error = room_entry(minutes->room, place, &entry);

    if (error != ENTENTE_OK)
        return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
    if (entry.is_void)
        page_mark(&minutes->page, SAY_VOID);
    else if (entry.is_late)
        page_mark(&minutes->page, SAY_LATE);
    return ENTENTE_OK;
}

/* ---- the head ---- */

static void
put_chairs(struct minutes *minutes)
{
    const struct fact *call = &minutes->state.call;
    static const char *const between[PHRASE_LANGUAGES] = {" → ", " → ", " → ", " ← "};

    for (uint16_t i = 0; i < call->items_count; i++) {
        if (i > 0)
            page_plain(&minutes->page, between[minutes->page.language]);
        page_party(&minutes->page, call->items.data[i]);
    }
}

static void
tell_head(struct minutes *minutes, unsigned level)
{
    static const enum phrase statuses[] = {SAY_CALLED, SAY_OPEN, SAY_SUSPENDED, SAY_CLOSED};
    const struct session_state *state = &minutes->state;
    struct page *page = &minutes->page;

    page_heading(page, level, &minutes->session);
    page_name(page, state->call.tag, state->call.name);
    page_heading_end(page, level);
    if (state->call.text.size > 0)
        page_text(page, state->call.tag, state->call.text);
    page_fields(page);
    page_field(page, SAY_STATUS);
    page_say(page, statuses[state->status & 3]);
    page_field_end(page);
    page_field(page, SAY_BEGINS);
    page_time(page, state->call.when_ms);
    page_field_end(page);
    if (state->call.until_ms != 0) {
        page_field(page, SAY_ENDS);
        page_time(page, state->call.until_ms);
        page_field_end(page);
    }
    page_field(page, SAY_CALLED_BY);
    page_party(page, object_made_by(minutes->object)->slot);
    page_field_end(page);
    page_field(page, SAY_CHAIR);
    page_party(page, state->chair);
    page_field_end(page);
    page_field(page, SAY_CHAIR_ORDER);
    put_chairs(minutes);
    page_field_end(page);
    page_fields_end(page);
}

/* ---- how the session went ---- */

static enum phrase
phrase_of_step(uint8_t step)
{
    switch ((enum chair_step)step) {
    case CHAIR_TAKE:
        return SAY_TOOK_CHAIR;
    case CHAIR_OPEN:
        return SAY_OPENED;
    case CHAIR_SUSPEND:
        return SAY_SUSPENDED_IT;
    case CHAIR_RESUME:
        return SAY_RESUMED_IT;
    case CHAIR_CLOSE:
        return SAY_CLOSED_IT;
    case CHAIR_ITEM:
        return SAY_CALLED_ITEM;
    case CHAIR_ADMIT:
        return SAY_ADMITTED;
    case CHAIR_FLOOR:
        break;
    }
    return PHRASE_COUNT;
}

static void
put_subject(struct minutes *minutes, const struct fact *step)
{
    const struct object *object;
    struct fact fact;
    uint16_t type = step->what == CHAIR_ITEM ? FACT_ITEM : FACT_ATTENDANCE;
    enum entente_error error =
        object_of_type(minutes->consultation, &step->subject, type, &object, &fact);

    if (error != ENTENTE_OK)
        return;
    page_plain(&minutes->page, ": ");
    page_name(&minutes->page, fact.tag, type == FACT_ITEM ? fact.text : fact.name);
}

static enum entente_error
tell_step(struct minutes *minutes, uint32_t index)
{
    struct page *page = &minutes->page;
    struct fact fact;
    const struct fact_note *note = fact_of(minutes->object, FACT_CHAIR, index, &fact);
    bool counts = false;

    if (note == NULL || phrase_of_step(fact.what) == PHRASE_COUNT)
        return ENTENTE_OK;
    if ((fact.what == CHAIR_ITEM) && digest_is_zero(&fact.subject))
        return ENTENTE_OK; /* no item is called any more */
    enum entente_error error =
        consultation_step_counts(minutes->consultation, &minutes->session, note, &counts);
    if (error != ENTENTE_OK || !counts)
        return error;
    page_item(page);
    page_clock(page, note->t_ms);
    page_plain(page, " ");
    page_party(page, note->slot);
    page_plain(page, " ");
    page_say(page, phrase_of_step(fact.what));
    if (fact.what == CHAIR_ITEM || fact.what == CHAIR_ADMIT)
        put_subject(minutes, &fact);
    page_item_end(page);
    return ENTENTE_OK;
}

static enum entente_error
tell_course(struct minutes *minutes, unsigned level)
{
    struct listing listing = {0};
    enum entente_error error = list_facts(minutes, minutes->object, FACT_CHAIR, &listing);

    if (listing.count > 0) {
        page_heading_say(&minutes->page, level, SAY_CHAIR_STEPS);
        page_list(&minutes->page);
        for (uint32_t i = 0; error == ENTENTE_OK && i < listing.count; i++)
            error = tell_step(minutes, listing.items[i].index);
        page_list_end(&minutes->page);
    }
    listing_free(&listing);
    return error;
}

/* ---- attendance ---- */

/* When a person came and went: their attendances in order. */
static enum entente_error
put_presence(struct minutes *minutes, uint32_t from, uint32_t end)
{
    struct page *page = &minutes->page;
    struct fact fact;
    bool is_there = false;
    enum entente_error error = ENTENTE_OK;

    for (uint32_t i = from; error == ENTENTE_OK && i < end; i++) {
        const struct fact_note *note =
            fact_of(minutes->object, FACT_ATTENDANCE, minutes->persons.notes[i].order, &fact);
        bool joins = note != NULL && fact.what == ATTENDANCE_JOIN;
        if (note == NULL || (joins && is_there))
            continue;
        if (joins && i > from)
            page_comma(page);
        if (!joins)
            page_plain(page, "–");
        page_clock(page, fact.when_ms != 0 ? fact.when_ms : note->t_ms);
        is_there = joins;
        error = mark_place(minutes, &note->place);
    }
    if (is_there)
        page_plain(page, "–");
    return error;
}

/* What the last attendance says of the person; and all of them. */
static enum entente_error
tell_person(struct minutes *minutes, uint32_t from, uint32_t end)
{
    static const enum phrase modes[] = {SAY_IN_ROOM, SAY_BY_VIDEO, SAY_BY_TELEPHONE};
    struct page *page = &minutes->page;
    struct fact fact;
    const struct fact_note *note =
        fact_of(minutes->object, FACT_ATTENDANCE, minutes->persons.notes[end - 1].order, &fact);

    if (note == NULL)
        return ENTENTE_OK;
    page_row(page);
    page_cell(page);
    page_name(page, (struct bytes){0}, fact.name);
    page_cell(page);
    page_name(page, (struct bytes){0}, fact.office);
    page_cell(page);
    page_party(page, note->slot);
    page_cell(page);
    if (fact.mode >= 1 && fact.mode <= 3)
        page_say(page, modes[fact.mode - 1]);
    page_cell(page);
    enum entente_error error = put_presence(minutes, from, end);
    page_row_end(page);
    return error;
}

static enum entente_error
tell_attendance(struct minutes *minutes, unsigned level)
{
    static const enum phrase heads[] = {SAY_NAME, SAY_OFFICE, SAY_PARTY, SAY_BY, SAY_PRESENT};
    const struct persons *persons = &minutes->persons;
    enum entente_error error = ENTENTE_OK;

    page_heading_say(&minutes->page, level, SAY_ATTENDANCE);
    if (persons->count == 0) {
        page_nothing(&minutes->page);
        return ENTENTE_OK;
    }
    page_table(&minutes->page, heads, 5);
    for (uint32_t from = 0, end; error == ENTENTE_OK && from < persons->count; from = end) {
        end = persons_end(persons, from);
        error = tell_person(minutes, from, end);
    }
    page_table_end(&minutes->page);
    return error;
}

static enum entente_error
tell_absent(struct minutes *minutes)
{
    struct page *page = &minutes->page;
    const struct fact_note *note;
    struct fact fact;
    uint32_t count = 0;
    enum entente_error error = ENTENTE_OK;

    for (uint32_t i = 0; error == ENTENTE_OK;) {
        error = object_next(minutes->consultation, minutes->object, FACT_INVITE, &i, &note, &fact);
        if (error != ENTENTE_OK || fact.name.size == 0 ||
            fact.slot >= room_parties(minutes->room) ||
            persons_has(&minutes->persons, fact.slot, fact.name))
            continue;
        if (count++ == 0) {
            page_fields(page);
            page_field(page, SAY_INVITED);
        } else {
            page_plain(page, "; ");
        }
        page_name(page, (struct bytes){0}, fact.name);
        page_plain(page, " (");
        page_party(page, fact.slot);
        page_plain(page, ")");
    }
    if (count > 0) {
        page_field_end(page);
        page_fields_end(page);
    }
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

/* ---- statements ---- */

static void
put_held(struct minutes *minutes, const struct room_entry *entry)
{
    uint32_t all = (uint32_t)((UINT64_C(1) << room_parties(minutes->room)) - 1);
    struct page *page = &minutes->page;

    page_small(page);
    page_say(page, (entry->held & all) == all ? SAY_HELD_BY_ALL : SAY_HELD_BY);
    if ((entry->held & all) != all) {
        page_plain(page, ": ");
        page_parties(page, entry->held);
    }
    page_small_end(page);
}

/* Who says it and when; the speaker is the party itself where none is named. */
static void
put_speaker(struct minutes *minutes, const struct room_entry *entry, struct bytes speaker)
{
    struct page *page = &minutes->page;

    page_clock(page, entry->entry.t_ms);
    page_plain(page, " ");
    page_strong(page);
    if (speaker.size > 0)
        page_name(page, (struct bytes){0}, speaker);
    else
        page_party(page, entry->entry.slot);
    page_strong_end(page);
    if (speaker.size > 0) {
        page_plain(page, " ");
        page_party(page, entry->entry.slot);
    }
    if (entry->is_void)
        page_mark(page, SAY_VOID);
    else if (entry->is_late)
        page_mark(page, SAY_LATE);
    put_held(minutes, entry);
}

static void
put_file(struct minutes *minutes, const struct section_file *file)
{
    struct page *page = &minutes->page;

    page_list(page);
    page_item(page);
    page_say(page, SAY_FILE);
    page_plain(page, ": ");
    page_name(page, (struct bytes){0}, file->name);
    page_plain(page, " (");
    page_name(page, (struct bytes){0}, file->media_type);
    page_comma(page);
    page_number(page, file->data.size);
    page_plain(page, " B)");
    page_item_end(page);
    page_list_end(page);
}

/* One entry's statements, headings and files; those of one speaker in a row are one block. */
static void
tell_entry(struct minutes *minutes, const struct room_entry *entry)
{
    struct bytes speaker = {0};
    bool is_in_block = false;

    for (uint32_t i = 0; i < entry->body->count; i++) {
        const struct section *section = &entry->body->sections[i];
        bool is_statement = section->type == SECTION_STATEMENT;
        if (!is_statement && section->type != SECTION_HEADING && section->type != SECTION_FILE)
            continue;
        bool is_same =
            is_in_block && (!is_statement || bytes_equal(section->statement.speaker, speaker));
        if (is_in_block && !is_same)
            page_words_end(&minutes->page);
        if (!is_same) {
            speaker = is_statement ? section->statement.speaker : (struct bytes){0};
            page_words(&minutes->page, PAGE_STATEMENT);
            put_speaker(minutes, entry, speaker);
            page_words_said(&minutes->page);
            is_in_block = true;
        }
        if (is_statement)
            page_text(&minutes->page, section->statement.tag, section->statement.text);
        else if (section->type == SECTION_HEADING)
            page_text(&minutes->page, section->heading.tag, section->heading.text);
        else
            put_file(minutes, &section->file);
    }
    if (is_in_block)
        page_words_end(&minutes->page);
}

/* Sealed for others, or damaged: that something was said here is on the record all the same. */
static void
tell_unreadable(struct minutes *minutes, const struct room_entry *entry)
{
    page_words(&minutes->page, PAGE_STATEMENT);
    put_speaker(minutes, entry, (struct bytes){0});
    page_mark(&minutes->page, SAY_UNREADABLE);
    page_words_said(&minutes->page);
    page_words_end(&minutes->page);
}

static enum entente_error
tell_statements(struct minutes *minutes, const struct digest *object, uint32_t *count)
{
    struct room_entry entry;
    enum entente_error error = ENTENTE_OK;

    for (*count = 0; error == ENTENTE_OK;) {
        error = room_under(minutes->room, object, *count, &entry);
        if (error != ENTENTE_OK)
            break;
        ++*count;
        if (entry.body != NULL)
            tell_entry(minutes, &entry);
        else
            tell_unreadable(minutes, &entry);
    }
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

/* ---- conclusions ---- */

static enum entente_error
tell_conclusion(struct minutes *minutes, const struct object *object, uint32_t index)
{
    struct page *page = &minutes->page;
    struct fact fact;
    const struct fact_note *note = fact_of(object, FACT_CONCLUSION, index, &fact);

    if (note == NULL)
        return ENTENTE_OK;
    page_words(page, PAGE_CONCLUSION);
    page_strong(page);
    page_say(page, SAY_CONCLUSION);
    if (fact.number != 0) {
        page_plain(page, " ");
        page_number(page, fact.number);
    }
    page_strong_end(page);
    page_plain(page, " ");
    page_party(page, note->slot);
    enum entente_error error = mark_place(minutes, &note->place);
    page_words_said(page);
    page_text(page, fact.tag, fact.text);
    page_words_end(page);
    return error;
}

static enum entente_error
tell_conclusions(struct minutes *minutes, const struct object *object, unsigned level)
{
    struct listing listing = {0};
    enum entente_error error = list_facts(minutes, object, FACT_CONCLUSION, &listing);

    if (error == ENTENTE_OK && listing.count > 0 && level > 0)
        page_heading_say(&minutes->page, level, SAY_CONCLUSIONS);
    for (uint32_t i = 0; error == ENTENTE_OK && i < listing.count; i++)
        error = tell_conclusion(minutes, object, listing.items[i].index);
    listing_free(&listing);
    return error;
}

/* ---- the agenda ---- */

/* V3: minutes leave the room, and the name of a paper only goes with them where its marking allows it. */
static bool
may_be_named(const struct minutes *minutes, const struct object *object, const struct fact *fact)
{
    return marking_allows(&fact->marking, object_made_by(object)->slot, room_slot(minutes->room),
        MARKING_EXPORT);
}

static void
put_paper(struct minutes *minutes, const struct digest *id)
{
    char line[MARKING_PRINTED_BYTES_MAX];
    struct writer writer = writer_of(line, sizeof line);
    struct page *page = &minutes->page;
    const struct object *object;
    struct fact fact;

    page_item(page);
    if (object_of_type(minutes->consultation, id, FACT_ASSESSMENT, &object, &fact) == ENTENTE_OK &&
        may_be_named(minutes, object, &fact)) {
        page_name(page, fact.tag, fact.name);
        page_small(page);
        marking_print(&writer, &fact.marking);
        page_name(page, (struct bytes){0}, writer_written(&writer));
        page_small_end(page);
    } else {
        page_say(page, SAY_RECORD);
        page_plain(page, " ");
        document_put_hex(page->document, id->bytes, 8);
    }
    page_item_end(page);
}

static enum entente_error
tell_papers(struct minutes *minutes, const struct object *item)
{
    const struct fact_note *note;
    struct fact fact;
    uint32_t count = 0;
    enum entente_error error = ENTENTE_OK;

    for (uint32_t i = 0; error == ENTENTE_OK;) {
        error = object_next(minutes->consultation, item, FACT_PAPER, &i, &note, &fact);
        if (error != ENTENTE_OK)
            break;
        if (count++ == 0) {
            page_heading_say(&minutes->page, 4, SAY_PAPERS);
            page_list(&minutes->page);
        }
        put_paper(minutes, &fact.subject);
    }
    if (count > 0)
        page_list_end(&minutes->page);
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

static void
put_item_heading(struct minutes *minutes, const struct fact *item, unsigned level)
{
    struct page *page = &minutes->page;

    page_heading(page, level, NULL);
    if (item->number != 0) {
        page_number(page, item->number);
        page_plain(page, page->form == DOCUMENT_HTML ? ". " : "\\. ");
    }
    page_name(page, item->tag, item->text);
    page_heading_end(page, level);
    page_fields(page);
    page_field(page, SAY_OWNER);
    page_party(page, item->slot);
    page_field_end(page);
    if (item->minutes != 0) {
        page_field(page, SAY_TIME_BOX);
        page_number(page, item->minutes);
        page_plain(page, " ");
        page_say(page, SAY_MINUTE);
        page_field_end(page);
    }
    page_fields_end(page);
}

static enum entente_error
tell_item(struct minutes *minutes, uint32_t index, unsigned level)
{
    struct fact fact;
    uint32_t count;
    const struct fact_note *note = fact_of(minutes->object, FACT_ITEM, index, &fact);
    const struct object *item =
        note == NULL ? NULL : consultation_object(minutes->consultation, &note->object);

    if (note == NULL)
        return ENTENTE_OK;
    put_item_heading(minutes, &fact, level);
    if (item == NULL)
        return ENTENTE_OK; /* nobody spoke of it */
    enum entente_error error = tell_papers(minutes, item);
    if (error == ENTENTE_OK)
        error = tell_statements(minutes, &note->object, &count);
    return error == ENTENTE_OK ? tell_conclusions(minutes, item, 0) : error;
}

/* By number, then as they were made. */
static enum entente_error
list_items(struct minutes *minutes, struct listing *listing)
{
    enum entente_error error = list_facts(minutes, minutes->object, FACT_ITEM, listing);
    struct fact fact;

    for (uint32_t i = 0; error == ENTENTE_OK && i < listing->count; i++)
        if (fact_of(minutes->object, FACT_ITEM, listing->items[i].index, &fact) != NULL)
            listing->items[i].t_ms = fact.number;
    listing_sort(listing);
    return error;
}

static enum entente_error
tell_agenda(struct minutes *minutes, unsigned level)
{
    struct listing listing = {0};
    enum entente_error error = list_items(minutes, &listing);

    if (error == ENTENTE_OK && listing.count > 0)
        page_heading_say(&minutes->page, level, SAY_AGENDA);
    for (uint32_t i = 0; error == ENTENTE_OK && i < listing.count; i++)
        error = tell_item(minutes, listing.items[i].index, level + 1);
    listing_free(&listing);
    return error;
}

/* Statements of the session that belong to no item. */
static enum entente_error
tell_rest(struct minutes *minutes, unsigned level)
{
    struct room_entry entry;
    uint32_t count;
    enum entente_error error = room_under(minutes->room, &minutes->session, 0, &entry);

    if (error != ENTENTE_OK)
        return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
    page_heading_say(&minutes->page, level, SAY_STATEMENTS);
    return tell_statements(minutes, &minutes->session, &count);
}

/* ---- all of it ---- */

static enum entente_error
tell_people(struct minutes *minutes)
{
    enum entente_error error =
        persons_read(&minutes->persons, minutes->consultation, minutes->object);

    if (error == ENTENTE_OK)
        error = tell_attendance(minutes, 3);
    if (error == ENTENTE_OK)
        error = tell_absent(minutes);
    persons_free(&minutes->persons);
    return error;
}

static enum entente_error
tell_session(struct minutes *minutes, const struct digest *session)
{
    minutes->session = *session;
    minutes->object = consultation_object(minutes->consultation, session);
    enum entente_error error =
        consultation_session(minutes->consultation, session, &minutes->state);
    if (error != ENTENTE_OK)
        return error;
    tell_head(minutes, 2);
    error = tell_people(minutes);
    if (error == ENTENTE_OK)
        error = tell_course(minutes, 3);
    if (error == ENTENTE_OK)
        error = tell_agenda(minutes, 3);
    if (error == ENTENTE_OK)
        error = tell_rest(minutes, 3);
    if (error == ENTENTE_OK)
        error = tell_conclusions(minutes, minutes->object, 3);
    return error;
}

static enum entente_error
tell_contents(struct minutes *minutes, const struct listing *sessions)
{
    struct page *page = &minutes->page;
    enum entente_error error = ENTENTE_OK;

    if (sessions->count < 2)
        return ENTENTE_OK;
    page_heading_say(page, 2, SAY_CONTENTS);
    page_list(page);
    for (uint32_t i = 0; error == ENTENTE_OK && i < sessions->count; i++) {
        struct session_state state;
        const struct digest *id = &sessions->items[i].id;
        error = consultation_session(minutes->consultation, id, &state);
        page_item(page);
        page_link(page, id);
        page_name(page, state.call.tag, state.call.name);
        page_link_end(page);
        page_small(page);
        page_time(page, sessions->items[i].t_ms);
        page_small_end(page);
        page_item_end(page);
    }
    page_list_end(page);
    return error;
}

static enum entente_error
tell_all(struct minutes *minutes)
{
    struct listing sessions = {0};
    enum entente_error error = listing_sessions(&sessions, minutes->consultation);

    if (error == ENTENTE_OK)
        error = tell_contents(minutes, &sessions);
    if (error == ENTENTE_OK && sessions.count == 0)
        page_nothing(&minutes->page);
    for (uint32_t i = 0; error == ENTENTE_OK && i < sessions.count; i++)
        error = tell_session(minutes, &sessions.items[i].id);
    listing_free(&sessions);
    return error;
}

enum entente_error
document_minutes(struct document *document, const struct document_options *options,
    const struct digest *session, enum document_form form)
{
    struct minutes minutes = {
        .room = options->room, .consultation = room_consultation(options->room)};
    struct session_state state;
    enum entente_error error = ENTENTE_OK;

    if (session != NULL)
        error = consultation_session(minutes.consultation, session, &state);
    if (error != ENTENTE_OK)
        return error;
    page_start(
        &minutes.page, document, options, form, session == NULL ? SAY_ALL_MINUTES : SAY_MINUTES);
    error = session == NULL ? tell_all(&minutes) : tell_session(&minutes, session);
    if (error != ENTENTE_OK)
        return error;
    return page_end(&minutes.page);
}
