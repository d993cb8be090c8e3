"""A real browser that talks to this machine only."""

import contextlib
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="3" height="2"/>'


@contextlib.contextmanager
def launched() -> Iterator[Any]:
    """Yield Debian's chromium, or skip where there is none."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("missing program: chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*FLAGS])
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def opened(browser: Any, *refused: int, **context: Any) -> Iterator[Any]:
    """Yield a page; every picture of another host is a blank one.

    Its console must stay silent, but that chromium names the requests that were `refused` with these statuses.
    """
    with contextlib.closing(browser.new_context(**context)) as opened_context:
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
