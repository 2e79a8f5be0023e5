/* Replays histories with the core alone, for processors that plim is not built for.
 *
 *   replay_roots --about          byte order, bits of a pointer, bits of a limb, sign of char
 *   replay_roots FILE.plh...      uncompressed histories: a line `= FILE`, then `height root` a
 * block
 *
 * The root is the one computed here. A block that is refused has `refused STATUS` behind it and
 * ends its history; the program then returns 1. A file that cannot be read: 2. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/heap.h"
#include "vm/num/limb.h"
#include "vm/plimsoll.h"

enum { FILE_MAX = 1 << 28 };

static void say_about(void)
{
    static const union {
        uint32_t word;
        uint8_t byte[4];
    } one = {.word = 1};
    const char high = (char)0xff;
    (void)printf("%s %u %u %s\n", one.byte[0] == 1 ? "little" : "big",
                 (unsigned)(8 * sizeof(void *)), (unsigned)PL_LIMB_BITS,
                 high < 0 ? "signed" : "unsigned");
}

/* The whole file, to be freed; NULL when it cannot be had. */
static uint8_t *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = NULL;
    size_t room = 1 << 16;
    *size = 0;
    while (file != NULL && room <= FILE_MAX) {
        uint8_t *more = realloc(bytes, room);
        if (more == NULL) {
            break;
        }
        bytes = more;
        *size += fread(bytes + *size, 1, room - *size, file);
        if (*size < room) {
            const int is_whole = !ferror(file);
            (void)fclose(file);
            if (is_whole) {
                return bytes;
            }
            file = NULL;
            break;
        }
        room *= 2;
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    free(bytes);
    return NULL;
}

static void say_block(const pl_block_result *result)
{
    (void)printf("%" PRIu64 " ", result->height);
    for (size_t i = 0; i < sizeof result->state_root; i++) {
        (void)printf("%02x", result->state_root[i]);
    }
    if (result->status != PL_OK) {
        (void)printf(" refused %s", pl_status_name(result->status));
    }
    (void)printf("\n");
}

static pl_status replay(const uint8_t *bytes, size_t size)
{
    pl_history history;
    PL_TRY(pl_history_open(&history, bytes, size));
    pl_chain *chain;
    PL_TRY(pl_chain_create(&chain, NULL, &heap_memory, history.world, history.world_size));
    for (;;) {
        const uint8_t *block;
        size_t block_size;
        pl_status status = pl_history_next(&history, &block, &block_size);
        if (status == PL_OK && block != NULL) {
            pl_block_result result;
            status = pl_chain_replay_block(&result, chain, block, block_size, NULL);
            say_block(&result);
        }
        if (status != PL_OK || block == NULL) {
            pl_chain_free(chain);
            return status;
        }
    }
}

int main(int argc, char **argv)
{
    int code = 0;
    if (argc == 2 && strcmp(argv[1], "--about") == 0) {
        say_about();
        return 0;
    }
    for (int i = 1; i < argc; i++) {
        size_t size;
        uint8_t *bytes = read_file(argv[i], &size);
        if (bytes == NULL) {
            (void)fprintf(stderr, "replay_roots: cannot read %s\n", argv[i]);
            return 2;
        }
        (void)printf("= %s\n", argv[i]);
        const pl_status status = replay(bytes, size);
        if (status != PL_OK) {
            (void)fprintf(stderr, "replay_roots: %s: %s\n", argv[i], pl_status_name(status));
            code = 1;
        }
        free(bytes);
    }
    return code;
}
