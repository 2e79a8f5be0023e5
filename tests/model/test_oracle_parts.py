"""What the adapters of the model stand on, against published suites: curve, hashes, typed data."""
import csv
import hashlib
import json
import pathlib
import unittest

from spec.model import secp256k1
from spec.model.bytes_io import u8
from spec.model.formats import eip712
from spec.model.hashes import keccak256
from spec.model.oracle import Feed, SignerSet

ORACLE = pathlib.Path(__file__).resolve().parent.parent.parent / "fixtures/oracle"
CRYPTO = ORACLE / "crypto"


def load(name):
    return json.loads((CRYPTO / name).read_text())


def raw(text):
    return bytes.fromhex(text.removeprefix("0x"))


class TestSuites(unittest.TestCase):
    def test_keccak(self):
        for row in load("keccak256_sha256.json")["vectors"]:
            self.assertEqual(keccak256(raw(row["data"])), raw(row["keccak256"]))

    def test_bip340(self):
        verdicts = set()
        with open(CRYPTO / "bip340_test_vectors.csv", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                wanted = row["verification result"] == "TRUE"
                found = secp256k1.verify_schnorr(raw(row["public key"]), raw(row["message"]),
                                                 raw(row["signature"]))
                self.assertEqual(found, wanted, row["index"] + " " + row["comment"])
                verdicts.add(wanted)
        self.assertEqual(verdicts, {True, False})

    def test_ecdsa(self):
        """r | s; the model's verifier wants low s, so the other half is turned over first."""
        count = 0
        for group in load("wycheproof_ecdsa_secp256k1_sha256_p1363_test.json")["testGroups"]:
            point = raw(group["publicKey"]["uncompressed"])
            key = u8(2 + point[-1] % 2) + point[1:33]
            for row in group["tests"]:
                digest, signature = hashlib.sha256(raw(row["msg"])).digest(), raw(row["sig"])
                r, s = signature[:32], signature[32:]
                if len(signature) == 64 and secp256k1.is_high(s) and int.from_bytes(s, "big") < secp256k1.N:
                    s = (secp256k1.N - int.from_bytes(s, "big")).to_bytes(32, "big")
                found = len(signature) == 64 and secp256k1.verify(key, digest, r, s)
                self.assertEqual(found, row["result"] == "valid", (row["tcId"], row["comment"]))
                count += 1
        self.assertGreater(count, 40)

    def test_nonces(self):
        for row in load("ecdsa_d_m_signature.json")["valid"]:
            r, s = secp256k1.sign(int(row["d"], 16), raw(row["m"]))
            self.assertEqual((r + s).hex(), row["signature"])


class TestTypedData(unittest.TestCase):
    """EIP-712: the struct's words make the digest that a signer signs."""

    def words(self, types, name, data):
        out = b""
        for field in types[name]:
            out += self.word(types, field["type"], data[field["name"]])
        return out

    def word(self, types, type_, value):
        if type_.endswith("]"):
            inner = type_[:type_.rindex("[")]
            return keccak256(b"".join(self.word(types, inner, entry) for entry in value))
        if type_ in types:
            return self.hash_struct(types, type_, value)
        if type_ == "string":
            return keccak256(value.encode())
        if type_ == "bytes":
            return keccak256(raw(value))
        if type_.startswith("bytes"):
            return raw(value).ljust(32, b"\0")
        if type_ == "address":
            return raw(value).rjust(32, b"\0")
        number = int(value, 0) if isinstance(value, str) else int(value)
        return (number % 2**256).to_bytes(32, "big")

    def type_hash(self, types, name):
        found, left = set(), [name]
        while left:
            one = left.pop().split("[")[0]
            if one in types and one not in found:
                found.add(one)
                left += [field["type"] for field in types[one]]
        order = [name] + sorted(found - {name})
        text = "".join("%s(%s)" % (one, ",".join(f["type"] + " " + f["name"] for f in types[one]))
                       for one in order)
        return keccak256(text.encode())

    def hash_struct(self, types, name, data):
        return keccak256(self.type_hash(types, name) + self.words(types, name, data))

    def domain(self, data):
        fields = [("name", "string"), ("version", "string"), ("chainId", "uint256"),
                  ("verifyingContract", "address"), ("salt", "bytes32")]
        types = {"EIP712Domain": [{"name": n, "type": t} for n, t in fields if n in data]}
        return self.hash_struct(types, "EIP712Domain", data)

    def test_digests(self):
        """The adapter's reading has the digest of the row; whoever signed is taken for a member."""
        rows = json.loads((ORACLE / "eip712-typed-data.json").read_text())["vectors"]
        for row in rows:
            words = self.words(row["types"], row["primaryType"], row["data"])
            subject = (self.domain(row["domain"]) + self.type_hash(row["types"], row["primaryType"])
                       + bytes([len(words) // 32, 255, 255, 255, 255]))
            signature = raw(row.get("signature") or "0x%064x%064x1b" % (secp256k1.G[0], 5))
            digest = raw(row["digest"])
            point = secp256k1.recover(digest, signature[:32], signature[32:64], signature[64] - 27)
            signer = raw(row["signer"]) if "signer" in row else secp256k1.address_of(point)
            feed = Feed("", 18, 0, 0, 0, 0, 0, [SignerSet([signer], 1)], "")
            feed.subject = subject
            self.assertEqual(eip712.read(words + signature, feed, 1).digest, digest, row["name"])
        self.assertGreater(len(rows), 10)


if __name__ == "__main__":
    unittest.main()
