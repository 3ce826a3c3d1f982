// A session with the agent, as guest/PROTOCOL.md says; frames.c is the agent's own.
#include "forward.h"

#include "../agent/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { RETRY_MS = 50, ANSWER_MS = 1000, ANSWER_MS_MAX = 8000, WELCOME_LENGTH = 8, HELLO_LENGTH = 4 };

static int fd = -1;
static bool open_now;
static uint64_t epoch;
static int64_t next_ms;  // when this attempt is given up, or the next one made
static int patience_ms = ANSWER_MS;
static size_t in_length, out_start, out_end;
static uint8_t in[2 * FRAME_MAX], out[OUT_SIZE];

static int64_t clock_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

int session_socket(void) {
    return fd;
}

bool session_open(void) {
    return open_now;
}

bool session_wants_to_write(void) {
    return fd >= 0 && out_start < out_end;
}

void session_end(void) {
    if (fd >= 0)
        close(fd);
    fd = -1;
    open_now = false;
    in_length = out_start = out_end = 0;
    next_ms = clock_ms() + RETRY_MS;
}

// ---- sending

uint8_t *session_space(size_t length) {
    size_t whole = FRAME_HEADER + length + FRAME_TRAILER;
    if (fd < 0 || OUT_SIZE - (out_end - out_start) < whole)
        return NULL;
    if (OUT_SIZE - out_end < whole) {
        memmove(out, out + out_start, out_end - out_start);
        out_end -= out_start;
        out_start = 0;
    }
    return out + out_end + FRAME_HEADER;
}

void session_commit(uint32_t stream, uint8_t type, size_t length) {
    struct frame frame = {.epoch = epoch, .stream = stream, .type = type, .length = (uint32_t)length};
    frame_seal(out + out_end, &frame);
    out_end += FRAME_HEADER + length + FRAME_TRAILER;
}

bool session_send(uint32_t stream, uint8_t type, const void *payload, size_t length) {
    uint8_t *space = session_space(length);
    if (space == NULL)
        return false;
    if (length > 0)
        memcpy(space, payload, length);
    session_commit(stream, type, length);
    return true;
}

bool session_write(void) {
    while (out_start < out_end) {
        ssize_t n = send(fd, out + out_start, out_end - out_start, MSG_NOSIGNAL);
        if (n < 0)
            return errno == EAGAIN || errno == EINTR;
        out_start += (size_t)n;
    }
    out_start = out_end = 0;
    return true;
}

// ---- opening

static void say_hello(void) {
    do {
        if (getrandom(&epoch, sizeof epoch, 0) != sizeof epoch)
            epoch = 0;
    } while ((uint32_t)epoch == UINT32_MAX || epoch == 0);
    memset(out, 0, FRAME_MAX);
    out_start = 0;
    out_end = FRAME_MAX;
    const uint8_t versions[HELLO_LENGTH] = {VERSION, 0, VERSION, 0};
    session_send(0, HELLO, versions, sizeof versions);
}

// A guest that stands still answers when it goes on; what was sent to one that was not complete yet is lost.
int session_begin(const char *lane) {
    int64_t now = clock_ms();
    if (open_now)
        return -1;
    if (now < next_ms)
        return (int)(next_ms - now);
    if (fd >= 0) {
        session_end();
        patience_ms = patience_ms < ANSWER_MS_MAX ? 2 * patience_ms : ANSWER_MS_MAX;
    }
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    next_ms = now + RETRY_MS;
    if (strlen(lane) >= sizeof address.sun_path)
        return RETRY_MS;
    strcpy(address.sun_path, lane);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        session_end();
        return RETRY_MS;
    }
    say_hello();
    next_ms = now + patience_ms;
    return patience_ms;
}

// ---- receiving

// Whether the agent's answer is one to go on with.
static bool welcome(const struct frame *frame) {
    bool usable = frame->length >= WELCOME_LENGTH && get16(frame->payload) == VERSION && (get32(frame->payload + 4) & FEATURE_CONNECT) != 0;
    open_now = usable;
    patience_ms = ANSWER_MS;
    return usable;
}

static bool take(const struct frame *frame, void (*received)(const struct agent_frame *frame)) {
    if (!open_now)
        return frame->type != WELCOME || welcome(frame);
    if (frame->more || frame->stream == 0)
        return false;
    received(&(struct agent_frame){frame->stream, frame->type, frame->length, frame->payload});
    return true;
}

bool session_read(void (*received)(const struct agent_frame *frame)) {
    ssize_t n = recv(fd, in + in_length, sizeof in - in_length, 0);
    if (n <= 0)
        return n < 0 && (errno == EAGAIN || errno == EINTR);
    in_length += (size_t)n;
    size_t at = 0;
    struct frame frame = {.type = 1};
    bool good = true;
    while (good && frame.type != 0) {
        at += frame_find(in + at, in_length - at, epoch, &frame);
        good = frame.type == 0 || take(&frame, received);
    }
    memmove(in, in + at, in_length - at);
    in_length -= at;
    return good;
}
