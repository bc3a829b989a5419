/*
 * Files over HTTP: an upload, how a file stands, what is given of it as an assessment, and its
 * bytes. PROTOCOL.md sections 19 and 20.
 */
#include "api/internal.h"

#include "api/handling.h"
#include "files/files.h"

#include <stdio.h>
#include <stdlib.h>

static struct files *
files_of(struct call *call)
{
    struct files *files = call_api(call)->desk.files;

    if (files == NULL)
        call_refuse(call, 503, NULL, NULL, "files cannot be given or read at this desk now");
    return files;
}

/* ---- uploads ---- */

struct uploading {
    struct call *call;
    struct files_put *put; /* NULL: it is over */
    uint8_t *rest;         /* of the last part, for which there was no room */
    size_t rest_bytes;
};

static void
upload_ended(struct call *call)
{
    struct uploading *uploading = call_state(call);

    if (uploading == NULL)
        return;
    if (uploading->put != NULL)
        files_put_abort(uploading->put);
    free(uploading->rest);
    free(uploading);
}

static void
upload_done(void *state, enum entente_error error, const struct file_made *made)
{
    struct uploading *uploading = state;
    struct call *call = uploading->call;

    uploading->put = NULL;
    if (error != ENTENTE_OK)
        call_fail(call, error);
    else
        call_reply(call, 201,
            json_pack("{s:o, s:I}", "file", json_of_id(made->root.bytes), "size",
                (json_int_t)made->size));
}

/* What was left of a part; false: there is no room for all of it still, or the call is over. */
static bool
upload_some(struct uploading *uploading, struct bytes data)
{
    struct call *call = uploading->call;
    size_t taken;

    enum entente_error error = files_put(uploading->put, data, &taken);
    if (error == ENTENTE_ERR_TOO_LARGE) {
        call_refuse(call, 413, NULL, "W1", "a file has at most %u bytes", FILE_BYTES_MAX);
        return false;
    }
    uint8_t *rest = NULL;
    if (error == ENTENTE_OK && taken < data.size) {
        rest = malloc(data.size - taken);
        if (rest == NULL)
            error = ENTENTE_ERR_NO_MEMORY;
        else
            memcpy(rest, data.data + taken, data.size - taken);
    }
    free(uploading->rest);
    uploading->rest = rest;
    uploading->rest_bytes = data.size - taken;
    if (error != ENTENTE_OK)
        call_fail(call, error);
    return error == ENTENTE_OK && rest == NULL;
}

static void
upload_ready(void *state)
{
    struct uploading *uploading = state;
    struct bytes rest = {uploading->rest, uploading->rest_bytes};

    if (uploading->rest != NULL && upload_some(uploading, rest))
        call_resume(uploading->call);
}

static void
upload(struct call *call)
{
    struct files *files = files_of(call);
    struct uploading *uploading = files != NULL ? calloc(1, sizeof *uploading) : NULL;
    struct files_put_calls calls = {uploading, upload_ready, upload_done};

    if (files == NULL)
        return;
    if (uploading == NULL) {
        call_fail(call, ENTENTE_ERR_NO_MEMORY);
        return;
    }
    uploading->call = call;
    call_set_state(call, uploading);
    enum entente_error error =
        files_put_begin(files, room_id(call_room(call)), &calls, &uploading->put);
    if (error != ENTENTE_OK)
        call_fail(call, error);
}

static bool
upload_part(struct call *call, struct bytes part)
{
    struct uploading *uploading = call_state(call);

    if (uploading == NULL || uploading->put == NULL || call->is_answered)
        return true; /* it was answered: the rest is let pass */
    if (part.size > 0)
        return upload_some(uploading, part) || call->is_answered;
    files_put_end(uploading->put);
    return true;
}

/* ---- how a file stands ---- */

struct asking {
    struct call *call; /* NULL: it is over */
    void (*then)(struct call *call, const struct file_status *status);
};

void
file_asking_ended(struct call *call)
{
    struct asking *asking = call_state(call);

    if (asking != NULL)
        asking->call = NULL; /* the answer frees it */
}

static void
file_stands(void *state, enum entente_error error, const struct file_status *status)
{
    struct asking asking = *(struct asking *)state;

    free(state);
    if (asking.call == NULL)
        return;
    call_set_state(asking.call, NULL);
    if (error != ENTENTE_OK)
        call_fail(asking.call, error);
    else
        asking.then(asking.call, status);
}

static void
file_is_removed(void *state, enum entente_error error)
{
    /* What was not here, or is not any more, is deleted, too. */
    file_stands(state, error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error,
        &(struct file_status){.is_wanted = false});
}

static struct asking *
asking_new(struct call *call, void (*then)(struct call *call, const struct file_status *status))
{
    struct asking *asking = calloc(1, sizeof *asking);

    if (asking != NULL)
        *asking = (struct asking){call, then};
    call_set_state(call, asking);
    return asking;
}

static void
end_asking(struct call *call, struct asking *asking, enum entente_error error)
{
    if (error == ENTENTE_OK)
        return;
    call_set_state(call, NULL);
    free(asking);
    call_fail(call, error);
}

bool
file_ask(struct call *call, const struct digest *root,
    void (*then)(struct call *call, const struct file_status *status))
{
    struct files *files = call_api(call)->desk.files;
    struct asking *asking = files != NULL ? asking_new(call, then) : NULL;
    const struct room_id *room = room_id(call_room(call));

    if (files != NULL)
        end_asking(call, asking,
            asking == NULL ? ENTENTE_ERR_NO_MEMORY
                           : files_status(files, room, root, FILE_WANT_ASK, asking, file_stands));
    return files != NULL;
}

bool
file_remove(struct call *call, const struct digest *root,
    void (*then)(struct call *call, const struct file_status *status))
{
    struct files *files = call_api(call)->desk.files;
    struct asking *asking = files != NULL ? asking_new(call, then) : NULL;
    const struct room_id *room = room_id(call_room(call));

    if (files != NULL)
        end_asking(call, asking,
            asking == NULL ? ENTENTE_ERR_NO_MEMORY
                           : files_remove(files, room, root, asking, file_is_removed));
    return files != NULL;
}

static void
reply_file(struct call *call, const struct file_status *status)
{
    struct digest root;

    (void)call_id(call, "file", &root);
    if (status->chunks == 0)
        call_refuse(call, 404, "file", NULL,
            "nothing of this file is here: it comes when the content of its assessment is read");
    else
        call_reply(call, 200,
            json_pack("{s:o, s:I, s:I, s:I}", "file", json_of_id(root.bytes), "size",
                (json_int_t)status->size, "chunks", (json_int_t)status->chunks, "chunks_here",
                (json_int_t)status->here));
}

static void
show_file(struct call *call)
{
    struct digest root;

    (void)call_id(call, "file", &root);
    if (files_of(call) != NULL)
        (void)file_ask(call, &root, reply_file);
}

/* ---- giving it as an assessment ---- */

/* V3: what is not said is as restricted as can be. */
static bool
take_marking(struct call *call, struct marking *marking)
{
    struct bytes text;
    uint32_t parties = 0;

    *marking = marking_missing();
    if (!call_field_text(call, "marking", &text)) {
        if (!has_field(call, "releasable_to"))
            return true;
        call_refuse(call, 422, "/releasable_to", "V3", "only what has a marking can be released");
        return false;
    }
    if (marking_parse(marking, text, NULL, 0) != ENTENTE_OK) {
        call_refuse(call, 422, "/marking", "V3",
            "no marking: TLP:RED, TLP:AMBER+STRICT, TLP:AMBER, TLP:GREEN or TLP:CLEAR; or a policy's words, "
            "such as NATO CONFIDENTIAL, with //LEVEL 1 to 5 where they do not say it");
        return false;
    }
    if (has_field(call, "releasable_to")) {
        if (!take_slots(call, "releasable_to", &parties))
            return false;
        marking->parties = parties;
    } else if (marking->parties == 0) {
        call_refuse(call, 422, "/releasable_to", "V3", "releasable_to: the parties that REL names");
        return false;
    }
    return true;
}

/* V2: of the own assessments, one that has no newer version. */
static bool
take_previous(struct call *call, struct fact *fact)
{
    struct room *room = call_room(call);
    struct found_object previous;
    struct assessment_state state;

    if (!has_field(call, "previous"))
        return true;
    if (!find_field(call, "previous", FACT_ASSESSMENT, &previous))
        return false;
    enum entente_error error =
        consultation_assessment(room_consultation(room), &previous.id, &state);
    if (error != ENTENTE_OK) {
        call_fail(call, error);
        return false;
    }
    if (state.giver != room_slot(room)) {
        call_refuse(call, 409, "/previous", "V2",
            "it is party %d's: only its giver makes a new version of it", state.giver);
        return false;
    }
    fact->previous = previous.id;
    return true;
}

static void
give(struct call *call)
{
    struct files *files = files_of(call);
    struct digest root = {{0}};
    struct fact fact = {0};

    if (files == NULL)
        return;
    (void)call_field_id(call, "file", &root);
    const struct file_made *made = files_made(files, &root);
    if (made == NULL || !room_id_equal(&made->room, room_id(call_room(call)))) {
        call_refuse(call, 409, "/file", "V1",
            "no file of this id was given to this room since the desk started: give it again");
        return;
    }
    if (!take_marking(call, &fact.marking) || !take_previous(call, &fact) ||
        (has_field(call, "about") && !take_known(call, "about", &fact.subject)))
        return;
    fact.root = made->root;
    fact.sha256 = made->sha256;
    fact.file_key = (struct bytes){made->key, sizeof made->key};
    fact.size = made->size;
    take_text(call, &fact);
    (void)call_field_text(call, "name", &fact.name);
    (void)call_field_text(call, "media_type", &fact.media_type);
    write_fact(call, FACT_ASSESSMENT, &fact);
}

/* ---- its bytes ---- */

struct reading {
    struct call *call;
    struct files_get *get;
    uint64_t from, to, size;
    bool is_part; /* a range was asked for */
    bool has_begun;
};

static void
reading_ended(struct call *call)
{
    struct reading *reading = call_state(call);

    if (reading == NULL)
        return;
    if (reading->get != NULL)
        files_get_end(reading->get);
    free(reading);
}

static void
begin_content(struct reading *reading)
{
    char range[96];

    snprintf(range, sizeof range, "bytes %llu-%llu/%llu", (unsigned long long)reading->from,
        (unsigned long long)reading->to - 1, (unsigned long long)reading->size);
    if (reading->is_part)
        call_set_header(reading->call, "content-range", range);
    else
        call_set_header(reading->call, "accept-ranges", "bytes");
    reading->has_begun = true;
    call_begin(reading->call, reading->is_part ? 206 : 200, "application/octet-stream",
        (int64_t)(reading->to - reading->from));
}

static void
refuse_content(struct call *call, enum entente_error error)
{
    if (error == ENTENTE_ERR_UNSEALABLE || error == ENTENTE_ERR_USAGE)
        call_refuse(call, 422, "assessment", "V1",
            "the file is not what its giver says of it: ask its giver for another one");
    else
        call_fail(call, error);
}

/* What ends early is seen by the client: the connection is broken off. */
static void
content_piece(void *state, struct bytes data, enum entente_error error)
{
    struct reading *reading = state;
    struct call *call = reading->call;

    if (error != ENTENTE_OK && !reading->has_begun) {
        refuse_content(call, error);
        return;
    }
    if (!reading->has_begun)
        begin_content(reading);
    if (error != ENTENTE_OK || data.size == 0 || call->exchange == NULL) {
        call_end(call);
        return;
    }
    call_part(call, data);
    if (call_has_room(call))
        files_get_more(reading->get);
}

static void
content_drained(struct call *call)
{
    struct reading *reading = call_state(call);

    if (reading != NULL && reading->has_begun)
        files_get_more(reading->get);
}

/* "bytes=FROM-" or "bytes=FROM-LAST"; any other form is passed over (RFC 9110, section 14.2). */
static void
take_range(struct reading *reading)
{
    struct bytes header = http_header(reading->call->exchange, "range");
    unsigned long long from, last = UINT64_MAX;
    char text[64];

    if (header.size == 0 || header.size >= sizeof text)
        return;
    snprintf(text, sizeof text, "%.*s", (int)header.size, (const char *)header.data);
    if (text[strspn(text, "bytes=-0123456789")] != '\0' ||
        sscanf(text, "bytes=%llu-%llu", &from, &last) < 1 || from >= reading->size || last < from)
        return;
    reading->is_part = true;
    reading->from = from;
    reading->to = last < reading->size - 1 ? last + 1 : reading->size;
}

static void
begin_reading(struct call *call, struct files *files, const struct fact *fact)
{
    struct reading *reading = calloc(1, sizeof *reading);
    struct files_get_calls calls = {reading, content_piece};
    struct files_wanted wanted = {
        .room = *room_id(call_room(call)), .root = fact->root, .size = fact->size};

    if (reading == NULL) {
        call_fail(call, ENTENTE_ERR_NO_MEMORY);
        return;
    }
    *reading = (struct reading){.call = call, .to = fact->size, .size = fact->size};
    call_set_state(call, reading);
    if (call->exchange != NULL)
        take_range(reading);
    memcpy(wanted.key, fact->file_key.data, sizeof wanted.key);
    wanted.from = reading->from;
    wanted.to = reading->to;
    enum entente_error error = files_get_begin(files, &wanted, &calls, &reading->get);
    if (error != ENTENTE_OK)
        call_fail(call, error);
    else
        files_get_more(reading->get);
}

static void
read_content(struct call *call)
{
    struct files *files = files_of(call);
    struct found_object assessment;
    struct assessment_state state;

    if (files == NULL || !find_assessment(call, &assessment, &state))
        return;
    uint8_t slot = room_slot(call_room(call));
    if (state.is_withdrawn && slot != state.giver &&
        state.holders[slot].answer != WITHDRAWAL_KEPT) {
        call_refuse(call, 409, "assessment", "V4",
            "its giver withdrew it: whoever keeps a copy says so and why, and reads that");
        return;
    }
    begin_reading(call, files, &state.assessment);
}

const struct call_entry calls_of_files[] = {
    {.operation = "fileUpload", .run = upload, .part = upload_part, .ended = upload_ended},
    {.operation = "fileShow", .run = show_file, .ended = file_asking_ended},
    {.operation = "assessmentCreate", .run = give},
    {.operation = "assessmentContent",
        .run = read_content,
        .drained = content_drained,
        .ended = reading_ended},
    {.operation = NULL},
};
