// Published ports: where they listen.
#include "forward.h"
#include "launcher.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 128 };

struct published published[PUBLISHED_MAX];
int published_count;

static bool read_port(const char **at, uint16_t *port) {
    char *end;
    unsigned long value = **at == '/' ? strtoul(*at + 1, &end, 10) : 65536;
    if (value > 65535)
        return false;
    *at = end;
    *port = (uint16_t)value;
    return true;
}

static bool read_published(const char *text, struct published *port) {
    const char *at = strchr(text, '/');
    size_t length = at == NULL ? sizeof port->address : (size_t)(at - text);
    if (length >= sizeof port->address)
        return false;
    memcpy(port->address, text, length);
    port->address[length] = 0;
    return read_port(&at, &port->host_port) && read_port(&at, &port->guest_port) && *at == 0 && port->guest_port != 0;
}

// The port is at the same place in both kinds of addresses.
static bool listen_at(struct published *port) {
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(port->host_port)};
    struct sockaddr_in *four = (struct sockaddr_in *)&address;
    bool six = inet_pton(AF_INET6, port->address, &address.sin6_addr) == 1;
    if (!six) {
        four->sin_family = AF_INET;
        errno = EINVAL;
        if (inet_pton(AF_INET, port->address, &four->sin_addr) != 1)
            return false;
    }
    socklen_t length = six ? sizeof address : sizeof *four;
    port->fd = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int yes = 1;
    bool ready = port->fd >= 0 && setsockopt(port->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0;
    ready = ready && (!six || setsockopt(port->fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes) == 0);
    ready = ready && bind(port->fd, (struct sockaddr *)&address, length) == 0 && listen(port->fd, BACKLOG) == 0;
    if (!ready || getsockname(port->fd, (struct sockaddr *)&address, &length) < 0)
        return false;
    port->host_port = ntohs(address.sin6_port);
    return true;
}

void publish(const char *text) {
    char what[LINE_LENGTH];
    errno = EINVAL;
    struct published *port = &published[published_count];
    if (published_count == PUBLISHED_MAX || !read_published(text, port) || !listen_at(port)) {
        snprintf(what, sizeof what, "publish %s", text);
        failed(what);
    }
    published_count++;
}
