/* Checks ahead of reports whose readings are kept, while memory runs out; and the keys kept. */
#include "tests/unit/replay_parts.h"
#include "tools/common/file.h"
#include "vm/chain/ahead.h"
#include "vm/oracle/signature.h"

/* Returns how many takes the checks of this block need; each of them was refused once. */
static uint64_t refuse_each_take(const pl_chain *chain, const uint8_t *block, size_t size)
{
    pl_status status = PL_FAULT_MEMORY;
    uint64_t takes = 0;
    while (status != PL_OK) {
        pl_ahead *ahead;
        assert_int_equal(pl_ahead_create(&ahead, &counted.memory), PL_OK);
        counted.refuse_at = counted.takes + takes;
        status = pl_ahead_check(ahead, NULL, pl_chain_world(chain), block, size);
        counted.refuse_at = UINT64_MAX;
        assert_true(status == PL_OK || status == PL_FAULT_MEMORY);
        assert_int_equal(ahead->filled, status == PL_OK);
        assert_true(pl_ahead_of(ahead, ahead->block_hash, ahead->body_hash) ==
                    (status == PL_OK ? ahead : NULL)); /* half of a block is nothing */
        takes += status != PL_OK;
        pl_ahead_free(ahead);
    }
    return takes;
}

static void readings_without_memory(void **state)
{
    (void)state;
    pt_bytes bytes = {0};
    pt_report report = {""};
    pl_history from;
    pl_chain *chain;
    const uint8_t *block;
    size_t size;
    uint64_t most = 0;
    assert_int_equal(pt_file_read(&bytes, "fixtures/histories/chainlink-ocr1/history.plh.gz",
                                  PT_FILE_SIZE_MAX, &report),
                     PT_OK);
    assert_int_equal(pl_history_open(&from, bytes.data, bytes.size), PL_OK);
    assert_int_equal(pl_chain_create(&chain, NULL, &counted.memory, from.world, from.world_size),
                     PL_OK);
    for (;;) {
        assert_int_equal(pl_history_next(&from, &block, &size), PL_OK);
        if (block == NULL) {
            break;
        }
        const uint64_t takes = refuse_each_take(chain, block, size);
        most = takes > most ? takes : most;
    }
    assert_true(most >= 2); /* a reading, and the verdict about its report */
    pt_bytes_free(&bytes);
    stop(chain);
}

/* A place that is taken answers for its own key alone: never for the zeros that it held before. */
static void a_taken_place_is_no_other_key(void **state)
{
    (void)state;
    static const uint8_t zeros[PL_PUBLIC_KEY_SIZE] = {0};
    const pl_public_key *found;
    pl_keys *keys;
    assert_int_equal(pl_keys_create(&keys, &counted.memory), PL_OK);
    unsigned same_set = 0;
    for (uint32_t number = 1; same_set < 4; number++) { /* sets are 512, named by the last bits */
        const signer one = signer_of(number);
        if (pl_load_u16(one.public_key + PL_PUBLIC_KEY_SIZE - 2) % 512 == 0) {
            assert_int_equal(pl_keys_parse(&found, keys, one.public_key), PL_OK);
            assert_int_equal(pl_keys_parse(&found, keys, zeros), PL_REJECT_NON_CANONICAL);
            same_set++;
        }
    }
    pl_keys_free(keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(readings_without_memory, set_up),
        cmocka_unit_test_setup(a_taken_place_is_no_other_key, set_up),
    };
    return cmocka_run_group_tests_name("ahead readings", tests, NULL, NULL);
}
