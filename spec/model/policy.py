"""What a feed demands of a reading (spec 05 §6)."""
from fractions import Fraction

from .tables import FORMATS, Reject


class Reading:
    """What an adapter leaves of a payload whose signatures hold."""

    def __init__(self, price=None, exponent=0, order=0, time_ns=None, set_=0, signers=(),
                 confidence=None, valid_from_s=0, expires_s=2**64 - 1, strict_error=None,
                 digest=None):
        self.price = price                  # None: none for the feed; otherwise price * 10^exponent
        self.exponent = exponent
        self.order = order
        self.time_ns = time_ns              # None: the format has no time
        self.set = set_                     # number in feed.sets
        self.signers = set(signers)         # places in that set
        self.confidence = confidence        # at the scale of price, or None
        self.valid_from_s = valid_from_s
        self.expires_s = expires_s
        self.strict_error = strict_error    # the first rule broken that only a strict feed has
        self.digest = digest                # what was signed; of the last where they differ


def check(feed, now_ns, last, reading):
    """The oracle.Price of a reading, or Reject; last is the Price accepted before, or None."""
    from .oracle import STRICT
    format_, now = FORMATS[feed.format], now_ns // 10**9
    if reading.price is None:
        raise Reject("NO_VALUE")
    if last is not None and not _newer(format_, last, reading):
        raise Reject(format_.order_error)
    _age(feed, format_, now_ns, reading)
    price = priced(feed, now, reading)
    if not feed.low <= price.price <= feed.high:
        raise Reject("PRICE_BOUNDS")
    check_deviation(feed, price.price, last)
    if feed.confidence_bps and (reading.confidence is None or reading.confidence * 10000
                                > abs(reading.price) * feed.confidence_bps):
        raise Reject("CONFIDENCE")
    if feed.rules == STRICT and reading.strict_error is not None:
        raise Reject(reading.strict_error)
    return price


def priced(feed, now, reading):
    """spec 05 §6 (4) and (6): the oracle.Price of a reading at the feed's decimals."""
    from .oracle import Price
    format_ = FORMATS[feed.format]
    stamped = format_.stamp or reading.time_ns is None
    return Price(to_decimals(feed, reading), feed.decimals,
                 now if stamped else reading.time_ns // 10**9,
                 now if format_.stamp else reading.order, set_=reading.set)


def authentic(feed, now, reading):
    """spec 10 §6: the Price of a reading that another block has judged."""
    from .oracle import STRICT
    if reading.price is None:
        raise Reject("NO_VALUE")
    if feed.rules == STRICT and reading.strict_error is not None:
        raise Reject(reading.strict_error)
    return priced(feed, now, reading)


def _newer(format_, last, reading):
    """spec 05 §6 (2)."""
    if format_.per_second is None and format_.named and reading.set != last.set:
        return reading.set > last.set
    return reading.order > last.round


def _age(feed, format_, now_ns, reading):
    """spec 05 §6 (3)."""
    now = now_ns // 10**9
    if reading.valid_from_s > now + feed.future_s:
        raise Reject("FUTURE")
    if now > reading.expires_s:
        raise Reject("EXPIRED")
    if reading.time_ns is None:
        return
    time_ns = reading.time_ns
    if format_.seconds:
        time_ns, now_ns = time_ns // 10**9 * 10**9, now * 10**9
    if time_ns > now_ns + feed.future_s * 10**9:
        raise Reject("FUTURE")
    if time_ns + feed.staleness_s * 10**9 < now_ns:
        raise Reject("STALE")


def to_decimals(feed, reading):
    """spec 05 §6 (4)."""
    from .oracle import DOWN, EXACT, UP
    k = reading.exponent + feed.decimals
    if not -76 <= k <= 76:
        raise Reject("EXPONENT")
    exact = Fraction(reading.price) * Fraction(10) ** k
    if feed.rounding == DOWN:
        price = exact.numerator // exact.denominator
    elif feed.rounding == UP:
        price = -(-exact.numerator // exact.denominator)
    else:
        price = round(exact)        # a tie to the even one
    if (feed.rounding == EXACT and price != exact) or not -2**255 <= price < 2**255:
        raise Reject("EXPONENT")
    return price


def check_deviation(feed, price, last):
    """spec 05 §6 (7)."""
    if feed.deviation_bps and last is not None:
        if abs(price - last.price) * 10000 > abs(last.price) * feed.deviation_bps:
            raise Reject("DEVIATION")
