/* What every fuzz target begins with. */
#ifndef PL_FUZZ_TARGET_H
#define PL_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Runs the target on one input; returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A broken promise ends the process as a crash would, so that the input is kept. */
#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%d: %s\n", __LINE__, #condition);                                     \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
