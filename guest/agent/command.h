// A command, for commands.c, listing.c, streams.c, kept.c and logs.c.
//
// It is *attached* while a stream of a session belongs to it: until EXITED or EXEC_FAILED, until it is let go by DETACH, or until its session
// ends. What comes of its pipes then depends on whether it is *kept*. A kept one can be attached to again: the latest of its output is held
// for that, and how it ended. One that is not kept is an orphan: its input ends, a terminal is hung up. It is forgotten when it has ended,
// its pipes are closed and its cgroup is gone. All output goes to the log as well, as far as that takes it.
#pragma once

#include "agent.h"

struct chunk;

struct command {
    struct command *next;
    unsigned number;
    char id[ID_MAX + 1];
    char *words;  // of the program and its arguments, each ended by a NUL, cut where they are long
    size_t words_length;
    pid_t pid;
    struct origin origin;
    bool attached;
    bool kept;
    bool apart;  // it is let go as soon as it has begun
    bool terminal;
    struct pipes pipes;
    int step, error;  // why it was not executed; step 0: it was, or that is not known yet
    bool announced;   // STARTED is sent
    bool again;       // it was attached to, and not started by this session
    int64_t began_ns, ended_ns;  // by the guest's clock
    int64_t deadline_ms;         // when it is to be killed; 0: never
    bool ended;
    int status;
    bool killed;  // by this agent
    bool out_of_memory, timed_out;
    uint32_t out_credit[2];
    uint32_t out_left[2];  // once it has ended: what is not sent yet of the bytes its pipes held then
    struct chunk *held;    // output that nobody was there for, the oldest first
    uint64_t skipped;      // bytes of output that were not held
    uint32_t in_allowed, in_owed;
    bool in_end, in_end_told;
    size_t in_start, in_length;
    uint8_t *in_bytes;  // CREDIT_START bytes, only while its pipe is full
    bool removal_tried;
    bool unlogged;    // no user's command but a file server: nobody is told of it
    bool alone;  // hook_ended is still to be told of its end
    struct {
        int64_t budget, filled_ms;   // bytes that may be logged now, as of that moment
        uint64_t skipped;            // bytes that were not logged
        uint8_t tail[2][4];          // of each output, the beginning of a character of which the rest is to come
        size_t tail_length[2];
        bool begun, ended;
    } log;
};

// commands.c
void command_kill_all(const struct command *command);
void command_not_executed(void);
void command_detach(struct command *command);
// The next one that is listed, by its number; NULL: there is none.
const struct command *command_after(uint32_t after);

// streams.c: one step of its streams; says whether there may be more to do at once.
bool command_step(struct command *command);
void command_stdin(struct command *command, const uint8_t *bytes, size_t length);

// kept.c: output that is held while nobody is attached.
void held_add(struct command *command, int channel, const uint8_t *bytes, size_t length);
// Sends some of it; false when there is none, or no room or credit for it.
bool held_send(struct command *command);
void held_free(struct command *command);

// logs.c: the sandbox's log, lines of JSON. What the log does not take at once is not kept there.
void log_start(struct command *command);
void log_output(struct command *command, int channel, const uint8_t *bytes, size_t length);
void log_end(struct command *command);
