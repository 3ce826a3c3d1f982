// Bytes to frames and back. The host's bytes are not trusted: lengths are checked before anything is read.
#include "agent.h"

#include <string.h>

static const uint8_t MAGIC[4] = {'S', 'T', 'S', '1'};

uint16_t get16(const uint8_t *bytes) {
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

uint32_t get32(const uint8_t *bytes) {
    return get16(bytes) | (uint32_t)get16(bytes + 2) << 16;
}

uint64_t get64(const uint8_t *bytes) {
    return get32(bytes) | (uint64_t)get32(bytes + 4) << 32;
}

void put32(uint8_t *bytes, uint32_t value) {
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

void put64(uint8_t *bytes, uint64_t value) {
    put32(bytes, (uint32_t)value);
    put32(bytes + 4, (uint32_t)(value >> 32));
}

// The length of the frame that begins here, as far as its header says; 0 if no frame can begin here.
static size_t frame_length(const uint8_t *bytes, size_t length) {
    size_t known = length < sizeof MAGIC ? length : sizeof MAGIC;
    if (memcmp(bytes, MAGIC, known) != 0)
        return 0;
    if (length < FRAME_HEADER)
        return FRAME_HEADER;
    uint32_t payload = get32(bytes + 20);
    return payload > FRAME_PAYLOAD ? 0 : FRAME_HEADER + payload + FRAME_TRAILER;
}

// A bad magic or length costs one byte and the search goes on behind it: that is how a frame's start is found again. A bad trailer costs
// the whole frame: the opening's zeros completed it, and what looks like a frame within is a caller's data.
size_t frame_find(uint8_t *bytes, size_t length, uint64_t epoch, struct frame *frame) {
    size_t at = 0;
    frame->type = 0;
    while (at < length) {
        uint8_t *start = memchr(bytes + at, MAGIC[0], length - at);
        if (start == NULL)
            return length;
        at = (size_t)(start - bytes);
        size_t whole = frame_length(start, length - at);
        if (whole > length - at)
            return at;
        at += whole == 0 ? 1 : whole;
        if (whole == 0 || get32(start + whole - FRAME_TRAILER) != ~get32(start + 4))
            continue;
        bool hello = start[16] == HELLO && get32(start + 12) == 0 && start[17] == 0 && get32(start + 20) == 4;
        if (!hello && get64(start + 4) != epoch)
            continue;
        *frame = (struct frame){get64(start + 4), get32(start + 12), start[16], start[17] & 1, get32(start + 20), start + FRAME_HEADER};
        if ((start[17] & ~1) != 0 || get16(start + 18) != 0 || frame->type == 0)
            frame->type = UINT8_MAX;
        return at;
    }
    return at;
}

void frame_seal(uint8_t *bytes, const struct frame *frame) {
    memcpy(bytes, MAGIC, sizeof MAGIC);
    put32(bytes + 4, (uint32_t)frame->epoch);
    put32(bytes + 8, (uint32_t)(frame->epoch >> 32));
    put32(bytes + 12, frame->stream);
    bytes[16] = frame->type;
    bytes[17] = bytes[18] = bytes[19] = 0;
    put32(bytes + 20, frame->length);
    put32(bytes + FRAME_HEADER + frame->length, ~(uint32_t)frame->epoch);
}

int field_next(uint8_t **at, uint8_t *end, struct field *field) {
    if (*at == end)
        return 0;
    if (end - *at < 5 || get32(*at + 1) > (size_t)(end - *at - 5))
        return -1;
    field->tag = **at;
    field->length = get32(*at + 1);
    field->bytes = *at + 4;
    memmove(field->bytes, *at + 5, field->length);
    field->bytes[field->length] = 0;
    *at += 5 + field->length;
    return 1;
}
