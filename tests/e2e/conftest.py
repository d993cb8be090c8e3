import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e.site import Site, serving
from tests.integration.servers import PATIENCE

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
# A busy machine is no error.
expect.set_options(timeout=PATIENCE * 1000)
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("missing program: chromium")
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=program, args=FLAGS.split(), timeout=PATIENCE * 1000) as browser,
    ):
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A phone's page, at whose end nothing may have gone wrong in a script or been complained of in the console."""
    with browser.new_context(viewport=PHONE) as context:
        context.set_default_timeout(PATIENCE * 1000)
        page = context.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if not _is_the_browsers(said.text) else None)
        yield page
        assert wrong == []


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as site:
        yield site


def _is_the_browsers(text: str) -> bool:
    return text.startswith("Failed to load resource")
