// Commands: how they begin, what a host may say to them, how they are forgotten.
#include "command.h"

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

enum { COMMANDS_MAX = 1024, ARGUMENTS_MAX = 65536, VARIABLES_MAX = 4096, ENDED_MAX = 64, WORDS_MAX = 1024, TERMINAL_LEFT_MAX = 65536 };

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

struct request {
    struct spawn spawn;
    size_t argc, envc, unsetc;
    char **more, **unset;
    const char *id;
    bool kept, apart;
    uint32_t timeout_ms;
    enum step refused;
};

static bool id_is_valid(const char *id, size_t length) {
    return length > 0 && length <= ID_MAX
        && strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == length;
}

// Fields that hold numbers, and so may hold a NUL.
static bool number_field(struct request *request, const struct field *field) {
    struct spawn *spawn = &request->spawn;
    const uint8_t *bytes = field->bytes;
    if (field->tag == 8 && field->length == 20 && spawn->limit_count < sizeof spawn->limits / sizeof *spawn->limits) {
        spawn->limits[spawn->limit_count++] = (struct limit){get32(bytes), get64(bytes + 4), get64(bytes + 12)};
    } else if (field->tag == 9 && field->length == 4) {
        spawn->terminal = true;
        spawn->rows = get16(bytes);
        spawn->columns = get16(bytes + 2);
    } else if (field->tag == 12 && field->length == 4) {
        request->timeout_ms = get32(bytes);
    } else {
        return false;
    }
    return true;
}

// Takes the request's fields. The arrays have room for as many as there are fields.
static void request_read(struct request *request, uint8_t *at, uint8_t *end) {
    struct field field;
    int more;
    request->refused = STEP_REQUEST;
    while ((more = field_next(&at, end, &field)) > 0) {
        char *text = (char *)field.bytes;
        if (number_field(request, &field))
            continue;
        if (memchr(text, 0, field.length) != NULL)
            return;
        if (field.tag == 1 && request->argc < ARGUMENTS_MAX)
            request->spawn.argv[request->argc++] = text;
        else if (field.tag == 2 && request->envc < VARIABLES_MAX && strchr(text, '=') > text)
            request->more[request->envc++] = text;
        else if (field.tag == 3 && field.length > 0)
            request->spawn.folder = text;
        else if (field.tag == 4 && field.length > 0)
            request->spawn.user = text;
        else if (field.tag == 5)
            request->spawn.no_stdin = true;
        else if (field.tag == 6)
            request->spawn.make_folder = true;
        else if (field.tag == 7 && request->unsetc < VARIABLES_MAX && field.length > 0 && strchr(text, '=') == NULL)
            request->unset[request->unsetc++] = text;
        else if (field.tag == 10 && id_is_valid(text, field.length))
            request->id = text;
        else if (field.tag == 11 || field.tag == 13)
            request->kept = true, request->apart |= field.tag == 13;
        else
            return;
    }
    if (more == 0 && (request->argc > 0) == (request->spawn.serve == NULL))
        request->refused = 0;
}

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

enum { RECORD_LENGTH = 36 };

static size_t record_length(const struct command *command) {
    return RECORD_LENGTH + 4 + strlen(command->id) + command->words_length;
}

// number, process, how it ended (kind, its causes), what it is, value, when; id and words, each behind its length.
static size_t put_record(uint8_t *at, const struct command *command) {
    bool signaled = command->ended && WIFSIGNALED(command->status);
    size_t id = strlen(command->id);
    put32(at, command->number);
    put32(at + 4, (uint32_t)command->pid);
    at[8] = !command->ended ? 0 : command->step != 0 ? 3 : signaled ? 2 : 1;
    at[9] = (uint8_t)(command->out_of_memory | command->timed_out << 1);
    at[10] = (uint8_t)(command->kept | command->attached << 1 | command->terminal << 2);
    at[11] = 0;
    put32(at + 12, (uint32_t)(!command->ended ? 0 : command->step != 0 ? command->error : signaled ? WTERMSIG(command->status) : WEXITSTATUS(command->status)));
    put64(at + 16, (uint64_t)command->began_ns);
    put64(at + 24, (uint64_t)command->ended_ns);
    put32(at + 32, (uint32_t)id);
    memcpy(at + 36, command->id, id);
    put32(at + 36 + id, (uint32_t)command->words_length);
    if (command->words_length > 0)
        memcpy(at + 40 + id, command->words, command->words_length);
    return record_length(command);
}

static const struct command *command_after(uint32_t after) {
    const struct command *next = NULL;
    for (const struct command *command = commands; command != NULL; command = command->next)
        if (command->number > after && !command->alone && !command->unlogged && (next == NULL || command->number < next->number) && (!command->ended || command->kept))
            next = command;
    return next;
}

// Those with higher numbers than the one given, the lowest first, as many as fit.
void command_list(const struct origin *origin, const uint8_t *request, size_t length) {
    static uint8_t payload[FRAME_PAYLOAD];
    if (length != 4)
        return answer_error(origin, EPROTO, "malformed");
    uint32_t after = get32(request);
    size_t used = 0;
    for (const struct command *command; (command = command_after(after)) != NULL; after = command->number) {
        if (used + record_length(command) > sizeof payload)
            break;
        used += put_record(payload + used, command);
    }
    answer(origin, OK, payload, used);
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
