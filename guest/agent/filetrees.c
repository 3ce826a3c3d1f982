// What the file server does with names: folders, links, and what they lead to.
#include "fileserver.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum {
    ATTRIBUTES = 92, ENTRY_MAX = ATTRIBUTES + 2 + NAME_MAX + 2 + PATH_MAX,
    DEPTH_MAX = 4000, REMOVE_MS = 1000,
};

static DIR *listed;

int tree_open(struct request_body *body) {
    const char *path = body_text(body);
    if (body->bad)
        return EPROTO;
    if (listed != NULL)
        closedir(listed);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
    listed = fd < 0 ? NULL : fdopendir(fd);
    return listed == NULL ? errno : 0;
}

// Entries of the folder: attributes, name, and where a link leads to. None are the end. What vanished meanwhile is left out.
int tree_next(struct request_body *body) {
    if (body->at != body->end)
        return EPROTO;
    if (listed == NULL)
        return EBADF;
    char target[PATH_MAX];
    while (reply_length() + ENTRY_MAX <= FILE_LIST_MAX) {
        errno = 0;
        struct dirent *entry = readdir(listed);
        struct stat is;
        if (entry == NULL)
            return errno;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (fstatat(dirfd(listed), entry->d_name, &is, AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        ssize_t length = S_ISLNK(is.st_mode) ? readlinkat(dirfd(listed), entry->d_name, target, sizeof target) : 0;
        reply_attributes(&is);
        reply_text(entry->d_name, strnlen(entry->d_name, NAME_MAX));
        reply_text(target, length > 0 ? (size_t)length : 0);
    }
    return 0;
}

// ---- making

static int make_parents(char *path, mode_t mode) {
    for (char *at = path; (at = strchr(at + 1, '/')) != NULL; *at = '/') {
        *at = 0;
        if (mkdir(path, mode) < 0 && errno != EEXIST && errno != EROFS && errno != EACCES && errno != EPERM)
            return errno;
    }
    return 0;
}

// With its parents, a folder that is there is fine.
int tree_make(struct request_body *body) {
    bool parents = body_number(body, 1);
    mode_t mode = (mode_t)body_number(body, 4) & 07777;
    const char *path = body_text(body);
    struct stat is;
    if (body->bad)
        return EPROTO;
    if (parents) {
        char *copy = strdup(path);
        int error = copy == NULL ? ENOMEM : make_parents(copy, 0755);
        free(copy);
        if (error)
            return error;
    }
    if (mkdir(path, mode) == 0)
        return 0;
    int error = errno;
    return parents && error == EEXIST && stat(path, &is) == 0 && S_ISDIR(is.st_mode) ? 0 : error;
}

// What is in the way of something new goes if the request says so, but never a folder.
static int cleared(const char *path, bool replace) {
    return replace && unlink(path) < 0 && errno != ENOENT ? errno : 0;
}

int tree_symlink(struct request_body *body) {
    bool replace = body_number(body, 1);
    const char *target = body_text(body), *path = body_text(body);
    int error = body->bad ? EPROTO : cleared(path, replace);
    return error ? error : symlink(target, path) < 0 ? errno : 0;
}

int tree_link(struct request_body *body) {
    bool replace = body_number(body, 1);
    const char *existing = body_text(body), *path = body_text(body);
    int error = body->bad ? EPROTO : cleared(path, replace);
    return error ? error : linkat(AT_FDCWD, existing, AT_FDCWD, path, 0) < 0 ? errno : 0;
}

int tree_node(struct request_body *body) {
    bool replace = body_number(body, 1);
    mode_t mode = (mode_t)body_number(body, 4);
    dev_t device = (dev_t)body_number(body, 8);
    const char *path = body_text(body);
    if (body->bad || !(S_ISFIFO(mode) || S_ISCHR(mode) || S_ISBLK(mode) || S_ISSOCK(mode)))
        return EPROTO;
    int error = cleared(path, replace);
    return error ? error : mknod(path, mode, device) < 0 ? errno : 0;
}

// ---- removing

static int remove_entry(int folder, const char *name, int64_t until, int depth);

static int remove_entries(int fd, int64_t until, int depth) {
    DIR *open = fdopendir(fd);
    int error = open == NULL ? errno : 0;
    struct dirent *entry;
    if (open == NULL)
        close(fd);
    while (!error && (errno = 0, entry = readdir(open)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            error = remove_entry(dirfd(open), entry->d_name, until, depth);
    if (!error)
        error = errno;
    if (open != NULL)
        closedir(open);
    return error;
}

// EINPROGRESS when the time was over. Links are removed and never followed.
static int remove_entry(int folder, const char *name, int64_t until, int depth) {
    if (now_ms() >= until)
        return EINPROGRESS;
    if (unlinkat(folder, name, 0) == 0 || errno == ENOENT)
        return 0;
    int error = errno;
    if (error != EISDIR && error != EPERM)
        return error;
    if (unlinkat(folder, name, AT_REMOVEDIR) == 0)
        return 0;
    if (errno != ENOTEMPTY && errno != EEXIST)
        return errno == ENOTDIR ? error : errno;
    if (depth >= DEPTH_MAX)
        return ENAMETOOLONG;
    int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno;
    error = remove_entries(fd, until, depth + 1);
    if (error)
        return error;
    return unlinkat(folder, name, AT_REMOVEDIR) < 0 && errno != ENOENT ? errno : 0;
}

// The reply says whether it is done: a large tree takes several requests.
int tree_remove(struct request_body *body) {
    bool recursive = body_number(body, 1);
    const char *path = body_text(body);
    struct stat is;
    if (body->bad)
        return EPROTO;
    if (lstat(path, &is) < 0)
        return errno;
    int error = 0;
    if (recursive)
        error = remove_entry(AT_FDCWD, path, now_ms() + REMOVE_MS, 0);
    else if ((S_ISDIR(is.st_mode) ? rmdir(path) : unlink(path)) < 0)
        error = errno;
    if (error && error != EINPROGRESS)
        return error;
    reply_number(error == 0, 1);
    return 0;
}

// ---- names

int tree_rename(struct request_body *body) {
    bool replace = body_number(body, 1);
    const char *from = body_text(body), *to = body_text(body);
    if (body->bad)
        return EPROTO;
    return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, replace ? 0 : RENAME_NOREPLACE) < 0 ? errno : 0;
}

int tree_readlink(struct request_body *body) {
    const char *path = body_text(body);
    char target[PATH_MAX];
    if (body->bad)
        return EPROTO;
    ssize_t length = readlink(path, target, sizeof target);
    if (length < 0)
        return errno;
    reply_text(target, (size_t)length);
    return 0;
}

int tree_real(struct request_body *body) {
    const char *path = body_text(body);
    char real[PATH_MAX];
    if (body->bad)
        return EPROTO;
    if (realpath(path, real) == NULL)
        return errno;
    reply_text(real, strlen(real));
    return 0;
}

int tree_space(struct request_body *body) {
    const char *path = body_text(body);
    struct statvfs is;
    if (body->bad)
        return EPROTO;
    if (statvfs(path, &is) < 0)
        return errno;
    reply_number((uint64_t)is.f_blocks * is.f_frsize, 8);
    reply_number((uint64_t)is.f_bfree * is.f_frsize, 8);
    reply_number((uint64_t)is.f_bavail * is.f_frsize, 8);
    return 0;
}

// 4 to read, 2 to write, 1 to execute, as the kernel counts them.
int tree_access(struct request_body *body) {
    int how = (int)body_number(body, 1) & 7;
    const char *path = body_text(body);
    return body->bad ? EPROTO : faccessat(AT_FDCWD, path, how, 0) < 0 ? errno : 0;
}
