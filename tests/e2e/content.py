"""What the pages of these tests hold, and what the service answers them."""

from typing import Any

from playwright.sync_api import Page, expect

ELEMENT = '<div data-silah-article="7"></div>'
LONG = "<p>Un paragraphe.</p>" * 60
FOOTER = "<footer>Le pied de la page</footer>"
BEFORE = "<h1>Un titre</h1><p>Un texte.</p>"
TITLES = [
    ("11", "ar", "محطة تحلية مياه البحر تدخل الخدمة"),
    ("12", "fr", "L'eau de mer au robinet"),
    ("13", "en", "Rain"),
]


def answer(*changes: dict[str, Any], **outer: Any) -> dict[str, Any]:
    related = [
        {"id": name, "url": f"https://example.org/{name}", "title": title, "language": language, "score": 0.9,
         "published_at": "2026-06-18T10:00:00Z", "image_url": None}
        for name, language, title in TITLES
    ]  # fmt: skip
    for item, change in zip(related, changes, strict=False):
        item.update(change)
    return {"seed": {"id": "7"}, "snapshot": "s", "related": related, "shortfall": None, **outer}


def settled(page: Page, count: int = 3) -> None:
    """Wait until the list is there, and has its whole height."""
    expect(page.locator("li")).to_have_count(count)
    page.wait_for_function("document.querySelector('[data-silah-article]').shadowRoot.firstChild.style.overflow === ''")


def pause(page: Page, milliseconds: int) -> None:
    """Wait by the page's own clock: what its scripts and observers were to do sooner is done then, on any machine."""
    page.evaluate("time => new Promise(done => setTimeout(() => requestAnimationFrame(done), time))", milliseconds)
