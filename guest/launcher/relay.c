// The relay between a machine's network device and the program at its other end: a process of its own that lets no frame through to
// addresses that mean this computer itself. A guest's root can send anything, and the other end may connect to whatever it is sent.
//
// Frames are preceded by their length, 4 bytes in network order. Only IPv4 and ARP pass; what comes back is not looked at.
#include "forward.h"
#include "launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PREFIX = 4, FRAME_LONGEST = 65536 + 18, ETHERNET = 14, TYPE_AT = 12, DESTINATION_AT = 30, IPV4_SHORTEST = 34, BUFFER = 2 * (PREFIX + FRAME_LONGEST) };

struct flow {
    int from, to;
    bool filtered;
    size_t start, checked, end;  // what may be sent, and behind it what is not a whole frame yet
    uint8_t bytes[BUFFER];
};

static bool passes(const uint8_t *frame, size_t length) {
    if (length < ETHERNET)
        return false;
    unsigned type = (unsigned)frame[TYPE_AT] << 8 | frame[TYPE_AT + 1];
    if (type == 0x0806)
        return true;
    const uint8_t *to = frame + DESTINATION_AT;
    return type == 0x0800 && length >= IPV4_SHORTEST && to[0] != 127 && to[0] != 0;
}

// False: what comes is no sequence of frames.
static bool check(struct flow *flow) {
    while (flow->end - flow->checked >= PREFIX) {
        uint8_t *at = flow->bytes + flow->checked;
        size_t length = (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3], whole = PREFIX + length;
        if (length > FRAME_LONGEST)
            return false;
        if (flow->end - flow->checked < whole)
            return true;
        if (passes(at + PREFIX, length)) {
            flow->checked += whole;
        } else {
            memmove(at, at + whole, flow->end - flow->checked - whole);
            flow->end -= whole;
        }
    }
    return true;
}

static bool read_some(struct flow *flow) {
    if (flow->start > 0) {
        memmove(flow->bytes, flow->bytes + flow->start, flow->end - flow->start);
        flow->checked -= flow->start;
        flow->end -= flow->start;
        flow->start = 0;
    }
    ssize_t n = recv(flow->from, flow->bytes + flow->end, BUFFER - flow->end, 0);
    if (n <= 0)
        return n < 0 && (errno == EAGAIN || errno == EINTR);
    flow->end += (size_t)n;
    if (flow->filtered)
        return check(flow);
    flow->checked = flow->end;
    return true;
}

static bool write_some(struct flow *flow) {
    ssize_t n = send(flow->to, flow->bytes + flow->start, flow->checked - flow->start, MSG_NOSIGNAL);
    if (n > 0)
        flow->start += (size_t)n;
    return n >= 0 || errno == EAGAIN || errno == EINTR;
}

static bool turn(struct flow flows[2]) {
    struct pollfd polled[4];
    for (int i = 0; i < 2; i++) {
        bool room = flows[i].end - flows[i].start < BUFFER, more = flows[i].start < flows[i].checked;
        polled[2 * i] = (struct pollfd){room ? flows[i].from : -1, POLLIN, 0};
        polled[2 * i + 1] = (struct pollfd){more ? flows[i].to : -1, POLLOUT, 0};
    }
    if (poll(polled, 4, -1) < 0)
        return errno == EINTR;
    for (int i = 0; i < 2; i++)
        if ((polled[2 * i].revents && !read_some(&flows[i])) || (polled[2 * i + 1].revents && !write_some(&flows[i])))
            return false;
    return true;
}

// It ends when either side does, which ends the other.
pid_t relay(int guest, int world) {
    static struct flow flows[2];
    pid_t parent = getpid(), pid = fork();
    if (pid < 0)
        failed("fork");
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (getppid() != parent)
        _exit(1);
    keep_only((int[]){guest, world, -1});
    flows[0].from = flows[1].to = guest;
    flows[0].to = flows[1].from = world;
    flows[0].filtered = true;
    fcntl(guest, F_SETFL, O_NONBLOCK);
    fcntl(world, F_SETFL, O_NONBLOCK);
    while (turn(flows)) {
    }
    _exit(0);
}
