#include "keyholder/signer.h"

void
signer_start(
    struct signer *signer, const struct room_id *room, uint8_t slot, const struct incarnation *own)
{
    *signer = (struct signer){.room = *room,
        .slot = slot,
        .inc = own->inc,
        .id = own->certificate,
        .reg_number = own->certified_at,
        .reg_id = own->certificate};
}

uint32_t
signer_first_seq(struct bytes headers)
{
    struct reader reader = reader_of(headers);
    struct entry entry;

    return entry_parse(&reader, &entry) == ENTENTE_OK ? entry.seq : 0;
}

/* The one reader of segments checks the headers among themselves, under a signature of zeros. */
static enum entente_error
read_request(const struct signer_request *request, struct writer *out, struct segment *segment)
{
    static const struct signature none;
    size_t start = out->used;

    segment_write(out, request->count, request->headers, &none);
    if (out->failed)
        return ENTENTE_ERR_REFUSED;
    struct reader reader = reader_of((struct bytes){out->data + start, out->used - start});
    if (segment_parse(&reader, segment) != ENTENTE_OK || reader_finish(&reader) != ENTENTE_OK)
        return ENTENTE_ERR_REFUSED;
    return ENTENTE_OK;
}

static enum entente_error
check_lane(const struct signer *signer, const struct entry *first)
{
    if (!room_id_equal(&first->room, &signer->room) || first->slot != signer->slot ||
        first->inc != signer->inc)
        return ENTENTE_ERR_REFUSED;
    return ENTENTE_OK;
}

/* Against the last signed entry; what comes behind `first` was checked by segment_parse(). */
static enum entente_error
check_continues(const struct signer *signer, const struct entry *first)
{
    if (signer->seq == UINT32_MAX || first->seq != signer->seq + 1 ||
        !entry_id_equal(&first->prev, &signer->id))
        return ENTENTE_ERR_BEHIND;
    if (first->t_ms <= signer->t_ms || first->reg_number < signer->reg_number)
        return ENTENTE_ERR_REFUSED;
    if (first->reg_number == signer->reg_number && !entry_id_equal(&first->reg_id, &signer->reg_id))
        return ENTENTE_ERR_REFUSED;
    return ENTENTE_OK;
}

/* E9: the first entry of an incarnation after the first is a resume, and no other one is. */
static enum entente_error
check_kinds(const struct segment *segment)
{
    for (uint32_t i = 0; i < segment->count; i++) {
        const struct entry *entry = &segment->entries[i];
        bool must_resume = entry->inc > 1 && entry->seq == 1;
        if ((entry->kind == ENTRY_RESUME) != must_resume)
            return ENTENTE_ERR_REFUSED;
    }
    return ENTENTE_OK;
}

static enum entente_error
repeat(
    const struct signer_request *request, struct writer *out, size_t start, struct segment *segment)
{
    size_t front = out->used - start - sizeof(struct signature); /* all but the signature */

    if (request->journaled.size != front + sizeof(struct signature) ||
        memcmp(request->journaled.data, out->data + start, front) != 0)
        return ENTENTE_ERR_BEHIND;
    memcpy(out->data + start, request->journaled.data, request->journaled.size);
    struct reader reader = reader_of((struct bytes){out->data + start, out->used - start});
    return segment_parse(&reader, segment) == ENTENTE_OK ? ENTENTE_OK : ENTENTE_ERR_CORRUPT;
}

static void
sign_head(struct segment *segment, const struct signing_key *key, uint8_t *signature_at)
{
    struct position head = segment_head(segment);
    uint8_t signed_bytes[SEGMENT_SIGNED_BYTES];

    segment_signed_bytes(signed_bytes, &segment->entries[0].room, &head);
    sign_make(&segment->signature, key, SEGMENT_CONTEXT,
        (struct bytes){signed_bytes, sizeof signed_bytes});
    memcpy(signature_at, segment->signature.bytes, sizeof segment->signature.bytes);
}

/* Those that are here, to the last byte (S2). */
static bool
payloads_fit(const struct signer_request *request, const struct segment *segment)
{
    struct reader reader = reader_of(request->payloads);
    struct digest hash;

    for (uint32_t i = 0; i < segment->count; i++) {
        const struct entry *entry = &segment->entries[i];
        if ((request->elsewhere >> i & 1) != 0)
            continue;
        payload_make_hash(&hash, reader_bytes(&reader, entry->payload_bytes));
        if (reader.failed || memcmp(&hash, &entry->payload_hash, sizeof hash) != 0)
            return false;
    }
    return reader_finish(&reader) == ENTENTE_OK;
}

static enum entente_error
check_new(const struct signer *signer, const struct signer_request *request,
    const struct segment *segment)
{
    enum entente_error error = check_continues(signer, &segment->entries[0]);

    if (error == ENTENTE_OK)
        error = check_kinds(segment);
    if (error == ENTENTE_OK && !payloads_fit(request, segment))
        error = ENTENTE_ERR_REFUSED;
    return error;
}

enum entente_error
signer_append(struct signer *signer, const struct signer_request *request,
    const struct signing_key *key, struct writer *out, struct segment *segment, bool *is_repeat)
{
    size_t start = out->used;

    *is_repeat = false;
    if (signer->is_retired)
        return ENTENTE_ERR_RETIRED;
    if (!signer->barrier_passed)
        return ENTENTE_ERR_BARRIER;
    if (request->count == 0 || request->count > SEGMENT_ENTRIES_MAX)
        return ENTENTE_ERR_REFUSED;
    enum entente_error error = read_request(request, out, segment);
    if (error == ENTENTE_OK)
        error = check_lane(signer, &segment->entries[0]);
    if (error != ENTENTE_OK)
        return error;
    if (segment->entries[0].seq <= signer->seq) {
        *is_repeat = true;
        return repeat(request, out, start, segment);
    }
    error = check_new(signer, request, segment);
    if (error != ENTENTE_OK)
        return error;

    sign_head(segment, key, out->data + out->used - sizeof(struct signature));
    const struct entry *last = segment_last(segment);
    signer->seq = last->seq;
    signer->id = segment_head(segment).id;
    signer->reg_number = last->reg_number;
    signer->reg_id = last->reg_id;
    signer->t_ms = last->t_ms;
    return ENTENTE_OK;
}

void
signer_barrier(struct signer *signer, uint32_t seq, const struct entry_id *id,
    const struct entry_id *journaled)
{
    bool is_other = journaled != NULL && !entry_id_equal(id, journaled);

    if (seq > signer->seq || (seq > 0 && seq == signer->seq && !entry_id_equal(id, &signer->id)) ||
        (seq > 0 && is_other))
        signer->is_retired = true;
    else
        signer->barrier_passed = true;
}
