/* Containers as bytes: truncation, mutation, memory; what loading leaves; symbols; disassembly. */
#include "tests/unit/code_parts.h"

/* ---- the container's own bytes ----------------------------------------------------------- */

static pl_status load_bytes(pl_code_error *where, const uint8_t *bytes, size_t size)
{
    build_memory memory;
    pl_code code;
    uint8_t *exact = malloc(size + (size == 0)); /* so that reading beyond the end is seen */
    memcpy(exact, bytes, size);
    build_memory_init(&memory);
    const pl_status status = pl_code_load(&code, where, &memory.memory, exact, size);
    if (status == PL_OK) {
        pl_code_free(&code, &memory.memory);
    }
    assert_int_equal(memory.taken, 0);
    assert_true(memory.most <= 64 * size + 400000); /* proportional to what is there */
    free(exact);
    return status;
}

static void test_frame_of_the_container(void **state)
{
    (void)state;
    static const struct {
        size_t offset;
        uint8_t value;
        pl_status status;
    } rows[] = {
        {0, 'p', PL_REJECT_MAGIC},    {5, 2, PL_REJECT_VERSION},   {4, 1, PL_REJECT_VERSION},
        {7, 2, PL_REJECT_VERSION},    {8, 1, PL_REJECT_TRUNCATED}, {12, 0, PL_REJECT_NAME},
        {12, 64, PL_REJECT_NAME},     {13, '7', PL_REJECT_NAME},   {13, 0xc3, PL_REJECT_NAME},
        {15, 1, PL_REJECT_TRUNCATED},
    };
    build *b = build_start("ab");
    size_t size;
    pl_code_error where;
    (void)build_function(b, "f", PURE, "", "", "nw", "RET 0");
    build_symbols_simple(b, "a.plim");
    uint8_t *bytes = build_finish(b, &size);
    assert_int_equal(load_bytes(&where, bytes, size), PL_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const uint8_t old = bytes[rows[i].offset];
        bytes[rows[i].offset] = rows[i].value;
        expect("frame", load_bytes(&where, bytes, size), rows[i].status);
        bytes[rows[i].offset] = old;
    }
    for (size_t cut = 0; cut < size; cut++) {
        assert_int_equal(load_bytes(&where, bytes, cut), PL_REJECT_TRUNCATED);
        assert_true(where.offset <= cut);
    }
    uint8_t *more = malloc(size + 1);
    memcpy(more, bytes, size);
    more[size] = 0;
    assert_int_equal(load_bytes(&where, more, size + 1), PL_REJECT_TRAILING);
    assert_int_equal(where.offset, size);
    free(more);
    build_free(b);
}

static void test_body_ends_with_its_last_function(void **state)
{
    (void)state;
    build *b = build_start("a");
    size_t size;
    pl_code_error where;
    uint8_t *bytes = build_finish(b, &size);
    uint8_t longer[64];
    memcpy(longer, bytes, size);
    longer[size] = 0; /* the section grows by one byte, the contents do not */
    longer[11]++;
    assert_int_equal(load_bytes(&where, longer, size + 1), PL_REJECT_TRAILING);
    assert_int_equal(where.offset, size - 4);
    build_free(b);
}

/* A body that says how short it is and ends in the middle of something. */
static void test_body_cut_at_every_byte(void **state)
{
    (void)state;
    enum { HEAD = 12, SYMBOLS = 4 };
    build *b = context();
    size_t size;
    pl_code_error where;
    const uint8_t *bytes = build_finish(b, &size);
    uint8_t *cut = calloc(1, size);
    memcpy(cut, bytes, HEAD);
    for (size_t body = 0; body < size - HEAD - SYMBOLS; body++) {
        memcpy(cut + HEAD, bytes + HEAD, body);
        memset(cut + HEAD + body, 0, SYMBOLS);
        cut[10] = (uint8_t)(body >> 8);
        cut[11] = (uint8_t)body;
        assert_int_equal(load_bytes(&where, cut, HEAD + body + SYMBOLS), PL_REJECT_TRUNCATED);
        assert_true(where.offset <= HEAD + body);
    }
    free(cut);
    build_free(b);
    b = build_start("a");
    (void)build_function(b, "long_name_of", PURE, "", "", "nw", "RET 0");
    bytes = build_finish(b, &size);
    size_t flags = HEAD;
    while (memcmp(bytes + flags, "long_name_of", 12) != 0) {
        flags++;
    }
    flags += 12;            /* the name is so long that the array is believed to be there */
    uint8_t half[64] = {0}; /* one byte of the flags is there: what it says is not heard */
    memcpy(half, bytes, flags);
    half[flags] = 0xff;
    half[11] = (uint8_t)(flags + 1 - HEAD);
    assert_int_equal(load_bytes(&where, half, flags + 1 + SYMBOLS), PL_REJECT_TRUNCATED);
    build_free(b);
}

static void test_wide_bits_and_texts(void **state)
{
    (void)state;
    pl_code_error where;
    size_t size;
    build *b = build_start("a");
    (void)build_function(b, "f", PURE, "", "", "nw", "RET 0");
    uint8_t *bytes = build_finish(b, &size);
    const size_t bits = size - 4 - 10 - 2 - 1;
    assert_int_equal(bytes[bits], 2);
    bytes[bits] = 6; /* a third register that is not there */
    assert_int_equal(load_bytes(&where, bytes, size), PL_REJECT_NON_CANONICAL);
    assert_int_equal(where.offset, bits);
    build_free(b);
    b = build_start("a");
    (void)build_error(b, "e", "x:u8");
    bytes = build_finish(b, &size);
    const size_t unit = size - 4 - 2 - 2 - 2 - 4 - 1;
    assert_int_equal(bytes[unit], 0);
    bytes[unit] = 64;
    assert_int_equal(load_bytes(&where, bytes, size), PL_REJECT_NAME);
    bytes[unit] = 0;
    bytes[unit + 3] = 78; /* scale */
    assert_int_equal(load_bytes(&where, bytes, size), PL_REJECT_TYPE);
    bytes[unit + 3] = 77;
    assert_int_equal(load_bytes(&where, bytes, size), PL_OK);
    bytes[unit + 4] = 1; /* extra */
    assert_int_equal(load_bytes(&where, bytes, size), PL_REJECT_TYPE);
    bytes[unit + 4] = 0;
    bytes[unit + 1] = 7; /* class */
    assert_int_equal(load_bytes(&where, bytes, size), PL_REJECT_TYPE);
    build_free(b);
}

static void test_container_size(void **state)
{
    (void)state;
    const size_t size = PL_CODE_SIZE_MAX + 1;
    uint8_t *bytes = calloc(1, size);
    pl_code_error where;
    assert_int_equal(load_bytes(&where, bytes, size), PL_REJECT_LIMIT);
    assert_int_equal(load_bytes(&where, bytes, size - 1), PL_REJECT_MAGIC);
    free(bytes);
}

/* Every byte set to every value: one status, never a crash, the place inside. */
static void test_every_byte(void **state)
{
    (void)state;
    build *b = context();
    size_t size;
    build_symbols_simple(b, "a.plim");
    uint8_t *bytes = build_finish(b, &size);
    pl_code_error where;
    for (size_t i = 0; i < size; i++) {
        const uint8_t old = bytes[i];
        for (unsigned value = 0; value < 256; value += 1 + (unsigned)(i % 3)) {
            bytes[i] = (uint8_t)value;
            const pl_status status = load_bytes(&where, bytes, size);
            assert_true(status == PL_OK || pl_is_reject(status));
            assert_true(where.offset <= size);
        }
        bytes[i] = old;
    }
    build_free(b);
}

static void test_memory_runs_out(void **state)
{
    (void)state;
    build_memory memory;
    build *b = context();
    size_t size;
    pl_code code;
    pl_code_error where;
    const uint8_t *bytes = build_finish(b, &size);
    pl_status status = PL_FAULT_MEMORY;
    build_memory_init(&memory);
    for (memory.limit = 8; status != PL_OK; memory.limit += 8) {
        status = pl_code_load(&code, &where, &memory.memory, bytes, size);
        assert_true(status == PL_OK || status == PL_FAULT_MEMORY);
        assert_true(status == PL_OK || memory.taken == 0);
        assert_true(memory.limit < 1000000);
    }
    assert_true(memory.limit > 4000);
    pl_code_free(&code, &memory.memory);
    assert_int_equal(memory.taken, 0);
    build_free(b);
}

/* ---- what loading leaves ----------------------------------------------------------------- */

static void test_blocks_of_gas(void **state)
{
    (void)state;
    build_memory memory;
    pl_code code;
    build *b = build_start("gas");
    build_memory_init(&memory);
    /* 0 NNOT 1 | 1 JZ 2 -> 4 | 2 NADD 1 | 3 JMP 1 -> 5 | 4 NMOD 2 | 5 RET 2 | 6 UNREACHABLE 1 | 7
     * RET */
    (void)build_function(b, "f", PURE, "", "", "n",
                         "NNOT 0 0; JZ 0 4; NADD 0 0 0; JMP 5; NMOD 0 0 0; RET 0; UNREACHABLE;"
                         "RET 0");
    build_load(b, &code, &memory.memory);
    static const uint32_t wanted[] = {3, 0, 2, 0, 2, 2, 1, 2};
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(code.functions[0].block_gas[i], wanted[i]);
    }
    pl_code_free(&code, &memory.memory);
    build_free(b);
}

static void test_hash_covers_the_body_only(void **state)
{
    (void)state;
    build_memory memory;
    pl_code plain, named;
    uint8_t hash[32];
    build *a = context(), *b = context();
    build_memory_init(&memory);
    build_symbols_simple(b, "a.plim");
    build_load(a, &plain, &memory.memory);
    build_load(b, &named, &memory.memory);
    assert_memory_equal(plain.hash, named.hash, 32);
    uint8_t *data = malloc(4 + plain.body_size);
    memcpy(data, "\0\1\0\1", 4);
    memcpy(data + 4, plain.body, plain.body_size);
    pl_tagged_of(hash, &pl_tag_code, data, 4 + plain.body_size);
    assert_memory_equal(plain.hash, hash, 32);
    free(data);
    pl_code_free(&plain, &memory.memory);
    pl_code_free(&named, &memory.memory);
    build_free(a);
    build_free(b);
}

static void test_schema(void **state)
{
    (void)state;
    build_memory memory;
    pl_code code;
    build *b = build_start("schema");
    build_memory_init(&memory);
    (void)build_table(b, "t", 0, "a:u8,b:account", "x:u16=258,y:i24=-1", "by:1,0");
    (void)build_table(b, "u", 0, "", "x:u16=1,y:u8", "");
    build_load(b, &code, &memory.memory);
    const pl_table *t = &code.tables[0];
    assert_int_equal(t->key_size, 33);
    assert_int_equal(t->keys[1].offset, 1);
    assert_int_equal(t->row_size, 5);
    assert_int_equal(t->fields[1].offset, 2);
    assert_int_equal(t->indexes[0].key_size, 38);
    assert_true(t->has_all_defaults);
    assert_memory_equal(t->default_row, "\1\2\xff\xff\xff", 5);
    assert_false(code.tables[1].has_all_defaults);
    assert_null(code.tables[1].default_row);
    pl_code_free(&code, &memory.memory);
    build_free(b);
}

/* ---- symbols ----------------------------------------------------------------------------- */

static const uint8_t symbols[] = {0, 1, 1, 'f',                   /* one file                */
                                  0, 3,                           /* three names             */
                                  0, 0, 1, 'x', 3, 'r', 'a', 'y', /* register 0: x, unit ray */
                                  0, 9, 1, 'q', 0,                /* beyond the frame        */
                                  0, 1, 1, 'y', 0,                /* register 1: y           */
                                  0, 0, 0, 0,   0, 7,             /* line 7                  */
                                  0, 0, 0, 0,   1, 2};            /* line 258                */

static build *with_symbols(const uint8_t *bytes, size_t size)
{
    build *b = build_start("named");
    (void)build_function(b, "f", PURE, "x:u256", "y:u256", "ww", "NOT 1 0; RET 1");
    build_symbols(b, bytes, size);
    return b;
}

static void test_symbols(void **state)
{
    (void)state;
    build_memory memory;
    pl_code code;
    pl_local local;
    pl_source source;
    uint32_t cursor = 0;
    build *b = with_symbols(symbols, sizeof symbols);
    build_memory_init(&memory);
    build_load(b, &code, &memory.memory);
    assert_true(pl_symbols_next_local(&local, &cursor, &code, 0));
    assert_int_equal(local.register_index, 0);
    assert_memory_equal(local.name.text, "x", 1);
    assert_int_equal(local.unit.size, 3);
    assert_true(pl_symbols_next_local(&local, &cursor, &code, 0));
    assert_int_equal(local.register_index, 1);
    assert_false(pl_symbols_next_local(&local, &cursor, &code, 0));
    assert_true(pl_symbols_source(&source, &code, 0, 1));
    assert_int_equal(source.line, 258);
    assert_memory_equal(source.file.text, "f", 1);
    pl_code_free(&code, &memory.memory);
    build_free(b);
}

static void test_wrong_symbols(void **state)
{
    (void)state;
    uint8_t bytes[sizeof symbols + 1] = {0};
    pl_code_error where;
    for (size_t cut = 1; cut < sizeof symbols; cut++) {
        build *b = with_symbols(symbols, cut);
        assert_int_equal(load(b, &where), PL_REJECT_TRUNCATED);
        build_free(b);
    }
    memcpy(bytes, symbols, sizeof symbols);
    build *b = with_symbols(bytes, sizeof bytes);
    assert_int_equal(load(b, &where), PL_REJECT_TRAILING);
    build_free(b);
    bytes[sizeof symbols - 5] = 1; /* file 1 of 1 */
    b = with_symbols(bytes, sizeof symbols);
    assert_int_equal(load(b, &where), PL_REJECT_RANGE);
    build_free(b);
    memcpy(bytes, symbols, sizeof symbols);
    bytes[9] = '-'; /* the name x */
    b = with_symbols(bytes, sizeof symbols);
    assert_int_equal(load(b, &where), PL_REJECT_NAME);
    build_free(b);
}

/* ---- text -------------------------------------------------------------------------------- */

typedef struct text {
    char bytes[8192];
    size_t size;
} text;

static void write_text(void *context_, const char *bytes, size_t size)
{
    text *to = context_;
    assert_true(to->size + size < sizeof to->bytes);
    memcpy(to->bytes + to->size, bytes, size);
    to->size += size;
}

static void test_disassembly(void **state)
{
    (void)state;
    build_memory memory;
    pl_code code;
    text to = {{0}, 0};
    const pl_sink sink = {&to, write_text};
    build_memory_init(&memory);
    build *b = with_symbols(symbols, sizeof symbols);
    build_load(b, &code, &memory.memory);
    pl_disasm_code(&sink, &code);
    assert_string_equal(to.bytes, "contract named\n\n"
                                  "pure f(x: u256) -> (y: u256) ; function 0, registers 2\n"
                                  "        ; f:7\n"
                                  "   0 > NOT y:r1 x:r0\n"
                                  "        ; f:258\n"
                                  "   1   RET y:r1\n");
    pl_code_free(&code, &memory.memory);
    build_free(b);
    b = context();
    (void)build_function(b, "g", TX, "", "", "nnnnwnw",
                         "SEEK 0 0 1 1 5; GETF 4 0 1 0; XTRY 0 0 4 5; DIVK_UP 4 4 1; PUT 4 0 1;"
                         "EMIT 0 4; JNZ 0 0; REVERT 0 4");
    build_load(b, &code, &memory.memory);
    to = (text){{0}, 0};
    pl_disasm_code(&sink, &code);
    assert_non_null(
        strstr(to.bytes, "table rows[k: u64] { v: u256, n: u32, s: i8 } index by_n(n)"));
    assert_non_null(strstr(to.bytes, "params settings[] { fee: u16 }"));
    assert_non_null(strstr(to.bytes, "import view see(x: u256) -> (y: u256)"));
    assert_non_null(strstr(to.bytes, "   0 > SEEK r0 rows r1..2 by by_n > prefix 1\n"));
    assert_non_null(strstr(to.bytes, "   1   GETF r4 rows r1 .v\n"));
    assert_non_null(strstr(to.bytes, "   2   XTRY r0 see r4 r5..6\n"));
    assert_non_null(strstr(to.bytes, "   3   DIVK_UP r4 r4 1\n"));
    assert_non_null(strstr(to.bytes, "   4   PUT r4..6 rows r1\n"));
    assert_non_null(strstr(to.bytes, "   5   EMIT Did r4..5\n"));
    assert_non_null(strstr(to.bytes, "   6   JNZ r0 @0\n"));
    assert_non_null(strstr(to.bytes, "   7 > REVERT Bad r4\n"));
    pl_code_free(&code, &memory.memory);
    build_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frame_of_the_container),
        cmocka_unit_test(test_body_ends_with_its_last_function),
        cmocka_unit_test(test_body_cut_at_every_byte),
        cmocka_unit_test(test_wide_bits_and_texts),
        cmocka_unit_test(test_container_size),
        cmocka_unit_test(test_every_byte),
        cmocka_unit_test(test_memory_runs_out),
        cmocka_unit_test(test_blocks_of_gas),
        cmocka_unit_test(test_hash_covers_the_body_only),
        cmocka_unit_test(test_schema),
        cmocka_unit_test(test_symbols),
        cmocka_unit_test(test_wrong_symbols),
        cmocka_unit_test(test_disassembly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
