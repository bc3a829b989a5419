#include "daemon/doors.h"

#include "net/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 64 };

static const struct children_given closed = {-1, -1, -1, -1, -1};

static enum entente_error
listen_in_folder(const char *path, const char *name, int *listening)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

    /* Through /proc/self/fd, so that a long folder name does not overrun sun_path. */
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", folder, name);
    *listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    unlink(address.sun_path);
    mode_t mask = umask(0177);
    bool bound = *listening >= 0 && folder >= 0 &&
                 bind(*listening, (struct sockaddr *)&address, sizeof address) == 0 &&
                 listen(*listening, BACKLOG) == 0;
    umask(mask);
    if (folder >= 0)
        close(folder);
    return bound ? ENTENTE_OK : ENTENTE_ERR_IO;
}

/* ---- the page ---- */

static bool
is_loopback(const struct address *address)
{
    struct sockaddr_storage name;

    if (!address_is_numeric(address, &name))
        return false;
    if (name.ss_family == AF_INET)
        return ntohl(((struct sockaddr_in *)&name)->sin_addr.s_addr) >> 24 == 127;
    return IN6_IS_ADDR_LOOPBACK(&((struct sockaddr_in6 *)&name)->sin6_addr);
}

static enum entente_error
open_one(const char *path, int *opened)
{
    *opened = open(path, O_RDONLY | O_CLOEXEC);
    if (*opened >= 0)
        return ENTENTE_OK;
    fprintf(stderr, "serve: %s: %s\n", path, strerror(errno));
    return errno == ENOENT ? ENTENTE_ERR_NOT_FOUND : ENTENTE_ERR_IO;
}

static enum entente_error
open_identity(const struct serve_options *options, int *certificate, int *key)
{
    struct stat status;

    *certificate = *key = -1;
    enum entente_error error = open_one(options->page_certificate, certificate);
    if (error == ENTENTE_OK)
        error = open_one(options->page_key, key);
    if (error == ENTENTE_OK && (fstat(*key, &status) != 0 || (status.st_mode & S_IRWXO) != 0)) {
        fprintf(stderr, "serve: %s: %s\n", options->page_key,
            entente_error_text(ENTENTE_ERR_KEY_EXPOSED));
        error = ENTENTE_ERR_KEY_EXPOSED;
    }
    if (error == ENTENTE_OK)
        return ENTENTE_OK;
    if (*certificate >= 0)
        close(*certificate);
    if (*key >= 0)
        close(*key);
    *certificate = *key = -1;
    return error;
}

static enum entente_error
check_page(const struct serve_options *options, struct address *address)
{
    enum entente_error error = address_parse(options->page, address);

    if (error == ENTENTE_OK && strcmp(address->host, "localhost") == 0)
        strcpy(address->host, "127.0.0.1");
    if (error == ENTENTE_OK && (options->page_certificate == NULL) != (options->page_key == NULL)) {
        fprintf(stderr, "serve: --page-certificate and --page-key go together\n");
        return ENTENTE_ERR_USAGE;
    }
    if (error == ENTENTE_OK && options->page_certificate == NULL && !is_loopback(address)) {
        fprintf(stderr,
            "serve: others reach %s: the page needs --page-certificate and --page-key there\n",
            options->page);
        return ENTENTE_ERR_USAGE;
    }
    return error;
}

static enum entente_error
open_page(struct children_given *doors, const struct serve_options *options)
{
    struct address address;
    uint16_t port = 0;

    enum entente_error error = check_page(options, &address);
    if (error == ENTENTE_OK)
        error = listener_open(&address, &doors->page, &port);
    if (error == ENTENTE_ERR_ADDRESS || error == ENTENTE_ERR_PORT_IN_USE)
        fprintf(stderr, "serve: --page %s: %s\n", options->page, entente_error_text(error));
    if (error == ENTENTE_OK && options->page_certificate != NULL)
        error = open_identity(options, &doors->certificate, &doors->key);
    if (error == ENTENTE_OK)
        fprintf(stderr, "serve: the page is at %s://%s%s%s:%u/\n",
            options->page_certificate != NULL ? "https" : "http",
            strchr(address.host, ':') != NULL ? "[" : "", address.host,
            strchr(address.host, ':') != NULL ? "]" : "", port);
    return error;
}

/* ---- all of them ---- */

enum entente_error
doors_open(struct children_given *doors, const struct serve_options *options)
{
    *doors = closed;
    enum entente_error error = listen_in_folder(options->folder, "desk.sock", &doors->desk);
    if (error == ENTENTE_OK)
        error = listen_in_folder(options->folder, "api.sock", &doors->api);
    if (error == ENTENTE_OK && options->page != NULL)
        error = open_page(doors, options);
    else if (error == ENTENTE_OK &&
             (options->page_certificate != NULL || options->page_key != NULL)) {
        fprintf(stderr, "serve: a certificate and its key are for --page, which is not there\n");
        error = ENTENTE_ERR_USAGE;
    }
    if (error != ENTENTE_OK)
        doors_close(doors);
    return error;
}

void
doors_renew(struct children_given *doors, const struct serve_options *options)
{
    int certificate, key;

    if (doors->key < 0 || open_identity(options, &certificate, &key) != ENTENTE_OK)
        return;
    close(doors->certificate);
    close(doors->key);
    doors->certificate = certificate;
    doors->key = key;
}

void
doors_close(struct children_given *doors)
{
    const int all[] = {doors->desk, doors->api, doors->page, doors->certificate, doors->key};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i] >= 0)
            close(all[i]);
    *doors = closed;
}
