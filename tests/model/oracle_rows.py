"""Rows of oracle vector files as feeds of the model, and the way to ask the C library the same.

A Case is one payload under one feed; a row of a file has one Case for each price it speaks of."""
import json
import pathlib
import subprocess

from spec.model import oracle, policy
from spec.model.bytes_io import u8, u16, u32, u64, i256
from spec.model.hashes import keccak256
from spec.model.tables import FORMATS, Reject

NUMBERS = {row.name: number for number, row in FORMATS.items()}
FOREVER = 2**63
LOW, HIGH = -2**255, 2**255 - 1
PYTHNET = "e101faedac5851e32b9b23b5f9411a8c2bac4aae3ed4dd7b811dd1a72ea4aa71"
BEFORE_AN_HOUR = 3599       # the deployed rule of two formats: time < now + 3600

REASONS = {
    "bad-magic": "MAGIC", "bad-version": "VERSION", "truncated": "TRUNCATED", "length": "LIMIT TRUNCATED QUORUM",
    "trailing-bytes": "TRAILING", "bad-v": "RECOVERY_ID", "sig-range": "SIGNATURE_RANGE",
    "high-s": "HIGH_S", "bad-signature": "SIGNATURE UNKNOWN_SIGNER",
    "duplicate-signer": "SIGNER_DUPLICATE", "unsorted-signers": "SIGNER_ORDER",
    "unsorted-values": "VALUE_ORDER", "signer-index": "SIGNER", "quorum": "QUORUM",
    "config-mismatch": "CONFIG", "expired-signer-set": "SIGNER_SET_OVER",
    "unknown-signer-set": "SIGNER_SET", "merkle-root": "MERKLE", "wrong-emitter": "EMITTER",
    "wrong-feed": "SUBJECT", "message-type": "MESSAGE_TYPE", "timestamp-mismatch": "TIME_MISMATCH",
    "stale": "STALE", "future": "FUTURE", "expired": "EXPIRED", "replay": "REPLAY",
    "nonce-mismatch": "NONCE"}


class Case:
    """One payload, the feed that takes it, the clock, and what was accepted before."""

    def __init__(self, payload, feed, now_ns, last=None, price=None):
        self.payload = payload
        self.feed = feed
        self.now_ns = now_ns
        self.last = last            # oracle.Price or None
        self.price = price          # what the file states, or None

    def model(self):
        """(verdict of the adapter, verdict of the policy or -, what was read by name)."""
        try:
            reading = oracle.read(self.payload, self.feed, self.now_ns // 10**9)
        except Reject as reject:
            return reject.name, "-", {}
        if FORMATS[self.feed.format].transport:
            return "OK", "-", said(reading, self.feed.rules)
        try:
            accepted = policy.check(self.feed, self.now_ns, self.last, reading)
        except Reject as reject:
            return "OK", reject.name, said(reading, self.feed.rules)
        return "OK", "OK", dict(said(reading, self.feed.rules), accepted=str(accepted.price),
                                accepted_time=str(accepted.time), accepted_round=str(accepted.round))

    def frame(self):
        """The case as tests/storm/oracle_say.c takes it."""
        feed, last = self.feed, self.last or oracle.Price(0, 0, 0, 0)
        sets = b"".join(u64(s.from_s) + u64(s.until_s) + s.id + u8(s.quorum) + u8(len(s.members))
                        + b"".join(s.members) for s in feed.sets)
        body = (u8(feed.format) + u8(feed.rules) + u8(feed.decimals) + u8(feed.rounding)
                + u8(feed.wire_decimals) + u64(feed.staleness_s) + u64(feed.future_s)
                + i256(feed.low) + i256(feed.high) + u32(feed.deviation_bps)
                + u32(feed.confidence_bps) + u16(len(feed.subject)) + feed.subject
                + u8(len(feed.sets)) + sets + u64(self.now_ns // 10**9)
                + u32(self.now_ns % 10**9) + u8(self.last is not None) + i256(last.price)
                + u64(last.round) + u16(last.set) + self.payload)
        return u32(len(body)) + body


def said(reading, rules):
    """A Reading as oracle_say prints one."""
    out = {"order": str(reading.order), "valid_from_s": str(reading.valid_from_s),
           "expires_s": str(reading.expires_s), "set": str(reading.set),
           "digest": reading.digest.hex(),
           "signers": ",".join(str(signer) for signer in sorted(reading.signers))}
    if rules == oracle.STRICT:
        out.update(strict=reading.strict_error or "OK")
    if reading.price is not None:
        out.update(price=str(reading.price), exponent=str(reading.exponent))
    if reading.confidence is not None:
        out.update(confidence=str(reading.confidence))
    if reading.time_ns is not None:
        out.update(time_s=str(reading.time_ns // 10**9), time_ns=str(reading.time_ns % 10**9))
    return out


class Library:
    """The C library behind a pipe."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, case):
        """The same three as Case.model."""
        self.process.stdin.write(case.frame())
        self.process.stdin.flush()
        line = self.process.stdout.readline().decode().split()
        if len(line) < 2:
            raise SystemExit("oracle_say ended: " + case.frame().hex())
        return line[0], line[1], dict(word.split("=", 1) for word in line[2:])

    def close(self):
        self.process.stdin.close()
        return self.process.wait()


# ---- vector files -------------------------------------------------------------------------------

class Document:
    """One vector file."""

    def __init__(self, path):
        self.data = json.loads(pathlib.Path(path).read_text())
        self.name = self.data.get("format")
        self.format = NUMBERS.get(self.name)
        self.rows = self.data["vectors"] if self.format is not None else []

    def cases(self, row, rules):
        """The Cases of a row."""
        context = row["context"] or {}
        payload = bytes.fromhex(row["payload"])
        clock = [(context[key] * scale) for key, scale in
                 (("now", 10**9), ("now_ms", 10**6), ("now_us", 10**3)) if key in context]
        now_ns = clock[0] if clock else 10**9
        out = []
        for subject, price in self._subjects(row, context, payload):
            feed = self._feed(row, context, price, now_ns)
            feed.rules, feed.subject = rules, subject
            out.append(Case(payload, feed, now_ns, _last(context), price))
        return out

    def _feed(self, row, context, price, now_ns):
        format_ = FORMATS[self.format]
        feed = oracle.Feed("row", self.format, 18, FOREVER, FOREVER, LOW, HIGH, [], "")
        feed.rounding = oracle.DOWN
        if format_.scale == "FEED":
            feed.wire_decimals = 8 if price is None else price.get("decimals", 8)
            feed.decimals = feed.wire_decimals
        elif isinstance(format_.scale, int):
            feed.decimals = format_.scale
        for key in ("max_age_s", "max_delay_s"):
            feed.staleness_s = context.get(key, feed.staleness_s)
        if "max_age_us" in context:
            feed.staleness_s = context["max_age_us"] // 10**6
        if self.name in ("open-oracle", "api3-signed-data"):
            feed.future_s = BEFORE_AN_HOUR
        elif self.name == "chainlink-data-streams":
            feed.future_s = 0
        feed.future_s = context.get("max_ahead_s", feed.future_s)
        feed.sets = self._sets(row, context, now_ns // 10**9)
        return feed

    def _sets(self, row, context, now):
        found = self.data["signer_sets"][row["signer_set"]]
        if "members_by_index" in found:
            sets = []
            for index, members in found["members_by_index"].items():
                accepted = int(index) in context.get("accept_gsi", [int(index)])
                sets.append(oracle.SignerSet([_bytes(m) for m in members], len(members) * 2 // 3 + 1,
                                             0, oracle.NO_END if accepted else now,
                                             bytes(28) + u32(int(index))))
            return sets
        quorum = context.get("threshold") or context.get("bar") or context.get("f", 0) + 1
        members = [context["group_key"]] if "group_key" in context else found["members"]
        id_ = bytes.fromhex(context.get("config_digest", "")).rjust(32, b"\0")
        return [oracle.SignerSet([_bytes(member) for member in members], quorum, id_=id_)]

    def _subjects(self, row, context, payload):
        """(subject, stated price or None) pairs."""
        prices = row["prices"] or []
        first = prices[0] if prices else None
        feed = context.get("feed") or (first or {}).get("feed")
        if self.name == "redstone":
            return [(symbol(feed), _price_of(prices, feed)) for feed in context["feeds"]]
        if self.name == "pyth-pnau":
            chain, emitter = context.get("emitter") or (26, PYTHNET)
            start = u16(chain) + bytes.fromhex(emitter)
            ids = pnau_ids(payload) or [bytes(32)]
            return [(start + id_, _price_of(prices, id_.hex())) for id_ in ids]
        if self.name == "pyth-lazer":
            return [(u32(int(p["feed"])), p) for p in prices] or [(b"", None)]
        if self.name == "dlc-attestation":
            rule = b"\1" if context["rule"] == "sha256" else b"\0"
            nonces = b"".join(bytes.fromhex(nonce) for nonce in context["nonces"])
            event = context.get("event_id", "").encode()
            return [(rule + u16(len(context["nonces"])) + nonces + event, first)]
        if self.name in ("maker-median-poke", "maker-feed-message", "chronicle-scribe"):
            return [(symbol(context["wat"]), first)]
        if self.name == "open-oracle":
            return [(feed.encode(), first)]
        if self.name in ("stork-v1", "chainlink-data-streams", "api3-signed-data"):
            return [(bytes.fromhex(feed or ""), first)]
        return [(b"", first)]


def _bytes(text):
    return bytes.fromhex(text.removeprefix("0x"))


def _last(context):
    for key in ("prev_time", "prev_ts_ms", "prev_us", "prev_ns", "last_age", "latest_epoch_round"):
        if key in context:
            return oracle.Price(0, 0, 0, context[key])
    return None


def _price_of(prices, feed):
    return next((price for price in prices if price["feed"] == feed), None)


def symbol(text):
    """A short text with zeros behind it, or the Keccak-256 of a long one."""
    raw = text.encode()
    return raw.ljust(32, b"\0") if len(raw) <= 31 else keccak256(raw)


def pnau_ids(payload):
    """The ids of a PNAU's messages, as far as its sizes lead."""
    def number(at, size):
        return int.from_bytes(payload[at:at + size], "big")

    ids = []
    at = 7 + number(6, 1) + 1
    at += 2 + number(at, 2)
    count, at = number(at, 1), at + 1
    while len(ids) < count:
        size = number(at, 2)
        proof = at + 2 + size
        end = proof + 1 + 20 * number(proof, 1)
        if size < 33 or proof >= len(payload) or end > len(payload):
            break
        ids.append(payload[at + 3:at + 35])
        at = end
    return ids
