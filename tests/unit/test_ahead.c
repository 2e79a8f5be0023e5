/* Checks ahead: replay says the same with them and without, takes them only for the very block they
 * are about, and lives without them. An entry is changed here on purpose, which nothing outside can
 * do: where the change shows, entries are used; where it must not show, they are not. */
#include "tests/unit/feed_parts.h"
#include "tools/common/file.h"
#include "tools/plim/ahead.h"
#include "vm/chain/ahead.h"
#include "vm/oracle/signature.h"

enum { BLOCK_MAX = 1 << 14, BODY_HASH_AT = PL_HEADER_SIZE - 96, TIME_AT = 46 };

typedef struct block_bytes {
    uint8_t bytes[BLOCK_MAX];
    size_t size;
} block_bytes;

/* ---- a block with every kind of signature, good and bad ---- */

static void add_signed(tiny_body *body, const pl_chain *chain, uint32_t who, uint64_t nonce,
                       int spoiled)
{
    const signer key = signer_of(who);
    uint8_t tx[256];
    const tiny_call call = {.contract = BANK,
                            .function = TINY_PUT,
                            .k = who,
                            .v = nonce,
                            .has_v = true,
                            .gas = 9000,
                            .nonce = nonce,
                            .key = &key,
                            .world_id = pl_chain_world(chain)->id};
    const size_t size = tiny_tx(tx, &call);
    if (spoiled >= 0) { /* counted from the end: 97 bytes of key, r and s */
        tx[size - 97 + (size_t)spoiled] ^= 1;
    }
    tiny_body_tx(body, tx, size);
}

static void add_spoiled_report(tiny_body *body, const pl_chain *chain, uint64_t round)
{
    uint8_t report[PL_NATIVE_SIZE_MAX];
    static const uint8_t order[] = {0, 2};
    const report_spec spec = {
        pl_chain_world(chain)->id, TINY_ETH, round, 1000, 5, 8, tiny_signers(), order, 2};
    const size_t size = report_make(report, &spec);
    report[size - 1] ^= 1;
    tiny_body_report(body, report, size);
}

static void make_body(tiny_body *body, const pl_chain *chain, uint64_t nonce)
{
    tiny_body_begin(body);
    add_report(body, chain, TINY_ETH, 10 * nonce + 3, 1000, 777);
    add_report(body, chain, TINY_ETH, 10 * nonce + 3, 1000, 778); /* its round is taken */
    add_spoiled_report(body, chain, 10 * nonce + 4);
    add_report(body, chain, TINY_RAW, nonce + 1, 999, 9);
    tiny_body_report(body, (const uint8_t *)"\1\0", 2);
    add_report(body, chain, TINY_ETH, 10 * nonce + 5, 1000, 779);
    tiny_body_transactions(body);
    add_signed(body, chain, 1, nonce, -1);
    add_signed(body, chain, 2, nonce, -1);
    add_signed(body, chain, 3, nonce, 0);  /* the key's parity */
    add_signed(body, chain, 3, nonce, 32); /* the key          */
    add_signed(body, chain, 3, nonce, 40); /* r                */
    add_signed(body, chain, 3, nonce, 96); /* s                */
    add_signed(body, chain, 3, nonce, -1);
    add_signed(body, chain, 1, nonce, -1); /* its nonce is used */
    add_call(body, BANK, TINY_PUT, 1, 1);  /* not signed        */
}

/* The block of a chain at genesis. */
static block_bytes make_block(bool has_auth, uint64_t nonce)
{
    static tiny_body body;
    block_bytes made;
    pl_chain *chain = start(has_auth);
    pl_block_result result;
    make_body(&body, chain, nonce);
    seal(&result, chain, 1000, &body);
    assert_true(result.block_size <= sizeof made.bytes);
    made.size = result.block_size;
    memcpy(made.bytes, result.block, result.block_size);
    pl_chain_free(chain);
    return made;
}

static void mend_body_hash(block_bytes *block)
{
    pl_body_hash(block->bytes + BODY_HASH_AT, block->bytes + PL_HEADER_SIZE,
                 block->size - PL_HEADER_SIZE);
}

/* ---- what a replay says ---- */

typedef struct said {
    pl_block_result result;
    uint8_t receipts[4096];
    pl_head head;
} said;

static said replay_with(const block_bytes *block, bool has_auth, const pl_ahead *ahead,
                        uint32_t bench)
{
    said s;
    pl_chain *chain = start(has_auth);
    const pl_replay_options options = {.bench = bench, .ahead = ahead};
    const pl_status status =
        pl_chain_replay_block(&s.result, chain, block->bytes, block->size, &options);
    assert_int_equal(status, s.result.status);
    assert_true(s.result.receipts_size <= sizeof s.receipts);
    memset(s.receipts, 0, sizeof s.receipts);
    if (s.result.receipts_size > 0) {
        memcpy(s.receipts, s.result.receipts, s.result.receipts_size);
    }
    s.head = head_of(chain);
    pl_chain_free(chain);
    return s;
}

static bool is_same(const said *a, const said *b)
{
    return a->result.status == b->result.status && a->result.where == b->result.where &&
           a->result.index == b->result.index &&
           memcmp(a->receipts, b->receipts, sizeof a->receipts) == 0 &&
           memcmp(a->result.state_root, b->result.state_root, 32) == 0 &&
           memcmp(&a->result.counts, &b->result.counts, sizeof a->result.counts) == 0 &&
           a->head.height == b->head.height &&
           memcmp(a->head.block_hash, b->head.block_hash, 32) == 0;
}

static pl_ahead *ahead_new(void)
{
    pl_ahead *ahead;
    assert_int_equal(pl_ahead_create(&ahead, &counted.memory), PL_OK);
    return ahead;
}

/* What the block says of itself, found by a chain that is not the one that replays. */
static pl_status check_with(pl_ahead *ahead, pl_keys *keys, const block_bytes *block, bool has_auth)
{
    pl_chain *chain = start(has_auth);
    const pl_status status =
        pl_ahead_check(ahead, keys, pl_chain_world(chain), block->bytes, block->size);
    pl_chain_free(chain);
    return status;
}

/* Turns every answer around: signatures that hold do not, and those that do not, do. */
static void turn_around(pl_ahead *ahead)
{
    pl_ahead_report *reports = (pl_ahead_report *)(void *)ahead->reports.bytes;
    uint16_t *transactions = (uint16_t *)(void *)ahead->transactions.bytes;
    for (uint32_t i = 0; i < ahead->report_count; i++) {
        if (reports[i].status != PL_AHEAD_NOTHING) {
            reports[i].status = reports[i].status == PL_OK ? PL_REJECT_SIGNATURE : PL_OK;
        }
    }
    for (uint32_t i = 0; i < ahead->tx_count; i++) {
        transactions[i] = transactions[i] == PL_OK ? PL_REJECT_TX_AUTH : PL_OK;
    }
}

/* ---- the same is said ---- */

static void nothing_is_said_differently(void **state)
{
    (void)state;
    pl_ahead *ahead = ahead_new();
    pl_keys *keys;
    assert_int_equal(pl_keys_create(&keys, &counted.memory), PL_OK);
    for (unsigned i = 0; i < 8; i++) {
        const bool has_auth = i % 2 != 0;
        const block_bytes block = make_block(has_auth, i / 4);
        const said plain = replay_with(&block, has_auth, NULL, 0);
        assert_int_equal(plain.result.status, PL_OK);
        assert_int_equal(plain.result.counts.reports_accepted, 3);
        assert_int_equal(plain.result.counts.tx_ok, !has_auth ? 1 : i / 4 == 0 ? 3 : 0);
        assert_int_equal(check_with(ahead, i % 4 < 2 ? NULL : keys, &block, has_auth), PL_OK);
        const said checked = replay_with(&block, has_auth, ahead, 0);
        assert_true(is_same(&plain, &checked));
        assert_true(ahead->report_count == 6 && ahead->tx_count == 9);
    }
    pl_keys_free(keys);
    pl_ahead_free(ahead);
    assert_int_equal(counted.out, 0);
}

/* Bits of the body one after the other; its hash is made to fit, so that all of it is executed. */
static void no_flipped_bit_is_said_differently(void **state)
{
    (void)state;
    const block_bytes block = make_block(true, 0);
    pl_ahead *ahead = ahead_new();
    unsigned refused = 0, executed = 0;
    for (size_t at = PL_HEADER_SIZE; at < block.size; at += 11) {
        block_bytes flipped = block;
        flipped.bytes[at] ^= (uint8_t)(1u << at % 8);
        mend_body_hash(&flipped);
        const pl_status status = check_with(ahead, NULL, &flipped, true);
        const said plain = replay_with(&flipped, true, NULL, 0);
        const said checked = replay_with(&flipped, true, ahead, 0);
        assert_true(is_same(&plain, &checked));
        assert_int_equal(status == PL_OK, plain.result.where != PL_WHERE_BLOCK &&
                                              plain.result.where != PL_WHERE_TRANSACTION);
        refused += status != PL_OK;
        executed += plain.result.receipts_size > 0;
    }
    assert_true(refused > 0 && executed > 100);
    pl_ahead_free(ahead);
    assert_int_equal(counted.out, 0);
}

/* Genuine reports whose readings are kept, not only their verdicts; three of them are refused. */
static void readings_of_another_format(void **state)
{
    (void)state;
    pt_bytes bytes = {0};
    pt_report report = {""};
    pl_history from;
    pl_chain *chain;
    const uint8_t *block;
    size_t size, readings = 0, reports = 0;
    pl_ahead *ahead = ahead_new();
    assert_int_equal(pt_file_read(&bytes, "fixtures/histories/chainlink-ocr1/history.plh.gz",
                                  PT_FILE_SIZE_MAX, &report),
                     PT_OK);
    assert_int_equal(pl_history_open(&from, bytes.data, bytes.size), PL_OK);
    assert_int_equal(pl_chain_create(&chain, NULL, &counted.memory, from.world, from.world_size),
                     PL_OK);
    for (;;) {
        pl_block_result result;
        const pl_replay_options options = {.ahead = ahead};
        assert_int_equal(pl_history_next(&from, &block, &size), PL_OK);
        if (block == NULL) {
            break;
        }
        assert_int_equal(pl_ahead_check(ahead, NULL, pl_chain_world(chain), block, size), PL_OK);
        readings += ahead->readings.size / sizeof(pl_reading);
        reports += ahead->report_count;
        assert_int_equal(pl_chain_replay_block(&result, chain, block, size, &options), PL_OK);
    }
    assert_true(reports == 46 && readings >= 43);
    pl_ahead_free(ahead);
    pt_bytes_free(&bytes);
    stop(chain);
}

/* One set signs up to second 1004, another one from 1005: the block's time says which. */
static void the_time_of_the_block_chooses_the_signers(void **state)
{
    (void)state;
    enum { CHANGE = 1005 };
    static uint8_t world[TINY_WORLD_SIZE_MAX], members[33 * TINY_SIGNERS];
    static feed_list list;
    static tiny_body body;
    pl_signer_set sets[2] = {tiny_set(2), tiny_set(2)};
    for (unsigned i = 0; i < TINY_SIGNERS; i++) {
        memcpy(members + 33 * i, tiny_signers()[i].public_key, 33);
    }
    sets[0].until_s = sets[1].from_s = CHANGE;
    sets[0].member_count = sets[1].member_count = 2;
    sets[0].members = members;
    sets[1].members = members + 33;
    pl_feed feed = unsigned_feed();
    feed.format = PL_FEED_NATIVE;
    feed.set_count = 2;
    feed.sets = sets;
    feeds_begin(&list);
    feeds_add(&list, &feed);
    const size_t size = feeds_world(world, sizeof world, &list);
    for (uint64_t time_s = CHANGE - 1; time_s <= CHANGE; time_s++) {
        pl_chain *sealing, *chain;
        pl_block_result sealed, result;
        pl_ahead *ahead = ahead_new();
        assert_int_equal(pl_chain_create(&sealing, NULL, &counted.memory, world, size), PL_OK);
        assert_int_equal(pl_chain_create(&chain, NULL, &counted.memory, world, size), PL_OK);
        tiny_body_begin(&body);
        for (unsigned set = 0; set < 2; set++) { /* one round by the old signers, one by the new */
            static const uint8_t order[] = {0, 1};
            uint8_t report[PL_NATIVE_SIZE_MAX];
            const report_spec spec = {pl_chain_world(chain)->id, 0,     1 + set, 1000, 5, 8,
                                      tiny_signers() + set,      order, 2};
            tiny_body_report(&body, report, report_make(report, &spec));
        }
        tiny_body_transactions(&body);
        seal(&sealed, sealing, time_s, &body);
        assert_int_equal(sealed.counts.reports_accepted, 1);
        assert_int_equal(sealed.counts.reports_refused, 1);
        assert_int_equal(
            pl_ahead_check(ahead, NULL, pl_chain_world(chain), sealed.block, sealed.block_size),
            PL_OK);
        const pl_replay_options options = {.ahead = ahead};
        assert_int_equal(
            pl_chain_replay_block(&result, chain, sealed.block, sealed.block_size, &options),
            PL_OK);
        pl_ahead_free(ahead);
        pl_chain_free(sealing);
        stop(chain);
    }
}

/* ---- what binds an answer to its block ---- */

static void answers_about_this_block_are_taken(void **state)
{
    (void)state;
    const block_bytes block = make_block(true, 0);
    pl_ahead *ahead = ahead_new();
    assert_int_equal(check_with(ahead, NULL, &block, true), PL_OK);
    turn_around(ahead);
    const said turned = replay_with(&block, true, ahead, 0);
    assert_int_equal(turned.result.status, PL_REJECT_RECEIPTS_ROOT);
    assert_int_equal(turned.result.counts.tx_ok, 2); /* the first spoiled one, the unsigned one */
    assert_int_equal(turned.result.counts.reports_accepted, 2); /* the spoiled one, and RAW */
    pl_ahead_free(ahead);
    assert_int_equal(counted.out, 0);
}

static void expect_no_use(const block_bytes *block, const pl_ahead *ahead)
{
    const said plain = replay_with(block, true, NULL, 0);
    const said checked = replay_with(block, true, ahead, 0);
    assert_int_equal(plain.result.status, PL_OK);
    assert_true(is_same(&plain, &checked));
}

static void answers_about_another_block_are_not(void **state)
{
    (void)state;
    const block_bytes block = make_block(true, 0), stranger = make_block(true, 1);
    block_bytes later = block;
    pl_ahead *ahead = ahead_new();
    expect_no_use(&block, ahead); /* about no block */
    assert_int_equal(check_with(ahead, NULL, &stranger, true), PL_OK);
    turn_around(ahead);
    expect_no_use(&block, ahead);
    later.bytes[TIME_AT + 7] ^= 1; /* the same body at another time */
    assert_int_equal(check_with(ahead, NULL, &later, true), PL_OK);
    turn_around(ahead);
    expect_no_use(&block, ahead);
    assert_int_equal(check_with(ahead, NULL, &block, true), PL_OK);
    turn_around(ahead);
    assert_null(pl_ahead_of(ahead, ahead->block_hash, ahead->block_hash));
    assert_null(pl_ahead_of(ahead, ahead->body_hash, ahead->body_hash));
    assert_ptr_equal(pl_ahead_of(ahead, ahead->block_hash, ahead->body_hash), ahead);
    assert_null(pl_ahead_of(NULL, ahead->block_hash, ahead->body_hash));
    pl_ahead_free(ahead);
    assert_int_equal(counted.out, 0);
}

/* Each leaves what the check before had found; none of it may count. */
static void nothing_counts_after_a_check_that_failed(void **state)
{
    (void)state;
    const block_bytes block = make_block(true, 0), stranger = make_block(true, 1);
    const block_bytes open_block = make_block(false, 0);
    block_bytes other_body = block;
    pl_ahead *ahead = ahead_new();
    other_body.bytes[PL_HEADER_SIZE + 20] ^= 1; /* in a report */
    const struct {
        const block_bytes *block;
        size_t size;
        pl_status status;
    } rows[] = {{&other_body, block.size, PL_REJECT_BODY_HASH},
                {&open_block, open_block.size, PL_REJECT_WORLD_MISMATCH},
                {&block, block.size - 1, PL_REJECT_TRUNCATED},
                {&block, 10, PL_REJECT_TRUNCATED},
                {&stranger, 0, PL_REJECT_TRUNCATED}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(check_with(ahead, NULL, &block, true), PL_OK);
        turn_around(ahead);
        block_bytes cut = *rows[i].block;
        cut.size = rows[i].size;
        assert_int_equal(check_with(ahead, NULL, &cut, true), rows[i].status);
        turn_around(ahead);
        expect_no_use(&block, ahead);
    }
    pl_ahead_free(ahead);
    assert_int_equal(counted.out, 0);
}

static void memory_may_end_at_any_take(void **state)
{
    (void)state;
    const block_bytes block = make_block(true, 0);
    pl_chain *chain = start(true);
    const pl_world *world = pl_chain_world(chain);
    unsigned refused = 0;
    for (bool done = false; !done; refused++) {
        pl_ahead *ahead = NULL;
        counted.refuse_at = counted.takes + refused;
        pl_status status = pl_ahead_create(&ahead, &counted.memory);
        if (status == PL_OK) {
            status = pl_ahead_check(ahead, NULL, world, block.bytes, block.size);
        } else {
            assert_null(ahead);
        }
        counted.refuse_at = UINT64_MAX;
        done = status == PL_OK;
        assert_true(done || status == PL_FAULT_MEMORY);
        if (ahead != NULL && !done) {
            turn_around(ahead);
            expect_no_use(&block, ahead);
            assert_int_equal(pl_ahead_check(ahead, NULL, world, block.bytes, block.size), PL_OK);
        }
        pl_ahead_free(ahead);
    }
    assert_true(refused >= 3); /* the object, reports, transactions */
    pl_ahead_free(NULL);
    stop(chain);
}

static void without_signatures_nothing_is_taken(void **state)
{
    (void)state;
    const block_bytes block = make_block(true, 0);
    pl_ahead *ahead = ahead_new();
    assert_int_equal(check_with(ahead, NULL, &block, true), PL_OK);
    const said plain = replay_with(&block, true, NULL, PL_BENCH_WITHOUT_SIGNATURES);
    const said checked = replay_with(&block, true, ahead, PL_BENCH_WITHOUT_SIGNATURES);
    assert_int_equal(plain.result.status, PL_REJECT_RECEIPTS_ROOT); /* spoiled ones pass */
    assert_true(is_same(&plain, &checked));
    pl_ahead_free(ahead);
    assert_int_equal(counted.out, 0);
}

/* ---- kept keys ---- */

static void kept_keys_are_the_keys(void **state)
{
    (void)state;
    enum { MANY = 3000 }; /* more than there are places */
    pl_keys *keys;
    counted.refuse_at = counted.takes;
    assert_int_equal(pl_keys_create(&keys, &counted.memory), PL_FAULT_MEMORY);
    assert_null(keys);
    counted.refuse_at = UINT64_MAX;
    assert_int_equal(pl_keys_create(&keys, &counted.memory), PL_OK);
    static const uint8_t zeros[33] = {0}; /* what an empty place holds */
    const pl_public_key *none = NULL;
    assert_int_equal(pl_keys_parse(&none, keys, zeros), PL_REJECT_NON_CANONICAL);
    for (uint32_t i = 0; i < 2 * MANY; i++) {
        const signer one = signer_of(1 + i % MANY);
        pl_public_key want;
        const pl_public_key *got = NULL;
        assert_int_equal(pl_public_key_parse(&want, one.public_key), PL_OK);
        assert_int_equal(pl_keys_parse(&got, keys, one.public_key), PL_OK);
        assert_memory_equal(got->opaque, want.opaque, sizeof want.opaque);
        uint8_t other[33]; /* the same set: only the first byte differs */
        memcpy(other, one.public_key, 33);
        other[0] ^= 1;
        assert_int_equal(pl_public_key_parse(&want, other), PL_OK);
        assert_int_equal(pl_keys_parse(&got, keys, other), PL_OK);
        assert_memory_equal(got->opaque, want.opaque, sizeof want.opaque);
        other[0] = 0;
        assert_int_equal(pl_keys_parse(&got, keys, other), PL_REJECT_NON_CANONICAL);
        assert_int_equal(pl_keys_parse(&got, keys, other), PL_REJECT_NON_CANONICAL);
        other[0] = one.public_key[0] ^ 1; /* still there */
        assert_int_equal(pl_keys_parse(&got, keys, other), PL_OK);
        assert_memory_equal(got->opaque, want.opaque, sizeof want.opaque);
    }
    pl_keys_free(keys);
    pl_keys_free(NULL);
    assert_int_equal(counted.out, 0);
}

/* ---- what is worth a look ahead ---- */

static void expect_worth(bool has_auth, const uint8_t *block, size_t size, bool worth)
{
    pl_chain *chain = start(has_auth);
    assert_int_equal(pl_ahead_is_worth(pl_chain_world(chain), block, size), worth);
    pl_chain_free(chain);
}

static void a_block_without_signatures_is_not_worth_it(void **state)
{
    (void)state;
    uint8_t block[PL_HEADER_SIZE + 9] = {0};
    for (size_t size = 0; size < sizeof block; size++) {
        expect_worth(true, block, size, false);
        expect_worth(false, block, size, false);
    }
    expect_worth(true, block, sizeof block, true); /* something is there: it may be signed */
    expect_worth(false, block, sizeof block, false);
    block[PL_HEADER_SIZE + 3] = 1; /* a report */
    expect_worth(false, block, sizeof block, true);
    expect_worth(false, block, sizeof block - 1, false);
}

/* ---- threads ---- */

enum { BLOCKS = 60 };

typedef struct tape {
    block_bytes blocks[BLOCKS];
    pl_head heads[BLOCKS];
    size_t next, fails_at; /* fails_at: the source fails instead of this block */
} tape;

/* Some blocks have nothing to check: single ones, and more in a row than two threads have slots. */
static bool is_empty(size_t number)
{
    return number % 3 == 1 || (number > 8 && number < 50 && number % 41 != 0);
}

static void make_tape(tape *made)
{
    static tiny_body body;
    uint64_t nonce = 0;
    pl_chain *chain = start(true);
    for (size_t i = 0; i < BLOCKS; i++) {
        pl_block_result result;
        if (is_empty(i)) {
            tiny_body_begin(&body);
            tiny_body_transactions(&body);
        } else {
            make_body(&body, chain, nonce++);
        }
        seal(&result, chain, 1000, &body);
        made->blocks[i].size = result.block_size;
        memcpy(made->blocks[i].bytes, result.block, result.block_size);
        made->heads[i] = head_of(chain);
    }
    stop(chain);
}

static pt_exit next_of_tape(void *context, const uint8_t **block, size_t *size, pt_report *report)
{
    static block_bytes only; /* as a stream does: gone with the next one */
    tape *from = context;
    *block = NULL;
    if (from->next == from->fails_at) {
        return pt_fail(report, PT_INPUT, "block %zu is cut", from->next);
    }
    if (from->next < BLOCKS) {
        only = from->blocks[from->next++];
        *block = only.bytes;
        *size = only.size;
    }
    return PT_OK;
}

/* Replays until the end, a refusal, or `until` blocks; returns how many were handed out. */
static size_t run_tape(tape *from, unsigned threads, uint64_t count, size_t until, pt_exit *exit)
{
    pl_chain *chain = start(true);
    const pt_ahead_source source = {from, next_of_tape, count};
    pt_report report = {"untouched"};
    from->next = 0;
    pt_ahead *ahead = pt_ahead_open(pl_chain_world(chain), &source, threads);
    size_t done = 0;
    for (*exit = PT_OK; done < until; done++) {
        const uint8_t *block;
        size_t size;
        const pl_ahead *checked;
        pl_block_result result;
        *exit = pt_ahead_next(&block, &size, &checked, ahead, &report);
        if (*exit != PT_OK || block == NULL) {
            break;
        }
        assert_true((threads > 1 && !is_empty(done)) == (checked != NULL));
        assert_int_equal(size, from->blocks[done].size);
        assert_memory_equal(block, from->blocks[done].bytes, size);
        const pl_replay_options options = {.ahead = checked};
        if (pl_chain_replay_block(&result, chain, block, size, &options) == PL_OK) {
            const pl_head head = head_of(chain);
            expect_same_head(&head, &from->heads[done]);
        }
    }
    assert_string_equal(report.line, *exit == PT_OK ? "untouched" : "block 40 is cut");
    pt_ahead_close(ahead);
    stop(chain);
    return done;
}

static void threads_change_nothing(void **state)
{
    (void)state;
    static tape t;
    pt_exit exit;
    make_tape(&t);
    static const unsigned threads[] = {0, 1, 2, 3, 7, 40};
    for (size_t i = 0; i < sizeof threads / sizeof threads[0]; i++) {
        t.fails_at = SIZE_MAX;
        assert_int_equal(run_tape(&t, threads[i], UINT64_MAX, SIZE_MAX, &exit), BLOCKS);
        assert_int_equal(exit, PT_OK);
        assert_int_equal(t.next, BLOCKS);
        assert_int_equal(run_tape(&t, threads[i], 37, SIZE_MAX, &exit), 37);
        assert_int_equal(t.next, 37); /* no block is read that is not asked for */
        assert_int_equal(run_tape(&t, threads[i], 0, SIZE_MAX, &exit), 0);
        assert_int_equal(run_tape(&t, threads[i], UINT64_MAX, 5, &exit), 5);
        assert_int_equal(run_tape(&t, threads[i], UINT64_MAX, 0, &exit), 0);
        t.fails_at = 40;
        assert_int_equal(run_tape(&t, threads[i], UINT64_MAX, SIZE_MAX, &exit), 40);
        assert_int_equal(exit, PT_INPUT);
        assert_int_equal(run_tape(&t, threads[i], UINT64_MAX, 40, &exit), 40);
        assert_int_equal(exit, PT_OK); /* the failure was not reached */
    }
    pt_ahead_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_said_differently),
        cmocka_unit_test(no_flipped_bit_is_said_differently),
        cmocka_unit_test(readings_of_another_format),
        cmocka_unit_test(the_time_of_the_block_chooses_the_signers),
        cmocka_unit_test(answers_about_this_block_are_taken),
        cmocka_unit_test(answers_about_another_block_are_not),
        cmocka_unit_test(nothing_counts_after_a_check_that_failed),
        cmocka_unit_test(memory_may_end_at_any_take),
        cmocka_unit_test(without_signatures_nothing_is_taken),
        cmocka_unit_test(kept_keys_are_the_keys),
        cmocka_unit_test(a_block_without_signatures_is_not_worth_it),
        cmocka_unit_test(threads_change_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
