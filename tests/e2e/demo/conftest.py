import json
import threading
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr
from werkzeug.serving import make_server

from indexer.build import build
from service import serving
from service.app import create_app
from service.settings import Settings
from tests.conftest import silent, write_jsonl
from tests.e2e.demo.pages import RECORDS, TOKEN, opened
from tests.fakes import FakeEmbedder
from tests.integration.servers import ask


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the demo of a small site."""
    home = tmp_path_factory.mktemp("demo")
    build(home, str(write_jsonl(home / "articles.jsonl", RECORDS)), FakeEmbedder(), silent)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(serving, "_onnx_embedder", lambda *_args: FakeEmbedder())
        app = create_app(Settings(home=home, token=SecretStr(TOKEN)))
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}"
        put_overrides(address, "fr2", {"pins": ["fr1"], "blocks": ["gone"]})
        yield f"{address}/demo"
        server.shutdown()
        thread.join()
        server.server_close()


def put_overrides(address: str, article_id: str, body: object) -> None:
    path = f"{address}/v1/articles/{article_id}/overrides"
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    assert ask(urllib.request.Request(path, json.dumps(body).encode(), headers, method="PUT")).status == 200


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    with opened(browser, locale="en-GB") as blank:
        yield blank
