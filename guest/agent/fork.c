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

// Replaces the file in one step. The guest's root can make that impossible; then there is none, rather than one that is not true.
void fork_file_write(const char *generation) {
    char name[256] = "";
    FILE *file = fopen(ASIDE, "wxe");
    if (file == NULL) {  // rarely: each call takes a fork a millisecond under emulation
        mkdir(FOLDER, 0755);
        unlink(ASIDE);
        file = fopen(ASIDE, "wxe");
    }
    bool written = file != NULL && gethostname(name, sizeof name - 1) == 0;
    if (written) {
        put_line(file, "generation=", generation);
        put_line(file, "name=", name);
        for (char *const *variable = environment_own(); variable != NULL && *variable != NULL; variable++)
            put_line(file, "env.", *variable);
        written = !ferror(file);
    }
    if (file != NULL && fclose(file) != 0)
        written = false;
    if (written && rename(ASIDE, FORK_FILE) == 0)
        return;
    complain("cannot write", FORK_FILE);
    unlink(ASIDE);
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
