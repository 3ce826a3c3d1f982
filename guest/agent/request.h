// What a request to begin a command says, for commands.c.
#pragma once

#include "agent.h"

struct request {
    struct spawn spawn;
    size_t argc, envc, unsetc;
    char **more, **unset;
    const char *id;
    bool kept, apart;
    uint32_t timeout_ms;
    enum step refused;
};

// Takes the request's fields, whose bytes it points to. The arrays have room for as many as there are fields.
void request_read(struct request *request, uint8_t *at, uint8_t *end);
