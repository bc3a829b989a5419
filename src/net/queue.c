#include "net/queue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct queue_block {
    struct queue_block *next;
    size_t size;
    size_t written;
    bool begun;
    uint8_t data[];
};

uint8_t *
queue_new_block(struct queue *queue, size_t size)
{
    struct queue_block *block = malloc(sizeof *block + size);

    if (block == NULL)
        return NULL;
    *block = (struct queue_block){.size = size};
    if (queue->last != NULL)
        queue->last->next = block;
    else
        queue->first = block;
    queue->last = block;
    queue->bytes += size + QUEUE_FRAME_COST;
    return block->data;
}

enum entente_error
queue_add(struct queue *queue, struct bytes frame, size_t written)
{
    assert(written == 0 || queue->first == NULL);
    size_t size = frame.size - written;
    uint8_t *data = queue_new_block(queue, size);
    if (data == NULL)
        return ENTENTE_ERR_NO_MEMORY;

    queue->last->begun = written > 0;
    if (size > 0)
        memcpy(data, frame.data + written, size);
    return ENTENTE_OK;
}

void
queue_cut(struct queue *queue)
{
    struct queue begun = {0};

    if (queue->first != NULL && queue->first->begun) {
        begun.first = begun.last = queue->first;
        begun.bytes = begun.first->size - begun.first->written + QUEUE_FRAME_COST;
        queue->first = begun.first->next;
        begun.first->next = NULL;
    }
    queue_free(queue);
    *queue = begun;
}

bool
queue_is_empty(const struct queue *queue)
{
    return queue->first == NULL;
}

struct bytes
queue_front(const struct queue *queue, bool *begun)
{
    const struct queue_block *block = queue->first;

    *begun = block->begun;
    return (struct bytes){block->data + block->written, block->size - block->written};
}

void
queue_wrote(struct queue *queue, size_t size)
{
    struct queue_block *block = queue->first;

    assert(size <= block->size - block->written);
    block->written += size;
    block->begun = true;
    queue->bytes -= size;
    if (block->written < block->size)
        return;
    queue->bytes -= QUEUE_FRAME_COST;
    queue->first = block->next;
    if (queue->first == NULL)
        queue->last = NULL;
    free(block);
}

void
queue_free(struct queue *queue)
{
    while (queue->first != NULL) {
        struct queue_block *next = queue->first->next;
        free(queue->first);
        queue->first = next;
    }
    *queue = (struct queue){0};
}
