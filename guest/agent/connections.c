// Connections: TCP connections that the host asks for, to what listens in the guest on its loopback. They are how ports are published.
//
// A connection ends with its session, and when the guest becomes a fork: the other side is not there any more, and must not be waited for.
#include "agent.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 512, RETRY_MS = 25 };

struct connection {
    struct connection *next;
    struct origin origin;
    struct source socket;
    enum { WAITING, CONNECTING, OPEN, FAILED, OVER } state;
    int error;  // once it has FAILED or is OVER
    uint16_t port;
    bool other_family;               // IPv6 is tried when nobody listens on IPv4
    int64_t retry_ms, patience_ms;   // when a refused one is tried again, and until when
    bool in_end, in_shut, out_end;
    uint32_t in_allowed, in_owed, out_credit;
    size_t in_start, in_length;
    uint8_t *in_bytes;  // CREDIT_START bytes, only while the socket takes no more
};

static struct connection *connections;
static unsigned count;

static void over(struct connection *connection, int error) {
    connection->state = OVER;
    connection->error = error;
}

// The other side learns at once that nobody is there.
static void reset(struct connection *connection) {
    if (connection->socket.fd >= 0)
        setsockopt(connection->socket.fd, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1}, sizeof(struct linger));
    source_close(&connection->socket);
}

static struct connection *connection_of(const struct origin *origin) {
    for (struct connection *connection = connections; connection != NULL; connection = connection->next)
        if (connection->origin.lane == origin->lane && connection->origin.stream == origin->stream)
            return connection;
    return NULL;
}

// ---- connecting

static void refused(struct connection *connection, int error) {
    source_close(&connection->socket);
    connection->state = WAITING;
    connection->other_family = !connection->other_family;
    if (connection->other_family)
        return;  // at once
    connection->retry_ms = now_ms() + RETRY_MS;
    if (error == ECONNREFUSED && connection->retry_ms <= connection->patience_ms)
        return;
    connection->state = FAILED;
    connection->error = error;
}

static void try(struct connection *connection) {
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(connection->port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(connection->port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    bool other = connection->other_family;
    const struct sockaddr *address = other ? (struct sockaddr *)&six : (struct sockaddr *)&four;
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool begun = fd >= 0 && (connect(fd, address, other ? sizeof six : sizeof four) == 0 || errno == EINPROGRESS);
    int error = errno;
    source_watch(&connection->socket, fd);
    connection->state = CONNECTING;
    // A guest may have no IPv6 at all; that nobody listens on IPv4 is what is told then.
    if (!begun)
        refused(connection, other ? ECONNREFUSED : error);
}

// A connection whose own port happens to be the wanted one talks to itself.
static bool with_itself(const struct connection *connection) {
    struct sockaddr_in6 own = {0};  // the port is where that of IPv4 is
    return getsockname(connection->socket.fd, (struct sockaddr *)&own, &(socklen_t){sizeof own}) == 0 && ntohs(own.sin6_port) == connection->port;
}

static bool connecting_run(struct connection *connection) {
    if (connection->state == WAITING && now_ms() >= connection->retry_ms) {
        try(connection);
        return true;
    }
    if (connection->state != CONNECTING || !(connection->socket.ready & EPOLLOUT))
        return false;
    int error = 0;
    getsockopt(connection->socket.fd, SOL_SOCKET, SO_ERROR, &error, &(socklen_t){sizeof error});
    if (error == 0 && with_itself(connection))
        error = ECONNREFUSED;
    if (error) {
        refused(connection, error);
        return true;
    }
    if (answer_space(&connection->origin, 0) == NULL)
        return false;
    answer_commit(&connection->origin, CONNECTED, 0);
    connection->state = OPEN;
    return true;
}

// ---- what flows

static size_t socket_write(struct connection *connection, const uint8_t *bytes, size_t length) {
    bool ready = connection->state == OPEN && (connection->socket.ready & EPOLLOUT);
    ssize_t n = ready ? source_write(&connection->socket, bytes, length) : 0;
    if (n < 0 && errno != EAGAIN)
        over(connection, errno);
    connection->in_owed += n > 0 ? (uint32_t)n : 0;
    return n > 0 ? (size_t)n : 0;
}

static void data_received(struct connection *connection, const struct frame *frame) {
    if (frame->length > connection->in_allowed || connection->in_end)
        return answer_error(&connection->origin, EPROTO, "data beyond its credit, or after its end");
    connection->in_allowed -= frame->length;
    size_t written = connection->in_length == 0 ? socket_write(connection, frame->payload, frame->length) : 0;
    if (written == frame->length)
        return;
    if (connection->in_bytes == NULL && (connection->in_bytes = malloc(CREDIT_START)) == NULL)
        return over(connection, ENOMEM);
    memmove(connection->in_bytes, connection->in_bytes + connection->in_start, connection->in_length);
    connection->in_start = 0;
    memcpy(connection->in_bytes + connection->in_length, frame->payload + written, frame->length - written);
    connection->in_length += frame->length - written;
}

static bool in_run(struct connection *connection) {
    size_t written = 0;
    if (connection->in_length > 0)
        written = socket_write(connection, connection->in_bytes + connection->in_start, connection->in_length);
    connection->in_start += written;
    connection->in_length -= written;
    if (connection->in_length == 0) {
        free(connection->in_bytes);
        connection->in_bytes = NULL;
        connection->in_start = 0;
    }
    if (connection->in_end && connection->in_length == 0 && !connection->in_shut) {
        connection->in_shut = true;
        shutdown(connection->socket.fd, SHUT_WR);
    }
    uint8_t *credit = connection->in_owed >= FRAME_PAYLOAD ? answer_space(&connection->origin, 8) : NULL;
    if (credit == NULL)
        return written > 0;
    memset(credit, 0, 4);
    put32(credit + 4, connection->in_owed);
    answer_commit(&connection->origin, CREDIT, 8);
    connection->in_allowed += connection->in_owed;
    connection->in_owed = 0;
    return true;
}

static bool out_run(struct connection *connection) {
    uint32_t length = connection->out_credit < FRAME_PAYLOAD ? connection->out_credit : FRAME_PAYLOAD;
    if (connection->out_end || length == 0 || !(connection->socket.ready & EPOLLIN))
        return false;
    uint8_t *space = answer_space(&connection->origin, length);
    if (space == NULL)
        return false;
    ssize_t n = source_read(&connection->socket, space, length);
    if (n > 0)
        connection->out_credit -= (uint32_t)n;
    if (n >= 0)
        answer_commit(&connection->origin, n > 0 ? DATA : DATA_END, (size_t)n);
    else if (errno != EAGAIN)
        over(connection, errno);
    connection->out_end = n == 0;
    return n >= 0 || connection->state == OVER;
}

static bool connection_step(struct connection *connection) {
    if (connection->state < OPEN)
        return connecting_run(connection);
    bool busy = false;
    if (connection->state == OPEN)
        busy |= out_run(connection);
    if (connection->state == OPEN)
        busy |= in_run(connection);
    if (connection->state == OPEN && connection->out_end && connection->in_shut)
        over(connection, 0);
    return busy;
}

// Says whether that was told, so that it can be forgotten.
static bool end_told(struct connection *connection) {
    if (connection->state != FAILED && connection->state != OVER)
        return false;
    uint8_t *payload = answer_space(&connection->origin, 4);
    if (payload == NULL)
        return false;
    put32(payload, (uint32_t)connection->error);
    answer_commit(&connection->origin, connection->state == FAILED ? CONNECT_FAILED : CLOSED, 4);
    return true;
}

// ---- living

static struct connection *unlinked(struct connection **at) {
    struct connection *connection = *at;
    *at = connection->next;
    count--;
    return connection;
}

static void forget(struct connection *connection) {
    if (connection->error)
        reset(connection);
    source_close(&connection->socket);
    free(connection->in_bytes);
    free(connection);
}

void connections_end(const struct lane *lane) {
    for (struct connection **at = &connections; *at != NULL;) {
        if (lane != NULL && (*at)->origin.lane != lane) {
            at = &(*at)->next;
            continue;
        }
        if (lane == NULL)
            answer(&(*at)->origin, CLOSED, (uint8_t[]){ECONNRESET, 0, 0, 0}, 4);
        (*at)->error = ECONNRESET;
        forget(unlinked(at));
    }
}

static void connect_received(const struct origin *origin, const struct frame *frame) {
    if (frame->length != 8 || get16(frame->payload) == 0 || connection_of(origin) != NULL)
        return answer_error(origin, EPROTO, "malformed connect, or the stream is in use");
    struct connection *connection = count < CONNECTIONS_MAX ? calloc(1, sizeof *connection) : NULL;
    if (connection == NULL) {
        answer(origin, CONNECT_FAILED, (uint8_t[]){ENOBUFS, 0, 0, 0}, 4);
        return;
    }
    *connection = (struct connection){.next = connections, .origin = *origin, .socket = {.fd = -1}, .port = get16(frame->payload),
                                      .patience_ms = now_ms() + get32(frame->payload + 4), .in_allowed = CREDIT_START,
                                      .out_credit = CREDIT_START};
    connections = connection;
    count++;
}

bool connection_takes(const struct origin *origin, uint8_t type) {
    return (type >= CONNECT && type <= RESET) || (type == CREDIT && connection_of(origin) != NULL);
}

void connection_frame(const struct origin *origin, const struct frame *frame) {
    if (frame->type == CONNECT)
        return connect_received(origin, frame);
    struct connection *connection = connection_of(origin);
    if (frame->type == CONNECTED || frame->type == CONNECT_FAILED || frame->type == CLOSED)
        return answer_error(origin, EPROTO, "not a frame that a host sends");
    if (connection == NULL)
        return;
    if (frame->type == CREDIT && frame->length == 8 && frame->payload[0] == 1) {
        uint32_t more = get32(frame->payload + 4), credit = connection->out_credit;
        connection->out_credit = more > CREDIT_MAX - credit ? CREDIT_MAX : credit + more;
    } else if (frame->type == DATA) {
        data_received(connection, frame);
    } else if (frame->type == DATA_END) {
        connection->in_end = true;
    } else if (frame->type == RESET) {
        struct connection **at = &connections;
        while (*at != connection)
            at = &(*at)->next;
        connection->error = ECONNRESET;
        forget(unlinked(at));
    } else {
        answer_error(origin, EPROTO, "malformed credit");
    }
}

// The first becomes the last each time, so that all get their share of a lane.
bool connections_run(void) {
    bool busy = false;
    struct connection *first = connections, **at = &connections;
    while (*at != NULL) {
        busy |= connection_step(*at);
        if (end_told(*at))
            forget(unlinked(at));
        else
            at = &(*at)->next;
    }
    if (connections != NULL && connections == first && first->next != NULL) {
        connections = first->next;
        first->next = NULL;
        *at = first;
    }
    return busy;
}

int connections_timeout(void) {
    int64_t soonest = -1, now = now_ms();
    for (struct connection *connection = connections; connection != NULL; connection = connection->next) {
        int64_t left = connection->retry_ms - now;
        if (connection->state == WAITING && (soonest < 0 || left < soonest))
            soonest = left < 0 ? 0 : left;
    }
    return (int)soonest;
}
