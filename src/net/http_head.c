/* The headers of a request: collected piece by piece, then checked once. */
#include "net/http_internal.h"

#include <stdlib.h>
#include <string.h>

enum { HEAD_ROOM_FIRST = 1024, FIELD_COST = 4 };

/* Two of these could mean one thing to us and another to a proxy before us. */
static const char *const single[] = {"host", "origin", "authorization", "content-type",
    "content-length", "transfer-encoding", "referer", "range", "if-range", "sec-websocket-key",
    "sec-websocket-version", "expect"};

static bool
make_room(struct http_head *head, size_t size)
{
    while (size > head->room - head->size) {
        size_t room = head->room == 0 ? HEAD_ROOM_FIRST : 2 * head->room;
        uint8_t *data = realloc(head->data, room);
        if (data == NULL) {
            head->refusal = HTTP_STATUS_SERVICE_UNAVAILABLE;
            return false;
        }
        head->data = data;
        head->room = room;
    }
    return true;
}

static bool
put(struct http_head *head, struct bytes piece)
{
    if (!make_room(head, piece.size))
        return false;
    if (piece.size > 0)
        memcpy(head->data + head->size, piece.data, piece.size);
    head->size += piece.size;
    return true;
}

void
http_head_target(struct http_head *head, struct bytes piece)
{
    if (head->refusal != 0)
        return;
    if (head->target_size + piece.size > HTTP_PATH_BYTES_MAX)
        head->refusal = HTTP_STATUS_URI_TOO_LONG;
    else if (put(head, piece))
        head->target_size += piece.size;
}

/* Counts what comes before it is kept. */
static bool
count(struct http_head *head, size_t size)
{
    if (head->refusal != 0)
        return false;
    head->counted += size;
    if (head->counted > HTTP_HEADERS_BYTES_MAX)
        head->refusal = HTTP_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE;
    return head->refusal == 0;
}

static bool
next_field(struct http_head *head)
{
    if (!count(head, FIELD_COST))
        return false;
    if (head->count == HTTP_HEADERS_MAX) {
        head->refusal = HTTP_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE;
        return false;
    }
    head->in_value = false;
    head->fields[head->count++] = (struct http_field_place){.name_at = (uint16_t)head->size};
    return true;
}

void
http_head_name(struct http_head *head, struct bytes piece)
{
    if ((head->count == 0 || head->in_value) && !next_field(head))
        return;
    if (!count(head, piece.size) || !put(head, piece))
        return;
    uint8_t *name = head->data + head->size - piece.size;
    for (size_t i = 0; i < piece.size; i++)
        if (name[i] >= 'A' && name[i] <= 'Z')
            name[i] |= 0x20;
    struct http_field_place *field = &head->fields[head->count - 1];
    field->name_size = (uint16_t)(field->name_size + piece.size);
}

void
http_head_value(struct http_head *head, struct bytes piece)
{
    if (head->count == 0 || !count(head, piece.size))
        return;
    struct http_field_place *field = &head->fields[head->count - 1];
    if (!head->in_value)
        field->value_at = (uint16_t)head->size;
    head->in_value = true;
    if (put(head, piece))
        field->value_size = (uint16_t)(field->value_size + piece.size);
}

static struct bytes
name_of(const struct http_head *head, const struct http_field_place *field)
{
    return (struct bytes){head->data + field->name_at, field->name_size};
}

static struct bytes
value_of(const struct http_head *head, const struct http_field_place *field)
{
    return (struct bytes){head->data + field->value_at, field->value_size};
}

struct bytes
http_head_find(const struct http_head *head, const char *name)
{
    for (uint32_t i = 0; i < head->count; i++)
        if (bytes_equal(name_of(head, &head->fields[i]), bytes_of_text(name)))
            return value_of(head, &head->fields[i]);
    return (struct bytes){0};
}

static bool
is_single(struct bytes name)
{
    for (size_t i = 0; i < sizeof single / sizeof single[0]; i++)
        if (bytes_equal(name, bytes_of_text(single[i])))
            return true;
    return false;
}

/* RFC 9110 5.6.2; http_parser lets spaces pass. */
static bool
is_token(struct bytes name)
{
    for (size_t i = 0; i < name.size; i++) {
        uint8_t c = name.data[i];
        bool is_good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                       (c > ' ' && c < 0x7F && strchr("!#$%&'*+-.^_`|~", c) != NULL);
        if (!is_good)
            return false;
    }
    return name.size > 0;
}

/* Space around a value is none of it. */
static void
trim(const struct http_head *head, struct http_field_place *field)
{
    const uint8_t *data = head->data + field->value_at;

    while (field->value_size > 0 &&
           (data[field->value_size - 1] == ' ' || data[field->value_size - 1] == '\t'))
        field->value_size--;
    while (field->value_size > 0 && (*data == ' ' || *data == '\t')) {
        data++;
        field->value_at++;
        field->value_size--;
    }
}

/* The value of `field` and of all of its name behind it, in one. */
static void
join(struct http_head *head, uint32_t index)
{
    struct http_field_place *field = &head->fields[index];
    bool is_cookie = bytes_equal(name_of(head, field), bytes_of_text("cookie"));
    struct bytes comma = bytes_of_text(is_cookie ? "; " : ", ");
    uint16_t begun = (uint16_t)head->size;
    uint32_t kept = index + 1;

    for (uint32_t i = index; i < head->count; i++) {
        struct http_field_place *other = &head->fields[i];
        if (!bytes_equal(name_of(head, field), name_of(head, other))) {
            head->fields[kept++] = *other;
            continue;
        }
        /* Room first: what is copied lies in the same memory. */
        if (!make_room(head, comma.size + other->value_size))
            return;
        if (i > index)
            put(head, comma);
        put(head, value_of(head, other));
    }
    head->count = kept;
    head->fields[index].value_at = begun;
    head->fields[index].value_size = (uint16_t)(head->size - begun);
}

static void
check_fields(struct http_head *head)
{
    for (uint32_t i = 0; i < head->count; i++)
        trim(head, &head->fields[i]);
    for (uint32_t i = 0; i < head->count && head->refusal == 0; i++) {
        struct bytes name = name_of(head, &head->fields[i]);
        bool is_double = false;
        if (!is_token(name))
            head->refusal = HTTP_STATUS_BAD_REQUEST;
        for (uint32_t j = i + 1; j < head->count && !is_double; j++)
            is_double = bytes_equal(name, name_of(head, &head->fields[j]));
        if (is_double && is_single(name))
            head->refusal = HTTP_STATUS_BAD_REQUEST;
        else if (is_double)
            join(head, i);
    }
}

/* The absolute form, "http://host/path?query" (RFC 9112 3.2.2): its path, and query. */
static bool
skip_authority(struct bytes *target)
{
    struct http_parser_url url;

    http_parser_url_init(&url);
    if (target->size == 0 ||
        http_parser_parse_url((const char *)target->data, target->size, 0, &url) != 0 ||
        (url.field_set & 1 << UF_HOST) == 0 || (url.field_set & 1 << UF_PATH) == 0)
        return false;
    target->data += url.field_data[UF_PATH].off;
    target->size -= url.field_data[UF_PATH].off;
    return true;
}

static void
split_target(struct http_head *head, struct http_request *request)
{
    struct bytes target = {head->data, head->target_size};

    bool is_star =
        target.size == 1 && target.data[0] == '*' && strcmp(head->method, "OPTIONS") == 0;
    if (!is_star && (target.size == 0 || target.data[0] != '/') && !skip_authority(&target))
        head->refusal = HTTP_STATUS_BAD_REQUEST;
    for (size_t i = 0; i < target.size; i++)
        if (target.data[i] <= ' ' || target.data[i] == 0x7F || target.data[i] == '#')
            head->refusal = HTTP_STATUS_BAD_REQUEST;
    if (head->refusal != 0)
        return;
    const uint8_t *mark = memchr(target.data, '?', target.size);
    request->path = target;
    if (mark == NULL)
        return;
    request->path.size = (size_t)(mark - target.data);
    request->query = (struct bytes){mark + 1, target.size - request->path.size - 1};
}

void
http_head_end(struct http_head *head, struct http_request *request, bool needs_host)
{
    if (head->refusal == 0)
        check_fields(head);
    if (head->refusal == 0 && needs_host && http_head_find(head, "host").data == NULL)
        head->refusal = HTTP_STATUS_BAD_REQUEST;
    if (head->refusal == 0 && strcmp(head->method, "CONNECT") == 0)
        head->refusal = HTTP_STATUS_NOT_IMPLEMENTED;
    request->method = bytes_of_text(head->method);
    if (head->refusal == 0)
        split_target(head, request);
}

bool
http_list_has(struct bytes list, const char *word)
{
    size_t size = strlen(word);

    for (size_t at = 0; at < list.size;) {
        size_t end = at;
        while (end < list.size && list.data[end] != ',')
            end++;
        size_t from = at, to = end;
        while (from < to && (list.data[from] == ' ' || list.data[from] == '\t'))
            from++;
        while (to > from && (list.data[to - 1] == ' ' || list.data[to - 1] == '\t'))
            to--;
        if (to - from == size && strncasecmp((const char *)list.data + from, word, size) == 0)
            return true;
        at = end + 1;
    }
    return false;
}
