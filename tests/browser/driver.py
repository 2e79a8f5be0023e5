"""Chromium without a window, driven by chromedriver over WebDriver's plain HTTP: nothing but Python is needed."""
import base64
import http.client
import json
import os
import shutil
import subprocess
import tempfile
import time

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"     # the key that WebDriver gives an element's id


class BrowserError(RuntimeError):
    pass


class Browser:
    """One window; everything it writes lies in a folder of its own, which goes when it closes."""

    def __init__(self, seconds=60):
        self.folder = tempfile.mkdtemp(prefix="plim-browser-")
        home = dict(os.environ, HOME=self.folder, XDG_CONFIG_HOME=self.folder, XDG_CACHE_HOME=self.folder)
        self.process = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True, env=home)
        self.port, self.session = None, None
        try:
            self.port = self.read_port()
            self.session = self.ask("POST", "/session", {"capabilities": {"alwaysMatch": {
                "timeouts": {"script": seconds * 1000, "pageLoad": seconds * 1000},
                "goog:loggingPrefs": {"browser": "ALL"},
                "goog:chromeOptions": {"args": [
                    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                    "--disable-background-networking", "--disable-component-update", "--disable-extensions",
                    "--host-resolver-rules=MAP * ~NOTFOUND", "--user-data-dir=%s/profile" % self.folder]}}}},
                                    path="")["sessionId"]
        except BaseException:
            self.close()
            raise

    def read_port(self):
        for line in self.process.stdout:
            if "started successfully on port" in line:
                return int(line.rsplit(" ", 1)[1].strip().rstrip("."))
        raise BrowserError("chromedriver ended before it listened")

    def ask(self, method, where, body=None, path=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        place = (path if path is not None else "/session/%s" % self.session) + where
        connection.request(method, place, None if body is None else json.dumps(body),
                           {"Content-Type": "application/json"})
        answer = json.loads(connection.getresponse().read())
        connection.close()
        if isinstance(answer["value"], dict) and "error" in answer["value"]:
            raise BrowserError("%s: %s" % (answer["value"]["error"], answer["value"]["message"][:300]))
        return answer["value"]

    def close(self):
        try:
            if self.session is not None:
                self.ask("DELETE", "")
        except (OSError, BrowserError):
            pass
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        self.close()

    def open(self, path):
        self.ask("POST", "/url", {"url": "file://%s" % path})

    def script(self, text, *arguments):
        return self.ask("POST", "/execute/sync", {"script": text, "args": list(arguments)})

    def devtools(self, command, **parameters):
        return self.ask("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def choose(self, selector, path):
        """Gives a file to a file input, as a person who picks it."""
        found = self.ask("POST", "/element", {"using": "css selector", "value": selector})
        self.ask("POST", "/element/%s/value" % found[ELEMENT], {"text": str(path)})

    def press(self, *keys):
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.ask("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def wait(self, condition, seconds=60):
        """Until a script returns something true; returns that."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = self.script("return " + condition)
            if value:
                return value
            time.sleep(0.01)
        raise BrowserError("waited %d s for %s" % (seconds, condition))

    def complaints(self):
        """What the console said since the last call."""
        return [entry["message"] for entry in self.ask("POST", "/se/log", {"type": "browser"})]

    def picture(self, path, width, dark):
        """The whole page as a PNG, at a width in CSS pixels."""
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1,
                      mobile=False)
        self.devtools("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        made = self.devtools("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        with open(path, "wb") as out:
            out.write(base64.b64decode(made["data"]))
