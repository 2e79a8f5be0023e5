/* certificate: made and verified, the same blob again, and the chain is as it was. spec 10 */
#include <stdio.h>

#include "tests/unit/certificate_parts.h"

static trail way;

static int begin(void **state)
{
    set_up(state);
    make_trail(&way);
    return 0;
}

static int end(void **state)
{
    (void)state;
    free_trail(&way);
    return 0;
}

/* Some questions at every kind of moment. */
static question k7, k15, eth;
static pl_certified_view asked[7];

static void ask_seven(pl_certify *request)
{
    k7 = word(7);
    k15 = word((uint64_t)-15);
    eth = word(TINY_ETH);
    asked[0] = view_of(PL_MOMENT_BASE, TINY_GET, &k7);
    asked[1] = view_of(PL_MOMENT_BASE, TINY_HEIGHT, NULL);
    asked[2] = view_of(1, TINY_GET, &k15);
    asked[3] = view_of(2, TINY_GET, &k15);
    asked[4] = view_of(8, TINY_CLOCK, NULL);
    asked[5] = view_of(PL_MOMENT_END, TINY_PRICE, &eth);
    asked[6] = view_of(PL_MOMENT_END, TINY_HEIGHT, NULL);
    request->views = asked;
    request->view_count = 7;
}

/* It holds; so it does in an arena of just the bytes it needs, and one less are not enough. */
static void expect_holds(pl_verdict *verdict, const blob *certificate)
{
    static uint8_t room[8u << 20];
    pl_arena arena;
    pl_verifier *verifier;
    assert_string_equal(verdict_of(certificate), "done OK");
    pl_arena_begin(&arena, room, sizeof room);
    pl_memory memory = pl_arena_memory(&arena, 0);
    assert_int_equal(
        pl_verify(verdict, &verifier, &memory, certificate->data, certificate->size, NULL), PL_OK);
    pl_verifier_free(verifier);
    const size_t needed = arena.highest;
    pl_verdict unwanted;
    pl_arena_begin(&arena, room, needed - 1);
    memory = pl_arena_memory(&arena, 0);
    assert_int_equal(
        pl_verify(&unwanted, &verifier, &memory, certificate->data, certificate->size, NULL),
        PL_FAULT_MEMORY);
    pl_verifier_free(verifier);
}

static void every_block_is_certified(void **state)
{
    (void)state;
    for (uint64_t height = 1; height <= BLOCKS; height++) {
        pl_verdict verdict;
        pl_block_result result;
        pl_chain *chain = stand(&way, height - 1);
        pl_certify request = request_of(&way, height);
        ask_seven(&request);
        const blob certificate = certify(chain, &request, NULL);
        const blob again = certify(chain, &request, NULL);
        assert_int_equal(certificate.size, again.size);
        assert_memory_equal(certificate.data, again.data, again.size);
        const pl_head before = head_of(chain);
        expect_holds(&verdict, &certificate);
        assert_int_equal(pl_chain_replay_block(&result, chain, way.blocks[height - 1],
                                               way.sizes[height - 1], NULL),
                         PL_OK);
        const pl_head after = head_of(chain);
        assert_memory_equal(verdict.world_id, pl_chain_world(chain)->id, 32);
        assert_memory_equal(verdict.block_hash, after.block_hash, 32);
        assert_memory_equal(verdict.pre_root, before.state_root, 32);
        assert_memory_equal(verdict.post_root, after.state_root, 32);
        assert_int_equal(verdict.row_count, before.row_count);
        assert_int_equal(verdict.signatures, height % 2);
        assert_int_equal(verdict.block.counts.tx_ok, 3);
        free(certificate.data);
        free(again.data);
        stop(chain);
    }
}

static void every_state_is_certified(void **state)
{
    (void)state;
    for (uint64_t height = 0; height <= BLOCKS; height++) {
        pl_verdict verdict;
        pl_chain *chain = stand(&way, height);
        pl_certify request = state_request_of(&way, height);
        const blob bare = certify(chain, &request, NULL);
        expect_holds(&verdict, &bare);
        assert_int_equal(verdict.rows_told, 0);
        const pl_head head = head_of(chain);
        assert_memory_equal(verdict.block_hash, head.block_hash, 32);
        assert_memory_equal(verdict.post_root, head.state_root, 32);
        const question key = word(7);
        pl_certified_view views[2] = {view_of(PL_MOMENT_END, TINY_GET, &key),
                                      view_of(PL_MOMENT_END, TINY_CLOCK, NULL)};
        views[0].contract = TWIN;
        views[0].moment = PL_MOMENT_END;
        const pl_certified_view sorted[2] = {views[1], views[0]}; /* by contract */
        request.views = sorted;
        request.view_count = 2;
        const blob certificate = certify(chain, &request, NULL);
        expect_holds(&verdict, &certificate);
        pl_certified_view view;
        size_t offset = 0;
        pl_certificate of;
        size_t where;
        assert_int_equal(pl_certificate_decode(&of, &where, certificate.data, certificate.size),
                         PL_OK);
        assert_true(pl_certificate_view_next(&view, &offset, &of));
        assert_int_equal(pl_load_u64(view.result), head.time_s);
        assert_true(pl_certificate_view_next(&view, &offset, &of));
        assert_int_equal(pl_load_u64(view.result), height == 0 ? 0 : 69 + height);
        assert_false(pl_certificate_view_next(&view, &offset, &of));
        free(bare.data);
        free(certificate.data);
        stop(chain);
    }
}

static void a_path_as_long_as_you_like(void **state)
{
    (void)state;
    pl_chain *chain = stand(&way, 2);
    pl_certify request = request_of(&way, 3);
    request.headers = way.headers;
    request.header_count = BLOCKS;
    const blob certificate = certify(chain, &request, NULL);
    pl_verdict verdict;
    expect_holds(&verdict, &certificate);
    for (uint64_t height = 1; height <= BLOCKS; height++) {
        pl_certificate of;
        size_t where;
        pl_header header;
        uint8_t bytes[PL_HEADER_SIZE];
        assert_int_equal(pl_certificate_decode(&of, &where, certificate.data, certificate.size),
                         PL_OK);
        pl_certificate_header(&header, &of, height);
        pl_header_encode(bytes, &header);
        assert_memory_equal(bytes, way.headers + (height - 1) * PL_HEADER_SIZE, sizeof bytes);
    }
    free(certificate.data);
    stop(chain);
}

/* What cannot be certified leaves the chain as it was, and the next block fits. */
static void refusals_leave_no_trace(void **state)
{
    (void)state;
    pl_certified made;
    pl_block_result result;
    pl_chain *chain = stand(&way, 2);
    const pl_head before = head_of(chain);
#define REFUSED(status, change)                                                                    \
    do {                                                                                           \
        pl_certify request = request_of(&way, 3);                                                  \
        ask_seven(&request);                                                                       \
        change;                                                                                    \
        assert_string_equal(pl_status_name(pl_chain_certify(&made, chain, &request)), status);     \
        const pl_head after = head_of(chain);                                                      \
        expect_same_head(&before, &after);                                                         \
        assert_null(made.bytes);                                                                   \
    } while (0)
    uint8_t *copy = copy_of(way.blocks[2], way.sizes[2]);
    copy[PL_HEADER_SIZE - 1] ^= 1;
    REFUSED("RECEIPTS_ROOT", request.block = copy);
    copy[PL_HEADER_SIZE - 1] ^= 1;
    copy[PL_HEADER_SIZE - 40] ^= 1;
    REFUSED("STATE_ROOT", request.block = copy);
    REFUSED("TRUNCATED", request.block_size--);
    REFUSED("TYPE", request.kind = 3);
    REFUSED("TYPE", request.block_size = PL_HEADER_SIZE - 1);
    REFUSED("HEIGHT", (request.block = way.blocks[3], request.block_size = way.sizes[3]));
    REFUSED("RANGE", asked[4].moment = 9); /* 4 transactions */
    REFUSED("RANGE", asked[0].contract = 0);
    REFUSED("RANGE", asked[2].function = TINY_HIDDEN);
    REFUSED("RANGE", asked[6].arguments_size = 4);
    REFUSED("ORDER", asked[3] = asked[2]);
    uint8_t path[2 * PL_HEADER_SIZE]; /* of blocks 2 and 3 */
    memcpy(path, way.headers + PL_HEADER_SIZE, sizeof path);
    path[PL_HEADER_SIZE - 1] ^= 1;
    REFUSED("PARENT", request.headers = path);
    memcpy(path, way.headers, PL_HEADER_SIZE);
    REFUSED("HEIGHT", request.headers = path);
    free(copy);
    assert_int_equal(pl_chain_replay_block(&result, chain, way.blocks[2], way.sizes[2], NULL),
                     PL_OK);
    stop(chain);
}

/* Evidence that is not that of the price is left away and counted; what nobody reads, too. */
static void evidence_is_chosen(void **state)
{
    (void)state;
    pl_block block;
    uint32_t where, size;
    const uint8_t *report;
    pl_chain *chain = stand(&way, 3);
    pl_certify request = request_of(&way, 4);
    pl_certified facts;
    pl_certificate of;
    size_t offset;
    assert_int_equal(pl_block_decode(&block, &where, way.blocks[2], way.sizes[2]), PL_OK);
    assert_true(pl_items_next(&block.reports, &report, &size));
    uint8_t *bad = copy_of(report, size);
    bad[size - 1] ^= 1;
    pl_evidence evidence[2] = {{TINY_ETH, report, size}, {TINY_RAW, report, size}};
    request.evidence = evidence;
    request.evidence_count = 2;
    for (unsigned i = 0; i < 3; i++) { /* not asked for; asked for; and broken */
        if (i == 1) {
            ask_seven(&request);
        }
        evidence[0].report = i == 2 ? bad : report;
        const blob certificate = certify(chain, &request, &facts);
        assert_string_equal(verdict_of(&certificate), "done OK");
        assert_int_equal(pl_certificate_decode(&of, &offset, certificate.data, certificate.size),
                         PL_OK);
        assert_int_equal(of.evidence_count, i == 1);
        assert_int_equal(facts.evidence_dropped, i == 2);
        assert_false(facts.has_seek);
        free(certificate.data);
    }
    free(bad);
    stop(chain);
}

/* What a verifier tells beside the verdict: the chain at the end, and the prices that are told. */
static void what_a_verifier_tells(void **state)
{
    (void)state;
    pl_chain *chain = stand(&way, 2);
    pl_certify request = request_of(&way, 3); /* a block with a price */
    ask_seven(&request);
    const blob certificate = certify(chain, &request, NULL);
    pl_chain_free(chain);
    pl_verdict verdict;
    pl_verifier *verifier;
    pl_price price;
    counted_memory own;
    counted_memory_init(&own);
    assert_int_equal(
        pl_verify(&verdict, &verifier, &own.memory, certificate.data, certificate.size, NULL),
        PL_OK);
    const pl_head head = head_of(pl_verifier_chain(verifier));
    assert_int_equal(head.height, 3);
    assert_true(pl_verifier_price(&price, verifier, TINY_ETH));
    assert_int_equal(price.time_s, 1002);
    assert_int_equal(pl_u256_low64(&price.price), 102);
    assert_false(pl_verifier_price(&price, verifier, TINY_ETH + 1));
    pl_verifier_free(verifier);
    assert_int_equal(own.out, 0);
    free(certificate.data);
}

/* Memory refused at every take in turn. */
static void without_memory(void **state)
{
    (void)state;
    pl_chain *chain = stand(&way, 3);
    pl_certify request = request_of(&way, 4);
    ask_seven(&request);
    const blob certificate = certify(chain, &request, NULL);
    pl_chain_free(chain);
    pl_status status = PL_FAULT_MEMORY;
    for (uint64_t i = 0; status != PL_OK; i++) {
        pl_certified made;
        chain = stand(&way, 3);
        counted.refuse_at = counted.takes + i;
        status = pl_chain_certify(&made, chain, &request);
        assert_true(status == PL_OK || status == PL_FAULT_MEMORY);
        assert_int_equal(status == PL_OK, i >= 10 && made.bytes != NULL);
        pl_certified_free(&made, chain);
        counted.refuse_at = UINT64_MAX;
        stop(chain);
    }
    status = PL_FAULT_MEMORY;
    for (uint64_t i = 0; status != PL_OK; i++) {
        pl_verdict verdict;
        pl_verifier *verifier;
        counted_memory own;
        counted_memory_init(&own);
        own.refuse_at = i / 2;
        own.refuse_one = i % 2 == 1;
        status =
            pl_verify(&verdict, &verifier, &own.memory, certificate.data, certificate.size, NULL);
        assert_true(status == PL_OK || status == PL_FAULT_MEMORY);
        pl_verifier_free(verifier);
        assert_int_equal(own.out, 0);
    }
    free(certificate.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_block_is_certified, begin, end),
        cmocka_unit_test_setup_teardown(every_state_is_certified, begin, end),
        cmocka_unit_test_setup_teardown(a_path_as_long_as_you_like, begin, end),
        cmocka_unit_test_setup_teardown(refusals_leave_no_trace, begin, end),
        cmocka_unit_test_setup_teardown(evidence_is_chosen, begin, end),
        cmocka_unit_test_setup_teardown(what_a_verifier_tells, begin, end),
        cmocka_unit_test_setup_teardown(without_memory, begin, end),
    };
    return cmocka_run_group_tests_name("certificate", tests, NULL, NULL);
}
