"""Serve the example corpus, and print two requests to try as soon as it answers."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

PORT = os.environ.get("SILAH_PORT", "8080")
BASE = f"http://127.0.0.1:{PORT}"
PAGE = (Path(__file__).parent / "page.html").resolve().as_uri()
TRY = f"""
Silah serves the example corpus. Try, in another terminal:

  curl '{BASE}/v1/articles/1001/related?k=5'

  curl -H 'Content-Type: application/json' '{BASE}/v1/related' -d '{{"text": "تحلية مياه البحر", "k": 5}}'

or open in a browser what a site's page looks like with it, and the page on which editors try every setting:

  {PAGE}
  {BASE}/demo

Stop it with Ctrl-C.
"""


def main() -> int:
    """Run the server until it stops; return its exit code."""
    # The example page is opened from a folder: its origin has no name.
    environment = {"SILAH_CORS_ORIGINS": "*", **os.environ}
    server = subprocess.Popen([sys.executable, "-m", "service"], env=environment)
    # A supervisor stops this script with SIGTERM, a terminal the whole group with SIGINT.
    signal.signal(signal.SIGTERM, lambda *_: server.terminate())
    try:
        while server.poll() is None and not _ready():
            time.sleep(0.2)
        if server.poll() is None:
            print(TRY, flush=True)
        return server.wait()
    except KeyboardInterrupt:
        return server.wait()


def _ready() -> bool:
    try:
        with urllib.request.urlopen(f"{BASE}/readyz", timeout=5) as response:  # noqa: S310 - http, on this machine
            return bool(response.status == 200)  # noqa: PLR2004
    except (urllib.error.URLError, OSError):
        return False


if __name__ == "__main__":
    sys.exit(main())
