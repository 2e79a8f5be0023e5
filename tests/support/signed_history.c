#include "tests/support/signed_history.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/heap.h"
#include "tests/support/tiny_world.h"
#include "vm/oracle/native.h"
#include "vm/plimsoll.h"

typedef struct maker {
    const signed_shape *shape;
    const signed_sink *sink;
    const signer *senders;
    pl_chain *chain;
    tiny_body body;
    uint64_t next; /* transaction */
} maker;

static void tell(const maker *m, const uint8_t *digest, const uint8_t *signature,
                 const uint8_t *key)
{
    if (m->sink != NULL) {
        m->sink->signature(m->sink->context, digest, signature, key);
    }
}

static void add_report(maker *m, uint32_t number)
{
    static const uint8_t order[SIGNED_REPORT_SIGNERS] = {0, 2};
    uint8_t report[PL_NATIVE_SIZE_MAX], digest[32];
    const uint8_t *world_id = pl_chain_world(m->chain)->id;
    const report_spec spec = {world_id, TINY_ETH,       number + 1, TINY_TIME + number,   5,
                              8,        tiny_signers(), order,      SIGNED_REPORT_SIGNERS};
    tiny_body_report(&m->body, report, report_make(report, &spec));
    pl_native_digest(digest, world_id, report);
    for (unsigned i = 0; i < SIGNED_REPORT_SIGNERS; i++) {
        tell(m, digest, report + PL_NATIVE_HEAD_SIZE + i * PL_NATIVE_SIGNATURE_SIZE + 1,
             tiny_signers()[order[i]].public_key);
    }
}

static bool add_call(maker *m)
{
    const uint32_t who = (uint32_t)(m->next % m->shape->senders);
    uint8_t bytes[256], digest[32];
    pl_tx tx;
    const tiny_call call = {.contract = 1,
                            .function = TINY_PUT,
                            .k = who,
                            .v = m->next,
                            .has_v = true,
                            .gas = 9000,
                            .nonce = m->next / m->shape->senders,
                            .key = &m->senders[who],
                            .world_id = pl_chain_world(m->chain)->id};
    const size_t size = tiny_tx(bytes, &call);
    m->next++;
    tiny_body_tx(&m->body, bytes, size);
    if (pl_tx_decode(&tx, bytes, size) != PL_OK) {
        return false;
    }
    pl_tx_digest(digest, call.world_id, bytes, pl_tx_unsigned_size(&tx));
    tell(m, digest, tx.signature, tx.public_key);
    return true;
}

static bool add_block(pt_bytes *history, maker *m, uint32_t number)
{
    pl_block_result result;
    tiny_body_begin(&m->body);
    add_report(m, number);
    tiny_body_transactions(&m->body);
    for (uint32_t i = 0; i < m->shape->transactions; i++) {
        if (!add_call(m)) {
            return false;
        }
    }
    if (pl_chain_seal_block(&result, m->chain, TINY_TIME + number, m->body.bytes, m->body.size,
                            NULL) != PL_OK ||
        result.counts.tx_ok != m->shape->transactions || result.counts.reports_accepted != 1) {
        return false;
    }
    pt_put_u32(history, (uint32_t)result.block_size);
    pt_put(history, result.block, result.block_size);
    return true;
}

bool signed_history_make(pt_bytes *history, const signed_shape *shape, const signed_sink *sink)
{
    static uint8_t world[TINY_WORLD_SIZE_MAX];
    const size_t world_size = tiny_world(world, sizeof world, true);
    signer *senders = pt_take_zeroed(shape->senders, sizeof *senders);
    maker *m = pt_take_zeroed(1, sizeof *m);
    *m = (maker){.shape = shape, .sink = sink, .senders = senders};
    for (uint32_t i = 0; i < shape->senders; i++) {
        senders[i] = signer_of(100 + i);
    }
    pt_put(history, "PLHS", 4);
    pt_put_u16(history, 1);
    pt_put_u32(history, (uint32_t)world_size);
    pt_put(history, world, world_size);
    bool made = pl_chain_create(&m->chain, NULL, &heap_memory, world, world_size) == PL_OK;
    for (uint32_t i = 0; i < shape->blocks && made; i++) {
        made = add_block(history, m, i);
    }
    pl_chain_free(m->chain);
    free(m);
    free(senders);
    return made;
}
