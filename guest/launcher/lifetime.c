// How long the program may live, where there is an end to that, and how it is asked to end then.
//
// RUN/lifetime holds, in a line, how many milliseconds nobody may use it and how many it may live in all (0: for ever), and the signal that asks
// its processes; in a second line a lock that is held by whoever works on it. It is read when the owner writes an L. In use is what has that lock
// or one of RUN/lane.*.lock held; whoever came and went between two looks has touched RUN/used.
#include "forward.h"
#include "launcher.h"

#include "../agent/agent.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LOOKS = 8, LOOK_MS_MIN = 50, LOOK_MS_MAX = 10000, GRACE_MS = 10000, PATIENCE_MS = 10000 };

static int64_t idle_ms, longest_ms, begun, used, looked;
static int stop_signal;
static char work_lock[PATH_LENGTH];
static struct timespec touched;
static bool answered;

// Time goes on while the computer sleeps.
static int64_t time_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_BOOTTIME, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void used_path(char path[PATH_LENGTH]) {
    join(path, run, "used");
}

void touch_used(void) {
    char path[PATH_LENGTH];
    used_path(path);
    utimensat(AT_FDCWD, path, NULL, 0);
}

void lifetime_begin(void) {
    char path[PATH_LENGTH], text[PATH_LENGTH + LINE_LENGTH] = "";
    join(path, run, "lifetime");
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    close(fd);
    long long idle, longest;
    if (n <= 0 || sscanf(text, "%lld %lld %d\n%1023[^\n]", &idle, &longest, &stop_signal, work_lock) != 4)
        return;
    used_path(path);
    close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    begun = used = looked = time_ms();
    idle_ms = idle;
    longest_ms = longest;
}

static bool is_locked(int folder, const char *name) {
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
    bool locked = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
    close(fd);
    return locked;
}

static bool is_lane_lock(const char *name) {
    size_t length = strlen(name);
    return strncmp(name, "lane.", 5) == 0 && length > 5 && strcmp(name + length - 5, ".lock") == 0;
}

static bool is_used(void) {
    char path[PATH_LENGTH];
    struct stat status;
    used_path(path);
    bool there = stat(path, &status) == 0;
    bool in_use = there && (status.st_mtim.tv_sec != touched.tv_sec || status.st_mtim.tv_nsec != touched.tv_nsec);
    if (there)
        touched = status.st_mtim;
    in_use |= is_locked(AT_FDCWD, work_lock);
    DIR *folder = opendir(run);
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;)
        in_use |= is_lane_lock(entry->d_name) && is_locked(dirfd(folder), entry->d_name);
    if (folder != NULL)
        closedir(folder);
    return in_use;
}

static int64_t look_ms(void) {
    int64_t step = idle_ms / LOOKS;
    return step < LOOK_MS_MIN ? LOOK_MS_MIN : step > LOOK_MS_MAX ? LOOK_MS_MAX : step;
}

const char *lifetime_over(void) {
    int64_t now = time_ms();
    if (longest_ms > 0 && now - begun >= longest_ms)
        return "max-duration";
    if (idle_ms <= 0)
        return NULL;
    // The last look is now: nothing ends that somebody has just begun to use.
    if (now - looked >= look_ms() || now - used >= idle_ms) {
        looked = now;
        if (is_used())
            used = now;
    }
    return now - used >= idle_ms ? "idle" : NULL;
}

int lifetime_poll_ms(void) {
    int64_t now = time_ms(), left = INT32_MAX;
    if (longest_ms > 0)
        left = longest_ms - (now - begun);
    int64_t next = look_ms() - (now - looked), idle = idle_ms - (now - used);
    next = idle < next ? idle : next;
    if (idle_ms > 0 && next < left)
        left = next;
    if (longest_ms <= 0 && idle_ms <= 0)
        return -1;
    return left < 0 ? 0 : left > LOOK_MS_MAX ? LOOK_MS_MAX : (int)left;
}

void lifetime_forget(void) {
    idle_ms = longest_ms = 0;
}

// ---- the end

static void received(const struct agent_frame *frame) {
    answered |= frame->type == OK;
}

static bool ask(void) {
    uint8_t request[8];
    put32(request, GRACE_MS);
    put32(request + 4, (uint32_t)stop_signal);
    return session_send(1, SHUTDOWN, request, sizeof request);
}

static void talk(const char *lane) {
    bool asked = false;
    for (int64_t end = time_ms() + PATIENCE_MS; !answered && time_ms() < end;) {
        int timeout = session_begin(lane);
        asked = session_open() && (asked || ask());
        struct pollfd polled = {session_socket(), (short)(POLLIN | (session_wants_to_write() ? POLLOUT : 0)), 0};
        poll(&polled, 1, timeout < 0 || timeout > 100 ? 100 : timeout);
        bool lost = polled.revents != 0 && !session_read(received);
        if (lost || (session_socket() >= 0 && !session_write()))
            session_end();
    }
}

pid_t ask_to_end(const char *lane) {
    pid_t parent = getpid(), pid = *lane == 0 ? -1 : fork();
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (getppid() != parent)
        _exit(1);
    keep_only((int[]){-1});
    talk(lane);
    _exit(answered ? 0 : 1);
}
