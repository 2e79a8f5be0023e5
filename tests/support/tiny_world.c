#include "tests/support/tiny_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vm/base/bytes.h"
#include "vm/base/sha256.h"
#include "vm/chain/block.h"
#include "vm/machine/code.h"
#include "vm/oracle/signature.h"

/* ---- the container ---- */

typedef struct kind {
    uint8_t class, size;
} kind;

static const kind u8 = {PL_CLASS_UINT, 1}, u64 = {PL_CLASS_UINT, 8}, i64 = {PL_CLASS_INT, 8},
                  u256 = {PL_CLASS_UINT, 32}, account = {PL_CLASS_ACCOUNT, 32},
                  boolean = {PL_CLASS_BOOL, 1};

static void name(pl_writer *w, const char *text)
{
    pl_writer_u8(w, (uint8_t)strlen(text));
    pl_writer_bytes(w, (const uint8_t *)text, strlen(text));
}

static void field(pl_writer *w, const char *text, kind type)
{
    name(w, text);
    pl_writer_u8(w, 0); /* no unit */
    pl_writer_u8(w, type.class);
    pl_writer_u8(w, type.size);
    pl_writer_u16(w, 0); /* scale, extra */
}

static void tables(pl_writer *w)
{
    pl_writer_u8(w, TINY_TABLES);
    name(w, "params");
    pl_writer_u8(w, 1);
    pl_writer_u8(w, 0); /* no key */
    pl_writer_u8(w, 1);
    field(w, "cap", u64);
    pl_writer_u8(w, 3); /* default and range */
    pl_writer_u64(w, 50);
    pl_writer_u64(w, 1);
    pl_writer_u64(w, 100);
    pl_writer_u8(w, 0); /* no index */

    name(w, "rows");
    pl_writer_u8(w, 0);
    pl_writer_u8(w, 1);
    field(w, "k", i64);
    pl_writer_u8(w, 1);
    field(w, "v", u64);
    pl_writer_u8(w, 1); /* default 0 */
    pl_writer_u64(w, 0);
    pl_writer_u8(w, 1);
    name(w, "by_v");
    pl_writer_u8(w, 1);
    pl_writer_u8(w, 0);

    name(w, "flags");
    pl_writer_u8(w, 0);
    pl_writer_u8(w, 1);
    field(w, "which", boolean);
    pl_writer_u8(w, 1);
    field(w, "is_set", boolean);
    pl_writer_u16(w, 0); /* no default, no index */
}

/* Register 0 is k (wide), 1 is v (narrow), 2 and 3 wide, 4 and 5 narrow, in every function. */
#define WIDE_BITS 0x0du
#define REGISTERS 6u

typedef struct function {
    const char *name;
    uint16_t flags;
    uint8_t parameters; /* 0, 1 (k) or 2 (k, v); 3: one narrow, then register 0 is narrow */
    const kind *result;
    uint8_t count;
    pl_instruction code[10];
} function;

#define TX          PL_EFFECT_TX
#define PUBLIC_TX   (PL_EFFECT_TX | PL_FUNCTION_PUBLIC)
#define PUBLIC_VIEW (PL_EFFECT_VIEW | PL_FUNCTION_PUBLIC)
#define I(op, a, b, c, d, e)                                                                       \
    {                                                                                              \
        PL_OP_##op, e, a, b, c, d                                                                  \
    }
#define WRITE I(PUT, 1, TINY_ROWS, 0, 0, 0) /* rows[k] = v */
#define TELL  I(CALLER, 2, 0, 0, 0, 0), I(EMIT, 0, 1, 0, 0, 0)

static const function functions[TINY_FUNCTIONS] = {
    {"put", PUBLIC_TX, 2, &u64, 4, {WRITE, TELL, I(RET, 1, 0, 0, 0, 0)}},
    {"fail", PUBLIC_TX, 2, NULL, 3, {WRITE, I(LDN, 4, 0, 0, 7, 0), I(REVERT, 0, 4, 0, 0, 0)}},
    {"spin", PUBLIC_TX, 2, NULL, 2, {WRITE, I(JMP, 1, 0, 0, 0, 0)}},
    {"divide", PUBLIC_TX, 2, NULL, 3, {WRITE, I(DIV, 2, 0, 3, 0, 0), I(RET, 0, 0, 0, 0, 0)}},
    {"get", PUBLIC_VIEW, 1, &u64, 2, {I(GETF, 1, TINY_ROWS, 0, 0, 0), I(RET, 1, 0, 0, 0, 0)}},
    {"tick",
     TX | PL_FUNCTION_ON_BLOCK,
     0,
     NULL,
     10,
     {I(LDK, 0, 0, 0, 0, 0), I(GETF, 1, TINY_ROWS, 0, 0, 0), I(NADDI, 1, 1, 1, 0, 0), WRITE, TELL,
      I(LDN, 4, 0, 0, 3, 0), I(NNE, 5, 1, 4, 0, 0), I(REQUIRE, 5, 0, 4, 0, 0),
      I(RET, 0, 0, 0, 0, 0)}},
    {"holds",
     PL_EFFECT_VIEW | PL_FUNCTION_INVARIANT,
     0,
     &boolean,
     4,
     {I(LDK, 0, 1, 0, 0, 0), I(GETF, 1, TINY_ROWS, 0, 0, 0), I(NNOT, 4, 1, 0, 0, 0),
      I(RET, 4, 0, 0, 0, 0)}},
    {"price", PUBLIC_VIEW, 3, &u256, 2, {I(PRICE, 2, 0, 0, 0, 8), I(RET, 2, 0, 0, 0, 0)}},
    {"hidden", TX, 0, NULL, 1, {I(RET, 0, 0, 0, 0, 0)}},
    {"del", PUBLIC_TX, 1, &boolean, 2, {I(DEL, 4, TINY_ROWS, 0, 0, 0), I(RET, 4, 0, 0, 0, 0)}},
    {"who", PUBLIC_VIEW, 0, &account, 2, {I(CALLER, 2, 0, 0, 0, 0), I(RET, 2, 0, 0, 0, 0)}},
    {"height", PUBLIC_VIEW, 0, &u64, 2, {I(HEIGHT, 4, 0, 0, 0, 0), I(RET, 4, 0, 0, 0, 0)}},
    {"clock", PUBLIC_VIEW, 0, &u64, 2, {I(TIME, 4, 0, 0, 0, 0), I(RET, 4, 0, 0, 0, 0)}},
};

static void write_function(pl_writer *w, const function *f)
{
    const bool is_narrow = f->parameters == 3;
    name(w, f->name);
    pl_writer_u16(w, f->flags);
    pl_writer_u8(w, is_narrow ? 1 : f->parameters);
    if (f->parameters > 0) {
        field(w, is_narrow ? "feed" : "k", is_narrow ? u64 : i64);
    }
    if (f->parameters == 2) {
        field(w, "v", u64);
    }
    pl_writer_u8(w, f->result != NULL);
    if (f->result != NULL) {
        field(w, "r", *f->result);
    }
    pl_writer_u16(w, REGISTERS);
    pl_writer_u8(w, is_narrow ? WIDE_BITS & ~1u : WIDE_BITS);
    pl_writer_u16(w, f->count);
    for (unsigned i = 0; i < f->count; i++) {
        pl_writer_u8(w, f->code[i].op);
        pl_writer_u8(w, f->code[i].e);
        pl_writer_u16(w, f->code[i].a);
        pl_writer_u16(w, f->code[i].b);
        pl_writer_u16(w, f->code[i].c);
        pl_writer_u16(w, f->code[i].d);
    }
}

static void write_body(pl_writer *w)
{
    uint8_t constant[32];
    name(w, "tiny");
    pl_writer_u16(w, 2);
    memset(constant, 0xff, sizeof constant);
    pl_writer_bytes(w, constant, 32); /* -1 */
    memset(constant, 0, sizeof constant);
    constant[31] = 99;
    pl_writer_bytes(w, constant, 32);
    pl_writer_u8(w, 0); /* enums */
    tables(w);
    pl_writer_u16(w, 1);
    name(w, "Bad");
    pl_writer_u8(w, 1);
    field(w, "why", u8);
    pl_writer_u16(w, 1);
    name(w, "Put");
    pl_writer_u8(w, 2);
    field(w, "v", u64);
    field(w, "who", account);
    pl_writer_u16(w, 0); /* imports */
    pl_writer_u16(w, TINY_FUNCTIONS);
    for (unsigned i = 0; i < TINY_FUNCTIONS; i++) {
        write_function(w, &functions[i]);
    }
}

static size_t finish(const pl_writer *w)
{
    if (pl_writer_end(w) != PL_OK) {
        fprintf(stderr, "tiny_world: the buffer is too small\n");
        abort();
    }
    return w->size;
}

size_t tiny_container(uint8_t *bytes, size_t capacity)
{
    pl_writer measure = pl_writer_of(NULL, 0);
    write_body(&measure);
    pl_writer w = pl_writer_of(bytes, capacity);
    pl_writer_bytes(&w, (const uint8_t *)"PLIM", 4);
    pl_writer_u16(&w, 1);
    pl_writer_u16(&w, 1);
    pl_writer_u32(&w, (uint32_t)measure.size);
    write_body(&w);
    pl_writer_u32(&w, 0);
    return finish(&w);
}

/* ---- the world ---- */

const signer *tiny_signers(void)
{
    static signer list[TINY_SIGNERS];
    static bool is_made = false;
    if (!is_made) {
        signers_sorted(list, TINY_SIGNERS);
        is_made = true;
    }
    return list;
}

static void write_contract(pl_writer *w, const char *contract)
{
    uint8_t container[TINY_WORLD_SIZE_MAX], hash[32];
    const size_t size = tiny_container(container, sizeof container);
    pl_sha256 sha;
    pl_sha256_begin_tagged(&sha, &pl_tag_code);
    pl_sha256_add(&sha, container + 4, 4);
    pl_sha256_add(&sha, container + 12, size - 12 - 4);
    pl_sha256_end(&sha, hash);
    name(w, contract);
    pl_writer_bytes(w, hash, 32);
    pl_writer_u32(w, (uint32_t)size);
    pl_writer_bytes(w, container, size);
}

static void write_feed(pl_writer *w, const char *feed, bool is_signed)
{
    uint8_t bound[32] = {0};
    name(w, feed);
    pl_writer_u8(w, is_signed);
    pl_writer_u8(w, 8);
    pl_writer_u64(w, 60);
    pl_writer_u64(w, 5);
    pl_writer_bytes(w, bound, 32);
    pl_store_u64(bound + 24, 1000000);
    pl_writer_bytes(w, bound, 32);
    pl_writer_u8(w, is_signed ? 2 : 0);
    pl_writer_u8(w, is_signed ? TINY_SIGNERS : 0);
    for (unsigned i = 0; is_signed && i < TINY_SIGNERS; i++) {
        pl_writer_bytes(w, tiny_signers()[i].public_key, 33);
    }
    pl_writer_u16(w, 4);
    pl_writer_bytes(w, (const uint8_t *)"note", 4);
}

static void write_row(pl_writer *w, uint32_t contract, int64_t k, uint64_t v)
{
    pl_writer_u32(w, contract);
    pl_writer_u16(w, TINY_ROWS);
    pl_writer_u64(w, (uint64_t)k);
    pl_writer_u64(w, v);
}

static void write_params(pl_writer *w, uint32_t contract)
{
    pl_writer_u32(w, contract);
    pl_writer_u16(w, TINY_PARAMS);
    pl_writer_u64(w, 50);
}

size_t tiny_world_of(uint8_t *bytes, size_t capacity, bool has_auth, const tiny_feeds *feeds)
{
    uint8_t owner[32] = {'@', 'b', 'a', 'n', 'k'};
    pl_writer w = pl_writer_of(bytes, capacity);
    pl_writer_bytes(&w, (const uint8_t *)"PLWD", 4);
    pl_writer_u16(&w, feeds->world_format);
    pl_writer_u16(&w, 1);
    name(&w, "tiny.world");
    pl_writer_u8(&w, has_auth);
    pl_writer_u64(&w, 42);
    pl_writer_u64(&w, TINY_TIME);
    pl_writer_u64(&w, TINY_TX_GAS);
    pl_writer_u64(&w, TINY_HOOK_GAS);
    pl_writer_u16(&w, 2);
    write_contract(&w, "bank");
    write_contract(&w, "twin");
    pl_writer_u16(&w, feeds->count);
    pl_writer_bytes(&w, feeds->bytes, feeds->size);
    pl_writer_u32(&w, 1);
    pl_writer_u16(&w, 8);
    pl_writer_bytes(&w, (const uint8_t *)"the bank", 8);
    pl_writer_u8(&w, 0);
    pl_writer_bytes(&w, owner, 32);
    pl_writer_u32(&w, 5);
    write_params(&w, 1);
    write_row(&w, 1, 5, 50);
    write_row(&w, 1, -2, 20); /* byte order: a negative key's bytes are above */
    pl_writer_u32(&w, 1);
    pl_writer_u16(&w, TINY_FLAGS);
    pl_writer_u16(&w, 0x0101); /* flags[true] = true */
    write_params(&w, 2);
    return finish(&w);
}

size_t tiny_world(uint8_t *bytes, size_t capacity, bool has_auth)
{
    uint8_t feeds[1024];
    pl_writer w = pl_writer_of(feeds, sizeof feeds);
    write_feed(&w, "ETH", true);
    write_feed(&w, "RAW", false);
    const tiny_feeds two = {1, TINY_FEEDS, feeds, finish(&w)};
    return tiny_world_of(bytes, capacity, has_auth, &two);
}

/* ---- bodies ---- */

static void append(tiny_body *body, const uint8_t *bytes, size_t size)
{
    pl_writer w = pl_writer_of(body->bytes, sizeof body->bytes);
    w.size = body->size;
    pl_writer_u32(&w, (uint32_t)size);
    pl_writer_bytes(&w, bytes, size);
    body->size = finish(&w);
    pl_store_u32(body->bytes + body->count_at, pl_load_u32(body->bytes + body->count_at) + 1);
}

void tiny_body_begin(tiny_body *body)
{
    pl_store_u32(body->bytes, 0);
    body->count_at = 0;
    body->size = 4;
}

void tiny_body_report(tiny_body *body, const uint8_t *report, size_t size)
{
    append(body, report, size);
}

void tiny_body_transactions(tiny_body *body)
{
    body->count_at = body->size;
    pl_store_u32(body->bytes + body->size, 0);
    body->size += 4;
}

void tiny_body_tx(tiny_body *body, const uint8_t *tx, size_t size)
{
    append(body, tx, size);
}

size_t tiny_tx(uint8_t *bytes, const tiny_call *call)
{
    uint8_t arguments[16];
    pl_store_u64(arguments, (uint64_t)call->k);
    pl_store_u64(arguments + 8, call->v);
    pl_tx tx = {.contract = call->contract,
                .function = call->function,
                .nonce = call->nonce,
                .gas_limit = call->gas,
                .arguments = arguments,
                .arguments_size = call->has_v ? 16 : 8,
                .is_signed = call->key != NULL};
    memcpy(tx.caller, call->caller, 32);
    if (call->key != NULL) {
        uint8_t digest[32];
        memcpy(tx.public_key, call->key->public_key, 33);
        pl_account_of_key(tx.caller, tx.public_key);
        pl_tx_encode(bytes, &tx);
        pl_tx_digest(digest, call->world_id, bytes, pl_tx_unsigned_size(&tx));
        signer_sign(tx.signature, call->key, digest);
    }
    pl_tx_encode(bytes, &tx);
    return pl_tx_size(&tx);
}
