// The agent's lanes, frames, commands, streams, log and connections as a program of this computer, with which a test does what hosts
// should not. Nothing of this computer is touched: what would be is not linked but stands here, and commands execute nothing. It listens at a
// unix socket; each connection is a lane.
//
//   harness SOCKET
//
// A command ends at once with 7; one whose name begins with `c` writes what it reads, with `y` much to both outputs, with `s` nothing for long.
#include "agent.h"
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct source log_port = {.fd = -1};
static struct source listener = {.fd = -1};
static const char *listen_at;

int agent_main(void);

// ---- ports.c

void ports_start(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    strncpy(address.sun_path, listen_at, sizeof address.sun_path - 1);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 64) < 0)
        exit(1);
    source_watch(&listener, fd);
}

// Its log goes nowhere.
void ports_run(void) {
    int fd;
    while ((listener.ready & EPOLLIN) && (fd = accept(listener.fd, NULL, NULL)) >= 0)
        lane_add(fd);
    listener.ready = 0;
    for (char drop[4096]; log_port.fd < 0;) {
        int ends[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
            exit(1);
        source_watch(&log_port, ends[0]);
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            close(ends[0]);
            while (read(ends[1], drop, sizeof drop) > 0) {
            }
            _exit(0);
        }
        close(ends[1]);
    }
}

// ---- spawn.c

static void write_all(int fd, const char *bytes, size_t length) {
    for (ssize_t n; length > 0 && (n = write(fd, bytes, length)) > 0; bytes += n)
        length -= (size_t)n;
}

static void be_command(const char *name) {
    static char bytes[8192];
    if (name[0] == 'c')
        for (ssize_t n; (n = read(0, bytes, sizeof bytes)) > 0;)
            write_all(1, bytes, (size_t)n);
    if (name[0] == 'y')
        for (int i = 0; i < 50; i++)
            write_all(1 + i % 2, bytes, sizeof bytes);
    if (name[0] == 's')
        sleep(2);
    _exit(7);
}

pid_t spawn(const struct spawn *spawn, struct pipes *ours, int *error) {
    int pipes[4][2];
    for (int i = 0; i < 4; i++)
        if (pipe2(pipes[i], O_CLOEXEC) < 0)
            exit(1);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        setsid();
        signal(SIGPIPE, SIG_DFL);
        dup2(pipes[0][0], 0);
        dup2(pipes[1][1], 1);
        dup2(pipes[2][1], 2);
        closefrom(3);
        be_command(spawn->serve != NULL ? "cat" : spawn->argv[0]);
    }
    *error = errno;
    for (int i = 0; i < 4; i++)
        close(pipes[i][i == 0 ? 0 : 1]);
    source_watch(&ours->in, spawn->no_stdin ? (close(pipes[0][1]), -1) : pipes[0][1]);
    source_watch(&ours->out[0], pipes[1][0]);
    source_watch(&ours->out[1], pipes[2][0]);
    source_watch(&ours->report, pipes[3][0]);
    return pid;
}

void terminal_resize(const struct pipes *pipes, uint16_t rows, uint16_t columns) {
    (void)pipes, (void)rows, (void)columns;
}

char **environment_with(char *const *more, size_t count, char *const *unset, size_t unset_count) {
    for (size_t i = 0; i < count; i++)
        if (strchr(more[i], '=') == NULL)
            abort();
    for (size_t i = 0; i < unset_count; i++)
        if (strchr(unset[i], '=') != NULL)
            abort();
    return calloc(1, sizeof(char *));
}

void files_serve(void) {
}

// ---- connections.c connects to nothing

int __wrap_connect(int fd, const struct sockaddr *address, socklen_t length) {
    (void)fd, (void)address, (void)length;
    errno = ECONNREFUSED;
    return -1;
}

// ---- control.c, fork.c and others: what acts on the whole machine

void control_frame(const struct origin *origin, const struct frame *frame, uint8_t *message, size_t length) {
    struct field field;
    uint8_t *at = message;
    if (frame->type == PING)
        answer(origin, OK, message, length);
    else if (frame->type != IDENTITY)
        answer_error(origin, EPROTO, "not here");
    else if (length == 0 || field_next(&at, message + length, &field) >= 0)
        answer(origin, OK, NULL, 0);
    else
        answer_error(origin, EPROTO, "malformed identity");
}

// There are no cgroups.
int write_file(const char *path, const char *text) {
    (void)path, (void)text;
    return 0;
}

void control_start(void) {
}

bool control_run(void) {
    return false;
}

int control_timeout(void) {
    return -1;
}

bool control_reaped(pid_t pid, int status) {
    (void)pid, (void)status;
    return false;
}

bool control_refuses_commands(int *error) {
    (void)error;
    return false;
}

void hook_ended(unsigned command, int error, int status) {
    (void)command, (void)error, (void)status;
}

bool hook_run(void) {
    return false;
}

int hook_timeout(void) {
    return -1;
}

int disk_folder(void) {
    return -1;
}

void boot(void) {
}

int main(int count, char **values) {
    if (count != 2)
        return 2;
    listen_at = values[1];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    return agent_main();
}
