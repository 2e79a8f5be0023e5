/* Wormhole VAA version 1. spec 09 §5
 *
 *   version u8 = 1 | guardian set index u32 | count u8 |
 *   count signatures: guardian index u8 | r 32 | s 32 | v u8 in 0, 1 |
 *   body: time u32 s | nonce u32 | emitter chain u16 | emitter 32 | sequence u64 | consistency u8 |
 *   payload
 *
 * Version, set index and signatures are not signed; the body is. Checked in this order: version,
 * that signatures and body are there, the set, the quorum, then each signature: its index is one
 * of the set, above the one before, its key is that member's. */
#include "vm/oracle/vaa.h"

#include <string.h>

#include "vm/base/assume.h"
#include "vm/base/bytes.h"
#include "vm/base/keccak.h"

#define SIGNATURE_SIZE 66u
#define BODY_HEAD_SIZE 51u
#define VAA_VERSION    1u

void pl_guardian_set_id(uint8_t id[32], uint64_t index)
{
    memset(id, 0, 24);
    pl_store_u64(id + 24, index);
}

/* The set by its index, and enough signatures for it. */
static pl_status find_set(pl_signers *signers, const pl_adapter_input *in, uint64_t index,
                          uint64_t count)
{
    uint8_t id[32];
    pl_guardian_set_id(id, index);
    PL_TRY(pl_signers_named(signers, in, id, PL_REJECT_SIGNER_SET));
    return pl_is_inspection(in) || count >= signers->set->quorum ? PL_OK : PL_REJECT_QUORUM;
}

/* Strictly ascending; an index that was there before is named as what it is. */
static pl_status check_place(const pl_signers *signers, pl_member_set *places, int last,
                             unsigned place)
{
    if (!pl_is_inspection(signers->in) && place >= signers->set->member_count) {
        return PL_REJECT_SIGNER;
    }
    if (pl_member_in(places, place)) {
        return PL_REJECT_SIGNER_DUPLICATE;
    }
    pl_member_add(places, place);
    return (int)place > last ? PL_OK : PL_REJECT_SIGNER_ORDER;
}

static pl_status check_signatures(pl_signers *signers, pl_bytes_cursor *cursor, uint64_t count,
                                  const uint8_t *digest)
{
    pl_member_set places = {{0}};
    int last = -1;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t place, v;
        const uint8_t *r, *s;
        PL_SURE(pl_take_uint(cursor, "guardian index", PL_TIME_NONE, &place, 1));
        PL_SURE(pl_take(cursor, "r", PL_PART_BYTES, &r, 32));
        PL_SURE(pl_take(cursor, "s", PL_PART_BYTES, &s, 32));
        PL_SURE(pl_take_uint(cursor, "v", PL_TIME_NONE, &v, 1));
        PL_TRY(check_place(signers, &places, last, (unsigned)place));
        PL_TRY(pl_signers_recover_at(signers, (unsigned)place, digest, r, s, v, 0));
        const bool is_known = signers->set != NULL && place < signers->set->member_count;
        PL_SURE(pl_signers_count(signers, is_known ? (int)place : -1));
        last = (int)place;
    }
    return PL_OK;
}

static pl_status take_body(pl_vaa *vaa, pl_bytes_cursor *cursor)
{
    uint64_t time, nonce, chain, consistency;
    PL_SURE(pl_take_uint(cursor, "time", PL_TIME_S, &time, 4));
    PL_SURE(pl_take_uint(cursor, "nonce", PL_TIME_NONE, &nonce, 4));
    PL_SURE(pl_take_uint(cursor, "emitter chain", PL_TIME_NONE, &chain, 2));
    PL_SURE(pl_take(cursor, "emitter", PL_PART_BYTES, &vaa->emitter, PL_EMITTER_SIZE));
    PL_SURE(pl_take_uint(cursor, "sequence", PL_TIME_NONE, &vaa->sequence, 8));
    PL_SURE(pl_take_uint(cursor, "consistency", PL_TIME_NONE, &consistency, 1));
    vaa->time_s = (uint32_t)time;
    vaa->emitter_chain = (uint16_t)chain;
    vaa->payload = *cursor;
    return PL_OK;
}

pl_status pl_vaa_check(pl_vaa *vaa, pl_signers *signers, pl_bytes_cursor *cursor)
{
    uint64_t version, index, count;
    PL_TRY(pl_take_uint(cursor, "version", PL_TIME_NONE, &version, 1));
    if (version != VAA_VERSION) {
        return PL_REJECT_VERSION;
    }
    PL_TRY(pl_take_uint(cursor, "guardian set index", PL_TIME_NONE, &index, 4));
    PL_TRY(pl_take_uint(cursor, "signature count", PL_TIME_NONE, &count, 1));
    const size_t rest = cursor->end - cursor->offset;
    if (rest < count * SIGNATURE_SIZE + BODY_HEAD_SIZE) {
        return PL_REJECT_TRUNCATED;
    }
    PL_TRY(find_set(signers, cursor->in, index, count));
    const size_t body = cursor->offset + (size_t)count * SIGNATURE_SIZE;
    pl_vaa found = {.set_index = (uint32_t)index};
    pl_keccak_of(found.digest, cursor->in->payload + body, cursor->end - body);
    pl_keccak_of(found.digest, found.digest, sizeof found.digest);
    PL_TRY(check_signatures(signers, cursor, count, found.digest));
    PL_SURE(take_body(&found, cursor));
    *vaa = found;
    return PL_OK;
}

pl_status pl_vaa_read(pl_reading *reading, const pl_adapter_input *in)
{
    pl_vaa vaa;
    pl_signers signers;
    pl_bytes_cursor cursor = pl_bytes_cursor_at(in, 0, in->size);
    PL_TRY(pl_vaa_check(&vaa, &signers, &cursor));
    const uint8_t *payload;
    PL_SURE(pl_take(&cursor, "payload", PL_PART_BYTES, &payload, cursor.end - cursor.offset));
    pl_reading_time(reading, PL_TIME_S, vaa.time_s);
    reading->order = vaa.time_s;
    pl_signers_tell(reading, &signers, vaa.digest);
    return PL_OK;
}

/* ---- the chain of guardian sets ---- */

#define CORE_CHAIN    1u
#define CORE_CONTRACT 4u /* the address 0x00..04 */
#define ALL_CHAINS    0u
#define UPGRADE       2u

static const uint8_t core_module[32] = {[28] = 'C', 'o', 'r', 'e'};

static pl_status check_governance(const pl_vaa *vaa)
{
    static const uint8_t core_contract[PL_EMITTER_SIZE] = {[31] = CORE_CONTRACT};
    return vaa->emitter_chain == CORE_CHAIN &&
                   memcmp(vaa->emitter, core_contract, sizeof core_contract) == 0
               ? PL_OK
               : PL_REJECT_EMITTER;
}

/* Nobody signs for the zero address, and nobody twice. */
static pl_status check_guardians(const uint8_t *members, size_t count)
{
    static const uint8_t zero[PL_ADDRESS_SIZE] = {0};
    for (size_t i = 0; i < count; i++) {
        const uint8_t *member = members + i * PL_ADDRESS_SIZE;
        if (memcmp(member, zero, sizeof zero) == 0) {
            return PL_REJECT_NON_CANONICAL;
        }
        for (size_t j = 0; j < i; j++) {
            if (memcmp(members + j * PL_ADDRESS_SIZE, member, PL_ADDRESS_SIZE) == 0) {
                return PL_REJECT_DUPLICATE;
            }
        }
    }
    return PL_OK;
}

static pl_status take_upgrade(pl_guardian_set *next, uint32_t current, pl_bytes_cursor *cursor)
{
    const uint8_t *module;
    uint64_t action, chain, index, count;
    PL_TRY(pl_take(cursor, "module", PL_PART_BYTES, &module, sizeof core_module));
    PL_TRY(pl_take_uint(cursor, "action", PL_TIME_NONE, &action, 1));
    PL_TRY(pl_take_uint(cursor, "chain", PL_TIME_NONE, &chain, 2));
    if (memcmp(module, core_module, sizeof core_module) != 0 || action != UPGRADE ||
        chain != ALL_CHAINS) {
        return PL_REJECT_MESSAGE_TYPE;
    }
    PL_TRY(pl_take_uint(cursor, "new guardian set index", PL_TIME_NONE, &index, 4));
    PL_TRY(pl_take_uint(cursor, "guardian count", PL_TIME_NONE, &count, 1));
    if (index != (uint64_t)current + 1) {
        return PL_REJECT_ORDER;
    }
    if (count == 0) {
        return PL_REJECT_RANGE;
    }
    PL_TRY(pl_take(cursor, "guardians", PL_PART_BYTES, &next->members,
                   (size_t)count * PL_ADDRESS_SIZE));
    PL_TRY(pl_take_end(cursor));
    PL_TRY(check_guardians(next->members, (size_t)count));
    next->index = (uint32_t)index;
    next->member_count = (uint8_t)count;
    next->quorum = (uint8_t)(2 * count / 3 + 1);
    return PL_OK;
}

pl_status pl_guardian_upgrade(pl_guardian_set *next, const pl_guardian_set *current,
                              const uint8_t *vaa, size_t vaa_size)
{
    pl_signer_set sets[] = {{.until_s = UINT64_MAX,
                             .quorum = current->quorum,
                             .member_count = current->member_count,
                             .members = current->members}};
    pl_guardian_set_id(sets->id, current->index);
    const pl_feed feed = {
        .format = PL_FEED_VAA, .set_count = sizeof sets / sizeof *sets, .sets = sets};
    const pl_adapter_input in = {.feed = &feed, .payload = vaa, .size = vaa_size};
    pl_bytes_cursor cursor = pl_bytes_cursor_at(&in, 0, vaa_size);
    pl_vaa verified;
    pl_signers signers;
    pl_guardian_set found = {0};
    PL_TRY(pl_vaa_check(&verified, &signers, &cursor));
    PL_TRY(check_governance(&verified));
    PL_TRY(take_upgrade(&found, current->index, &cursor));
    *next = found;
    return PL_OK;
}
