"""The C library behind a pipe, for certificates: tests/storm/certificate_say.c."""
import subprocess

from spec.model.bytes_io import u8, u16, u32, u64
from spec.model.chain import write_history


class Library:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.brought = b""

    def ask(self, command, parts):
        self.process.stdin.write(u32(len(parts) + 1) + command + parts)
        self.process.stdin.flush()
        line = self.process.stdout.readline().decode()
        if not line.endswith("\n"):
            raise SystemExit("certificate_say ended: %s %s" % (command, parts.hex()[:2000]))
        return line.strip()

    def judge(self, raw, world=None):
        """(step, error)."""
        if (world or b"") != self.brought:
            self.brought = world or b""
            self.ask(b"w", self.brought)
        return tuple(self.ask(b"v", raw).split())

    def open(self, source):
        said = self.ask(b"h", write_history(source.world_raw, source.blocks))
        if said != "OK":
            raise SystemExit("the library does not open %s: %s" % (source.name, said))

    def make(self, case):
        """The bytes of the same certificate, or the name of an error."""
        wanted = case.request
        count = wanted.last - wanted.first + 1 if wanted.height > 0 else 0
        parts = [u8(wanted.kind), u64(wanted.height), u64(wanted.first), u32(count),
                 u8(wanted.without_world), u16(len(wanted.views))]
        parts += [u32(v.moment) + u32(v.contract) + u16(v.function) + u16(len(v.arguments)) + v.arguments
                  for v in wanted.views]
        parts.append(u16(len(wanted.evidence)))
        parts += [u32(feed) + u32(len(report)) + report for feed, report in wanted.evidence]
        said = self.ask(b"m", b"".join(parts) + wanted.claim.encode())
        try:
            return bytes.fromhex(said)
        except ValueError:
            return said

    def close(self):
        self.process.stdin.close()
        return self.process.wait()
