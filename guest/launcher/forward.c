// The forwarder: takes connections at the published ports and carries each over the machine's lane to the agent, which connects to the
// guest's port. It is a process of its own, so that what a guest sends can at worst end this one; it ends with the launcher.
//
// One thread, one poll. What a client sends is read only while the stream has credit and the lane has room, and what the guest sends is
// bounded by the credit that is given: neither side can make this process hold more than 64 KiB a connection.
#include "forward.h"
#include "launcher.h"

#include "../agent/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CLIENTS_MAX = 256, DESCRIPTORS_MAX = 256 };

struct client {
    int fd;
    uint16_t port;
    uint32_t stream;  // 0: the agent was not asked yet
    bool connected;
    bool in_end, in_end_told;  // the client sends no more
    bool out_end, out_shut;    // the guest sends no more
    bool finished;             // the stream is over: what is held is still written
    bool broken;               // to be reset, here or (while its stream lives) there
    uint32_t allowed, owed;
    size_t start, length;
    uint8_t *bytes;  // CREDIT_START bytes, only while the client takes no more
};

static struct client clients[CLIENTS_MAX];
static int client_count;
static uint32_t last_stream;
static const char *lane_path;

static void client_close(struct client *client) {
    if (client->broken)
        setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1}, sizeof(struct linger));
    close(client->fd);
    free(client->bytes);
    *client = clients[--client_count];
}

// Whoever was not asked for yet waits for the next session.
static void lose_session(void) {
    session_end();
    for (int i = client_count - 1; i >= 0; i--) {
        clients[i].broken |= clients[i].stream != 0;
        if (clients[i].broken)
            client_close(&clients[i]);
    }
}

// ---- from the guest

static void client_write(struct client *client, const uint8_t *bytes, size_t length, size_t *written) {
    ssize_t n = send(client->fd, bytes, length, MSG_NOSIGNAL);
    client->broken |= n < 0 && errno != EAGAIN && errno != EINTR;
    *written = n > 0 ? (size_t)n : 0;
    client->owed += (uint32_t)*written;
}

// A guest that sends more than it was allowed to is cut off.
static void data_received(struct client *client, const struct agent_frame *frame) {
    size_t written = 0;
    client->broken |= client->out_end || client->length + client->owed + frame->length > CREDIT_START;
    if (!client->broken && client->length == 0)
        client_write(client, frame->payload, frame->length, &written);
    if (client->broken || written == frame->length)
        return;
    if (client->bytes == NULL && (client->bytes = malloc(CREDIT_START)) == NULL) {
        client->broken = true;
        return;
    }
    memmove(client->bytes, client->bytes + client->start, client->length);
    client->start = 0;
    memcpy(client->bytes + client->length, frame->payload + written, frame->length - written);
    client->length += frame->length - written;
}

static void received(const struct agent_frame *frame) {
    int at = 0;
    while (at < client_count && (clients[at].stream != frame->stream || clients[at].finished))
        at++;
    if (at == client_count)
        return;  // it crossed the end of its stream on the way
    struct client *client = &clients[at];
    if (frame->type == CONNECTED) {
        client->connected = true;
    } else if (frame->type == DATA) {
        data_received(client, frame);
    } else if (frame->type == DATA_END) {
        client->out_end = true;
    } else if (frame->type == CREDIT && frame->length == 8 && frame->payload[0] == 0) {
        uint32_t more = get32(frame->payload + 4);
        client->allowed = more > CREDIT_START - client->allowed ? CREDIT_START : client->allowed + more;
    } else if (frame->type == CLOSED && frame->length == 4 && get32(frame->payload) == 0) {
        client->finished = true;
    } else {  // CLOSED by an error, CONNECT_FAILED, or what an agent never sends
        client->finished = true;
        client->broken |= client->length == 0;
        client->out_end = false;
    }
}

// ---- from the client

static void client_read(struct client *client) {
    size_t most = client->allowed < FRAME_PAYLOAD ? client->allowed : FRAME_PAYLOAD;
    uint8_t *space = session_space(most + OUT_RESERVE) != NULL ? session_space(most) : NULL;
    if (space == NULL || most == 0 || client->in_end)
        return;
    ssize_t n = recv(client->fd, space, most, 0);
    if (n > 0) {
        session_commit(client->stream, DATA, (size_t)n);
        client->allowed -= (uint32_t)n;
    }
    client->in_end = n == 0;
    client->broken |= n < 0 && errno != EAGAIN && errno != EINTR;
}

static void ask(struct client *client) {
    uint8_t request[8] = {(uint8_t)client->port, (uint8_t)(client->port >> 8)};
    if (session_open() && session_send(last_stream + 1, CONNECT, request, sizeof request))
        client->stream = ++last_stream;
}

static void give_credit(struct client *client) {
    uint8_t credit[8] = {1};
    put32(credit + 4, client->owed);
    if (client->owed >= FRAME_PAYLOAD && !client->finished && session_send(client->stream, CREDIT, credit, sizeof credit))
        client->owed = 0;
}

static void flow(struct client *client, short events) {
    size_t written = 0;
    if (client->connected && !client->finished && (events & (POLLIN | POLLHUP | POLLERR)))
        client_read(client);
    else if (!client->connected && (events & (POLLERR | POLLHUP)))
        client->broken = true;
    if (client->in_end && !client->in_end_told && !client->finished)
        client->in_end_told = session_send(client->stream, DATA_END, NULL, 0);
    if (client->length > 0)
        client_write(client, client->bytes + client->start, client->length, &written);
    client->start += written;
    client->length -= written;
    give_credit(client);
    if (client->out_end && client->length == 0 && !client->out_shut)
        client->out_shut = shutdown(client->fd, SHUT_WR) == 0;
}

static void client_step(struct client *client, short events) {
    if (!client->broken && client->stream == 0)
        ask(client);
    if (!client->broken)
        flow(client, events);
    bool over = client->finished && client->length == 0;
    if (over && !client->out_end)
        client->broken = true;
    bool owes = client->broken && client->stream != 0 && !client->finished;
    if (owes && !session_send(client->stream, RESET, NULL, 0))
        return;
    if (over || client->broken)
        client_close(client);
}

// ---- the loop

static void client_accept(const struct published *port) {
    int fd = accept4(port->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0)
        clients[client_count++] = (struct client){.fd = fd, .port = port->guest_port, .allowed = CREDIT_START};
}

static short interest(const struct client *client) {
    bool reads = client->connected && !client->in_end && !client->finished && client->allowed > 0;
    reads = reads && session_space(FRAME_PAYLOAD + OUT_RESERVE) != NULL;
    return (short)((reads ? POLLIN : 0) | (client->length > 0 ? POLLOUT : 0));
}

// Without interest only the end of one that waits is looked for: any other would be reported for ever.
static int poll_all(struct pollfd *polled, int timeout) {
    int all = 0;
    short session = (short)(POLLIN | (session_wants_to_write() ? POLLOUT : 0));
    polled[all++] = (struct pollfd){session_socket(), session, 0};
    for (int i = 0; i < published_count; i++)
        polled[all++] = (struct pollfd){client_count < CLIENTS_MAX ? published[i].fd : -1, POLLIN, 0};
    for (int i = 0; i < client_count; i++) {
        short events = interest(&clients[i]);
        bool watched = !clients[i].broken && (events != 0 || !clients[i].connected);
        polled[all++] = (struct pollfd){watched ? clients[i].fd : -1, events, 0};
    }
    return poll(polled, (nfds_t)all, timeout);
}

// Who is connected uses the machine: see lifetime.c.
static void note_use(void) {
    static int lock = -1;
    char path[PATH_LENGTH];
    if ((client_count > 0) == (lock >= 0))
        return;
    touch_used();
    if (lock >= 0) {
        close(lock);
        lock = -1;
    } else if (snprintf(path, sizeof path, "%s.lock", lane_path) < (int)sizeof path) {
        lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (lock >= 0)
            flock(lock, LOCK_EX);  // others look at it for an instant
    }
}

static void turn(void) {
    static struct pollfd polled[1 + PUBLISHED_MAX + CLIENTS_MAX];
    int timeout = client_count > 0 ? session_begin(lane_path) : -1;
    int known = client_count;
    if (poll_all(polled, timeout) < 0)
        return;
    if (polled[0].revents != 0 && !session_read(received))
        return lose_session();
    for (int i = 0; i < published_count && client_count < CLIENTS_MAX; i++)
        if (polled[1 + i].revents != 0)
            client_accept(&published[i]);
    // From the last to the first: the last takes the place of one that goes.
    for (int i = client_count - 1; i >= 0; i--)
        client_step(&clients[i], i < known ? polled[1 + published_count + i].revents : 0);
    if (session_socket() >= 0 && !session_write())
        lose_session();
    note_use();
}

// Of the launcher's descriptors only the lock of the run folder is kept: the folder is in use for as long as this process lives.
void keep_only(const int *wanted) {
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd < 3; fd++)
        dup2(nothing, fd);
    for (int fd = 3; fd < DESCRIPTORS_MAX; fd++) {
        bool kept = fd == run_lock;
        for (const int *at = wanted; *at >= 0; at++)
            kept |= fd == *at;
        if (!kept)
            close(fd);
    }
}

static void keep_ports(void) {
    int wanted[PUBLISHED_MAX + 1];
    for (int i = 0; i < published_count; i++)
        wanted[i] = published[i].fd;
    wanted[published_count] = -1;
    keep_only(wanted);
}

pid_t forward(const char *lane) {
    pid_t parent = getpid(), pid = published_count > 0 ? fork() : 0;
    if (published_count > 0 && pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        if (getppid() != parent)
            _exit(1);
        keep_ports();
        lane_path = lane;
        for (;;)
            turn();
    }
    for (int i = 0; i < published_count; i++)
        close(published[i].fd);
    if (pid < 0)
        failed("fork");
    return pid;
}
