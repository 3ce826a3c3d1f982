// The guest's network device, where its machine has one: its fixed address, and the end of connections that a fork must not go on with.
#include "agent.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define DEVICE "eth0"

enum { TCP_TIME_WAIT_STATE = 6, TCP_CLOSE_STATE = 7, TCP_LISTEN_STATE = 10, ENDED_AT_ONCE_MAX = 256, TURNS_MAX = 64 };

const char *network_wanted(void) {
    return getenv("stasis_network");
}

// ---- the address

static bool set(int fd, unsigned long request, const char *value) {
    struct ifreq device = {.ifr_name = DEVICE};
    struct sockaddr_in *address = (struct sockaddr_in *)&device.ifr_addr;
    address->sin_family = AF_INET;
    return inet_pton(AF_INET, value, &address->sin_addr) == 1 && ioctl(fd, request, &device) == 0;
}

static bool route_by(int fd, const char *gateway) {
    struct rtentry route = {.rt_flags = RTF_UP | RTF_GATEWAY};
    struct sockaddr_in *by = (struct sockaddr_in *)&route.rt_gateway;
    route.rt_dst.sa_family = route.rt_genmask.sa_family = by->sin_family = AF_INET;
    return inet_pton(AF_INET, gateway, &by->sin_addr) == 1 && ioctl(fd, SIOCADDRT, &route) == 0;
}

// The kernel's command line says ADDRESS,NETMASK,GATEWAY,NAME-SERVER.
void network_up(void) {
    char address[16], mask[16], gateway[16], names[16], resolver[64];
    const char *wanted = network_wanted();
    if (wanted == NULL)
        return;
    errno = EINVAL;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    write_file("/proc/sys/net/ipv6/conf/" DEVICE "/disable_ipv6", "1");
    bool done = sscanf(wanted, "%15[0-9.],%15[0-9.],%15[0-9.],%15[0-9.]", address, mask, gateway, names) == 4;
    done = done && set(fd, SIOCSIFADDR, address) && set(fd, SIOCSIFNETMASK, mask);
    struct ifreq device = {.ifr_name = DEVICE, .ifr_flags = IFF_UP | IFF_RUNNING};
    done = done && ioctl(fd, SIOCSIFFLAGS, &device) == 0 && route_by(fd, gateway);
    if (!done)
        complain("cannot set up", DEVICE);
    close(fd);
    snprintf(resolver, sizeof resolver, "nameserver %s\n", names);
    unlink("/etc/resolv.conf");
    if (done && write_file("/etc/resolv.conf", resolver) != 0)
        complain("cannot write", "/etc/resolv.conf");
}

// ---- the end of connections

static bool ask(int fd, uint16_t type, uint16_t flags, const struct inet_diag_req_v2 *what) {
    struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 what;
    } request = {{.nlmsg_len = sizeof request, .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags}, *what};
    return send(fd, &request, sizeof request, 0) == sizeof request;
}

static bool within_guest(const struct inet_diag_msg *found) {
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    const uint8_t *peer = (const uint8_t *)found->id.idiag_dst;
    if (memcmp(found->id.idiag_src, found->id.idiag_dst, sizeof found->id.idiag_dst) == 0)
        return true;
    if (found->idiag_family == AF_INET)
        return peer[0] == 127;
    return memcmp(peer, &in6addr_loopback, sizeof in6addr_loopback) == 0 || (memcmp(peer, mapped, sizeof mapped) == 0 && peer[12] == 127);
}

// Takes the answers to a dump; says whether it is complete. What to end is kept: a socket goes while the kernel walks through them.
static bool take(char *answers, ssize_t length, struct inet_diag_req_v2 *ended, size_t *count) {
    for (struct nlmsghdr *at = (struct nlmsghdr *)answers; NLMSG_OK(at, (size_t)length); at = NLMSG_NEXT(at, length)) {
        if (at->nlmsg_type == NLMSG_DONE || at->nlmsg_type == NLMSG_ERROR)
            return true;
        const struct inet_diag_msg *found = NLMSG_DATA(at);
        if (!within_guest(found) && *count < ENDED_AT_ONCE_MAX)
            ended[(*count)++] = (struct inet_diag_req_v2){.sdiag_family = found->idiag_family, .sdiag_protocol = IPPROTO_TCP, .id = found->id};
    }
    return false;
}

static size_t end_some(uint8_t family) {
    static struct inet_diag_req_v2 ended[ENDED_AT_ONCE_MAX];
    static char answers[32768];
    struct inet_diag_req_v2 all = {.sdiag_family = family, .sdiag_protocol = IPPROTO_TCP};
    all.idiag_states = ~(1u << TCP_TIME_WAIT_STATE | 1u << TCP_CLOSE_STATE | 1u << TCP_LISTEN_STATE);
    size_t count = 0, gone = 0;
    int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    bool complete = fd < 0 || !ask(fd, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &all);
    while (!complete) {
        ssize_t n = recv(fd, answers, sizeof answers, 0);
        complete = n <= 0 || take(answers, n, ended, &count);
    }
    for (size_t i = 0; i < count; i++) {
        bool asked = ask(fd, SOCK_DESTROY, NLM_F_ACK, &ended[i]) && recv(fd, answers, sizeof answers, 0) > 0;
        gone += asked && ((struct nlmsgerr *)NLMSG_DATA((struct nlmsghdr *)answers))->error == 0;
    }
    if (fd >= 0)
        close(fd);
    return gone;
}

// The other sides know the source, and would never answer: whoever waits for them learns that at once.
void network_cut(void) {
    if (network_wanted() == NULL)
        return;
    const uint8_t families[] = {AF_INET, AF_INET6};
    for (size_t i = 0; i < sizeof families; i++)
        for (int turn = 0; turn < TURNS_MAX && end_some(families[i]) == ENDED_AT_ONCE_MAX; turn++) {
        }
}
