/* Containers: every rule of decode and validate has a row that breaks exactly that rule. */
#include "tests/unit/code_parts.h"

/* ---- instructions ---- */

typedef struct code_row {
    const char *reason;
    pl_status status;
    unsigned effect;
    const char *registers; /* results: none */
    const char *code;
    uint32_t instruction; /* the one to blame */
} code_row;

static const code_row code_rows[] = {
    {"smallest function", PL_OK, PURE, "", "RET 0", 0},
    {"a range of nothing may start at the end", PL_OK, PURE, "nw", "RET 2", 0},
    {"and no further", PL_REJECT_CODE_REGISTER, PURE, "nw", "RET 3", 0},
    {"number without a row", PL_REJECT_CODE_OP, PURE, "", "raw 0 0 0 0 0 0; RET 0", 0},
    {"last number", PL_REJECT_CODE_OP, PURE, "", "RET 0; raw 255 0 0 0 0 0; RET 0", 1},
    {"unused e", PL_REJECT_CODE_OPERAND, PURE, "", "raw 0xb4 1 0 0 0 0", 0},
    {"unused b", PL_REJECT_CODE_OPERAND, PURE, "", "raw 0xb4 0 0 1 0 0", 0},
    {"unused d", PL_REJECT_CODE_OPERAND, PURE, "", "raw 0xb4 0 0 0 0 1", 0},
    {"bit count zero", PL_REJECT_CODE_OPERAND, PURE, "w", "CHKU 0 0; RET 0", 0},
    {"bit count 255", PL_OK, PURE, "w", "CHKU 0 255; RET 0", 0},
    {"narrow bit count 63", PL_OK, PURE, "n", "CHKN 0 63; RET 0", 0},
    {"narrow bit count 64", PL_REJECT_CODE_OPERAND, PURE, "n", "CHKN 0 64; RET 0", 0},
    {"bits up to the top", PL_OK, PURE, "w", "GETBITS 0 0 246 10; RET 0", 0},
    {"bits beyond the top", PL_REJECT_CODE_OPERAND, PURE, "w", "GETBITS 0 0 247 10; RET 0", 0},
    {"put bits beyond the top", PL_REJECT_CODE_OPERAND, PURE, "w", "PUTBITS 0 0 0 247 10; RET 0",
     0},
    {"put bits up to the top", PL_OK, PURE, "w", "PUTBITS 0 0 0 246 10; RET 0", 0},
    {"array of nothing", PL_REJECT_CODE_OPERAND, PURE, "nn", "LDXN 0 0 1 0; RET 0", 0},
    {"wide array of nothing", PL_REJECT_CODE_OPERAND, PURE, "wn", "STX 0 0 1 0; RET 0", 0},
    {"constant beyond the pool", PL_REJECT_CODE_REFERENCE, PURE, "w", "LDK 0 3; RET 0", 0},
    {"narrow constant too large", PL_REJECT_CODE_REFERENCE, PURE, "n", "LDKN 0 2; RET 0", 0},
    {"narrow constant", PL_OK, PURE, "n", "LDKN 0 1; RET 0", 0},
    {"divisor zero", PL_REJECT_CODE_REFERENCE, PURE, "w", "DIVK_DN 0 0 0; RET 0", 0},
    {"function", PL_REJECT_CODE_REFERENCE, PURE, "", "CALL 0 4 0; RET 0", 0},
    {"import", PL_REJECT_CODE_REFERENCE, TX, "n", "XCALL 0 2 0 0; RET 0", 0},
    {"table", PL_REJECT_CODE_REFERENCE, VIEW, "n", "HAS 0 2 0; RET 0", 0},
    {"field", PL_REJECT_CODE_REFERENCE, VIEW, "nw", "GETF 1 0 0 3; RET 0", 0},
    {"order", PL_REJECT_CODE_REFERENCE, VIEW, "nnn", "SEEK 0 0 1 2 0; RET 0", 0},
    {"error", PL_REJECT_CODE_REFERENCE, PURE, "w", "REVERT 1 0", 0},
    {"event", PL_REJECT_CODE_REFERENCE, TX, "wn", "EMIT 1 0; RET 0", 0},
    {"prefix of the whole key", PL_OK, VIEW, "nnn", "SEEK 0 0 1 1 8; RET 0", 0},
    {"prefix longer than the key", PL_REJECT_CODE_OPERAND, VIEW, "nnn", "SEEK 0 0 1 1 12; RET 0",
     0},
    {"register beyond the frame", PL_REJECT_CODE_REGISTER, PURE, "w", "NOT 0 1; RET 0", 0},
    {"destination beyond the frame", PL_REJECT_CODE_REGISTER, PURE, "w", "NOT 1 0; RET 0", 0},
    {"narrow where wide is read", PL_REJECT_CODE_REGISTER, PURE, "wn", "NOT 0 1; RET 0", 0},
    {"wide where narrow is read", PL_REJECT_CODE_REGISTER, PURE, "nw", "NNOT 0 1; RET 0", 0},
    {"narrow where wide is written", PL_REJECT_CODE_REGISTER, PURE, "nw", "NOT 0 1; RET 0", 0},
    {"wide where narrow is written", PL_REJECT_CODE_REGISTER, PURE, "nw", "NNOT 1 0; RET 0", 0},
    {"fourth operand", PL_REJECT_CODE_REGISTER, PURE, "nnw", "SELN 0 0 0 2; RET 0", 0},
    {"array in the frame", PL_OK, PURE, "nnnn", "LDXN 0 1 0 3; RET 0", 0},
    {"array beyond the frame", PL_REJECT_CODE_REGISTER, PURE, "nnnn", "LDXN 0 1 0 4; RET 0", 0},
    {"array with a wide one", PL_REJECT_CODE_REGISTER, PURE, "nnwn", "LDXN 0 1 0 3; RET 0", 0},
    {"wide array with a narrow one", PL_REJECT_CODE_REGISTER, PURE, "nwnw", "LDX 1 1 0 3; RET 0",
     0},
    {"key", PL_REJECT_CODE_REGISTER, VIEW, "nw", "HAS 0 0 1; RET 0", 0},
    {"key beyond the frame", PL_REJECT_CODE_REGISTER, VIEW, "n", "HAS 0 0 1; RET 0", 0},
    {"row", PL_OK, VIEW, "nwnw", "GET 1 0 0; RET 0", 0},
    {"row kinds", PL_REJECT_CODE_REGISTER, VIEW, "nwnn", "GET 1 0 0; RET 0", 0},
    {"row beyond the frame", PL_REJECT_CODE_REGISTER, VIEW, "nwn", "GET 1 0 0; RET 0", 0},
    {"row read kinds", PL_REJECT_CODE_REGISTER, TX, "nwnn", "PUT 1 0 0; RET 0", 0},
    {"field register", PL_REJECT_CODE_REGISTER, VIEW, "n", "GETF 0 0 0 0; RET 0", 0},
    {"field register read", PL_REJECT_CODE_REGISTER, TX, "nw", "PUTF 1 0 0 1; RET 0", 0},
    {"signed field is wide", PL_REJECT_CODE_REGISTER, VIEW, "n", "GETF 0 0 0 2; RET 0", 0},
    {"call argument", PL_REJECT_CODE_REGISTER, PURE, "nw", "CALL 0 0 1; RET 0", 0},
    {"call result", PL_REJECT_CODE_REGISTER, PURE, "nw", "CALL 1 0 0; RET 0", 0},
    {"contract number", PL_REJECT_CODE_REGISTER, VIEW, "w", "XCALL 0 0 0 0; RET 0", 0},
    {"import result", PL_REJECT_CODE_REGISTER, VIEW, "nw", "XCALL 0 0 1 0; RET 0", 0},
    {"try status is narrow", PL_REJECT_CODE_REGISTER, VIEW, "nww", "XTRY 0 0 1 1; RET 0", 0},
    {"try", PL_OK, VIEW, "wnw", "XTRY 1 0 0 1; RET 0", 0},
    {"try result beyond the frame", PL_REJECT_CODE_REGISTER, VIEW, "wn", "XTRY 1 0 0 1; RET 0", 0},
    {"error argument", PL_REJECT_CODE_REGISTER, PURE, "n", "REVERT 0 0", 0},
    {"required error argument", PL_REJECT_CODE_REGISTER, PURE, "n", "REQUIRE 0 0 0; RET 0", 0},
    {"event argument", PL_REJECT_CODE_REGISTER, TX, "ww", "EMIT 0 0; RET 0", 0},
    {"price information", PL_OK, VIEW, "nwnnnn", "PRICEINFO 1 0; RET 0", 0},
    {"price information kinds", PL_REJECT_CODE_REGISTER, VIEW, "nwnnnw", "PRICEINFO 1 0; RET 0", 0},
    {"price information beyond", PL_REJECT_CODE_REGISTER, VIEW, "nwnnn", "PRICEINFO 1 0; RET 0", 0},
    {"jump to the last", PL_OK, PURE, "", "JMP 1; RET 0", 0},
    {"jump beyond", PL_REJECT_CODE_JUMP, PURE, "", "JMP 2; RET 0", 0},
    {"branch beyond", PL_REJECT_CODE_JUMP, PURE, "n", "NNOT 0 0; JZ 0 3; RET 0", 1},
    {"other branch beyond", PL_REJECT_CODE_JUMP, PURE, "n", "JNZ 0 65535; RET 0", 0},
    {"falls off after computing", PL_REJECT_CODE_FALL_OFF, PURE, "n", "NNOT 0 0", 0},
    {"falls off after a branch", PL_REJECT_CODE_FALL_OFF, PURE, "n", "RET 0; JZ 0 0", 1},
    {"falls off after the other branch", PL_REJECT_CODE_FALL_OFF, PURE, "n", "JNZ 0 0", 0},
    {"falls off after a call", PL_REJECT_CODE_FALL_OFF, TX, "", "CALL 0 2 0", 0},
    {"ends in unreachable", PL_OK, PURE, "", "UNREACHABLE", 0},
    {"ends in a loop", PL_OK, PURE, "", "JMP 0", 0},
    {"pure reads a row", PL_REJECT_CODE_EFFECT, PURE, "n", "HAS 0 0 0; RET 0", 0},
    {"pure reads a field", PL_REJECT_CODE_EFFECT, PURE, "nw", "GETF 1 0 0 0; RET 0", 0},
    {"pure seeks", PL_REJECT_CODE_EFFECT, PURE, "nn", "SEEK 0 0 1 0 0; RET 0", 0},
    {"pure asks who calls", PL_REJECT_CODE_EFFECT, PURE, "w", "CALLER 0; RET 0", 0},
    {"pure asks the time", PL_REJECT_CODE_EFFECT, PURE, "n", "TIME 0; RET 0", 0},
    {"pure asks a price", PL_REJECT_CODE_EFFECT, PURE, "wn", "PRICE 0 1 8; RET 0", 0},
    {"pure calls view", PL_REJECT_CODE_EFFECT, PURE, "", "CALL 0 1 0; RET 0", 0},
    {"pure calls pure", PL_OK, PURE, "w", "CALL 0 0 0; RET 0", 0},
    {"pure calls out", PL_REJECT_CODE_EFFECT, PURE, "nw", "XCALL 0 0 1 1; RET 0", 0},
    {"pure tries out", PL_REJECT_CODE_EFFECT, PURE, "wnw", "XTRY 1 0 0 1; RET 0", 0},
    {"view calls view", PL_OK, VIEW, "", "CALL 0 1 0; RET 0", 0},
    {"view calls tx", PL_REJECT_CODE_EFFECT, VIEW, "", "CALL 0 2 0; RET 0", 0},
    {"view calls out for view", PL_OK, VIEW, "nw", "XCALL 0 0 1 1; RET 0", 0},
    {"view calls out for tx", PL_REJECT_CODE_EFFECT, VIEW, "n", "XCALL 0 1 0 0; RET 0", 0},
    {"view tries tx", PL_REJECT_CODE_EFFECT, VIEW, "nn", "XTRY 0 1 0 1; RET 0", 0},
    {"view writes a row", PL_REJECT_CODE_EFFECT, VIEW, "nwnw", "PUT 1 0 0; RET 0", 0},
    {"view writes a field", PL_REJECT_CODE_EFFECT, VIEW, "nw", "PUTF 1 0 0 0; RET 0", 0},
    {"view deletes", PL_REJECT_CODE_EFFECT, VIEW, "nn", "DEL 0 0 1; RET 0", 0},
    {"view emits", PL_REJECT_CODE_EFFECT, VIEW, "wn", "EMIT 0 0; RET 0", 0},
    {"tx writes all", PL_OK, TX, "nwnw", "PUT 1 0 0; PUTF 1 0 0 0; DEL 0 0 0; EMIT 0 1; RET 0", 0},
    {"tx reads params", PL_OK, TX, "n", "GET 0 1 0; RET 0", 0},
    {"tx writes params", PL_REJECT_CODE_EFFECT, TX, "n", "PUT 0 1 0; RET 0", 0},
    {"tx writes a param", PL_REJECT_CODE_EFFECT, TX, "n", "PUTF 0 1 0 0; RET 0", 0},
    {"tx deletes params", PL_REJECT_CODE_EFFECT, TX, "n", "DEL 0 1 0; RET 0", 0},
};

static void test_instructions(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof code_rows / sizeof *code_rows; i++) {
        const code_row *row = &code_rows[i];
        pl_code_error where;
        build *b = context();
        (void)build_function(b, "f", row->effect, "", "", row->registers, row->code);
        const pl_status status = load(b, &where);
        expect(row->reason, status, row->status);
        if (status != PL_OK && (where.function != 3 || where.instruction != row->instruction)) {
            fail_msg("%s: blames function %u, instruction %u", row->reason,
                     (unsigned)where.function, (unsigned)where.instruction);
        }
        build_free(b);
    }
}

/* What the validator knew of a larger function must not serve a smaller one. */
static void test_frames_are_measured_anew(void **state)
{
    (void)state;
    pl_code_error where;
    build *b = build_start("anew");
    (void)build_function(b, "large", PURE, "", "", "nnn", "NNOT 1 2; RET 0");
    (void)build_function(b, "small", PURE, "", "", "n", "NNOT 0 1; RET 0");
    assert_int_equal(load(b, &where), PL_REJECT_CODE_REGISTER);
    assert_int_equal(where.function, 1);
    build_free(b);
}

/* ---- the shape of functions -------------------------------------------------------------- */

typedef struct shape_row {
    const char *reason;
    pl_status status;
    unsigned flags;
    const char *parameters, *results, *registers;
} shape_row;

static const shape_row shape_rows[] = {
    {"public", PL_OK, VIEW | PL_FUNCTION_PUBLIC, "x:u64", "y:u64", "n"},
    {"unknown flag", PL_REJECT_NON_CANONICAL, 0x40, "", "", ""},
    {"effect 3", PL_REJECT_NON_CANONICAL, 3, "", "", ""},
    {"reentrant", PL_OK, PL_FUNCTION_REENTRANT | PL_FUNCTION_PUBLIC, "", "", ""},
    {"reentrant, not public", PL_REJECT_CODE_SIGNATURE, PL_FUNCTION_REENTRANT, "", "", ""},
    {"hook", PL_OK, TX | PL_FUNCTION_ON_BLOCK, "", "", ""},
    {"hook that is view", PL_REJECT_CODE_SIGNATURE, VIEW | PL_FUNCTION_ON_BLOCK, "", "", ""},
    {"hook with parameter", PL_REJECT_CODE_SIGNATURE, TX | PL_FUNCTION_ON_BLOCK, "x:u64", "", "n"},
    {"hook with result", PL_REJECT_CODE_SIGNATURE, TX | PL_FUNCTION_ON_BLOCK, "", "x:u64", "n"},
    {"public hook", PL_REJECT_CODE_SIGNATURE, TX | PL_FUNCTION_ON_BLOCK | PL_FUNCTION_PUBLIC, "",
     "", ""},
    {"invariant", PL_OK, VIEW | PL_FUNCTION_INVARIANT, "", "ok:bool", "n"},
    {"invariant that is tx", PL_REJECT_CODE_SIGNATURE, TX | PL_FUNCTION_INVARIANT, "", "ok:bool",
     "n"},
    {"invariant with parameter", PL_REJECT_CODE_SIGNATURE, PL_FUNCTION_INVARIANT, "x:u64",
     "ok:bool", "n"},
    {"invariant without result", PL_REJECT_CODE_SIGNATURE, PL_FUNCTION_INVARIANT, "", "", "n"},
    {"invariant with a number", PL_REJECT_CODE_SIGNATURE, PL_FUNCTION_INVARIANT, "", "x:u8", "n"},
    {"invariant with two", PL_REJECT_CODE_SIGNATURE, PL_FUNCTION_INVARIANT, "", "x:bool, y:bool",
     "nn"},
    {"parameter without register", PL_REJECT_CODE_SIGNATURE, PURE, "x:u64", "", ""},
    {"parameter in a wide register", PL_REJECT_CODE_SIGNATURE, PURE, "x:u64", "", "w"},
    {"parameter in a narrow register", PL_REJECT_CODE_SIGNATURE, PURE, "x:u8,y:i8", "", "nn"},
    {"parameters of one name", PL_REJECT_DUPLICATE, PURE, "x:u8,x:u8", "", "nn"},
    {"results of one name", PL_REJECT_DUPLICATE, PURE, "", "x:u8,x:u8", "nn"},
    {"result of the wrong kind", PL_REJECT_CODE_REGISTER, PURE, "", "x:u72", "n"},
    {"unknown enum", PL_REJECT_TYPE, PURE, "x:enum0", "", "n"},
    {"type of no bytes", PL_REJECT_TYPE, PURE, "x:u0", "", "n"},
    {"type of 33 bytes", PL_REJECT_TYPE, PURE, "x:i264", "", "w"},
    {"name with a digit first", PL_REJECT_NAME, PURE, "9x:u8", "", "n"},
    {"name with a dot last", PL_REJECT_NAME, PURE, "x.:u8", "", "n"},
    {"name with a dot first", PL_REJECT_NAME, PURE, ".x:u8", "", "n"},
    {"name with two dots", PL_REJECT_NAME, PURE, "x..y:u8", "", "n"},
    {"name with a digit after a dot", PL_REJECT_NAME, PURE, "x.9:u8", "", "n"},
    {"name in two parts", PL_OK, PURE, "x.y9:u8", "", "n"},
    {"name of nothing", PL_REJECT_NAME, PURE, ":u8", "", "n"},
    {"name with a hyphen", PL_REJECT_NAME, PURE, "x-y:u8", "", "n"},
};

static void test_shapes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shape_rows / sizeof *shape_rows; i++) {
        const shape_row *row = &shape_rows[i];
        pl_code_error where;
        build *b = build_start("shape");
        (void)build_function(b, "f", row->flags, row->parameters, row->results, row->registers,
                             "RET 0");
        expect(row->reason, load(b, &where), row->status);
        build_free(b);
    }
}

/* ---- tables ------------------------------------------------------------------------------ */

typedef struct table_row {
    const char *reason;
    pl_status status;
    unsigned flags;
    const char *keys, *fields, *indexes;
} table_row;

static const table_row table_rows[] = {
    {"plain", PL_OK, 0, "k:u8", "v:u8", ""},
    {"no key", PL_OK, 0, "", "v:u8", ""},
    {"unknown flag", PL_REJECT_NON_CANONICAL, 2, "", "v:u8", ""},
    {"five key fields", PL_REJECT_LIMIT, 0, "a:u8,b:u8,c:u8,d:u8,e:u8", "v:u8", ""},
    {"no value", PL_REJECT_LIMIT, 0, "k:u8", "", ""},
    {"key and value of one name", PL_REJECT_DUPLICATE, 0, "k:u8", "k:u8", ""},
    {"values of one name", PL_REJECT_DUPLICATE, 0, "k:u8", "v:u8,v:u8", ""},
    {"keys of one name", PL_REJECT_DUPLICATE, 0, "k:u8,k:u8", "v:u8", ""},
    {"indexes", PL_OK, 0, "k:u8", "a:u8,b:u8", "x:0; y:1,0"},
    {"indexes of one name", PL_REJECT_DUPLICATE, 0, "k:u8", "a:u8,b:u8", "x:0; x:1"},
    {"index over a field that is not there", PL_REJECT_CODE_REFERENCE, 0, "k:u8", "a:u8", "x:1"},
    {"index over one field twice", PL_REJECT_DUPLICATE, 0, "k:u8", "a:u8", "x:0,0"},
    {"index over five", PL_REJECT_LIMIT, 0, "k:u8", "a:u8,b:u8,c:u8,d:u8,e:u8", "x:0,1,2,3,4"},
    {"five indexes", PL_REJECT_LIMIT, 0, "k:u8", "a:u8", "a:0;b:0;c:0;d:0;e:0"},
    {"params", PL_OK, 1, "", "a:u8=5[5,5], b:i8[-1,1], c:bool", ""},
    {"params with a key", PL_REJECT_TYPE, 1, "k:u8", "a:u8", ""},
    {"params with an index", PL_REJECT_TYPE, 1, "", "a:u8", "x:0"},
    {"range outside params", PL_REJECT_TYPE, 0, "", "a:u8[1,2]", ""},
    {"empty range", PL_REJECT_RANGE, 1, "", "a:u8[2,1]", ""},
    {"empty signed range", PL_REJECT_RANGE, 1, "", "a:i16[1,-1]", ""},
    {"default below", PL_REJECT_RANGE, 1, "", "a:u8=1[2,3]", ""},
    {"default above", PL_REJECT_RANGE, 1, "", "a:u8=4[2,3]", ""},
    {"signed default", PL_OK, 1, "", "a:i16=-5[-6,3]", ""},
    {"signed default below", PL_REJECT_RANGE, 1, "", "a:i16=-7[-6,3]", ""},
    {"bool of 2", PL_REJECT_NON_CANONICAL, 0, "", "a:bool=2", ""},
    {"enum default", PL_OK, 0, "", "a:enum0=1", ""},
    {"enum default without variant", PL_REJECT_NON_CANONICAL, 0, "", "a:enum0=2", ""},
    {"empty symbol", PL_OK, 0, "", "a:symbol=0", ""},
    {"symbol that ends in a letter", PL_REJECT_NON_CANONICAL, 0, "", "a:symbol=65", ""},
    {"range of a wrong bool", PL_REJECT_NON_CANONICAL, 1, "", "a:bool[0,3]", ""},
};

static void test_tables(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof table_rows / sizeof *table_rows; i++) {
        const table_row *row = &table_rows[i];
        pl_code_error where;
        build *b = build_start("tables");
        (void)build_enum(b, "Mode", "none,isolated");
        (void)build_table(b, "t", row->flags, row->keys, row->fields, row->indexes);
        expect(row->reason, load(b, &where), row->status);
        build_free(b);
    }
}

static void add_twice(build *b, int what)
{
    for (int i = 0; i < 2; i++) {
        switch (what) {
        case 0:
            (void)build_enum(b, "x", "a");
            break;
        case 1:
            (void)build_table(b, "x", 0, "", "a:u8", "");
            break;
        case 2:
            (void)build_error(b, "x", "");
            break;
        case 3:
            (void)build_event(b, "x", "");
            break;
        case 4:
            (void)build_import(b, "x", PURE, "", "");
            break;
        case 5:
            (void)build_function(b, "x", PURE, "", "", "", "RET 0");
            break;
        default:
            (void)build_table(b, i == 0 ? "x" : "y", 1, "", "a:u8", "");
            break;
        }
    }
}

static void test_duplicates(void **state)
{
    (void)state;
    for (int what = 0; what <= 6; what++) {
        pl_code_error where;
        build *b = build_start("twice");
        add_twice(b, what);
        assert_int_equal(load(b, &where), PL_REJECT_DUPLICATE);
        build_free(b);
    }
    static const char *const lists[] = {"a:u8,a:u8", ""};
    for (int what = 0; what < 4; what++) {
        pl_code_error where;
        build *b = build_start("twice");
        (void)build_error(b, "x", lists[what != 0]);
        (void)build_event(b, "x", lists[what != 1]);
        (void)build_import(b, "x", PURE, lists[what != 2], lists[what != 3]);
        assert_int_equal(load(b, &where), PL_REJECT_DUPLICATE);
        build_free(b);
    }
    build *b = build_start("variants");
    pl_code_error where;
    (void)build_enum(b, "x", "a,b,a");
    assert_int_equal(load(b, &where), PL_REJECT_DUPLICATE);
    build_free(b);
    b = build_start("effect");
    (void)build_import(b, "x", 3, "", "");
    assert_int_equal(load(b, &where), PL_REJECT_NON_CANONICAL);
    build_free(b);
}

/* ---- limits ------------------------------------------------------------------------------ */

static char *repeat(const char *format, unsigned count)
{
    char *text = calloc(count + 1, 32);
    size_t size = 0;
    for (unsigned i = 0; i < count; i++) {
        size += (size_t)snprintf(text + size, 32, format, i);
    }
    return text;
}

static pl_status load_with_parameters(unsigned parameters, unsigned results, unsigned registers)
{
    pl_code_error where;
    build *b = build_start("many");
    char *in = repeat("a%u:u8,", parameters), *out = repeat("b%u:u8,", results),
         *kinds = calloc(registers + 1, 1);
    for (unsigned i = 0; i < registers; i++) {
        kinds[i] = 'n';
    }
    (void)build_function(b, "f", PURE, in, out, kinds, "RET 0");
    const pl_status status = load(b, &where);
    build_free(b);
    free(in);
    free(out);
    free(kinds);
    return status;
}

static pl_status load_with_row(unsigned fields, const char *format)
{
    pl_code_error where;
    build *b = build_start("wide");
    char *text = repeat(format, fields);
    (void)build_table(b, "t", 0, "", text, "");
    const pl_status status = load(b, &where);
    build_free(b);
    free(text);
    return status;
}

static void test_limits(void **state)
{
    (void)state;
    assert_int_equal(load_with_parameters(32, 0, 32), PL_OK);
    assert_int_equal(load_with_parameters(33, 0, 33), PL_REJECT_LIMIT);
    assert_int_equal(load_with_parameters(0, 64, 64), PL_OK);
    assert_int_equal(load_with_parameters(0, 65, 65), PL_REJECT_LIMIT);
    assert_int_equal(load_with_parameters(0, 0, 2048), PL_OK);
    assert_int_equal(load_with_parameters(0, 0, 2049), PL_REJECT_LIMIT);
    assert_int_equal(load_with_row(32, "a%u:u256,"), PL_OK);
    assert_int_equal(load_with_row(33, "a%u:u256,"), PL_REJECT_LIMIT);
    assert_int_equal(load_with_row(64, "a%u:u8,"), PL_OK);
    assert_int_equal(load_with_row(65, "a%u:u8,"), PL_REJECT_LIMIT);
    pl_code_error where;
    for (unsigned count = 4096; count <= 4097; count++) {
        build *b = build_start("constants");
        for (unsigned i = 0; i < count; i++) {
            (void)build_constant(b, "1");
        }
        assert_int_equal(load(b, &where), count == 4096 ? PL_OK : PL_REJECT_LIMIT);
        build_free(b);
    }
    build *b = build_start("empty");
    (void)build_function(b, "f", PURE, "", "", "", "");
    assert_int_equal(load(b, &where), PL_REJECT_LIMIT);
    build_free(b);
    char *nops = calloc(32769, 6);
    for (size_t i = 0; i < 32769; i++) {
        memcpy(nops + 6 * i, "JMP 0;", 6);
    }
    nops[32769 * 6 - 1] = '\0';
    for (unsigned count = 32768; count <= 32769; count++) {
        b = build_start("long");
        (void)build_function(b, "f", PURE, "", "", "", nops + (32769 - count) * 6);
        assert_int_equal(load(b, &where), count == 32768 ? PL_OK : PL_REJECT_LIMIT);
        build_free(b);
    }
    free(nops);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_instructions), cmocka_unit_test(test_frames_are_measured_anew),
        cmocka_unit_test(test_shapes),       cmocka_unit_test(test_tables),
        cmocka_unit_test(test_duplicates),   cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
