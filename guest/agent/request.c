// A request to begin a command, read from what a host sent. None of it is believed.
#include "request.h"

#include <string.h>

enum { ARGUMENTS_MAX = 65536, VARIABLES_MAX = 4096 };

static bool id_is_valid(const char *id, size_t length) {
    return length > 0 && length <= ID_MAX
        && strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == length;
}

// Fields that hold numbers, and so may hold a NUL.
static bool number_field(struct request *request, const struct field *field) {
    struct spawn *spawn = &request->spawn;
    const uint8_t *bytes = field->bytes;
    if (field->tag == 8 && field->length == 20 && spawn->limit_count < sizeof spawn->limits / sizeof *spawn->limits) {
        spawn->limits[spawn->limit_count++] = (struct limit){get32(bytes), get64(bytes + 4), get64(bytes + 12)};
    } else if (field->tag == 9 && field->length == 4) {
        spawn->terminal = true;
        spawn->rows = get16(bytes);
        spawn->columns = get16(bytes + 2);
    } else if (field->tag == 12 && field->length == 4) {
        request->timeout_ms = get32(bytes);
    } else {
        return false;
    }
    return true;
}

void request_read(struct request *request, uint8_t *at, uint8_t *end) {
    struct field field;
    int more;
    request->refused = STEP_REQUEST;
    while ((more = field_next(&at, end, &field)) > 0) {
        char *text = (char *)field.bytes;
        if (number_field(request, &field))
            continue;
        if (memchr(text, 0, field.length) != NULL)
            return;
        if (field.tag == 1 && request->argc < ARGUMENTS_MAX)
            request->spawn.argv[request->argc++] = text;
        else if (field.tag == 2 && request->envc < VARIABLES_MAX && strchr(text, '=') > text)
            request->more[request->envc++] = text;
        else if (field.tag == 3 && field.length > 0)
            request->spawn.folder = text;
        else if (field.tag == 4 && field.length > 0)
            request->spawn.user = text;
        else if (field.tag == 5)
            request->spawn.no_stdin = true;
        else if (field.tag == 6)
            request->spawn.make_folder = true;
        else if (field.tag == 7 && request->unsetc < VARIABLES_MAX && field.length > 0 && strchr(text, '=') == NULL)
            request->unset[request->unsetc++] = text;
        else if (field.tag == 10 && id_is_valid(text, field.length))
            request->id = text;
        else if (field.tag == 11 || field.tag == 13)
            request->kept = true, request->apart |= field.tag == 13;
        else
            return;
    }
    if (more == 0 && (request->argc > 0) == (request->spawn.serve == NULL))
        request->refused = 0;
}
