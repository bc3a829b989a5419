/*
 * The sessions as iCalendar (RFC 5545), by libical.  Times are in UTC.  Parties and persons have no
 * addresses that a calendar could write to: they are named by URNs of their ids, which CN makes
 * readable.
 */
#include "documents/buffer.h"
#include "documents/listing.h"
#include "documents/persons.h"

#include "base/hex.h"
#include "crypto/hash.h"

#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>

#define URN_BYTES_MAX 160u

struct calendar {
    struct room *room;
    struct consultation *consultation;
    icalcomponent *event; /* under way */
    bool is_out_of_memory;
};

void
document_prepare(void)
{
    icaltimezone_get_utc_timezone();
}

static struct icaltimetype
time_of(uint64_t t_ms)
{
    struct time_parts at = time_parts_of(t_ms);
    struct icaltimetype time = icaltime_null_time();

    time.year = at.year;
    time.month = at.month;
    time.day = at.day;
    time.hour = at.hour;
    time.minute = at.minute;
    time.second = at.second;
    time.zone = icaltimezone_get_utc_timezone();
    return time;
}

/* A property with a text from outside. */
static void
add_text(struct calendar *calendar, icalproperty *(*make)(const char *text), struct bytes text)
{
    char *shown = shown_text(text, false);

    if (shown == NULL)
        calendar->is_out_of_memory = true;
    else
        icalcomponent_add_property(calendar->event, make(shown));
    free(shown);
}

static void
add_name(struct calendar *calendar, icalproperty *property, struct bytes name)
{
    char *shown = shown_text(name, true);

    if (shown == NULL)
        calendar->is_out_of_memory = true;
    else
        icalproperty_add_parameter(property, icalparameter_new_cn(shown));
    free(shown);
}

static void
party_urn(const struct calendar *calendar, uint8_t slot, char out[static URN_BYTES_MAX])
{
    int used = snprintf(out, URN_BYTES_MAX, "urn:entente:party:");

    hex_to_text(out + used, room_genesis(calendar->room)->parties[slot].party.bytes, ID_BYTES);
}

static void
add_organizer(struct calendar *calendar, uint8_t slot)
{
    char urn[URN_BYTES_MAX];

    party_urn(calendar, slot, urn);
    icalproperty *organizer = icalproperty_new_organizer(urn);
    add_name(calendar, organizer, room_party_name(calendar->room, slot));
    icalcomponent_add_property(calendar->event, organizer);
}

/* A person is a name that a party uses. */
static void
add_attendee(struct calendar *calendar, uint8_t slot, struct bytes name, bool has_come)
{
    char urn[URN_BYTES_MAX];
    struct hasher hasher;
    struct digest person;
    int used = snprintf(urn, sizeof urn, "urn:entente:person:");

    hasher_start(&hasher, "entente/icsperso");
    hasher_add(
        &hasher, (struct bytes){room_genesis(calendar->room)->parties[slot].party.bytes, ID_BYTES});
    hasher_add(&hasher, name);
    hasher_finish(&hasher, person.bytes);
    hex_to_text(urn + used, person.bytes, 16);
    icalproperty *attendee = icalproperty_new_attendee(urn);
    add_name(calendar, attendee, name);
    party_urn(calendar, slot, urn);
    icalproperty_add_parameter(attendee, icalparameter_new_member(urn));
    icalproperty_add_parameter(attendee,
        icalparameter_new_partstat(has_come ? ICAL_PARTSTAT_ACCEPTED : ICAL_PARTSTAT_NEEDSACTION));
    icalproperty_add_parameter(attendee, icalparameter_new_role(ICAL_ROLE_REQPARTICIPANT));
    icalcomponent_add_property(calendar->event, attendee);
}

/* Those who came, then those who were invited and did not. */
static enum entente_error
add_attendees(struct calendar *calendar, const struct object *session)
{
    const struct fact_note *note;
    struct persons persons;
    struct fact fact;
    enum entente_error error = persons_read(&persons, calendar->consultation, session);

    for (uint32_t i = 0; i < persons.count; i = persons_end(&persons, i))
        add_attendee(calendar, persons.notes[i].slot, persons.notes[i].name, true);
    for (uint32_t i = 0; error == ENTENTE_OK;) {
        error = object_next(calendar->consultation, session, FACT_INVITE, &i, &note, &fact);
        if (error == ENTENTE_OK && fact.name.size > 0 && fact.slot < room_parties(calendar->room) &&
            !persons_has(&persons, fact.slot, fact.name))
            add_attendee(calendar, fact.slot, fact.name, false);
    }
    persons_free(&persons);
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

static void
add_status(struct calendar *calendar, uint8_t status)
{
    static const char *const names[] = {"called", "open", "suspended", "closed"};
    icalproperty *property = icalproperty_new_x(names[status & 3]);

    icalproperty_set_x_name(property, "X-ENTENTE-STATUS");
    icalcomponent_add_property(calendar->event, property);
    icalcomponent_add_property(calendar->event, icalproperty_new_status(ICAL_STATUS_CONFIRMED));
}

static enum entente_error
add_session(struct calendar *calendar, icalcomponent *all, const struct digest *session)
{
    const struct object *object = consultation_object(calendar->consultation, session);
    struct session_state state;
    char uid[URN_BYTES_MAX] = "";
    enum entente_error error = consultation_session(calendar->consultation, session, &state);

    if (error != ENTENTE_OK)
        return error;
    uint64_t made_ms = object_made_by(object)->t_ms;
    calendar->event = icalcomponent_new(ICAL_VEVENT_COMPONENT);
    icalcomponent_add_component(all, calendar->event);
    hex_to_text(uid, session->bytes, ID_BYTES);
    strcat(uid, "@entente");
    icalcomponent_add_property(calendar->event, icalproperty_new_uid(uid));
    /* The same until something is said of it. */
    icalcomponent_add_property(
        calendar->event, icalproperty_new_dtstamp(time_of(listing_last_word(object))));
    icalcomponent_add_property(calendar->event, icalproperty_new_created(time_of(made_ms)));
    icalcomponent_add_property(calendar->event,
        icalproperty_new_dtstart(time_of(state.call.when_ms != 0 ? state.call.when_ms : made_ms)));
    if (state.call.until_ms > state.call.when_ms)
        icalcomponent_add_property(
            calendar->event, icalproperty_new_dtend(time_of(state.call.until_ms)));
    add_text(calendar, icalproperty_new_summary, state.call.name);
    if (state.call.text.size > 0)
        add_text(calendar, icalproperty_new_description, state.call.text);
    add_status(calendar, state.status);
    add_organizer(calendar, object_made_by(object)->slot);
    return add_attendees(calendar, object);
}

static icalcomponent *
new_calendar(struct calendar *calendar)
{
    icalcomponent *all = icalcomponent_new(ICAL_VCALENDAR_COMPONENT);
    char *title = shown_text(room_genesis(calendar->room)->title, true);

    icalcomponent_add_property(all, icalproperty_new_version("2.0"));
    icalcomponent_add_property(
        all, icalproperty_new_prodid("-//Entente//Entente " ENTENTE_VERSION "//EN"));
    if (title != NULL) {
        icalproperty *name = icalproperty_new_x(title);
        icalproperty_set_x_name(name, "X-WR-CALNAME");
        icalcomponent_add_property(all, name);
    }
    calendar->is_out_of_memory = title == NULL;
    free(title);
    return all;
}

enum entente_error
document_sessions_ical(struct document *document, const struct document_options *options)
{
    struct calendar calendar = {
        .room = options->room, .consultation = room_consultation(options->room)};
    struct listing sessions = {0};
    enum entente_error error = listing_sessions(&sessions, calendar.consultation);
    icalcomponent *all = new_calendar(&calendar);

    for (uint32_t i = 0; error == ENTENTE_OK && i < sessions.count; i++)
        error = add_session(&calendar, all, &sessions.items[i].id);
    char *text = error == ENTENTE_OK ? icalcomponent_as_ical_string_r(all) : NULL;
    if (error == ENTENTE_OK && (text == NULL || calendar.is_out_of_memory))
        error = ENTENTE_ERR_NO_MEMORY;
    if (error == ENTENTE_OK)
        document_put_text(document, text);
    icalmemory_free_buffer(text);
    icalcomponent_free(all);
    listing_free(&sessions);
    return error == ENTENTE_OK ? document_finish(document) : error;
}
