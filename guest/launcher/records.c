// What the launcher writes down: logs, who runs, how it ended.
#include "launcher.h"

#include "forward.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

void join(char path[PATH_LENGTH], const char *folder, const char *name) {
    if (snprintf(path, PATH_LENGTH, "%s/%s", folder, name) >= PATH_LENGTH) {
        errno = ENAMETOOLONG;
        failed(name);
    }
}

// What an earlier machine left in the middle of a line is ended.
void log_open(struct log *log) {
    struct stat status;
    char last = '\n';
    log->file = open(log->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    log->size = log->file >= 0 && fstat(log->file, &status) == 0 ? status.st_size : 0;
    if (log->size > 0 && pread(log->file, &last, 1, log->size - 1) == 1 && last != '\n' && write(log->file, "\n", 1) == 1)
        log->size++;
}

// Appears whole or not at all.
static bool publish_file(const char *name, const char *format, ...) {
    char path[PATH_LENGTH], aside[PATH_LENGTH], text[RECORD_LENGTH];
    va_list values;
    va_start(values, format);
    int length = vsnprintf(text, sizeof text, format, values);
    va_end(values);
    join(path, run, name);
    snprintf(aside, sizeof aside, "%.*s.new", PATH_LENGTH - 5, path);
    int fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool written = fd >= 0 && length < (int)sizeof text && write(fd, text, (size_t)length) == length;
    if (fd >= 0)
        close(fd);
    return written && rename(aside, path) == 0;
}

// When the process started, in clock ticks since boot (field 22): with the pid, that names a process for good.
static unsigned long long start_time(pid_t pid) {
    char path[64], text[1024] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    char *at = n > 0 ? strrchr(text, ')') : NULL;
    for (int field = 2; at != NULL && field < 22; field++)
        at = strchr(at + 1, ' ');
    return at == NULL ? 0 : strtoull(at, NULL, 10);
}

enum { TIME_LENGTH = 28, LOST_LENGTH = 100 };

// "2026-03-01T12:34:56.789012Z", and room for what follows it.
static void put_time(char text[TIME_LENGTH]) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    size_t length = strftime(text, TIME_LENGTH, "%Y-%m-%dT%H:%M:%S", gmtime(&now.tv_sec));
    snprintf(text + length, TIME_LENGTH - length, ".%06ldZ", now.tv_nsec / 1000);
}

// Counts what a full disk does not take: the machine must not wait for it.
static void log_write(struct log *log, const struct iovec parts[2]) {
    size_t length = parts[0].iov_len + parts[1].iov_len;
    ssize_t n = writev(log->file, parts, 2);
    size_t taken = n > 0 ? (size_t)n : 0;
    log->size += (off_t)taken;
    log->lost += length - taken;
}

// Says in the log how much of it is missing; false when there is still no room.
static bool tell_lost(struct log *log) {
    char now[TIME_LENGTH], line[LOST_LENGTH];
    if (log->lost == 0)
        return true;
    put_time(now);
    int length = snprintf(line, sizeof line, "\n{\"time\":\"%s\",\"event\":\"lost\",\"bytes\":%llu}\n", now, log->lost);
    ssize_t n = write(log->file, line, (size_t)length);
    log->size += n > 0 ? n : 0;
    if (n != length)
        return false;
    log->lost = 0;
    log->amid_line = false;
    return true;
}

static void log_append(struct log *log, char *bytes, size_t length) {
    if (log->size > 0 && log->size + (off_t)length > log_bytes_max) {
        char older[PATH_LENGTH + 2];
        snprintf(older, sizeof older, "%s.1", log->path);
        rename(log->path, older);
        close(log->file);
        log_open(log);
    }
    if (!tell_lost(log)) {
        log->lost += length;
        return;
    }
    char stamp[TIME_LENGTH];
    put_time(stamp);
    stamp[TIME_LENGTH - 1] = ' ';
    for (size_t at = 0; at < length;) {
        char *newline = log->stamped ? memchr(bytes + at, '\n', length - at) : NULL;
        size_t line = newline != NULL ? (size_t)(newline - bytes) + 1 - at : length - at;
        bool begins = log->stamped && !log->amid_line;
        log_write(log, (struct iovec[]){{stamp, begins ? TIME_LENGTH : 0}, {bytes + at, line}});
        log->amid_line = newline == NULL;
        at += line;
    }
}

bool log_read(struct log *log) {
    char bytes[65536];
    size_t most = log_bytes_max < (off_t)sizeof bytes ? (size_t)log_bytes_max : sizeof bytes;
    ssize_t n = log->pipe < 0 ? -1 : read(log->pipe, bytes, most);
    if (n > 0)
        log_append(log, bytes, (size_t)n);
    if (n == 0) {
        close(log->pipe);
        log->pipe = -1;
    }
    return n > 0;
}

bool write_machine(pid_t launcher, pid_t program) {
    return publish_file("machine", "launcher %d %llu\nqemu %d %llu\n", launcher, start_time(launcher), program, start_time(program));
}

bool write_ports(void) {
    char text[RECORD_LENGTH] = "";
    int length = 0;
    for (int i = 0; i < published_count; i++)
        length += sprintf(text + length, "%s %u %u\n", published[i].address, published[i].host_port, published[i].guest_port);
    return published_count == 0 || publish_file("ports", "%s", text);
}

void remove_sockets(void) {
    DIR *folder = opendir(run);
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        struct stat status;
        bool ours = strcmp(entry->d_name, "qmp") == 0 || strncmp(entry->d_name, "lane.", 5) == 0;
        if (ours && fstatat(dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISSOCK(status.st_mode))
            unlinkat(dirfd(folder), entry->d_name, 0);
    }
    if (folder != NULL)
        closedir(folder);
}

// Whether a program ended by its own fault, whatever came at the same moment.
static bool crashed(int status) {
    if (!WIFSIGNALED(status))
        return false;
    switch (WTERMSIG(status)) {
    case SIGSEGV:
    case SIGBUS:
    case SIGILL:
    case SIGFPE:
    case SIGABRT:
        return true;
    default:
        return false;
    }
}

void write_end(int status, const char *reason) {
    char how[32], at[32];
    time_t now = time(NULL);
    strftime(at, sizeof at, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
    if (reason != NULL && !crashed(status))
        snprintf(how, sizeof how, "%s", reason);
    else if (WIFSIGNALED(status))
        snprintf(how, sizeof how, "signal %d", WTERMSIG(status));
    else
        snprintf(how, sizeof how, "exited %d", WEXITSTATUS(status));
    publish_file("end", "%s %s\n", how, at);
}
