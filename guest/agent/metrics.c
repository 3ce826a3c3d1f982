// What the guest counts: its users' processors, memory, disk and network, and the commands.
#include "agent.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { SECTOR = 512 };

// The places of the numbers in the answer. New ones come at the end.
enum number {
    CPU_USER_US, CPU_SYSTEM_US, USERS_MEMORY, MEMORY_TOTAL, MEMORY_AVAILABLE, DISK_SIZE, DISK_FREE, DISK_READ, DISK_WRITTEN,
    NETWORK_RECEIVED, NETWORK_SENT, STARTED_COMMANDS, RUNNING_COMMANDS, FAILED_COMMANDS, UPTIME_MS,
    NUMBERS,
};

// All of a small file; empty if there is none.
static char *read_small(const char *path) {
    static char text[8192];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    text[n < 0 ? 0 : n] = 0;
    return text;
}

// The number behind a word.
static uint64_t number_behind(const char *text, const char *word) {
    const char *found = strstr(text, word);
    return found == NULL ? 0 : strtoull(found + strlen(word), NULL, 10);
}

static void read_disk(uint64_t numbers[NUMBERS]) {
    struct statfs disk;
    if (disk_folder() >= 0 && fstatfs(disk_folder(), &disk) == 0) {
        numbers[DISK_SIZE] = disk.f_blocks * (uint64_t)disk.f_bsize;
        numbers[DISK_FREE] = disk.f_bavail * (uint64_t)disk.f_bsize;
    }
    unsigned long long read = 0, written = 0;
    sscanf(read_small("/sys/block/vdb/stat"), "%*u %*u %llu %*u %*u %*u %llu", &read, &written);
    numbers[DISK_READ] = read * SECTOR;
    numbers[DISK_WRITTEN] = written * SECTOR;
}

// Of all interfaces but the loopback.
static void read_network(uint64_t numbers[NUMBERS]) {
    for (char *text = read_small("/proc/self/net/dev"), *line; (line = strsep(&text, "\n")) != NULL;) {
        unsigned long long received, sent;
        char name[32];
        if (sscanf(line, " %31[^:]: %llu %*u %*u %*u %*u %*u %*u %*u %llu", name, &received, &sent) != 3 || strcmp(name, "lo") == 0)
            continue;
        numbers[NETWORK_RECEIVED] += received;
        numbers[NETWORK_SENT] += sent;
    }
}

void metrics_answer(const struct origin *origin) {
    uint64_t numbers[NUMBERS] = {0};
    uint8_t payload[8 * NUMBERS];
    const char *text = read_small(USER_CGROUP "/cpu.stat");
    numbers[CPU_USER_US] = number_behind(text, "user_usec ");
    numbers[CPU_SYSTEM_US] = number_behind(text, "system_usec ");
    numbers[USERS_MEMORY] = strtoull(read_small(USER_CGROUP "/memory.current"), NULL, 10);
    text = read_small("/proc/meminfo");
    numbers[MEMORY_TOTAL] = number_behind(text, "MemTotal:") << 10;
    numbers[MEMORY_AVAILABLE] = number_behind(text, "MemAvailable:") << 10;
    read_disk(numbers);
    read_network(numbers);
    commands_count(&numbers[STARTED_COMMANDS]);
    numbers[UPTIME_MS] = (uint64_t)now_ms();
    for (size_t i = 0; i < NUMBERS; i++)
        put64(payload + 8 * i, numbers[i]);
    answer(origin, OK, payload, sizeof payload);
}
