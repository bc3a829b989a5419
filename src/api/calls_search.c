/* Search over a room, and its index. */
#include "api/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define PAGE_HITS 50u

/* The room's place among the desk's; API_ROOMS_MAX: it has none here. */
static uint32_t
index_of(struct api *api, const struct room *room)
{
    uint32_t count = api->desk.rooms(api->desk.state);

    for (uint32_t i = 0; i < count && i < API_ROOMS_MAX; i++)
        if (api->desk.room_at(api->desk.state, i) == room)
            return i;
    return API_ROOMS_MAX;
}

/* NULL: memory is out. */
static struct search *
search_of(struct api *api, struct room *room)
{
    uint32_t index = index_of(api, room);

    if (index == API_ROOMS_MAX)
        return NULL;
    if (api->searches[index] == NULL && search_new(&api->searches[index], room) != ENTENTE_OK)
        return NULL;
    return api->searches[index];
}

void
search_begin(struct api *api, struct room *room)
{
    (void)search_of(api, room); /* without memory, the next change or question tries again */
}

bool
search_go_on(struct api *api, uint32_t index, uint32_t limit)
{
    bool more;

    /* What failed is tried again in a later turn, not at once; until then the index says that it lags. */
    return search_advance(api->searches[index], limit, &more) == ENTENTE_OK && more;
}

void
searches_free(struct api *api)
{
    for (uint32_t i = 0; i < API_ROOMS_MAX; i++)
        search_free(api->searches[i]);
}

/* ---- hits ---- */

struct hits {
    struct room *room;
    json_t *list;
    size_t limit;
    uint64_t next;
    bool more;
    bool failed;
};

static json_t *
json_of_snippet(const struct search_hit *hit)
{
    return json_sprintf("%s%.*s%s", hit->is_cut_before ? "\xE2\x80\xA6" : "", (int)hit->snippet.size,
        (const char *)hit->snippet.data, hit->is_cut_after ? "\xE2\x80\xA6" : "");
}

static const char *
kind_of(const struct section *section)
{
    static const char *const plain[] = {
        [SECTION_STATEMENT] = "statement", [SECTION_HEADING] = "heading", [SECTION_FILE] = "file"};

    return section->type <= SECTION_FILE ? plain[section->type] : fact_type_name(section->type);
}

/* What it is about, or belongs to: a fact's object, or that of the body's `under`; zero: nothing. */
static struct digest
object_of(const struct body *body, const struct section *section)
{
    if (fact_is_known(section->type))
        return section->fact.object;
    for (uint32_t i = 0; i < body->count; i++)
        if (body->sections[i].type == FACT_UNDER)
            return body->sections[i].fact.object;
    return (struct digest){0};
}

static json_t *
json_of_hit(struct room *room, const struct search_hit *hit)
{
    const struct section *section = &hit->entry->body->sections[hit->section];
    struct digest id, object = object_of(hit->entry->body, section);
    struct bytes tag = {0}, speaker = {0};

    fact_make_object(&id, &hit->entry->id, (uint16_t)hit->section);
    if (section->type == SECTION_STATEMENT) {
        tag = section->statement.tag;
        speaker = section->statement.speaker;
    } else if (section->type == SECTION_HEADING) {
        tag = section->heading.tag;
    } else if (fact_is_known(section->type)) {
        tag = section->fact.tag;
    }
    return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o}", "id", json_of_id(id.bytes), "kind",
        kind_of(section), "object", json_of_id(object.bytes), "language", json_of_utf8(tag), "speaker",
        json_of_utf8(speaker), "snippet", json_of_snippet(hit), "origin",
        json_of_origin(room, hit->entry));
}

static bool
take_hit(void *state, const struct search_hit *hit)
{
    struct hits *hits = state;

    if (json_array_size(hits->list) == hits->limit) {
        hits->more = true;
        return false;
    }
    hits->next = hit->place;
    hits->failed = json_array_append_new(hits->list, json_of_hit(hits->room, hit)) != 0;
    return !hits->failed;
}

static void
answer(struct call *call, struct hits *hits, const struct search *search)
{
    char next[24];

    snprintf(next, sizeof next, "%" PRIu64, hits->next);
    call_reply(call, 200,
        json_pack("{s:O, s:b, s:b, s:o}", "hits", hits->list, "more", (int)hits->more, "is_current",
            search_is_current(search) && room_is_current(hits->room), "next",
            hits->more ? json_string(next) : json_null()));
}

static void
call_search(struct call *call)
{
    struct room *room = call_room(call);
    struct search *search = search_of(call_api(call), room);
    const char *query = call_parameter(call, "q"), *after = call_parameter(call, "after");
    const char *limit = call_parameter(call, "limit");
    struct hits hits = {.room = room, .list = json_array(), .limit = PAGE_HITS};
    uint64_t place = 0;

    if (limit != NULL)
        hits.limit = strtoul(limit, NULL, 10); /* its form was checked */
    if (after != NULL && sscanf(after, "%" SCNu64, &place) != 1)
        call_refuse(call, 400, "after", NULL, "this is no place that a page of hits ended at");
    else if (search == NULL || hits.list == NULL)
        call_fail(call, ENTENTE_ERR_NO_MEMORY);
    else {
        enum entente_error error = search_find(search, bytes_of_text(query), place, take_hit, &hits);
        if (error == ENTENTE_ERR_USAGE)
            call_refuse(call, 400, "q", NULL, "there is no word to search for");
        else if (error != ENTENTE_OK || hits.failed)
            call_fail(call, error != ENTENTE_OK ? error : ENTENTE_ERR_NO_MEMORY);
        else
            answer(call, &hits, search);
    }
    json_decref(hits.list);
}

const struct call_entry calls_of_search[] = {
    {.operation = "search", .run = call_search}, {.operation = NULL}};
