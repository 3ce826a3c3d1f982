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
        command_not_executed();
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
        put64(payload + 4, command->skipped);
        put32(payload + 12, command->pipes.in.fd < 0 || command->in_end ? UINT32_MAX : command->in_allowed);
        answer_commit(&command->origin, STARTED, command->again ? 16 : 4);
        command->skipped = 0;
        if (command->apart)
            command_detach(command);
        command->apart = false;
    } else {
        const char *text = strerror(command->error);
        size_t length = strnlen(text, TEXT_MAX);
        put32(payload, (uint32_t)command->error);
        payload[4] = (uint8_t)command->step;
        memcpy(payload + 5, text, length);
        answer_commit(&command->origin, EXEC_FAILED, 5 + length);
        command->attached = command->kept = false;
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

static bool is_orphan(const struct command *command) {
    return !command->attached && !command->kept;
}

// A terminal has no end of its input but a character that stands for it, at the beginning of a line.
static size_t terminal_end(struct command *command) {
    static const uint8_t END = 4;
    size_t written;
    stdin_write(command, &END, 1, &written);
    command->in_owed -= (uint32_t)written;
    return written;
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
    if (command->in_length == 0 && command->in_end && command->terminal && !command->in_end_told) {
        command->in_end_told = terminal_end(command) > 0;
        written += command->in_end_told;
    }
    bool over = command->in_end && !command->terminal;
    if ((command->in_length == 0 && (over || is_orphan(command))) || (command->ended && !command->attached))
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

// A terminal that nobody has open any more says so by an error.
static ssize_t output_read(struct command *command, int channel, uint8_t *bytes, size_t length) {
    uint32_t *left = &command->out_left[channel];
    ssize_t n = source_read(&command->pipes.out[channel], bytes, length);
    if (n < 0 && errno == EIO && command->terminal)
        n = 0;
    if (n > 0)
        log_output(command, channel, bytes, (size_t)n);
    if (n == 0)
        source_close(&command->pipes.out[channel]);
    *left = n <= 0 ? 0 : *left > (size_t)n ? *left - (uint32_t)n : 0;
    return n;
}

// Nobody is there for it.
static bool unread_run(struct command *command, int channel) {
    uint8_t bytes[LOG_CHUNK];
    if (command->terminal && !command->kept) {  // it is hung up
        source_close(&command->pipes.in);
        source_close(&command->pipes.out[channel]);
        return true;
    }
    ssize_t n = output_read(command, channel, bytes, sizeof bytes);
    if (n > 0 && command->kept)
        held_add(command, channel, bytes, (size_t)n);
    return n >= 0;
}

static bool output_run(struct command *command, int channel) {
    struct source *pipe = &command->pipes.out[channel];
    bool hung_up = is_orphan(command) && command->terminal;
    if (pipe->fd < 0 || (!(pipe->ready & EPOLLIN) && !hung_up))
        return false;
    if (!command->attached)
        return unread_run(command, channel);
    if (command->held != NULL)
        return false;  // that is sent first
    uint32_t *left = &command->out_left[channel], length = command->out_credit[channel];
    if (length > FRAME_PAYLOAD)
        length = FRAME_PAYLOAD;
    if (command->ended && length > *left)
        length = *left;
    uint8_t *space = length > 0 && command->announced ? answer_space(&command->origin, length) : NULL;
    if (space == NULL)
        return false;
    ssize_t n = output_read(command, channel, space, length);
    if (n > 0) {
        answer_commit(&command->origin, channel == 0 ? STDOUT : STDERR, (size_t)n);
        command->out_credit[channel] -= (uint32_t)n;
    }
    return n >= 0;
}

// ---- the end: what the pipes held when the process ended has been sent

static bool exit_run(struct command *command) {
    if (!command->ended || command->pipes.report.fd >= 0)
        return false;
    for (int i = 0; i < 2; i++)
        if (command->pipes.out[i].fd >= 0 && command->out_left[i] > 0)
            return false;
    log_end(command);
    if (!command->attached || !command->announced || command->held != NULL)
        return false;
    uint8_t *payload = answer_space(&command->origin, 8);
    if (payload == NULL)
        return false;
    memset(payload, 0, 4);
    payload[0] = WIFSIGNALED(command->status);
    payload[1] = (uint8_t)(command->out_of_memory | command->timed_out << 1);
    put32(payload + 4, (uint32_t)(WIFSIGNALED(command->status) ? WTERMSIG(command->status) : WEXITSTATUS(command->status)));
    answer_commit(&command->origin, EXITED, 8);
    command->attached = command->kept = false;
    return true;
}

bool command_step(struct command *command) {
    bool busy = report_run(command);
    busy |= announce(command);
    busy |= command->attached && held_send(command);
    busy |= output_run(command, 0);
    busy |= output_run(command, 1);
    busy |= exit_run(command);
    busy |= stdin_run(command);
    return busy;
}
