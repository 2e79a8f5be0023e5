/* The call poke(uint256[] val, uint256[] age, uint8[] v, bytes32[] r, bytes32[] s) of a Maker
 * Median. spec 09 §9
 *
 *     89bbb8b2 | 5 offsets | 5 arrays of a count word and its elements
 *
 * Shape, quorum (exactly), then per entry: signature, values do not fall, no two signers with one
 * first address byte. The contract keeps one bit per first byte, so that is what duplicate means
 * here. Offsets may lie anywhere, as in the contract's decoder; strict feeds want the arrays in
 * their order, without gaps. */
#include <string.h>

#include "vm/base/keccak.h"
#include "vm/oracle/median.h"

enum { VALUES, AGES, VS, RS, SS, ARRAYS };
#define WORD     32u
#define SELECTOR 4u
#define HEAD     (SELECTOR + ARRAYS * WORD)

void pl_median_digest(uint8_t digest[32], const uint8_t *value, const uint8_t *age,
                      const uint8_t *wat)
{
    pl_keccak keccak;
    pl_keccak_begin(&keccak);
    pl_keccak_add(&keccak, value, WORD);
    pl_keccak_add(&keccak, age, WORD);
    pl_keccak_add(&keccak, wat, PL_WAT_SIZE);
    pl_keccak_end(&keccak, digest);
    pl_eip191_of(digest, digest);
}

pl_status pl_median_tell(pl_reading *reading, const pl_adapter_input *in, const uint8_t *value,
                         const uint8_t *age)
{
    pl_i256 price;
    PL_TRY(pl_int256_of_word(&price, value, 128, false));
    PL_TRY(pl_uint_of_word(&reading->order, age, 64));
    pl_reading_time(reading, PL_TIME_S, reading->order);
    const pl_i256 zero = pl_i256_from_i64(0);
    if (pl_i256_cmp(&price, &zero) != 0) { /* the contract's readers take zero for "no price" */
        pl_reading_price(reading, in, &price);
    }
    return PL_OK;
}

/* Selector, offsets and counts. *count is how many values there are; the other arrays have as many
 * elements or more, which the contract does not ask either. */
static pl_status take_arrays(pl_reading *reading, const pl_adapter_input *in,
                             pl_bytes_cursor arrays[ARRAYS], size_t *count)
{
    static const uint8_t poke[SELECTOR] = {0x89, 0xbb, 0xb8, 0xb2};
    static const char *const names[ARRAYS] = {"values", "ages", "v", "r", "s"};
    const uint8_t *selector;
    pl_bytes_cursor cursor = pl_bytes_cursor_at(in, 0, in->size);
    PL_TRY(pl_take(&cursor, "selector", PL_PART_BYTES, &selector, SELECTOR));
    if (memcmp(selector, poke, SELECTOR) != 0) {
        return PL_REJECT_MAGIC;
    }
    bool enough = true, in_place = true;
    for (unsigned i = 0; i < ARRAYS; i++) {
        size_t elements;
        PL_TRY(pl_abi_dynamic(&cursor, names[i], SELECTOR, WORD, &arrays[i], &elements));
        *count = i == 0 ? elements : *count;
        enough = enough && elements >= *count;
        in_place = in_place && elements == *count &&
                   arrays[i].offset == HEAD + i * (*count + 1) * WORD + WORD;
    }
    if (!enough) {
        return PL_REJECT_NON_CANONICAL;
    }
    if (!in_place) {
        pl_reading_strict(reading, PL_REJECT_NON_CANONICAL);
    } else if (in->size > HEAD + ARRAYS * (*count + 1) * WORD) {
        pl_reading_strict(reading, PL_REJECT_TRAILING);
    }
    return PL_OK;
}

/* What is known after some entries. */
typedef struct entries {
    pl_signers signers;
    uint8_t digest[32];
    const uint8_t *value; /* of the last entry, NULL before the first */
    const uint8_t *age;   /* the smallest                             */
    uint64_t first_bytes[4];
} entries;

static pl_status count_signer(entries *done, int member)
{
    if (member >= 0) {
        const uint8_t first = done->signers.set->members[(unsigned)member * PL_ADDRESS_SIZE];
        const uint64_t bit = UINT64_C(1) << (first % 64);
        if ((done->first_bytes[first / 64] & bit) != 0) {
            return PL_REJECT_SIGNER_DUPLICATE;
        }
        done->first_bytes[first / 64] |= bit;
    }
    return pl_signers_count(&done->signers, member);
}

static pl_status take_entry(entries *done, pl_bytes_cursor arrays[ARRAYS], const uint8_t *wat)
{
    const uint8_t *value, *age, *v, *r, *s;
    int member;
    PL_SURE(pl_word_raw(&arrays[VALUES], "value", PL_PART_UINT, PL_TIME_NONE, &value));
    PL_SURE(pl_word_raw(&arrays[AGES], "age", PL_PART_TIME, PL_TIME_S, &age));
    PL_SURE(pl_word_raw(&arrays[VS], "v", PL_PART_UINT, PL_TIME_NONE, &v));
    PL_SURE(pl_word_bytes(&arrays[RS], "r", &r));
    PL_SURE(pl_word_bytes(&arrays[SS], "s", &s));
    pl_median_digest(done->digest, value, age, wat);
    PL_TRY(pl_signers_recover(&done->signers, &member, done->digest, r, s, pl_recovery_of_word(v),
                              27));
    if (done->value != NULL && memcmp(value, done->value, WORD) < 0) {
        return PL_REJECT_VALUE_ORDER;
    }
    done->value = value;
    done->age = done->age == NULL || memcmp(age, done->age, WORD) < 0 ? age : done->age;
    return count_signer(done, member);
}

pl_status pl_median_poke_read(pl_reading *reading, const pl_adapter_input *in)
{
    static const uint8_t no_wat[PL_WAT_SIZE] = {0}; /* an inspection without: all are strangers */
    pl_bytes_cursor arrays[ARRAYS];
    size_t count = 0;
    entries done = {.value = NULL};
    PL_TRY(take_arrays(reading, in, arrays, &count));
    const bool has_wat = in->feed->subject_size == PL_WAT_SIZE;
    if (!has_wat && !pl_is_inspection(in)) {
        return PL_REJECT_SUBJECT;
    }
    PL_TRY(pl_signers_active(&done.signers, in));
    if (!pl_is_inspection(in) && count != done.signers.set->quorum) {
        return PL_REJECT_QUORUM;
    }
    const uint8_t *middle = NULL;
    for (size_t i = 0; i < count; i++) {
        PL_TRY(take_entry(&done, arrays, has_wat ? in->feed->subject : no_wat));
        middle = i == count / 2 ? done.value : middle;
    }
    pl_signers_tell(reading, &done.signers, count > 0 ? done.digest : NULL);
    return count > 0 ? pl_median_tell(reading, in, middle, done.age) : PL_OK;
}
