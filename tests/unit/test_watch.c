/* watch: looking on changes nothing, a moment shows the state between transactions, and the steps
 * told are those that ran, with their registers. */
#include "tests/unit/replay_parts.h"
#include "vm/machine/value.h"

enum { MOMENTS_MAX = 16, STEPS_MAX = 4096 };

typedef struct seen {
    struct {
        uint32_t transaction;
        bool is_after;
        uint64_t value; /* rows[7] of bank, 0 when absent or reading failed */
        uint64_t height, clock;
    } moments[MOMENTS_MAX];
    size_t moment_count;
    pl_trace_step steps[STEPS_MAX];
    uint64_t first_register[STEPS_MAX];
    size_t step_count;
} seen;

static uint64_t ask(pl_chain *chain, uint32_t function, int64_t k)
{
    uint8_t key[8];
    pl_outcome outcome;
    pl_store_u64(key, (uint64_t)k);
    const pl_status status = pl_chain_query(&outcome, chain, BANK, function, NULL, 9000, key,
                                            function == TINY_GET ? 8 : 0);
    assert_int_equal(status, PL_OK);
    return outcome.status == PL_OK ? pl_load_u64(outcome.result) : 0;
}

static void note_moment(void *context, pl_chain *chain, uint32_t transaction, bool is_after)
{
    seen *s = context;
    assert_true(s->moment_count < MOMENTS_MAX);
    s->moments[s->moment_count].transaction = transaction;
    s->moments[s->moment_count].is_after = is_after;
    s->moments[s->moment_count].value = ask(chain, TINY_GET, 7);
    s->moments[s->moment_count].height = ask(chain, TINY_HEIGHT, 0);
    s->moments[s->moment_count].clock = ask(chain, TINY_CLOCK, 0);
    s->moment_count++;
}

static void note_step(void *context, const pl_trace_step *step)
{
    seen *s = context;
    assert_true(s->step_count < STEPS_MAX);
    s->steps[s->step_count] = *step;
    pl_register r;
    memcpy(&r, step->registers, sizeof r);
    s->first_register[s->step_count++] = r.n;
}

static void make_body(tiny_body *body)
{
    tiny_body_begin(body);
    tiny_body_transactions(body);
    add_call(body, BANK, TINY_PUT, 7, 70);
    add_call(body, BANK, TINY_FAIL, 7, 71);
    add_call(body, BANK, 99, 7, 72); /* refused: it runs no step, and has its moments */
    add_call(body, BANK, TINY_PUT, 7, 73);
}

static void looking_on_changes_nothing(void **state)
{
    (void)state;
    static tiny_body body;
    static seen s;
    pl_block_result plain, watched;
    pl_chain *a = start(false), *b = start(false);
    const pl_watch watch = {.context = &s, .moment = note_moment, .step = note_step};
    const pl_replay_options options = {.watch = &watch};
    make_body(&body);
    memset(&s, 0, sizeof s);
    assert_int_equal(pl_chain_seal_block(&plain, a, 1005, body.bytes, body.size, NULL), PL_OK);
    assert_int_equal(pl_chain_seal_block(&watched, b, 1005, body.bytes, body.size, &options),
                     PL_OK);
    const pl_head heads[2] = {head_of(a), head_of(b)};
    expect_same_head(&heads[0], &heads[1]);
    assert_int_equal(plain.receipts_size, watched.receipts_size);
    assert_memory_equal(plain.receipts, watched.receipts, plain.receipts_size);

    static const uint64_t values[8] = {0, 70, 70, 70, 70, 70, 70, 73};
    assert_int_equal(s.moment_count, 8);
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(s.moments[i].transaction, i / 2);
        assert_int_equal(s.moments[i].is_after, i % 2);
        assert_int_equal(s.moments[i].value, values[i]);
        assert_int_equal(s.moments[i].height, 1);
        assert_int_equal(s.moments[i].clock, 1005);
    }
    assert_int_equal(ask(b, TINY_CLOCK, 0), 1005); /* the head's again */

    s.step_count = s.moment_count = 0; /* a watch of steps only, and none of the next block */
    const pl_watch steps_only = {.context = &s, .step = note_step};
    const pl_replay_options second = {.watch = &steps_only};
    assert_int_equal(pl_chain_seal_block(&watched, b, 1006, body.bytes, body.size, &second), PL_OK);
    const size_t told = s.step_count;
    assert_true(told > 0 && s.moment_count == 0);
    assert_int_equal(pl_chain_seal_block(&watched, b, 1007, body.bytes, body.size, NULL), PL_OK);
    assert_int_equal(s.step_count, told);
    pl_chain_free(a);
    stop(b);
}

static void steps_are_those_that_ran(void **state)
{
    (void)state;
    static tiny_body body;
    static seen s;
    pl_block_result result;
    pl_chain *chain = start(false);
    const pl_watch watch = {.context = &s, .step = note_step};
    const pl_replay_options options = {.watch = &watch};
    memset(&s, 0, sizeof s);
    tiny_body_begin(&body);
    tiny_body_transactions(&body);
    add_call(&body, TWIN, TINY_PUT, 7, 70);
    assert_int_equal(pl_chain_seal_block(&result, chain, 1005, body.bytes, body.size, &options),
                     PL_OK);
    const pl_function *put = &pl_chain_code(chain, TWIN)->functions[TINY_PUT];
    size_t i = 0;
    for (; i < s.step_count && s.steps[i].function == TINY_PUT; i++) {
        assert_int_equal(s.steps[i].contract, TWIN);
        assert_int_equal(s.steps[i].instruction, i); /* straight code: each once, in order */
        assert_int_equal(s.steps[i].depth, 1);
    }
    assert_int_equal(i, put->instruction_count);
    assert_int_equal(s.steps[0].gas_left, 9000);
    assert_true(s.steps[i - 1].gas_left < 9000);
    assert_int_equal(s.first_register[0], 7);         /* the first argument */
    assert_int_equal(s.steps[i].function, TINY_TICK); /* then the hooks */
    stop(chain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(looking_on_changes_nothing, set_up),
        cmocka_unit_test_setup(steps_are_those_that_ran, set_up),
    };
    return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
