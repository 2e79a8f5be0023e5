/* Stork v1, the aggregator's signed price. spec 09 §12
 *
 *     id 32 | timestamp 32, ns | value 32 | publisher Merkle root 32 | algorithm 32 | r | s | v u8
 *
 * Shape, signature, ranges (u64, int192), subject. The aggregator's own address is the first part
 * of what it signs, so it has to be known before a signature can be looked at: it is the first
 * member of the set. */
#include "vm/base/keccak.h"
#include "vm/oracle/adapter.h"

#define WORD 32u

#define AGGREGATOR 0u /* its place in the set */

static void aggregator_digest(uint8_t digest[32], const pl_signers *signers)
{
    static const uint8_t nobody[PL_ADDRESS_SIZE] = {0};
    pl_keccak keccak;
    pl_keccak_begin(&keccak);
    pl_keccak_add(&keccak, signers->set == NULL ? nobody : signers->set->members, PL_ADDRESS_SIZE);
    pl_keccak_add(&keccak, signers->in->payload, 5 * WORD);
    pl_keccak_end(&keccak, digest);
    pl_eip191_of(digest, digest);
}

/* The signature is by the key whose address was signed: nobody signs for the aggregator, another
 * member neither. */
static pl_status check_signature(pl_reading *reading, const pl_adapter_input *in, const uint8_t *r,
                                 const uint8_t *s, uint64_t v)
{
    uint8_t digest[32];
    pl_signers signers;
    PL_TRY(pl_signers_active(&signers, in));
    aggregator_digest(digest, &signers);
    PL_TRY(pl_signers_recover_at(&signers, AGGREGATOR, digest, r, s, v, 27));
    PL_SURE(pl_signers_count(&signers, signers.set == NULL ? -1 : (int)AGGREGATOR));
    PL_TRY(pl_signers_quorum(&signers));
    pl_signers_tell(reading, &signers, digest);
    return PL_OK;
}

pl_status pl_stork_read(pl_reading *reading, const pl_adapter_input *in)
{
    const uint8_t *id, *time, *value, *root, *algorithm, *r, *s;
    uint64_t v;
    pl_bytes_cursor cursor = pl_bytes_cursor_at(in, 0, in->size);
    PL_TRY(pl_word_bytes(&cursor, "id", &id));
    PL_TRY(pl_word_raw(&cursor, "timestamp", PL_PART_TIME, PL_TIME_NS, &time));
    PL_TRY(pl_word_raw(&cursor, "value", PL_PART_INT, PL_TIME_NONE, &value));
    PL_TRY(pl_word_bytes(&cursor, "publisher root", &root));
    PL_TRY(pl_word_bytes(&cursor, "algorithm", &algorithm));
    PL_TRY(pl_word_bytes(&cursor, "r", &r));
    PL_TRY(pl_word_bytes(&cursor, "s", &s));
    PL_TRY(pl_take_uint(&cursor, "v", PL_TIME_NONE, &v, 1));
    PL_TRY(pl_take_end(&cursor));
    PL_TRY(check_signature(reading, in, r, s, v));

    pl_i256 price;
    PL_TRY(pl_uint_of_word(&reading->order, time, 64));
    PL_TRY(pl_int256_of_word(&price, value, 192, true));
    PL_TRY(pl_subject_check(in, id, WORD));
    pl_reading_time(reading, PL_TIME_NS, reading->order);
    pl_reading_price(reading, in, &price);
    return PL_OK;
}
