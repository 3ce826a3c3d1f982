// What a host is told of the commands that there are.
#include "command.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>

enum { RECORD_LENGTH = 36 };

static size_t record_length(const struct command *command) {
    return RECORD_LENGTH + 4 + strlen(command->id) + command->words_length;
}

// number, process, how it ended (kind, its causes), what it is, value, when; id and words, each behind its length.
static size_t put_record(uint8_t *at, const struct command *command) {
    bool signaled = command->ended && WIFSIGNALED(command->status);
    size_t id = strlen(command->id);
    put32(at, command->number);
    put32(at + 4, (uint32_t)command->pid);
    at[8] = !command->ended ? 0 : command->step != 0 ? 3 : signaled ? 2 : 1;
    at[9] = (uint8_t)(command->out_of_memory | command->timed_out << 1);
    at[10] = (uint8_t)(command->kept | command->attached << 1 | command->terminal << 2);
    at[11] = 0;
    put32(at + 12, (uint32_t)(!command->ended ? 0 : command->step != 0 ? command->error : signaled ? WTERMSIG(command->status) : WEXITSTATUS(command->status)));
    put64(at + 16, (uint64_t)command->began_ns);
    put64(at + 24, (uint64_t)command->ended_ns);
    put32(at + 32, (uint32_t)id);
    memcpy(at + 36, command->id, id);
    put32(at + 36 + id, (uint32_t)command->words_length);
    if (command->words_length > 0)
        memcpy(at + 40 + id, command->words, command->words_length);
    return record_length(command);
}

// Those with higher numbers than the one given, the lowest first, as many as fit.
void command_list(const struct origin *origin, const uint8_t *request, size_t length) {
    static uint8_t payload[FRAME_PAYLOAD];
    if (length != 4)
        return answer_error(origin, EPROTO, "malformed");
    uint32_t after = get32(request);
    size_t used = 0;
    for (const struct command *command; (command = command_after(after)) != NULL; after = command->number) {
        if (used + record_length(command) > sizeof payload)
            break;
        used += put_record(payload + used, command);
    }
    answer(origin, OK, payload, used);
}
