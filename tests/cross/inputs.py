"""What tools/cross.py asks of every target: certificates, whole and spoiled, and the published cases of the curve."""
import json
import pathlib
import shutil
import struct
import subprocess

from tests import certificates

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SUITES = {"bitcoin": "wycheproof_ecdsa_secp256k1_sha256_bitcoin_test.json",
          "p1363": "wycheproof_ecdsa_secp256k1_sha256_p1363_test.json"}


def imported(plim, data, folder):
    """One history of each folder of recorded runs that is not shipped; none where the data is not there."""
    found = []
    for trace in sorted(pathlib.Path(data).glob("evm-traces/*/seed-1.jsonl.gz")):
        into = folder / ("%s-seed-1" % trace.parent.name)
        if not (into / "history.plh.gz").exists() and not (into / "history.plh").exists():
            shutil.rmtree(into, ignore_errors=True)
            subprocess.run([plim, "import", "evm-trace", trace, "-o", into], check=True, capture_output=True)
        found.append(into)
    return found


class Certificates:
    """Unpacked certificates, what each is, and what they are to verify_certificates."""

    def __init__(self, plim, data, build, each):
        (build / "imported").mkdir(parents=True, exist_ok=True)
        shutil.rmtree(build / "certificates", ignore_errors=True)
        runs = certificates.histories() + imported(plim, data, build / "imported")
        made = [(path.stem, certificates.unpack(path.read_bytes()))
                for path in certificates.make(plim, build / "certificates", each, runs)]
        self.cases = [(name, whole, True) for name, whole in made]
        for number, (name, whole) in enumerate(made):
            for what, bad in certificates.inside(whole, made[(7 * number + 5) % len(made)][1], 1, number):
                self.cases.append(("%s, %s" % (name, what), bad, False))
            self.cases.append(("%s, cut" % name, whole[:number], False))
        self.good = len(made)
        self.data = b"".join(struct.pack(">I", len(bytes_)) + bytes_ for _, bytes_, _ in self.cases)
        self.wanted = None

    def expect(self, said):
        """The answers of this machine, with which all others are compared."""
        self.wanted = split(said)
        if len(self.wanted) != len(self.cases):
            raise SystemExit("cross: %d certificates, %d answers" % (len(self.cases), len(self.wanted)))
        for (name, _, good), answer in zip(self.cases, self.wanted):
            if good and not json.loads(answer)["true"]:
                raise SystemExit("cross: the certificate %s is refused: %s" % (name, json.loads(answer)["status"]))

    def compare(self, said, problems):
        """How many answers differ."""
        found = split(said)
        wrong = [n for n, answer in enumerate(self.wanted) if n >= len(found) or found[n] != answer]
        if wrong:
            problems.append("certificate %s: another answer" % self.cases[wrong[0]][0])
        return len(wrong)


def split(said):
    """The JSON documents of a text, each of which ends with a brace at the start of a line."""
    return [part + "\n}\n" for part in said.split("\n}\n")[:-1]]


def curve_rows(data):
    """Wycheproof's cases as the lines of tests/cross/curve_rows.c; whole where the data is, else the shipped ones."""
    whole = pathlib.Path(data) / "oracle-vectors/crypto"
    lines = []
    for kind, name in SUITES.items():
        text = ((whole if whole.is_dir() else ROOT / "fixtures/oracle/crypto") / name).read_text()
        for group in json.loads(text)["testGroups"]:
            for test in group["tests"]:
                lines.append(" ".join([kind, "valid" if test["result"] == "valid" else "invalid",
                                       "%s-%d" % (kind, test["tcId"]), group["publicKey"]["uncompressed"],
                                       test["msg"] or "-", test["sig"] or "-"]))
    return ("\n".join(lines) + "\n").encode(), len(lines)
