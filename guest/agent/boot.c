// From the initramfs to the sandbox's own root: an overlay of the image (/dev/vda, squashfs) and the sandbox's disk (/dev/vdb, ext4).
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int disk = -1;  // the overlay disk's root folder

int disk_folder(void) {
    return disk;
}

// Every file of the sandbox is on disk, and its file system is marked clean: freezing does both.
void power_off(void) {
    sync();
    if (disk >= 0)
        ioctl(disk, FIFREEZE, 0);
    reboot(RB_POWER_OFF);
    for (;;)
        pause();
}

static void must(bool done, const char *what, const char *on) {
    if (done)
        return;
    complain(what, on);
    power_off();
}

static void mounted(const char *type, const char *source, const char *at, unsigned long flags, const char *options) {
    must(mount(source, at, type, flags, options) == 0, "cannot mount", at);
}

static void folder(const char *path, mode_t mode) {
    if (mkdir(path, mode) == 0)
        chmod(path, mode);
}

static void console(void) {
    int fd = open("/dev/console", O_RDWR);
    for (int i = 0; i < 3 && fd >= 0; i++)
        if (fd != i)
            dup2(fd, i);
    if (fd > 2)
        close(fd);
}

// The modules that a list names, in that order. Each file is removed, needed or not: the initramfs is memory.
static void load_modules(const char *list, bool needed) {
    FILE *order = fopen(list, "re");
    must(order != NULL, "cannot open", list);
    char name[64], path[96];
    while (fscanf(order, "%63s", name) == 1) {
        snprintf(path, sizeof path, "/modules/%s", name);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        must(!needed || (fd >= 0 && (syscall(SYS_finit_module, fd, "", 0) == 0 || errno == EEXIST)), "cannot load", path);
        close(fd);
        unlink(path);
    }
    fclose(order);
    unlink(list);
}

static void enter_root(void) {
    folder("/image", 0755);
    folder("/disk", 0755);
    folder("/root", 0755);
    mounted("squashfs", "/dev/vda", "/image", MS_RDONLY, NULL);
    mounted("ext4", "/dev/vdb", "/disk", MS_NOATIME, "noinit_itable,no_prefetch_block_bitmaps");
    disk = open("/disk", O_DIRECTORY | O_RDONLY | O_CLOEXEC);
    folder("/disk/files", 0755);
    folder("/disk/work", 0700);
    mounted("overlay", "root", "/root", MS_NOATIME, "lowerdir=/image,upperdir=/disk/files,workdir=/disk/work");
    umount2("/dev", MNT_DETACH);
    must(chdir("/root") == 0 && mount(".", "/", NULL, MS_MOVE, NULL) == 0 && chroot(".") == 0 && chdir("/") == 0, "cannot enter", "/root");
}

// The image may have none of these, and links in their place: they are followed inside the new root.
static void mount_kernel_folders(void) {
    const unsigned long safe = MS_NOSUID | MS_NOEXEC | MS_NODEV;
    folder("/proc", 0555);
    folder("/sys", 0555);
    folder("/dev", 0755);
    folder("/run", 0755);
    mounted("proc", "proc", "/proc", safe, NULL);
    mounted("sysfs", "sys", "/sys", safe, NULL);
    mounted("devtmpfs", "dev", "/dev", MS_NOSUID, "mode=755");
    mounted("tmpfs", "run", "/run", MS_NOSUID | MS_NODEV, "mode=755");
    folder("/run/stasis", 0755);
    folder("/dev/pts", 0755);
    folder("/dev/shm", 01777);
    mounted("devpts", "devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC, "ptmxmode=666,mode=620,gid=5");
    mounted("tmpfs", "shm", "/dev/shm", MS_NOSUID | MS_NODEV, "mode=1777");
    mounted("cgroup2", "cgroup", "/sys/fs/cgroup", safe, NULL);
    must(mkdir(USER_CGROUP, 0755) == 0, "cannot make", USER_CGROUP);
    users_limit();
    const char *links[][2] = {{"/proc/self/fd", "/dev/fd"}, {"fd/0", "/dev/stdin"}, {"fd/1", "/dev/stdout"}, {"fd/2", "/dev/stderr"}};
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        symlink(links[i][0], links[i][1]);
}

// What programs rely on everywhere, where the image has none of it.
static void complete_image(void) {
    folder("/tmp", 01777);
    folder("/root", 0700);
    folder("/etc", 0755);
    struct stat hosts;
    if (stat("/etc/hosts", &hosts) < 0 || hosts.st_size == 0)
        write_file("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n");
}

static void loopback_up(void) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    if (ioctl(fd, SIOCSIFFLAGS, &request) < 0)
        complain("cannot bring up", "lo");
    close(fd);
}

// The kernel makes the boot id when it is first read: now, so that all forks have the same.
static void settle_boot_id(void) {
    char id[64];
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (read(fd, id, sizeof id) <= 0)
        complain("cannot read", "the boot id");
    close(fd);
}

// Otherwise the kernel wakes an idle guest twice a second to see whether to compact memory ahead of need, and hundreds of forks pay for it.
static void compact_on_demand(void) {
    write_file("/proc/sys/vm/compaction_proactiveness", "0");
}

void boot(void) {
    umask(0);
    folder("/dev", 0755);
    mount("dev", "/dev", "devtmpfs", 0, NULL);
    console();
    load_modules("/modules/order", true);
    load_modules("/modules/order.network", network_wanted() != NULL);
    unlink("/init");
    enter_root();
    mount_kernel_folders();
    complete_image();
    settle_boot_id();
    compact_on_demand();
    loopback_up();
    network_up();
    sethostname("sandbox", 7);
    reboot(RB_DISABLE_CAD);
    umask(022);
}
