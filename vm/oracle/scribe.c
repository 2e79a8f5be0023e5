/* Chronicle Scribe, the call poke(PokeData, SchnorrData). spec 09 §13
 *
 *     selector 4 | value u128 | age u32, s | offset of SchnorrData
 *     SchnorrData: s 32 | commitment (address) | offset | feed id count | feed ids, one byte each
 *
 * Shape, quorum (exactly), feed ids known and distinct, the Schnorr signature by the sum of their
 * keys, zero price. A feed id is the first byte of the address of a member's key; of two members
 * with one first byte the first has the id. */
#include <string.h>

#include "vm/base/keccak.h"
#include "vm/oracle/adapter.h"

#define WORD     32u
#define SELECTOR 4u
#define TAIL     (SELECTOR + 3 * WORD) /* where SchnorrData stands in the one encoding    */
#define IDS      (TAIL + 4 * WORD)     /* and the feed ids                                */
#define VALUE    16u                   /* a u128 is the last 16 bytes of its word         */
#define AGE      4u                    /* and a u32 the last 4: both are signed so packed */

typedef struct call {
    const uint8_t *value, *age, *s, *commitment, *ids;
    size_t id_count;
} call;

static pl_status take_head(pl_bytes_cursor *cursor, const uint8_t **value, const uint8_t **age)
{
    static const uint8_t poke[2][SELECTOR] = {{0x2f, 0x52, 0x9d, 0x73},  /* poke                  */
                                              {0x00, 0x00, 0x00, 0x82}}; /* its twin of low cost */
    const uint8_t *selector;
    PL_TRY(pl_take(cursor, "selector", PL_PART_BYTES, &selector, SELECTOR));
    if (memcmp(selector, poke[0], SELECTOR) != 0 && memcmp(selector, poke[1], SELECTOR) != 0) {
        return PL_REJECT_MAGIC;
    }
    PL_TRY(pl_word_raw(cursor, "value", PL_PART_UINT, PL_TIME_NONE, value));
    return pl_word_raw(cursor, "age", PL_PART_TIME, PL_TIME_S, age);
}

/* Solidity's decoder refuses words with more than their type, so the words come first. */
static pl_status check_words(pl_reading *reading, const pl_adapter_input *in, const call *found)
{
    pl_i256 price, address;
    PL_TRY(pl_int256_of_word(&price, found->value, 8 * VALUE, false));
    PL_TRY(pl_uint_of_word(&reading->order, found->age, 8 * AGE));
    PL_TRY(pl_int256_of_word(&address, found->commitment, 8 * PL_ADDRESS_SIZE, false));
    pl_reading_time(reading, PL_TIME_S, reading->order);
    const pl_i256 zero = pl_i256_from_i64(0);
    if (pl_i256_cmp(&price, &zero) != 0) { /* the contract's readers take zero for "no price" */
        pl_reading_price(reading, in, &price);
    }
    return PL_OK;
}

/* The one encoding ends with zeros up to a full word, and there. */
static void note_layout(pl_reading *reading, const pl_adapter_input *in, const call *found)
{
    const size_t end = IDS + (found->id_count + WORD - 1) / WORD * WORD;
    bool in_place = found->ids == in->payload + IDS && in->size >= end;
    for (size_t i = IDS + found->id_count; in_place && i < end; i++) {
        in_place = in->payload[i] == 0;
    }
    if (!in_place) {
        pl_reading_strict(reading, PL_REJECT_NON_CANONICAL);
    } else if (in->size > end) {
        pl_reading_strict(reading, PL_REJECT_TRAILING);
    }
}

static pl_status take_call(pl_reading *reading, const pl_adapter_input *in, call *found)
{
    uint64_t offset;
    pl_bytes_cursor cursor = pl_bytes_cursor_at(in, 0, in->size), ids;
    PL_TRY(take_head(&cursor, &found->value, &found->age));
    const pl_status led = pl_word_uint(&cursor, "signature offset", PL_TIME_NONE, &offset, 64);
    if (led != PL_OK || offset > in->size - SELECTOR) {
        return PL_REJECT_TRUNCATED;
    }
    const size_t tail = SELECTOR + (size_t)offset;
    cursor = pl_bytes_cursor_at(in, tail, in->size);
    PL_TRY(pl_word_bytes(&cursor, "s", &found->s));
    PL_TRY(pl_word_bytes(&cursor, "commitment", &found->commitment));
    PL_TRY(pl_abi_dynamic(&cursor, "feed ids offset", tail, 1, &ids, &found->id_count));
    PL_SURE(pl_take(&ids, "feed ids", PL_PART_BYTES, &found->ids, found->id_count));
    PL_TRY(check_words(reading, in, found));
    if (tail == TAIL) {
        note_layout(reading, in, found);
    } else {
        pl_reading_strict(reading, PL_REJECT_NON_CANONICAL);
    }
    return PL_OK;
}

/* EIP-191(keccak256(wat | value u128 | age u32)) */
static void message_digest(uint8_t digest[32], const uint8_t *wat, const call *found)
{
    pl_keccak keccak;
    pl_keccak_begin(&keccak);
    pl_keccak_add(&keccak, wat, WORD);
    pl_keccak_add(&keccak, found->value + WORD - VALUE, VALUE);
    pl_keccak_add(&keccak, found->age + WORD - AGE, AGE);
    pl_keccak_end(&keccak, digest);
    pl_eip191_of(digest, digest);
}

#define NO_MEMBER 255u

/* Which member has which feed id; the others stay as they are. */
static void assign_ids(uint8_t member_of[256], const pl_signer_set *set)
{
    for (unsigned i = set->member_count; i-- > 0;) {
        uint8_t address[PL_ADDRESS_SIZE];
        pl_address_of_key(address, &set->keys[i]);
        member_of[address[0]] = (uint8_t)i;
    }
}

/* Counts the signers and sums their keys. Only with a set. */
static pl_status sum_keys(pl_public_key *sum, pl_signers *signers, const call *found)
{
    const pl_public_key *keys[NO_MEMBER];
    uint8_t member_of[256];
    unsigned count = 0;
    memset(member_of, NO_MEMBER, sizeof member_of);
    assign_ids(member_of, signers->set);
    for (size_t i = 0; i < found->id_count; i++) {
        const uint8_t member = member_of[found->ids[i]];
        if (member == NO_MEMBER) {
            return PL_REJECT_SIGNER;
        }
        PL_TRY(pl_signers_count(signers, member));
        keys[count++] = &signers->set->keys[member]; /* distinct, so at most 255 */
    }
    return count == 0 ? PL_REJECT_QUORUM : pl_keys_sum(sum, keys, count);
}

static pl_status check_signature(pl_signers *signers, const call *found, const uint8_t *digest)
{
    pl_public_key sum;
    const pl_status summed = sum_keys(&sum, signers, found);
    if (summed != PL_OK) {
        pl_signers_show(signers, digest, summed, NULL, 0, -1);
        return pl_is_inspection(signers->in) ? PL_OK : summed;
    }
    const pl_status status =
        pl_scribe_check(&sum, digest, found->s, found->commitment + WORD - PL_ADDRESS_SIZE);
    uint8_t key[PL_PUBLIC_KEY_SIZE];
    pl_public_key_store(key, &sum);
    pl_signers_show(signers, digest, status, key, sizeof key, -1);
    return status;
}

pl_status pl_scribe_read(pl_reading *reading, const pl_adapter_input *in)
{
    call found;
    uint8_t digest[32];
    pl_signers signers;
    PL_TRY(take_call(reading, in, &found));
    if (in->feed->subject_size != WORD) {
        return pl_is_inspection(in) ? PL_OK : PL_REJECT_SUBJECT; /* nothing to verify without */
    }
    message_digest(digest, in->feed->subject, &found);
    PL_TRY(pl_signers_active(&signers, in));
    if (signers.set == NULL) {
        pl_signers_show(&signers, digest, PL_REJECT_UNKNOWN_SIGNER, NULL, 0, -1);
    } else {
        if (!pl_is_inspection(in) && found.id_count != signers.set->quorum) {
            return PL_REJECT_QUORUM;
        }
        PL_TRY(check_signature(&signers, &found, digest));
    }
    pl_signers_tell(reading, &signers, digest);
    return PL_OK;
}
