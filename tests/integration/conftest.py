import threading
from collections.abc import Iterator

import pytest

from indexer.sources import http
from tests.integration.web_site import Server, Site


@pytest.fixture(name="base")
def local_site(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv(http.PAUSE_VARIABLE, "0")
    monkeypatch.setattr(http, "FIRST_PAUSE", 0.0)
    monkeypatch.setattr(http, "TIMEOUT_SECONDS", 0.3)
    Site.tries, Site.whole = {}, []
    with Server(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
