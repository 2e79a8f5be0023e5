"""ECDSA and BIP-340 over secp256k1 in plain integers; signatures with RFC 6979 for tests.

The curve is y^2 = x^3 + 7 over the field of P; G generates a group of prime order N. Points are
affine pairs or None for infinity; inside a multiplication they are Jacobian triples (X, Y, Z) that
stand for (X / Z^2, Y / Z^3), Z = 0 being infinity. Not constant time: the keys here are test keys.
"""
import functools
import hashlib
import hmac

from .hashes import keccak256
from .tables import Reject

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
     0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8)

_INFINITY = (1, 1, 0)


def _double(p):
    x, y, z = p
    if z == 0 or y == 0:
        return _INFINITY
    yy = y * y % P
    s = 4 * x * yy % P
    m = 3 * x * x % P
    nx = (m * m - 2 * s) % P
    return nx, (m * (s - nx) - 8 * yy * yy) % P, 2 * y * z % P


def _add_affine(p, q):
    """Jacobian p plus affine q."""
    x, y, z = p
    if z == 0:
        return q[0], q[1], 1
    zz = z * z % P
    h = (q[0] * zz - x) % P
    r = (q[1] * zz * z - y) % P
    if h == 0:
        return _double(p) if r == 0 else _INFINITY
    hh = h * h % P
    hhh = h * hh % P
    v = x * hh % P
    nx = (r * r - hhh - 2 * v) % P
    return nx, (r * (v - nx) - y * hhh) % P, z * h % P


def _affine(p):
    x, y, z = p
    if z == 0:
        return None
    inverse = pow(z, -1, P)
    square = inverse * inverse % P
    return x * square % P, y * square * inverse % P


@functools.lru_cache(maxsize=4096)
def _odd_multiples(point, count):
    """point, 3 point, 5 point, ... as affine points; `count` of them."""
    twice = _affine(_double((point[0], point[1], 1)))
    out, at = [], (point[0], point[1], 1)
    for _ in range(count):
        out.append(_affine(at))
        at = _add_affine(at, twice)
    return out


def _signed_windows(k, width):
    """k as sum of digit * 2^i, digits odd and below 2^(width-1) in size, or zero."""
    digits = []
    while k:
        digit = 0
        if k & 1:
            digit = k % (1 << width)
            if digit >= 1 << (width - 1):
                digit -= 1 << width
            k -= digit
        digits.append(digit)
        k >>= 1
    return digits


def multiply_sum(terms):
    """The sum of k * point over (k, point, width), with one shared chain of doublings."""
    work = [(_signed_windows(k % N, width), _odd_multiples(point, 1 << (width - 2)))
            for k, point, width in terms]
    total = _INFINITY
    for i in range(max(len(digits) for digits, _ in work) - 1, -1, -1):
        total = _double(total)
        for digits, multiples in work:
            digit = digits[i] if i < len(digits) else 0
            if digit > 0:
                total = _add_affine(total, multiples[digit >> 1])
            elif digit < 0:
                x, y = multiples[-digit >> 1]
                total = _add_affine(total, (x, P - y))
    return _affine(total)


@functools.lru_cache(maxsize=4096)
def point_of_key(key):
    """The point of a compressed key (02 or 03, then x), or None when it is not one."""
    if len(key) != 33 or key[0] not in (2, 3):
        return None
    x = int.from_bytes(key[1:], "big")
    if x >= P:
        return None
    square = (x * x * x + 7) % P
    y = pow(square, (P + 1) // 4, P)
    if y * y % P != square:
        return None
    return x, (y if y % 2 == key[0] % 2 else P - y)


def key_of_secret(secret):
    x, y = multiply_sum([(secret, G, 8)])
    return bytes([2 + y % 2]) + x.to_bytes(32, "big")


def verify(key, digest, r32, s32):
    """spec 05 §2: r and s in 1..n-1, s <= (n-1)/2, and the equation holds."""
    point = point_of_key(key)
    r, s = int.from_bytes(r32, "big"), int.from_bytes(s32, "big")
    if point is None or not 1 <= r < N or not 1 <= s <= (N - 1) // 2:
        return False
    w = pow(s, -1, N)
    e = int.from_bytes(digest, "big")
    sum_point = multiply_sum([(e * w, G, 8), (r * w, point, 5)])
    return sum_point is not None and sum_point[0] % N == r


def is_high(s32):
    """s > (n-1)/2 (spec 09)."""
    return int.from_bytes(s32, "big") > (N - 1) // 2


def recover(digest, r32, s32, parity):
    """spec 09: the point whose key signed; parity of the nonce's y, 0 or 1. Reject RECOVERY_ID,
    SIGNATURE_RANGE or SIGNATURE. High s is accepted."""
    if parity not in (0, 1):
        raise Reject("RECOVERY_ID")
    r, s = int.from_bytes(r32, "big"), int.from_bytes(s32, "big")
    if not 1 <= r < N or not 1 <= s < N:
        raise Reject("SIGNATURE_RANGE")
    nonce = point_of_key(bytes([2 + parity]) + r32)     # x = r: above n there is no id for it
    if nonce is None:
        raise Reject("SIGNATURE")
    inverse, e = pow(r, -1, N), int.from_bytes(digest, "big")
    point = multiply_sum([(-e * inverse, G, 8), (s * inverse, nonce, 5)])
    if point is None:
        raise Reject("SIGNATURE")
    return point


def address_of(point):
    """spec 09: the last 20 bytes of keccak256 of the 64-byte key."""
    return keccak256(point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big"))[12:]


@functools.lru_cache(maxsize=4096)
def verify_schnorr(key32, digest, signature):
    """BIP-340: key32 is x of the key, signature 64 bytes."""
    point = point_of_key(b"\2" + key32)
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if point is None or r >= P or s >= N:
        return False
    tag = hashlib.sha256(b"BIP0340/challenge").digest()
    e = int.from_bytes(hashlib.sha256(tag + tag + signature[:32] + key32 + digest).digest(), "big")
    nonce = multiply_sum([(s, G, 8), (-e, point, 5)])
    return nonce is not None and nonce[1] % 2 == 0 and nonce[0] == r


def _nonces(secret, digest):
    """RFC 6979 §3.2 with HMAC-SHA-256."""
    data = secret.to_bytes(32, "big") + (int.from_bytes(digest, "big") % N).to_bytes(32, "big")
    k, v = bytes(32), b"\x01" * 32

    def mac(key, text):
        return hmac.new(key, text, hashlib.sha256).digest()

    for byte in (b"\x00", b"\x01"):
        k = mac(k, v + byte + data)
        v = mac(k, v)
    while True:
        v = mac(k, v)
        yield int.from_bytes(v, "big")
        k = mac(k, v + b"\x00")
        v = mac(k, v)


def sign(secret, digest, low=True):
    """(r, s) as 32 bytes each; s is the low one unless low is False."""
    e = int.from_bytes(digest, "big")
    for nonce in _nonces(secret, digest):
        if not 1 <= nonce < N:
            continue
        r = multiply_sum([(nonce, G, 8)])[0] % N
        s = pow(nonce, -1, N) * (e + r * secret) % N
        if r == 0 or s == 0:
            continue
        if (s > (N - 1) // 2) == low:
            s = N - s
        return r.to_bytes(32, "big"), s.to_bytes(32, "big")
