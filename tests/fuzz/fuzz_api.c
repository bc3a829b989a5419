/*
 * Goal: any request is answered once, a refusal by a problem that is JSON, and nothing else
 * happens. Method: the first byte says how it came, then come lines: method, path with query, one
 * header; the rest is the body. One desk serves all inputs, whose disk takes no account, so that
 * each input meets the same.
 */
#include "fuzz.h"

#include "support/desk_fake.h"
#include "support/test.h"

#include <jansson.h>

static struct fake_desk desk;

static char *
take_line(struct bytes *rest)
{
    const uint8_t *end = rest->size > 0 ? memchr(rest->data, '\n', rest->size) : NULL;
    size_t size = end != NULL ? (size_t)(end - rest->data) : rest->size;
    char *line = fuzz_memory(size + 1);

    if (size > 0)
        memcpy(line, rest->data, size);
    line[size] = '\0';
    size += end != NULL;
    *rest = (struct bytes){rest->data + size, rest->size - size};
    return line;
}

/* Cut at the first `separator`; what is behind it, or NULL. */
static char *
cut(char *text, char separator)
{
    char *at = strchr(text, separator);

    if (at != NULL)
        *at++ = '\0';
    return at;
}

static void
look_at_answer(const struct http_exchange *answer)
{
    fuzz_require(answer->answers <= 1);
    if (answer->answers == 0) /* it waits for the node, or follows */
        fuzz_require(desk.writes_count + desk.statuses_count > 0 || answer->is_accepted);
    if (answer->status < 400)
        return;
    json_t *problem =
        json_loadb((char *)answer->body, answer->body_bytes, JSON_REJECT_DUPLICATES, NULL);
    fuzz_require(json_integer_value(json_object_get(problem, "status")) == answer->status);
    fuzz_require(strcmp(fake_field(answer, "content-type"), "application/problem+json") == 0);
    json_decref(problem);
}

static void
settle(void)
{
    desk.statuses_count = 0;
    while (desk.writes_count > 0)
        fake_desk_written(&desk, ENTENTE_ERR_BARRIER);
    desk.now_ms += 60000;
    api_tick(desk.api);
    desk.statuses_count = 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes rest = {data, size};

    if (size == 0)
        return 0;
    if (desk.api == NULL) {
        fake_desk_start(&desk);
        fake_desk_join(&desk, 3);
        desk.save_error = ENTENTE_ERR_IO;
    }
    rest = (struct bytes){data + 1, size - 1};
    char *method = take_line(&rest), *path = take_line(&rest), *header = take_line(&rest);
    struct fake_request request = {.method = method,
        .path = path,
        .query = cut(path, '?'),
        .origin = (enum http_origin)(data[0] % 3),
        .is_websocket = data[0] >> 2 & 1,
        .headers = {{header, cut(header, ':')}}};
    char *body = fuzz_memory(rest.size);
    if (rest.size > 0)
        memcpy(body, rest.data, rest.size);
    request.body = rest.size > 0 ? body : NULL;
    request.body_bytes = rest.size;
    if (request.headers[0][1] == NULL)
        request.headers[0][0] = NULL;

    struct http_exchange *answer = fake_ask(&desk.calls, &request);
    look_at_answer(answer);
    settle();
    look_at_answer(answer);
    fake_end(&desk.calls, answer);
    free(method);
    free(path);
    free(header);
    free(body);
    return 0;
}
