#include "net/address.h"

#include <arpa/inet.h>

#include <string.h>

/* `text` from `start` on must be 1 to 5 digits, at most 65535. */
static bool
parse_port(const char *text, uint16_t *port)
{
    uint32_t value = 0;
    size_t size = strlen(text);

    if (size < 1 || size > 5)
        return false;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (uint32_t)(text[i] - '0');
    }
    if (value > UINT16_MAX)
        return false;
    *port = (uint16_t)value;
    return true;
}

static bool
host_is_clean(const char *host, bool in_brackets)
{
    for (; *host != '\0'; host++) {
        char c = *host;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '.' || c == '-' || c == '_';
        if (!plain && !(in_brackets && (c == ':' || c == '%')))
            return false;
    }
    return true;
}

enum entente_error
address_parse(const char *text, struct address *address)
{
    memset(address, 0, sizeof *address);
    if (strlen(text) > ADDRESS_BYTES_MAX)
        return ENTENTE_ERR_ADDRESS;

    bool in_brackets = text[0] == '[';
    const char *start = in_brackets ? text + 1 : text;
    const char *end = in_brackets ? strchr(start, ']') : strchr(start, ':');
    if (end == NULL || end == start)
        return ENTENTE_ERR_ADDRESS;
    const char *colon = in_brackets ? end + 1 : end;

    memcpy(address->host, start, (size_t)(end - start));
    struct sockaddr_storage ignored;
    if (*colon == ':' && parse_port(colon + 1, &address->port) &&
        host_is_clean(address->host, in_brackets) &&
        (!in_brackets || address_is_numeric(address, &ignored)))
        return ENTENTE_OK;

    memset(address, 0, sizeof *address);
    return ENTENTE_ERR_ADDRESS;
}

bool
address_is_numeric(const struct address *address, struct sockaddr_storage *socket_address)
{
    struct sockaddr_in *four = (struct sockaddr_in *)socket_address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)socket_address;

    memset(socket_address, 0, sizeof *socket_address);
    if (inet_pton(AF_INET, address->host, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons(address->port);
        return true;
    }
    if (inet_pton(AF_INET6, address->host, &six->sin6_addr) == 1) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(address->port);
        return true;
    }
    return false;
}

bool
address_print(const struct sockaddr *socket_address, char text[static ADDRESS_NUMERIC_BYTES])
{
    const void *number = NULL;

    if (socket_address->sa_family == AF_INET)
        number = &((const struct sockaddr_in *)socket_address)->sin_addr;
    else if (socket_address->sa_family == AF_INET6)
        number = &((const struct sockaddr_in6 *)socket_address)->sin6_addr;
    return number != NULL &&
           inet_ntop(socket_address->sa_family, number, text, ADDRESS_NUMERIC_BYTES) != NULL;
}
