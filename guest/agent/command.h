// A command, for commands.c and streams.c.
//
// It is *attached* while its stream lives: until EXITED or EXEC_FAILED, or until its session ends, which makes it an orphan. From then on
// what its pipes bring goes to the log; it is forgotten when it has ended, its pipes are closed and its cgroup is gone.
#pragma once

#include "agent.h"

struct command {
    struct command *next;
    unsigned number;
    pid_t pid;
    struct origin origin;
    bool attached;
    struct pipes pipes;
    int step, error;  // why it was not executed; step 0: it was, or that is not known yet
    bool announced;   // STARTED is sent
    bool ended;
    int status;
    uint32_t out_credit[2];
    uint32_t out_left[2];  // once it has ended: what is not sent yet of the bytes its pipes held then
    uint32_t in_allowed, in_owed;
    bool in_end;
    size_t in_start, in_length;
    uint8_t *in_bytes;  // CREDIT_START bytes, only while its pipe is full
    bool removal_tried;
    bool unlogged;      // what an orphan of it writes is for nobody
    bool alone;  // hook_ended is still to be told of its end
};

// streams.c: one step of its streams; says whether there may be more to do at once.
bool command_step(struct command *command);
void command_stdin(struct command *command, const uint8_t *bytes, size_t length);
