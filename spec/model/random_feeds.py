"""Random feeds and reports for random_programs.py: all rules of formats 0 and 1, and the stages of
spec 05 §7."""
from .hashes import tagged
from .oracle import NATIVE, NO_END, UNSIGNED, Feed, Report, SignerSet
from .secp256k1 import N as ORDER
from .secp256k1 import key_of_secret, sign

TIME = 1_700_000_000


class Keys:
    """A few secrets, known by their index."""
    SECRETS = [int.from_bytes(tagged("account", b"test key %d" % i), "big") % ORDER
               for i in range(8)]
    PUBLIC = [key_of_secret(secret) for secret in SECRETS]


def random_set(rng, from_s, until_s):
    """A SignerSet with, beside its rules, the secrets of its members in their order."""
    order = sorted(rng.sample(range(8), rng.randint(1, 4)), key=lambda i: Keys.PUBLIC[i])
    signer_set = SignerSet([Keys.PUBLIC[i] for i in order], rng.randint(1, len(order)), from_s,
                           until_s)
    signer_set.secrets = [Keys.SECRETS[i] for i in order]
    return signer_set


def random_sets(rng):
    """One set for ever, or some in turn, at times with a gap between them."""
    if rng.random() < 0.7:
        return [random_set(rng, 0, NO_END)]
    ends = sorted(rng.sample([TIME, TIME + 12, TIME + 13, TIME + 40, TIME + 4000], 2))
    gap = rng.choice([0, 0, 1])
    return [random_set(rng, rng.choice([0, TIME]), ends[0] or 1),
            random_set(rng, ends[0] + gap, ends[1] + gap),
            random_set(rng, ends[1] + gap, NO_END)][rng.randint(0, 1):]


def random_feed(rng, number, staged):
    native = rng.random() < 0.6
    low = rng.choice([0, 0, 0, -10**12, -2**255])
    sets = [] if not native else random_sets(rng) if staged else [random_set(rng, 0, NO_END)]
    if sets and sets[0].from_s >= sets[0].until_s:
        sets[0].from_s = 0
    feed = Feed("feed%d" % number, NATIVE if native else UNSIGNED, rng.choice([8, 8, 8, 0, 77]),
                rng.choice([0, 60, 3600, 2**64 - 1]), rng.choice([0, 5, 2**64 - 1]),
                low, rng.choice([10**12, 2**255 - 1]), sets, "random feed")
    return feed


def add_stages(rng, feeds):
    """Some of the rules that a world of format 2 has."""
    for number, feed in enumerate(feeds):
        feed.deviation_bps = rng.choice([0, 0, 0, 1, 500, 10000, 2**32 - 1])
        feed.heartbeat_s = rng.choice([0, 0, 0, 1, 12, 60, 4000, 2**64 - 1])
        feed.delay_s = rng.choice([0, 0, 0, 1, 10, 60, 3600, 2**32 - 1])
        feed.twap_s = rng.choice([0, 0, 1, 12, 30, 100, 4000, 2**32 - 1])
        if feed.twap_s:
            feed.low = max(feed.low, -2**223)
            feed.high = min(feed.high, 2**223 - 1)
        same = [i for i in range(number) if feeds[i].decimals == feed.decimals]
        if same and rng.random() < 0.5:
            feed.fallback = rng.choice(same)


def random_feeds(rng):
    staged = rng.random() < 0.5
    feeds = [random_feed(rng, i, staged) for i in range(rng.randint(0, 4 if staged else 3))]
    if staged:
        add_stages(rng, feeds)
    return feeds


# ---- reports ---------------------------------------------------------------------------------

def random_report(rng, world, chain, time):
    """A report that is mostly accepted; otherwise it breaks one of the rules of spec 05 §2."""
    if not world.feeds:
        return rng.choice([b"", b"\x01\0\0\0\0", bytes(55)])
    number = rng.randrange(len(world.feeds))
    feed = world.feeds[number]
    last = chain.last_price(number)
    round_, since = (last.round, last.time) if last else (0, 0)
    price = rng.choice([1, 10**8, 2000 * 10**8, feed.low, feed.high])
    if last and feed.deviation_bps and rng.random() < 0.8:
        step = abs(last.price) * feed.deviation_bps // 10000
        price = last.price + rng.choice([-1, 1]) * rng.choice([step, step + 1, step // 2])
        price = min(max(price, -2**255), 2**255 - 1)
    report = Report(number, round_ + rng.randint(1, 3), max(time - rng.choice([0, 0, 1]), since),
                    price, feed.decimals)
    bend = rng.choice([""] * 14 + ["decimals", "round", "early", "late", "stale", "low", "high",
                                   "feed", "version"])
    if bend == "decimals":
        report.decimals ^= 1
    elif bend == "round":
        report.round = round_
    elif bend == "early":
        report.time = max(since - 1, 0)
    elif bend == "late":
        report.time = min(time + feed.future_s + 1, 2**64 - 1)
    elif bend == "stale":
        report.time = max(time - feed.staleness_s - 1, 0)
    elif bend == "low":
        report.price = max(feed.low - 1, -2**255)
    elif bend == "high":
        report.price = min(feed.high + 1, 2**255 - 1)
    elif bend == "feed":
        report.feed = len(world.feeds)
    elif bend == "version":
        report.version = 2
    sign_report(rng, report, feed, chain.world.id, time)
    raw = report.encode()
    draw = rng.random()
    if draw < 0.04:
        raw = raw[:rng.randrange(len(raw))]
    elif draw < 0.06:
        raw += b"\0"
    return raw


def sign_report(rng, report, feed, world_id, time):
    digest = report.digest(world_id)
    if feed.format == UNSIGNED:
        if rng.random() < 0.05:
            report.signatures = [(0, bytes(32), bytes(32))]
        return
    active = [s for s in feed.sets if s.active(time)] or feed.sets
    signers = rng.choice(active if rng.random() < 0.95 else feed.sets)
    count = rng.randint(signers.quorum, len(signers.members))
    chosen = sorted(rng.sample(range(len(signers.members)), count))
    bend = rng.choice([""] * 12 + ["none", "few", "twice", "order", "stranger", "high s", "other",
                                   "zero", "n"])
    if bend == "none":
        chosen = []
    elif bend == "few":
        chosen = chosen[:signers.quorum - 1] or chosen
    elif bend == "order":
        chosen.reverse()
    elif bend == "twice":
        chosen.append(chosen[-1])
    for signer in chosen:
        r, s = sign(signers.secrets[signer], digest, low=bend != "high s")
        report.signatures.append((signer, r, s))
    if bend == "stranger":
        report.signatures[-1] = (len(signers.members), *report.signatures[-1][1:])
    elif bend == "other":
        report.price ^= 1
    elif bend == "zero":
        report.signatures[-1] = (*report.signatures[-1][:2], bytes(32))
    elif bend == "n":
        report.signatures[-1] = (report.signatures[-1][0], ORDER.to_bytes(32, "big"),
                                 report.signatures[-1][2])
