// Who a command runs as: "user", "user:group", by name or number, as the image's /etc/passwd and /etc/group say. All of it happens in
// the command's own process, so that whatever these files hold, only that command can fail of it.
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { TEXT_MAX = 4 << 20, GROUPS_MAX = 1024 };

#define NOBODY_HOME "/"

struct identity {
    uint32_t user, group;
    size_t count;
    uint32_t groups[GROUPS_MAX];
    const char *name, *home;
};

// All of a file, ended by a NUL; an image need not have it. NULL if it is no plain file, too large, or can't be read.
static char *read_text(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return errno == ENOENT ? calloc(1, 1) : NULL;
    struct stat is;
    if (fstat(fd, &is) < 0 || !S_ISREG(is.st_mode) || is.st_size > TEXT_MAX) {
        errno = EINVAL;
        return NULL;
    }
    char *text = calloc(1, (size_t)is.st_size + 1);
    size_t length = 0;
    for (ssize_t n; text != NULL && length < (size_t)is.st_size; length += (size_t)n)
        if ((n = read(fd, text + length, (size_t)is.st_size - length)) <= 0)
            break;
    close(fd);
    for (size_t i = 0; text != NULL && i < length; i++)
        if (text[i] == 0)
            text[i] = 1;  // or it would hide what follows
    return text;
}

static bool is_number(const char *text, uint32_t *number) {
    uint64_t value = 0;
    if (*text == 0)
        return false;
    for (; *text != 0; text++) {
        if (*text < '0' || *text > '9' || (value = value * 10 + (uint64_t)(*text - '0')) >= UINT32_MAX)
            return false;
    }
    *number = (uint32_t)value;
    return true;
}

// Takes a line apart at its colons; fields that it lacks are empty. False at the end of the text.
static bool next_line(char **text, char *fields[], size_t count) {
    static char none[1];
    if (*text == NULL)
        return false;
    char *line = strsep(text, "\n");
    for (size_t i = 0; i < count; i++)
        fields[i] = line == NULL ? none : strsep(&line, ":");
    return true;
}

// The first entry with that name or number. A number needs no entry.
static int find_user(struct identity *found, char *passwd, const char *wanted) {
    char *fields[6];
    uint32_t number = 0, user, group;
    bool numeric = is_number(wanted, &number);
    while (next_line(&passwd, fields, 6)) {
        if (!is_number(fields[2], &user) || !is_number(fields[3], &group))
            continue;
        if (strcmp(fields[0], wanted) == 0 || (numeric && user == number)) {
            *found = (struct identity){.user = user, .group = group, .name = fields[0], .home = fields[5]};
            return 0;
        }
    }
    *found = (struct identity){.user = number, .name = ""};
    errno = ENOENT;
    return numeric ? 0 : -1;
}

static int find_group(struct identity *found, char *groups, const char *wanted) {
    char *fields[3];
    uint32_t number = 0, group;
    bool numeric = is_number(wanted, &number);
    while (next_line(&groups, fields, 3)) {
        if (is_number(fields[2], &group) && (strcmp(fields[0], wanted) == 0 || (numeric && group == number))) {
            found->group = group;
            return 0;
        }
    }
    found->group = number;
    errno = ESRCH;
    return numeric ? 0 : -1;
}

// The groups that list the user as a member.
static void find_memberships(struct identity *found, char *groups) {
    char *fields[4];
    while (found->name[0] != 0 && next_line(&groups, fields, 4)) {
        uint32_t group;
        char *members = fields[3];
        while (members != NULL && found->count < GROUPS_MAX) {
            char *member = strsep(&members, ",");
            if (strcmp(member, found->name) == 0 && is_number(fields[2], &group)) {
                found->groups[found->count++] = group;
                break;
            }
        }
    }
}

// A command may open its streams again by name (/dev/stdout), so they are its user's.
static void own_streams(const struct identity *found) {
    for (int fd = 0; fd < 3; fd++) {
        struct stat is;
        if (fstat(fd, &is) == 0 && (S_ISFIFO(is.st_mode) || isatty(fd)))
            (void)!fchown(fd, found->user, is.st_gid);
    }
}

// Makes this process that user's, without the capabilities of root unless it is root. An explicit group is the only one. The user's home
// is "/" where it has none. -1 with errno: ENOENT no such user, ESRCH no such group.
int user_become(char *wanted, const char **home) {
    static struct identity found;
    char *group = strchr(wanted, ':');
    if (group != NULL)
        *group++ = 0;
    char *passwd = read_text("/etc/passwd"), *groups = read_text("/etc/group");
    if (passwd == NULL || groups == NULL || find_user(&found, passwd, wanted) < 0)
        return -1;
    if (group != NULL && find_group(&found, groups, group) < 0)
        return -1;
    if (group == NULL)
        find_memberships(&found, groups);
    *home = found.home != NULL && found.home[0] == '/' ? found.home : NOBODY_HOME;
    own_streams(&found);
    // The calls themselves: the C library's would look for other threads first.
    if (syscall(SYS_setgroups, found.count, found.groups) < 0 || syscall(SYS_setresgid, found.group, found.group, found.group) < 0)
        return -1;
    return (int)syscall(SYS_setresuid, found.user, found.user, found.user);
}
