// What flows through a command's pipes, one step at a time: a step reads or writes each pipe once.
#include "command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>

// ---- the beginning: the report pipe closes at execve, or says why there was none

static bool report_run(struct command *command) {
    int what[2];
    if (!(command->pipes.report.ready & EPOLLIN))
        return false;
    ssize_t n = source_read(&command->pipes.report, what, sizeof what);
    if (n < 0)
        return false;
    if (n == sizeof what) {
        command->step = what[0];
        command->error = what[1];
    }
    source_close(&command->pipes.report);
    return true;
}

static bool announce(struct command *command) {
    enum { TEXT_MAX = 100 };
    if (!command->attached || command->announced || command->pipes.report.fd >= 0)
        return false;
    uint8_t *payload = answer_space(&command->origin, 5 + TEXT_MAX);
    if (payload == NULL)
        return false;
    command->announced = true;
    if (command->step == 0) {
        put32(payload, (uint32_t)command->pid);
        answer_commit(&command->origin, STARTED, 4);
    } else {
        const char *text = strerror(command->error);
        size_t length = strnlen(text, TEXT_MAX);
        put32(payload, (uint32_t)command->error);
        payload[4] = (uint8_t)command->step;
        memcpy(payload + 5, text, length);
        answer_commit(&command->origin, EXEC_FAILED, 5 + length);
        command->attached = false;
    }
    return true;
}

// ---- standard input

static void stdin_write(struct command *command, const uint8_t *bytes, size_t length, size_t *written) {
    struct source *in = &command->pipes.in;
    ssize_t n = in->fd >= 0 && (in->ready & EPOLLOUT) ? source_write(in, bytes, length) : 0;
    if (n < 0 && errno != EAGAIN)
        source_close(in);  // nobody will read it
    *written = in->fd < 0 ? length : n > 0 ? (size_t)n : 0;
    command->in_owed += (uint32_t)*written;
}

void command_stdin(struct command *command, const uint8_t *bytes, size_t length) {
    size_t written = 0;
    if (command->in_length == 0)
        stdin_write(command, bytes, length, &written);
    if (written == length)
        return;
    if (command->in_bytes == NULL && (command->in_bytes = malloc(CREDIT_START)) == NULL)
        return source_close(&command->pipes.in);
    memmove(command->in_bytes, command->in_bytes + command->in_start, command->in_length);
    command->in_start = 0;
    memcpy(command->in_bytes + command->in_length, bytes + written, length - written);
    command->in_length += length - written;
}

static bool stdin_run(struct command *command) {
    size_t written = 0;
    if (command->in_length > 0)
        stdin_write(command, command->in_bytes + command->in_start, command->in_length, &written);
    command->in_start += written;
    command->in_length -= written;
    if (command->in_length == 0) {
        free(command->in_bytes);
        command->in_bytes = NULL;
        command->in_start = 0;
    }
    if ((command->in_length == 0 && (command->in_end || !command->attached)) || (command->ended && !command->attached))
        source_close(&command->pipes.in);
    if (!command->attached || !command->announced || command->in_owed < FRAME_PAYLOAD)
        return written > 0;
    uint8_t *credit = answer_space(&command->origin, 8);
    if (credit == NULL)
        return written > 0;
    memset(credit, 0, 4);
    put32(credit + 4, command->in_owed);
    answer_commit(&command->origin, CREDIT, 8);
    command->in_allowed += command->in_owed;
    command->in_owed = 0;
    return true;
}

// ---- standard output and error

static bool log_run(struct command *command, int channel) {
    char text[LOG_CHUNK];
    struct source *pipe = &command->pipes.out[channel];
    ssize_t n = source_read(pipe, text, sizeof text);
    if (n > 0 && !command->unlogged)
        log_lines(command->number, channel == 0 ? "stdout" : "stderr", text, (size_t)n);
    if (n == 0)
        source_close(pipe);
    return n >= 0;
}

static bool output_run(struct command *command, int channel) {
    struct source *pipe = &command->pipes.out[channel];
    if (pipe->fd < 0 || !(pipe->ready & EPOLLIN))
        return false;
    if (!command->attached)
        return log_run(command, channel);
    uint32_t *left = &command->out_left[channel], length = command->out_credit[channel];
    if (length > FRAME_PAYLOAD)
        length = FRAME_PAYLOAD;
    if (command->ended && length > *left)
        length = *left;
    uint8_t *space = length > 0 && command->announced ? answer_space(&command->origin, length) : NULL;
    if (space == NULL)
        return false;
    ssize_t n = source_read(pipe, space, length);
    if (n > 0) {
        answer_commit(&command->origin, channel == 0 ? STDOUT : STDERR, (size_t)n);
        command->out_credit[channel] -= (uint32_t)n;
        *left -= command->ended ? (uint32_t)n : 0;
    } else if (n == 0) {
        source_close(pipe);
    } else {
        *left = 0;
    }
    return n >= 0;
}

// ---- the end: what the pipes held when the process ended has been sent

static bool exit_run(struct command *command) {
    if (!command->attached || !command->announced || !command->ended)
        return false;
    for (int i = 0; i < 2; i++)
        if (command->pipes.out[i].fd >= 0 && command->out_left[i] > 0)
            return false;
    uint8_t *payload = answer_space(&command->origin, 8);
    if (payload == NULL)
        return false;
    memset(payload, 0, 4);
    payload[0] = WIFSIGNALED(command->status);
    put32(payload + 4, (uint32_t)(WIFSIGNALED(command->status) ? WTERMSIG(command->status) : WEXITSTATUS(command->status)));
    answer_commit(&command->origin, EXITED, 8);
    command->attached = false;
    return true;
}

bool command_step(struct command *command) {
    bool busy = report_run(command);
    busy |= announce(command);
    busy |= output_run(command, 0);
    busy |= output_run(command, 1);
    busy |= exit_run(command);
    busy |= stdin_run(command);
    return busy;
}
