pragma solidity 0.8.37;

/// The functions of health.plim and kernels.plim in checked Solidity, as one would write them: the
/// same inputs give the same words. The driver compares them before it measures anything.
contract Yardsticks {
    struct Reserve {
        uint256 price;
        uint256 unit;
        uint128 income;
        uint128 debtIndex;
        uint16 threshold;
    }

    struct Position {
        uint128 supplied;
        uint128 borrowed;
    }

    uint256 private constant RAY = 1e27;
    uint256 private constant HALF_RAY = 5e26;
    uint256 private constant WAD = 1e18;
    uint256 private constant MEGA = 1e6;
    uint256 private constant BPS = 10_000;
    uint256 private constant HALF_BPS = 5_000;
    uint256 private constant BONUS = 10_500;
    uint256 private constant HALF_BONUS = 5_250;
    uint256 private constant RESERVES = 16;

    mapping(uint256 asset => Reserve) private reserves;
    mapping(uint256 account => mapping(uint256 asset => Position)) private positions;

    function setReserve(uint256 asset, Reserve calldata reserve) external {
        reserves[asset] = reserve;
    }

    /// Sixteen rows an account, the first of them for account `first`.
    function setPositions(uint256 first, Position[] calldata rows) external {
        for (uint256 i = 0; i < rows.length; i++) {
            positions[first + i / RESERVES][i % RESERVES] = rows[i];
        }
    }

    /// Account 0 and the reserves in memory, the price of reserve 0 rising by one each round.
    function kernel(uint256 count, uint256 rounds) external view returns (uint256 all) {
        Reserve[] memory reserve = new Reserve[](count);
        Position[] memory position = new Position[](count);
        for (uint256 i = 0; i < count; i++) {
            reserve[i] = reserves[i];
            position[i] = positions[0][i];
        }
        for (uint256 round = 0; round < rounds; round++) {
            reserve[0].price += 1;
            uint256 collateral = 0;
            uint256 weighted = 0;
            uint256 debt = 0;
            for (uint256 i = 0; i < count; i++) {
                Reserve memory r = reserve[i];
                Position memory p = position[i];
                uint256 value = rayMul(p.supplied, r.income) * r.price / r.unit;
                collateral += value;
                weighted += value * r.threshold;
                debt += rayMul(p.borrowed, r.debtIndex) * r.price / r.unit;
            }
            all ^= ratio(collateral, weighted, debt);
        }
    }

    /// Every row read from storage when it is needed.
    function sweep(uint256 count, uint256 first, uint256 accounts)
        external
        view
        returns (uint256 all)
    {
        for (uint256 account = first; account < first + accounts; account++) {
            uint256 collateral = 0;
            uint256 weighted = 0;
            uint256 debt = 0;
            for (uint256 i = 0; i < count; i++) {
                Reserve storage r = reserves[i];
                Position storage p = positions[account][i];
                uint256 price = r.price;
                uint256 unit = r.unit;
                uint256 value = rayMul(p.supplied, r.income) * price / unit;
                collateral += value;
                weighted += value * r.threshold;
                debt += rayMul(p.borrowed, r.debtIndex) * price / unit;
            }
            all ^= ratio(collateral, weighted, debt);
        }
    }

    /// One liquidation a round; every other one is capped by the collateral there is.
    function liquidation(uint256 rounds) external pure returns (uint256 all) {
        for (uint256 step = 0; step < rounds; step++) {
            uint256 debt = 9_000_000_000 + step * 1_000_003;
            uint256 collateralPrice = 180_000_000_000 + step * 17;
            uint256 debtPrice = 99_990_000 + step % 7;
            uint256 balance = 2.5e18 + (step % 2) * 4e18;
            (uint256 seized, uint256 repaid, uint256 fee) =
                amounts(debt, collateralPrice, debtPrice, balance);
            all ^= seized ^ repaid ^ fee;
        }
    }

    /// 200 x 180 / 160 bits, exact in 512: one a round, the first factor rising.
    function muldiv512(uint256 a, uint256 b, uint256 c, uint256 rounds)
        external
        pure
        returns (uint256 all)
    {
        for (uint256 round = 0; round < rounds; round++) {
            all ^= fullMulDiv(a, b, c);
            a += b;
        }
    }

    function loopShift(uint256 rounds) external pure returns (uint256 acc) {
        acc = 1;
        for (uint256 i = 0; i < rounds; i++) {
            unchecked {
                acc += i ^ (acc >> 1);
            }
        }
    }

    function rayMul(uint256 a, uint256 b) private pure returns (uint256) {
        return (a * b + HALF_RAY) / RAY;
    }

    function ratio(uint256 collateral, uint256 weighted, uint256 debt)
        private
        pure
        returns (uint256)
    {
        uint256 average = weighted / collateral;
        uint256 backed = (collateral * average + HALF_BPS) / BPS;
        return (backed * WAD + debt / 2) / debt;
    }

    /// Half of the debt may be repaid, the bonus is 5 %, the protocol keeps 10 % of it.
    function amounts(uint256 debt, uint256 collateralPrice, uint256 debtPrice, uint256 balance)
        private
        pure
        returns (uint256 seized, uint256 repaid, uint256 fee)
    {
        uint256 close = (debt * 5_000 + HALF_BPS) / BPS;
        repaid = close < debt ? close : debt;
        uint256 base = debtPrice * repaid * WAD / (collateralPrice * MEGA);
        seized = (base * BONUS + HALF_BPS) / BPS;
        if (seized > balance) {
            seized = balance;
            uint256 worth = collateralPrice * balance * MEGA / (debtPrice * WAD);
            repaid = (worth * BPS + HALF_BONUS) / BONUS;
        }
        uint256 bonus = seized - (seized * BPS + HALF_BONUS) / BONUS;
        fee = (bonus * 1_000 + HALF_BPS) / BPS;
        seized -= fee;
    }

    /// floor(a * b / c) where the product may need 512 bits: both halves of the product from its
    /// residues modulo 2^256 and 2^256 - 1, an exact multiple of c by taking the remainder away, the
    /// powers of two divided out, then one product with the inverse of what is left of c.
    function fullMulDiv(uint256 a, uint256 b, uint256 c) private pure returns (uint256) {
        unchecked {
            uint256 low = a * b;
            uint256 residue = mulmod(a, b, type(uint256).max);
            uint256 high = residue - low - (residue < low ? 1 : 0);
            if (high == 0) {
                return low / c;
            }
            require(high < c, "quotient does not fit");
            uint256 rest = mulmod(a, b, c);
            high -= rest > low ? 1 : 0;
            low -= rest;
            uint256 power = c & (0 - c);
            uint256 odd = c / power;
            low = low / power | high * ((0 - power) / power + 1);
            uint256 inverse = (3 * odd) ^ 2; // right in 4 bits; each line below doubles them
            inverse *= 2 - odd * inverse;
            inverse *= 2 - odd * inverse;
            inverse *= 2 - odd * inverse;
            inverse *= 2 - odd * inverse;
            inverse *= 2 - odd * inverse;
            inverse *= 2 - odd * inverse;
            return low * inverse;
        }
    }
}
