/* Entries that a call has written, and their answers. */
#include "api/internal.h"

#include <stdio.h>
#include <stdlib.h>

static size_t
sections_size(const struct section *sections, uint32_t count)
{
    size_t size = sizeof(uint16_t);

    for (uint32_t i = 0; i < count; i++)
        size += sizeof(uint16_t) + sizeof(uint32_t) + section_size(&sections[i]);
    return size;
}

/* As SAY carries them; NULL: memory is out. */
static uint8_t *
sections_encode(const struct section *sections, uint32_t count, size_t size)
{
    uint8_t *data = malloc(size);

    if (data == NULL)
        return NULL;
    struct writer writer = writer_of(data, size);
    writer_u16(&writer, (uint16_t)count);
    for (uint32_t i = 0; i < count; i++) {
        writer_u16(&writer, sections[i].type);
        writer_u32(&writer, (uint32_t)section_size(&sections[i]));
        section_write(&writer, &sections[i]);
    }
    return data;
}

static void
write_sections(struct call *call, uint8_t kind, const struct section *sections, uint32_t count)
{
    struct api *api = call->api;

    if (call->is_answered)
        return;
    if (call->writes_count == CALL_WRITES_MAX) {
        call_refuse(call, 413, "", NULL, "it takes more than %u entries", CALL_WRITES_MAX);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        enum entente_error error = section_check(&sections[i]);
        if (error != ENTENTE_OK) {
            call_refuse(call, 422, NULL, NULL,
                "the record does not take this (%s): a name, text or list is longer than it may be, or a "
                "language tag or media type is wrong",
                entente_error_text(error));
            return;
        }
    }
    size_t size = sections_size(sections, count);
    if (count > BODY_SECTIONS_MAX || size + BODY_SECRET_BYTES > BODY_BYTES_MAX) {
        call_refuse(call, 413, "", NULL, "an entry holds at most %u bytes in %u sections",
            BODY_BYTES_MAX, BODY_SECTIONS_MAX);
        return;
    }
    uint8_t *data = sections_encode(sections, count, size);
    if (data == NULL) {
        call_fail(call, ENTENTE_ERR_NO_MEMORY);
        return;
    }
    uint64_t ticket = call_wait(call, WAIT_WRITTEN);
    call->writes[call->writes_count++] = ticket;
    api->desk.write(api->desk.state, ticket, call->room, kind, (struct bytes){data, size});
    free(data);
}

void
call_write(struct call *call, uint8_t kind, struct section *sections, uint32_t count, int object_of)
{
    call->object_of = object_of;
    call->has_object = false;
    write_sections(call, kind, sections, count);
}

void
call_write_named(struct call *call, uint8_t kind, struct section *sections, uint32_t count,
    const struct digest *object)
{
    call->has_object = true;
    call->object = *object;
    call->object_of = CALL_OBJECT_NONE;
    write_sections(call, kind, sections, count);
}

static void
answer_written(struct call *call)
{
    const struct api_written *written = &call->written;

    call_reply(call, 201,
        json_pack("{s:o, s:o, s:i, s:i, s:I, s:o}", "entry", json_of_id(written->id.bytes),
            "object", call->has_object ? json_of_id(call->object.bytes) : json_null(), "slot",
            written->slot, "incarnation", written->inc, "number", (json_int_t)written->seq, "time",
            json_of_time(written->t_ms)));
}

/* Who wrote something finds it when he reads next, as long as the room is not far behind. */
void
call_taken_in(struct call *call)
{
    struct room_entry entry;

    if (api_now_ms(call->api) >= call->wait_until_ms ||
        room_entry_of_id(call->room, &call->written.id, &entry) != ENTENTE_ERR_NOT_FOUND)
        answer_written(call);
}

static void
call_refuse_rule(struct call *call, const struct rule *rule)
{
    char name[8];

    snprintf(name, sizeof name, "%c%u", rule->letter, rule->number);
    call_refuse(call, 409, NULL, name,
        "by rule %s of the protocol it would count for nothing, so it was not written", name);
}

struct call *
call_of_write(struct api *api, uint64_t ticket)
{
    for (struct call *call = api->calls; call != NULL; call = call->next)
        for (uint32_t i = 0; call->wait == WAIT_WRITTEN && i < call->writes_count; i++)
            if (call->writes[i] == ticket)
                return call;
    return NULL;
}

void
call_written(
    struct call *call, uint64_t ticket, enum entente_error error, const struct api_written *written)
{
    bool is_last = ticket == call->writes[call->writes_count - 1];
    if (call->write_error == ENTENTE_OK &&
        (error == ENTENTE_ERR_VOID || (error == ENTENTE_OK && is_last)))
        call->written = *written;
    if (call->write_error == ENTENTE_OK)
        call->write_error = error;
    for (uint32_t i = 0; i < call->writes_count; i++)
        if (call->writes[i] == ticket)
            call->writes[i] = 0;
    if (++call->writes_back < call->writes_count)
        return;
    if (call->write_error == ENTENTE_ERR_VOID) {
        call_refuse_rule(call, &call->written.rule);
        return;
    }
    if (call->write_error != ENTENTE_OK) {
        call_fail(call, call->write_error);
        return;
    }
    if (call->object_of >= 0)
        fact_make_object(&call->object, &call->written.id, (uint16_t)call->object_of);
    else if (call->object_of == CALL_OBJECT_ACT)
        fact_make_act(&call->object, room_id(call->room), &call->written.id);
    call->has_object |= call->object_of != CALL_OBJECT_NONE;
    call->wait = WAIT_TAKEN_IN;
    call->wait_until_ms = api_now_ms(call->api) + API_TAKEN_IN_MS_MAX;
    call_taken_in(call);
}
