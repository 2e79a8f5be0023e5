#!/usr/bin/env python3
"""The page that verifies certificates, in a real browser: it says what plim says, byte for byte, and refuses the rest.

  python3 tests/browser/pages.py [--each 3] [--spoiled 4] [--garbage 6] [--seed 1] [--plim build/plim] [--page FILE]

--each: liquidations of each shipped history. Without --page the page is built first. Needs chromium, chromedriver and
the tools of `make verify-page` (tools/deps.sh browser); without them it says so and does nothing.
"""
import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from tests import certificates                   # noqa: E402
from tests.browser.driver import Browser         # noqa: E402

HOSTILE = "<img src=x onerror=hostile=1>"
WORLD = {
    "name": "hostile", "time_s": 1700000000, "seed": 1,
    "contracts": [{"name": "margin", "source": "margin_account.plim",
                   "params": {"feed": 0, "initial": "150%", "maintenance": "125%", "bonus": "5%"}}],
    "feeds": [{"name": "ETH_USD", "decimals": 8, "staleness_s": 3600, "min": "1", "max": "1000000",
               "note": HOSTILE + "<script>hostile=2</script>"}],
    "accounts": ["alice", "bob"],
    "blocks": [{"after_s": 12, "prices": {"ETH_USD": "2000.00"}, "calls": [
        {"from": "alice", "call": "margin.deposit", "args": {"amount": "1"}, "expect": "OK"},
        {"from": "alice", "call": "margin.borrow", "args": {"amount": "1200"}, "expect": "OK"}]}],
}
OVERLAPS = """
const boxes = [...document.querySelectorAll("svg text")].map(text => text.getBoundingClientRect());
const pairs = boxes.flatMap((a, i) => boxes.slice(i + 1).map(b => [a, b]));
const meet = ([a, b]) => a.left < b.right && b.left < a.right && a.top + 2 < b.bottom && b.top + 2 < a.bottom;
return pairs.filter(meet).length
    + boxes.filter(a => a.left < 0 || a.right > innerWidth).length;
"""


def lacks():
    """What is missing for the browser or for building the page."""
    tools = [tool for tool in ("chromium", "chromedriver", "clang-14", "wasm-ld-14") if not shutil.which(tool)]
    source = ROOT / "build/cross/secp256k1/src/secp256k1.c"
    return tools + ([] if source.exists() else ["the source of libsecp256k1"])


class Page:
    def __init__(self, browser, page, plim, folder):
        self.browser, self.plim, self.folder, self.opened = browser, plim, folder, 0
        self.passed = self.failed = 0
        browser.open(page)

    def judge(self, holds, what):
        self.passed, self.failed = self.passed + bool(holds), self.failed + (not holds)
        if not holds:
            print("  wrong: %s" % what)

    def verify(self, path):
        """Opens a file as a person does. Returns (heading, sentence, JSON or None)."""
        self.opened += 1
        self.browser.choose("#file", path)
        self.browser.wait('document.documentElement.dataset.done === "%d"' % self.opened)
        return self.browser.script("""
            const verdict = document.getElementById("verdict"), json = document.getElementById("json");
            return [verdict.querySelector("strong").textContent, verdict.querySelector("p").textContent,
                    json === null ? null : json.textContent];""")

    def told(self, path):
        """(exit code, JSON or None) of plim for the same file; the page has no JSON for what is no certificate."""
        run = subprocess.run([self.plim, "verify", "--json", path], capture_output=True, text=True)
        return run.returncode, (run.stdout or None) if run.returncode != 3 else None

    def good(self, path):
        heading, sentence, page_json = self.verify(path)
        code, plim_json = self.told(path)
        is_claim = plim_json is not None and sentence == json.loads(plim_json)["claim"]
        self.judge((heading, code) == ("True", 0) and page_json == plim_json and is_claim,
                   "%s: %s %s (plim: exit %d), %s JSON" % (path.name, heading, sentence, code,
                                                           "the same" if page_json == plim_json else "another"))

    def bad(self, what, data):
        path = self.folder / "spoiled.plc"
        path.write_bytes(data)
        heading, sentence, page_json = self.verify(path)
        code, plim_json = self.told(path)
        # A page stops at less gas than plim, so it may leave open what plim decides, and only that.
        same = page_json == plim_json or heading == "Not decided"
        agreed = heading != "True" or (code == 0 and "sealed" in what)
        refused = code != 0 or heading != "Refused"
        self.judge(agreed and refused and same and len(sentence) > 10,
                   "%s: %s: %s (plim: exit %d)" % (what, heading, sentence, code))
        return heading, what

    def narrow_and_wide(self, path):
        """No sideways scrolling, and no word of the drawing on another."""
        self.verify(path)
        for width in (320, 400, 700, 1200):
            self.browser.devtools("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1,
                                  mobile=True)
            self.browser.wait("innerWidth === %d" % width)
            self.browser.ask("POST", "/execute/async", {"args": [], "script": "const done = arguments[0];"
                                                        "requestAnimationFrame(() => requestAnimationFrame(done))"})
            reach = self.browser.script("return document.documentElement.scrollWidth")
            self.judge(reach <= width, "%s: %d wide at %d" % (path.name, reach, width))
            overlaps = self.browser.script(OVERLAPS)
            self.judge(overlaps == 0, "%s: %s labels overlap at %d" % (path.name, overlaps, width))
        self.browser.devtools("Emulation.clearDeviceMetricsOverride")

    def hands(self, path):
        """A file that is dropped, and the keyboard."""
        self.browser.script("document.activeElement.blur()")
        self.browser.press("\ue004")
        self.judge(self.browser.script("return document.activeElement.id") == "file", "Tab does not lead to the file")
        self.opened += 1
        self.browser.script("""
            const carried = new DataTransfer();
            carried.items.add(new File([Uint8Array.from(arguments[0])], "dropped.plc"));
            document.dispatchEvent(new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true }));
            """, list(path.read_bytes()))
        self.browser.wait('document.documentElement.dataset.done === "%d"' % self.opened)
        self.judge(self.browser.script("return document.querySelector('#verdict strong').textContent") == "True",
                   "a dropped file is not verified")

    def shut_in(self):
        """The page's rules: nothing is fetched, nothing that it did not bring runs."""
        self.judge(self.browser.script("return performance.getEntriesByType('resource').length") == 0,
                   "something was fetched")
        reached = self.browser.ask("POST", "/execute/async", {"args": [], "script":
            "const done = arguments[0]; fetch('data:text/plain,x').then(() => done(true), () => done(false))"})
        self.judge(reached is False, "the page may fetch")
        self.browser.complaints()
        ran = self.browser.script("const made = document.createElement('script'); made.textContent = 'ran = 1';"
                                  "document.head.append(made); made.remove(); return window.ran === 1")
        self.judge(not ran, "a script that is not the page's runs")
        self.browser.complaints()

    def hostile(self):
        """Names that try to be markup stay text."""
        world, run, path = self.folder / "hostile.world.json", self.folder / "hostile", self.folder / "hostile.plc"
        world.write_text(json.dumps(WORLD))
        shutil.copy(ROOT / "contracts/examples/margin_account.plim", self.folder)
        for command in (["run", world, "-o", run], ["certify", run, "--tx", "1:1", "-o", path]):
            subprocess.run([self.plim, *command], check=True, capture_output=True)
        self.good(path)
        text, elements, ran = self.browser.script("""const out = document.getElementById("out");
            return [out.textContent, out.querySelectorAll("img, script, iframe, a").length, typeof window.hostile];""")
        self.judge(HOSTILE in text, "the hostile note is not shown")
        self.judge(elements == 0 and ran == "undefined", "the hostile note became an element, or ran")


def judge_page(page, options, folder):
    made = list(certificates.make(options.plim, folder / "good", options.each))
    protocols = {re.sub(r"(-seed-\d+)?-\d+$", "", path.stem) for path in made}
    for path in made:
        page.good(path)
    print("%d certificates of liquidations, of %d protocols: the same JSON as plim verify" %
          (len(made), len(protocols)))
    page.narrow_and_wide(made[0])
    page.narrow_and_wide(next(path for path in made if "captured" in path.name))
    page.hands(made[0])
    headings = []
    for number, path in enumerate(made[::max(1, len(made) // options.spoiled)]):
        other = made[(number * 7 + 5) % len(made)]
        for what, data in certificates.spoiled(path.read_bytes(), other.read_bytes(), 3, options.seed + number):
            headings.append(page.bad(what, data))
        page.good(path)
    for what, data in certificates.garbage(options.garbage, options.seed):
        headings.append(page.bad(what, data))
    page.good(made[0])
    kinds = {what for _, what in headings}
    left, other = (sum(heading == wanted for heading, _ in headings) for wanted in ("Not decided", "True"))
    print("%d spoiled files of %d kinds: %d not decided, %d another truth, as plim says" %
          (len(headings), len(kinds), left, other))
    page.hostile()
    complaints = page.browser.complaints()
    page.judge(not complaints, "the console says: %s" % complaints[:2])
    page.shut_in()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=3)
    parser.add_argument("--spoiled", type=int, default=4)
    parser.add_argument("--garbage", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plim", default=str(ROOT / "build/plim"))
    parser.add_argument("--page", type=pathlib.Path)
    options = parser.parse_args()
    missing = lacks()
    if missing:
        print("skipped: the page of certificates needs %s (tools/deps.sh browser)" % ", ".join(missing))
        return 0
    with tempfile.TemporaryDirectory(prefix="plim-page-") as name:
        folder = pathlib.Path(name)
        where = options.page.resolve() if options.page else folder / "verify.html"
        if not options.page:
            subprocess.run([sys.executable, ROOT / "tools/report/page.py", "-o", where], check=True)
        with Browser() as browser:
            page = Page(browser, where, options.plim, folder)
            judge_page(page, options, folder)
    print("%d passed, %d failed" % (page.passed, page.failed))
    return 1 if page.failed else 0


if __name__ == "__main__":
    sys.exit(main())
