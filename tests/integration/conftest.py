import threading
from collections.abc import Iterator

import pytest

from indexer.sources import http
from tests.integration.servers import PATIENCE
from tests.integration.web_site import Server
from tests.integration.web_site import Site as LocalSite
from tests.integration.wordpress_site import CORPUS, Site, running_site


@pytest.fixture(name="base")
def local_site(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv(http.PAUSE_VARIABLE, "0")
    monkeypatch.setattr(http, "FIRST_PAUSE", 0.0)
    monkeypatch.setattr(http, "TIMEOUT_SECONDS", PATIENCE)
    LocalSite.tries, LocalSite.whole, LocalSite.over = {}, [], threading.Event()
    with Server(("127.0.0.1", 0), LocalSite) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        LocalSite.over.set()
        server.shutdown()


@pytest.fixture(scope="package")
def site() -> Iterator[Site]:
    """A WordPress site with the example corpus. What a test changes, it changes back."""
    with running_site() as site:
        site.add(CORPUS)
        yield site
