// The loop, and the descriptors it watches.
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int epoll;

void source_watch(struct source *source, int fd) {
    source->fd = fd;
    source->ready = 0;
    if (fd < 0)
        return;
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLET, .data.ptr = source};
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0)
        complain("cannot watch", "a descriptor");
}

// A child that has not executed yet may hold a copy of the descriptor, which would keep it watched: so it is taken out by hand.
void source_close(struct source *source) {
    if (source->fd < 0)
        return;
    epoll_ctl(epoll, EPOLL_CTL_DEL, source->fd, NULL);
    close(source->fd);
    source->fd = -1;
    source->ready = 0;
}

ssize_t source_read(struct source *source, void *bytes, size_t length) {
    ssize_t n = read(source->fd, bytes, length);
    if (n < 0)
        source->ready &= ~(uint32_t)EPOLLIN;
    return n;
}

ssize_t source_write(struct source *source, const void *bytes, size_t length) {
    ssize_t n = write(source->fd, bytes, length);
    if (n < 0)
        source->ready &= ~(uint32_t)EPOLLOUT;
    return n;
}

int64_t now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

void complain(const char *what, const char *on) {
    dprintf(2, "agent: %s %s: %s\n", what, on, strerror(errno));
}

// Of two timeouts, -1 being never.
static int sooner(int a, int b) {
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

static void reap(struct source *signals) {
    struct signalfd_siginfo info[8];
    while (source_read(signals, info, sizeof info) > 0) {
    }
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
        if (!control_reaped(pid, status))
            commands_reaped(pid, status);
}

int main(void) {
    static struct source signals;
    boot();
    signal(SIGPIPE, SIG_IGN);
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGCHLD);
    sigprocmask(SIG_BLOCK, &mask, NULL);
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){524288, 524288});
    epoll = epoll_create1(EPOLL_CLOEXEC);
    source_watch(&signals, signalfd(-1, &mask, SFD_CLOEXEC));
    control_start();
    ports_start();
    for (;;) {
        if (signals.ready & EPOLLIN)
            reap(&signals);
        ports_run();
        bool busy = lanes_run();
        busy |= commands_run();
        busy |= connections_run();
        busy |= control_run();
        busy |= hook_run();
        busy |= logs_run();
        struct epoll_event events[64];
        int timeout = sooner(sooner(hook_timeout(), connections_timeout()), sooner(lanes_timeout(), control_timeout()));
        int n = epoll_wait(epoll, events, 64, busy ? 0 : sooner(timeout, commands_timeout()));
        for (int i = 0; i < n; i++) {
            // An error or a hang-up is found out by reading or writing.
            uint32_t bits = events[i].events;
            struct source *source = events[i].data.ptr;
            if (bits & (EPOLLERR | EPOLLHUP))
                bits |= EPOLLIN | EPOLLOUT;
            source->ready = (source->ready & ~(uint32_t)EPOLLHUP) | bits;
        }
    }
}
