// Commands: how they begin, what a host may say to them, how they are forgotten.
#include "command.h"

#include "request.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { COMMANDS_MAX = 1024, ENDED_MAX = 64, WORDS_MAX = 1024, TERMINAL_LEFT_MAX = 65536 };

static struct command *commands;
static unsigned count, number;
static uint64_t refused, not_executed, file_servers;
static bool reaped;  // a cgroup may have become empty

static void cgroup_path(const struct command *command, const char *file, char path[96]) {
    snprintf(path, 96, USER_CGROUP "/cmd-%u%s", command->number, file);
}

static int64_t clock_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

void commands_count(uint64_t counts[3]) {
    counts[0] = number - not_executed - file_servers;
    counts[1] = 0;
    counts[2] = refused + not_executed;
    for (const struct command *command = commands; command != NULL; command = command->next)
        counts[1] += !command->ended && !command->unlogged;
}

void command_not_executed(void) {
    not_executed++;
}

// ---- starting

static void refuse(const struct origin *origin, int error, enum step step, const char *text) {
    uint8_t payload[133];
    put32(payload, (uint32_t)error);
    payload[4] = (uint8_t)step;
    size_t length = strnlen(text, sizeof payload - 5);
    memcpy(payload + 5, text, length);
    answer(origin, EXEC_FAILED, payload, 5 + length);
}

static struct command *command_named(const char *id, size_t length) {
    for (struct command *command = commands; command != NULL; command = command->next)
        if (strlen(command->id) == length && memcmp(command->id, id, length) == 0)
            return command;
    return NULL;
}

static struct command *command_of(const struct origin *origin) {
    for (struct command *command = commands; command != NULL; command = command->next)
        if (command->attached && command->origin.lane == origin->lane && command->origin.stream == origin->stream)
            return command;
    return NULL;
}

// What is shown of its words.
static void words_set(struct command *command, char *const *argv) {
    size_t length = 0;
    for (size_t i = 0; argv[i] != NULL && length < WORDS_MAX; i++)
        length += strlen(argv[i]) + 1;
    command->words_length = length < WORDS_MAX ? length : WORDS_MAX;
    command->words = calloc(1, command->words_length);
    if (command->words == NULL)
        command->words_length = 0;
    for (size_t i = 0, at = 0; at < command->words_length; i++) {
        size_t word = strlen(argv[i]) + 1, left = command->words_length - at;
        memcpy(command->words + at, argv[i], word < left ? word : left - 1);
        at += word < left ? word : left;
    }
}

static void command_free(struct command *command) {
    free(command->words);
    free(command->in_bytes);
    free(command);
}

// Without an origin the command is alone. NULL with *error if it did not begin.
static struct command *launch(const struct origin *origin, struct request *request, int *error) {
    char path[96];
    *error = ENOMEM;
    struct command *command = calloc(1, sizeof *command);
    request->spawn.envp = environment_with(request->more, request->envc, request->unset, request->unsetc);
    if (command != NULL && request->spawn.envp != NULL) {
        *command = (struct command){.next = commands, .number = ++number, .attached = origin != NULL, .alone = origin == NULL,
                                    .kept = request->kept, .apart = request->apart, .terminal = request->spawn.terminal, .began_ns = clock_ns(),
                                    .out_credit = {CREDIT_START, CREDIT_START}, .in_allowed = CREDIT_START,
                                    .unlogged = request->spawn.serve != NULL};
        if (origin != NULL)
            command->origin = *origin;
        if (request->id != NULL)
            strcpy(command->id, request->id);
        else
            snprintf(command->id, sizeof command->id, origin == NULL ? "on-fork-%u" : "cmd-%u", number);
        if (request->timeout_ms > 0)
            command->deadline_ms = now_ms() + request->timeout_ms;
        words_set(command, request->spawn.argv);
        cgroup_path(command, "", path);
        request->spawn.cgroup = path;
        command->pid = spawn(&request->spawn, &command->pipes, error);
    }
    free(request->spawn.envp);
    if (command != NULL && command->pid > 0) {
        commands = command;
        count++;
        file_servers += command->unlogged;
        log_start(command);
        return command;
    }
    if (command != NULL)
        command_free(command);
    return NULL;
}

unsigned command_start_alone(char *program, int *error) {
    char *argv[] = {program, NULL};
    struct request request = {.spawn = {.folder = "/", .argv = argv, .no_stdin = true}};
    struct command *command = launch(NULL, &request, error);
    return command == NULL ? 0 : command->number;
}

void command_kill(unsigned wanted) {
    for (struct command *command = commands; command != NULL; command = command->next)
        if (command->number == wanted)
            command_kill_all(command);
}

void command_kill_all(const struct command *command) {
    char path[96];
    cgroup_path(command, "/cgroup.kill", path);
    write_file(path, "1");
}

static void start(const struct origin *origin, uint8_t *bytes, size_t length, void (*serve)(void)) {
    int error;
    refused++;  // until it has begun
    if (command_of(origin) != NULL)
        return answer_error(origin, EPROTO, "the stream is in use");
    if (control_refuses_commands(&error))
        return refuse(origin, error, STEP_FROZEN, "the sandbox is frozen, or ends");
    if (count >= COMMANDS_MAX)
        return refuse(origin, EAGAIN, STEP_LIMITS, "too many commands at once");
    size_t fields = length / 5 + 1;
    struct request request = {.spawn = {.folder = "/", .serve = serve}};
    request.spawn.argv = calloc(fields + 1, sizeof *request.spawn.argv);
    request.more = calloc(fields, sizeof *request.more);
    request.unset = calloc(fields, sizeof *request.unset);
    if (request.spawn.argv == NULL || request.more == NULL || request.unset == NULL)
        request.refused = STEP_LIMITS;
    else
        request_read(&request, bytes, bytes + length);
    if (!request.refused && request.id != NULL && command_named(request.id, strlen(request.id)) != NULL)
        refuse(origin, EEXIST, STEP_REQUEST, "there is a command with this id");
    else if (request.refused)
        refuse(origin, request.refused == STEP_LIMITS ? ENOMEM : EINVAL, request.refused, "malformed, empty or not supported");
    else if (launch(origin, &request, &error) == NULL)
        refuse(origin, error, STEP_FORK, strerror(error));
    else
        refused--;
    free(request.spawn.argv);
    free(request.more);
    free(request.unset);
}

void command_start(const struct origin *origin, uint8_t *request, size_t length) {
    start(origin, request, length, NULL);
}

void files_start(const struct origin *origin, uint8_t *request, size_t length) {
    start(origin, request, length, files_serve);
}

// ---- attaching again

void command_attach(const struct origin *origin, const uint8_t *id, size_t length) {
    if (command_of(origin) != NULL)
        return answer_error(origin, EPROTO, "the stream is in use");
    struct command *command = command_named((const char *)id, length);
    if (command == NULL || (!command->kept && (command->ended || command->terminal)) || command->alone || command->unlogged)
        return refuse(origin, ENOENT, STEP_REQUEST, "there is no command with this id");
    if (command->attached)
        return refuse(origin, EBUSY, STEP_REQUEST, "somebody is attached to it");
    command->origin = *origin;
    command->attached = command->again = true;
    command->announced = false;
    command->out_credit[0] = command->out_credit[1] = CREDIT_START;
    command->in_allowed = CREDIT_START - (uint32_t)command->in_length;
    command->in_owed = 0;
}

const struct command *command_after(uint32_t after) {
    const struct command *next = NULL;
    for (const struct command *command = commands; command != NULL; command = command->next)
        if (command->number > after && !command->alone && !command->unlogged && (next == NULL || command->number < next->number) && (!command->ended || command->kept))
            next = command;
    return next;
}

// It goes on without its host.
void command_detach(struct command *command) {
    if (command->unlogged)
        return answer_error(&command->origin, EPROTO, "a file server can't be kept");
    command->kept = true;
    command->attached = false;
    answer(&command->origin, DETACHED, NULL, 0);
}

static void window_received(struct command *command, const struct frame *frame) {
    if (frame->length != 4 || !command->terminal)
        return answer_error(&command->origin, EPROTO, "no size of a terminal, or no terminal");
    terminal_resize(&command->pipes, get16(frame->payload), get16(frame->payload + 2));
}

// ---- frames of a command's stream. One that has ended ignores them: they crossed its end on the way.

static void stdin_received(struct command *command, const struct frame *frame) {
    if (frame->length > command->in_allowed || command->in_end)
        return answer_error(&command->origin, EPROTO, "standard input beyond its credit, or after its end");
    command->in_allowed -= frame->length;
    command_stdin(command, frame->payload, frame->length);
}

static void credit_received(struct command *command, const struct frame *frame) {
    uint8_t channel = frame->payload[0];
    if (frame->length != 8 || channel < 1 || channel > 2)
        return answer_error(&command->origin, EPROTO, "malformed credit");
    uint32_t *credit = &command->out_credit[channel - 1], more = get32(frame->payload + 4);
    *credit = more > CREDIT_MAX - *credit ? CREDIT_MAX : *credit + more;
}

static void signal_cgroup(const struct command *command, int signal) {
    char path[96], line[32];
    if (signal == SIGKILL)
        return command_kill_all(command);
    cgroup_path(command, "/cgroup.procs", path);
    FILE *processes = fopen(path, "re");
    while (processes != NULL && fgets(line, sizeof line, processes) != NULL)
        kill(atoi(line), signal);
    if (processes != NULL)
        fclose(processes);
}

static void signal_received(struct command *command, const struct frame *frame) {
    uint32_t signal = frame->length == 8 ? get32(frame->payload) : 0;
    if (signal < 1 || signal > 64 || frame->payload[4] > 1)
        return answer_error(&command->origin, EPROTO, "malformed signal");
    command->killed |= signal == SIGKILL;
    if (frame->payload[4] == 1)
        signal_cgroup(command, (int)signal);
    else if (!command->ended && kill(-command->pid, (int)signal) < 0)
        kill(command->pid, (int)signal);  // it has no group of its own yet
}

void command_frame(const struct origin *origin, const struct frame *frame) {
    struct command *command = command_of(origin);
    bool known = frame->type == CREDIT || frame->type == STDIN || frame->type == STDIN_END || frame->type == SIGNAL;
    if (!known && frame->type != DETACH && frame->type != WINDOW)
        return answer_error(origin, EPROTO, "not a frame that a host sends");
    if (command == NULL)
        return;
    if (frame->type == CREDIT)
        credit_received(command, frame);
    else if (frame->type == STDIN)
        stdin_received(command, frame);
    else if (frame->type == SIGNAL)
        signal_received(command, frame);
    else if (frame->type == DETACH)
        command_detach(command);
    else if (frame->type == WINDOW)
        window_received(command, frame);
    else
        command->in_end = true;
}

// ---- the end

void commands_orphan(const struct lane *lane) {
    for (struct command *command = commands; command != NULL; command = command->next)
        if (command->attached && command->origin.lane == lane)
            command->attached = false;
}

// Which processes the kernel killed because memory ran out, as it says in its own log.
static void out_of_memory_read(void) {
    static int log = -1;
    static const char KILLED[] = "Killed process ";
    char record[1024];
    if (log < 0)
        log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    for (ssize_t n; (n = read(log, record, sizeof record - 1)) > 0 || (n < 0 && errno == EPIPE);) {
        record[n < 0 ? 0 : n] = 0;
        const char *found = strstr(record, KILLED);
        pid_t pid = found == NULL ? 0 : atoi(found + strlen(KILLED));
        for (struct command *command = commands; pid > 0 && command != NULL; command = command->next)
            command->out_of_memory |= command->pid == pid && (!command->ended || WIFSIGNALED(command->status));
    }
}

void commands_reaped(pid_t pid, int status) {
    reaped = true;
    for (struct command *command = commands; command != NULL; command = command->next) {
        if (command->pid != pid || command->ended)
            continue;
        command->ended = true;
        command->ended_ns = clock_ns();
        command->status = status;
        if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && !command->killed)
            out_of_memory_read();
        for (int i = 0; i < 2; i++) {
            int held = 0;
            if (command->pipes.out[i].fd >= 0)
                ioctl(command->pipes.out[i].fd, FIONREAD, &held);
            command->out_left[i] = (uint32_t)held;
        }
        if (command->terminal) {  // what is still on its way is not counted: reading brings it
            command->out_left[0] = TERMINAL_LEFT_MAX;
            command->pipes.out[0].ready |= EPOLLIN;
        }
    }
}

// Its cgroup can go once all of its processes have ended, which SIGCHLD tells: their last parent is this process.
static bool forget(struct command *command) {
    const struct pipes *pipes = &command->pipes;
    bool open = pipes->in.fd >= 0 || pipes->out[0].fd >= 0 || pipes->out[1].fd >= 0 || pipes->report.fd >= 0;
    if (command->attached || command->kept || !command->ended || open || (command->removal_tried && !reaped))
        return false;
    char path[96];
    cgroup_path(command, "", path);
    command->removal_tried = true;
    if (rmdir(path) < 0 && errno != ENOENT)
        return false;
    held_free(command);
    command_free(command);
    count--;
    return true;
}

// Of kept commands that have ended some are remembered: the latest.
static void forget_old_ends(void) {
    struct command *oldest = NULL;
    size_t ended = 0;
    for (struct command *command = commands; command != NULL; command = command->next) {
        if (!command->kept || !command->ended || command->attached)
            continue;
        ended++;
        if (oldest == NULL || command->ended_ns < oldest->ended_ns)
            oldest = command;
    }
    if (ended > ENDED_MAX)
        oldest->kept = false;
}

static void kill_late(struct command *command) {
    if (command->deadline_ms == 0 || command->ended || now_ms() < command->deadline_ms)
        return;
    command->deadline_ms = 0;
    command->timed_out = command->killed = true;
    command_kill_all(command);
}

int commands_timeout(void) {
    int64_t soonest = -1;
    for (const struct command *command = commands; command != NULL; command = command->next) {
        if (command->deadline_ms == 0 || command->ended)
            continue;
        int64_t left = command->deadline_ms - now_ms();
        left = left < 0 ? 0 : left > 1000 ? 1000 : left;
        if (soonest < 0 || left < soonest)
            soonest = left;
    }
    return (int)soonest;
}

// The first becomes the last each time, so that all get their share of a lane.
bool commands_run(void) {
    bool busy = false;
    struct command *first = commands, **at = &commands;
    while (*at != NULL) {
        struct command *command = *at, *next = command->next;
        kill_late(command);
        busy |= command_step(command);
        if (command->alone && command->ended && command->pipes.report.fd < 0) {
            command->alone = false;
            busy = true;
            hook_ended(command->number, command->error, command->status);
        }
        if (!forget(command))
            at = &command->next;
        else
            *at = next;
    }
    if (reaped)
        forget_old_ends();
    reaped = false;
    if (commands != NULL && commands == first && commands->next != NULL) {
        commands = first->next;
        first->next = NULL;
        *at = first;
    }
    return busy;
}
