"""A headless Chromium, driven through its own protocol over a pipe: no package is needed for it.

It installs Debian's package where there is no browser, as root, and removes it again. By hand:

python tests/page/browser.py results/digits/atlas.html picture.png '#surface=mlp/seed0/bowl' 390 844
"""

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from filelock import FileLock

# other tests install packages too, side by side with these
ALONE = FileLock(Path(tempfile.gettempdir(), "prospect-packages.lock"))
PACKAGE = "chromium-headless-shell"
NAMES = (PACKAGE, "chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    *("--headless", "--remote-debugging-pipe", "--no-sandbox", "--hide-scrollbars", "--mute-audio"),
    # 3D without a GPU
    *("--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"),
)
SECONDS = 60  # what takes longer hangs


class Missing(Exception):
    """There can be no browser here; the message says why."""


class Browser:
    """A browser with one page; start and stop it with ``with``."""

    def __enter__(self) -> "Browser":
        self.installed = not any(map(shutil.which, NAMES))
        if self.installed:
            _apt("update")
            _apt("install", "-y", "--no-install-recommends", PACKAGE)
        try:
            self._start()
        except OSError as error:
            self._clean()
            raise Missing(f"the browser does not start: {error}") from error
        return self

    def _start(self) -> None:
        """Start the browser, and listen to its page."""
        program = next(filter(None, map(shutil.which, NAMES)))
        self.folder = tempfile.mkdtemp()
        there, self.written = os.pipe()
        self.read, back = os.pipe()
        command = [program, *OPTIONS, f"--user-data-dir={self.folder}", "about:blank"]
        # the browser reads from its file 3 and writes to its file 4
        self.process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{there} 4>&{back}', "bash", *command],
            pass_fds=(there, back), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(there)
        os.close(back)
        self.number, self.buffer, self.events = 0, b"", list[dict]()
        self.session: str | None = None
        (page,) = (
            target
            for target in self.call("Target.getTargets")["targetInfos"]
            if target["type"] == "page"
        )
        attached = self.call("Target.attachToTarget", targetId=page["targetId"], flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def __exit__(self, *_) -> None:
        self.session = None
        self.call("Browser.close")
        self._clean()

    def _clean(self) -> None:
        """Wait until the browser has ended, and remove what was made for it."""
        self.process.wait(SECONDS)
        os.close(self.written)
        os.close(self.read)
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.installed:
            _apt("remove", "-y", "--autoremove", PACKAGE)

    def call(self, method: str, **params) -> dict:
        """Ask for something and return the answer; what happens meanwhile is kept in `events`."""
        self.number += 1
        asked = {"id": self.number, "method": method, "params": params}
        asked |= {"sessionId": self.session} if self.session else {}
        os.write(self.written, json.dumps(asked).encode() + b"\0")
        while True:
            message = self._next()
            if message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            self.events.append(message)

    def _next(self) -> dict:
        """Return the next message of the browser."""
        while b"\0" not in self.buffer:
            part = os.read(self.read, 1 << 20)
            if not part:
                raise ConnectionError("the browser is no more")
            self.buffer += part
        message, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(message)

    def open(self, path: Path, width: int = 1280, height: int = 900, link: str = "") -> None:
        """Open a file in a window of a size, at a link in it, and wait until it has run."""
        self.size(width, height)
        self.events.clear()
        self.call("Page.navigate", url="about:blank")
        self.call("Page.navigate", url=path.resolve().as_uri() + link)
        self.wait("document.readyState === 'complete' && document.querySelector('footer') !== null")

    def size(self, width: int, height: int) -> None:
        """Make the window as large as a screen; a narrow one is a phone."""
        phone = width < 600
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=2 if phone else 1, mobile=phone,
        )  # fmt: skip

    def dark(self, dark: bool) -> None:
        """Say whether the system is dark."""
        feature = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[feature])

    def do(self, script: str):
        """Evaluate JavaScript in the page and return its value; promises are waited for."""
        found = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in found:
            raise RuntimeError(json.dumps(found["exceptionDetails"])[:2000])
        return found["result"].get("value")

    def wait(self, condition: str) -> None:
        """Wait until a condition in JavaScript is true."""
        deadline = time.monotonic() + SECONDS
        while not self.do(f"Boolean({condition})"):
            if time.monotonic() > deadline:
                raise RuntimeError(f"still not: {condition}")
            time.sleep(0.05)

    def press(self, key: str) -> None:
        """Press a key."""
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key)

    def point(self, x: float, y: float) -> None:
        """Move the mouse to a place of the window."""
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def picture(self, path: Path) -> None:
        """Take a picture of the window as PNG."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def errors(self) -> list[str]:
        """Return what the console has of errors and warnings, and errors that nobody caught."""
        found = []
        for event in self.events:
            said = event.get("params", {})
            if event["method"] == "Runtime.exceptionThrown":
                found.append(json.dumps(said["exceptionDetails"])[:1000])
            if event["method"] == "Runtime.consoleAPICalled" and said["type"] in (
                "error",
                "warning",
            ):
                found.append(json.dumps(said["args"])[:1000])
            if event["method"] == "Log.entryAdded" and said["entry"]["level"] == "error":
                found.append(json.dumps(said["entry"])[:1000])
        return found

    def requests(self) -> list[str]:
        """Return the addresses that were asked for, but for what is in the page itself."""
        sent = (e["params"] for e in self.events if e["method"] == "Network.requestWillBeSent")
        return [
            params["request"]["url"]
            for params in sent
            if params.get("type") != "Document"
            and not params["request"]["url"].startswith(("data:", "blob:"))
        ]


def _look(
    page: str, picture: str, link: str = "", width: str = "1280", height: str = "900"
) -> None:
    """Take a picture of a page when its plots are drawn."""
    with Browser() as browser:
        browser.open(Path(page), int(width), int(height), link)
        time.sleep(3)
        browser.picture(Path(picture))


def _apt(*command: str) -> None:
    """Let Debian's packages be installed or removed; raises Missing where that cannot be."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        raise Missing(f"no browser ({', '.join(NAMES)}), and none can be installed here")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    with ALONE:
        done = subprocess.run(
            ["apt-get", "-qq", *command], capture_output=True, text=True, env=environment
        )
    if done.returncode:
        raise Missing(f"apt-get {' '.join(command)}: {done.stderr.strip()[-300:]}")


if __name__ == "__main__":
    _look(*sys.argv[1:])
