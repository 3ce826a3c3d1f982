// What the launcher writes down: logs, who runs, how it ended.
#include "launcher.h"

#include "forward.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

void join(char path[PATH_LENGTH], const char *folder, const char *name) {
    if (snprintf(path, PATH_LENGTH, "%s/%s", folder, name) >= PATH_LENGTH) {
        errno = ENAMETOOLONG;
        failed(name);
    }
}

void log_open(struct log *log) {
    struct stat status;
    log->file = open(log->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    log->size = log->file >= 0 && fstat(log->file, &status) == 0 ? status.st_size : 0;
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

static void log_append(struct log *log, const char *bytes, size_t length) {
    if (log->size > 0 && log->size + (off_t)length > log_bytes_max) {
        char older[PATH_LENGTH + 2];
        snprintf(older, sizeof older, "%s.1", log->path);
        rename(log->path, older);
        close(log->file);
        log_open(log);
    }
    ssize_t n = write(log->file, bytes, length);  // what a full disk does not take is lost: the machine must not wait for it
    log->size += n > 0 ? n : 0;
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

void write_end(int status, const char *reason) {
    char how[32], at[32];
    time_t now = time(NULL);
    strftime(at, sizeof at, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
    if (reason != NULL)
        snprintf(how, sizeof how, "%s", reason);
    else if (WIFSIGNALED(status))
        snprintf(how, sizeof how, "signal %d", WTERMSIG(status));
    else
        snprintf(how, sizeof how, "exited %d", WEXITSTATUS(status));
    publish_file("end", "%s %s\n", how, at);
}
