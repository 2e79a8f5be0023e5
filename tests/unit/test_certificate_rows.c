/* certificate: rows that no chain would leave. Whoever forges a certificate also makes up the state
 * it starts from, so that any canonical row may be met: execution goes on or is refused by name,
 * and a certificate of it holds as any other. */
#include <stdio.h>

#include "tests/unit/certificate_parts.h"
#include "tests/unit/feed_parts.h"
#include "vm/chain/chain.h"

static uint8_t world[4 * TINY_WORLD_SIZE_MAX];
static size_t world_size;
static uint64_t seed;

static uint64_t draw(void)
{
    uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Feeds with every stage, the last one signed. */
static void make_world(void)
{
    static feed_list list;
    static pl_signer_set set;
    pl_feed feed = unsigned_feed();
    feeds_begin(&list);
    feeds_add(&list, &feed);
    feed.delay_s = 10;
    feeds_add(&list, &feed);
    feed.twap_s = 20;
    feed.heartbeat_s = 50;
    feed.fallback = 0;
    feeds_add(&list, &feed);
    set = tiny_set(2);
    feed.format = PL_FEED_NATIVE;
    feed.deviation_bps = 500;
    feed.sets = &set;
    feed.set_count = 1;
    feeds_add(&list, &feed);
    world_size = feeds_world(world, sizeof world, &list);
}

/* Bytes that are often zeros or ones, for numbers at their ends. */
static void draw_bytes(uint8_t *bytes, size_t size)
{
    const uint64_t kind = draw() % 4;
    for (size_t i = 0; i < size; i++) {
        bytes[i] = kind == 0 ? 0 : kind == 1 ? 0xff : (uint8_t)draw();
    }
    if (kind == 2 && size > 2) { /* a small number */
        memset(bytes, 0, size - 2);
    }
}

/* Puts or removes some row of the system or of the first contract. */
static void make_up_row(pl_chain *chain)
{
    static const uint32_t tables[] = {PL_SYSTEM_CHAIN,    PL_SYSTEM_PRICES,  PL_SYSTEM_NONCES,
                                      PL_SYSTEM_ACCEPTED, PL_SYSTEM_NEXT,    PL_SYSTEM_CURRENT,
                                      PL_SYSTEM_OBSERVED, PL_SYSTEM_OBSERVED};
    pl_door *door = pl_store_door(chain->store);
    uint8_t key[PL_KEY_SIZE_MAX] = {0}, row[PL_ROW_SIZE_MAX] = {0};
    const uint64_t which = draw() % 10;
    bool existed;
    if (which >= 8) { /* no parameters, or no contracts */
        const uint32_t table =
            which == 8 ? pl_world_table(&chain->world, BANK, TINY_PARAMS) : PL_SYSTEM_CONTRACTS;
        key[3] = which == 9;
        assert_int_equal(door->ops->del(door, &existed, table, key), PL_OK);
        return;
    }
    const pl_table *schema = chain->world.tables[tables[which]];
    if (schema->key_size >= 4) {
        key[3] = (uint8_t)(draw() % 5);
        draw_bytes(key + 4, schema->key_size - 4);
    }
    draw_bytes(row, schema->row_size);
    if (draw() % 8 == 0) {
        assert_int_equal(door->ops->del(door, &existed, tables[which], key), PL_OK);
    } else {
        assert_int_equal(door->ops->put(door, tables[which], key, row), PL_OK);
    }
}

/* The header of the head becomes one that says: this is the state. */
static void make_up_head(pl_chain *chain)
{
    pl_header header;
    assert_int_equal(pl_header_decode(&header, chain->header), PL_OK);
    assert_int_equal(pl_store_root(chain->store, header.state_root), PL_OK);
    header.time_s = draw() % 3 == 0 ? draw() : chain->head.time_s;
    memcpy(chain->head.state_root, header.state_root, 32);
    chain->head.row_count = pl_store_row_count(chain->store);
    chain->head.time_s = header.time_s;
    pl_header_encode(chain->header, &header);
    pl_header_hash(chain->head.block_hash, &header);
}

static void make_body(tiny_body *body, const pl_chain *chain, uint64_t time_s)
{
    uint8_t report[PL_NATIVE_SIZE_MAX];
    static const uint8_t order[] = {0, 2};
    tiny_body_begin(body);
    for (uint32_t feed = 0; feed < 4; feed++) {
        const report_spec spec = {chain->world.id, feed,  draw() % 9,       time_s, 100, 8,
                                  tiny_signers(),  order, feed == 3 ? 2 : 0};
        if (draw() % 2 == 0) {
            tiny_body_report(body, report, report_make(report, &spec));
        }
    }
    tiny_body_transactions(body);
    add_call(body, BANK, TINY_PUT, 7, 70);
    add_call(body, BANK, TINY_DELETE, 5, 0);
    add_call(body, TWIN, TINY_DIVIDE, 5, 0);
}

/* Two chains are made up alike: one makes the next block, the other certifies it. */
static pl_chain *make_up(uint64_t from)
{
    static tiny_body body;
    pl_chain *chain;
    pl_block_result result;
    seed = from;
    assert_int_equal(pl_chain_create(&chain, NULL, &counted.memory, world, world_size), PL_OK);
    for (uint64_t time_s = 1000; time_s < 1030; time_s += 10) {
        make_body(&body, chain, time_s);
        assert_int_equal(pl_chain_seal_block(&result, chain, time_s, body.bytes, body.size, NULL),
                         PL_OK);
    }
    for (uint64_t left = 1 + draw() % 6; left > 0; left--) {
        make_up_row(chain);
    }
    make_up_head(chain);
    return chain;
}

static void made_up_rows_stop_nobody(void **state)
{
    (void)state;
    static tiny_body body;
    uint32_t all_rows = 0, refused = 0;
    make_world();
    for (uint64_t i = 0; i < 400; i++) {
        pl_block_result result;
        pl_chain *chain = make_up(i), *maker = make_up(i);
        uint8_t headers[2 * PL_HEADER_SIZE];
        const uint64_t time_s =
            draw() % 4 == 0 ? UINT64_MAX - draw() % 2 : chain->head.time_s + draw() % 40;
        make_body(&body, chain, time_s);
        memcpy(headers, chain->header, PL_HEADER_SIZE);
        if (pl_chain_seal_block(&result, chain, time_s, body.bytes, body.size, NULL) != PL_OK) {
            assert_int_equal(result.status, PL_REJECT_TIME); /* the sum wrapped */
            refused++;
        } else {
            const question feed = word(2);
            const pl_certified_view view = view_of(PL_MOMENT_END, TINY_PRICE, &feed);
            memcpy(headers + PL_HEADER_SIZE, result.block, PL_HEADER_SIZE);
            const pl_certify request = {.kind = PL_CERTIFIES_BLOCK,
                                        .headers = headers,
                                        .header_count = 2,
                                        .block = result.block,
                                        .block_size = result.block_size,
                                        .views = &view,
                                        .view_count = 1,
                                        .claim = plain_claim};
            pl_certified facts;
            const blob certificate = certify(maker, &request, &facts);
            all_rows += facts.has_seek;
            assert_string_equal(verdict_of(&certificate), "done OK");
            free(certificate.data);
        }
        pl_chain_free(maker);
        stop(chain);
    }
    assert_true(all_rows > 100); /* means are found by seeking: everything is told then */
    assert_true(refused < 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(made_up_rows_stop_nobody, set_up),
    };
    return cmocka_run_group_tests_name("certificate rows", tests, NULL, NULL);
}
