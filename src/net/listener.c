#include "net/listener.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <unistd.h>

enum { BACKLOG = 64 };

static enum entente_error
error_of_errno(void)
{
    switch (errno) {
    case EADDRINUSE:
        return ENTENTE_ERR_PORT_IN_USE;
    case EADDRNOTAVAIL:
    case EACCES:
    case EAFNOSUPPORT:
        return ENTENTE_ERR_ADDRESS;
    default:
        return ENTENTE_ERR_IO;
    }
}

static uint16_t
port_of(int socket)
{
    struct sockaddr_storage name = {0};
    socklen_t size = sizeof name;

    if (getsockname(socket, (struct sockaddr *)&name, &size) != 0)
        return 0;
    return ntohs(name.ss_family == AF_INET ? ((struct sockaddr_in *)&name)->sin_port
                                           : ((struct sockaddr_in6 *)&name)->sin6_port);
}

enum entente_error
listener_open(const struct address *address, int *listening, uint16_t *port)
{
    struct sockaddr_storage name;
    const int yes = 1;
    enum entente_error error = ENTENTE_OK;

    *listening = -1;
    *port = 0;
    if (!address_is_numeric(address, &name))
        return ENTENTE_ERR_ADDRESS;
    socklen_t size =
        name.ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);

    /* Reuse lets a node that was killed come back while its old connections still linger; two
       listeners at one address it does not allow. */
    int fd = socket(name.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) != 0 || /* arrivals inherit it */
        bind(fd, (struct sockaddr *)&name, size) != 0 || listen(fd, BACKLOG) != 0) {
        error = error_of_errno();
        if (fd >= 0)
            close(fd);
        return error;
    }
    *listening = fd;
    *port = port_of(fd);
    return ENTENTE_OK;
}

int
listener_accept(int listening, bool *exhausted)
{
    *exhausted = false;
    for (;;) {
        int fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0)
            return fd;
        switch (errno) {
        case EINTR:
        case ECONNABORTED: /* it came and went */
        case EPROTO:
            continue;
        case EMFILE:
        case ENFILE:
        case ENOBUFS:
        case ENOMEM:
            *exhausted = true;
            return -1;
        default:
            return -1;
        }
    }
}
