// The sandbox's disk: it may have become larger than its file system, which then grows while it is in use.
#include "agent.h"

#include <errno.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>
#include <time.h>

#ifndef EXT4_IOC_RESIZE_FS
#define EXT4_IOC_RESIZE_FS _IOW('f', 16, uint64_t)
#endif

enum { SECTOR = 512, GROW_LENGTH = 12 };

static struct {
    uint64_t bytes;
    int64_t deadline;
} wanted;

// The size of the disk as the kernel knows it, or 0.
static uint64_t disk_bytes(void) {
    unsigned long long sectors = 0;
    FILE *file = fopen("/sys/block/vdb/size", "re");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%llu", &sectors) != 1)
        sectors = 0;
    fclose(file);
    return sectors * SECTOR;
}

// In a process of its own. The kernel hears of the disk's new size some time after QEMU has changed it.
static int grow(void) {
    while (disk_bytes() < wanted.bytes) {
        if (now_ms() >= wanted.deadline)
            return ETIMEDOUT;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    struct statfs is;
    int disk = disk_folder();
    if (fstatfs(disk, &is) < 0)
        return errno;
    uint64_t blocks = wanted.bytes / (uint64_t)is.f_bsize;
    return ioctl(disk, EXT4_IOC_RESIZE_FS, &blocks) < 0 ? errno : 0;
}

void disk_grow(const struct origin *origin, const uint8_t *request, size_t length) {
    if (length != GROW_LENGTH)
        return answer_error(origin, EPROTO, "malformed size");
    wanted.bytes = get64(request);
    wanted.deadline = now_ms() + get32(request + 8);
    task_start(origin, grow);
}
