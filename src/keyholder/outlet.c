#include "keyholder/outlet.h"

#define QUEUE_BYTES_MAX 33554432u
#define SAID_BYTES_MAX (4u * CHANNEL_BODY_BYTES_MAX) /* in one round of messages */

enum entente_error
outlet_new(struct outlet *outlet, int socket)
{
    *outlet = (struct outlet){0};
    enum entente_error error = channel_new(&outlet->said, -1, SAID_BYTES_MAX);
    if (error == ENTENTE_OK)
        error = channel_new(&outlet->next, -1, QUEUE_BYTES_MAX);
    if (error == ENTENTE_OK)
        error = channel_new(&outlet->under_way, -1, QUEUE_BYTES_MAX);
    if (error == ENTENTE_OK)
        error = channel_new(&outlet->out, socket, QUEUE_BYTES_MAX);
    if (error != ENTENTE_OK)
        outlet_free(outlet);
    return error;
}

void
outlet_free(struct outlet *outlet)
{
    channel_free(outlet->said);
    channel_free(outlet->next);
    channel_free(outlet->under_way);
    channel_free(outlet->out);
    *outlet = (struct outlet){0};
}

bool
outlet_has_room(const struct outlet *outlet)
{
    size_t waits = channel_queued(outlet->next).size + channel_queued(outlet->under_way).size +
                   channel_queued(outlet->out).size;

    return waits + SAID_BYTES_MAX <= QUEUE_BYTES_MAX;
}

enum entente_error
outlet_let_go(struct outlet *outlet)
{
    return channel_move(outlet->out, outlet->said);
}

enum entente_error
outlet_hold(struct outlet *outlet)
{
    return channel_move(outlet->next, outlet->said);
}

enum entente_error
outlet_commit_began(struct outlet *outlet)
{
    return channel_move(outlet->under_way, outlet->next);
}

enum entente_error
outlet_committed(struct outlet *outlet)
{
    return channel_move(outlet->out, outlet->under_way);
}
