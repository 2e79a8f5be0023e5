/* certificate: a view that catches what fails below it, asked of a row that the witness lacks. What
 * is lacking ends it in the middle, with levels of the journal open. spec 10 §4, §5 */
#include <stdio.h>

#include "tests/unit/certificate_change.h"
#include "tests/unit/certificate_source.h"
#include "vm/chain/chain.h"

/* A row of 0 makes the division fail: once, the failure is caught here; twice, two levels below. */
static const char source[] =
    "contract book;\n"
    "interface Self {\n"
    "    view get(k: u64) -> u256;\n"
    "    view once(k: u64) -> u256;\n"
    "}\n"
    "table rows[k: u64] { v: u64 = 0; }\n"
    "public tx set(k: u64, v: u64) { rows[k].v = v; }\n"
    "public reentrant view get(k: u64) -> u256 { return div_down(100, rows[k].v); }\n"
    "public reentrant view once(k: u64) -> u256 {\n"
    "    try Self(self_number).get(k) -> (v) { return v; } catch (code) { return code as u256; }\n"
    "}\n"
    "public view twice(k: u64) -> u256 {\n"
    "    try Self(self_number).once(k) -> (v) { return v; } catch (code) { return 2 * (code as "
    "u256); }\n"
    "}\n";

enum { ROWS = 40, KEY_AT = 4 + 4 + 2 + 2 + 7 }; /* where in a view the last byte of its k stands */

static pt_bytes world;
static pl_block_result sealed;
static uint8_t headers[2 * PL_HEADER_SIZE];
static blob certificate; /* of block 2, which sets one of the rows that block 1 set */

static void add_set(tiny_body *body, uint64_t k, uint64_t v)
{
    uint8_t arguments[16];
    pl_store_u64(arguments, k);
    pl_store_u64(arguments + 8, v);
    add_tx(body, nobody, "set", arguments, sizeof arguments);
}

static pl_certified_view ask(uint32_t moment, const char *function, const question *k)
{
    pl_certified_view view = view_of(moment, function_of(function), k);
    view.contract = 1;
    return view;
}

/* The certificate of block 2 with these views at the base. */
static blob make(pl_certified_view *views, uint16_t count)
{
    const pl_certify request = {.kind = PL_CERTIFIES_BLOCK,
                                .headers = headers,
                                .header_count = 2,
                                .block = sealed.block,
                                .block_size = sealed.block_size,
                                .views = views,
                                .view_count = count,
                                .claim = plain_claim};
    return certify(chain, &request, NULL);
}

static int begin(void **state)
{
    (void)state;
    static tiny_body body;
    pl_chain *ahead; /* seals block 2; the other stays */
    pl_block_result again;
    counted_memory_init(&counted);
    make_world(&world, source);
    tiny_body_begin(&body);
    tiny_body_transactions(&body);
    for (uint64_t k = 1; k <= ROWS; k++) {
        add_set(&body, k, k % 2);
    }
    seal(&sealed, chain, 1000, &body);
    memcpy(headers, sealed.block, PL_HEADER_SIZE);
    assert_int_equal(pl_chain_create(&ahead, NULL, &counted.memory, world.data, world.size), PL_OK);
    assert_int_equal(pl_chain_replay_block(&again, ahead, sealed.block, sealed.block_size, NULL),
                     PL_OK);
    tiny_body_begin(&body);
    tiny_body_transactions(&body);
    add_set(&body, 5, 10);
    seal(&sealed, ahead, 1001, &body);
    memcpy(headers + PL_HEADER_SIZE, sealed.block, PL_HEADER_SIZE);
    sealed.block = copy_of(sealed.block, sealed.block_size);
    pl_chain_free(ahead);
    return 0;
}

static int end(void **state)
{
    (void)state;
    pl_chain_free(chain);
    assert_int_equal(counted.out, 0);
    free((void *)(uintptr_t)sealed.block);
    pt_bytes_free(&world);
    return 0;
}

/* The result of a view of the certificate. */
static uint64_t result_of(const blob *of, unsigned number)
{
    pl_certificate decoded;
    pl_certified_view view = {0};
    size_t offset;
    assert_int_equal(pl_certificate_decode(&decoded, &offset, of->data, of->size), PL_OK);
    offset = 0;
    for (unsigned i = 0; i <= number; i++) {
        assert_true(pl_certificate_view_next(&view, &offset, &decoded));
    }
    assert_int_equal(view.result_size, 32);
    return pl_load_u64(view.result + 24);
}

static void what_fails_is_caught(void **state)
{
    (void)state;
    const question one = word(1), two = word(2);
    pl_certified_view views[] = {
        ask(PL_MOMENT_BASE, "once", &one), ask(PL_MOMENT_BASE, "once", &two),
        ask(PL_MOMENT_BASE, "twice", &one), ask(PL_MOMENT_BASE, "twice", &two)};
    const blob made = make(views, 4);
    assert_string_equal(verdict_of(&made), "done OK");
    assert_int_equal(result_of(&made, 0), 100);
    assert_int_equal(result_of(&made, 1), PL_TRAP_DIV_BY_ZERO);
    assert_int_equal(result_of(&made, 2), 100);
    assert_int_equal(result_of(&made, 3), PL_TRAP_DIV_BY_ZERO);
    free(made.data);
}

/* Asks the view at a moment about every row instead; returns how many of them the witness lacks. */
static unsigned count_lacking(const char *function, uint32_t moment, const char *refusal)
{
    const question five = word(5);
    pl_certified_view view = ask(moment, function, &five);
    unsigned lacking = 0;
    certificate = make(&view, 1);
    assert_string_equal(verdict_of(&certificate), "done OK");
    for (uint8_t k = 1; k <= ROWS; k++) {
        pt_bytes joined = {0};
        take(&certificate);
        edit(&w.views[0])[KEY_AT] = k;
        pieces_join(&joined, &w);
        const blob changed = {joined.data, joined.size};
        lacking += strcmp(verdict_of(&changed), refusal) == 0;
        pt_bytes_free(&joined);
    }
    free(certificate.data);
    return lacking;
}

/* Before the block: it is executed all the same, and judged first. */
static void a_lacking_row_is_never_caught(void **state)
{
    (void)state;
    assert_int_equal(count_lacking("once", PL_MOMENT_BASE, "views WITNESS_LACKS"), ROWS - 1);
    assert_int_equal(count_lacking("twice", PL_MOMENT_BASE, "views WITNESS_LACKS"), ROWS - 1);
    assert_int_equal(count_lacking("twice", 1, "block WITNESS_LACKS"), ROWS - 1);
    assert_int_equal(count_lacking("twice", PL_MOMENT_END, "views WITNESS_LACKS"), ROWS - 1);
}

/* The block comes first: when its own root is not what its header says, that is the verdict. */
static void the_block_is_judged_first(void **state)
{
    (void)state;
    const question five = word(5);
    pl_certified_view view = ask(PL_MOMENT_BASE, "twice", &five);
    certificate = make(&view, 1);
    EXPECT_OF(&certificate, "views WITNESS_LACKS", edit(&w.views[0])[KEY_AT] = 6);
    EXPECT_OF(&certificate, "block STATE_ROOT", {
        edit(&w.views[0])[KEY_AT] = 6;
        w.links[0][40] ^= 1;
    });
    free(certificate.data);
}

/* What the view had open is closed before the block begins. */
static void no_level_stays_open(void **state)
{
    (void)state;
    static const char *const functions[] = {"once", "twice"};
    for (unsigned i = 0; i < 2; i++) {
        const question five = word(5);
        pl_certified_view view = ask(PL_MOMENT_BASE, functions[i], &five);
        pt_bytes joined = {0};
        pl_verdict verdict;
        pl_verifier *verifier;
        certificate = make(&view, 1);
        take(&certificate);
        edit(&w.views[0])[KEY_AT] = 6;
        pieces_join(&joined, &w);
        assert_int_equal(
            pl_verify(&verdict, &verifier, &counted.memory, joined.data, joined.size, NULL),
            PL_REJECT_WITNESS_LACKS);
        assert_int_equal(verdict.step, PL_VERIFY_VIEWS);
        assert_int_equal(pl_store_depth(pl_verifier_chain(verifier)->store), 0);
        pl_verifier_free(verifier);
        pt_bytes_free(&joined);
        free(certificate.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fails_is_caught),
        cmocka_unit_test(a_lacking_row_is_never_caught),
        cmocka_unit_test(the_block_is_judged_first),
        cmocka_unit_test(no_level_stays_open),
    };
    return cmocka_run_group_tests_name("certificate tries", tests, begin, end);
}
