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
