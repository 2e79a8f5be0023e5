// The account tables and factors that every contender is given: the values of bench_health.c and
// bench_machine.c. Numbers wrap at 32 bits where the C sources do.
export const ACCOUNTS = 256;
export const RESERVES = 16;

const u32 = (x) => BigInt.asUintN(32, x);

function reserve(i) {
    const units = [10n ** 6n, 10n ** 8n, 10n ** 18n, 10n ** 18n];
    const n = BigInt(i);
    return {
        price: 100000000n + u32(7919n * n * n * 100003n),
        unit: units[i % 4],
        income: (10n ** 18n + u32(31337n * 1000000007n * (n + 1n))) * 10n ** 9n,
        debtIndex: (10n ** 18n + u32(65537n * 1000000007n * (n + 2n))) * 10n ** 9n,
        threshold: 6500n + 100n * n,
    };
}

function factors() {
    const seed = 0xd6e8feb86659fd93n;
    const cube = BigInt.asUintN(256, seed * seed * seed);
    return [BigInt.asUintN(256, cube << 8n), cube >> 8n, cube >> 32n]; // 200, 184 and 160 bits
}

export function makeInputs() {
    const reserves = [...Array(RESERVES).keys()].map(reserve);
    const positions = [];
    for (let account = 0; account < ACCOUNTS; account++) {
        positions.push(reserves.map((r, asset) => ({
            supplied: r.unit * BigInt(1000 + account * 17 + asset),
            borrowed: r.unit * BigInt(300 + account * 5 + asset),
        })));
    }
    return { reserves, positions, factors: factors() };
}
