/* Effects: adding one, and the few forms in which they are used. */
#include "node/internal.h"

void
node_trouble(struct node *node, enum entente_error error)
{
    if (node->trouble == ENTENTE_OK)
        node->trouble = error;
}

/* NULL when the list is full: the work that was to be announced is tried again at the next step. */
struct effect *
effect_add(struct node *node, enum effect_kind kind)
{
    struct effects *effects = node->effects;

    if (effects->count == NODE_EFFECTS_MAX) {
        node_trouble(node, ENTENTE_ERR_NO_MEMORY);
        return NULL;
    }
    struct effect *effect = &effects->list[effects->count++];
    *effect = (struct effect){.kind = kind};
    return effect;
}

static struct bytes
join(struct node *node, const char *a, const char *b, const char *c)
{
    struct bytes parts[] = {bytes_of_text(a), bytes_of_text(b), bytes_of_text(c)};
    size_t size = parts[0].size + parts[1].size + parts[2].size;
    uint8_t *data = arena_take(&node->effects->arena, 1, size);

    if (data == NULL)
        return (struct bytes){0};
    struct writer writer = writer_of(data, size);
    for (unsigned i = 0; i < 3; i++)
        writer_bytes(&writer, parts[i]);
    return writer_written(&writer);
}

void
trace(struct node *node, enum entente_error error, const char *who, const char *what)
{
    struct effect *effect = effect_add(node, EFFECT_TRACE);

    if (effect == NULL)
        return;
    effect->error = error;
    effect->data = join(node, who, ": ", what);
}

void
send_frame(struct node *node, struct link *link, const struct frame *frame, size_t size_max)
{
    uint8_t *data = arena_take(&node->effects->arena, 1, size_max);
    struct effect *effect = data == NULL ? NULL : effect_add(node, EFFECT_SEND);

    if (effect == NULL) {
        node_trouble(node, ENTENTE_ERR_NO_MEMORY);
        return;
    }
    struct writer writer = writer_of(data, size_max);
    frame_write(&writer, frame);
    effect->link = link->id;
    effect->data = writer_written(&writer);
}

void
cut(struct node *node, struct link *link, enum entente_error error)
{
    struct bytes text = bytes_of_text(entente_error_text(error));
    struct frame bye = {.kind = FRAME_BYE};

    bye.bye.error = (uint16_t)error;
    bye.bye.text = text;
    send_frame(node, link, &bye, 8 + text.size);
    struct effect *effect = effect_add(node, EFFECT_CUT);
    if (effect != NULL) {
        effect->link = link->id;
        effect->party = link->party;
        effect->error = error;
        effect->data = text;
    }
    link->is_up = false;
}

void
wake(struct node *node, uint64_t mono_ms)
{
    if (mono_ms < node->timer_ms)
        node->timer_ms = mono_ms;
}
