// Output that is held for whoever attaches next, in the order in which it came. When there is more than fits, the oldest goes.
#include "command.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK_SIZE = 4096, CHUNKS_MAX = 32 };

struct chunk {
    struct chunk *next;
    int channel;
    size_t start, end;
    uint8_t bytes[CHUNK_SIZE];
};

static void drop_first(struct command *command) {
    struct chunk *first = command->held;
    command->held = first->next;
    free(first);
}

// The last one, if it has room for this channel; else a new one.
static struct chunk *chunk_for(struct command *command, int channel) {
    size_t count = 0;
    struct chunk **at = &command->held, *last = NULL;
    for (; *at != NULL; at = &(*at)->next, count++)
        last = *at;
    if (last != NULL && last->channel == channel && last->end < CHUNK_SIZE)
        return last;
    struct chunk *chunk = malloc(sizeof *chunk);
    if (chunk == NULL)
        return NULL;
    chunk->next = NULL;
    chunk->channel = channel;
    chunk->start = chunk->end = 0;
    *at = chunk;
    if (count >= CHUNKS_MAX) {
        command->skipped += command->held->end - command->held->start;
        drop_first(command);
    }
    return chunk;
}

void held_add(struct command *command, int channel, const uint8_t *bytes, size_t length) {
    while (length > 0) {
        struct chunk *chunk = chunk_for(command, channel);
        if (chunk == NULL) {
            command->skipped += length;
            return;
        }
        size_t part = length < CHUNK_SIZE - chunk->end ? length : CHUNK_SIZE - chunk->end;
        memcpy(chunk->bytes + chunk->end, bytes, part);
        chunk->end += part;
        bytes += part;
        length -= part;
    }
}

bool held_send(struct command *command) {
    struct chunk *first = command->held;
    if (first == NULL || !command->announced)
        return false;
    size_t length = first->end - first->start;
    uint32_t *credit = &command->out_credit[first->channel];
    if (length > *credit)
        length = *credit;
    uint8_t *space = length > 0 ? answer_space(&command->origin, length) : NULL;
    if (space == NULL)
        return false;
    memcpy(space, first->bytes + first->start, length);
    answer_commit(&command->origin, first->channel == 0 ? STDOUT : STDERR, length);
    *credit -= (uint32_t)length;
    first->start += length;
    if (first->start == first->end)
        drop_first(command);
    return true;
}

void held_free(struct command *command) {
    while (command->held != NULL)
        drop_first(command);
}
