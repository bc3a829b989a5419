/*
 * Own segments on their way from the keyholder into the record.  Whoever writes much gets many small
 * ones signed, and each costs this node a row and every peer a signature to check and a row, however
 * little is in it.  So what follows closely is taken in, stored and pushed as one: the same entries
 * under another cut (S4).  It is durable and acknowledged before, in the keyholder's journal, which
 * gives it back where this node ends too early.
 */
#include "node/internal.h"

#include <stdlib.h>

/* After a quiet time a segment is taken in at once, so nobody waits longer than this for it. */
#define GATHER_MS 5u

static void
give_back_lent(struct gathered *gathered)
{
    for (int i = 0; i < 2; i++) {
        free(gathered->lent[i]);
        gathered->lent[i] = NULL;
    }
}

void
gather_forget(struct gathered *gathered)
{
    free(gathered->headers);
    free(gathered->payloads);
    *gathered = (struct gathered){
        .taken_ms = gathered->taken_ms, .lent = {gathered->lent[0], gathered->lent[1]}};
}

void
gather_free(struct gathered *gathered)
{
    gather_forget(gathered);
    give_back_lent(gathered);
}

static void
take_in(struct node *node, struct room *room, struct bytes segment, struct bytes payloads)
{
    room->writer.gathered.taken_ms = node->mono_ms;
    enum entente_error error = intake_signed(node, room, segment, payloads);
    if (error != ENTENTE_OK)
        trace(node, error, "record", "an entry of this party's own keyholder was refused");
}

/* All that was gathered, as one segment. */
static void
take_in_gathered(struct node *node, struct room *room)
{
    struct gathered *gathered = &room->writer.gathered;
    struct bytes headers = {gathered->headers, gathered->headers_size};
    size_t size = 1 + 4 + headers.size + sizeof gathered->signature;

    give_back_lent(gathered);
    gathered->lent[0] = malloc(size);
    if (gathered->lent[0] == NULL) {
        node_trouble(node, ENTENTE_ERR_NO_MEMORY);
        gathered->taken_ms = node->mono_ms; /* again in a while */
        return;
    }
    struct writer writer = writer_of(gathered->lent[0], size);
    segment_write(&writer, gathered->count, headers, &gathered->signature);
    struct bytes payloads = {gathered->payloads, gathered->payloads_size};
    gathered->lent[1] = gathered->payloads;
    gathered->payloads = NULL;
    gathered->payloads_room = gathered->payloads_size = gathered->headers_size = 0;
    gathered->count = 0;
    take_in(node, room, writer_written(&writer), payloads);
}

static bool
append_bytes(uint8_t **data, size_t *size, size_t *room, struct bytes more)
{
    if (*size + more.size > *room) {
        size_t wanted = 2 * (*size + more.size);
        uint8_t *grown = realloc(*data, wanted);
        if (grown == NULL)
            return false;
        *data = grown;
        *room = wanted;
    }
    if (more.size > 0)
        memcpy(*data + *size, more.data, more.size);
    *size += more.size;
    return true;
}

static bool
fits(const struct gathered *gathered, uint32_t count, size_t payloads_size)
{
    return gathered->count + count <= SEGMENT_ENTRIES_MAX &&
           gathered->payloads_size + payloads_size <= SEGMENT_PAYLOAD_BYTES_MAX;
}

static bool
hold(struct gathered *gathered, uint32_t count, struct bytes headers, struct bytes payloads)
{
    if (!fits(gathered, count, payloads.size) ||
        !append_bytes(
            &gathered->headers, &gathered->headers_size, &gathered->headers_room, headers) ||
        !append_bytes(
            &gathered->payloads, &gathered->payloads_size, &gathered->payloads_room, payloads))
        return false;
    gathered->count += count;
    return true;
}

static bool
is_due(const struct node *node, const struct gathered *gathered)
{
    return gathered->count == SEGMENT_ENTRIES_MAX || node->options.node_mutations.never_gather ||
           node->mono_ms >= gathered->taken_ms + GATHER_MS;
}

void
gather_signed(struct node *node, struct room *room, struct bytes segment, struct bytes payloads)
{
    struct gathered *gathered = &room->writer.gathered;
    struct signature signature;
    struct bytes headers;
    uint32_t count;

    if (segment_take_apart(segment, &count, &headers, &signature) != ENTENTE_OK) {
        trace(node, ENTENTE_ERR_MALFORMED, "keyholder", "what it signed is no segment");
        return;
    }
    if (gathered->count == 0 && is_due(node, gathered)) {
        take_in(node, room, segment, payloads);
        return;
    }
    if (!fits(gathered, count, payloads.size))
        take_in_gathered(node, room);
    if (hold(gathered, count, headers, payloads)) {
        gathered->signature = signature;
    } else {
        node_trouble(node, ENTENTE_ERR_NO_MEMORY);
        writer_pause(room); /* the journal gives it back */
    }
}

void
gather_go_on(struct node *node, struct room *room, bool at_once)
{
    struct gathered *gathered = &room->writer.gathered;

    if (gathered->count == 0 || (!at_once && !is_due(node, gathered)))
        return;
    if (node->commit_due) /* what this step's effects borrow lives until the record is called */
        wake(node, node->mono_ms);
    else
        take_in_gathered(node, room);
}

uint64_t
gather_next_ms(const struct room *room)
{
    const struct gathered *gathered = &room->writer.gathered;

    return gathered->count == 0 ? UINT64_MAX : gathered->taken_ms + GATHER_MS;
}
