// Published ports, see forward.c, and the network, see relay.c.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { PUBLISHED_MAX = 64 };

struct published {
    int fd;
    char address[46];
    uint16_t host_port, guest_port;
};

extern struct published published[PUBLISHED_MAX];
extern int published_count;

// ports.c: listens at ADDRESS/PORT/GUEST-PORT, or says on standard output why it can't; port 0 takes a free one.
void publish(const char *text);

// forward.c: a process of its own that forwards what connects to the published ports; returns in its parent, 0 if there are none.
pid_t forward(const char *lane);

// Closes what this process has from the launcher but these, up to -1, and the lock of the run folder.
void keep_only(const int *wanted);

// relay.c: a process between the network device's socket and that of the program at the other end.
pid_t relay(int guest, int world);

// session.c: frames to and from the agent. `lane` is its unix socket's path; there is one session at a time.
struct agent_frame {
    uint32_t stream;
    uint8_t type;
    uint32_t length;
    const uint8_t *payload;
};

int session_socket(void);  // -1: there is no session
bool session_open(void);   // the agent has answered
bool session_wants_to_write(void);
int session_begin(const char *lane);  // milliseconds until it is worth calling this again, -1: it is not; only while it is not open
void session_end(void);
// Room for a frame with a payload of this length: NULL if there is none now.
uint8_t *session_space(size_t length);
void session_commit(uint32_t stream, uint8_t type, size_t length);
bool session_send(uint32_t stream, uint8_t type, const void *payload, size_t length);
bool session_write(void);  // false: the session is lost
// Reads once, and hands each frame over. False: the session is lost.
bool session_read(void (*received)(const struct agent_frame *frame));
