#include "format/fact_internal.h"

#include "base/text.h"
#include "format/entry.h"
#include "format/file.h"

/* What may stand in a fact.  FIELD_END, being 0, ends the list of a type. */
enum field_kind {
    FIELD_END = 0,
    FIELD_OBJECT,
    FIELD_SUBJECT,
    FIELD_ROOT,
    FIELD_KEY,
    FIELD_NONCE,
    FIELD_SIGNATURE,
    FIELD_WHAT,
    FIELD_SLOT,
    FIELD_MODE,
    FIELD_SCALE,
    FIELD_MINUTES,
    FIELD_BRACKETS, /* their number alone */
    FIELD_NUMBER,
    FIELD_PARTIES,
    FIELD_WHEN,
    FIELD_UNTIL,
    FIELD_QUANTITY,
    FIELD_NAME,
    FIELD_OFFICE,
    FIELD_LABEL,
    FIELD_TAG,
    FIELD_OTHER_TAG,
    FIELD_TEXT,
    FIELD_DATA,
    FIELD_LANGUAGES,
    FIELD_BRACKET_LIST,
    FIELD_OFFICES,
    FIELD_CHAIRS,
    FIELD_SPOKESPERSONS,
    FIELD_PREVIOUS,
    FIELD_SHA256,
    FIELD_FILE_KEY,
    FIELD_SIZE,
    FIELD_MEDIA_TYPE,
    FIELD_MARKING
};

/* Bounds of a number, or of a text's or list's size. */
struct field {
    uint8_t kind; /* enum field_kind */
    uint32_t min, max;
};

#define FIELDS_MAX 12
#define NONCE_BYTES 32u
#define BRACKET_BYTES 13u

/* clang-format off */
#define OBJECT {FIELD_OBJECT, 0, 0}
#define PLAIN(kind) {FIELD_##kind, 0, UINT32_MAX}
#define WHAT(max) {FIELD_WHAT, 1, max}
#define NAME(kind, min) {FIELD_##kind, min, FACT_NAME_BYTES_MAX}
#define WITHIN(kind, min, max) {FIELD_##kind, min, max}
/* clang-format on */

/* The table of PROTOCOL.md section 11. */
static const struct layout {
    uint16_t type;
    const char *name;
    struct field fields[FIELDS_MAX];
} layouts[] = {
    {FACT_PROPOSE, "propose",
        {WHAT(ACT_KIND_MAX), PLAIN(SUBJECT), PLAIN(ROOT), PLAIN(NUMBER),
            WITHIN(BRACKETS, 0, FACT_BRACKETS_MAX), WITHIN(OFFICES, 0, FACT_OFFICES_MAX)}},
    {FACT_SIGN, "sign", {OBJECT}},
    {FACT_CONSENT, "consent",
        {WHAT(CONSENT_WITHDRAW), WITHIN(NUMBER, 1, UINT32_MAX), PLAIN(KEY), PLAIN(WHEN),
            PLAIN(SIGNATURE)}},
    {FACT_WITHDRAW, "withdraw", {OBJECT}},
    {FACT_RATIFY, "ratify", {OBJECT}},
    {FACT_TEXT, "text",
        {PLAIN(NONCE), WITHIN(LANGUAGES, 1, FACT_LANGUAGES_MAX),
            WITHIN(BRACKET_LIST, 0, FACT_BRACKETS_MAX)}},
    {FACT_TEXT_PART, "text-part", {PLAIN(ROOT), PLAIN(TAG), WITHIN(DATA, 0, FACT_TEXT_BYTES_MAX)}},
    {FACT_CONCORD, "concord", {PLAIN(ROOT), PLAIN(TAG), PLAIN(OTHER_TAG), PLAIN(TEXT)}},
    {FACT_RESERVATION, "reservation", {OBJECT, WHAT(REMARK_REASON), PLAIN(TAG), PLAIN(TEXT)}},
    {FACT_SESSION, "session",
        {PLAIN(WHEN), PLAIN(UNTIL), WITHIN(CHAIRS, 1, PARTIES_MAX), NAME(NAME, 1), PLAIN(TAG),
            PLAIN(TEXT)}},
    {FACT_INVITE, "invite", {OBJECT, PLAIN(SLOT), NAME(NAME, 0), NAME(OFFICE, 0)}},
    {FACT_CHAIR, "chair",
        {OBJECT, WITHIN(NUMBER, 0, FACT_TERM_MAX), WHAT(CHAIR_ADMIT), PLAIN(SUBJECT)}},
    {FACT_ITEM, "item",
        {OBJECT, PLAIN(NUMBER), PLAIN(MINUTES), PLAIN(SLOT), PLAIN(TAG), PLAIN(TEXT)}},
    {FACT_QUEUE, "queue", {OBJECT, PLAIN(SUBJECT), WHAT(QUEUE_LEAVE), NAME(NAME, 1)}},
    {FACT_ATTENDANCE, "attendance",
        {OBJECT, WHAT(ATTENDANCE_LEAVE), WITHIN(MODE, 1, 3), PLAIN(WHEN), NAME(NAME, 1),
            NAME(OFFICE, 0)}},
    {FACT_CONCLUSION, "conclusion",
        {OBJECT, WITHIN(NUMBER, 0, FACT_TERM_MAX), PLAIN(TAG), PLAIN(TEXT)}},
    {FACT_UNDER, "under", {OBJECT}},
    {FACT_PAPER, "paper", {OBJECT, PLAIN(SUBJECT), NAME(NAME, 0)}},
    {FACT_PLEDGE, "pledge",
        {PLAIN(SUBJECT), PLAIN(PARTIES), PLAIN(QUANTITY), WITHIN(SCALE, 0, FACT_SCALE_MAX),
            NAME(LABEL, 1), PLAIN(WHEN), NAME(NAME, 0), PLAIN(TAG), PLAIN(TEXT)}},
    {FACT_DELIVERY, "delivery",
        {OBJECT, PLAIN(QUANTITY), PLAIN(WHEN), PLAIN(SUBJECT), PLAIN(TEXT)}},
    {FACT_RECEIPT, "receipt",
        {OBJECT, WHAT(RECEIPT_DISPUTED), PLAIN(QUANTITY), PLAIN(WHEN), PLAIN(SUBJECT),
            PLAIN(TEXT)}},
    {FACT_PLEDGE_CHANGE, "pledge-change",
        {OBJECT, WHAT(PLEDGE_QUANTITY), PLAIN(QUANTITY), PLAIN(WHEN), PLAIN(TEXT)}},
    {FACT_DIALOGUE, "dialogue", {NAME(NAME, 1), NAME(LABEL, 0), PLAIN(TAG), PLAIN(TEXT)}},
    {FACT_DIALOGUE_STATE, "dialogue-state",
        {OBJECT, WHAT(DIALOGUE_CLOSED), PLAIN(WHEN), PLAIN(TAG), PLAIN(TEXT)}},
    {FACT_ROUND, "round",
        {OBJECT, PLAIN(NUMBER), WHAT(ROUND_COLLAPSED), PLAIN(WHEN), PLAIN(UNTIL), NAME(NAME, 0),
            PLAIN(TAG), PLAIN(TEXT)}},
    {FACT_CHANNEL_CHECK, "channel-check",
        {OBJECT, WHAT(CHECK_REFUSED), PLAIN(WHEN), NAME(LABEL, 1), PLAIN(TEXT)}},
    {FACT_CONTACT, "contact",
        {OBJECT, PLAIN(WHEN), NAME(NAME, 0), NAME(LABEL, 0), PLAIN(TAG), PLAIN(TEXT)}},
    {FACT_POSITION, "position", {OBJECT, NAME(OFFICE, 1), PLAIN(TAG), PLAIN(TEXT)}},
    {FACT_MANDATE, "mandate",
        {OBJECT, WHAT(MANDATE_LINE), PLAIN(SUBJECT), PLAIN(SLOT), NAME(NAME, 0), PLAIN(TAG),
            PLAIN(TEXT)}},
    {FACT_READOUT, "readout",
        {OBJECT, PLAIN(NUMBER), PLAIN(WHEN), WITHIN(SPOKESPERSONS, 0, PARTIES_MAX)}},
    {FACT_PUBLICATION, "publication", {OBJECT, PLAIN(WHEN), NAME(NAME, 1)}},
    {FACT_ASSESSMENT, "assessment",
        {PLAIN(SUBJECT), PLAIN(PREVIOUS), PLAIN(ROOT), PLAIN(SHA256), PLAIN(FILE_KEY),
            WITHIN(SIZE, 0, FILE_BYTES_MAX), PLAIN(MARKING), NAME(NAME, 1), PLAIN(MEDIA_TYPE),
            PLAIN(TAG), PLAIN(TEXT)}},
    {FACT_HOLDING, "holding",
        {OBJECT, WHAT(HOLDING_NONE), PLAIN(NUMBER), PLAIN(WHEN), NAME(NAME, 0)}},
    {FACT_WITHDRAWAL, "withdrawal", {OBJECT, PLAIN(WHEN), PLAIN(TAG), PLAIN(TEXT)}},
    {FACT_WITHDRAWAL_ANSWER, "withdrawal-answer",
        {OBJECT, WHAT(WITHDRAWAL_KEPT), PLAIN(WHEN), NAME(NAME, 0), PLAIN(TEXT)}},
};

static const struct layout *
find_layout(uint16_t type)
{
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++)
        if (layouts[i].type == type)
            return &layouts[i];
    return NULL;
}

bool
fact_is_known(uint16_t type)
{
    return find_layout(type) != NULL;
}

static const char *const act_kinds[] = {
    [ACT_JOINT_TEXT] = "joint-text",
    [ACT_CHARTER] = "charter",
    [ACT_SUCCESSOR] = "successor",
    [ACT_READOUT] = "readout",
    [ACT_CORRECTION] = "correction",
    [ACT_JOINT_OFFICE] = "joint-office",
    [ACT_CHAIR_ORDER] = "chair-order",
    [ACT_MINUTES] = "minutes",
};

const char *
act_kind_name(uint8_t kind)
{
    return kind < sizeof act_kinds / sizeof act_kinds[0] ? act_kinds[kind] : NULL;
}

uint8_t
act_kind_named(const char *name)
{
    for (uint8_t kind = 1; kind < sizeof act_kinds / sizeof act_kinds[0]; kind++)
        if (strcmp(act_kinds[kind], name) == 0)
            return kind;
    return 0;
}

uint16_t
fact_type_of_entry(uint8_t kind)
{
    switch (kind) {
    case ENTRY_PROPOSE:
        return FACT_PROPOSE;
    case ENTRY_SIGN:
        return FACT_SIGN;
    case ENTRY_WITHDRAW:
        return FACT_WITHDRAW;
    case ENTRY_RATIFY:
        return FACT_RATIFY;
    default:
        return 0;
    }
}

const char *
fact_type_name(uint16_t type)
{
    const struct layout *layout = find_layout(type);

    return layout != NULL ? layout->name : NULL;
}

/* ---- one reader ---- */

/* The list of `kind` that comes next: what was read of it, when all of its `count` items are good.
 */
static struct bytes
read_items(struct reader *reader, uint8_t kind, uint32_t count, bool *good)
{
    struct bytes start = reader->rest;

    if (kind == FIELD_LANGUAGES)
        *good = fact_check_languages(reader, count);
    else if (kind == FIELD_OFFICES)
        *good = fact_check_offices(reader, count);
    else if (kind == FIELD_CHAIRS)
        *good = fact_check_chairs(reader, count);
    else
        *good = fact_check_spokespersons(reader, count);
    return (struct bytes){start.data, start.size - reader->rest.size};
}

static struct bytes *
text_of(struct fact *fact, uint8_t kind)
{
    switch (kind) {
    case FIELD_NAME:
        return &fact->name;
    case FIELD_OFFICE:
        return &fact->office;
    case FIELD_LABEL:
        return &fact->label;
    case FIELD_MEDIA_TYPE:
        return &fact->media_type;
    case FIELD_TAG:
        return &fact->tag;
    default:
        return &fact->other_tag;
    }
}

static enum entente_error
read_list(struct reader *reader, struct fact *fact, const struct field *field)
{
    bool good = true;

    fact->items_count = reader_u8(reader);
    if (fact->items_count > field->max)
        return ENTENTE_ERR_TOO_LARGE;
    fact->items = read_items(reader, field->kind, fact->items_count, &good);
    return good || reader->failed ? ENTENTE_OK : ENTENTE_ERR_MALFORMED;
}

static enum entente_error
read_field(struct reader *reader, struct fact *fact, const struct field *field)
{
    switch ((enum field_kind)field->kind) {
    case FIELD_OBJECT:
        reader_copy(reader, fact->object.bytes, ID_BYTES);
        break;
    case FIELD_SUBJECT:
        reader_copy(reader, fact->subject.bytes, ID_BYTES);
        break;
    case FIELD_ROOT:
        reader_copy(reader, fact->root.bytes, ID_BYTES);
        break;
    case FIELD_KEY:
        reader_copy(reader, fact->key.bytes, sizeof fact->key.bytes);
        break;
    case FIELD_PREVIOUS:
        reader_copy(reader, fact->previous.bytes, ID_BYTES);
        break;
    case FIELD_SHA256:
        reader_copy(reader, fact->sha256.bytes, ID_BYTES);
        break;
    case FIELD_NONCE:
        fact->nonce = reader_bytes(reader, NONCE_BYTES);
        break;
    case FIELD_FILE_KEY:
        fact->file_key = reader_bytes(reader, AEAD_KEY_BYTES);
        break;
    case FIELD_SIGNATURE:
        fact->signature = reader_bytes(reader, sizeof(struct signature));
        break;
    case FIELD_WHAT:
        fact->what = reader_u8(reader);
        break;
    case FIELD_SLOT:
        fact->slot = reader_u8(reader);
        break;
    case FIELD_MODE:
        fact->mode = reader_u8(reader);
        break;
    case FIELD_SCALE:
        fact->scale = reader_u8(reader);
        break;
    case FIELD_MINUTES:
        fact->minutes = reader_u16(reader);
        break;
    case FIELD_BRACKETS:
        fact->brackets = reader_u16(reader);
        break;
    case FIELD_NUMBER:
        fact->number = reader_u32(reader);
        break;
    case FIELD_PARTIES:
        fact->parties = reader_u32(reader);
        break;
    case FIELD_WHEN:
        fact->when_ms = reader_u64(reader);
        break;
    case FIELD_UNTIL:
        fact->until_ms = reader_u64(reader);
        break;
    case FIELD_QUANTITY:
        fact->quantity = reader_u64(reader);
        break;
    case FIELD_SIZE:
        fact->size = reader_u64(reader);
        break;
    case FIELD_MARKING:
        return marking_read(reader, &fact->marking) || reader->failed ? ENTENTE_OK
                                                                      : ENTENTE_ERR_MALFORMED;
    case FIELD_NAME:
    case FIELD_OFFICE:
    case FIELD_LABEL:
    case FIELD_MEDIA_TYPE:
    case FIELD_TAG:
    case FIELD_OTHER_TAG:
        *text_of(fact, field->kind) = reader_bytes(reader, reader_u8(reader));
        break;
    case FIELD_TEXT:
        fact->text = reader_bytes(reader, reader->rest.size);
        break;
    case FIELD_DATA:
        fact->data = reader_bytes(reader, reader->rest.size);
        break;
    case FIELD_BRACKET_LIST:
        fact->brackets = reader_u16(reader);
        if (fact->brackets > field->max)
            return ENTENTE_ERR_TOO_LARGE;
        fact->bracket_items = reader_bytes(reader, fact->brackets * BRACKET_BYTES);
        break;
    case FIELD_LANGUAGES:
    case FIELD_OFFICES:
    case FIELD_CHAIRS:
    case FIELD_SPOKESPERSONS:
        return read_list(reader, fact, field);
    case FIELD_END:
        break;
    }
    return ENTENTE_OK;
}

static bool
is_within(const struct field *field, uint64_t value)
{
    return value >= field->min && value <= field->max;
}

static enum entente_error
check_text(const struct field *field, struct bytes text, size_t size_max)
{
    if (text.size > size_max || text.size < field->min)
        return ENTENTE_ERR_USAGE;
    return text_is_utf8(text) ? ENTENTE_OK : ENTENTE_ERR_TEXT;
}

static enum entente_error
ok_if(bool good)
{
    return good ? ENTENTE_OK : ENTENTE_ERR_USAGE;
}

static enum entente_error
check_list(const struct fact *fact, const struct field *field)
{
    struct reader reader = reader_of(fact->items);
    bool good;

    if (!is_within(field, fact->items_count))
        return ENTENTE_ERR_USAGE;
    read_items(&reader, field->kind, fact->items_count, &good);
    return ok_if(good && reader.rest.size == 0);
}

static enum entente_error
check_field(const struct fact *fact, const struct field *field)
{
    switch ((enum field_kind)field->kind) {
    case FIELD_OBJECT:
        return ok_if(!digest_is_zero(&fact->object));
    case FIELD_NONCE:
        return ok_if(fact->nonce.size == NONCE_BYTES);
    case FIELD_SIGNATURE:
        return ok_if(fact->signature.size == sizeof(struct signature));
    case FIELD_FILE_KEY:
        return ok_if(fact->file_key.size == AEAD_KEY_BYTES);
    case FIELD_SIZE:
        return ok_if(is_within(field, fact->size));
    case FIELD_MARKING:
        return ok_if(marking_is_good(&fact->marking));
    case FIELD_MEDIA_TYPE:
        return ok_if(text_is_media_type(fact->media_type));
    case FIELD_WHAT:
        return ok_if(is_within(field, fact->what));
    case FIELD_SLOT:
        return ok_if(fact->slot < PARTIES_MAX);
    case FIELD_MODE:
        return ok_if(is_within(field, fact->mode));
    case FIELD_SCALE:
        return ok_if(is_within(field, fact->scale));
    case FIELD_BRACKETS:
        return ok_if(is_within(field, fact->brackets));
    case FIELD_NUMBER:
        return ok_if(is_within(field, fact->number));
    case FIELD_PARTIES:
        return ok_if(fact->parties >> PARTIES_MAX == 0);
    case FIELD_NAME:
    case FIELD_OFFICE:
    case FIELD_LABEL:
        return check_text(field, *text_of((struct fact *)fact, field->kind), field->max);
    case FIELD_TAG:
    case FIELD_OTHER_TAG:
        return ok_if(text_is_language_tag(*text_of((struct fact *)fact, field->kind)));
    case FIELD_TEXT:
        return check_text(field, fact->text, FACT_TEXT_BYTES_MAX);
    case FIELD_DATA:
        return ok_if(fact->data.size <= field->max);
    case FIELD_LANGUAGES:
    case FIELD_OFFICES:
    case FIELD_CHAIRS:
    case FIELD_SPOKESPERSONS:
        return check_list(fact, field);
    case FIELD_BRACKET_LIST:
        return ok_if(is_within(field, fact->brackets) &&
                     fact->bracket_items.size == fact->brackets * BRACKET_BYTES &&
                     fact_check_brackets(fact));
    case FIELD_SUBJECT:
    case FIELD_ROOT:
    case FIELD_PREVIOUS:
    case FIELD_SHA256:
    case FIELD_KEY:
    case FIELD_MINUTES:
    case FIELD_WHEN:
    case FIELD_UNTIL:
    case FIELD_QUANTITY:
    case FIELD_END:
        break;
    }
    return ENTENTE_OK;
}

enum entente_error
fact_check(const struct fact *fact, uint16_t type)
{
    const struct layout *layout = find_layout(type);
    enum entente_error error = layout != NULL ? ENTENTE_OK : ENTENTE_ERR_USAGE;

    for (unsigned i = 0; error == ENTENTE_OK && layout->fields[i].kind != FIELD_END; i++)
        error = check_field(fact, &layout->fields[i]);
    return error;
}

enum entente_error
fact_parse(struct fact *fact, uint16_t type, struct bytes content)
{
    const struct layout *layout = find_layout(type);
    struct reader reader = reader_of(content);
    enum entente_error error = layout != NULL ? ENTENTE_OK : ENTENTE_ERR_MALFORMED;

    *fact = (struct fact){0};
    for (unsigned i = 0; error == ENTENTE_OK && layout->fields[i].kind != FIELD_END; i++)
        error = read_field(&reader, fact, &layout->fields[i]);
    if (error == ENTENTE_OK)
        error = reader_finish(&reader);
    if (error == ENTENTE_OK &&
        (fact->text.size > FACT_TEXT_BYTES_MAX || fact->data.size > FACT_TEXT_BYTES_MAX))
        error = ENTENTE_ERR_TOO_LARGE;
    if (error == ENTENTE_OK && fact_check(fact, type) != ENTENTE_OK)
        error = ENTENTE_ERR_MALFORMED;
    if (error != ENTENTE_OK)
        *fact = (struct fact){0};
    return error;
}

/* What a field borrows, and writes behind its number or size. */
static struct bytes
view_of(const struct fact *fact, uint8_t kind)
{
    switch ((enum field_kind)kind) {
    case FIELD_NONCE:
        return fact->nonce;
    case FIELD_SIGNATURE:
        return fact->signature;
    case FIELD_FILE_KEY:
        return fact->file_key;
    case FIELD_NAME:
    case FIELD_OFFICE:
    case FIELD_LABEL:
    case FIELD_MEDIA_TYPE:
    case FIELD_TAG:
    case FIELD_OTHER_TAG:
        return *text_of((struct fact *)fact, kind);
    case FIELD_TEXT:
        return fact->text;
    case FIELD_DATA:
        return fact->data;
    case FIELD_BRACKET_LIST:
        return fact->bracket_items;
    case FIELD_LANGUAGES:
    case FIELD_OFFICES:
    case FIELD_CHAIRS:
    case FIELD_SPOKESPERSONS:
        return fact->items;
    case FIELD_OBJECT:
    case FIELD_SUBJECT:
    case FIELD_ROOT:
    case FIELD_PREVIOUS:
    case FIELD_SHA256:
    case FIELD_KEY:
    case FIELD_WHAT:
    case FIELD_SLOT:
    case FIELD_MODE:
    case FIELD_SCALE:
    case FIELD_MINUTES:
    case FIELD_BRACKETS:
    case FIELD_NUMBER:
    case FIELD_PARTIES:
    case FIELD_WHEN:
    case FIELD_UNTIL:
    case FIELD_QUANTITY:
    case FIELD_SIZE:
    case FIELD_MARKING:
    case FIELD_END:
        break;
    }
    return (struct bytes){0};
}

static void
write_field(struct writer *writer, const struct fact *fact, uint8_t kind)
{
    switch ((enum field_kind)kind) {
    case FIELD_OBJECT:
        writer_copy(writer, fact->object.bytes, ID_BYTES);
        break;
    case FIELD_SUBJECT:
        writer_copy(writer, fact->subject.bytes, ID_BYTES);
        break;
    case FIELD_ROOT:
        writer_copy(writer, fact->root.bytes, ID_BYTES);
        break;
    case FIELD_PREVIOUS:
        writer_copy(writer, fact->previous.bytes, ID_BYTES);
        break;
    case FIELD_SHA256:
        writer_copy(writer, fact->sha256.bytes, ID_BYTES);
        break;
    case FIELD_KEY:
        writer_copy(writer, fact->key.bytes, sizeof fact->key.bytes);
        break;
    case FIELD_WHAT:
        writer_u8(writer, fact->what);
        break;
    case FIELD_SLOT:
        writer_u8(writer, fact->slot);
        break;
    case FIELD_MODE:
        writer_u8(writer, fact->mode);
        break;
    case FIELD_SCALE:
        writer_u8(writer, fact->scale);
        break;
    case FIELD_MINUTES:
        writer_u16(writer, fact->minutes);
        break;
    case FIELD_BRACKETS:
        writer_u16(writer, fact->brackets);
        break;
    case FIELD_NUMBER:
        writer_u32(writer, fact->number);
        break;
    case FIELD_PARTIES:
        writer_u32(writer, fact->parties);
        break;
    case FIELD_WHEN:
        writer_u64(writer, fact->when_ms);
        break;
    case FIELD_UNTIL:
        writer_u64(writer, fact->until_ms);
        break;
    case FIELD_QUANTITY:
        writer_u64(writer, fact->quantity);
        break;
    case FIELD_SIZE:
        writer_u64(writer, fact->size);
        break;
    case FIELD_MARKING:
        marking_write(writer, &fact->marking);
        break;
    case FIELD_BRACKET_LIST:
        writer_u16(writer, fact->brackets);
        break;
    case FIELD_NAME:
    case FIELD_OFFICE:
    case FIELD_LABEL:
    case FIELD_MEDIA_TYPE:
    case FIELD_TAG:
    case FIELD_OTHER_TAG:
        writer_u8(writer, (uint8_t)text_of((struct fact *)fact, kind)->size);
        break;
    case FIELD_LANGUAGES:
    case FIELD_OFFICES:
    case FIELD_CHAIRS:
    case FIELD_SPOKESPERSONS:
        writer_u8(writer, (uint8_t)fact->items_count);
        break;
    case FIELD_NONCE:
    case FIELD_SIGNATURE:
    case FIELD_FILE_KEY:
    case FIELD_TEXT:
    case FIELD_DATA:
    case FIELD_END:
        break;
    }
    writer_bytes(writer, view_of(fact, kind));
}

/* What a field takes without what view_of() gives. */
static size_t
fixed_size(const struct fact *fact, uint8_t kind)
{
    static const uint8_t sizes[] = {
        [FIELD_OBJECT] = 32,
        [FIELD_SUBJECT] = 32,
        [FIELD_ROOT] = 32,
        [FIELD_KEY] = 32,
        [FIELD_WHAT] = 1,
        [FIELD_SLOT] = 1,
        [FIELD_MODE] = 1,
        [FIELD_SCALE] = 1,
        [FIELD_MINUTES] = 2,
        [FIELD_BRACKETS] = 2,
        [FIELD_NUMBER] = 4,
        [FIELD_PARTIES] = 4,
        [FIELD_WHEN] = 8,
        [FIELD_UNTIL] = 8,
        [FIELD_QUANTITY] = 8,
        [FIELD_NAME] = 1,
        [FIELD_OFFICE] = 1,
        [FIELD_LABEL] = 1,
        [FIELD_TAG] = 1,
        [FIELD_OTHER_TAG] = 1,
        [FIELD_LANGUAGES] = 1,
        [FIELD_BRACKET_LIST] = 2,
        [FIELD_OFFICES] = 1,
        [FIELD_CHAIRS] = 1,
        [FIELD_SPOKESPERSONS] = 1,
        [FIELD_PREVIOUS] = 32,
        [FIELD_SHA256] = 32,
        [FIELD_SIZE] = 8,
        [FIELD_MEDIA_TYPE] = 1,
    };

    return kind == FIELD_MARKING ? marking_size(&fact->marking) : sizes[kind];
}

size_t
fact_size(const struct fact *fact, uint16_t type)
{
    const struct layout *layout = find_layout(type);
    size_t size = 0;

    for (unsigned i = 0; layout != NULL && layout->fields[i].kind != FIELD_END; i++)
        size +=
            fixed_size(fact, layout->fields[i].kind) + view_of(fact, layout->fields[i].kind).size;
    return size;
}

void
fact_write(struct writer *writer, const struct fact *fact, uint16_t type)
{
    const struct layout *layout = find_layout(type);

    for (unsigned i = 0; layout != NULL && layout->fields[i].kind != FIELD_END; i++)
        write_field(writer, fact, layout->fields[i].kind);
}
