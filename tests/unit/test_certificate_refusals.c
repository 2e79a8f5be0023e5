/* certificate: what somebody would try first, one named row each, with the reason of its refusal:
 * as it comes, and sealed again by whoever changed it. spec 10 */
#include <stdio.h>

#include "tests/unit/certificate_change.h"

static trail way;
static pl_chain *at_three, *at_four; /* chains that stand after these heights */
static blob fourth,
    fifth; /* of block 4, with evidence of block 3's price; of block 5, which tells a price */

static pl_evidence report_of(uint64_t height)
{
    pl_block block;
    uint32_t where;
    pl_evidence found = {.feed = TINY_ETH};
    assert_int_equal(pl_block_decode(&block, &where, way.blocks[height - 1], way.sizes[height - 1]),
                     PL_OK);
    assert_true(pl_items_next(&block.reports, &found.report, &found.report_size));
    return found;
}

static int begin(void **unused)
{
    set_up(unused);
    make_trail(&way);
    at_three = stand(&way, 3);
    at_four = stand(&way, 4);
    const question eth = word(TINY_ETH), k7 = word(7);
    const pl_certified_view views[] = {view_of(1, TINY_GET, &k7),
                                       view_of(PL_MOMENT_END, TINY_PRICE, &eth)};
    const pl_evidence evidence = report_of(3);
    pl_certify request = request_of(&way, 4);
    request.views = views;
    request.view_count = 2;
    request.evidence = &evidence;
    request.evidence_count = 1;
    fourth = certify(at_three, &request, NULL);
    request = request_of(&way, 5);
    fifth = certify(at_four, &request, NULL);
    take(&fourth);
    assert_int_equal(w.evidence_count, 1);
    return 0;
}

static int end(void **unused)
{
    (void)unused;
    free(fourth.data);
    free(fifth.data);
    pl_chain_free(at_three);
    stop(at_four);
    free_trail(&way);
    return 0;
}

/* ---- any byte ---- */

static void expect_bytes(const pt_bytes *bytes, const char *text)
{
    const blob certificate = {bytes->data, bytes->size};
    assert_string_equal(verdict_of(&certificate), text);
}

/* The bytes before `at`, some others, and what is left from `from` on. */
static void expect_edited(size_t at, const char *others, size_t size, size_t from, const char *text)
{
    pt_bytes edited = {0};
    pt_put(&edited, fourth.data, at);
    pt_put(&edited, others, size);
    pt_put(&edited, fourth.data + from, fourth.size - from);
    expect_bytes(&edited, text);
    pt_bytes_free(&edited);
}

static void any_byte_dropped_or_added(void **unused)
{
    (void)unused;
    for (size_t at = 6; at < fourth.size; at += 3) {
        expect_edited(at, "", 0, at + 1, "shape CHECK");
        expect_edited(at, "\x2a", 1, at, "shape CHECK");
    }
}

static void any_bytes_reordered(void **unused)
{
    (void)unused;
    for (size_t at = 6; at + 1 < fourth.size; at++) {
        const char swapped[2] = {(char)fourth.data[at + 1], (char)fourth.data[at]};
        if (swapped[0] != swapped[1]) {
            expect_edited(at, swapped, 2, at + 2, "shape CHECK");
        }
    }
}

/* Sealed again, no byte of the state before or of the block can be another one. */
static void any_byte_of_witness_or_body_sealed(void **unused)
{
    (void)unused;
    take(&fourth);
    const size_t witness_size = w.witness.size, body_size = w.body.size;
    for (size_t at = 0; at < witness_size + body_size; at++) {
        pt_bytes joined = {0};
        pl_verdict verdict;
        take(&fourth);
        piece *of = at < witness_size ? &w.witness : &w.body;
        edit(of)[at < witness_size ? at : at - witness_size] ^= (uint8_t)(1u << at % 8);
        pieces_join(&joined, &w);
        assert_true(pl_is_reject(verify_with(&verdict, joined.data, joined.size, NULL)));
        assert_int_equal(verdict.step, at < witness_size ? PL_VERIFY_WITNESS : PL_VERIFY_BLOCK);
        pt_bytes_free(&joined);
    }
}

/* ---- proofs ---- */

static nodes list;

/* The first node of this kind. */
static uint32_t node_of(uint8_t kind)
{
    take(&fourth);
    assert_true(nodes_of(&list, at_three, w.witness));
    uint32_t i = 0;
    while (i < list.count && list.list[i].kind != kind) {
        i++;
    }
    assert_true(i < list.count);
    return i;
}

static void expect_node(uint32_t i, const uint8_t *bytes, size_t size, const char *text)
{
    pt_bytes witness = {0};
    node_replace(&witness, &list, w.witness, i, bytes, size);
    w.witness = (piece){witness.data, witness.size};
    expect(text);
    pt_bytes_free(&witness);
    nodes_free(&list);
}

/* An empty sibling has one form, and it is not a hash of zeros; nor are two empty ones a node. */
static void a_sibling_that_canonical_form_omits(void **unused)
{
    (void)unused;
    static const uint8_t zeros[33] = {1}, two_empty[] = {4, 0, 0};
    expect_node(node_of(1), zeros, sizeof zeros, "witness PROOF_SHAPE");
    expect_node(node_of(1), two_empty, sizeof two_empty, "witness PROOF_SHAPE");
    const uint32_t row = node_of(3); /* a row one step deeper, beside an empty place */
    const piece told = {w.witness.bytes + list.list[row].at,
                        list.list[row + 1].at - list.list[row].at};
    for (unsigned side = 0; side < 2; side++) {
        pt_bytes deeper = {0};
        assert_int_equal(node_of(3), row);
        pt_put_u8(&deeper, 4);
        if (side == 1) {
            pt_put_u8(&deeper, 0);
        }
        pt_put(&deeper, told.bytes, told.size);
        if (side == 0) {
            pt_put_u8(&deeper, 0);
        }
        expect_node(row, deeper.data, deeper.size, "witness PROOF_SHAPE");
        pt_bytes_free(&deeper);
    }
}

static void a_proof_for_another_key(void **unused)
{
    (void)unused;
    const uint32_t row = node_of(3);
    const size_t at = list.list[row].at, size = list.list[row + 1].at - at;
    uint8_t other[PL_KEY_SIZE_MAX + PL_ROW_SIZE_MAX + 7];
    for (unsigned bit = 0; bit < 8;
         bit++) { /* its path leads to another place, or its hash differs */
        pl_verdict verdict;
        pt_bytes witness = {0}, joined = {0};
        assert_int_equal(node_of(3), row);
        memcpy(other, w.witness.bytes + at, size);
        other[7] ^= (uint8_t)(1u << bit);
        node_replace(&witness, &list, w.witness, row, other, size);
        w.witness = (piece){witness.data, witness.size};
        pieces_join(&joined, &w);
        const pl_status status = verify_with(&verdict, joined.data, joined.size, NULL);
        assert_true(status == PL_REJECT_PROOF_SHAPE || status == PL_REJECT_PROOF_ROOT);
        assert_int_equal(verdict.step, PL_VERIFY_WITNESS);
        pt_bytes_free(&witness);
        pt_bytes_free(&joined);
        nodes_free(&list);
    }
}

/* ---- reports ---- */

/* Puts a report of ETH, signed as the world wants it, in place of the evidence. */
static void put_evidence(const uint8_t *world_id, uint32_t feed, uint64_t round, uint64_t time_s,
                         int64_t price)
{
    static uint8_t entry[8 + PL_NATIVE_SIZE_MAX];
    static const uint8_t order[] = {0, 2};
    const report_spec spec = {world_id, feed, round, time_s, price, 8, tiny_signers(), order, 2};
    const size_t size = report_make(entry + 8, &spec);
    pl_store_u32(entry, TINY_ETH);
    pl_store_u32(entry + 4, (uint32_t)size);
    w.evidence[0] = (piece){entry, 8 + size};
}

/* What block 3 took: round 3, time 1002, price 102; as a report made here, it is the same one. */
static void evidence_of_another_world_feed_or_round(void **unused)
{
    (void)unused;
    const uint8_t *world_id = pl_chain_world(at_three)->id;
    uint8_t another[32];
    memcpy(another, world_id, 32);
    another[31] ^= 1;
    EXPECT_OF(&fourth, "done OK", put_evidence(world_id, TINY_ETH, 3, 1002, 102));
    EXPECT_OF(&fourth, "evidence EVIDENCE", put_evidence(another, TINY_ETH, 3, 1002, 102));
    EXPECT_OF(&fourth, "evidence EVIDENCE", put_evidence(world_id, TINY_RAW, 3, 1002, 102));
    EXPECT_OF(&fourth, "evidence EVIDENCE", put_evidence(world_id, TINY_ETH, 2, 1002, 102));
    EXPECT_OF(&fourth, "evidence EVIDENCE", put_evidence(world_id, TINY_ETH, 3, 1001, 102));
    EXPECT_OF(&fourth, "evidence EVIDENCE", put_evidence(world_id, TINY_ETH, 3, 1002, 103));
}

static void stale_evidence(void **unused)
{
    (void)unused;
    EXPECT_OF(&fourth, "evidence EVIDENCE",
              { /* genuine, but of block 1: a later one stands there */
                const pl_evidence old = report_of(1);
                uint8_t *entry = edit(&w.evidence[0]);
                assert_int_equal(old.report_size, w.evidence[0].size - 8);
                memcpy(entry + 8, old.report, old.report_size);
              });
}

/* The report of block 5 is another one, under a body hash that fits: then it is refused in that
 * block, and the block has other receipts. */
static void expect_report(const uint8_t *world_id, uint32_t feed, uint64_t round, uint64_t time_s,
                          const char *text)
{
    uint8_t report[PL_NATIVE_SIZE_MAX];
    static const uint8_t order[] = {0, 2};
    const report_spec spec = {world_id, feed, round, time_s, 104, 8, tiny_signers(), order, 2};
    const size_t size = report_make(report, &spec);
    pt_bytes body = {0};
    take(&fifth);
    const size_t old_size = pl_load_u32(w.body.bytes + 4);
    pt_put_u32(&body, 1);
    pt_put_u32(&body, (uint32_t)size);
    pt_put(&body, report, size);
    pt_put(&body, w.body.bytes + 8 + old_size, w.body.size - 8 - old_size);
    w.body = (piece){body.data, body.size};
    if (strcmp(text, "block BODY_HASH") != 0) {
        pieces_relink(&w);
    }
    expect(text);
    pt_bytes_free(&body);
}

static void a_report_of_another_world_feed_or_round(void **unused)
{
    (void)unused;
    const uint8_t *world_id = pl_chain_world(at_four)->id;
    uint8_t another[32];
    memcpy(another, world_id, 32);
    another[0] ^= 1;
    expect_report(world_id, TINY_ETH, 5, 1004, "done OK"); /* the one that it has */
    expect_report(another, TINY_ETH, 5, 1004, "block RECEIPTS_ROOT");
    expect_report(another, TINY_ETH, 5, 1004, "block BODY_HASH");
    expect_report(world_id, TINY_RAW, 5, 1004, "block RECEIPTS_ROOT");
    expect_report(world_id, 99, 5, 1004, "block RECEIPTS_ROOT");
    expect_report(world_id, TINY_ETH, 3, 1004, "block RECEIPTS_ROOT"); /* a round already had */
    expect_report(world_id, TINY_ETH, 6, 1004, "block STATE_ROOT");    /* another genuine one */
}

static void a_stale_report(void **unused)
{
    (void)unused;
    expect_report(pl_chain_world(at_four)->id, TINY_ETH, 5, 1, "block RECEIPTS_ROOT");
}

/* ---- code, gas, two of them ---- */

static void a_wrong_code_hash(void **unused)
{
    (void)unused;
    const uint8_t *hash = pl_chain_code(at_three, 1)->hash;
    for (unsigned i = 0; i < 32; i++) {
        take(&fourth);
        uint8_t *world = edit(&w.world);
        size_t at = 0;
        while (memcmp(world + at, hash, 32) != 0) {
            at++;
        }
        world[at + i] ^= 1;
        expect("world HASH");
    }
}

/* The gas limits are in the body, the body's hash in the header, the header's in the trusted point.
 */
static void a_gas_limit_one_lower(void **unused)
{
    (void)unused;
    pl_verdict as_it_is, verdict;
    pl_block block;
    uint32_t where, size;
    const uint8_t *tx;
    assert_int_equal(verify_with(&as_it_is, fourth.data, fourth.size, NULL), PL_OK);
    for (unsigned number = 0; number < 4; number++) {
        pt_bytes joined = {0};
        take(&fourth);
        assert_int_equal(pl_body_decode(&block, &where, w.body.bytes, w.body.size), PL_OK);
        for (unsigned i = 0; i <= number; i++) {
            assert_true(pl_items_next(&block.transactions, &tx, &size));
        }
        const size_t at = (size_t)(tx - w.body.bytes) + 47; /* of the limit in a transaction */
        uint8_t *body = edit(&w.body);
        assert_int_equal(pl_load_u64(body + at), 9000);
        pl_store_u64(body + at, 8999);
        expect("block BODY_HASH");
        pieces_relink(&w); /* it is enough: but that is another block, of another hash */
        pieces_join(&joined, &w);
        assert_int_equal(verify_with(&verdict, joined.data, joined.size, NULL), PL_OK);
        assert_memory_not_equal(verdict.block_hash, as_it_is.block_hash, 32);
        pl_store_u64(body + at, 20); /* it is not enough */
        pieces_relink(&w);
        expect("block RECEIPTS_ROOT");
        pt_bytes_free(&joined);
    }
}

static void two_certificates_spliced(void **unused)
{
    (void)unused;
    pt_bytes spliced = {0};
    pieces other;
    for (size_t at = 15; at < fourth.size && at < fifth.size; at += 11) { /* both start alike */
        spliced.size = 0;
        pt_put(&spliced, fourth.data, at);
        pt_put(&spliced, fifth.data + at, fifth.size - at);
        expect_bytes(&spliced, "shape CHECK");
    }
    pt_bytes_free(&spliced);
    assert_true(pieces_of(&other, fifth.data, fifth.size));
    EXPECT_OF(&fourth, "witness PROOF_ROOT", w.witness = other.witness);
    EXPECT_OF(&fourth, "block BODY_HASH", w.body = other.body);
    EXPECT_OF(&fourth, "headers HEIGHT", w.height = other.height);
    EXPECT_OF(&fourth, "headers HEIGHT", {
        memcpy(w.first, other.first, sizeof w.first);
        memcpy(w.links, other.links, sizeof w.links);
    });
    EXPECT_OF(&fourth, "headers HEIGHT", memcpy(w.first, other.first, sizeof w.first));
    EXPECT_OF(&fourth, "block BODY_HASH", memcpy(w.links, other.links, sizeof w.links));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_byte_dropped_or_added),
        cmocka_unit_test(any_bytes_reordered),
        cmocka_unit_test(any_byte_of_witness_or_body_sealed),
        cmocka_unit_test(a_sibling_that_canonical_form_omits),
        cmocka_unit_test(a_proof_for_another_key),
        cmocka_unit_test(evidence_of_another_world_feed_or_round),
        cmocka_unit_test(stale_evidence),
        cmocka_unit_test(a_report_of_another_world_feed_or_round),
        cmocka_unit_test(a_stale_report),
        cmocka_unit_test(a_wrong_code_hash),
        cmocka_unit_test(a_gas_limit_one_lower),
        cmocka_unit_test(two_certificates_spliced),
    };
    return cmocka_run_group_tests_name("certificate refusals", tests, begin, end);
}
