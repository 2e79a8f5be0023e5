"""Certificates for tests of what reads them: made from real histories, and spoiled ones."""
import hashlib
import pathlib
import random
import struct
import subprocess
import zlib

SEAL = 32
ROOT = pathlib.Path(__file__).resolve().parent.parent


def unpack(packed):
    if packed[:4] != b"PLCZ":
        raise ValueError("not a packed certificate")
    return zlib.decompress(packed[42:])


def pack_stream(stream, size):
    """The packed form around any stream, promising any size; its check fits."""
    head = b"PLCZ" + struct.pack(">HI", 1, size)
    return head + hashlib.sha256(head + stream).digest() + stream


def pack(certificate):
    return pack_stream(zlib.compress(certificate, 9), len(certificate))


def seal(parts):
    """A certificate of everything before its seal."""
    tag = hashlib.sha256(b"plimsoll/certificate").digest()
    return parts + hashlib.sha256(tag + tag + parts).digest()


def histories(data=None):
    """Folders of the shipped histories, then of imported ones below data."""
    found = sorted((ROOT / "fixtures/histories").iterdir())
    return found + (sorted(pathlib.Path(data).iterdir()) if data else [])


def make(plim, folder, most, runs=None):
    """Yields a path for each liquidation of each history, at most `most` of one."""
    folder.mkdir(parents=True, exist_ok=True)
    for history in runs or histories():
        for number in range(1, most + 1):
            path = folder / ("%s-%d.plc" % (history.name, number))
            made = subprocess.run([plim, "certify", history, "--liquidation", str(number), "-o", path, "--json"],
                                  capture_output=True, text=True)
            if made.returncode and "there is no number" in made.stderr:
                break
            if made.returncode:
                raise RuntimeError("%s: %s" % (path.name, made.stderr.strip()))
            yield path


def flip(data, rng):
    """One bit changed."""
    place = rng.randrange(8 * len(data))
    changed = bytearray(data)
    changed[place // 8] ^= 1 << place % 8
    return bytes(changed)


def inside(plain, other, count, seed):
    """Yields (what was done, certificate): sealed again, so that only the rules behind the seal can refuse it. Now and
    then one is another truth."""
    rng, parts, second = random.Random(seed), plain[:-SEAL], other[:-SEAL]
    for _ in range(count):
        yield "a bit, sealed", seal(flip(parts, rng))
        yield "cut, sealed", seal(parts[:rng.randrange(1, len(parts))])
        yield "spliced, sealed", seal(parts[:rng.randrange(60, len(parts))] + second[-rng.randrange(60, len(second)):])
    yield "something behind, sealed", seal(parts + b"\0")


def spoiled(packed, other, count, seed):
    """Yields (what was done, bytes of a file): files made of a good certificate. "sealed" in what: see inside."""
    rng, plain, second = random.Random(seed), unpack(packed), unpack(other)
    for what, certificate in inside(plain, second, count, seed):
        yield what, pack(certificate)
    for _ in range(count):
        yield "a bit of the packed form", flip(packed, rng)
        yield "a bit inside", pack(flip(plain, rng))
        yield "a bit, not packed", flip(plain, rng)
        yield "cut", packed[:rng.randrange(len(packed))]
        yield "cut inside", pack(plain[:rng.randrange(1, len(plain))])
        yield "spliced", pack(plain[:rng.randrange(60, len(plain) - 60)] + second[-rng.randrange(60, len(second)):])
    yield "something behind", packed + b"\0"
    yield "something behind, inside", pack(plain + b"\0")
    stream = zlib.compress(plain, 9)
    yield "promises one byte more", pack_stream(stream, len(plain) + 1)
    yield "promises one byte less", pack_stream(stream, len(plain) - 1)
    yield "promises more than any may have", pack_stream(stream, (1 << 26) + 1)
    yield "promises 4 GiB", pack_stream(stream, (1 << 32) - 1)
    yield "unpacks to far more", pack_stream(zlib.compress(bytes(1 << 24), 9), 1 << 14)
    yield "a stream that stops", pack_stream(stream[:-20], len(plain))
    yield "a stream with another check sum", pack_stream(stream[:-1] + bytes([stream[-1] ^ 1]), len(plain))
    yield "bytes behind the stream", pack_stream(stream + b"more", len(plain))


def garbage(count, seed):
    """Yields (what it is, bytes): files that never were certificates."""
    rng = random.Random(seed)
    yield "nothing", b""
    yield "one byte", b"P"
    yield "a magic alone", b"PLCT"
    yield "another magic alone", b"PLCZ"
    yield "a PNG", bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010806000000"
                                 "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082")
    for _ in range(count):
        yield "random bytes", rng.randbytes(rng.randrange(1, 20000))
        yield "a magic and random bytes", b"PLCT" + rng.randbytes(rng.randrange(1, 20000))
