/*
 * The register of commitments as a table.  The transaction types are those of the IATI
 * standard 2.03 (code list TransactionType), as the own party would report them: 2 outgoing
 * commitment, 11 incoming commitment   a pledge under an act in force 12 outgoing pledge, 13
 * incoming pledge          any other pledge 3 disbursement, 1 incoming funds                a
 * delivery that the own party gives, gets What is between others has the outgoing type, as its
 * giver would report it.  Changes and receipts are no transactions: their type is empty.
 */
#include "documents/buffer.h"
#include "documents/listing.h"

#include <stdio.h>
#include <stdlib.h>

struct csv {
    struct document *document;
    struct room *room;
    struct consultation *consultation;
    struct digest id; /* of the pledge */
    struct pledge_state state;
    uint32_t cells;
};

/* One line of the table. */
struct csv_row {
    const char *kind;
    uint8_t transaction; /* 0: none */
    uint64_t t_ms;
    uint8_t slot; /* who says it */
    bool has_quantity;
    uint64_t quantity;
    uint8_t scale;
    const char *verdict;
    struct bytes text;
    struct entry_id entry;
};

static const char header[] =
    "row,commitment,transaction_type,transaction_type_name,date,giver,receivers,said_by,quantity,"
    "unit,verdict,due,withdrawn,pledged,delivered,confirmed,disputed,under_act,name,language,text,"
    "entry\r\n";

/* ---- cells ---- */

static void
begin_cell(struct csv *csv)
{
    if (csv->cells++ > 0)
        document_put_text(csv->document, ",");
}

/* Our own words, numbers and times: nothing that needs quotation marks. */
static void
put_plain(struct csv *csv, const char *text)
{
    begin_cell(csv);
    document_put_text(csv->document, text);
}

/*
 * Whether a spreadsheet would take the cell for a formula: the signs that begin one, also in their
 * full-width forms, and what a spreadsheet passes over before them.
 */
static bool
begins_formula(const char *text)
{
    static const char *const signs[] = {
        "=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠", "−"};

    while (*text == ' ')
        text++;
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (strncmp(text, signs[i], strlen(signs[i])) == 0)
            return true;
    return false;
}

/* Text from outside: always in quotation marks, with an apostrophe before what begins a formula. */
static void
put_text(struct csv *csv, struct bytes text, bool is_line)
{
    char *shown = shown_text(text, is_line);

    begin_cell(csv);
    if (shown == NULL) {
        csv->document->error = ENTENTE_ERR_NO_MEMORY;
        return;
    }
    document_put_text(csv->document, begins_formula(shown) ? "\"'" : "\"");
    for (const char *at = shown; *at != '\0';) {
        size_t size = strcspn(at, "\"");
        document_put(csv->document, (struct bytes){(const uint8_t *)at, size});
        at += size;
        if (*at == '"') {
            document_put_text(csv->document, "\"\"");
            at++;
        }
    }
    document_put_text(csv->document, "\"");
    free(shown);
}

static void
put_time(struct csv *csv, uint64_t t_ms)
{
    char out[TIME_BYTES_MAX] = "";

    if (t_ms != 0)
        time_print(out, t_ms);
    put_plain(csv, out);
}

static void
put_quantity(struct csv *csv, bool has, uint64_t quantity, uint8_t scale)
{
    char out[DECIMAL_BYTES_MAX] = "";

    if (has)
        decimal_print(out, quantity, scale);
    put_plain(csv, out);
}

static void
put_id(struct csv *csv, const void *id)
{
    static const uint8_t zero[ID_BYTES];

    begin_cell(csv);
    if (memcmp(id, zero, ID_BYTES) != 0)
        document_put_hex(csv->document, id, ID_BYTES);
}

static void
put_party(struct csv *csv, uint8_t slot)
{
    put_text(csv, room_party_name(csv->room, slot), true);
}

/* With "; " between them. */
static void
put_parties(struct csv *csv, uint32_t mask)
{
    struct document names = {0};

    for (uint8_t slot = 0; slot < room_parties(csv->room); slot++) {
        if ((mask >> slot & 1) == 0)
            continue;
        if (names.size > 0)
            document_put_text(&names, "; ");
        document_put(&names, room_party_name(csv->room, slot));
    }
    put_text(csv, (struct bytes){names.data, names.size}, true);
    document_free(&names);
}

/* ---- transactions ---- */

static const char *
transaction_name(uint8_t type)
{
    switch (type) {
    case 1:
        return "Incoming Funds";
    case 2:
        return "Outgoing Commitment";
    case 3:
        return "Disbursement";
    case 11:
        return "Incoming Commitment";
    case 12:
        return "Outgoing Pledge";
    case 13:
        return "Incoming Pledge";
    default:
        return "";
    }
}

static bool
is_incoming(const struct csv *csv)
{
    uint8_t own = room_slot(csv->room);

    return csv->state.giver != own && (csv->state.pledge.parties >> own & 1) != 0;
}

static enum entente_error
pledge_type(struct csv *csv, uint8_t *type)
{
    struct act_verdict verdict;
    enum entente_error error =
        acts_verdict(consultation_acts(csv->consultation), &csv->state.pledge.subject, &verdict);

    if (error != ENTENTE_OK)
        verdict = (struct act_verdict){0};
    if (verdict.is_effective)
        *type = is_incoming(csv) ? 11 : 2;
    else
        *type = is_incoming(csv) ? 13 : 12;
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

/* ---- rows ---- */

/* The sums stand in the pledge's own row only: whoever adds up a column counts nothing twice. */
static void
put_row(struct csv *csv, const struct csv_row *row, bool is_pledge)
{
    const struct pledge_state *state = &csv->state;
    const struct fact *pledge = &state->pledge;
    char type[4] = "";

    if (row->transaction != 0)
        snprintf(type, sizeof type, "%u", row->transaction % 100u);
    csv->cells = 0;
    put_plain(csv, row->kind);
    put_id(csv, csv->id.bytes);
    put_plain(csv, type);
    put_plain(csv, transaction_name(row->transaction));
    put_time(csv, row->t_ms);
    put_party(csv, state->giver);
    put_parties(csv, pledge->parties);
    put_party(csv, row->slot);
    put_quantity(csv, row->has_quantity, row->quantity, row->scale);
    put_text(csv, pledge->label, true);
    put_plain(csv, row->verdict);
    put_time(csv, state->due_ms);
    put_plain(csv, state->is_withdrawn ? "yes" : "no");
    put_quantity(csv, is_pledge, state->pledged, pledge->scale);
    put_quantity(csv, is_pledge, state->delivered, pledge->scale);
    put_quantity(csv, is_pledge, state->confirmed, pledge->scale);
    put_quantity(csv, is_pledge, state->disputed, pledge->scale);
    put_id(csv, pledge->subject.bytes);
    put_text(csv, pledge->name, true);
    put_text(csv, pledge->tag, true);
    put_text(csv, row->text, false);
    put_id(csv, row->entry.bytes);
    document_put_text(csv->document, "\r\n");
}

static struct csv_row
row_of(
    const struct csv *csv, const char *kind, const struct fact_note *note, const struct fact *fact)
{
    return (struct csv_row){.kind = kind,
        .t_ms = fact->when_ms != 0 ? fact->when_ms : note->t_ms,
        .slot = note->slot,
        .has_quantity = true,
        .quantity = fact->quantity,
        .scale = csv->state.pledge.scale,
        .verdict = "",
        .text = fact->text,
        .entry = note->entry};
}

/* D3: a receipt counts from a receiver only. */
static enum entente_error
put_receipts(struct csv *csv, const struct digest *delivery)
{
    const struct object *object = consultation_object(csv->consultation, delivery);
    const struct fact_note *note;
    struct fact fact;
    enum entente_error error = object == NULL ? ENTENTE_ERR_NOT_FOUND : ENTENTE_OK;

    for (uint32_t i = 0; error == ENTENTE_OK;) {
        error = object_next(csv->consultation, object, FACT_RECEIPT, &i, &note, &fact);
        if (error != ENTENTE_OK || (csv->state.pledge.parties >> note->slot & 1) == 0)
            continue;
        struct csv_row row = row_of(csv, "receipt", note, &fact);
        row.verdict = fact.what == RECEIPT_CONFIRMED ? "confirmed" : "disputed";
        put_row(csv, &row, false);
    }
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

static void
put_change(struct csv *csv, const struct fact_note *note, const struct fact *fact)
{
    static const char *const whats[] = {"", "withdrawn", "due date", "quantity"};
    struct csv_row row = row_of(csv, "change", note, fact);

    row.t_ms = note->t_ms;
    row.has_quantity = fact->what == PLEDGE_QUANTITY;
    row.verdict = whats[fact->what & 3];
    put_row(csv, &row, false);
}

/* D2: of a pledge, only its giver speaks. */
static enum entente_error
put_notes(struct csv *csv, const struct object *object)
{
    const struct fact_note *note;
    struct fact fact;
    enum entente_error error = ENTENTE_OK;

    for (uint32_t i = 0; error == ENTENTE_OK;) {
        error = object_next(csv->consultation, object, 0, &i, &note, &fact);
        if (error != ENTENTE_OK || note->slot != csv->state.giver)
            continue;
        if (note->type == FACT_PLEDGE_CHANGE)
            put_change(csv, note, &fact);
        if (note->type != FACT_DELIVERY)
            continue;
        struct csv_row row = row_of(csv, "delivery", note, &fact);
        row.transaction = is_incoming(csv) ? 1 : 3;
        put_row(csv, &row, false);
        error = put_receipts(csv, &note->object);
    }
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

static enum entente_error
put_pledge(struct csv *csv, const struct digest *id)
{
    const struct object *object;
    struct fact fact;

    csv->id = *id;
    enum entente_error error = consultation_pledge(csv->consultation, id, &csv->state);
    if (error == ENTENTE_OK)
        error = object_of_type(csv->consultation, id, FACT_PLEDGE, &object, &fact);
    if (error != ENTENTE_OK)
        return error;
    struct csv_row row = row_of(csv, "pledge", object_made_by(object), &fact);
    row.t_ms = object_made_by(object)->t_ms; /* its `when` is the due date */
    error = pledge_type(csv, &row.transaction);
    if (error != ENTENTE_OK)
        return error;
    put_row(csv, &row, true);
    return put_notes(csv, object);
}

enum entente_error
document_commitments_csv(struct document *document, const struct document_options *options)
{
    struct csv csv = {.document = document,
        .room = options->room,
        .consultation = room_consultation(options->room)};
    struct listing pledges = {0};
    enum entente_error error = listing_objects(&pledges, csv.consultation, FACT_PLEDGE);

    listing_sort(&pledges);
    document_put_text(document, header);
    for (uint32_t i = 0; error == ENTENTE_OK && i < pledges.count; i++)
        error = put_pledge(&csv, &pledges.items[i].id);
    listing_free(&pledges);
    return error == ENTENTE_OK ? document_finish(document) : error;
}
