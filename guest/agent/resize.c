// CPUs and memory that are brought into use, or taken out of it, while the guest runs.
//
// The kernel takes its time for that, so it is done in a process of its own; what came of it is asked for by RESOURCES. CPUs are taken from the
// lowest number on and given back from the highest. Memory comes in blocks. Most of it goes into the kernel's movable zone, whose blocks can be
// given back again; but what the kernel itself needs, such as the descriptions of all that memory, fits into the other zones only, so these get
// a block whenever the movable zone has become MOVABLE_MOST times as large.
#include "agent.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

enum { CPUS_MOST = 255, BLOCKS_MOST = 8192, MOVABLE_MOST = 3, BLOCK_MS = 2000, RESERVED_PART = 16, MEMORY_LENGTH = 12, RANGE_LENGTH = 16, REPORT_LENGTH = 48 };

#define CPU_FOLDER "/sys/devices/system/cpu"
#define MEMORY_FOLDER "/sys/devices/system/memory"
// While it is set, waiting for all CPUs to have noticed something does not wait for their next tick.
#define IN_A_HURRY "/sys/kernel/rcu_expedited"

static struct {
    uint32_t cpus;
    uint64_t bytes;
    int64_t deadline;
} wanted;

static bool first_line(const char *path, char *line, int length) {
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    bool read = fgets(line, length, file) != NULL;
    fclose(file);
    return read;
}

// ---- CPUs

// How many CPUs a file counts, such as "0-3,6".
static uint32_t cpus_in(const char *file) {
    char list[1024] = "";
    first_line(file, list, sizeof list);
    uint32_t count = 0;
    for (char *at = strtok(list, ",\n"); at != NULL; at = strtok(NULL, ",\n")) {
        unsigned first = 0, last = 0;
        int numbers = sscanf(at, "%u-%u", &first, &last);
        count += numbers == 2 ? last - first + 1 : numbers == 1;
    }
    return count;
}

static int cpu_state(unsigned cpu, const char *state) {
    char path[64], now[4] = "";
    snprintf(path, sizeof path, CPU_FOLDER "/cpu%u/online", cpu);
    if (!first_line(path, now, sizeof now) || now[0] == state[0])
        return 0;
    return write_file(path, state);
}

// CPU 0 always runs.
static int resize_cpus(void) {
    int error = 0;
    write_file(IN_A_HURRY, "1");
    for (unsigned cpu = 1; cpu < wanted.cpus && !error; cpu++)
        error = cpu_state(cpu, "1");
    for (unsigned cpu = cpus_in(CPU_FOLDER "/present"); cpu-- > wanted.cpus && !error;)
        error = cpu_state(cpu, "0");
    write_file(IN_A_HURRY, "0");
    return error;
}

// ---- memory

struct block {
    unsigned number;
    bool online, movable, fixed;
};

static struct block blocks[BLOCKS_MOST];
static int count;

static uint64_t block_bytes(void) {
    char line[32] = "";
    first_line(MEMORY_FOLDER "/block_size_bytes", line, sizeof line);
    return strtoull(line, NULL, 16);
}

static bool block_file(unsigned number, const char *file, char *line, int length) {
    char path[80];
    snprintf(path, sizeof path, MEMORY_FOLDER "/memory%u/%s", number, file);
    return first_line(path, line, length);
}

static void block_read(unsigned number) {
    char state[16] = "", zones[64] = "";
    if (count == BLOCKS_MOST || !block_file(number, "state", state, sizeof state))
        return;
    bool online = strncmp(state, "online", 6) == 0;
    if (online)
        block_file(number, "valid_zones", zones, sizeof zones);
    blocks[count++] = (struct block){number, online, strncmp(zones, "Movable", 7) == 0, strncmp(zones, "none", 4) == 0};
}

static int by_number(const void *a, const void *b) {
    const struct block *one = a, *other = b;
    return one->number < other->number ? -1 : one->number > other->number;
}

// All blocks, in the order of their addresses.
static void blocks_read(void) {
    unsigned number;
    count = 0;
    DIR *folder = opendir(MEMORY_FOLDER);
    if (folder == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        if (sscanf(entry->d_name, "memory%u", &number) == 1)
            block_read(number);
    closedir(folder);
    qsort(blocks, (size_t)count, sizeof *blocks, by_number);
}

static uint64_t online_bytes(uint64_t size, bool movable) {
    uint64_t sum = 0;
    for (int i = 0; i < count; i++)
        sum += blocks[i].online && blocks[i].movable == movable ? size : 0;
    return sum;
}

static void interrupted(int signal) {
    (void)signal;
}

// The kernel tries for as long as it is let to empty a block of which pages are in use just now.
static bool block_state(struct block *block, const char *state) {
    char path[80];
    struct itimerval longest = {.it_value = {.tv_sec = BLOCK_MS / 1000}}, never = {.it_value = {0}};
    snprintf(path, sizeof path, MEMORY_FOLDER "/memory%u/state", block->number);
    setitimer(ITIMER_REAL, &longest, NULL);
    int error = write_file(path, state);
    setitimer(ITIMER_REAL, &never, NULL);
    if (!error) {
        block->online = strncmp(state, "online", 6) == 0;
        block->movable = strcmp(state, "online_movable") == 0;
    }
    return !error;
}

static void raise_memory(uint64_t size) {
    for (int i = 0; i < count && now_ms() < wanted.deadline; i++) {
        uint64_t movable = online_bytes(size, true), other = online_bytes(size, false);
        if (movable + other >= wanted.bytes)
            return;
        if (blocks[i].online)
            continue;
        bool for_kernel = movable + size > MOVABLE_MOST * other;
        if (!block_state(&blocks[i], for_kernel ? "online_kernel" : "online_movable"))
            block_state(&blocks[i], "online");
    }
}

// The last first, so that what was plugged last can be unplugged.
static void lower_memory(uint64_t size, bool movable) {
    for (int i = count - 1; i >= 0 && now_ms() < wanted.deadline; i--) {
        if (online_bytes(size, true) + online_bytes(size, false) < wanted.bytes + size)
            return;
        if (blocks[i].online && blocks[i].movable == movable && !blocks[i].fixed)
            block_state(&blocks[i], "offline");
    }
}

// ---- the users' limit

static uint64_t number_in(const char *path) {
    char line[32] = "";
    return first_line(path, line, sizeof line) ? strtoull(line, NULL, 10) : 0;
}

static uint64_t available_bytes(void) {
    char line[128];
    unsigned long long kibibytes = 0;
    FILE *file = fopen("/proc/meminfo", "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "MemAvailable: %llu", &kibibytes) == 1)
            break;
    if (file != NULL)
        fclose(file);
    return kibibytes * 1024;
}

// Files in memory count as their users' too, so they can't be what leaves the kernel with nothing and nobody to end.
void users_limit(void) {
    char limit[32];
    write_file("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
    uint64_t used = number_in(USER_CGROUP "/memory.current"), available = available_bytes();
    snprintf(limit, sizeof limit, "%llu", (unsigned long long)(used + available - available / RESERVED_PART));
    int error = write_file(USER_CGROUP "/memory.max", limit);
    if (error)
        complain("cannot limit", USER_CGROUP);
}

static int resize_memory(void) {
    struct sigaction action = {.sa_handler = interrupted};
    sigaction(SIGALRM, &action, NULL);
    uint64_t size = block_bytes();
    if (size == 0)
        return ENOTSUP;
    blocks_read();
    raise_memory(size);
    lower_memory(size, true);
    lower_memory(size, false);
    users_limit();
    return 0;
}

// ---- what there is

// The range, of addresses, is looked at on its own too.
static void report(const struct origin *origin, uint64_t address, uint64_t length) {
    uint8_t answered[REPORT_LENGTH];
    uint64_t size = block_bytes(), online = 0, online_there = 0, all_there = 0;
    blocks_read();
    for (int i = 0; i < count; i++) {
        uint64_t at = blocks[i].number * size;
        bool there = at >= address && at - address < length;
        online += blocks[i].online ? size : 0;
        online_there += there && blocks[i].online ? size : 0;
        all_there += there ? size : 0;
    }
    put32(answered, cpus_in(CPU_FOLDER "/online"));
    put32(answered + 4, cpus_in(CPU_FOLDER "/present"));
    uint64_t numbers[] = {size, online, online_there, all_there, available_bytes()};
    for (int i = 0; i < 5; i++) {
        put32(answered + 8 + 8 * i, (uint32_t)numbers[i]);
        put32(answered + 12 + 8 * i, (uint32_t)(numbers[i] >> 32));
    }
    answer(origin, OK, answered, sizeof answered);
}

// ----

void resize_frame(const struct origin *origin, const struct frame *frame, const uint8_t *request, size_t length) {
    if (frame->type == CPUS && length == 4 && get32(request) >= 1 && get32(request) <= CPUS_MOST) {
        wanted.cpus = get32(request);
        task_start(origin, resize_cpus);
    } else if (frame->type == MEMORY && length == MEMORY_LENGTH) {
        wanted.bytes = get64(request);
        wanted.deadline = now_ms() + get32(request + 8);
        task_start(origin, resize_memory);
    } else if (frame->type == RESOURCES && length == RANGE_LENGTH) {
        report(origin, get64(request), get64(request + 8));
    } else {
        answer_error(origin, EPROTO, "malformed size");
    }
}
