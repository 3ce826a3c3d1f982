// What tells programs that they are in a fork: a file that is there before any of them runs, and a program of the image's that is run.
#include "agent.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FOLDER "/run/stasis"
#define FORK_FILE FOLDER "/fork"
#define ASIDE FOLDER "/.fork"
#define HOOK "/etc/stasis/on-fork"

enum hook_end { HOOK_NONE, HOOK_EXITED, HOOK_SIGNALED, HOOK_TIMED_OUT, HOOK_NOT_STARTED };

// ---- the file

// One entry a line, whatever the text holds.
static void put_line(FILE *file, const char *prefix, const char *text) {
    fputs(prefix, file);
    for (; *text != 0; text++) {
        const char *escape = *text == '\\' ? "\\\\" : *text == '\n' ? "\\n" : *text == '\r' ? "\\r" : NULL;
        if (escape != NULL)
            fputs(escape, file);
        else
            putc(*text, file);
    }
    putc('\n', file);
}

static FILE *spare;  // is to become the next file, lies at ASIDE, and holds one byte: its first page and its buffer have memory already
static ino_t spare_inode;
static FILE *last;   // became the present one; as long as it is open, replacing it frees nothing
static FILE *gone;   // was replaced

static bool spare_is_whole(void) {
    struct stat is;
    return spare != NULL && lstat(ASIDE, &is) == 0 && is.st_ino == spare_inode && is.st_size == 1;
}

static void drop(FILE **file) {
    if (*file != NULL)
        fclose(*file);
    *file = NULL;
}

// In a fork no code of the kernel has run yet. Under emulation that makes slow what is fast elsewhere: becoming a fork took twice as long with the
// making and freeing of a file, the page faults of an allocation, and the search of an image for a hook that it has not. A capture is preceded by it.
void fork_prepare(void) {
    struct stat is = {0};
    stat(HOOK, &is);
    drop(&gone);
    if (spare_is_whole())
        return;
    drop(&spare);
    mkdir(FOLDER, 0755);
    unlink(ASIDE);
    spare = fopen(ASIDE, "wxe");
    if (spare == NULL)
        return;
    putc('\n', spare);
    if (fseek(spare, 0, SEEK_SET) != 0 || fstat(fileno(spare), &is) != 0)
        drop(&spare);
    spare_inode = is.st_ino;
}

static bool write_spare(const char *generation) {
    char name[256] = "";
    if (spare == NULL || gethostname(name, sizeof name - 1) != 0)
        return false;
    put_line(spare, "generation=", generation);
    put_line(spare, "name=", name);
    for (char *const *variable = environment_own(); variable != NULL && *variable != NULL; variable++)
        put_line(spare, "env.", *variable);
    return fflush(spare) == 0 && !ferror(spare) && rename(ASIDE, FORK_FILE) == 0;
}

// Replaces the file in one step. The guest's root can make that impossible; then there is none, rather than one that is not true.
void fork_file_write(const char *generation) {
    if (!spare_is_whole())
        fork_prepare();
    for (int attempts = 0; attempts < 2; attempts++) {
        if (write_spare(generation)) {
            drop(&gone);
            gone = last;
            last = spare;
            spare = NULL;
            return;
        }
        complain("cannot write", FORK_FILE);
        drop(&spare);
        fork_prepare();
    }
    unlink(FORK_FILE);
}

// ---- the hook

static struct {
    unsigned command;  // 0: none runs
    struct origin asker;
    int64_t deadline;
} hook;

static void hook_answer(const struct origin *asker, enum hook_end end, uint32_t value) {
    uint8_t payload[8] = {(uint8_t)end};
    put32(payload + 4, value);
    answer(asker, OK, payload, sizeof payload);
}

// A hook that is under way already came with the memory of a capture: whoever asked for it is gone.
void hook_start(const struct origin *asker, uint32_t milliseconds) {
    struct stat is;
    int error = 0;
    if (hook.command != 0)
        command_kill(hook.command);
    hook.command = 0;
    if (stat(HOOK, &is) < 0 || !S_ISREG(is.st_mode) || (is.st_mode & 0111) == 0)
        return hook_answer(asker, HOOK_NONE, 0);
    static char program[] = HOOK;
    hook.command = command_start_alone(program, &error);
    if (hook.command == 0)
        return hook_answer(asker, HOOK_NOT_STARTED, (uint32_t)error);
    hook.asker = *asker;
    hook.deadline = now_ms() + milliseconds;
}

void hook_ended(unsigned command, int error, int status) {
    if (command != hook.command)
        return;
    hook.command = 0;
    if (error != 0)
        hook_answer(&hook.asker, HOOK_NOT_STARTED, (uint32_t)error);
    else if (WIFSIGNALED(status))
        hook_answer(&hook.asker, HOOK_SIGNALED, (uint32_t)WTERMSIG(status));
    else
        hook_answer(&hook.asker, HOOK_EXITED, (uint32_t)WEXITSTATUS(status));
}

bool hook_run(void) {
    if (hook.command == 0 || now_ms() < hook.deadline)
        return false;
    command_kill(hook.command);
    hook.command = 0;
    hook_answer(&hook.asker, HOOK_TIMED_OUT, 0);
    return true;
}

int hook_timeout(void) {
    if (hook.command == 0)
        return -1;
    int64_t left = hook.deadline - now_ms();
    return left < 0 ? 0 : left > 1000 ? 1000 : (int)left;
}
