// Requests to the sandbox as a whole: freezing, identity, flushing, the end.
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ENTROPY_MIN = 32, ENTROPY_MAX = 512, HOSTNAME_LENGTH_MAX = 64, TASKS_MAX = 16, IDENTITY_VARIABLES_MAX = 4096 };

static int generator = -1;      // the kernel's, of random bytes
static int users_frozen = -1;   // whether the users' processes are to stand still. Both stay open: opening takes a fork several milliseconds
static struct source events = {.fd = -1};  // of the users' cgroup: "populated" and "frozen" change
static enum { RUNNING, FREEZING, FROZEN, ENDING } state;
static struct origin asker;
static int64_t deadline;
static int turns;  // of the loop, that the answer to SHUTDOWN still has to leave
static struct {
    pid_t pid;
    struct origin origin;
} tasks[TASKS_MAX];

static struct identity {
    const char *hostname, *generation;
    const uint8_t *clock, *entropy;
    uint32_t entropy_length;
    bool replace;
    size_t count;
    char *variables[IDENTITY_VARIABLES_MAX];
} identity;  // the one that is being given

int write_file(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return errno;
    int error = write(fd, text, strlen(text)) < 0 ? errno : 0;
    close(fd);
    return error;
}

void control_start(void) {
    users_frozen = open(USER_CGROUP "/cgroup.freeze", O_WRONLY | O_CLOEXEC);
    generator = open("/dev/urandom", O_RDWR | O_CLOEXEC);
    source_watch(&events, open(USER_CGROUP "/cgroup.events", O_RDONLY | O_CLOEXEC));
}

static bool users_are(const char *condition) {
    char text[128] = "";
    if (pread(events.fd, text, sizeof text - 1, 0) < 0)
        return false;
    return strstr(text, condition) != NULL;
}

bool control_refuses_commands(int *error) {
    *error = state == ENDING ? ESHUTDOWN : EBUSY;
    return state != RUNNING;
}

// ---- freezing

static int let_stand_still(bool still) {
    return pwrite(users_frozen, still ? "1" : "0", 1, 0) < 0 ? errno : 0;
}

// What a fork writes to first. Processes that the agent has started since made it a copy to be made, which takes a fork some milliseconds.
static void touch_what_forks_use(const struct origin *origin) {
    uint8_t stack[8192] = {0};
    touch(stack, sizeof stack);
    touch(&identity, sizeof identity);
    lane_touch(origin->lane);
}

static void freeze(const struct origin *origin, uint32_t milliseconds) {
    touch_what_forks_use(origin);
    if (state == FROZEN) {
        answer(origin, OK, NULL, 0);
        return;
    }
    if (state != RUNNING)
        return answer_error(origin, EBUSY, state == ENDING ? "the sandbox ends" : "another request is freezing it");
    int error = let_stand_still(true);
    if (error)
        return answer_error(origin, error, "cgroup.freeze");
    state = FREEZING;
    asker = *origin;
    deadline = now_ms() + milliseconds;
}

static int thaw(void) {
    if (state == FREEZING)
        answer_error(&asker, ECANCELED, "thawed before everything stood still");
    if (state != ENDING)
        state = RUNNING;
    return let_stand_still(false);
}

static bool freezing_run(void) {
    if (users_are("frozen 1")) {
        state = FROZEN;
        if (!answer(&asker, OK, NULL, 0))
            thaw();  // nobody is there any more who would thaw it
    } else if (now_ms() >= deadline) {
        answer_error(&asker, ETIMEDOUT, "some processes did not stand still in time");
        asker.lane = NULL;
        thaw();
    }
    return state != FREEZING;
}

// ---- identity

static bool identity_read(uint8_t *at, uint8_t *end) {
    struct field field;
    int more;
    while ((more = field_next(&at, end, &field)) > 0) {
        char *text = (char *)field.bytes;
        bool is_text = memchr(text, 0, field.length) == NULL;
        if (field.tag == 1 && is_text && field.length > 0 && field.length <= HOSTNAME_LENGTH_MAX)
            identity.hostname = text;
        else if (field.tag == 2 && field.length == 8)
            identity.clock = field.bytes;
        else if (field.tag == 3 && field.length >= ENTROPY_MIN && field.length <= ENTROPY_MAX)
            identity.entropy = field.bytes, identity.entropy_length = field.length;
        else if (field.tag == 4 && is_text && strchr(text, '=') > text && identity.count < IDENTITY_VARIABLES_MAX)
            identity.variables[identity.count++] = text;
        else if (field.tag == 5 && field.length == 0)
            identity.replace = true;
        else if (field.tag == 6 && is_text)
            identity.generation = text;
        else
            return false;
    }
    return more == 0;
}

// Counts the bytes as entropy, and makes every CPU's generator take its next key from them.
static int add_entropy(const uint8_t *bytes, uint32_t length) {
    struct {
        struct rand_pool_info info;
        uint8_t bytes[ENTROPY_MAX];
    } pool = {.info = {.entropy_count = (int)length * 8, .buf_size = (int)length}};
    memcpy(pool.bytes, bytes, length);
    return ioctl(generator, RNDADDENTROPY, &pool) < 0 || ioctl(generator, RNDRESEEDCRNG) < 0 ? errno : 0;
}

static int set_clock(const uint8_t *nanoseconds) {
    int64_t time = (int64_t)get64(nanoseconds), second = 1000000000;
    struct timespec at = {.tv_sec = time / second, .tv_nsec = time % second};
    return clock_settime(CLOCK_REALTIME, &at) < 0 ? errno : 0;
}

static void identify(const struct origin *origin, uint8_t *message, size_t length) {
    memset(&identity, 0, sizeof identity);
    if (!identity_read(message, message + length))
        return answer_error(origin, EPROTO, "malformed identity");
    int error = identity.entropy ? add_entropy(identity.entropy, identity.entropy_length) : 0;
    if (error)
        return answer_error(origin, error, "entropy");
    if (identity.clock && (error = set_clock(identity.clock)))
        return answer_error(origin, error, "clock");
    if (identity.hostname && sethostname(identity.hostname, strlen(identity.hostname)) < 0)
        return answer_error(origin, errno, "hostname");
    if ((identity.replace || identity.count > 0) && (error = environment_replace(identity.replace, identity.variables, identity.count)))
        return answer_error(origin, error, "environment");
    if (identity.generation) {
        connections_end(NULL);
        network_cut();
        logs_forget();
        fork_file_write(identity.generation);
    }
    answer(origin, OK, NULL, 0);
}

// ---- what may take long

void task_start(const struct origin *origin, int (*work)(void)) {
    int slot = 0;
    while (slot < TASKS_MAX && tasks[slot].pid != 0)
        slot++;
    pid_t pid = slot == TASKS_MAX ? -1 : fork();
    if (pid < 0)
        return answer_error(origin, EAGAIN, "too much is being done at once");
    if (pid == 0)
        _exit(work());
    tasks[slot].pid = pid;
    tasks[slot].origin = *origin;
}

static int flush_disks(void) {
    sync();
    return 0;
}

bool control_reaped(pid_t pid, int status) {
    for (int i = 0; i < TASKS_MAX; i++) {
        if (tasks[i].pid != pid)
            continue;
        tasks[i].pid = 0;
        int error = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
        if (error == 0)
            answer(&tasks[i].origin, OK, NULL, 0);
        else
            answer_error(&tasks[i].origin, error, strerror(error));
        return true;
    }
    return false;
}

// ---- the end

static void shut_down(const struct origin *origin, uint32_t milliseconds, uint32_t signal) {
    thaw();
    state = ENDING;
    deadline = now_ms() + milliseconds;
    turns = 2;
    answer(origin, OK, NULL, 0);
    kill(-1, (int)signal);
}

static bool ending_run(void) {
    if (turns-- > 0)
        return true;
    if (now_ms() < deadline && !users_are("populated 0"))
        return false;
    write_file(USER_CGROUP "/cgroup.kill", "1");
    kill(-1, SIGKILL);
    power_off();
    return false;
}

// ----

void control_frame(const struct origin *origin, const struct frame *frame, uint8_t *message, size_t length) {
    if (frame->type >= CPUS && frame->type <= RESOURCES)
        return resize_frame(origin, frame, message, length);
    uint32_t expected = frame->type == FREEZE || frame->type == SHUTDOWN || frame->type == FORKED ? 4 : 0;
    bool any = frame->type == PING || frame->type == IDENTITY || frame->type == GROW_DISK || (frame->type == SHUTDOWN && length == 8);
    if (frame->type < FREEZE || (frame->type > PING && frame->type != FORKED && frame->type != GROW_DISK) || (!any && length != expected))
        return answer_error(origin, EPROTO, "not a request, or its length is wrong");
    if (frame->type == GROW_DISK) {
        disk_grow(origin, message, length);
    } else if (frame->type == FREEZE) {
        freeze(origin, get32(message));
    } else if (frame->type == THAW) {
        int error = thaw();
        if (error)
            return answer_error(origin, error, "cgroup.freeze");
        answer(origin, OK, NULL, 0);
    } else if (frame->type == FORKED) {
        int error = thaw();
        if (error)
            return answer_error(origin, error, "cgroup.freeze");
        hook_start(origin, get32(message));
    } else if (frame->type == IDENTITY) {
        identify(origin, message, length);
    } else if (frame->type == SYNC) {
        fork_prepare();
        task_start(origin, flush_disks);
    } else if (frame->type == SHUTDOWN) {
        uint32_t signal = length == 8 ? get32(message + 4) : SIGTERM;
        if (signal < 1 || signal > 64)
            return answer_error(origin, EPROTO, "not a signal");
        shut_down(origin, get32(message), signal);
    } else {
        answer(origin, OK, message, length);
    }
}

bool control_run(void) {
    return (state == FREEZING && freezing_run()) || (state == ENDING && ending_run());
}

int control_timeout(void) {
    if (state != FREEZING && state != ENDING)
        return -1;
    int64_t left = deadline - now_ms();
    return left < 0 ? 0 : left > 1000 ? 1000 : (int)left;
}
