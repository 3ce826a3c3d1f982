// patterns MIB: takes as much memory, writes into every line of it what stands nowhere else, and reads all of it back.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { LINE_WORDS = 8 };

static uint64_t pattern(size_t line) {
    return (line + 1) * 0x9E3779B97F4A7C15u;
}

int main(int count, char **words) {
    size_t bytes = count == 2 ? strtoull(words[1], NULL, 10) << 20 : 0;
    uint64_t *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        perror("mmap");
        return 1;
    }
    madvise(memory, bytes, MADV_HUGEPAGE);
    size_t lines = bytes / sizeof *memory / LINE_WORDS;
    for (size_t line = 0; line < lines; line++)
        memory[line * LINE_WORDS] = pattern(line);
    for (size_t line = 0; line < lines; line++)
        if (memory[line * LINE_WORDS] != pattern(line)) {
            printf("wrong in line %zu\n", line);
            return 1;
        }
    printf("%zu MiB right\n", bytes >> 20);
    return 0;
}
