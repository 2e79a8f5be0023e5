/* certificate: what stands at the end of what is allowed. spec 10 §2, §5, §7 */
#include <stdio.h>

#include "tests/unit/certificate_change.h"
#include "vm/chain/certified.h"

enum { HEIGHT = 4 };

static trail way;
static pl_chain *full; /* stands before block HEIGHT */
static blob rich;      /* with two views */

static int begin(void **unused)
{
    static const question k7 = {{0, 0, 0, 0, 0, 0, 0, 7}};
    set_up(unused);
    make_trail(&way);
    full = stand(&way, HEIGHT - 1);
    const pl_certified_view views[] = {view_of(1, TINY_GET, &k7),
                                       view_of(PL_MOMENT_END, TINY_HEIGHT, NULL)};
    pl_certify request = request_of(&way, HEIGHT);
    request.views = views;
    request.view_count = 2;
    rich = certify(full, &request, NULL);
    return 0;
}

static int end(void **unused)
{
    (void)unused;
    free(rich.data);
    stop(full);
    free_trail(&way);
    return 0;
}

static int sign_of(int order)
{
    return (order > 0) - (order < 0);
}

/* Ascending; each row is compared with all of them. */
static void views_have_an_order(void **unused)
{
    (void)unused;
    static const uint8_t bytes[][3] = {{1}, {1, 0, 9}, {2}, {3, 0xff}};
    const pl_certified_view views[] = {
        {.moment = 0},
        {.moment = 0, .function = 1},
        {.moment = 0, .function = 1, .arguments = bytes[0], .arguments_size = 1},
        {.moment = 0, .function = 1, .arguments = bytes[1], .arguments_size = 2},
        {.moment = 0, .function = 1, .arguments = bytes[1], .arguments_size = 3},
        {.moment = 0, .function = 1, .arguments = bytes[2], .arguments_size = 1},
        {.moment = 0, .function = 1, .arguments = bytes[3], .arguments_size = 2},
        {.moment = 0, .contract = 1},
        {.moment = 1},
        {.moment = PL_MOMENT_END}};
    const int count = sizeof views / sizeof *views;
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < count; j++) {
            assert_int_equal(sign_of(pl_certified_view_compare(&views[i], &views[j])),
                             sign_of(i - j));
        }
    }
}

/* The first view of all: it follows nothing, and nobody can be asked it. */
static void the_lowest_view(void **unused)
{
    (void)unused;
    static const uint8_t lowest[4 + 4 + 2 + 2 + 2 + 2] = {0};
    EXPECT_OF(&rich, "views VIEW", (w.views[0] = (piece){lowest, sizeof lowest}));
}

static void sizes_at_their_ends(void **unused)
{
    (void)unused;
    pl_verdict verdict;
    pl_verifier *verifier;
    const uint8_t *deflated;
    size_t deflated_size, size;
    const uint8_t none[4] = {0}; /* no magic: more is not read */
    assert_int_equal(
        pl_verify(&verdict, &verifier, &counted.memory, none, PL_CERTIFICATE_SIZE_MAX, NULL),
        PL_REJECT_MAGIC);
    assert_int_equal(
        pl_verify(&verdict, &verifier, &counted.memory, none, PL_CERTIFICATE_SIZE_MAX + 1u, NULL),
        PL_REJECT_LIMIT);
    assert_int_equal(verdict.offset, 0);
    assert_int_equal(verdict.certificate.kind, 0);
    uint8_t head[PL_PACKED_HEAD_SIZE];
    pl_packed_head(head, 0, head + sizeof head, 0); /* nothing, packed */
    assert_int_equal(pl_packed_open(&deflated, &deflated_size, &size, head, sizeof head), PL_OK);
    assert_true(deflated_size == 0 && size == 0);
    const size_t least = PL_CERTIFICATE_SIZE_MAX / 1100 + 1;
    uint8_t *large = calloc(1, PL_PACKED_HEAD_SIZE + least);
    assert_non_null(large);
    pl_packed_head(large, PL_CERTIFICATE_SIZE_MAX, large + PL_PACKED_HEAD_SIZE, least);
    assert_int_equal(
        pl_packed_open(&deflated, &deflated_size, &size, large, PL_PACKED_HEAD_SIZE + least),
        PL_OK);
    large[6 + 3]++; /* one more */
    assert_int_equal(
        pl_packed_open(&deflated, &deflated_size, &size, large, PL_PACKED_HEAD_SIZE + least),
        PL_REJECT_LIMIT);
    free(large);
}

/* A size that reaches beyond the end ends it, however well the bytes from there on read. */
static void a_size_too_large(void **unused)
{
    (void)unused;
    take(&rich); /* the last view has no arguments */
    pl_store_u16(edit(&w.views[1]) + 10, 0xffff);
    expect("shape TRUNCATED");
}

/* Where a certificate ends behind its path, that is where more was expected. */
static void nothing_behind_the_path(void **unused)
{
    (void)unused;
    pl_verdict verdict;
    pt_bytes parts = {0};
    take(&rich);
    const size_t size = 4 + 2 + 1 + 8 + 4 + w.world.size + 4 + PL_HEADER_SIZE + PL_LINK_SIZE;
    pt_put(&parts, rich.data, size);
    certificate_seal(&parts);
    assert_int_equal(verify_with(&verdict, parts.data, parts.size, NULL), PL_REJECT_TRUNCATED);
    assert_int_equal(verdict.offset, size);
    pt_bytes_free(&parts);
}

/* Every byte of an account that nobody means is zero. */
static void accounts_of_no_use(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 32; i++) {
        uint8_t account[32] = {0};
        account[i] = 1;
        EXPECT_OF(&rich, "shape CLAIM", put_claim(0, UINT32_MAX, account, UINT16_MAX));
    }
}

/* Whoever asks is nobody: the account of zeros. */
static void nobody_asks(void **unused)
{
    (void)unused;
    const pl_certified_view who = view_of(PL_MOMENT_END, TINY_WHO, NULL);
    pl_certify request = state_request_of(&way, HEIGHT - 1);
    pl_certificate of;
    pl_certified_view view;
    size_t offset;
    request.views = &who;
    request.view_count = 1;
    const blob made = certify(full, &request, NULL);
    assert_int_equal(pl_certificate_decode(&of, &offset, made.data, made.size), PL_OK);
    offset = 0;
    assert_true(pl_certificate_view_next(&view, &offset, &of));
    assert_int_equal(view.result_size, 32);
    assert_memory_equal(view.result, nobody, 32);
    free(made.data);
}

/* Hashes are compared to their last byte, and whoever is wrong is named. */
static void every_byte_of_a_hash(void **unused)
{
    (void)unused;
    pl_chain *chain = start(false);
    const pl_certify request = request_of(&way, 1);
    const blob first = certify(chain, &request, NULL);
    pl_chain_free(chain);
    for (unsigned i = 0; i < 32; i++) {
        pl_verdict verdict;
        pt_bytes joined = {0};
        EXPECT_OF(&rich, "world WORLD_MISMATCH", w.first[6 + i] ^= 1);
        pieces_join(&joined, &w);
        assert_int_equal(verify_with(&verdict, joined.data, joined.size, NULL),
                         PL_REJECT_WORLD_MISMATCH);
        assert_int_equal(verdict.offset, 0);
        EXPECT_OF(&first, "headers PARENT", w.first[54 + i] ^= 1);
        pieces_join(&joined, &w);
        assert_int_equal(verify_with(&verdict, joined.data, joined.size, NULL), PL_REJECT_PARENT);
        assert_int_equal(verdict.index, 0);
        assert_int_equal(verdict.offset, 0);
        pt_bytes_free(&joined);
    }
    free(first.data);
}

/* The first block has height 1, and its own price no evidence either. */
static void evidence_of_the_first_block(void **unused)
{
    (void)unused;
    static uint8_t entry[8 + PL_NATIVE_SIZE_MAX];
    const question eth = word(TINY_ETH);
    const pl_certified_view view = view_of(PL_MOMENT_END, TINY_PRICE, &eth);
    const uint8_t *report;
    uint32_t where, size;
    pl_block block;
    pl_chain *chain = start(false);
    pl_certify request = request_of(&way, 1);
    request.views = &view;
    request.view_count = 1;
    const blob first = certify(chain, &request, NULL);
    pl_chain_free(chain);
    assert_int_equal(pl_block_decode(&block, &where, way.blocks[0], way.sizes[0]), PL_OK);
    assert_true(pl_items_next(&block.reports, &report, &size));
    pl_store_u32(entry, TINY_ETH);
    pl_store_u32(entry + 4, size);
    memcpy(entry + 8, report, size);
    EXPECT_OF(&first, "done OK", (void)0);
    EXPECT_OF(&first, "evidence EVIDENCE",
              (w.evidence[0] = (piece){entry, 8 + size}, w.evidence_count = 1));
    free(first.data);
}

/* The place of a wrong byte of the witness, counted from the certificate's first one. */
static void places_in_a_witness(void **unused)
{
    (void)unused;
    pl_verdict verdict;
    pt_bytes joined = {0};
    take(&rich);
    const size_t size = w.witness.size;
    uint8_t *longer = edit(&w.witness);
    longer[size] = 0;
    w.witness.size++;
    pieces_join(&joined, &w);
    assert_int_equal(verify_with(&verdict, joined.data, joined.size, NULL), PL_REJECT_TRAILING);
    assert_int_equal(verdict.step, PL_VERIFY_WITNESS);
    const size_t head = 4 + 2 + 1 + 8; /* magic, format, kind, height */
    const size_t world = 4 + w.world.size, headers = 4 + PL_HEADER_SIZE + PL_LINK_SIZE;
    assert_int_equal(w.link_count, 1);
    assert_int_equal(verdict.offset, head + world + headers + 4 + size);
    pt_bytes_free(&joined);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(views_have_an_order),
        cmocka_unit_test(the_lowest_view),
        cmocka_unit_test(sizes_at_their_ends),
        cmocka_unit_test(a_size_too_large),
        cmocka_unit_test(nothing_behind_the_path),
        cmocka_unit_test(accounts_of_no_use),
        cmocka_unit_test(nobody_asks),
        cmocka_unit_test(every_byte_of_a_hash),
        cmocka_unit_test(evidence_of_the_first_block),
        cmocka_unit_test(places_in_a_witness),
    };
    return cmocka_run_group_tests_name("certificate edges", tests, begin, end);
}
