#include "tests/bench/native.h"

/* The divisors of every account: a ray, ten thousand and a wad. */
typedef struct native_constants {
    pl_divisor ray, bps, wad;
    pl_u256 bps_value, wad_value;
} native_constants;

typedef struct native_sums {
    pl_u256 collateral, weighted, debt;
} native_sums;

static pl_status prepare(native_constants *k)
{
    pl_u256 ray;
    pl_u256 base;
    base = pl_u256_from_u64(10);
    PL_TRY(pl_u256_pow(&ray, &base, 27));
    PL_TRY(pl_u256_pow(&k->wad_value, &base, 18));
    k->bps_value = pl_u256_from_u64(10000);
    PL_TRY(pl_divisor_init(&k->ray, &ray));
    PL_TRY(pl_divisor_init(&k->wad, &k->wad_value));
    return pl_divisor_init(&k->bps, &k->bps_value);
}

/* Adds one reserve of one account. */
static inline pl_status add_reserve(native_sums *sums, const native_constants *k,
                                    const native_reserve *reserve, const native_position *position)
{
    pl_u256 value;
    pl_u256 part;
    PL_TRY(pl_u256_muldiv_half_up_by(&value, &position->supplied, &reserve->income, &k->ray));
    PL_TRY(pl_u256_muldiv_down(&value, &value, &reserve->price, &reserve->unit));
    PL_TRY(pl_u256_add(&sums->collateral, &sums->collateral, &value));
    PL_TRY(pl_u256_mul(&part, &value, &reserve->threshold));
    PL_TRY(pl_u256_add(&sums->weighted, &sums->weighted, &part));
    PL_TRY(pl_u256_muldiv_half_up_by(&value, &position->borrowed, &reserve->debt_index, &k->ray));
    PL_TRY(pl_u256_muldiv_down(&value, &value, &reserve->price, &reserve->unit));
    return pl_u256_add(&sums->debt, &sums->debt, &value);
}

/* Folds the health factor of the sums into *all. */
static inline pl_status fold_ratio(pl_u256 *all, const native_sums *sums, const native_constants *k)
{
    pl_u256 average;
    pl_u256 health;
    PL_TRY(pl_u256_div(&average, &sums->weighted, &sums->collateral));
    PL_TRY(pl_u256_muldiv_half_up_by(&health, &sums->collateral, &average, &k->bps));
    PL_TRY(pl_u256_muldiv_half_up(&health, &health, &k->wad_value, &sums->debt));
    pl_u256_xor(all, all, &health);
    return PL_OK;
}

pl_status native_kernel(pl_u256 *all, native_reserve *reserves, const native_position *positions,
                        uint32_t reserve_count, uint64_t rounds)
{
    native_constants k;
    pl_u256 one;
    one = pl_u256_from_u64(1);
    *all = pl_u256_zero();
    PL_TRY(prepare(&k));
    for (uint64_t round = 0; round < rounds; round++) {
        native_sums sums = {0};
        PL_TRY(pl_u256_add(&reserves[0].price, &reserves[0].price, &one));
        for (uint32_t i = 0; i < reserve_count; i++) {
            PL_TRY(add_reserve(&sums, &k, &reserves[i], &positions[i]));
        }
        PL_TRY(fold_ratio(all, &sums, &k));
    }
    return PL_OK;
}

pl_status native_sweep(pl_u256 *all, const native_reserve *reserves,
                       const native_position *positions, uint32_t reserve_count, uint32_t first,
                       uint32_t count)
{
    native_constants k;
    *all = pl_u256_zero();
    PL_TRY(prepare(&k));
    for (uint32_t account = first; account < first + count; account++) {
        native_sums sums = {0};
        for (uint32_t i = 0; i < reserve_count; i++) {
            PL_TRY(add_reserve(&sums, &k, &reserves[i],
                               &positions[(size_t)account * NATIVE_RESERVES_MAX + i]));
        }
        PL_TRY(fold_ratio(all, &sums, &k));
    }
    return PL_OK;
}

/* ---- rows by key --------------------------------------------------------------------------- */

static uint64_t reserve_key(uint32_t asset)
{
    return 1 + (uint64_t)asset;
}

static uint64_t position_key(uint32_t account, uint32_t asset)
{
    return ((uint64_t)1 << 40) + ((uint64_t)account << 8) + asset;
}

static uint32_t slot_of(const native_rows *rows, uint64_t key)
{
    uint32_t slot = (uint32_t)((key * 0x9e3779b97f4a7c15u) >> 50); /* 14 bits: NATIVE_SLOTS */
    while (rows->slots[slot] != 0 && rows->records[rows->slots[slot] - 1].key != key) {
        slot = (slot + 1) % NATIVE_SLOTS;
    }
    return slot;
}

static const pl_u256 *row_of(const native_rows *rows, uint64_t key)
{
    const uint32_t number = rows->slots[slot_of(rows, key)];
    return number == 0 ? NULL : rows->records[number - 1].values;
}

static pl_u256 *add_row(native_rows *rows, uint64_t key)
{
    PL_ASSERT(rows->count < NATIVE_SLOTS / 2);
    native_record *const record = &rows->records[rows->count++];
    record->key = key;
    rows->slots[slot_of(rows, key)] = rows->count;
    return record->values;
}

void native_rows_fill(native_rows *rows, const native_reserve *reserves,
                      const native_position *positions, uint32_t account_count)
{
    *rows = (native_rows){0};
    for (uint32_t i = 0; i < NATIVE_RESERVES_MAX; i++) {
        pl_u256 *const to = add_row(rows, reserve_key(i));
        to[0] = reserves[i].price;
        to[1] = reserves[i].unit;
        to[2] = reserves[i].income;
        to[3] = reserves[i].debt_index;
        to[4] = reserves[i].threshold;
    }
    for (uint32_t account = 0; account < account_count; account++) {
        for (uint32_t i = 0; i < NATIVE_RESERVES_MAX; i++) {
            const native_position *from = &positions[(size_t)account * NATIVE_RESERVES_MAX + i];
            pl_u256 *const to = add_row(rows, position_key(account, i));
            to[0] = from->supplied;
            to[1] = from->borrowed;
        }
    }
}

pl_status native_sweep_rows(pl_u256 *all, const native_rows *rows, uint32_t reserve_count,
                            uint32_t first, uint32_t count)
{
    native_constants k;
    *all = pl_u256_zero();
    PL_TRY(prepare(&k));
    for (uint32_t account = first; account < first + count; account++) {
        native_sums sums = {0};
        for (uint32_t i = 0; i < reserve_count; i++) {
            const pl_u256 *r = row_of(rows, reserve_key(i));
            const pl_u256 *p = row_of(rows, position_key(account, i));
            if (r == NULL || p == NULL) {
                return PL_TRAP_MISSING_ROW;
            }
            const native_reserve reserve = {r[0], r[1], r[2], r[3], r[4]};
            const native_position position = {p[0], p[1]};
            PL_TRY(add_reserve(&sums, &k, &reserve, &position));
        }
        PL_TRY(fold_ratio(all, &sums, &k));
    }
    return PL_OK;
}

/* ---- liquidation amounts ------------------------------------------------------------------- */

typedef struct liquidation_constants {
    pl_u256 wad, mega, half, whole, bonus, fee;
    pl_divisor by_whole, by_bonus;
} liquidation_constants;

static pl_status prepare_liquidation(liquidation_constants *k)
{
    k->wad = pl_u256_from_u64(1000000000000000000);
    k->mega = pl_u256_from_u64(1000000);
    k->half = pl_u256_from_u64(5000);
    k->whole = pl_u256_from_u64(10000);
    k->bonus = pl_u256_from_u64(10500);
    k->fee = pl_u256_from_u64(1000);
    PL_TRY(pl_divisor_init(&k->by_whole, &k->whole));
    return pl_divisor_init(&k->by_bonus, &k->bonus);
}

/* Folds the three amounts into *all. */
static pl_status fold_amounts(pl_u256 *all, const liquidation_constants *k, const pl_u256 *debt,
                              const pl_u256 *collateral_price, const pl_u256 *debt_price,
                              const pl_u256 *balance)
{
    pl_u256 repaid, base, seized, product, divisor, fee;
    PL_TRY(pl_u256_muldiv_half_up_by(&repaid, debt, &k->half, &k->by_whole));
    pl_u256_min(&repaid, &repaid, debt);
    PL_TRY(pl_u256_mul(&product, debt_price, &repaid));
    PL_TRY(pl_u256_mul(&divisor, collateral_price, &k->mega));
    PL_TRY(pl_u256_muldiv_down(&base, &product, &k->wad, &divisor));
    PL_TRY(pl_u256_muldiv_half_up_by(&seized, &base, &k->bonus, &k->by_whole));
    if (pl_u256_lt(balance, &seized)) {
        seized = *balance;
        PL_TRY(pl_u256_mul(&product, collateral_price, balance));
        PL_TRY(pl_u256_mul(&divisor, debt_price, &k->wad));
        PL_TRY(pl_u256_muldiv_down(&base, &product, &k->mega, &divisor));
        PL_TRY(pl_u256_muldiv_half_up_by(&repaid, &base, &k->whole, &k->by_bonus));
    }
    PL_TRY(pl_u256_muldiv_half_up_by(&product, &seized, &k->whole, &k->by_bonus));
    PL_TRY(pl_u256_sub(&fee, &seized, &product));
    PL_TRY(pl_u256_muldiv_half_up_by(&fee, &fee, &k->fee, &k->by_whole));
    PL_TRY(pl_u256_sub(&seized, &seized, &fee));
    pl_u256_xor(all, all, &seized);
    pl_u256_xor(all, all, &repaid);
    pl_u256_xor(all, all, &fee);
    return PL_OK;
}

pl_status native_liquidation(pl_u256 *all, uint64_t rounds)
{
    liquidation_constants k;
    *all = pl_u256_zero();
    PL_TRY(prepare_liquidation(&k));
    for (uint64_t round = 0; round < rounds; round++) {
        const pl_u256 debt = pl_u256_from_u64(9000000000 + round * 1000003);
        const pl_u256 collateral_price = pl_u256_from_u64(180000000000 + round * 17);
        const pl_u256 debt_price = pl_u256_from_u64(99990000 + round % 7);
        const pl_u256 balance =
            pl_u256_from_u64(2500000000000000000 + (round % 2) * 4000000000000000000);
        PL_TRY(fold_amounts(all, &k, &debt, &collateral_price, &debt_price, &balance));
    }
    return PL_OK;
}

/* ---- the exact product, and loops ---------------------------------------------------------- */

pl_status native_muldiv_512(pl_u256 *all, const pl_u256 *a, const pl_u256 *b, const pl_u256 *c,
                            uint64_t rounds)
{
    pl_u256 x = *a, quotient;
    *all = pl_u256_zero();
    for (uint64_t round = 0; round < rounds; round++) {
        PL_TRY(pl_u256_muldiv_full_down(&quotient, &x, b, c));
        pl_u256_xor(all, all, &quotient);
        PL_TRY(pl_u256_add(&x, &x, b));
    }
    return PL_OK;
}

pl_status native_loop_shift(pl_u256 *acc, const pl_u256 *rounds)
{
    const pl_u256 one = pl_u256_one();
    *acc = one;
    for (pl_u256 i = pl_u256_zero(); pl_u256_lt(&i, rounds);) {
        pl_u256 half;
        pl_u256_shr(&half, acc, 1);
        pl_u256_xor(&half, &half, &i);
        pl_u256_add_wrap(acc, acc, &half);
        PL_TRY(pl_u256_add(&i, &i, &one));
    }
    return PL_OK;
}

pl_status native_loop_multiply(pl_u256 *acc, const pl_u256 *rounds)
{
    const pl_u256 one = pl_u256_one(), three = pl_u256_from_u64(3);
    *acc = one;
    for (pl_u256 i = pl_u256_zero(); pl_u256_lt(&i, rounds);) {
        pl_u256_mul_wrap(acc, acc, &three);
        pl_u256_add_wrap(acc, acc, &i);
        PL_TRY(pl_u256_add(&i, &i, &one));
    }
    return PL_OK;
}
