/* What the files of handlers share: reading what is asked, finding what it names, building the
 * answer. */
#ifndef ENTENTE_API_HANDLING_H
#define ENTENTE_API_HANDLING_H

#include "api/call.h"

/* ---- building: NULL means that memory is out ---- */

/*
 * Both take `value` over.  Where it is NULL, or memory is out, what was built is freed and becomes
 * NULL, and stays so: one look at the end guards all.
 */
void json_put(json_t **object, const char *key, json_t *value);
void json_add(json_t **array, json_t *value);

/* A party's name; "" where no party has the slot: a fact may name any. */
json_t *json_of_party(struct room *room, uint8_t slot);

/* The words that the API has for an enum of facts, which counts from 1. */
struct words {
    const char *const *list;
    uint8_t count;
};
#define WORDS(list)                                                                                \
    {                                                                                              \
        list, sizeof(list) / sizeof((list)[0])                                                     \
    }
json_t *json_of_word(const struct words *words, unsigned what); /* null where there is none */

/* One fact about an object, to be shown. */
struct shown {
    struct room *room;
    const struct fact_note *note;
    const struct fact *fact;
    const void *context; /* what its maker needs to know beside */
};
typedef json_t *(*show_note)(const struct shown *shown);

/*
 * The facts of `type` about the object that count, in their order, under `key` of `*answer`.
 * `object` may be NULL: nobody spoke of it.  Errors of this machine.
 */
MUST_USE enum entente_error put_notes(json_t **answer, const char *key, struct room *room,
    const struct object *object, uint16_t type, show_note show, const void *context);

/* What most facts have: `id`, and `origin`; `slot` and `party` of who said it; `language` and
 * `text`. */
void put_note(json_t **object, const struct shown *shown);
void put_party(
    json_t **object, struct room *room, const char *slot_key, const char *party_key, uint8_t slot);
void put_text(json_t **object, const struct fact *fact);

/* ---- answering ---- */

/* `answer` with 200, or what went wrong; `answer` is taken over. */
void reply_or_fail(struct call *call, enum entente_error error, json_t *answer);

/* One fact as a sealed entry of its own, naming what it creates. */
void write_fact(struct call *call, uint16_t type, const struct fact *fact);

/* ---- lists in pages ---- */

#define PAGE_LIMIT_DEFAULT 100u
#define PAGE_BYTES 1048576u /* about: a page ends with the item that goes beyond */
struct page {
    uint32_t next; /* index of the first that is not looked at yet */
    uint32_t limit;
    uint32_t taken;
    size_t bytes;
};
/* The page that the parameters `after` and `limit` ask for; false: the call was refused. */
bool page_of_call(struct call *call, struct page *page);
/* The answer: the list under `key`, and `next`, where `has_more`. */
void reply_page(struct call *call, enum entente_error error, const char *key, json_t *list,
    const struct page *page, bool has_more);
/* A page of the objects that facts of `type` made, each by `show`, which may say NULL for memory.
 */
void reply_objects(struct call *call, const char *key, uint16_t type,
    enum entente_error (*show)(struct room *room, const struct object *object, json_t **shown));

/* ---- reading a body whose form was checked: what is missing stays as it was ---- */

bool has_field(const struct call *call, const char *field);
/* One of the words, from 1. */
void take_word(
    const struct call *call, const char *field, const struct words *words, uint8_t *what);
/* The field, or now. */
void take_time_or_now(const struct call *call, const char *field, uint64_t *t_ms);
/* `language` and `text`, as most facts have them. */
void take_text(const struct call *call, struct fact *fact);
/* A text inside of the body; empty where it is missing. */
struct bytes text_in(const json_t *object, const char *key);

/* ---- reading what the record must know; false: the call was refused ---- */

/* A party of the room; several, as a bit for each. */
bool take_slot(struct call *call, const char *field, uint8_t *slot);
bool take_slots(struct call *call, const char *field, uint32_t *mask);

/* An object that a fact of `type` made, by the parameter `name`; its id and that fact; 404. */
struct found_object {
    struct digest id;
    const struct object *object; /* borrowed as consultation.h says */
    struct fact fact;
};
bool find_object(struct call *call, const char *name, uint16_t type, struct found_object *found);
/* The same by a field of the body, which is there. */
bool find_field(struct call *call, const char *field, uint16_t type, struct found_object *found);
/* The act of the parameter `act`; 404 where its proposal is not here. */
bool find_act(struct call *call, struct proposal *proposal);
/* Where the body's field names an act: its id; 404 where its proposal is not here.  Missing: as it
 * was. */
bool take_act(struct call *call, const char *field, struct digest *act);
/* The same for whatever has an id here: an object, an act, a text, an entry. */
bool take_known(struct call *call, const char *field, struct digest *id);

/* ---- others' ---- */

/* acts.c: the kinds of acts. */
extern const struct words act_kinds;
/* acts.c: what was said beside an act, under `reservations`. */
MUST_USE enum entente_error put_reservations(
    json_t **answer, struct room *room, const struct digest *act);
/* acts.c: one of "proposed", "complete", "effective", "dead". */
json_t *json_of_verdict(const struct act_verdict *verdict);
/* texts.c: a Text; NOT_FOUND: its fact is not here. */
MUST_USE enum entente_error text_show(struct room *room, const struct digest *root, json_t **shown);
/* readouts.c: when this party published it; 0: it has not, or it may not be public (N3). */
MUST_USE enum entente_error readout_publication(
    struct room *room, const struct readout_state *state, uint64_t now_ms, uint64_t *when_ms);
/* assessments.c: that of the path, which this party may see; false: the call was refused. */
bool find_assessment(
    struct call *call, struct found_object *assessment, struct assessment_state *state);
/*
 * calls_files.c: how the file stands here, and: remove what is here of it; then `then`, or a refusal, later.
 * The operation's `ended` is file_asking_ended().  False: this desk has no files, and nothing follows.
 */
struct file_status; /* files/files.h */
bool file_ask(struct call *call, const struct digest *root,
    void (*then)(struct call *call, const struct file_status *status));
bool file_remove(struct call *call, const struct digest *root,
    void (*then)(struct call *call, const struct file_status *status));
void file_asking_ended(struct call *call);
/* texts.c: the list of its files. */
json_t *text_files(const struct text_state *text);
/* readouts.c: a Readout, with its text where `with_text`; NOT_FOUND: it is none. */
MUST_USE enum entente_error readout_show(
    struct room *room, const struct digest *act, uint64_t now_ms, bool with_text, json_t **shown);

#endif
