#include "cli/minutes_session.h"

#include "format/fact.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What a day has, in its order.  Texts lie behind the struct. */
struct kept {
    enum minutes_kind kind;
    uint8_t level;
    uint32_t line;
    struct bytes speaker;
    struct bytes text;
    struct entry_id entry;  /* of a heading: that of its agenda item */
    struct digest object;
};

struct present {
    struct bytes name;
    struct bytes organisation;
};

struct minutes_sessions {
    struct player *player;
    uint8_t slot;
    struct minutes_written written;

    /* The day. */
    bool has_day;
    char *file;
    uint32_t line; /* of what is being written */
    uint64_t when_ms;
    struct bytes title;
    struct bytes place;
    struct kept *kept;
    size_t kept_count, kept_room;
    struct present *present;
    size_t present_count, present_room;
    struct digest session;
};

struct minutes_sessions *
minutes_sessions_new(struct player *player, uint8_t slot)
{
    struct minutes_sessions *sessions = calloc(1, sizeof *sessions);

    if (sessions != NULL) {
        sessions->player = player;
        sessions->slot = slot;
    }
    return sessions;
}

/* ---- keeping a day ---- */

static void
free_bytes(struct bytes *bytes)
{
    free((void *)(uintptr_t)bytes->data);
    *bytes = (struct bytes){0};
}

static void
forget_day(struct minutes_sessions *sessions)
{
    for (size_t i = 0; i < sessions->kept_count; i++) {
        free_bytes(&sessions->kept[i].speaker);
        free_bytes(&sessions->kept[i].text);
    }
    for (size_t i = 0; i < sessions->present_count; i++) {
        free_bytes(&sessions->present[i].name);
        free_bytes(&sessions->present[i].organisation);
    }
    free_bytes(&sessions->title);
    free_bytes(&sessions->place);
    sessions->kept_count = sessions->present_count = 0;
    sessions->has_day = false;
}

void
minutes_sessions_free(struct minutes_sessions *sessions)
{
    if (sessions == NULL)
        return;
    forget_day(sessions);
    free(sessions->kept);
    free(sessions->present);
    free(sessions->file);
    free(sessions);
}

static bool
copy_bytes(struct bytes *copy, struct bytes bytes)
{
    uint8_t *data = malloc(bytes.size + 1);

    if (data == NULL)
        return false;
    if (bytes.size > 0)
        memcpy(data, bytes.data, bytes.size);
    *copy = (struct bytes){data, bytes.size};
    return true;
}

/* Room for one more in `list`; what is new is zero. */
static bool
grow(void **list, size_t count, size_t *room, size_t size)
{
    if (count == *room) {
        size_t wanted = *room == 0 ? 64 : 2 * *room;
        void *grown = reallocarray(*list, wanted, size);
        if (grown == NULL)
            return false;
        *list = grown;
        *room = wanted;
    }
    memset((uint8_t *)*list + count * size, 0, size);
    return true;
}

static uint64_t
time_of_date(const char *date)
{
    struct tm day = {0};
    int year, month;

    if (sscanf(date, "%d-%d-%d", &year, &month, &day.tm_mday) != 3)
        return 0;
    day.tm_year = year - 1900;
    day.tm_mon = month - 1;
    time_t seconds = timegm(&day);
    return seconds > 0 ? (uint64_t)seconds * 1000 : 0;
}

static enum entente_error
begin_day(struct minutes_sessions *sessions, const struct minutes_item *item)
{
    char *file = strdup(item->file);

    if (file == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    free(sessions->file);
    sessions->file = file;
    sessions->line = item->line;
    sessions->when_ms = time_of_date(item->date);
    sessions->has_day = true;
    return copy_bytes(&sessions->title, item->text) && copy_bytes(&sessions->place, item->place)
               ? ENTENTE_OK
               : ENTENTE_ERR_NO_MEMORY;
}

static enum entente_error
keep(struct minutes_sessions *sessions, const struct minutes_item *item)
{
    struct bytes speaker = item->speaker.size > 0 ? item->speaker : item->abbreviation;

    if (!grow((void **)&sessions->kept, sessions->kept_count, &sessions->kept_room,
            sizeof *sessions->kept))
        return ENTENTE_ERR_NO_MEMORY;
    struct kept *kept = &sessions->kept[sessions->kept_count++];
    *kept = (struct kept){.kind = item->kind, .level = item->level, .line = item->line};
    return copy_bytes(&kept->speaker, speaker) && copy_bytes(&kept->text, item->text)
               ? ENTENTE_OK
               : ENTENTE_ERR_NO_MEMORY;
}

enum entente_error
minutes_sessions_person(
    struct minutes_sessions *sessions, const struct minutes_person *person)
{
    if (!grow((void **)&sessions->present, sessions->present_count, &sessions->present_room,
            sizeof *sessions->present))
        return ENTENTE_ERR_NO_MEMORY;
    struct present *present = &sessions->present[sessions->present_count++];
    return copy_bytes(&present->name, bytes_of_text(person->name)) &&
                   copy_bytes(&present->organisation, bytes_of_text(person->organisation))
               ? ENTENTE_OK
               : ENTENTE_ERR_NO_MEMORY;
}

/* ---- writing it ---- */

static const struct bytes language = {(const uint8_t *)MINUTES_LANGUAGE, 2};

static enum entente_error
write_fact(struct minutes_sessions *sessions, uint16_t type, const struct fact *fact,
    struct entry_id *id)
{
    struct section section = {.type = type, .fact = *fact};

    return player_say(sessions->player, &section, 1, id);
}

/* A name has so many bytes at most: cut before a character. */
static struct bytes
short_name(struct bytes name)
{
    if (name.size > FACT_NAME_BYTES_MAX) {
        name.size = FACT_NAME_BYTES_MAX;
        while (name.size > 0 && (name.data[name.size] & 0xC0) == 0x80)
            name.size--;
    }
    return name;
}

static enum entente_error
write_session(struct minutes_sessions *sessions)
{
    struct entry_id entry;
    struct fact call = {.when_ms = sessions->when_ms,
        .items = {&sessions->slot, 1},
        .items_count = 1,
        .name = short_name(sessions->title),
        .tag = language,
        .text = sessions->place};

    enum entente_error error = write_fact(sessions, FACT_SESSION, &call, &entry);
    if (error == ENTENTE_OK)
        error = player_wait(sessions->player);
    if (error == ENTENTE_OK)
        fact_make_object(&sessions->session, &entry, 0);
    sessions->written.sessions += error == ENTENTE_OK;
    return error;
}

static enum entente_error
write_step(struct minutes_sessions *sessions, enum chair_step step, const struct digest *subject)
{
    struct fact fact = {.object = sessions->session, .what = step};

    if (subject != NULL)
        fact.subject = *subject;
    return write_fact(sessions, FACT_CHAIR, &fact, NULL);
}

static enum entente_error
write_present(struct minutes_sessions *sessions)
{
    enum entente_error error = ENTENTE_OK;

    for (size_t i = 0; i < sessions->present_count && error == ENTENTE_OK; i++) {
        struct fact fact = {.object = sessions->session,
            .what = ATTENDANCE_JOIN,
            .mode = 1,
            .when_ms = sessions->when_ms,
            .name = sessions->present[i].name,
            .office = sessions->present[i].organisation};
        error = write_fact(sessions, FACT_ATTENDANCE, &fact, NULL);
        sessions->written.present += error == ENTENTE_OK;
    }
    return error;
}

static enum entente_error
write_agenda(struct minutes_sessions *sessions)
{
    enum entente_error error = ENTENTE_OK;
    uint32_t number = 0;

    for (size_t i = 0; i < sessions->kept_count && error == ENTENTE_OK; i++) {
        struct kept *kept = &sessions->kept[i];
        if (kept->kind != MINUTES_HEADING)
            continue;
        struct fact fact = {.object = sessions->session,
            .number = ++number,
            .slot = sessions->slot,
            .tag = language,
            .text = kept->text};
        sessions->line = kept->line;
        error = write_fact(sessions, FACT_ITEM, &fact, &kept->entry);
        sessions->written.items += error == ENTENTE_OK;
    }
    if (error == ENTENTE_OK)
        error = player_wait(sessions->player);
    for (size_t i = 0; i < sessions->kept_count && error == ENTENTE_OK; i++)
        if (sessions->kept[i].kind == MINUTES_HEADING)
            fact_make_object(&sessions->kept[i].object, &sessions->kept[i].entry, 0);
    return error;
}

/* Where in its day the writing is. */
struct course {
    const struct digest *under; /* the current item; before the first one the session */
    const struct kept *title;   /* of a conclusion that has no text yet */
    uint32_t conclusions;       /* of the current item */
};

static enum entente_error
write_under(struct minutes_sessions *sessions, const struct course *course,
    const struct section *said)
{
    struct section sections[2] = {
        {.type = FACT_UNDER, .fact = {.object = *course->under}}, *said};

    return player_say(sessions->player, sections, 2, NULL);
}

/* "Conclusion" above what somebody says; above a conclusion's own text it says nothing. */
static enum entente_error
write_title(struct minutes_sessions *sessions, struct course *course)
{
    if (course->title == NULL)
        return ENTENTE_OK;
    struct section heading = {.type = SECTION_HEADING,
        .heading = {HEADING_CONCLUSION, course->title->level, language, course->title->text}};
    course->title = NULL;
    return write_under(sessions, course, &heading);
}

static enum entente_error
write_statement(
    struct minutes_sessions *sessions, struct course *course, const struct kept *kept)
{
    struct section statement = {
        .type = SECTION_STATEMENT, .statement = {language, kept->speaker, kept->text}};

    enum entente_error error = write_title(sessions, course);
    if (error == ENTENTE_OK)
        error = write_under(sessions, course, &statement);
    sessions->written.statements += error == ENTENTE_OK;
    return error;
}

static enum entente_error
write_conclusion(
    struct minutes_sessions *sessions, struct course *course, const struct kept *kept)
{
    struct fact fact = {.object = *course->under,
        .number = ++course->conclusions,
        .tag = language,
        .text = kept->text};

    if (course->under == &sessions->session) /* there is no item that it could conclude */
        return write_statement(sessions, course, kept);
    course->title = NULL;
    enum entente_error error = write_fact(sessions, FACT_CONCLUSION, &fact, NULL);
    sessions->written.conclusions += error == ENTENTE_OK;
    return error;
}

static enum entente_error
write_kept(struct minutes_sessions *sessions, struct course *course, const struct kept *kept)
{
    enum entente_error error;

    switch (kept->kind) {
    case MINUTES_HEADING:
        error = write_title(sessions, course);
        *course = (struct course){.under = &kept->object};
        return error == ENTENTE_OK ? write_step(sessions, CHAIR_ITEM, &kept->object) : error;
    case MINUTES_CONCLUSION:
        error = write_title(sessions, course);
        course->title = kept;
        return error;
    case MINUTES_RESOLUTION:
        return write_conclusion(sessions, course, kept);
    case MINUTES_STATEMENT:
    case MINUTES_NOTE:
        return write_statement(sessions, course, kept);
    case MINUTES_SESSION:
    case MINUTES_KINDS:
        break;
    }
    return ENTENTE_OK;
}

static enum entente_error
write_course(struct minutes_sessions *sessions)
{
    struct course course = {.under = &sessions->session};
    enum entente_error error = ENTENTE_OK;

    for (size_t i = 0; i < sessions->kept_count && error == ENTENTE_OK; i++) {
        sessions->line = sessions->kept[i].line;
        error = write_kept(sessions, &course, &sessions->kept[i]);
    }
    return error == ENTENTE_OK ? write_title(sessions, &course) : error;
}

static enum entente_error
write_day(struct minutes_sessions *sessions)
{
    if (!sessions->has_day)
        return ENTENTE_OK;
    enum entente_error error = write_session(sessions);
    if (error == ENTENTE_OK)
        error = write_step(sessions, CHAIR_OPEN, NULL);
    if (error == ENTENTE_OK)
        error = write_present(sessions);
    if (error == ENTENTE_OK)
        error = write_agenda(sessions);
    if (error == ENTENTE_OK)
        error = write_course(sessions);
    if (error == ENTENTE_OK)
        error = write_step(sessions, CHAIR_CLOSE, NULL);
    if (error == ENTENTE_OK)
        error = player_wait(sessions->player);
    if (error == ENTENTE_OK)
        forget_day(sessions);
    return error;
}

/* ---- what the reader of the minutes calls ---- */

enum entente_error
minutes_sessions_take(struct minutes_sessions *sessions, const struct minutes_item *item)
{
    if (item->kind != MINUTES_SESSION)
        return keep(sessions, item);
    enum entente_error error = write_day(sessions);
    return error == ENTENTE_OK ? begin_day(sessions, item) : error;
}

enum entente_error
minutes_sessions_end(struct minutes_sessions *sessions, struct minutes_written *written)
{
    enum entente_error error = write_day(sessions);

    *written = sessions->written;
    return error;
}

const char *
minutes_sessions_at(const struct minutes_sessions *sessions, uint32_t *line)
{
    *line = sessions->line;
    return sessions->file != NULL ? sessions->file : "";
}
