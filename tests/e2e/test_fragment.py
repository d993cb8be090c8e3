"""The fragment in a page of either direction, for those who do not see it."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from service.app import create_app
from service.settings import Settings
from tests.conftest import Builder

HOSTILE = '"><script>alert(1)</script>'
RECORDS = [
    {"id": "ar", "title": "تحلية مياه البحر", "language": "ar", "published_at": "2026-08-01"},
    {"id": "fr", "title": f"La mer {HOSTILE}", "language": "fr", "url": "https://example.org/fr"},
    {"id": "en", "title": "The sea \u202e", "language": "en", "url": "javascript:alert(1)"},
]


@pytest.mark.parametrize(("seed", "direction"), [("ar", "rtl"), ("fr", "ltr")])
def test_axe_finds_no_violation(page: Page, build_records: Builder, home: Path, seed: str, direction: str) -> None:
    build_records(RECORDS)
    client = create_app(Settings(home=home, text_queries=False)).test_client()
    fragment = client.get(f"/v1/articles/{seed}/related.html").text
    page.set_content(
        f'<!doctype html><html lang="{seed}" dir="{direction}"><title>Page</title>'
        f"<main><h1>Page</h1><p>Text</p>{fragment}</main></html>"
    )
    expect(page.get_by_role("navigation").get_by_role("listitem")).to_have_count(2)
    assert Axe().run(page, options={}).violations_count == 0
