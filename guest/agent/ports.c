// The virtio-serial ports: finding them as the host tells their names.
#include "agent.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define LANE_NAME "dev.stasis.lane."
#define LOG_NAME "dev.stasis.log"

struct source log_port = {.fd = -1};
static struct source uevents = {.fd = -1};

// A port has a name once the host has said it, which the kernel announces.
static void port_found(const char *device) {
    char path[300], name[64] = "";
    snprintf(path, sizeof path, "/sys/class/virtio-ports/%s/name", device);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, name, sizeof name - 1);
    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return;
    name[strcspn(name, "\n")] = 0;
    bool is_log = strcmp(name, LOG_NAME) == 0;
    if (!is_log && strncmp(name, LANE_NAME, strlen(LANE_NAME)) != 0)
        return;
    snprintf(path, sizeof path, "/dev/%s", device);
    fd = open(path, (is_log ? O_WRONLY : O_RDWR) | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return;  // EBUSY: it is open already
    if (is_log)
        source_watch(&log_port, fd);
    else
        lane_add(fd);
}

void ports_start(void) {
    struct sockaddr_nl all = {.nl_family = AF_NETLINK, .nl_groups = 1};
    int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
    if (bind(fd, (struct sockaddr *)&all, sizeof all) < 0)
        complain("cannot listen to", "the kernel's events");
    source_watch(&uevents, fd);
    DIR *ports = opendir("/sys/class/virtio-ports");
    for (struct dirent *entry; ports != NULL && (entry = readdir(ports)) != NULL;)
        if (entry->d_name[0] != '.')
            port_found(entry->d_name);
    if (ports != NULL)
        closedir(ports);
}

void ports_run(void) {
    char event[4096];
    for (ssize_t n; uevents.ready & EPOLLIN && (n = source_read(&uevents, event, sizeof event - 1)) > 0;) {
        event[n] = 0;
        if (strstr(event, "/virtio-ports/") != NULL)
            port_found(strrchr(event, '/') + 1);
    }
}
