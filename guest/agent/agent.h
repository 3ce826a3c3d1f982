// The agent: PID 1 of a Stasis guest. It serves the protocol of ../PROTOCOL.md.
//
// One thread, one loop (main.c). Every descriptor is non-blocking and watched edge-triggered; what became ready is remembered in its
// `struct source` until a call says EAGAIN. Each turn of the loop gives every lane and every command one step, so none can hold up another.
#pragma once

#define _GNU_SOURCE
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    FRAME_HEADER = 24,
    FRAME_PAYLOAD = 16384,
    FRAME_TRAILER = 4,
    FRAME_MAX = FRAME_HEADER + FRAME_PAYLOAD + FRAME_TRAILER,
    MESSAGE_MAX = 1 << 20,
    CREDIT_START = 65536,
    CREDIT_MAX = 1 << 30,
    // What data frames leave free in a lane's buffer, for answers to control requests.
    OUT_RESERVE = 8192,
    OUT_SIZE = 4 * FRAME_MAX + OUT_RESERVE,
    LOG_CHUNK = 4096,
    ID_MAX = 64,
    VERSION = 1,
};

enum type {
    HELLO = 1, WELCOME = 2, CREDIT = 3,
    EXEC = 16, STARTED = 17, EXEC_FAILED = 18, STDIN = 19, STDIN_END = 20, STDOUT = 21, STDERR = 22, EXITED = 23, SIGNAL = 24,
    FREEZE = 32, THAW = 33, IDENTITY = 34, SYNC = 35, SHUTDOWN = 36, PING = 37,
    CPUS = 38, MEMORY = 39, RESOURCES = 40,
    FORKED = 42,
    GROW_DISK = 44,
    OK = 48, ERROR = 49,
    COMMANDS = 64, ATTACH = 65, DETACH = 66, DETACHED = 67, WINDOW = 68, METRICS = 69,
    FILES = 80,
    CONNECT = 96, CONNECTED = 97, CONNECT_FAILED = 98, DATA = 99, DATA_END = 100, CLOSED = 101, RESET = 102,
};

// What this agent can do, beyond what the first ones could: the bits of WELCOME.
enum {
    FEATURE_RESIZE = 1 << 0, FEATURE_FORKED = 1 << 1, FEATURE_GROW_DISK = 1 << 2, FEATURE_USER = 1 << 3,
    FEATURE_LIMITS = 1 << 4, FEATURE_TERMINAL = 1 << 5, FEATURE_KEPT = 1 << 6, FEATURE_FILES = 1 << 7, FEATURE_CONNECT = 1 << 9,
    FEATURES = FEATURE_RESIZE | FEATURE_FORKED | FEATURE_GROW_DISK | FEATURE_USER | FEATURE_LIMITS | FEATURE_TERMINAL | FEATURE_KEPT
        | FEATURE_FILES | FEATURE_CONNECT,
};

enum step { STEP_LIMITS = 1, STEP_FORK, STEP_FOLDER, STEP_USER, STEP_EXECUTE, STEP_REQUEST, STEP_FROZEN };

// ---- main.c: descriptors

struct source {
    int fd;          // -1: none
    uint32_t ready;  // EPOLLIN, EPOLLOUT: not yet answered by EAGAIN; EPOLLHUP: as of the last event
};

void source_watch(struct source *source, int fd);
void source_close(struct source *source);
ssize_t source_read(struct source *source, void *bytes, size_t length);
ssize_t source_write(struct source *source, const void *bytes, size_t length);
int64_t now_ms(void);
void complain(const char *what, const char *on);

// ---- frames.c: bytes to frames and back

struct frame {
    uint64_t epoch;
    uint32_t stream;
    uint8_t type;
    bool more;
    uint32_t length;
    uint8_t *payload;
};

struct field {
    uint8_t tag;
    uint32_t length;
    uint8_t *bytes;  // followed by a NUL
};

// Finds the next well-formed frame of `epoch`, or HELLO of any; returns the bytes to drop before (no frame: type 0) or with it.
size_t frame_find(uint8_t *bytes, size_t length, uint64_t epoch, struct frame *frame);
void frame_seal(uint8_t *bytes, const struct frame *frame);
// 1: a field was taken from the front of the list, 0: the list is at its end, -1: malformed. Moves the field to make room for its NUL.
int field_next(uint8_t **at, uint8_t *end, struct field *field);
uint16_t get16(const uint8_t *bytes);
uint32_t get32(const uint8_t *bytes);
uint64_t get64(const uint8_t *bytes);
void put32(uint8_t *bytes, uint32_t value);
void put64(uint8_t *bytes, uint64_t value);

// ---- lanes.c: connections with the host

struct lane;

// Where an answer goes: nowhere, once the lane's session has ended.
struct origin {
    struct lane *lane;
    uint64_t epoch;
    uint32_t stream;
};

void lane_add(int fd);
bool lanes_run(void);
// Writes to each page of some memory what is there.
void touch(void *memory, size_t length);
// The same, of what the next session on a lane begins with.
void lane_touch(struct lane *lane);
int lanes_timeout(void);
bool origin_lives(const struct origin *origin);
// Room for a frame of this payload behind which OUT_RESERVE stays free: NULL if there is none now.
uint8_t *answer_space(const struct origin *origin, size_t length);
void answer_commit(const struct origin *origin, enum type type, size_t length);
// Sends one frame if its session lives and there is room, else not.
bool answer(const struct origin *origin, enum type type, const void *payload, size_t length);
void answer_error(const struct origin *origin, int error, const char *text);

// ---- ports.c: finding lanes and the log

void ports_start(void);
void ports_run(void);
extern struct source log_port;

// ---- commands.c, spawn.c, users.c: users' processes

// The agent's ends of a command's pipes; the last one says how its execve went.
struct pipes {
    struct source in, out[2], report;
};

struct limit {
    uint32_t resource;
    uint64_t soft, hard;
};

struct spawn {
    char **argv;
    char **envp;
    const char *folder;
    bool make_folder;
    char *user;  // NULL: root
    const char *cgroup;
    bool no_stdin;
    void (*serve)(void);  // instead of executing a program: does not return
    struct limit limits[16];
    size_t limit_count;
    bool terminal;  // one pseudo-terminal in place of the three pipes
    uint16_t rows, columns;
};

#define USER_CGROUP "/sys/fs/cgroup/user"

bool commands_run(void);
int commands_timeout(void);
// How many were started, run now, and could not be started.
void commands_count(uint64_t counts[3]);
void commands_orphan(const struct lane *lane);
void command_start(const struct origin *origin, uint8_t *request, size_t length);
// A command that is no program but the file server.
void files_start(const struct origin *origin, uint8_t *request, size_t length);
void command_frame(const struct origin *origin, const struct frame *frame);
void command_list(const struct origin *origin, const uint8_t *request, size_t length);
void command_attach(const struct origin *origin, const uint8_t *id, size_t length);
void commands_reaped(pid_t pid, int status);
pid_t spawn(const struct spawn *spawn, struct pipes *ours, int *error);
void terminal_resize(const struct pipes *pipes, uint16_t rows, uint16_t columns);
char **environment_with(char *const *more, size_t count, char *const *unset, size_t unset_count);
char *const *environment_own(void);
// Starts a program without arguments whose output goes to the log, and tells hook_ended of its end. Its number; 0 with *error if that failed.
unsigned command_start_alone(char *program, int *error);
// Kills it with all that it started.
void command_kill(unsigned number);
int user_become(char *wanted, const char **home);
int environment_replace(bool all, char *const *given, size_t count);

// ---- connections.c: TCP connections to what listens in the guest

// Whether a frame is for a connection rather than a command.
bool connection_takes(const struct origin *origin, uint8_t type);
void connection_frame(const struct origin *origin, const struct frame *frame);
// Resets the connections of a lane, or of all of them.
void connections_end(const struct lane *lane);
bool connections_run(void);
int connections_timeout(void);

// ---- fileserver.c

void files_serve(void);

// ---- network.c: the network device, where there is one

// What the kernel's command line says of it; NULL: there is none.
const char *network_wanted(void);
void network_up(void);
// Ends all TCP connections that leave the guest.
void network_cut(void);

// ---- control.c: freezing, identity, end

void control_start(void);
bool control_run(void);
int control_timeout(void);
void control_frame(const struct origin *origin, const struct frame *frame, uint8_t *message, size_t length);
bool control_reaped(pid_t pid, int status);
bool control_refuses_commands(int *error);
int write_file(const char *path, const char *text);
// Does work that may take long in a process of its own; the errno that it returns becomes the answer.
void task_start(const struct origin *origin, int (*work)(void));

// ---- resize.c: CPUs and memory

// Lets users' processes have what memory there is, and no more: when they want more, it is they who get none, and not the kernel.
void users_limit(void);
void resize_frame(const struct origin *origin, const struct frame *frame, const uint8_t *request, size_t length);

// ---- fork.c: telling programs that they are in a fork

void fork_prepare(void);
void fork_file_write(const char *generation);
void hook_start(const struct origin *asker, uint32_t milliseconds);
void hook_ended(unsigned command, int error, int status);
bool hook_run(void);
int hook_timeout(void);

// ---- logs.c

bool logs_run(void);
void logs_forget(void);

// ---- metrics.c

void metrics_answer(const struct origin *origin);

// ---- disk.c

void disk_grow(const struct origin *origin, const uint8_t *request, size_t length);

// ---- boot.c: from the initramfs to the sandbox's own root

void boot(void);
void power_off(void);
int disk_folder(void);
