/* The hash index is an array of slots, searched from a key's home slot on until a free one.
 * Removing closes the gap by moving back every later slot that may stand nearer to its home, so
 * that there are no tombstones.
 *
 * A slot is 32 bits: the record's number, and above it as many bits of its key's hash as there is
 * room for. The home slot is made of the hash's upper bits, these are its lower ones: a slot that
 * stands at home and agrees has the whole hash. Where the rest of the hash is needed, to grow or to
 * close a gap, it is computed anew from the record's key. */
#include "vm/state/rows.h"

#include <string.h>

#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define SLOTS_FIRST   16u
#define SLOTS_MAX     (SIZE_MAX > UINT32_MAX ? 1u << 31 : 1u << 27) /* their bytes fit size_t */

#define NUMBER_BITS_MIN 8u
#define AHEAD           8u /* slots between asking for a record and using it */

/* At most five eighths of the slots are taken. Numbers are reused before new ones are handed out,
 * so all of them are below PL_POOL_FIRST + 5/8 slots, which is at most 2^8 or the slots. */
static inline bool is_full(const pl_row_pool *rows)
{
    return rows->records.used >= rows->slot_count / 8 * 5;
}
_Static_assert(PL_POOL_FIRST + 128 / 8 * 5 <= 1u << NUMBER_BITS_MIN, "numbers of 128 slots fit");
_Static_assert(PL_POOL_FIRST <= 256 / 8 * 3, "numbers of 256 slots and more fit their bits");

void pl_row_pool_begin(pl_row_pool *rows, const pl_memory *memory, uint32_t key_size,
                       uint32_t row_size, uint64_t seed)
{
    *rows = (pl_row_pool){.key_size = key_size, .seed = seed};
    const size_t size = offsetof(pl_record, bytes) + key_size + row_size;
    pl_pool_begin(&rows->records, memory, (size + 7) / 8 * 8);
}

void pl_row_pool_end(pl_row_pool *rows)
{
    if (rows->slots != NULL) {
        const pl_memory *memory = &rows->records.memory;
        memory->give(memory->context, rows->slots, rows->slot_count * sizeof(uint32_t));
        rows->slots = NULL;
    }
    pl_pool_end(&rows->records);
}

/* Keys are read a word at a time, in memory's order of bytes: nothing but the place in the index
 * depends on it. Reads do not overlap, so that each finds its bytes in one of the stores that have
 * just written the key, field by field. */
static inline uint64_t word_at(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

/* Returns the last size % 8 bytes before `end` as one number, different for different bytes. */
ALWAYS_INLINE uint64_t tail_before(const uint8_t *end, uint32_t size)
{
    const uint8_t *bytes = end - size % 8;
    uint64_t tail = 0;
    if ((size & 4) != 0) {
        uint32_t four;
        memcpy(&four, bytes, sizeof four);
        tail = four;
        bytes += 4;
    }
    if ((size & 2) != 0) {
        uint16_t two;
        memcpy(&two, bytes, sizeof two);
        tail = tail << 16 | two;
        bytes += 2;
    }
    return (size & 1) != 0 ? tail << 8 | bytes[0] : tail;
}

static inline bool same_key(const uint8_t *a, const uint8_t *b, uint32_t size)
{
    for (uint32_t i = 0; i + 8 <= size; i += 8) {
        if (word_at(a + i) != word_at(b + i)) {
            return false;
        }
    }
    return tail_before(a + size, size) == tail_before(b + size, size);
}

#define ODD UINT64_C(0x9e3779b97f4a7c15) /* 2^64 over the golden ratio */

static inline uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * ODD;
    return hash ^ hash >> 32;
}

/* What a slot of this hash has above its number. */
static inline uint32_t tag_of(const pl_row_pool *rows, uint32_t hash)
{
    return hash << rows->number_bits;
}

static inline uint32_t number_in(const pl_row_pool *rows, uint32_t slot)
{
    return slot & ((1u << rows->number_bits) - 1);
}

static inline bool has_tag(const pl_row_pool *rows, uint32_t slot, uint32_t tag)
{
    return (slot ^ tag) >> rows->number_bits == 0;
}

/* Keys of at most eight bytes, which most are, count as one number. */
#define SHORT_SIZE 8u

ALWAYS_INLINE uint64_t short_key(const uint8_t *key, uint32_t size)
{
    return size == SHORT_SIZE ? word_at(key) : tail_before(key + size, size);
}

/* Returns 32 well mixed bits. */
static inline uint32_t short_hash_of(const pl_row_pool *rows, uint64_t word)
{
    return (uint32_t)(mix(rows->seed ^ rows->key_size, word) * ODD >> 32);
}

/* The same for a key of any size. */
static inline uint32_t hash_of(const pl_row_pool *rows, const uint8_t *key)
{
    const uint32_t size = rows->key_size;
    if (size <= SHORT_SIZE) {
        return short_hash_of(rows, short_key(key, size));
    }
    uint64_t hash = rows->seed ^ size;
    for (uint32_t i = 0; i + 8 <= size; i += 8) {
        hash = mix(hash, word_at(key + i));
    }
    if (size % 8 != 0) {
        hash = mix(hash, tail_before(key + size, size));
    }
    return (uint32_t)(hash * ODD >> 32);
}

static inline uint32_t home_of(const pl_row_pool *rows, uint32_t hash)
{
    return (uint32_t)((uint64_t)hash << 32 >> rows->slot_shift);
}

/* Returns the slot that holds the key, or the free slot where it would go. */
static inline uint32_t slot_of(const pl_row_pool *rows, const uint8_t *key, uint32_t hash)
{
    const uint32_t tag = tag_of(rows, hash);
    uint32_t slot = home_of(rows, hash);
    while (rows->slots[slot] != 0) {
        if (has_tag(rows, rows->slots[slot], tag)) {
            const pl_record *record = pl_row_pool_record(rows, number_in(rows, rows->slots[slot]));
            if (same_key(record->bytes, key, rows->key_size)) {
                break;
            }
        }
        slot = (slot + 1) & (rows->slot_count - 1);
    }
    return slot;
}

/* On input: size is the pool's key size, at most SHORT_SIZE; most callers give a constant, and the
 * reading of keys becomes one or two loads. */
ALWAYS_INLINE pl_record *look_short(pl_row_pool *rows, const uint8_t *key, uint32_t size)
{
    const uint64_t word = short_key(key, size);
    if (word == rows->last_word && rows->last != 0) {
        return rows->last_record;
    }
    if (PL_UNLIKELY(rows->slot_count == 0)) {
        return NULL;
    }
    const uint32_t hash = short_hash_of(rows, word);
    const uint32_t tag = tag_of(rows, hash);
    uint32_t slot = home_of(rows, hash);
    for (uint32_t held = rows->slots[slot]; held != 0; held = rows->slots[slot]) {
        if (has_tag(rows, held, tag)) {
            const uint32_t number = number_in(rows, held);
            pl_record *record = pl_row_pool_record(rows, number);
            if (short_key(record->bytes, size) == word) {
                rows->last = number;
                rows->last_record = record;
                rows->last_word = word;
                return record;
            }
        }
        slot = (slot + 1) & (rows->slot_count - 1);
    }
    return NULL;
}

static __attribute__((noinline)) pl_record *look_of_any_short(pl_row_pool *rows, const uint8_t *key)
{
    return look_short(rows, key, rows->key_size);
}

/* Not inlined: its registers would be saved for short keys too. */
static __attribute__((noinline)) pl_record *look_long(pl_row_pool *rows, const uint8_t *key)
{
    if (rows->last != 0 && same_key(rows->last_record->bytes, key, rows->key_size)) {
        return rows->last_record;
    }
    if (rows->slot_count == 0) {
        return NULL;
    }
    const uint32_t number = number_in(rows, rows->slots[slot_of(rows, key, hash_of(rows, key))]);
    if (number == 0) {
        return NULL;
    }
    rows->last = number;
    rows->last_record = pl_row_pool_record(rows, number);
    return rows->last_record;
}

/* Contracts read a row field by field: the last key is the likeliest. */
pl_record *pl_row_pool_look(pl_row_pool *rows, const uint8_t *key)
{
    switch (rows->key_size) {
    case 1:
        return look_short(rows, key, 1);
    case 4:
        return look_short(rows, key, 4);
    case 5: /* a number and a small one: the commonest pair */
        return look_short(rows, key, 5);
    case 8:
        return look_short(rows, key, 8);
    default:
        return rows->key_size < SHORT_SIZE ? look_of_any_short(rows, key) : look_long(rows, key);
    }
}

/* Makes the record the one found last. */
static void remember(pl_row_pool *rows, uint32_t number, const uint8_t *key)
{
    rows->last = number;
    rows->last_record = pl_row_pool_record(rows, number);
    rows->last_word = rows->key_size <= SHORT_SIZE ? short_key(key, rows->key_size) : 0;
}

static uint32_t hash_of_record(const pl_row_pool *rows, uint32_t number)
{
    return hash_of(rows, pl_row_pool_record(rows, number)->bytes);
}

/* Takes over the records that `old` slots name, whose numbers had old_bits bits. */
static void fill(pl_row_pool *rows, const uint32_t *old, uint32_t old_count, uint32_t old_bits)
{
    const uint32_t old_mask = (1u << old_bits) - 1;
    for (uint32_t i = 0; i < old_count; i++) {
        if (i + AHEAD < old_count && old[i + AHEAD] != 0) {
            __builtin_prefetch(pl_row_pool_record(rows, old[i + AHEAD] & old_mask)->bytes);
        }
        if (old[i] != 0) {
            const uint32_t number = old[i] & old_mask;
            const uint32_t hash = hash_of_record(rows, number);
            uint32_t slot = home_of(rows, hash);
            while (rows->slots[slot] != 0) {
                slot = (slot + 1) & (rows->slot_count - 1);
            }
            rows->slots[slot] = tag_of(rows, hash) | number;
        }
    }
}

/* Doubles the index. */
static pl_status grow(pl_row_pool *rows)
{
    const uint32_t old_count = rows->slot_count;
    const uint32_t old_bits = rows->number_bits;
    uint32_t *const old = rows->slots;
    if (old_count >= SLOTS_MAX) {
        return PL_FAULT_MEMORY;
    }
    const uint32_t count = old_count == 0 ? SLOTS_FIRST : 2 * old_count;
    const pl_memory *memory = &rows->records.memory;
    uint32_t *slots = memory->take(memory->context, count * sizeof(uint32_t));
    if (slots == NULL) {
        return PL_FAULT_MEMORY;
    }
    memset(slots, 0, count * sizeof(uint32_t));
    const uint32_t bits = 31 ^ (uint32_t)__builtin_clz(count);
    rows->slots = slots;
    rows->slot_count = count;
    rows->slot_shift = 64 - bits;
    rows->number_bits = bits < NUMBER_BITS_MIN ? NUMBER_BITS_MIN : bits;
    if (old != NULL) {
        fill(rows, old, old_count, old_bits);
        memory->give(memory->context, old, old_count * sizeof(uint32_t));
    }
    return PL_OK;
}

pl_status pl_row_pool_take(pl_row_pool *rows, uint32_t *number, const uint8_t *key)
{
    *number = pl_row_pool_find(rows, key);
    if (*number != 0) {
        return PL_OK;
    }
    if (is_full(rows)) {
        PL_TRY(grow(rows));
    }
    PL_TRY(pl_pool_take(&rows->records, number));
    pl_record *record = pl_row_pool_record(rows, *number);
    record->stamp = 0;
    record->leaf = 0;
    record->present = 0;
    record->dirty = 0;
    memcpy(record->bytes, key, rows->key_size);
    const uint32_t hash = hash_of(rows, key);
    PL_ASSERT(number_in(rows, *number) == *number);
    rows->slots[slot_of(rows, key, hash)] = tag_of(rows, hash) | *number;
    remember(rows, *number, key);
    return PL_OK;
}

void pl_row_pool_give(pl_row_pool *rows, uint32_t number)
{
    const pl_record *record = pl_row_pool_record(rows, number);
    const uint32_t mask = rows->slot_count - 1;
    uint32_t gap = slot_of(rows, record->bytes, hash_of(rows, record->bytes));
    PL_ASSERT(number_in(rows, rows->slots[gap]) == number);
    for (uint32_t slot = (gap + 1) & mask; rows->slots[slot] != 0; slot = (slot + 1) & mask) {
        const uint32_t home =
            home_of(rows, hash_of_record(rows, number_in(rows, rows->slots[slot])));
        if (((slot - home) & mask) >= ((slot - gap) & mask)) { /* home is at or before the gap */
            rows->slots[gap] = rows->slots[slot];
            gap = slot;
        }
    }
    rows->slots[gap] = 0;
    rows->last = rows->last == number ? 0 : rows->last;
    pl_pool_give(&rows->records, number);
}
