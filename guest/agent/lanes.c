// Lanes: a virtio-serial port each, one session at a time.
//
// A port reads as ended, and hangs up, while no host is connected; writing to it says EAGAIN then. The kernel learns of hosts that come and
// go by other means than of their bytes, and so earlier or later: a hang-up may belong to the host before the one whose HELLO was just read.
// That is why a session ends only when its port has been hung up for a while: a short one once its host was seen to be there, a longer one
// before, since a guest that many others leave little time to hears of its host late.
#include "agent.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { PAGE_BYTES = 4096, HANG_UP_MS = 250, ARRIVAL_MS = 5000, PARTIALS_MAX = 64, PARTIAL_BYTES_MAX = 4 * MESSAGE_MAX };

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
    bool arrived;        // the host of this session was seen to be connected
    int64_t hung_up_ms;  // since when; 0: a host is connected
    struct partial *partials;
    size_t in_length;
    uint8_t in[2 * FRAME_MAX];
    size_t out_start, out_end;
    uint8_t out[OUT_SIZE];
    struct lane *next;
};

static struct lane *lanes;

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
    connections_end(lane);
    lane->open = false;
    lane->out_start = lane->out_end = 0;
    for (struct partial *partial; (partial = lane->partials) != NULL; free(partial))
        lane->partials = partial->next;
}

static void hello(struct lane *lane, const struct frame *frame) {
    session_end(lane);
    bool common = get16(frame->payload) <= VERSION && VERSION <= get16(frame->payload + 2);
    uint8_t welcome[8] = {common ? VERSION : 0};
    put32(welcome + 4, FEATURES);
    lane->open = true;
    lane->arrived = false;
    lane->hung_up_ms = 0;
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
    bool long_message = frame->type == EXEC || frame->type == IDENTITY;
    if (frame->stream == 0 || (frame->more && !long_message)) {
        answer_error(&origin, EPROTO, "this frame needs a stream of its own, or cannot be continued");
    } else if (long_message) {
        struct partial *message = assemble(lane, &origin, frame);
        if (message == NULL)
            return;
        if (frame->type == EXEC)
            command_start(&origin, message->bytes, message->length);
        else
            control_frame(&origin, frame, message->bytes, message->length);
        free(message);
    } else if (connection_takes(&origin, frame->type)) {
        connection_frame(&origin, frame);
    } else if (frame->type == FILES) {
        files_start(&origin, frame->payload, frame->length);
    } else if ((frame->type >= CREDIT && frame->type < FREEZE) || frame->type == DETACH || frame->type == WINDOW) {
        command_frame(&origin, frame);
    } else if (frame->type == ATTACH) {
        command_attach(&origin, frame->payload, frame->length);
    } else if (frame->type == COMMANDS) {
        command_list(&origin, frame->payload, frame->length);
    } else if (frame->type == METRICS) {
        metrics_answer(&origin);
    } else {
        control_frame(&origin, frame, frame->payload, frame->length);
    }
}

// Frames wait where they are until their answers are sure to find room. Says whether there may be more to do at once.
static bool lane_receive(struct lane *lane) {
    bool got = false;
    if (lane->port.ready & EPOLLIN && lane->in_length < sizeof lane->in) {
        ssize_t n = source_read(&lane->port, lane->in + lane->in_length, sizeof lane->in - lane->in_length);
        if (n == 0)
            lane->port.ready &= ~(uint32_t)EPOLLIN;
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

void touch(void *memory, size_t length) {
    for (volatile uint8_t *at = memory, *end = at + length; at < end; at += PAGE_BYTES)
        *at = *at;
}

void lane_touch(struct lane *lane) {
    touch(lane, offsetof(struct lane, out) + FRAME_MAX);
}

// ---- living

void lane_add(int fd) {
    struct lane *lane = calloc(1, sizeof *lane);
    if (lane == NULL) {
        close(fd);
        return;
    }
    lane->next = lanes;
    lanes = lane;
    source_watch(&lane->port, fd);
}

static void watch_for_hang_up(struct lane *lane) {
    if (!lane->open)
        return;
    if (!(lane->port.ready & EPOLLHUP)) {
        lane->arrived = true;
        lane->hung_up_ms = 0;
    } else if (lane->hung_up_ms == 0) {
        lane->hung_up_ms = now_ms();
    } else if (now_ms() - lane->hung_up_ms >= (lane->arrived ? HANG_UP_MS : ARRIVAL_MS)) {
        session_end(lane);
    }
}

int lanes_timeout(void) {
    int timeout = -1;
    for (struct lane *lane = lanes; lane != NULL; lane = lane->next)
        if (lane->open && (lane->port.ready & EPOLLHUP))
            timeout = HANG_UP_MS / 2;
    return timeout;
}

bool lanes_run(void) {
    bool busy = false;
    for (struct lane *lane = lanes; lane != NULL; lane = lane->next) {
        watch_for_hang_up(lane);
        busy |= lane_flush(lane);
        busy |= lane_receive(lane);
        busy |= lane_flush(lane);
    }
    return busy;
}
