// The launcher: starts a machine (QEMU), stays as its parent, keeps its logs, and writes down how it ended.
//
//   launcher --run DIR --logs DIR [OPTION…] -- PROGRAM ARGUMENT…
//
//   --attached                  the end of standard input ends the program; a byte D there detaches it, L has RUN/lifetime read (lifetime.c)
//   --small-pages               the program gets no huge pages even where it asks for them: many small things would each take one whole
//   --preload FILE              the program is given that library; without it, where it can't be opened
//   --max-log BYTES             a log that grows beyond this is renamed to LOG.1 and begun anew
//   --publish ADDRESS/PORT/GUEST-PORT   listens there (port 0: at a free one) and forwards to the guest; RUN/ports says where. Repeatable
//   --lane PATH                 the lane over which that is done, and over which the guest is asked to end
//   --network WORD              a word of the command of a program that is the other side of the program's network: it gets the number of a
//                               socket for @peer@, and ends when that is closed. Once for each word
//
// In the arguments, @console@ and @log@ become paths to write to (DIR/console.log, DIR/guest.log), @qmp@ the number of a socket that
// listens at RUN/qmp. The program's own output goes to qemu.log. Each line of qemu.log and console.log begins with the time at which it came;
// those of guest.log have their own. What a full disk did not take, a line tells: {"time":…,"event":"lost","bytes":…}
// Answers one line on standard output, "started PID" or "failed ERRNO TEXT"; RUN/machine then says who runs, RUN/end how it ended.
// RUN/machine.lock is held for as long as the launcher lives, and the program dies with it.
#include "launcher.h"

#include "forward.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef PR_SET_PTRACER
#define PR_SET_PTRACER 0x59616d61
#endif

enum { END_MS = 30000, POLL_END_MS = 1000, LOCK_TRIES = 200, LOCK_PAUSE_MICROSECONDS = 1000, NETWORK_WORDS_MAX = 40, TOKENS = 5, GUEST_LOG = 2 };

static const char *const LOG_NAMES[LOGS] = {"qemu.log", "console.log", "guest.log"};

const char *run;
int run_lock;
off_t log_bytes_max = 8 << 20;
static const char *logs, *preload, *lane = "";
static char *network[NETWORK_WORDS_MAX + 1];
static int network_words, net = -1, peer = -1;
enum { HELPERS = 4, ASKER = 3 };
static pid_t helpers[HELPERS];  // the forwarder, the other side of the network, the relay to it, who asks the guest to end; 0: there is none
static bool attached, small_pages;
static struct log log[LOGS];
static int writers[LOGS], qmp, signals;

void failed(const char *what) {
    int error = errno;
    dprintf(1, "failed %d %s: %s\n", error, what, strerror(error));
    exit(1);
}

static char *const *arguments(int count, char **values) {
    int at = 1;
    for (; at < count && strcmp(values[at], "--") != 0; at++) {
        bool more = at + 1 < count;
        if (strcmp(values[at], "--attached") == 0)
            attached = true;
        else if (strcmp(values[at], "--small-pages") == 0)
            small_pages = true;
        else if (strcmp(values[at], "--run") == 0 && more)
            run = values[++at];
        else if (strcmp(values[at], "--logs") == 0 && more)
            logs = values[++at];
        else if (strcmp(values[at], "--lane") == 0 && more)
            lane = values[++at];
        else if (strcmp(values[at], "--network") == 0 && more && network_words < NETWORK_WORDS_MAX)
            network[network_words++] = values[++at];
        else if (strcmp(values[at], "--publish") == 0 && more)
            publish(values[++at]);
        else if (strcmp(values[at], "--preload") == 0 && more)
            preload = values[++at];
        else if (strcmp(values[at], "--max-log") == 0 && more)
            log_bytes_max = strtoll(values[++at], NULL, 10);
        else
            break;
    }
    errno = EINVAL;
    if (at + 1 >= count || strcmp(values[at], "--") != 0 || run == NULL || logs == NULL || log_bytes_max < 1)
        failed("usage: launcher --run DIR --logs DIR [OPTION…] -- PROGRAM ARGUMENT…");
    return values + at + 1;
}

// ---- before the start

// Only this process holds the lock: it is what tells a running machine from one whose launcher was killed.
static void lock_run_folder(void) {
    char path[PATH_LENGTH];
    join(path, run, "machine.lock");
    run_lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (run_lock < 0)
        failed(path);
    // Whoever looks whether a machine lives holds the lock for an instant.
    for (int tries = 0; flock(run_lock, LOCK_EX | LOCK_NB) < 0; tries++) {
        if (errno != EWOULDBLOCK || tries == LOCK_TRIES)
            failed(path);
        usleep(LOCK_PAUSE_MICROSECONDS);
    }
    const char *const leftovers[] = {"machine", "end", "qmp", "ports", "lifetime", "used"};
    for (size_t i = 0; i < sizeof leftovers / sizeof *leftovers; i++) {
        join(path, run, leftovers[i]);
        unlink(path);
    }
}

static void listen_for_qmp(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char path[PATH_LENGTH];
    join(path, run, "qmp");
    errno = ENAMETOOLONG;
    if (strlen(path) >= sizeof address.sun_path)
        failed(path);
    strcpy(address.sun_path, path);
    qmp = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (qmp < 0 || bind(qmp, (struct sockaddr *)&address, sizeof address) < 0 || listen(qmp, 1) < 0)
        failed(path);
}

static void open_logs(void) {
    for (int i = 0; i < LOGS; i++) {
        int ends[2];
        join(log[i].path, logs, LOG_NAMES[i]);
        log[i].stamped = i != GUEST_LOG;
        log_open(&log[i]);
        if (log[i].file < 0 || pipe2(ends, O_CLOEXEC) < 0)
            failed(log[i].path);
        log[i].pipe = ends[0];
        writers[i] = ends[1];
        fcntl(ends[0], F_SETFL, O_NONBLOCK);
    }
}

// A copy of the argument with every token replaced.
static char *expand(const char *argument) {
    static char values[TOKENS][24];
    snprintf(values[0], sizeof values[0], "%d", qmp);
    snprintf(values[3], sizeof values[3], "%d", net);
    snprintf(values[4], sizeof values[4], "%d", peer);
    snprintf(values[1], sizeof values[1], "/dev/fd/%d", writers[1]);
    snprintf(values[2], sizeof values[2], "/dev/fd/%d", writers[2]);
    const char *const tokens[TOKENS] = {"@qmp@", "@console@", "@log@", "@net@", "@peer@"};
    char *expanded = NULL;
    size_t size;
    FILE *out = open_memstream(&expanded, &size);
    while (out != NULL && *argument != 0) {
        int found = 0;
        while (found < TOKENS && strncmp(argument, tokens[found], strlen(tokens[found])) != 0)
            found++;
        if (found < TOKENS)
            fputs(values[found], out);
        else
            fputc(*argument, out);
        argument += found < TOKENS ? strlen(tokens[found]) : 1;
    }
    if (out == NULL || fclose(out) != 0)
        failed("memory");
    return expanded;
}

// ---- the start

// By its descriptor, which the program inherits: a path may hold what separates two of them. One that can't be opened is left out.
static void set_preload(void) {
    char path[24];
    int library = open(preload, O_RDONLY);
    snprintf(path, sizeof path, "/proc/self/fd/%d", library);
    if (library >= 0)
        setenv("LD_PRELOAD", path, 1);
}

// `given` are the descriptors that it gets.
static void become_program(char *const *program, pid_t parent, int report, const int *given) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    prctl(PR_SET_PTRACER, -1UL);  // where Yama forbids it otherwise, captures read this process's memory; no Yama: an error, and no need
    if (small_pages)
        prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
    struct rlimit files;  // each layer of the disk is one
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    if (preload != NULL && *given == qmp)
        set_preload();
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    bool ready = nothing >= 0 && dup2(nothing, 0) >= 0 && dup2(writers[0], 1) >= 0 && dup2(writers[0], 2) >= 0;
    for (; ready && *given >= 0; given++)
        ready = fcntl(*given, F_SETFD, 0) == 0;
    if (ready)
        execvp(program[0], program);
    int error = errno;
    _exit(write(report, &error, sizeof error) < 0);
}

static pid_t start(char *const *program, const int *given) {
    size_t count = 0;
    while (program[count] != NULL)
        count++;
    char **expanded = calloc(count + 1, sizeof *expanded);
    for (size_t i = 0; expanded != NULL && i < count; i++)
        expanded[i] = expand(program[i]);
    int report[2], error;
    if (expanded == NULL || pipe2(report, O_CLOEXEC) < 0)
        failed("pipe");
    pid_t self = getpid(), pid = fork();
    if (pid < 0)
        failed("fork");
    if (pid == 0)
        become_program(expanded, self, report[1], given);
    close(report[1]);
    if (read(report[0], &error, sizeof error) == sizeof error) {
        char path[PATH_LENGTH];
        join(path, run, "qmp");
        unlink(path);
        errno = error;
        failed(program[0]);
    }
    close(report[0]);
    return pid;
}

// The program's descriptors are its alone: that its end of the network is closed ends the network's other side.
static pid_t start_all(char *const *program) {
    int guest[2], world[2];
    if (network_words > 0) {
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, guest) < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, world) < 0)
            failed("socketpair");
        net = guest[0];
        peer = world[0];
        helpers[1] = start(network, (int[]){peer, -1});
        helpers[2] = relay(guest[1], world[1]);
        close(peer);
        close(guest[1]);
        close(world[1]);
    }
    pid_t pid = start(program, (int[]){qmp, writers[1], writers[2], net, -1});
    close(qmp);
    if (net >= 0)
        close(net);
    for (int i = 0; i < LOGS; i++)
        close(writers[i]);
    return pid;
}

// ---- the life of the program

// Reads what happened to the owner: true when it is gone.
static bool owner_gone(struct pollfd *owner) {
    char byte = 0;
    ssize_t n = read(0, &byte, 1);
    if (n > 0 && byte == 'L')
        lifetime_begin();
    if (n > 0 && byte != 'D')
        return false;
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(nothing, 0);
    close(nothing);
    owner->fd = -1;
    return n <= 0;
}

static void kill_helper(int which) {
    if (helpers[which] > 0 && kill(helpers[which], SIGKILL) == 0)
        waitpid(helpers[which], NULL, 0);
    helpers[which] = 0;
}

// Asks the guest to end when its time has come; says whether the program must be killed. The forwarder gives its lane up for that.
static bool end_of_time(const char **reason) {
    static time_t end;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    const char *over = *reason == NULL ? lifetime_over() : NULL;
    if (over != NULL) {
        *reason = over;
        lifetime_forget();
        kill_helper(0);
        helpers[ASKER] = ask_to_end(lane);
        end = now.tv_sec + END_MS / 1000;
        return helpers[ASKER] < 0;
    }
    int status = 0;
    if (helpers[ASKER] > 0 && waitpid(helpers[ASKER], &status, WNOHANG) == helpers[ASKER])
        helpers[ASKER] = -1;  // it has asked, or could not
    return status != 0 || (end > 0 && now.tv_sec >= end);
}

// Returns the program's wait status; *reason says why it was ended, if it was.
static int attend(pid_t pid, const char **reason) {
    struct pollfd polled[LOGS + 2] = {{signals, POLLIN, 0}, {attached ? 0 : -1, POLLIN, 0}};
    for (;;) {
        for (int i = 0; i < LOGS; i++)
            polled[2 + i] = (struct pollfd){log[i].pipe, POLLIN, 0};
        if (poll(polled, LOGS + 2, helpers[ASKER] == 0 ? lifetime_poll_ms() : POLL_END_MS) < 0)
            continue;
        for (int i = 0; i < LOGS; i++)
            if (polled[2 + i].revents)
                log_read(&log[i]);
        const char *now = polled[1].revents && owner_gone(&polled[1]) ? "owner-gone" : NULL;
        struct signalfd_siginfo info;
        if (polled[0].revents && read(signals, &info, sizeof info) == sizeof info && info.ssi_signo != SIGCHLD)
            now = "killed";
        if (now != NULL && *reason == NULL)
            *reason = now;
        if (now != NULL)
            lifetime_forget();
        if (end_of_time(reason) || now != NULL)
            kill(pid, SIGKILL);
        int status;
        if (waitpid(pid, &status, WNOHANG) == pid)
            return status;
    }
}

static void catch_signals(void) {
    sigset_t caught;
    sigemptyset(&caught);
    sigaddset(&caught, SIGTERM);
    sigaddset(&caught, SIGINT);
    sigaddset(&caught, SIGCHLD);
    sigprocmask(SIG_BLOCK, &caught, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
    signals = signalfd(-1, &caught, SFD_CLOEXEC | SFD_NONBLOCK);
}

int main(int count, char **values) {
    syscall(SYS_close_range, 3, ~0U, 0);
    char *const *program = arguments(count, values);
    setsid();
    umask(077);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    catch_signals();
    lock_run_folder();
    listen_for_qmp();
    open_logs();
    if (!write_ports())
        failed("RUN/ports");
    pid_t pid = start_all(program);
    helpers[0] = forward(lane);
    if (!write_machine(getpid(), pid))
        failed("RUN/machine");
    dprintf(1, "started %d\n", pid);
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = attached ? 1 : 0; fd < 3; fd++)
        dup2(nothing, fd);
    close(nothing);
    const char *reason = NULL;
    int status = attend(pid, &reason);
    for (int i = 0; i < HELPERS; i++)
        kill_helper(i);
    for (int i = 0; i < LOGS; i++)
        while (log_read(&log[i])) {
        }
    remove_sockets();
    write_end(status, reason);
    return 0;
}
