// Lanes: a virtio-serial port each, one session at a time. And the log, a port that only takes text.
//
// A port reads as ended while no host is connected, and writing to it says EAGAIN then; connecting and hanging up are edges.
#include "agent.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define LANE_NAME "dev.stasis.lane."
#define LOG_NAME "dev.stasis.log"

enum { PARTIALS_MAX = 64, PARTIAL_BYTES_MAX = 4 * MESSAGE_MAX };

// A message of which more frames are to come.
struct partial {
    struct partial *next;
    uint32_t stream;
    uint8_t type;
    size_t length;
    uint8_t bytes[];
};

struct lane {
    struct source port;
    bool open;
    uint64_t epoch;
    struct partial *partials;
    size_t in_length;
    uint8_t in[2 * FRAME_MAX];
    size_t out_start, out_end;
    uint8_t out[OUT_SIZE];
    struct lane *next;
};

static struct lane *lanes;
static struct source log_port = {.fd = -1}, uevents = {.fd = -1};

// ---- sending

static size_t out_room(const struct lane *lane) {
    return OUT_SIZE - (lane->out_end - lane->out_start);
}

bool origin_lives(const struct origin *origin) {
    return origin->lane != NULL && origin->lane->open && origin->lane->epoch == origin->epoch;
}

static uint8_t *out_space(struct lane *lane, size_t length) {
    if (OUT_SIZE - lane->out_end < length) {
        memmove(lane->out, lane->out + lane->out_start, lane->out_end - lane->out_start);
        lane->out_end -= lane->out_start;
        lane->out_start = 0;
    }
    return lane->out + lane->out_end;
}

uint8_t *answer_space(const struct origin *origin, size_t length) {
    size_t whole = FRAME_HEADER + length + FRAME_TRAILER;
    if (!origin_lives(origin) || out_room(origin->lane) < whole + OUT_RESERVE)
        return NULL;
    return out_space(origin->lane, whole) + FRAME_HEADER;
}

void answer_commit(const struct origin *origin, enum type type, size_t length) {
    struct lane *lane = origin->lane;
    struct frame frame = {.epoch = origin->epoch, .stream = origin->stream, .type = (uint8_t)type, .length = (uint32_t)length};
    frame_seal(lane->out + lane->out_end, &frame);
    lane->out_end += FRAME_HEADER + length + FRAME_TRAILER;
}

bool answer(const struct origin *origin, enum type type, const void *payload, size_t length) {
    size_t whole = FRAME_HEADER + length + FRAME_TRAILER;
    if (!origin_lives(origin) || out_room(origin->lane) < whole)
        return false;
    uint8_t *space = out_space(origin->lane, whole);
    if (length > 0)
        memcpy(space + FRAME_HEADER, payload, length);
    answer_commit(origin, type, length);
    return true;
}

void answer_error(const struct origin *origin, int error, const char *text) {
    uint8_t payload[260];
    size_t length = strnlen(text, sizeof payload - 4);
    put32(payload, (uint32_t)error);
    memcpy(payload + 4, text, length);
    answer(origin, ERROR, payload, 4 + length);
}

static bool lane_flush(struct lane *lane) {
    bool wrote = false;
    while (lane->out_start < lane->out_end && (lane->port.ready & EPOLLOUT)) {
        ssize_t n = source_write(&lane->port, lane->out + lane->out_start, lane->out_end - lane->out_start);
        if (n > 0) {
            lane->out_start += (size_t)n;
            wrote = true;
        }
    }
    if (lane->out_start == lane->out_end)
        lane->out_start = lane->out_end = 0;
    return wrote;
}

// ---- receiving

static void session_end(struct lane *lane) {
    if (lane->open)
        commands_orphan(lane);
    lane->open = false;
    lane->out_start = lane->out_end = 0;
    for (struct partial *partial; (partial = lane->partials) != NULL; free(partial))
        lane->partials = partial->next;
}

static void hello(struct lane *lane, const struct frame *frame) {
    session_end(lane);
    bool common = get16(frame->payload) <= VERSION && VERSION <= get16(frame->payload + 2);
    uint8_t welcome[8] = {common ? VERSION : 0};
    lane->open = true;
    lane->epoch = frame->epoch;
    answer(&(struct origin){lane, frame->epoch, 0}, WELCOME, welcome, sizeof welcome);
    lane->open = common;
}

static struct partial **partial_find(struct lane *lane, const struct frame *frame, size_t *count, size_t *bytes) {
    struct partial **found = NULL;
    *count = *bytes = 0;
    for (struct partial **at = &lane->partials; *at != NULL; at = &(*at)->next) {
        if ((*at)->stream == frame->stream)
            found = at;
        ++*count;
        *bytes += (*at)->length;
    }
    return found;
}

// Adds the frame to its message; returns the message when it is complete.
static struct partial *assemble(struct lane *lane, const struct origin *origin, const struct frame *frame) {
    size_t count, bytes;
    struct partial **found = partial_find(lane, frame, &count, &bytes), *old = found ? *found : NULL;
    size_t length = old ? old->length : 0;
    bool fits = length + frame->length <= MESSAGE_MAX && bytes + frame->length <= PARTIAL_BYTES_MAX && (old || count < PARTIALS_MAX);
    if (old)
        *found = old->next;
    struct partial *message = NULL;
    if (fits && (old == NULL || old->type == frame->type))
        message = realloc(old, sizeof *message + length + frame->length);
    if (message == NULL) {
        free(old);
        answer_error(origin, EPROTO, "the message is too long, or its frames differ in type, or too many are unfinished");
        return NULL;
    }
    memcpy(message->bytes + length, frame->payload, frame->length);
    message->stream = frame->stream;
    message->type = frame->type;
    message->length = length + frame->length;
    if (!frame->more)
        return message;
    message->next = lane->partials;
    lane->partials = message;
    return NULL;
}

static void frame_received(struct lane *lane, const struct frame *frame) {
    struct origin origin = {lane, frame->epoch, frame->stream};
    if (frame->type == HELLO && frame->stream == 0)
        return hello(lane, frame);
    if (!lane->open)
        return;
    if (frame->type == EXEC || frame->type == IDENTITY) {
        struct partial *message = assemble(lane, &origin, frame);
        if (message == NULL)
            return;
        if (frame->type == EXEC)
            command_start(&origin, message->bytes, message->length);
        else
            control_frame(&origin, frame, message->bytes, message->length);
        free(message);
    } else if (frame->more || frame->stream == 0) {
        answer_error(&origin, EPROTO, "this frame cannot be continued, or needs a stream of its own");
    } else if (frame->type >= CREDIT && frame->type < FREEZE) {
        command_frame(&origin, frame);
    } else {
        control_frame(&origin, frame, frame->payload, frame->length);
    }
}

// Frames wait where they are until their answers are sure to find room. Says whether there may be more to do at once.
static bool lane_receive(struct lane *lane) {
    bool got = false;
    if (lane->port.ready & EPOLLIN && lane->in_length < sizeof lane->in) {
        ssize_t n = source_read(&lane->port, lane->in + lane->in_length, sizeof lane->in - lane->in_length);
        if (n == 0) {
            lane->port.ready &= ~(uint32_t)EPOLLIN;
            lane->in_length = 0;
            session_end(lane);
        }
        lane->in_length += n > 0 ? (size_t)n : 0;
        got = n > 0;
    }
    size_t at = 0;
    struct frame frame = {.type = 1};
    while (frame.type != 0 && out_room(lane) >= FRAME_MAX + OUT_RESERVE) {
        at += frame_find(lane->in + at, lane->in_length - at, lane->epoch, &frame);
        if (frame.type != 0)
            frame_received(lane, &frame);
    }
    memmove(lane->in, lane->in + at, lane->in_length - at);
    lane->in_length -= at;
    return got || at > 0;
}

// ---- finding ports

// A port has a name once the host has said it, which the kernel announces.
static void port_found(const char *device) {
    char path[300], name[64] = "";
    snprintf(path, sizeof path, "/sys/class/virtio-ports/%s/name", device);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, name, sizeof name - 1);
    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return;
    name[strcspn(name, "\n")] = 0;
    bool is_log = strcmp(name, LOG_NAME) == 0;
    if (!is_log && strncmp(name, LANE_NAME, strlen(LANE_NAME)) != 0)
        return;
    snprintf(path, sizeof path, "/dev/%s", device);
    fd = open(path, (is_log ? O_WRONLY : O_RDWR) | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return;  // EBUSY: it is open already
    struct lane *lane = is_log ? NULL : calloc(1, sizeof *lane);
    if (lane != NULL) {
        lane->next = lanes;
        lanes = lane;
    }
    source_watch(is_log ? &log_port : &lane->port, fd);
}

void lanes_start(void) {
    struct sockaddr_nl all = {.nl_family = AF_NETLINK, .nl_groups = 1};
    int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
    if (bind(fd, (struct sockaddr *)&all, sizeof all) < 0)
        complain("cannot listen to", "the kernel's events");
    source_watch(&uevents, fd);
    DIR *ports = opendir("/sys/class/virtio-ports");
    for (struct dirent *entry; ports != NULL && (entry = readdir(ports)) != NULL;)
        if (entry->d_name[0] != '.')
            port_found(entry->d_name);
    if (ports != NULL)
        closedir(ports);
}

static void uevents_run(void) {
    char event[4096];
    for (ssize_t n; uevents.ready & EPOLLIN && (n = source_read(&uevents, event, sizeof event - 1)) > 0;) {
        event[n] = 0;
        if (strstr(event, "/virtio-ports/") != NULL)
            port_found(strrchr(event, '/') + 1);
    }
}

bool lanes_run(void) {
    uevents_run();
    bool busy = false;
    for (struct lane *lane = lanes; lane != NULL; lane = lane->next) {
        busy |= lane_flush(lane);
        busy |= lane_receive(lane);
        busy |= lane_flush(lane);
    }
    return busy;
}

// ---- the log

// One "cmd-<n> <channel>: <line>" for each line; what the port does not take at once is dropped.
void log_lines(unsigned command, const char *channel, const char *text, size_t length) {
    char lines[2 * LOG_CHUNK];
    size_t used = 0;
    for (size_t at = 0; at < length && (log_port.ready & EPOLLOUT);) {
        const char *newline = memchr(text + at, '\n', length - at);
        size_t line = newline ? (size_t)(newline - text) - at : length - at;
        if (used + line + 64 > sizeof lines) {
            source_write(&log_port, lines, used);
            used = 0;
        }
        used += (size_t)sprintf(lines + used, "cmd-%u %s: ", command, channel);
        memcpy(lines + used, text + at, line);
        used += line;
        lines[used++] = '\n';
        at += line + 1;
    }
    if (used > 0 && (log_port.ready & EPOLLOUT))
        source_write(&log_port, lines, used);
}
