/* The smallest program that verifies a certificate with libplimsoll-verify:
 *
 *   cc -I. -o verify_example tools/report/verify_example.c \
 *      build/libplimsoll-verify.a -lsecp256k1 -lcrypto -lz
 *   verify_example trigger.plc
 *
 * The library takes no memory but the arena below. Only unpacking needs zlib.
 * Exit code 0: true, 1: refused, 2: not decided. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "vm/verify.h"

enum { ARENA_SIZE = 16 << 20, FILE_MAX = 8 << 20 };

static _Alignas(64) unsigned char arena_bytes[ARENA_SIZE];
static uint8_t file[FILE_MAX], plain[FILE_MAX];

static int refuse(const char *what, pl_status status)
{
    printf("REFUSED: %s: %s: %s\n", what, pl_status_name(status), pl_status_sentence(status));
    return pl_is_fault(status) ? 2 : 1;
}

static void print_hash(const char *what, const uint8_t hash[32])
{
    printf("%-7s", what);
    for (int i = 0; i < 32; i++) {
        printf("%02x", hash[i]);
    }
    printf("\n");
}

/* Verifies the bytes of an unpacked certificate. */
static int verify(const uint8_t *bytes, size_t size)
{
    pl_arena arena;
    pl_verifier *verifier;
    pl_verdict verdict;
    const pl_verify_options options = {.gas_max = UINT64_C(1) << 35};
    pl_arena_begin(&arena, arena_bytes, sizeof arena_bytes);
    const pl_memory memory = pl_arena_memory(&arena, 0);
    const pl_status status = pl_verify(&verdict, &verifier, &memory, bytes, size, &options);
    pl_verifier_free(verifier);
    if (status != PL_OK) {
        return refuse(pl_verify_step_name(verdict.step), status);
    }
    printf("TRUE: block %llu, claim kind %u, %zu bytes of the arena used\n",
           (unsigned long long)verdict.certificate.height, (unsigned)verdict.certificate.claim.kind,
           arena.highest);
    print_hash("world", verdict.world_id);
    print_hash("block", verdict.block_hash);
    print_hash("root", verdict.post_root);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: verify_example FILE.plc\n");
        return 2;
    }
    FILE *in = fopen(argv[1], "rb");
    if (in == NULL) {
        perror(argv[1]);
        return 2;
    }
    const size_t size = fread(file, 1, sizeof file, in);
    fclose(in);
    if (size >= 4 && memcmp(file, "PLCT", 4) == 0) {
        return verify(file, size);
    }
    const uint8_t *stream;
    size_t stream_size, wanted;
    const pl_status status = pl_packed_open(&stream, &stream_size, &wanted, file, size);
    if (status != PL_OK) {
        return refuse("packed form", status);
    }
    uLongf given = sizeof plain;
    uLong used = (uLong)stream_size;
    if (uncompress2(plain, &given, stream, &used) != Z_OK || given != wanted ||
        used != stream_size) {
        return refuse("packed form", PL_REJECT_CHECK);
    }
    return verify(plain, wanted);
}
