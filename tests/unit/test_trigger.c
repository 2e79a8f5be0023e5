/* std/trigger_index and the two contracts that use it: over random books and random paths of
 * prices, fees and thresholds, what the index finds is what looking at every account finds. Books
 * of tiny amounts make every rounding count; creeping prices pass every line one unit at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/one_contract.h"

#define ADMIN    1000000u
#define PEOPLE   60u
#define RESERVES 5u
#define RAY      ((one_number)1000000000000000000 * 1000000000)
#define WAD      ((one_number)1000000000000000000)

static uint64_t seed;

static uint64_t draw(void)
{
    seed += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t x = seed;
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* A number from low to high, both included. */
static one_number between(one_number low, one_number high)
{
    return low + (one_number)(draw() % (uint64_t)(high - low + 1));
}

/* Steps of each storm: argument of the environment for long runs. */
static unsigned steps(unsigned usual)
{
    const char *factor = getenv("TRIGGER_FACTOR");
    return usual * (factor != NULL ? (unsigned)strtoul(factor, NULL, 10) : 1);
}

/* ---- keys ------------------------------------------------------------------------------------ */

static bool fires(one_contract *c, const char *what, const one_number *four)
{
    for (unsigned i = 0; i < 4; i++) {
        one_add(c, four[i], 32);
    }
    one_must(c, what, 0);
    return one_result(c, 0, 1) != 0;
}

/* All small numbers: parts fire exactly where the page says. A debt's key may fire a hair early. */
static void test_keys_small(void **state)
{
    (void)state;
    one_contract c;
    one_open(&c, "tests/contracts/trigger_keys.plim");
    for (uint32_t n = 0; n < 9u * 7 * 7 * 24; n++) {
        const one_number of[4] = {n % 9, n / 9 % 7, 1 + n / 63 % 7, n / 441};
        const one_number needed = of[0] * of[2]; /* floor * unit, or cap * unit */
        const bool loses = of[0] > 0 && (of[1] < 2 || (of[1] - 1) * of[3] < needed);
        assert_int_equal(fires(&c, "loss_fires", of), loses);
        assert_int_equal(fires(&c, "growth_fires", of), (of[1] + 1) * of[3] > needed);
        const one_number debt[4] = {of[0], of[1], of[3], of[2]}; /* price of[3], rate of[2] */
        const bool is_unsafe = debt[0] * debt[3] > debt[1] * debt[2];
        assert_true(!is_unsafe || fires(&c, "debt_fires", debt));
        const bool is_safe = debt[0] * debt[3] < debt[1] * debt[2];
        assert_true(!is_safe || !fires(&c, "debt_fires", debt));
    }
    one_close(&c);
}

/* Numbers too wide for a key fire early, and never trap. */
static void test_keys_wide(void **state)
{
    (void)state;
    one_contract c;
    one_open(&c, "tests/contracts/trigger_keys.plim");
    for (unsigned bits = 0; bits < 256; bits++) {
        uint8_t wide[32] = {0}, one[32] = {0};
        wide[31 - bits / 8] = (uint8_t)(1u << bits % 8);
        one[31] = 1;
        one_add_bytes(&c, wide, 32); /* a debt of 2^bits against 1 at a price of 1 */
        one_add_bytes(&c, one, 32);
        one_add_bytes(&c, one, 32);
        one_add_bytes(&c, one, 32);
        one_must(&c, "debt_fires", 0);
        assert_int_equal(one_result(&c, 0, 1), bits > 0);
        one_add_bytes(&c, wide, 32); /* 2^bits against 1 at a price of 2^bits and a rate of 2 */
        one_add_bytes(&c, one, 32);
        one_add_bytes(&c, wide, 32);
        one_add(&c, 2, 32);
        one_must(&c, "debt_fires", 0);
        assert_int_equal(one_result(&c, 0, 1), 1);
        one_add_bytes(&c, one, 32); /* 1 against 1 where price and rate are 2^bits */
        one_add_bytes(&c, one, 32);
        one_add_bytes(&c, wide, 32);
        one_add_bytes(&c, wide, 32);
        one_must(&c, "debt_fires", 0);
        assert_int_equal(one_result(&c, 0, 1), 0);
        one_add_bytes(&c, wide, 32); /* a floor of 2^bits * 2^bits at level 1 */
        one_add(&c, 3, 32);
        one_add_bytes(&c, wide, 32);
        one_add_bytes(&c, one, 32);
        one_must(&c, "loss_fires", 0);
        assert_int_equal(one_result(&c, 0, 1), bits > 0);
        one_add_bytes(&c, wide, 32); /* a cap of 2^bits * 2^bits at the same rate */
        one_add(&c, 3, 32);
        one_add_bytes(&c, wide, 32);
        one_add_bytes(&c, wide, 32);
        one_must(&c, "growth_fires", 0);
        assert_int_equal(one_result(&c, 0, 1), bits < 2 || bits >= 254);
    }
    one_close(&c);
}

/* ---- Maker: one debt against one collateral -------------------------------------------------- */

static void open_maker(one_contract *c, one_number duty)
{
    one_open(c, "contracts/keeper_maker.plim");
    one_row(c, "wards");
    one_add_account(c, ADMIN);
    one_set(c, "yes", 1);
    one_put(c);
    one_add(c, 0, 4);
    one_add(c, 0, 4);
    one_add(c, RAY, 32); /* no margin: prices are lines */
    one_add(c, duty, 32);
    one_add(c, (one_number)1 << 126, 28); /* a rad needs more than 128 bits: times 2^32 */
    one_add(c, 0, 4);
    one_add(c, 0, 32);
    one_must(c, "init", ADMIN);
}

static pl_status frob(one_contract *c, uint32_t who, one_number dink, one_number dart)
{
    one_add(c, 0, 4);
    one_add(c, dink, 32);
    one_add(c, dart, 32);
    return one_call(c, "frob", who);
}

static void slip(one_contract *c, uint32_t who, one_number ink)
{
    one_add(c, 0, 4);
    one_add_account(c, who);
    one_add(c, ink, 32);
    one_must(c, "slip", ADMIN);
}

/* A vault with this collateral and, if the price allows, this debt. */
static void open_vault(one_contract *c, uint32_t who, one_number ink, one_number art)
{
    slip(c, who, ink);
    assert_int_equal(frob(c, who, ink, art), PL_OK);
}

static void poke(one_contract *c, one_number price)
{
    one_price(c, 0, price, 18);
    one_add(c, 0, 4);
    one_must(c, "poke", ADMIN);
}

/* Index and full scan agree at the price and rate that stand. Returns how many are unsafe. */
static uint32_t agree_maker(one_contract *c)
{
    one_add(c, 0, 4);
    one_must(c, "liquidatable", 0);
    const one_number found = one_result(c, 0, 8);
    one_add(c, 0, 4);
    one_must(c, "count_by_full_scan", 0);
    assert_int_equal(found, one_result(c, 0, 8));
    return (uint32_t)found;
}

/* Debt over collateral a hair above price over rate: spot = art * k - 1 over rate = ink * k. Far
 * closer than keys can tell, so that only their rounding decides. */
static void test_maker_boundary(void **state)
{
    (void)state;
    one_contract c;
    for (unsigned round = 0; round < steps(200); round++) {
        open_maker(&c, RAY);
        poke(&c, (one_number)1 << 100);
        const one_number ink = between(1, 1u << (2 + draw() % 29));
        const one_number art = between(1, 1u << (2 + draw() % 29));
        const one_number k = (one_number)1 << (30 + draw() % 64);
        open_vault(&c, 1, ink, art);
        for (int over = -1; over <= 1; over++) {
            one_add(&c, 0, 4);
            one_add(&c, art * k + over, 32);
            one_add(&c, ink * k, 32);
            one_must(&c, "liquidatable_at", 0);
            assert_int_equal(one_result(&c, 0, 8), over < 0);
        }
        one_close(&c);
    }
}

/* Closes the vaults that the view names. */
static void close_vaults(one_contract *c)
{
    uint8_t named[8 + 8 * 32];
    one_add(c, 0, 4);
    one_must(c, "liquidatable", 0);
    assert_int_equal(c->outcome.result_size, sizeof named);
    memcpy(named, c->outcome.result, sizeof named);
    for (unsigned i = 0; i < 8 && i < named[7]; i++) {
        one_add(c, 0, 4);
        one_add_bytes(c, named + 8 + 32 * i, 32);
        one_must(c, "bark", ADMIN);
    }
}

/* One step of a book: somebody acts, or the price moves, or fees grow, or vaults are closed. */
static void step_maker(one_contract *c, one_number *price, bool tiny)
{
    const uint32_t who = 1 + (uint32_t)(draw() % PEOPLE);
    const one_number scale = tiny ? 1 : WAD / 1000;
    switch (draw() % 5) {
    case 0:
        slip(c, who, between(0, 400) * scale);
        (void)frob(c, who, between(-40, 400) * scale, between(-40, 300) * scale);
        break;
    case 1:
        c->time_s += draw() % 100000;
        one_add(c, 0, 4);
        one_must(c, "drip", 0);
        break;
    case 2:
        close_vaults(c);
        break;
    default:
        *price += *price * between(-99, 99) / 1000 + between(-2, 2);
        *price = *price < WAD / 2 ? 3 * WAD : *price;
        poke(c, *price);
        break;
    }
}

static void storm_maker(bool tiny)
{
    one_contract c;
    uint64_t hits = 0, quiet = 0;
    for (unsigned book = 0; book < steps(2); book++) {
        one_number price = WAD;
        const one_number scale = tiny ? 1 : WAD / 1000;
        open_maker(&c, RAY + (one_number)(draw() % 1000) * (WAD / 100));
        poke(&c, 2 * price);
        open_vault(&c, ADMIN, (one_number)1 << 100, 100 * WAD); /* who closes vaults has dai */
        for (uint32_t who = 1; who <= PEOPLE; who++) {
            open_vault(&c, who, between(1, 1000) * scale, 0);
            (void)frob(&c, who, 0, between(1, 900) * scale);
        }
        for (unsigned i = 0; i < 1500; i++) {
            step_maker(&c, &price, tiny);
            const uint32_t unsafe = agree_maker(&c);
            hits += unsafe;
            quiet += unsafe == 0;
        }
        one_close(&c);
    }
    print_message("%s vaults: %llu hits, none in %llu of %u steps\n", tiny ? "tiny" : "large",
                  (unsigned long long)hits, (unsigned long long)quiet, steps(2) * 1500);
    assert_true(hits > 100 && quiet > 100);
}

static void test_maker_tiny(void **state)
{
    (void)state;
    seed = 1;
    storm_maker(true);
}

static void test_maker_large(void **state)
{
    (void)state;
    seed = 2;
    storm_maker(false);
}

/* ---- Aave: many collaterals, many debts ------------------------------------------------------ */

typedef struct pool {
    one_contract c;
    one_number prices[RESERVES], incomes[RESERVES], debt_indexes[RESERVES]; /* indexes at first */
    one_number unit;
    uint64_t hits, asked, sweeps;
} pool;

static void set_price(pool *p, unsigned asset, one_number price)
{
    p->prices[asset] = price < 1 ? 1 : price;
    one_price(&p->c, asset, p->prices[asset], 8);
}

static one_number reserve_config(unsigned asset, unsigned decimals)
{
    const one_number ltv = 6000 + 500 * asset;
    return ltv | (ltv + 500) << 16 | (one_number)10500 << 32 | (one_number)decimals << 48 |
           (one_number)1 << 56 | (one_number)1 << 58 | (one_number)1000 << 64;
}

static void open_pool(pool *p, bool tiny, unsigned decimals)
{
    one_contract *c = &p->c;
    *p = (pool){.unit = 1};
    for (unsigned i = 0; i < decimals; i++) {
        p->unit *= 10;
    }
    one_open(c, "contracts/keeper_aave.plim");
    one_row(c, "params");
    one_set_account(c, "admin", ADMIN);
    one_set_account(c, "treasury", ADMIN + 1);
    one_put(c);
    for (unsigned asset = 0; asset < RESERVES; asset++) {
        one_row(c, "reserves");
        one_add(c, asset, 1);
        one_set(c, "feed", asset);
        one_set(c, "cfg", reserve_config(asset, decimals));
        p->incomes[asset] = RAY + between(0, 1000000) * (RAY / 3000000);
        p->debt_indexes[asset] = RAY + between(0, 1000000) * (RAY / 2000000);
        one_set(c, "li", p->incomes[asset]);
        one_set(c, "bi", p->debt_indexes[asset]);
        one_set(c, "last", (one_number)c->time_s);
        one_set(c, "optimal", RAY / 10 * 8);
        one_set(c, "base", RAY / 100);
        one_set(c, "slope1", RAY / 20);
        one_set(c, "slope2", RAY);
        one_put(c);
        for (uint32_t who = 0; who <= PEOPLE; who++) {
            one_row(c, "balances");
            one_add_account(c, who);
            one_add(c, asset, 1);
            one_set(c, "wallet", (one_number)1 << 100);
            one_put(c);
        }
        set_price(p, asset, tiny ? between(20, 90) : between(10000000, 900000000));
    }
    one_row(c, "e_modes"); /* the first two assets move together */
    one_add(c, 1, 1);
    one_set(c, "ltv", 5500);
    one_set(c, "lt", 6000); /* below both assets' own */
    one_set(c, "bonus", 10100);
    one_set(c, "collateral_mask", 3);
    one_set(c, "borrowable_mask", 3);
    one_put(c);
}

static pl_status act(pool *p, const char *what, uint32_t who, unsigned asset, one_number amount)
{
    const bool names = what[0] == 's' || what[0] == 'r'; /* supply and repay: for whom */
    one_add(&p->c, asset, 1);
    one_add(&p->c, amount, 32);
    if (names) {
        one_add_account(&p->c, who);
    }
    return one_call(&p->c, what, who);
}

static void liquidate(pool *p, uint32_t who)
{
    one_add(&p->c, (one_number)(draw() % RESERVES), 1);
    one_add(&p->c, (one_number)(draw() % RESERVES), 1);
    one_add_account(&p->c, who);
    one_add(&p->c, between(1, 100) * p->unit, 32);
    (void)one_call(&p->c, "liquidate", 1 + (uint32_t)(draw() % PEOPLE));
}

static void change_rule(pool *p)
{
    if (draw() % 2 == 0) {
        const one_number lt = between(5000, 9000);
        one_add(&p->c, (one_number)(draw() % RESERVES), 1);
        one_add(&p->c, lt - 500, 4);
        one_add(&p->c, lt, 4);
        one_must(&p->c, "set_threshold", ADMIN);
    } else {
        one_add(&p->c, (one_number)(draw() % RESERVES), 1);
        one_add(&p->c, between(0, 200), 4);
        one_must(&p->c, "set_swing", ADMIN);
    }
}

static void step_pool(pool *p, bool tiny)
{
    const uint32_t who = 1 + (uint32_t)(draw() % PEOPLE);
    const unsigned asset = (unsigned)(draw() % RESERVES);
    const one_number amount = between(1, 50) * p->unit / (tiny ? between(1, 9) : 1);
    switch (draw() % 12) {
    case 0:
        (void)act(p, "supply", who, asset, amount);
        break;
    case 1:
        (void)act(p, "borrow", who, asset, amount);
        break;
    case 2:
        (void)act(p, "repay", who, asset, amount);
        break;
    case 3:
        (void)act(p, "withdraw", who, asset, amount);
        break;
    case 4:
        one_add(&p->c, asset, 1);
        one_add(&p->c, (one_number)(draw() % 2), 1);
        (void)one_call(&p->c, "set_use_as_collateral", who);
        break;
    case 5:
        one_add(&p->c, (one_number)(draw() % 2), 1);
        (void)one_call(&p->c, "set_user_e_mode", who);
        break;
    case 6:
        liquidate(p, who);
        break;
    case 7:
        p->c.time_s += draw() % 300000;
        break;
    case 8:
        if (draw() % 20 == 0) {
            change_rule(p);
        }
        break;
    default: /* several prices at once */
        for (unsigned i = 0; i < RESERVES; i++) {
            const one_number creep = tiny ? between(-1, 1) : p->prices[i] * between(-20, 20) / 999;
            if (draw() % 2 == 0) {
                set_price(p, i, p->prices[i] + creep);
            }
        }
        break;
    }
}

/* Sweeps to the end, a few at a time. */
static void sweep(pool *p)
{
    uint8_t place[4 + 32 + 32] = {0};
    bool more = true;
    for (unsigned calls = 0; more; calls++) {
        assert_true(calls < 1000);
        one_add_bytes(&p->c, place, sizeof place);
        one_add(&p->c, between(1, 30), 8);
        one_must(&p->c, "sweep", 0);
        p->asked += (uint64_t)one_result(&p->c, 8, 8);
        more = one_result(&p->c, 16, 1) != 0;
        memcpy(place, p->c.outcome.result + 17, sizeof place);
    }
    p->sweeps++;
}

/* Asks who was found before again, a few at a time. Returns how many are below the line. */
static one_number recheck(pool *p)
{
    static const uint8_t nobody[32] = {0};
    uint8_t first[32] = {0};
    one_number below = 0;
    do {
        one_add_bytes(&p->c, first, sizeof first);
        one_add(&p->c, between(1, 30), 8);
        one_must(&p->c, "recheck", 0);
        below += one_result(&p->c, 0, 8);
        memcpy(first, p->c.outcome.result + 8, sizeof first);
    } while (memcmp(first, nobody, sizeof first) != 0);
    return below;
}

/* The view, the full scan and (now and then) the sweep find the same accounts. */
static void agree_pool(pool *p)
{
    one_must(&p->c, "liquidatable", 0);
    const one_number found = one_result(&p->c, 0, 8);
    one_must(&p->c, "count_by_full_scan", 0);
    const one_number below = one_result(&p->c, 0, 8);
    assert_int_equal(found, below);
    if (draw() % 3 == 0) {
        sweep(p);
        assert_int_equal(recheck(p), below);
    }
    p->hits += (uint64_t)below;
}

static void storm_pool(bool tiny)
{
    pool p;
    uint64_t hits = 0, asked = 0, sweeps = 0;
    for (unsigned book = 0; book < steps(2); book++) {
        open_pool(&p, tiny, tiny ? 1 : 12);
        for (unsigned asset = 0; asset < RESERVES; asset++) {
            assert_int_equal(act(&p, "supply", 0, asset, 100000 * p.unit), PL_OK);
        }
        for (uint32_t who = 1; who <= PEOPLE; who++) {
            for (unsigned asset = 0; asset < RESERVES; asset++) {
                if (draw() % 2 == 0) {
                    (void)act(&p, "supply", who, asset, between(10, 400) * p.unit / 4);
                }
            }
            for (unsigned i = 0; i < 12; i++) {
                (void)act(&p, "borrow", who, (unsigned)(draw() % RESERVES),
                          between(1, 100) * p.unit / 4);
            }
        }
        for (unsigned i = 0; i < 1000; i++) {
            step_pool(&p, tiny);
            agree_pool(&p);
        }
        hits += p.hits;
        asked += p.asked;
        sweeps += p.sweeps;
        one_close(&p.c);
    }
    print_message("%s pool: %llu hits, %llu asked in %llu sweeps of %u people\n",
                  tiny ? "tiny" : "large", (unsigned long long)hits, (unsigned long long)asked,
                  (unsigned long long)sweeps, PEOPLE);
    assert_true(hits > 500);
    assert_true(tiny || asked < sweeps * PEOPLE / 4); /* it is a filter, not a scan */
}

static bool is_in_category(uint32_t who)
{
    return who % 3 == 0;
}

/* A book of tiny amounts of one collateral and one debt, under an hour that stands still. With one
 * decimal the smallest unit is worth several units of value, with three a part of one: so that the
 * rounding of amounts decides, or that of values. */
static void open_pairs(pool *p, unsigned decimals)
{
    const one_number scale = decimals == 1 ? 1 : 20;
    open_pool(p, true, decimals);
    one_add(&p->c, 0, 1);
    one_add(&p->c, 6000, 4);
    one_add(&p->c, 10000, 4);
    one_must(&p->c, "set_threshold", ADMIN);
    for (unsigned asset = 0; asset < 2; asset++) {
        assert_int_equal(act(p, "supply", 0, asset, 1000000), PL_OK);
    }
    for (uint32_t who = 1; who <= PEOPLE; who++) {
        (void)act(p, "supply", who, 0, between(8 * scale, 80 * scale));
        if (is_in_category(who)) {
            one_add(&p->c, 1, 1);
            one_must(&p->c, "set_user_e_mode", who);
        }
        for (unsigned i = 0; i < 4; i++) {
            (void)act(p, "borrow", who, 1, between(1, 30 * scale));
        }
    }
}

/* Every state of two prices, from one touch. */
static void test_pool_corners(void **state)
{
    (void)state;
    seed = 5;
    pool p;
    uint64_t hits = 0;
    for (unsigned book = 0; book < steps(4); book++) {
        open_pairs(&p, book % 2 == 0 ? 1 : 3);
        const one_number first = p.prices[0], second = p.prices[1];
        for (one_number a = first; a > first / 2; a--) {
            for (one_number b = second; b < second * 3 / 2; b++) {
                set_price(&p, 0, a);
                set_price(&p, 1, b);
                one_must(&p.c, "liquidatable", 0);
                const one_number found = one_result(&p.c, 0, 8);
                one_must(&p.c, "count_by_full_scan", 0);
                assert_int_equal(found, one_result(&p.c, 0, 8));
                hits += (uint64_t)found;
            }
        }
        one_close(&p.c);
    }
    assert_true(hits > 1000);
}

/* On output: the account's key on a line, as the level at which it stops to fire, or 0. */
static bool key_of(one_number *key, pool *p, uint32_t who, uint32_t line)
{
    static const char name[] = "triggers.keys";
    pl_door *door = pl_store_door(p->c.store);
    uint8_t bytes[36];
    const uint8_t *row = NULL;
    one_account(bytes, who);
    for (unsigned i = 0; i < 4; i++) {
        bytes[32 + i] = (uint8_t)(line >> (24 - 8 * i));
    }
    for (uint32_t t = 0; t < p->c.code.table_count; t++) {
        const pl_name *of = &p->c.code.tables[t].name;
        if (of->size == sizeof name - 1 && memcmp(of->text, name, of->size) == 0) {
            assert_int_equal(door->ops->get(door, &row, t, bytes), PL_OK);
        }
    }
    *key = 0;
    for (unsigned i = 0; row != NULL && i < 32; i++) {
        const uint8_t byte = line < 0x10000 ? row[4 + i] : (uint8_t)~row[4 + i];
        assert_true(i >= 16 || byte == 0);
        *key = *key << 8 | byte;
    }
    return row != NULL;
}

static void sides_of(one_number *collateral, one_number *debt, pool *p, uint32_t who)
{
    one_add_account(&p->c, who);
    one_must(&p->c, "account_state", 0);
    *collateral = one_result(&p->c, 0, 32);
    *debt = one_result(&p->c, 32, 32);
}

/* Each part fires in every state in which it has used up more than its budget. The budgets are
 * computed here once more; where a part stands just above or below its budget, rounding decides. */
static void check_parts(pool *p, uint32_t who, uint64_t *used_up)
{
    const one_number threshold = is_in_category(who) ? 6000 : 10000;
    const one_number first = p->prices[0], second = p->prices[1];
    one_number collateral, debt, now, ignored, low_key, high_key;
    sides_of(&collateral, &debt, p, who);
    const one_number counted = collateral * threshold, owed = debt * 10000;
    if (!key_of(&low_key, p, who, is_in_category(who) ? 0x100 : 0) ||
        !key_of(&high_key, p, who, 0x10001)) {
        return;
    }
    const one_number may_lose = (counted - owed) * counted / (counted + owed);
    const one_number may_grow = (counted - owed) * owed / (counted + owed);
    for (one_number a = first; a > 0; a--) {
        set_price(p, 0, a);
        sides_of(&now, &ignored, p, who);
        const bool over = counted - now * threshold > may_lose;
        assert_true(!over || p->incomes[0] * a * threshold < low_key);
        *used_up += over;
    }
    set_price(p, 0, first);
    for (one_number b = second; b < 3 * second; b++) {
        set_price(p, 1, b);
        sides_of(&ignored, &now, p, who);
        const bool over = now * 10000 - owed > may_grow;
        assert_true(!over || p->debt_indexes[1] * b > high_key);
        *used_up += over;
    }
    set_price(p, 1, second);
}

static void test_pool_parts(void **state)
{
    (void)state;
    seed = 6;
    pool p;
    uint64_t used_up = 0;
    for (unsigned book = 0; book < steps(8); book++) {
        open_pairs(&p, book % 2 == 0 ? 1 : 3);
        for (uint32_t who = 1; who <= PEOPLE; who++) {
            check_parts(&p, who, &used_up);
        }
        one_close(&p.c);
    }
    assert_true(used_up > 10000);
}

static void test_pool_tiny(void **state)
{
    (void)state;
    seed = 3;
    storm_pool(true);
}

static void test_pool_large(void **state)
{
    (void)state;
    seed = 4;
    storm_pool(false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_small),     cmocka_unit_test(test_keys_wide),
        cmocka_unit_test(test_maker_boundary), cmocka_unit_test(test_maker_tiny),
        cmocka_unit_test(test_maker_large),    cmocka_unit_test(test_pool_tiny),
        cmocka_unit_test(test_pool_large),     cmocka_unit_test(test_pool_corners),
        cmocka_unit_test(test_pool_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
