// The launcher, see launcher.c.
#pragma once

#define _GNU_SOURCE
#include <stdbool.h>
#include <sys/types.h>

enum { LOGS = 3, PATH_LENGTH = 1024, LINE_LENGTH = 200, RECORD_LENGTH = 4096 };

struct log {
    int pipe, file;  // the end of the pipe that is read here, -1 when it is closed
    off_t size;
    bool stamped;    // each line gets the time at which it came
    bool amid_line;
    unsigned long long lost;  // bytes that the disk did not take, which the log does not tell of yet
    char path[PATH_LENGTH];
};

extern const char *run;
extern int run_lock;
extern off_t log_bytes_max;

__attribute__((noreturn)) void failed(const char *what);

// records.c: what is written down
void join(char path[PATH_LENGTH], const char *folder, const char *name);
void log_open(struct log *log);
bool log_read(struct log *log);  // says whether there was anything
bool write_machine(pid_t launcher, pid_t program);
bool write_ports(void);
void write_end(int status, const char *reason);
void remove_sockets(void);

// lifetime.c: when nobody has used the machine for too long, or its time is over
void lifetime_begin(void);          // reads RUN/lifetime
const char *lifetime_over(void);    // the reason why it ends, NULL: it does not
int lifetime_poll_ms(void);         // how long it is not worth asking again, -1: for ever
void lifetime_forget(void);
void touch_used(void);
pid_t ask_to_end(const char *lane);  // by a process that ends with 0 when the guest has said that it ends; -1: it can't be asked
