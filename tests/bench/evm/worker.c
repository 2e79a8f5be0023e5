/* The machine and native C as contenders of tests/bench/evm: lines in, one JSON line out for each
 * measurement. The driver makes the inputs and takes the contenders in turn.
 *
 *   reserve ASSET PRICE UNIT INCOME DEBT_INDEX THRESHOLD       numbers are decimal
 *   position ACCOUNT ASSET SUPPLIED BORROWED
 *   factors A B C                                              of the 512-bit product
 *   machine|native CASE ROUNDS CALLS   -> {"answer": "0x...", "ns": processor time of all calls}
 *
 * CASE: hf1 hf4 hf16 (rounds), state1 state4 state16 (accounts 0 .. rounds - 1 from the tables),
 * liquidation, muldiv, loop. Usage: worker health.plim kernels.plim */
#include "tests/bench/machine.h"
#include "tests/bench/native.h"
#include "vm/num/text.h"

#define ACCOUNTS  256u
#define WORDS_MAX 8u
#define LINE_SIZE 1024u

typedef struct worker {
    bench_machine health, kernels;
    native_reserve reserves[NATIVE_RESERVES_MAX];
    native_position positions[ACCOUNTS * NATIVE_RESERVES_MAX];
    native_rows rows;
    bool rows_filled;
    pl_u256 factors[3];
} worker;

typedef struct words {
    char *text[WORDS_MAX];
    unsigned count;
} words;

static bool fail(const char *what)
{
    fprintf(stderr, "worker: %s\n", what);
    return false;
}

static bool number(pl_u256 *r, const char *text)
{
    return pl_u256_parse_dec(r, NULL, text, strlen(text)) == PL_OK ||
           fail("a number is not a decimal of 256 bits");
}

/* A number below `limit` from the word. */
static bool small(uint64_t *r, const char *text, uint64_t limit)
{
    char *end;
    *r = strtoull(text, &end, 10);
    return (*end == 0 && *r < limit) || fail("a count or index is out of range");
}

static bool set_reserve(worker *w, const words *line)
{
    uint8_t bytes[256];
    size_t size = 0;
    uint64_t asset;
    if (line->count != 7 || !small(&asset, line->text[1], NATIVE_RESERVES_MAX)) {
        return false;
    }
    native_reserve *const r = &w->reserves[asset];
    if (!number(&r->price, line->text[2]) || !number(&r->unit, line->text[3]) ||
        !number(&r->income, line->text[4]) || !number(&r->debt_index, line->text[5]) ||
        !number(&r->threshold, line->text[6])) {
        return false;
    }
    append_u64(bytes, &size, asset, 1);
    append(bytes, &size, &r->price, 32);
    append(bytes, &size, &r->unit, 32);
    append(bytes, &size, &r->income, 32);
    append(bytes, &size, &r->debt_index, 32);
    append(bytes, &size, &r->threshold, 4);
    return run(&w->health, "add_reserve", bytes, size, NULL);
}

static bool set_position(worker *w, const words *line)
{
    uint8_t bytes[128];
    size_t size = 0;
    uint64_t account, asset;
    if (line->count != 5 || !small(&account, line->text[1], ACCOUNTS) ||
        !small(&asset, line->text[2], NATIVE_RESERVES_MAX)) {
        return false;
    }
    native_position *const p = &w->positions[account * NATIVE_RESERVES_MAX + asset];
    if (!number(&p->supplied, line->text[3]) || !number(&p->borrowed, line->text[4])) {
        return false;
    }
    append_u64(bytes, &size, account, 4);
    append_u64(bytes, &size, asset, 1);
    append(bytes, &size, &p->supplied, 32);
    append(bytes, &size, &p->borrowed, 32);
    return run(&w->health, "add_position", bytes, size, NULL);
}

static bool set_factors(worker *w, const words *line)
{
    return line->count == 4 && number(&w->factors[0], line->text[1]) &&
           number(&w->factors[1], line->text[2]) && number(&w->factors[2], line->text[3]);
}

/* The number of reserves that follows a prefix in a case's name; 0 for another case. */
static uint32_t reserves_of(const char *name, const char *prefix)
{
    const size_t size = strlen(prefix);
    const int count = strncmp(name, prefix, size) == 0 ? atoi(name + size) : 0;
    return count > 0 && count <= (int)NATIVE_RESERVES_MAX ? (uint32_t)count : 0;
}

static bool machine_once(worker *w, const char *name, uint64_t rounds, pl_u256 *answer)
{
    uint8_t bytes[128];
    size_t size = 0;
    uint32_t count;
    if ((count = reserves_of(name, "hf")) != 0) {
        append_u64(bytes, &size, count, 8);
        append_u64(bytes, &size, rounds, 8);
        return run(&w->health, "kernel", bytes, size, answer);
    }
    if ((count = reserves_of(name, "state")) != 0) {
        append_u64(bytes, &size, count, 8);
        append_u64(bytes, &size, 0, 4);
        append_u64(bytes, &size, rounds, 4);
        return run(&w->health, "sweep", bytes, size, answer);
    }
    if (strcmp(name, "liquidation") == 0) {
        append_u64(bytes, &size, rounds, 8);
        return run(&w->kernels, "liquidation", bytes, size, answer);
    }
    if (strcmp(name, "muldiv") == 0) {
        for (unsigned i = 0; i < 3; i++) {
            append(bytes, &size, &w->factors[i], 32);
        }
        append_u64(bytes, &size, rounds, 8);
        return run(&w->kernels, "muldiv_512", bytes, size, answer);
    }
    append_u64(bytes, &size, rounds, 32);
    return strcmp(name, "loop") == 0 && run(&w->kernels, "loop_shift", bytes, size, answer);
}

static bool native_once(worker *w, const char *name, uint64_t rounds, pl_u256 *answer)
{
    uint32_t count;
    if ((count = reserves_of(name, "hf")) != 0) {
        native_reserve reserves[NATIVE_RESERVES_MAX];
        memcpy(reserves, w->reserves, sizeof reserves);
        return native_kernel(answer, reserves, w->positions, count, rounds) == PL_OK;
    }
    if ((count = reserves_of(name, "state")) != 0) {
        if (!w->rows_filled) {
            native_rows_fill(&w->rows, w->reserves, w->positions, ACCOUNTS);
            w->rows_filled = true;
        }
        return native_sweep_rows(answer, &w->rows, count, 0, (uint32_t)rounds) == PL_OK;
    }
    if (strcmp(name, "liquidation") == 0) {
        return native_liquidation(answer, rounds) == PL_OK;
    }
    if (strcmp(name, "muldiv") == 0) {
        return native_muldiv_512(answer, &w->factors[0], &w->factors[1], &w->factors[2], rounds) ==
               PL_OK;
    }
    const pl_u256 wide = pl_u256_from_u64(rounds);
    return strcmp(name, "loop") == 0 && native_loop_shift(answer, &wide) == PL_OK;
}

static bool measure(worker *w, const words *line)
{
    const bool machine = strcmp(line->text[0], "machine") == 0;
    uint64_t rounds, calls;
    pl_u256 answer = pl_u256_zero();
    char text[PL_NUM_TEXT_MAX];
    if (line->count != 4 || !small(&rounds, line->text[2], UINT32_MAX) ||
        !small(&calls, line->text[3], UINT32_MAX)) {
        return false;
    }
    if (strncmp(line->text[1], "state", 5) == 0 && rounds > ACCOUNTS) {
        return fail("there are not so many accounts");
    }
    const double start = timing_now();
    for (uint64_t i = 0; i < calls; i++) {
        if (!(machine ? machine_once : native_once)(w, line->text[1], rounds, &answer)) {
            return fail("a call failed or the case is unknown");
        }
    }
    const double seconds = timing_now() - start;
    const size_t size = pl_u256_print_hex(text, &answer);
    printf("{\"answer\": \"%.*s\", \"ns\": %.0f}\n", (int)size, text, seconds * 1e9);
    return fflush(stdout) == 0;
}

static bool obey(worker *w, const words *line)
{
    const char *verb = line->text[0];
    if (strcmp(verb, "reserve") == 0) {
        return set_reserve(w, line);
    }
    if (strcmp(verb, "position") == 0) {
        return set_position(w, line);
    }
    if (strcmp(verb, "factors") == 0) {
        return set_factors(w, line);
    }
    if (strcmp(verb, "machine") == 0 || strcmp(verb, "native") == 0) {
        return measure(w, line);
    }
    return fail("unknown command");
}

int main(int argc, char **argv)
{
    static worker w;
    char text[LINE_SIZE];
    if (argc != 3) {
        fprintf(stderr, "usage: worker health.plim kernels.plim\n");
        return 2;
    }
    if (!bench_setup(&w.health, argv[1]) || !bench_setup(&w.kernels, argv[2])) {
        return 1;
    }
    while (fgets(text, sizeof text, stdin)) {
        words line = {0};
        for (char *word = strtok(text, " \n"); word && line.count < WORDS_MAX;
             word = strtok(NULL, " \n")) {
            line.text[line.count++] = word;
        }
        if (line.count != 0 && !obey(&w, &line)) {
            (void)fail("stopped at a command it could not do");
            return 1;
        }
    }
    return 0;
}
