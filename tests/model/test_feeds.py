"""The model's feeds: policy, stages, signer sets, worlds of format 2, recovery (spec 05, 06 §1)."""
import random
import unittest

from spec.model import feeds, hashes, oracle, policy, secp256k1
from spec.model import world as world_module
from spec.model.tables import FORMATS, Reject
from spec.model.world import World

KEYS = sorted(secp256k1.key_of_secret(k) for k in (1, 2, 3))
NOW = 1_000_000


def verdict(function, *arguments):
    try:
        function(*arguments)
    except Reject as reject:
        return reject.name
    return "OK"


def unsigned(name="f", **rules):
    feed = oracle.Feed(name, oracle.UNSIGNED, 8, 2**64 - 1, 2**64 - 1, -10**6, 10**6, [], "")
    vars(feed).update(rules)
    return feed


class TestPolicy(unittest.TestCase):
    def check(self, feed_rules, last=None, **reading):
        feed = unsigned(format=13, rules=oracle.DEPLOYED, staleness_s=60, future_s=5,
                        low=-2**255, high=2**255 - 1)
        vars(feed).update(feed_rules)
        given = {"price": 2000, "exponent": -8, "order": 8, "time_ns": (NOW - 1) * 10**9}
        given.update(reading)
        last = oracle.Price(2000, 8, NOW - 10, 7, set_=1) if last is None else last
        return verdict(policy.check, feed, NOW * 10**9, last, policy.Reading(**given))

    def test_rules_at_their_edges(self):
        second = 10**9
        for wanted, rules, reading in [
                ("OK", {}, {}), ("NO_VALUE", {}, {"price": None}), ("REPLAY", {}, {"order": 7}),
                ("STALE", {"format": 9}, {"order": 7}),
                ("OK", {}, {"time_ns": (NOW - 60) * second}),
                ("STALE", {}, {"time_ns": (NOW - 60) * second - 1}),
                ("OK", {}, {"time_ns": (NOW + 5) * second}),
                ("FUTURE", {}, {"time_ns": (NOW + 5) * second + 1}),
                ("OK", {"format": 7}, {"time_ns": (NOW + 5) * second + 1}),
                ("FUTURE", {}, {"valid_from_s": NOW + 6}), ("EXPIRED", {}, {"expires_s": NOW - 1}),
                ("EXPONENT", {}, {"exponent": 69}), ("EXPONENT", {}, {"exponent": -9, "price": 5}),
                ("OK", {"rounding": 1}, {"exponent": -9, "price": 5}),
                ("PRICE_BOUNDS", {"low": 2001}, {}), ("PRICE_BOUNDS", {"high": 1999}, {}),
                ("OK", {"deviation_bps": 50}, {"price": 2010}),
                ("DEVIATION", {"deviation_bps": 50}, {"price": 2011}),
                ("CONFIDENCE", {"confidence_bps": 50}, {}),
                ("OK", {"confidence_bps": 50}, {"confidence": 10}),
                ("CONFIDENCE", {"confidence_bps": 50}, {"confidence": 11}),
                ("OK", {}, {"strict_error": "HIGH_S"}),
                ("HIGH_S", {"rules": oracle.STRICT}, {"strict_error": "HIGH_S"}),
                ("OK", {"format": 2}, {"order": 0, "set_": 2}),
                ("REPLAY", {"format": 2}, {"order": 99, "set_": 0}),
                ("REPLAY", {"format": 4}, {"order": 7, "set_": 2})]:
            self.assertEqual(self.check(rules, **reading), wanted, (rules, reading))

    def test_scale(self):
        for value, down, up, even in [(25, 2, 3, 2), (35, 3, 4, 4), (-25, -3, -2, -2),
                                      (-26, -3, -2, -3), (-1, -1, 0, 0), (20, 2, 2, 2)]:
            for rounding, wanted in ((1, down), (2, up), (3, even)):
                feed = unsigned(rounding=rounding)
                self.assertEqual(policy.to_decimals(feed, policy.Reading(value, -9)), wanted)

    def test_stamped_formats_keep_the_time_of_the_block(self):
        feed = unsigned(format=8, staleness_s=60, rules=oracle.DEPLOYED)
        reading = policy.Reading(5, -8, NOW - 3, (NOW - 3) * 10**9)
        price = policy.check(feed, NOW * 10**9, None, reading)
        self.assertEqual((price.time, price.round), (NOW, NOW))


class TestStages(unittest.TestCase):
    def state(self, *all_feeds):
        world = World()
        world.name, world.feeds = "w", list(all_feeds)
        return world_module.genesis(world)

    def test_the_mean_is_that_of_all_seconds(self):
        rng, window = random.Random(5), 23
        feed = unsigned(twap_s=window)
        state, held, time, price = self.state(feed), {}, 100, None
        for height in range(1, 400):
            if price is None or rng.random() < 0.6:
                price = rng.randint(-999, 999)
                feeds.accept(state, [feed], 0, oracle.Price(price, 8, time, height, height))
            feeds.settle(state, [feed], height, time)
            start = max(time - window, 100)
            values = [held[t] for t in range(start, time)]
            wanted = sum(values) // len(values) if values else price
            seen = oracle.Price.of_row(state.get(0, 1, bytes(4)))
            self.assertEqual(seen.price, wanted, height)
            self.assertLessEqual(len(state.tables[0, 7].rows), window + 2)
            later = time + rng.choice([0, 1, 1, 2, 3, 3, 7, 60])
            held.update({t: price for t in range(time, later)})
            time = later

    def test_delay_heartbeat_and_fallback(self):
        first, second = unsigned("a"), unsigned("b", delay_s=100, heartbeat_s=150, fallback=0)
        both = [first, second]
        state = self.state(*both)
        feeds.accept(state, both, 0, oracle.Price(7, 8, 1000, 1, 1))
        seen = []
        for height, (time, price) in enumerate([(1050, 1), (1099, 2), (1100, None), (1150, 3),
                                                (1200, None), (1250, None), (1299, None),
                                                (1500, None)], 1):
            if price is not None:
                feeds.accept(state, both, 1, oracle.Price(price, 8, time, height, height))
            feeds.settle(state, both, height, time)
            seen.append(oracle.Price.of_row(state.get(0, 1, b"\0\0\0\1")).price)
        # 1 was accepted at 1050 and dies after 1200; 2 after 1249; 3 comes at 1500 and is dead
        self.assertEqual(seen, [7, 7, 1, 1, 2, 7, 7, 7])

    def test_last_stays_when_the_price_dies(self):
        feed = unsigned(heartbeat_s=5)
        state = self.state(feed)
        feeds.accept(state, [feed], 0, oracle.Price(1, 8, 100, 9, 1, 3))
        feeds.settle(state, [feed], 1, 106)
        self.assertIsNone(state.get(0, 1, bytes(4)))
        last = feeds.last(state, [feed], 0)
        self.assertEqual((last.round, last.set), (9, 3))


class TestWorlds(unittest.TestCase):
    def world(self, change=None, format_=2):
        native = unsigned("b", format=oracle.NATIVE, heartbeat_s=9)
        native.sets = [oracle.SignerSet(list(KEYS), 2, 0, 100), oracle.SignerSet(list(KEYS), 2, 100)]
        world = World()
        world.name, world.feeds = "w", [unsigned("a"), native]
        if change:
            change(*world.feeds, *native.sets)
        return world_module.encode(world, format_)

    def test_every_rule_has_its_error(self):
        def put(**rules):
            return lambda a, b, s, t: vars(b).update(rules)

        def first(**rules):
            return lambda a, b, s, t: vars(s).update(rules)

        def plain(a, b, s, t):
            b.heartbeat_s, b.sets, s.until_s = 0, [s], oracle.NO_END

        for wanted, change in [
                ("OK", None), ("TYPE", put(format=19)), ("TYPE", put(rules=2)),
                ("NON_CANONICAL", put(rules=0)), ("TYPE", put(rounding=4)),
                ("NON_CANONICAL", put(rounding=1)), ("LIMIT", put(decimals=78)),
                ("LIMIT", put(subject=bytes(2049))), ("NON_CANONICAL", put(subject=b"s")),
                ("NON_CANONICAL", put(confidence_bps=1)), ("RANGE", put(low=10**6 + 1)),
                ("RANGE", put(high=2**223, twap_s=1)), ("OK", put(high=2**223 - 1, twap_s=1)),
                ("RANGE", put(sets=[])), ("RANGE", put(fallback=1)), ("OK", put(fallback=0)),
                ("DECIMALS", put(fallback=0, decimals=7)), ("LIMIT", put(wire_decimals=78)),
                ("NON_CANONICAL", put(wire_decimals=1)), ("RANGE", first(from_s=100)),
                ("RANGE", first(quorum=0)), ("RANGE", first(quorum=4)),
                ("RANGE", first(until_s=101)), ("NON_CANONICAL", first(id=b"\1" + bytes(31))),
                ("ORDER", first(members=KEYS[::-1])), ("DUPLICATE", first(members=KEYS[:1] * 2)),
                ("NON_CANONICAL", first(members=[bytes(33), KEYS[0]])), ("NON_CANONICAL", plain)]:
            self.assertEqual(verdict(world_module.decode, self.world(change)), wanted)

    def test_what_is_read_is_written(self):
        raw = self.world()
        self.assertEqual(world_module.encode(world_module.decode(raw)), raw)

    def test_formats_are_numbered_as_in_the_text(self):
        self.assertEqual([FORMATS[n].name for n in (0, 1, 6, 18)],
                         ["unsigned", "native", "pyth-pnau", "eip712-price"])
        self.assertTrue(FORMATS[8].stamp and FORMATS[8].exact and not FORMATS[8].named)


class TestRecovery(unittest.TestCase):
    def test_keccak(self):
        self.assertEqual(hashes.keccak256(b"").hex(), "c5d2460186f7233c927e7db2dcc703c0"
                                                      "e500b653ca82273b7bfad8045d85a470")
        self.assertEqual(hashes.keccak256(b"abc").hex(), "4e03657aea45a94fc7d47ba826c8d667"
                                                         "c0d1e6e33a64a036ec44f58fa12d6c45")
        self.assertEqual(secp256k1.address_of(secp256k1.G).hex(),
                         "7e5f4552091a69125d5dfcb7b8c2659029395bdf")

    def test_one_parity_leads_to_the_key(self):
        for secret in (1, 7, secp256k1.N - 2):
            digest = hashes.keccak256(b"price %d" % secret)
            point = secp256k1.point_of_key(secp256k1.key_of_secret(secret))
            for low in (True, False):
                r, s = secp256k1.sign(secret, digest, low)
                self.assertEqual(secp256k1.is_high(s), not low)
                found = [secp256k1.recover(digest, r, s, parity) for parity in (0, 1)]
                self.assertEqual(found.count(point), 1)

    def test_refusals(self):
        digest = hashes.keccak256(b"price")
        r, s = secp256k1.sign(5, digest)
        zero, order = bytes(32), secp256k1.N.to_bytes(32, "big")
        no_point = (5).to_bytes(32, "big")
        for wanted, arguments in [("RECOVERY_ID", (r, s, 2)), ("RECOVERY_ID", (zero, s, 3)),
                                  ("SIGNATURE_RANGE", (zero, s, 0)), ("SIGNATURE_RANGE", (r, zero, 0)),
                                  ("SIGNATURE_RANGE", (order, s, 1)),
                                  ("SIGNATURE_RANGE", (r, order, 1)), ("SIGNATURE", (no_point, s, 0)),
                                  ("OK", (r, s, 0))]:
            self.assertEqual(verdict(secp256k1.recover, digest, *arguments), wanted)


if __name__ == "__main__":
    unittest.main()
