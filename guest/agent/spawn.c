// One process: its environment, its pipes or its terminal, its cgroup, its execve.
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char *const DEFAULTS[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root"};
static char **sandbox;  // the sandbox's own: an array that ends with NULL, all of it allocated

static size_t environment_size(char *const *environment) {
    size_t n = 0;
    while (environment != NULL && environment[n] != NULL)
        n++;
    return n;
}

// Puts one NAME=VALUE into an array that has room for it, in place of one with the same name.
static void environment_set(char **environment, char *entry) {
    size_t name = strcspn(entry, "=") + 1, at = 0;
    while (environment[at] != NULL && strncmp(environment[at], entry, name) != 0)
        at++;
    environment[at] = entry;
}

static bool environment_names(char *const *names, size_t count, const char *entry) {
    size_t length = strcspn(entry, "=");
    for (size_t i = 0; i < count; i++)
        if (strlen(names[i]) == length && memcmp(names[i], entry, length) == 0)
            return true;
    return false;
}

// The sandbox's own variables; NULL if it never had any.
char *const *environment_own(void) {
    return sandbox;
}

// The defaults, then the sandbox's without those that `unset` names, then `more`; the caller frees the array only.
char **environment_with(char *const *more, size_t count, char *const *unset, size_t unset_count) {
    char **all = calloc(2 + environment_size(sandbox) + count + 1, sizeof *all);
    if (all == NULL)
        return NULL;
    memcpy(all, DEFAULTS, sizeof DEFAULTS);
    for (size_t i = 0; i < environment_size(sandbox); i++)
        if (!environment_names(unset, unset_count, sandbox[i]))
            environment_set(all, sandbox[i]);
    for (size_t i = 0; i < count; i++)
        environment_set(all, more[i]);
    return all;
}

// Changes the sandbox's environment: all of it, or what is given. Returns an errno, and changes nothing then.
int environment_replace(bool all, char *const *given, size_t count) {
    size_t kept = all ? 0 : environment_size(sandbox);
    char **merged = calloc(kept + count + 1, sizeof *merged), **copy = calloc(kept + count + 1, sizeof *copy);
    bool made = merged != NULL && copy != NULL;
    for (size_t i = 0; made && i < kept; i++)
        merged[i] = sandbox[i];
    for (size_t i = 0; made && i < count; i++)
        environment_set(merged, given[i]);
    for (size_t i = 0; made && merged[i] != NULL; i++)
        made = (copy[i] = strdup(merged[i])) != NULL;
    char **gone = made ? sandbox : copy;
    for (size_t i = 0; gone != NULL && gone[i] != NULL; i++)
        free(gone[i]);
    free(gone);
    free(merged);
    if (made)
        sandbox = copy;
    return made ? 0 : ENOMEM;
}

// ---- the child, until it executes

static void give_up(int report, enum step step) {
    int what[2] = {step, errno};
    ssize_t n = write(report, what, sizeof what);
    _exit(n < 0 ? 126 : 127);
}

// A folder with those above it; what can't be made is missing afterwards.
static void make_folders(const char *path) {
    char *copy = strdup(path);
    for (char *at = copy; at != NULL && (at = strchr(at + 1, '/')) != NULL; *at = '/') {
        *at = 0;
        mkdir(copy, 0755);
    }
    mkdir(path, 0755);
    free(copy);
}

// The default is root's home; whoever set another one keeps it.
static void environment_default_home(char **environment, const char *home) {
    static char entry[PATH_MAX + 8];
    for (; *environment != NULL; environment++)
        if (*environment == DEFAULTS[1] && snprintf(entry, sizeof entry, "HOME=%s", home) < (int)sizeof entry)
            *environment = entry;
}

static void child(const struct spawn *spawn, const int fds[3], int report) {
    sigset_t none;
    sigemptyset(&none);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
    // The terminal becomes that of the command's session, so that its keys send signals there.
    if (spawn->terminal && ioctl(fds[0], TIOCSCTTY, 0) < 0)
        give_up(report, STEP_FORK);
    umask(022);
    for (int i = 0; i < 3; i++)
        if (dup2(fds[i], i) < 0)
            give_up(report, STEP_FORK);
    if (setrlimit(RLIMIT_NOFILE, &(struct rlimit){1024, 524288}) < 0)
        give_up(report, STEP_LIMITS);
    if (spawn->make_folder)
        make_folders(spawn->folder);
    if (chdir(spawn->folder) < 0)
        give_up(report, STEP_FOLDER);
    for (size_t i = 0; i < spawn->limit_count; i++)
        if (setrlimit((int)spawn->limits[i].resource, &(struct rlimit){spawn->limits[i].soft, spawn->limits[i].hard}) < 0)
            give_up(report, STEP_LIMITS);
    const char *home = NULL;
    if (spawn->user != NULL && user_become(spawn->user, &home) < 0)
        give_up(report, STEP_USER);
    if (home != NULL)
        environment_default_home(spawn->envp, home);
    if (spawn->serve != NULL) {
        close(report);
        spawn->serve();
    }
    environ = spawn->envp;
    execvp(spawn->argv[0], spawn->argv);
    give_up(report, STEP_EXECUTE);
}

// ---- the parent

static pid_t fork_into(const char *cgroup) {
    if (mkdir(cgroup, 0755) < 0)
        return -1;
    int folder = open(cgroup, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
    struct clone_args args = {.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (uint64_t)folder};
    long pid = folder < 0 ? -1 : syscall(SYS_clone3, &args, sizeof args);
    int error = errno;
    if (pid != 0 && folder >= 0)
        close(folder);
    if (pid < 0)
        rmdir(cgroup);
    errno = error;
    return (pid_t)pid;
}

void terminal_resize(const struct pipes *pipes, uint16_t rows, uint16_t columns) {
    struct winsize size = {.ws_row = rows, .ws_col = columns};
    ioctl(pipes->out[0].fd, TIOCSWINSZ, &size);
}

// A pseudo-terminal in place of the pipes: the agent's end twice, for input and output, and the command's.
static bool make_terminal(const struct spawn *spawn, int pipes[4][2]) {
    int unlocked = 0;
    pipes[0][1] = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (pipes[0][1] < 0 || ioctl(pipes[0][1], TIOCSPTLCK, &unlocked) < 0)
        return false;
    ioctl(pipes[0][1], TIOCSWINSZ, &(struct winsize){.ws_row = spawn->rows, .ws_col = spawn->columns});
    pipes[0][0] = ioctl(pipes[0][1], TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    pipes[1][0] = fcntl(pipes[0][1], F_DUPFD_CLOEXEC, 0);
    pipes[1][1] = pipes[0][0] < 0 ? -1 : fcntl(pipes[0][0], F_DUPFD_CLOEXEC, 0);
    return pipes[1][0] >= 0 && pipes[1][1] >= 0 && pipe2(pipes[3], O_CLOEXEC) == 0;
}

static bool make_pipes(const struct spawn *spawn, int pipes[4][2]) {
    bool made = true;
    for (int i = 0; i < 4 && made; i++) {
        if (i == 0 && spawn->no_stdin)
            made = (pipes[0][0] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;
        else
            made = pipe2(pipes[i], O_CLOEXEC) == 0;
    }
    return made;
}

// Starts the process; -1 with *error, and no pipe open, if that failed.
pid_t spawn(const struct spawn *spawn, struct pipes *ours, int *error) {
    int pipes[4][2] = {{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};  // stdin, stdout, stderr, report
    bool made = spawn->terminal ? make_terminal(spawn, pipes) : make_pipes(spawn, pipes);
    pid_t pid = made ? fork_into(spawn->cgroup) : -1;
    if (pid == 0)
        child(spawn, (int[3]){pipes[0][0], pipes[1][1], spawn->terminal ? pipes[1][1] : pipes[2][1]}, pipes[3][1]);
    *error = errno;
    for (int i = 0; i < 4; i++)
        for (int end = 0; end < 2; end++)
            if (pipes[i][end] >= 0 && (pid < 0 || end == (i > 0)))
                close(pipes[i][end]);
    source_watch(&ours->in, pid < 0 ? -1 : pipes[0][1]);
    source_watch(&ours->out[0], pid < 0 ? -1 : pipes[1][0]);
    source_watch(&ours->out[1], pid < 0 ? -1 : pipes[2][0]);
    source_watch(&ours->report, pid < 0 ? -1 : pipes[3][0]);
    return pid;
}
