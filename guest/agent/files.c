// What the file server does with one file.
#include "fileserver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ = 1, WRITE = 2, CREATE = 4, EXCLUSIVE = 8, TRUNCATE = 16, NO_FOLLOW = 32, REPLACE = 64 };
enum { MODE = 1, USER = 2, GROUP = 4, ACCESSED = 8, MODIFIED = 16 };
enum { EXTENTS_MAX = 2048 };

static int opened = -1;  // the file that is open

// Of what the path names, or, if that is empty, of the open file.
int file_stat(struct request_body *body) {
    bool follow = body_number(body, 1);
    const char *path = body_text(body);
    struct stat is;
    if (body->bad)
        return EPROTO;
    if ((*path == 0 ? fstat(opened, &is) : fstatat(AT_FDCWD, path, &is, follow ? 0 : AT_SYMLINK_NOFOLLOW)) < 0)
        return errno;
    reply_attributes(&is);
    return 0;
}

// Something else than a file is not even opened: that may have effects, or never end.
static int refused(const char *path, uint64_t flags) {
    struct stat is;
    if (fstatat(AT_FDCWD, path, &is, flags & NO_FOLLOW ? AT_SYMLINK_NOFOLLOW : 0) < 0)
        return errno == ENOENT && flags & CREATE ? 0 : errno;
    return S_ISREG(is.st_mode) ? 0 : S_ISDIR(is.st_mode) ? EISDIR : S_ISLNK(is.st_mode) ? ELOOP : FILE_SPECIAL;
}

int file_open(struct request_body *body) {
    uint64_t flags = body_number(body, 4), mode = body_number(body, 4);
    const char *path = body_text(body);
    if (body->bad || !(flags & (READ | WRITE)))
        return EPROTO;
    if (opened >= 0)
        close(opened);
    opened = -1;
    if (flags & REPLACE && unlink(path) < 0 && errno != ENOENT)
        return errno;
    int error = flags & EXCLUSIVE ? 0 : refused(path, flags);
    if (error)
        return error;
    int how = !(flags & WRITE) ? O_RDONLY : flags & READ ? O_RDWR : O_WRONLY;
    how |= (flags & CREATE ? O_CREAT : 0) | (flags & EXCLUSIVE ? O_EXCL : 0) | (flags & NO_FOLLOW ? O_NOFOLLOW : 0);
    int fd = open(path, how | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, (mode_t)mode & 07777);
    struct stat is;
    if (fd < 0)
        return errno;
    if (fstat(fd, &is) < 0)
        error = errno;
    else if (!S_ISREG(is.st_mode))
        error = FILE_SPECIAL;
    else if (flags & TRUNCATE && is.st_size > 0 && (ftruncate(fd, 0) < 0 || fstat(fd, &is) < 0))
        error = errno;
    if (error) {
        close(fd);
        return error;
    }
    opened = fd;
    reply_attributes(&is);
    return 0;
}

// Fewer bytes than asked for are the end of the file.
int file_read(struct request_body *body) {
    uint64_t offset = body_number(body, 8), count = body_number(body, 4);
    if (body->bad || count > FILE_CHUNK)
        return EPROTO;
    for (size_t done = 0; done < count;) {
        ssize_t n = pread(opened, reply_space(count - done), count - done, (off_t)(offset + done));
        if (n < 0)
            return errno;
        if (n == 0)
            break;
        reply_used((size_t)n);
        done += (size_t)n;
    }
    return 0;
}

// At an offset of all ones the bytes go to the end of the file.
int file_write(struct request_body *body) {
    uint64_t offset = body_number(body, 8);
    if (body->bad)
        return EPROTO;
    bool append = offset == UINT64_MAX;
    if (append && fcntl(opened, F_SETFL, O_APPEND | O_NONBLOCK) < 0)
        return errno;
    while (body->at < body->end) {
        size_t left = (size_t)(body->end - body->at);
        ssize_t n = append ? write(opened, body->at, left) : pwrite(opened, body->at, left, (off_t)offset);
        if (n < 0)
            return errno;
        body->at += n;
        offset += (uint64_t)n;
    }
    return 0;
}

int file_truncate(struct request_body *body) {
    uint64_t size = body_number(body, 8);
    return body->bad ? EPROTO : ftruncate(opened, (off_t)size) < 0 ? errno : 0;
}

int file_flush(struct request_body *body) {
    return body->at != body->end ? EPROTO : fsync(opened) < 0 ? errno : 0;
}

int file_close(struct request_body *body) {
    int fd = opened;
    if (body->at != body->end)
        return EPROTO;
    opened = -1;
    return fd < 0 ? EBADF : close(fd) < 0 ? errno : 0;
}

static struct timespec body_time(struct request_body *body, bool wanted) {
    int64_t seconds = (int64_t)body_number(body, 8);
    long nanoseconds = (long)body_number(body, 4);
    return wanted ? (struct timespec){seconds, nanoseconds} : (struct timespec){0, UTIME_OMIT};
}

// The owner first: changing it takes the set-user-id bits away.
static int change(int fd, uint64_t what, mode_t mode, uid_t user, gid_t group, const struct timespec times[2]) {
    char name[32];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    if (what & (USER | GROUP) && fchownat(fd, "", what & USER ? user : (uid_t)-1, what & GROUP ? group : (gid_t)-1, AT_EMPTY_PATH) < 0)
        return errno;
    if (what & MODE && chmod(name, mode & 07777) < 0)
        return errno;
    if (what & (ACCESSED | MODIFIED) && utimensat(fd, "", times, AT_EMPTY_PATH) < 0)
        return errno;
    return 0;
}

// Of what the path names, or, if that is empty, of the open file.
int file_change(struct request_body *body) {
    bool follow = body_number(body, 1);
    uint64_t what = body_number(body, 4);
    mode_t mode = (mode_t)body_number(body, 4);
    uid_t user = (uid_t)body_number(body, 4);
    gid_t group = (gid_t)body_number(body, 4);
    struct timespec times[2] = {body_time(body, what & ACCESSED), body_time(body, what & MODIFIED)};
    const char *path = body_text(body);
    if (body->bad)
        return EPROTO;
    if (*path == 0)
        return change(opened, what, mode, user, group, times);
    int fd = open(path, O_PATH | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW));
    if (fd < 0)
        return errno;
    int error = change(fd, what, mode, user, group, times);
    close(fd);
    return error;
}

// Where the open file has data from an offset on: pairs of beginning and end. Fewer than EXTENTS_MAX are all.
int file_extents(struct request_body *body) {
    off_t at = (off_t)body_number(body, 8);
    if (body->bad)
        return EPROTO;
    for (int i = 0; i < EXTENTS_MAX; i++) {
        off_t data = lseek(opened, at, SEEK_DATA);
        off_t hole = data < 0 ? -1 : lseek(opened, data, SEEK_HOLE);
        if (hole < 0)
            return errno == ENXIO ? 0 : errno;
        reply_number((uint64_t)data, 8);
        reply_number((uint64_t)hole, 8);
        at = hole;
    }
    return 0;
}
