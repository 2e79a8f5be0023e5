"""What was measured on what: the machine, how quiet it was, the compiler and the commit."""
import os
import pathlib
import platform
import re
import resource
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FLAGS = ("sha_ni", "adx", "bmi2", "avx2", "avx512ifma", "sha2", "hypervisor")  # those that move a figure
BUSY = 0.10  # of all processors, used by others: figures then are rougher than their spread says


def read(path):
    try:
        return pathlib.Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def cpu_line(key):
    found = re.search(rf"^{key}\s*: (.*)$", read("/proc/cpuinfo"), re.M)
    return found[1].strip() if found else ""


def machine():
    have = (cpu_line("flags") or cpu_line("Features")).split()
    memory = re.search(r"MemTotal:\s+(\d+)", read("/proc/meminfo"))
    return {"cpu": cpu_line("model name") or platform.machine(), "architecture": platform.machine(),
            "cores": os.cpu_count(), "flags": [flag for flag in FLAGS if flag in have],
            "governor": read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").strip() or None,
            "memory_gib": round(int(memory[1]) / 2**20, 1) if memory else None,
            "system": f"{platform.system()} {platform.release()}"}


def memory_free_gib():
    """What programs can still get, or None."""
    found = re.search(r"MemAvailable:\s+(\d+)", read("/proc/meminfo"))
    return int(found[1]) / 2**20 if found else None


def ticks():
    """Seconds of all processors since the machine started: busy, stolen by a hypervisor, all; None if not told."""
    found = re.search(r"^cpu +([\d ]+)$", read("/proc/stat"), re.M)
    if not found:
        return None
    user, nice, system, idle, wait, irq, soft, steal = (list(map(int, found[1].split())) + [0] * 8)[:8]
    hertz = os.sysconf("SC_CLK_TCK")
    busy = user + nice + system + irq + soft
    return busy / hertz, steal / hertz, (busy + idle + wait + steal) / hertz


def own():
    """Seconds of processor time that this program and its ended children have used."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


class Quiet:
    """How much of the machine others used between two looks at it."""

    def __init__(self):
        self.load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
        self.before, self.used = ticks(), own()

    def others(self):
        """Shares of all processors: (of others, stolen), or None."""
        now = ticks()
        if now is None or self.before is None or now[2] <= self.before[2]:
            return None
        busy, stolen, all_s = (a - b for a, b in zip(now, self.before))
        return max(0.0, busy - (own() - self.used)) / all_s, stolen / all_s


def look(seconds=1.0):
    """The share of the machine that others use while this program sleeps, or None."""
    quiet = Quiet()
    time.sleep(seconds)
    shares = quiet.others()
    return sum(shares) if shares else None


def compiler(programs):
    """What the programs were built with, as their debug information says: [text]."""
    found = set()
    for program in programs:
        data = program.read_bytes()
        for producer in re.findall(rb"GNU C\d+ [\d.]+[^\0]*|[^\0]*clang version [^\0]*", data):
            found.add(producer.decode("ascii", "replace").strip()[:400])
    return sorted(found, key=lambda text: (len(text), text))


def commit():
    """(commit, whether files differ from it), or (None, None) outside a checkout."""
    def git(*words):
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True)
    try:
        head, status = git("rev-parse", "HEAD"), git("status", "--porcelain", "--untracked-files=no")
    except OSError:
        return None, None
    if head.returncode:
        return None, None
    return head.stdout.strip(), bool(status.stdout.strip())
