// The sandbox's log: a line of JSON for each line of a command's output, and one each for its beginning and its end. The host does not trust
// it. A command that writes much gets only so much into the log, and a line that says how much is missing.
#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>

enum { BUFFER_SIZE = 128 << 10, BUDGET_BYTES = 1 << 20, BUDGET_BYTES_PER_MS = 256, LINE_MAX = 4096, WORDS_MAX = 1024 };

static char buffer[BUFFER_SIZE];
static size_t start, end;

bool logs_run(void) {
    if (start == end || log_port.fd < 0 || !(log_port.ready & EPOLLOUT))
        return false;
    ssize_t n = source_write(&log_port, buffer + start, end - start);
    start += n > 0 ? (size_t)n : 0;
    if (start == end)
        start = end = 0;
    return n > 0;
}

// A fork's log is its own: what its source had still to write down stays with that. A line that was begun is ended.
void logs_forget(void) {
    if (start < end)
        buffer[0] = '\n';
    end = start < end;
    start = 0;
}

static size_t room(void) {
    if (start > 0) {
        memmove(buffer, buffer + start, end - start);
        end -= start;
        start = 0;
    }
    return BUFFER_SIZE - end;
}

// The length of the character that begins here: 0 if more bytes are needed to tell, -1 if none begins here.
static int character(const uint8_t *bytes, size_t length) {
    uint8_t first = bytes[0];
    int whole = first < 0x80 ? 1 : first >= 0xC2 && first < 0xE0 ? 2 : first >= 0xE0 && first < 0xF0 ? 3 : first >= 0xF0 && first < 0xF5 ? 4 : -1;
    for (int i = 1; i < whole; i++) {
        if ((size_t)i >= length)
            return 0;
        uint8_t low = i > 1 ? 0x80 : first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
        uint8_t high = i > 1 ? 0xBF : first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
        if (bytes[i] < low || bytes[i] > high)
            return -1;
    }
    return whole;
}

// Puts a text into JSON, from `at` on, where six bytes are free for each of its own; returns the end.
static char *put_text(char *at, const uint8_t *bytes, size_t length) {
    static const char HEX[] = "0123456789abcdef";
    *at++ = '"';
    for (size_t i = 0; i < length;) {
        uint8_t byte = bytes[i];
        if (byte >= ' ' && byte < 0x7F && byte != '"' && byte != '\\') {
            *at++ = (char)byte;
            i++;
            continue;
        }
        int whole = character(bytes + i, length - i);
        if (whole == 1) {
            memcpy(at, "\\u00", 4);
            at[4] = HEX[byte >> 4];
            at[5] = HEX[byte & 15];
            at += 6;
        } else if (whole <= 0) {
            memcpy(at, "\\ufffd", 6);
            at += 6;
        } else {
            memcpy(at, bytes + i, (size_t)whole);
            at += whole;
        }
        i += whole > 0 ? (size_t)whole : 1;
    }
    *at++ = '"';
    return at;
}

// What every line begins with.
static char *put_head(const struct command *command) {
    static char second[40];
    static time_t of;
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    if (now.tv_sec != of && gmtime_r(&now.tv_sec, &utc) != NULL) {
        strftime(second, sizeof second, "{\"time\":\"%Y-%m-%dT%H:%M:%S", &utc);
        of = now.tv_sec;
    }
    char *at = buffer + end;
    return at + sprintf(at, "%s.%06ldZ\",\"exec\":\"%s\"", second, now.tv_nsec / 1000, command->id);
}

static void put_end(char *at) {
    *at++ = '}';
    *at++ = '\n';
    end = (size_t)(at - buffer);
}

enum { HEAD_MAX = 64 + ID_MAX, REST_MAX = 128 };

void log_start(struct command *command) {
    if (command->unlogged)
        return;
    command->log.budget = BUDGET_BYTES;
    command->log.filled_ms = now_ms();
    size_t length = command->words_length < WORDS_MAX ? command->words_length : WORDS_MAX;
    if (room() < HEAD_MAX + 9 * length + REST_MAX)
        return;
    char *at = put_head(command);
    at += sprintf(at, ",\"event\":\"started\",\"pid\":%d,\"command\":[", command->pid);
    for (size_t i = 0; i < length;) {
        size_t word = strnlen(command->words + i, length - i);
        if (i > 0)
            *at++ = ',';
        at = put_text(at, (uint8_t *)command->words + i, word);
        i += word + 1;
    }
    *at++ = ']';
    put_end(at);
    command->log.begun = true;
}

static void tell_skipped(struct command *command) {
    if (command->log.skipped == 0 || room() < HEAD_MAX + REST_MAX)
        return;
    char *at = put_head(command);
    put_end(at + sprintf(at, ",\"event\":\"skipped\",\"bytes\":%llu", (unsigned long long)command->log.skipped));
    command->log.skipped = 0;
}

static void put_line(struct command *command, int channel, const uint8_t *bytes, size_t length) {
    if (room() < HEAD_MAX + 6 * length + REST_MAX) {
        command->log.skipped += length;
        return;
    }
    char *at = put_head(command);
    at += sprintf(at, ",\"stream\":\"%s\",\"text\":", channel == 0 ? "stdout" : "stderr");
    put_end(put_text(at, bytes, length));
}

// How many of the bytes may be logged.
static size_t allowed(struct command *command, size_t length) {
    int64_t now = now_ms();
    command->log.budget += (now - command->log.filled_ms) * BUDGET_BYTES_PER_MS;
    command->log.filled_ms = now;
    if (command->log.budget > BUDGET_BYTES)
        command->log.budget = BUDGET_BYTES;
    if (command->log.budget <= 0)
        return 0;
    command->log.budget -= (int64_t)length;
    return length;
}

// Where the bytes end that are whole characters; a beginning of one at the end is kept for the next time.
static size_t keep_tail(struct command *command, int channel, const uint8_t *bytes, size_t length) {
    size_t *kept = &command->log.tail_length[channel];
    *kept = 0;
    for (size_t back = 1; back <= 3 && back <= length; back++) {
        if (character(bytes + length - back, back) == 0) {
            memcpy(command->log.tail[channel], bytes + length - back, back);
            *kept = back;
            return length - back;
        }
    }
    return length;
}

void log_output(struct command *command, int channel, const uint8_t *bytes, size_t length) {
    static uint8_t text[FRAME_PAYLOAD + 4];
    if (command->unlogged)
        return;
    if (allowed(command, length) == 0) {
        command->log.skipped += length;
        return;
    }
    tell_skipped(command);
    size_t whole = command->log.tail_length[channel];
    memcpy(text, command->log.tail[channel], whole);
    memcpy(text + whole, bytes, length);
    whole = keep_tail(command, channel, text, whole + length);
    for (size_t at = 0; at < whole;) {
        uint8_t *newline = memchr(text + at, '\n', whole - at);
        size_t line = newline != NULL ? (size_t)(newline - text) + 1 - at : whole - at;
        if (line > LINE_MAX)
            line = LINE_MAX;
        put_line(command, channel, text + at, line);
        at += line;
    }
}

// A command has one end in the log, and one beginning.
void log_end(struct command *command) {
    if (command->unlogged)
        return;
    tell_skipped(command);
    if (command->log.ended || room() < HEAD_MAX + 2 * REST_MAX)
        return;
    command->log.ended = true;
    char *at = put_head(command);
    if (command->step != 0)
        at += sprintf(at, ",\"event\":\"failed\",\"step\":%d,\"errno\":%d", command->step, command->error);
    else if (WIFSIGNALED(command->status))
        at += sprintf(at, ",\"event\":\"exited\",\"signal\":%d", WTERMSIG(command->status));
    else
        at += sprintf(at, ",\"event\":\"exited\",\"code\":%d", WEXITSTATUS(command->status));
    if (command->out_of_memory)
        at += sprintf(at, ",\"outOfMemory\":true");
    if (command->timed_out)
        at += sprintf(at, ",\"timedOut\":true");
    put_end(at);
}
