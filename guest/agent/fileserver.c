// The file server's loop: requests from standard input, replies to standard output, in their order. See "Files" in ../PROTOCOL.md.
#include "fileserver.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { OUT_MAX = 2 * FILE_CHUNK, REPLY_HEADER = 8 };

static uint8_t *in, *out;
static size_t in_start, in_end, out_end, reply;

static file_operation *const OPERATIONS[] = {
    [1] = file_stat, [2] = tree_open, [3] = tree_next, [4] = file_open, [5] = file_read, [6] = file_write, [7] = file_truncate,
    [8] = file_flush, [9] = file_close, [10] = file_change, [11] = tree_make, [12] = tree_remove, [13] = tree_rename,
    [14] = tree_symlink, [15] = tree_link, [16] = tree_readlink, [17] = tree_real, [18] = tree_node,
    [19] = file_extents, [20] = tree_space, [21] = tree_access,
};

// ---- requests

uint64_t body_number(struct request_body *body, size_t bytes) {
    uint64_t value = 0;
    if ((size_t)(body->end - body->at) < bytes) {
        body->bad = true;
        return 0;
    }
    for (size_t i = 0; i < bytes; i++)
        value |= (uint64_t)body->at[i] << 8 * i;
    body->at += bytes;
    return value;
}

const char *body_text(struct request_body *body) {
    size_t length = body_number(body, 2);
    char *text = (char *)body->at;
    if (body->bad || (size_t)(body->end - body->at) <= length || text[length] != 0 || strlen(text) != length) {
        body->bad = true;
        return "";
    }
    body->at += length + 1;
    return text;
}

// ---- replies

static void flush(void) {
    for (size_t at = 0; at < out_end;) {
        ssize_t n = write(1, out + at, out_end - at);
        if (n < 0 && errno != EINTR)
            _exit(1);
        at += n > 0 ? (size_t)n : 0;
    }
    out_end = 0;
}

uint8_t *reply_space(size_t length) {
    return length <= OUT_MAX - out_end ? out + out_end : NULL;
}

void reply_used(size_t length) {
    out_end += length;
}

size_t reply_length(void) {
    return out_end - reply - REPLY_HEADER;
}

void reply_number(uint64_t value, size_t bytes) {
    for (size_t i = 0; i < bytes; i++)
        out[out_end++] = (uint8_t)(value >> 8 * i);
}

void reply_text(const char *text, size_t length) {
    reply_number(length, 2);
    memcpy(out + out_end, text, length);
    out_end += length;
}

static void reply_time(const struct timespec *time) {
    reply_number((uint64_t)time->tv_sec, 8);
    reply_number((uint64_t)time->tv_nsec, 4);
}

void reply_attributes(const struct stat *is) {
    reply_number(is->st_mode, 4);
    reply_number(is->st_uid, 4);
    reply_number(is->st_gid, 4);
    reply_number(is->st_nlink, 4);
    reply_number((uint64_t)is->st_size, 8);
    reply_number((uint64_t)is->st_blocks, 8);
    reply_number(is->st_dev, 8);
    reply_number(is->st_ino, 8);
    reply_number(is->st_rdev, 8);
    reply_time(&is->st_atim);
    reply_time(&is->st_mtim);
    reply_time(&is->st_ctim);
}

// What an operation that failed has put into its reply is not sent.
static void reply_to(uint8_t *request, size_t length) {
    struct request_body body = {request + 1, request + length, length == 0};
    uint8_t number = length > 0 ? request[0] : 0;
    if (OUT_MAX - out_end < REPLY_HEADER + FILE_CHUNK + FILE_LIST_MAX)
        flush();
    reply = out_end;
    out_end += REPLY_HEADER;
    bool known = number < sizeof OPERATIONS / sizeof *OPERATIONS && OPERATIONS[number] != NULL;
    int error = known ? OPERATIONS[number](&body) : ENOSYS;
    if (error)
        out_end = reply + REPLY_HEADER;
    put32(out + reply, (uint32_t)(out_end - reply - 4));
    put32(out + reply + 4, (uint32_t)error);
}

// ---- the loop

// Reads until there are that many bytes; before it waits, what was answered is sent. The end of the input is the end of the session.
static void need(size_t length) {
    if (in_start + length > FILE_REQUEST_MAX + 4) {
        memmove(in, in + in_start, in_end - in_start);
        in_end -= in_start;
        in_start = 0;
    }
    while (in_end - in_start < length) {
        flush();
        ssize_t n = read(0, in + in_end, FILE_REQUEST_MAX + 4 - in_end);
        if (n == 0)
            _exit(0);
        if (n < 0 && errno != EINTR)
            _exit(1);
        in_end += n > 0 ? (size_t)n : 0;
    }
}

void files_serve(void) {
    prctl(PR_SET_NAME, "stasis-files");
    syscall(SYS_close_range, 3, ~0U, 0);
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){8192, 8192});
    signal(SIGPIPE, SIG_IGN);
    umask(0);
    in = malloc(FILE_REQUEST_MAX + 4);
    out = malloc(OUT_MAX);
    if (in == NULL || out == NULL)
        _exit(1);
    for (;;) {
        need(4);
        size_t length = get32(in + in_start);
        if (length > FILE_REQUEST_MAX)
            _exit(2);
        need(4 + length);
        reply_to(in + in_start + 4, length);
        in_start += 4 + length;
    }
}
