// The account tables and factors that every contender is given: about the values of bench_health.c
// and bench_machine.c (numbers wrap at 32 bits where those do), but with amounts that are no whole
// tokens, and with a reserve of 6 decimals whose indexes are one and a half: its odd amounts end in
// an exact half, so rounding another way would show.
export const ACCOUNTS = 256;
export const RESERVES = 16;

const TIE = 12; // the reserve of the halves
const u32 = (x) => BigInt.asUintN(32, x);

const index = (step, n) => (10n ** 18n + u32(step * 1000000007n * n)) * 10n ** 9n; // in ray

function reserve(i) {
    const units = [10n ** 6n, 10n ** 8n, 10n ** 18n, 10n ** 18n];
    const n = BigInt(i);
    const half = 15n * 10n ** 26n;
    return {
        price: 100000000n + u32(7919n * n * n * 100003n),
        unit: units[i % 4],
        income: i === TIE ? half : index(31337n, n + 1n),
        debtIndex: i === TIE ? half : index(65537n, n + 2n),
        threshold: 6500n + 100n * n,
    };
}

function factors() {
    const seed = 0xd6e8feb86659fd93n;
    const cube = BigInt.asUintN(256, seed * seed * seed);
    return [BigInt.asUintN(256, cube << 8n), cube >> 8n, cube >> 32n]; // 200, 184 and 160 bits
}

/** Other factors that are compared, not timed: an even divisor, a power of two, a product of 256
 *  bits, and one whose lower half is all ones, over a divisor that borrows from the upper half. */
export const MORE_FACTORS = [
    [factors()[0], factors()[1], factors()[2] << 7n],
    [factors()[0], factors()[1] + 1n, 1n << 200n],
    [factors()[0] >> 120n, factors()[1] >> 94n, factors()[2] >> 70n],
    [0x53030c30c30c30c30c30c30c30c30c30c30c30c30c30c30c30c30c30c30c30c3n,
     2n ** 246n + 21n, 2n ** 254n + 8n],
];

export function makeInputs() {
    const reserves = [...Array(RESERVES).keys()].map(reserve);
    const positions = [];
    for (let account = 0; account < ACCOUNTS; account++) {
        positions.push(reserves.map((r, asset) => ({
            supplied: r.unit * BigInt(1000 + account * 17 + asset) + BigInt(account * 7919 + 1),
            borrowed: r.unit * BigInt(300 + account * 5 + asset) + BigInt(account * 104729 + 3),
        })));
    }
    return { reserves, positions, factors: factors() };
}
