// The file server, for files.c, filetrees.c and fileserver.c: a process that serves one session of FILES. It may block: only its host
// waits for it then.
#pragma once

#include "agent.h"

#include <dirent.h>

enum {
    FILE_CHUNK = 262144,      // the most bytes of a file that one request reads or writes
    FILE_REQUEST_MAX = FILE_CHUNK + 16384,
    FILE_LIST_MAX = 65536,    // of entries in one reply
    FILE_SPECIAL = 124,       // EMEDIUMTYPE: neither a file nor a folder
};

// The rest of a request. What is beyond its end, or malformed, reads as nothing and sets `bad`.
struct request_body {
    uint8_t *at, *end;
    bool bad;
};

uint64_t body_number(struct request_body *body, size_t bytes);
// Bytes with their u16 length before them and a NUL behind, none within.
const char *body_text(struct request_body *body);

// The reply that is being made.
void reply_number(uint64_t value, size_t bytes);
void reply_text(const char *text, size_t length);
struct stat;
void reply_attributes(const struct stat *is);
// Room for bytes of at most FILE_CHUNK; reply_used says how many there are.
uint8_t *reply_space(size_t length);
void reply_used(size_t length);
size_t reply_length(void);

// Each returns an errno, 0 for success.
typedef int file_operation(struct request_body *body);
file_operation file_stat, file_open, file_read, file_write, file_truncate, file_flush, file_close, file_change, file_extents;
file_operation tree_open, tree_next, tree_make, tree_remove, tree_rename, tree_symlink, tree_link, tree_readlink, tree_real, tree_node,
    tree_space, tree_access;
