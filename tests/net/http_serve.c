/*
 * http_serve PORT [CERTIFICATE KEY]: serves what http_handler.h says, plain or with TLS, until its
 * standard input ends; for tests that have a client of their own.  Port 0: any; prints the port.
 */
#include "net/http_handler.h"
#include "net/listener.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

static uint8_t certificate[65536], key[65536];

static struct bytes
read_file(const char *path, uint8_t *room, size_t size)
{
    FILE *file = fopen(path, "rb");
    size_t used = file == NULL ? 0 : fread(room, 1, size, file);

    if (file != NULL)
        fclose(file);
    return (struct bytes){room, used};
}

static void
on_input(uv_poll_t *poll, int status, int events)
{
    uint8_t byte;

    (void)status;
    (void)events;
    if (read(0, &byte, 1) > 0) {
        http_handler_release(((void **)poll->data)[0]);
        return;
    }
    http_server_end(((void **)poll->data)[1], 1000, NULL, NULL);
    uv_close((uv_handle_t *)poll, NULL);
}

int
main(int count, char **arguments)
{
    uv_loop_t loop;
    uv_poll_t input;
    struct http_server *server;
    struct http_handler handler = {0};
    struct address address = {.host = "127.0.0.1", .port = (uint16_t)atoi(arguments[1])};
    int listening;
    uint16_t port;

    signal(SIGPIPE, SIG_IGN);
    uv_loop_init(&loop);
    const struct http_options options = {&loop, http_handler_calls(&handler), {0}};
    bool has_tls = count > 3;
    struct http_identity identity;
    if (has_tls)
        identity = (struct http_identity){read_file(arguments[2], certificate, sizeof certificate),
            read_file(arguments[3], key, sizeof key)};
    enum entente_error error = listener_open(&address, &listening, &port);
    if (error == ENTENTE_OK)
        error = http_server_new(&server, &options);
    if (error == ENTENTE_OK)
        error = http_server_listen_fd(
            server, listening, has_tls ? HTTP_TLS : HTTP_LOOPBACK, has_tls ? &identity : NULL);
    if (error != ENTENTE_OK) {
        fprintf(stderr, "http_serve: %s\n", entente_error_text(error));
        return 1;
    }
    void *both[] = {&handler, server};
    uv_poll_init(&loop, &input, 0);
    input.data = both;
    uv_poll_start(&input, UV_READABLE, on_input);
    printf("%u\n", port);
    fflush(stdout);
    uv_run(&loop, UV_RUN_DEFAULT);
    printf("%u told, %u ended\n", handler.told, handler.ended);
    return uv_loop_close(&loop) != 0 || handler.told != handler.ended;
}
