#include "desk/web.h"

#include "desk/desk.h"
#include "net/loop.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the beginning ---- */

static enum entente_error
start(struct web *web, const struct http_identity *identity)
{
    enum entente_error error = net_loop_new(&web->loop);

    if (error != ENTENTE_OK)
        return error;
    const struct http_options options = {net_loop_uv(web->loop), web->calls, {0}};
    error = http_server_new(&web->server, &options);
    if (error == ENTENTE_OK && web->has_api)
        error = http_server_listen_fd(web->server, DESK_FD_API, HTTP_LOCAL_SOCKET, NULL);
    if (error == ENTENTE_OK && web->has_page)
        error = http_server_listen_fd(
            web->server, DESK_FD_PAGE, identity != NULL ? HTTP_TLS : HTTP_LOOPBACK, identity);
    if (error != ENTENTE_OK)
        web_end(web);
    return error;
}

/* From the beginning, wherever the last desk has left off: the descriptor is the supervisor's, too.
 */
static enum entente_error
read_file(int fd, uint8_t *room, struct bytes *content)
{
    size_t used = 0;
    ssize_t got;

    while (used < WEB_PEM_BYTES_MAX &&
           (got = pread(fd, room + used, WEB_PEM_BYTES_MAX - used, (off_t)used)) > 0)
        used += (size_t)got;
    close(fd);
    *content = (struct bytes){room, used};
    return used > 0 && used < WEB_PEM_BYTES_MAX ? ENTENTE_OK : ENTENTE_ERR_MALFORMED;
}

static enum entente_error
start_with_tls(struct web *web)
{
    struct http_identity identity;
    uint8_t *room = malloc(2 * WEB_PEM_BYTES_MAX);

    if (room == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    enum entente_error error = read_file(DESK_FD_CERTIFICATE, room, &identity.certificate);
    enum entente_error key_error = read_file(DESK_FD_KEY, room + WEB_PEM_BYTES_MAX, &identity.key);
    if (error == ENTENTE_OK)
        error = key_error;
    if (error == ENTENTE_OK)
        error = start(web, &identity);
    explicit_bzero(room, 2 * WEB_PEM_BYTES_MAX);
    free(room);
    return error;
}

enum entente_error
web_begin(struct web *web, const char *given, const struct http_calls *calls)
{
    *web = (struct web){.calls = *calls};
    if (given == NULL || given[0] == '\0')
        return ENTENTE_OK;
    web->has_api = true;
    web->has_tls = strcmp(given, "api https") == 0;
    web->has_page = web->has_tls || strcmp(given, "api http") == 0;
    if (!web->has_page && strcmp(given, "api") != 0)
        return ENTENTE_ERR_USAGE;
    return web->has_tls ? start_with_tls(web) : ENTENTE_OK;
}

/* ---- turns ---- */

uint32_t
web_polls(const struct web *web, struct pollfd polls[static WEB_POLLS_MAX])
{
    uint32_t count = 0;

    if (web->loop != NULL) {
        polls[count++] = (struct pollfd){net_loop_fd(web->loop), POLLIN, 0};
        return count;
    }
    if (web->has_api)
        polls[count++] = (struct pollfd){DESK_FD_API, POLLIN, 0};
    if (web->has_page)
        polls[count++] = (struct pollfd){DESK_FD_PAGE, POLLIN, 0};
    return count;
}

int
web_wait_ms(struct web *web)
{
    return web->loop != NULL ? net_loop_wait_ms(web->loop) : -1;
}

enum entente_error
web_turn(struct web *web, const struct pollfd *polls, uint32_t count)
{
    bool is_wanted = web->loop != NULL;

    for (uint32_t i = 0; i < count; i++)
        is_wanted |= polls[i].revents != 0;
    if (!is_wanted)
        return ENTENTE_OK;
    enum entente_error error = web->loop != NULL ? ENTENTE_OK : start(web, NULL);
    if (error == ENTENTE_OK)
        net_loop_turn(web->loop);
    return error;
}

static void
on_gone(void *state)
{
    *(bool *)state = true;
}

void
web_end(struct web *web)
{
    bool is_gone = web->server == NULL;

    if (web->loop == NULL)
        return;
    if (web->server != NULL)
        http_server_end(web->server, WEB_END_MS, on_gone, &is_gone);
    while (!is_gone) {
        struct pollfd turn = {net_loop_fd(web->loop), POLLIN, 0};
        (void)!poll(&turn, 1, net_loop_wait_ms(web->loop));
        net_loop_turn(web->loop);
    }
    net_loop_free(web->loop);
    web->loop = NULL;
    web->server = NULL;
}
