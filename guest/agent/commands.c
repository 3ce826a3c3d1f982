// Commands: how they begin, what a host may say to them, how they are forgotten.
#include "command.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { COMMANDS_MAX = 1024, ARGUMENTS_MAX = 65536, VARIABLES_MAX = 4096 };

static struct command *commands;
static unsigned count, number;
static bool reaped;  // a cgroup may have become empty

static void cgroup_path(const struct command *command, const char *file, char path[96]) {
    snprintf(path, 96, USER_CGROUP "/cmd-%u%s", command->number, file);
}

// ---- starting

struct request {
    struct spawn spawn;
    size_t argc, envc, unsetc;
    char **more, **unset;
    enum step refused;
};

// Takes the request's fields. The arrays have room for as many as there are fields.
static void request_read(struct request *request, uint8_t *at, uint8_t *end) {
    struct field field;
    int more;
    request->refused = STEP_REQUEST;
    while ((more = field_next(&at, end, &field)) > 0) {
        char *text = (char *)field.bytes;
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

static struct command *command_of(const struct origin *origin) {
    for (struct command *command = commands; command != NULL; command = command->next)
        if (command->attached && command->origin.lane == origin->lane && command->origin.stream == origin->stream)
            return command;
    return NULL;
}

// Without an origin the command is alone. NULL with *error if it did not begin.
static struct command *launch(const struct origin *origin, struct request *request, int *error) {
    char path[96];
    *error = ENOMEM;
    struct command *command = calloc(1, sizeof *command);
    request->spawn.envp = environment_with(request->more, request->envc, request->unset, request->unsetc);
    if (command != NULL && request->spawn.envp != NULL) {
        *command = (struct command){.next = commands, .number = ++number, .attached = origin != NULL, .alone = origin == NULL,
                                    .out_credit = {CREDIT_START, CREDIT_START}, .in_allowed = CREDIT_START,
                                    .unlogged = request->spawn.serve != NULL};
        if (origin != NULL)
            command->origin = *origin;
        cgroup_path(command, "", path);
        request->spawn.cgroup = path;
        command->pid = spawn(&request->spawn, &command->pipes, error);
    }
    free(request->spawn.envp);
    if (command != NULL && command->pid > 0) {
        commands = command;
        count++;
        return command;
    }
    free(command);
    return NULL;
}

unsigned command_start_alone(char *program, int *error) {
    char *argv[] = {program, NULL};
    struct request request = {.spawn = {.folder = "/", .argv = argv, .no_stdin = true}};
    struct command *command = launch(NULL, &request, error);
    return command == NULL ? 0 : command->number;
}

void command_kill(unsigned wanted) {
    char path[96];
    struct command killed = {.number = wanted};
    cgroup_path(&killed, "/cgroup.kill", path);
    write_file(path, "1");
}

static void start(const struct origin *origin, uint8_t *bytes, size_t length, void (*serve)(void)) {
    int error;
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
    if (request.refused)
        refuse(origin, request.refused == STEP_LIMITS ? ENOMEM : EINVAL, request.refused, "malformed, empty or not supported");
    else if (launch(origin, &request, &error) == NULL)
        refuse(origin, error, STEP_FORK, strerror(error));
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
    cgroup_path(command, signal == SIGKILL ? "/cgroup.kill" : "/cgroup.procs", path);
    if (signal == SIGKILL) {
        write_file(path, "1");
        return;
    }
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
    if (frame->payload[4] == 1)
        signal_cgroup(command, (int)signal);
    else if (!command->ended && kill(-command->pid, (int)signal) < 0)
        kill(command->pid, (int)signal);  // it has no group of its own yet
}

void command_frame(const struct origin *origin, const struct frame *frame) {
    struct command *command = command_of(origin);
    if (frame->type != CREDIT && frame->type != STDIN && frame->type != STDIN_END && frame->type != SIGNAL)
        return answer_error(origin, EPROTO, "not a frame that a host sends");
    if (command == NULL)
        return;
    if (frame->type == CREDIT)
        credit_received(command, frame);
    else if (frame->type == STDIN)
        stdin_received(command, frame);
    else if (frame->type == SIGNAL)
        signal_received(command, frame);
    else
        command->in_end = true;
}

// ---- the end

void commands_orphan(const struct lane *lane) {
    for (struct command *command = commands; command != NULL; command = command->next)
        if (command->origin.lane == lane)
            command->attached = false;
}

void commands_reaped(pid_t pid, int status) {
    reaped = true;
    for (struct command *command = commands; command != NULL; command = command->next) {
        if (command->pid != pid || command->ended)
            continue;
        command->ended = true;
        command->status = status;
        for (int i = 0; i < 2; i++) {
            int held = 0;
            if (command->pipes.out[i].fd >= 0)
                ioctl(command->pipes.out[i].fd, FIONREAD, &held);
            command->out_left[i] = (uint32_t)held;
        }
    }
}

// Its cgroup can go once all of its processes have ended, which SIGCHLD tells: their last parent is this process.
static bool forget(struct command *command) {
    const struct pipes *pipes = &command->pipes;
    bool open = pipes->in.fd >= 0 || pipes->out[0].fd >= 0 || pipes->out[1].fd >= 0 || pipes->report.fd >= 0;
    if (command->attached || !command->ended || open || (command->removal_tried && !reaped))
        return false;
    char path[96];
    cgroup_path(command, "", path);
    command->removal_tried = true;
    if (rmdir(path) < 0 && errno != ENOENT)
        return false;
    free(command->in_bytes);
    free(command);
    count--;
    return true;
}

// The first becomes the last each time, so that all get their share of a lane.
bool commands_run(void) {
    bool busy = false;
    struct command *first = commands, **at = &commands;
    while (*at != NULL) {
        struct command *command = *at, *next = command->next;
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
    reaped = false;
    if (commands != NULL && commands == first && commands->next != NULL) {
        commands = first->next;
        first->next = NULL;
        *at = first;
    }
    return busy;
}
