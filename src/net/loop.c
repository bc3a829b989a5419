#include "net/loop.h"

#include <assert.h>
#include <stdlib.h>

#include <uv.h>

struct net_loop {
    uv_loop_t uv;
};

enum entente_error
net_loop_new(struct net_loop **loop)
{
    struct net_loop *made = calloc(1, sizeof *made);

    *loop = NULL;
    if (made == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    if (uv_loop_init(&made->uv) != 0) {
        free(made);
        return ENTENTE_ERR_IO;
    }
    *loop = made;
    return ENTENTE_OK;
}

void
net_loop_free(struct net_loop *loop)
{
    if (loop == NULL)
        return;
    int closed = uv_loop_close(&loop->uv);
    assert(closed == 0);
    free(loop);
}

struct uv_loop_s *
net_loop_uv(struct net_loop *loop)
{
    return &loop->uv;
}

int
net_loop_fd(const struct net_loop *loop)
{
    return uv_backend_fd(&loop->uv);
}

int
net_loop_wait_ms(struct net_loop *loop)
{
    uv_update_time(&loop->uv);
    return uv_backend_timeout(&loop->uv);
}

void
net_loop_turn(struct net_loop *loop)
{
    uv_run(&loop->uv, UV_RUN_NOWAIT);
}
