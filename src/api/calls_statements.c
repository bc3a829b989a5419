/* What is said: statements, headings and files, alone or under an item or another object (M6). */
#include "api/internal.h"

#include "api/formats.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define PAGE_STATEMENTS 100u
#define PAGE_BYTES 1048576u /* about: a page ends with the statement that goes beyond */

/* ---- one statement ---- */

static const char *
role_of_heading(uint8_t role)
{
    return role == HEADING_AGENDA_ITEM  ? "agenda"
           : role == HEADING_CONCLUSION ? "conclusion"
                                        : "plain";
}

/* What the body is filed under; zero: nothing. */
static struct digest
under_of(const struct body *body)
{
    for (uint32_t i = 0; i < body->count; i++)
        if (body->sections[i].type == FACT_UNDER)
            return body->sections[i].fact.object;
    return (struct digest){0};
}

static json_t *
json_of_section(const struct section *section)
{
    if (section->type == SECTION_STATEMENT)
        return json_pack("{s:s, s:o, s:o, s:o}", "kind", "statement", "language",
            json_of_utf8(section->statement.tag), "speaker",
            json_of_utf8(section->statement.speaker), "text",
            json_of_utf8(section->statement.text));
    if (section->type == SECTION_HEADING)
        return json_pack("{s:s, s:s, s:i, s:o, s:o}", "kind", "heading", "heading",
            role_of_heading(section->heading.role), "level", section->heading.level, "language",
            json_of_utf8(section->heading.tag), "text", json_of_utf8(section->heading.text));
    if (section->type == SECTION_FILE)
        return json_pack("{s:s, s:o, s:o, s:I}", "kind", "file", "name",
            json_of_utf8(section->file.name), "media_type", json_of_utf8(section->file.media_type),
            "size", (json_int_t)section->file.data.size);
    return NULL;
}

json_t *
json_of_statement(struct room *room, const struct room_entry *entry, uint32_t index)
{
    json_t *json = json_of_section(&entry->body->sections[index]);
    struct digest id, under = under_of(entry->body);

    if (json == NULL)
        return NULL;
    fact_make_object(&id, &entry->id, (uint16_t)index);
    if (json_object_set_new(json, "id", json_of_id(id.bytes)) != 0 ||
        json_object_set_new(json, "under", json_of_id(under.bytes)) != 0 ||
        json_object_set_new(json, "origin", json_of_origin(room, entry)) != 0) {
        json_decref(json);
        return NULL;
    }
    return json;
}

/* ---- a page of them ---- */

/* Where a page begins: an entry by its place (under an object) or number (of all), and a section of
 * it. */
struct cursor {
    uint64_t entry;
    uint32_t section;
};

static bool
cursor_read(const char *text, struct cursor *cursor)
{
    int used = 0;

    return text == NULL || (sscanf(text, "%" SCNu64 ".%" SCNu32 "%n", &cursor->entry,
                                &cursor->section, &used) == 2 &&
                               text[used] == '\0' && cursor->section <= BODY_SECTIONS_MAX);
}

struct page {
    json_t *list;
    size_t limit, bytes;
    struct cursor next;
    bool has_places; /* what is under an object has them */
    bool is_full;
};

/* False: memory is out. */
static bool
page_add(struct page *page, struct room *room, const struct room_entry *entry)
{
    for (uint32_t i = page->next.section; entry->body != NULL && i < entry->body->count; i++) {
        if (entry->body->sections[i].type > SECTION_FILE)
            continue;
        page->is_full = json_array_size(page->list) >= page->limit || page->bytes >= PAGE_BYTES;
        page->next.section = i;
        if (page->is_full)
            return true;
        json_t *json = json_of_statement(room, entry, i);
        if (json != NULL && page->has_places)
            json_object_set_new(json, "place", json_integer((json_int_t)page->next.entry));
        if (json == NULL || json_array_append(page->list, json) != 0) {
            json_decref(json);
            return false;
        }
        page->bytes += 512 + json_string_length(json_object_get(json, "text"));
        json_decref(json);
    }
    page->next.section = 0;
    return true;
}

static enum entente_error
page_fill(struct page *page, struct room *room, const struct digest *under)
{
    struct room_entry entry;

    for (; !page->is_full; page->next.entry++) {
        enum entente_error error = under != NULL
                                       ? room_under(room, under, (uint32_t)page->next.entry, &entry)
                                       : room_change(room, page->next.entry + 1, &entry);
        if (error != ENTENTE_OK)
            return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
        if (!page_add(page, room, &entry))
            return ENTENTE_ERR_NO_MEMORY;
        if (page->is_full)
            break;
    }
    return ENTENTE_OK;
}

/* Where the page begins, of `total` bodies; false: the call was refused. */
static bool
take_beginning(struct call *call, struct page *page, uint32_t total)
{
    bool has_from = call_parameter(call, "from") != NULL;
    uint64_t from = call_number(call, "from", 0);

    if (!cursor_read(call_parameter(call, "after"), &page->next) ||
        (page->has_places && page->next.entry > UINT32_MAX)) {
        call_refuse(call, 400, "after", NULL, "it is not what `next` of an answer said");
        return false;
    }
    if (has_from && !page->has_places) {
        call_refuse(call, 400, "from", NULL, "only what is filed under something has places: name it by `under`");
        return false;
    }
    if (has_from && from >= total)
        from = total > page->limit ? total - page->limit : 0;
    if (has_from)
        page->next = (struct cursor){.entry = from};
    return true;
}

static void
statement_list(struct call *call)
{
    struct page page = {.limit = call_number(call, "limit", PAGE_STATEMENTS)};
    struct digest under;
    uint32_t total = 0;
    char next[48];

    page.has_places = call_id(call, "under", &under);
    enum entente_error error =
        page.has_places ? room_under_count(call_room(call), &under, &total) : ENTENTE_OK;
    if (error != ENTENTE_OK) {
        call_fail(call, error);
        return;
    }
    if (!take_beginning(call, &page, total))
        return;
    page.list = json_array();
    error = page_fill(&page, call_room(call), page.has_places ? &under : NULL);
    if (error != ENTENTE_OK) {
        json_decref(page.list);
        call_fail(call, error);
        return;
    }
    snprintf(next, sizeof next, "%" PRIu64 ".%" PRIu32, page.next.entry, page.next.section);
    json_t *answer = json_pack("{s:o, s:o}", "statements", page.list, "next",
        page.is_full ? json_string(next) : json_null());
    if (answer != NULL && page.has_places)
        json_object_set_new(answer, "total", json_integer(total));
    call_reply(call, 200, answer);
}

static void
statement_create(struct call *call)
{
    struct section sections[2] = {{.type = SECTION_STATEMENT}, {.type = FACT_UNDER}};
    struct section_statement *statement = &sections[0].statement;
    bool has_under = call_field_id(call, "under", &sections[1].fact.object);

    call_field_text(call, "language", &statement->tag);
    call_field_text(call, "text", &statement->text);
    if (!call_field_text(call, "speaker", &statement->speaker))
        statement->speaker = bytes_of_text(call_account(call)->office);
    if (has_under &&
        consultation_object(room_consultation(call_room(call)), &sections[1].fact.object) == NULL) {
        call_refuse(call, 404, "/under", "M6", "there is nothing of that id in this room");
        return;
    }
    call_write(call, ENTRY_SEALED, sections, has_under ? 2 : 1, 0);
}

const struct call_entry calls_of_statements[] = {
    {.operation = "statementList", .run = statement_list},
    {.operation = "statementCreate", .run = statement_create},
    {0},
};
