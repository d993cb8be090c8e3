"""What the tests of the demo page share: a small site, a page in a browser, and what an editor does there."""

import contextlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.content import pause
from tests.integration.servers import PATIENCE

TOKEN = "of this test"  # noqa: S105 - opens nothing else
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
PICTURE_URL = "https://example.org/p.jpg"
RECORDS: list[dict[str, Any]] = [
    {"id": "ar1", "title": "تحلية مياه البحر", "text": "محطة تحلية مياه البحر sea", "language": "ar",
     "published_at": "2026-01-05", "category": "environment", "author": "سلمى", "tags": ["البحر"],
     "url": "https://example.org/ar1", "image_url": PICTURE_URL},
    {"id": "ar2", "title": "مياه البحر والجفاف", "text": "مياه البحر sea", "language": "ar",
     "published_at": "2026-01-04"},
    {"id": "fr1", "title": "La mer et la sécheresse", "text": "la mer, la sécheresse sea", "language": "fr",
     "published_at": "2026-01-03", "category": "News, local", "image_url": PICTURE_URL},
    {"id": "fr2", "title": "L'école", "text": "l'école school", "language": "fr", "published_at": "2025-01-02"},
    {"id": "it's/a b?c", "title": f"sea {HOSTILE}", "text": "sea", "language": "en", "published_at": "2026-01-02",
     "category": "environment", "url": "javascript:alert(3)", "image_url": "javascript:alert(4)"},
    {"id": "bidi", "title": "sea \u202egnp.exe", "text": "sea", "language": "en", "published_at": "2026-01-01"},
    {"id": "undated", "title": "football", "text": "football", "language": "es"},
]  # fmt: skip
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="3" height="2"/>'


@contextlib.contextmanager
def opened(browser: Any, *refused: int, **context: Any) -> Iterator[Any]:
    """Yield a page; every picture of another host is a blank one.

    Its console must stay silent, but that chromium names the requests that were `refused` with these statuses.
    """
    with contextlib.closing(browser.new_context(**context)) as opened_context:
        opened_context.set_default_timeout(PATIENCE * 1000)
        page = opened_context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.route(
            lambda url: not url.startswith(("http://127.0.0.1:", "data:")),
            lambda route: route.fulfill(body=PICTURE, content_type="image/svg+xml"),
        )
        yield page
        assert [text for text in said if not any(f"status of {status}" in text for status in refused)] == []


def visit(page: Any, address: str) -> None:
    page.goto(address)
    settle(page)


def settle(page: Any) -> None:
    """Wait until the page has nothing left to ask: it takes up a change of a control after 250 ms."""
    pause(page, 300)
    page.wait_for_selector('#related:not([aria-busy="true"])', state="attached")


def shown(page: Any) -> list[str]:
    return list(page.eval_on_selector_all("#related > li", "items => items.map(item => item.dataset.id)"))


def query(page: Any) -> dict[str, str]:
    return dict(page.evaluate("Object.fromEntries(new URLSearchParams(location.search))"))


def curl_ids(page: Any) -> list[str]:
    if shutil.which("curl") is None:
        pytest.skip("missing program: curl")
    command = page.text_content("#curl").replace("curl ", "curl --fail -sS ", 1)
    answer = subprocess.run(["sh", "-c", command], check=True, capture_output=True, text=True)
    return [related["id"] for related in json.loads(answer.stdout)["related"]]
