"""The widget tells what was seen and clicked, each once, and only where it is asked to."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from models import events
from tests.conftest import RECORDS, Builder
from tests.e2e.content import LONG, TITLES, answer, pause, settled
from tests.e2e.site import Site
from tests.integration.servers import running, wait_until


def told(site: Site) -> list[Any]:
    return [json.loads(body) for body in site.bodies]


def test_an_impression_is_told_once_when_half_of_the_list_is_seen(page: Page, site: Site) -> None:
    site.answer = answer(recommendation_id="r-1")
    page.goto(site.page(LONG + '<div data-silah-article="7" data-silah-events></div>' + LONG))
    settled(page)
    assert site.told == []
    for _ in range(2):
        page.locator("li").nth(1).scroll_into_view_if_needed()
        wait_until(lambda: site.bodies)
        page.evaluate("scrollTo(0, 0)")
        pause(page, 100)
    items = [{"id": name, "position": place} for place, (name, _, _) in enumerate(TITLES, 1)]
    assert told(site) == [{"type": "impression", "recommendation_id": "r-1", "seed": "7", "items": items}]
    (sent,) = site.told
    assert (sent.path, sent.headers["Content-Type"]) == ("/v1/events", "text/plain")


def test_each_click_is_told_once_with_the_place_in_the_list(page: Page, site: Site) -> None:
    site.answer = answer({"url": f"{site.page('')}"}, {"url": f"{site.page('')}"}, recommendation_id="r-1")
    page.goto(site.page('<div data-silah-article="7" data-silah-events></div>'))
    page.locator("a").nth(0).click(button="middle")
    page.locator("a").nth(0).click(button="right")
    page.locator("a").nth(1).click()
    page.wait_for_url("**/page/1")
    wait_until(lambda: len(site.bodies) == 3)
    clicks = [event for event in told(site) if event["type"] == "click"]
    assert [click["items"] for click in clicks] == [[{"id": "11", "position": 1}], [{"id": "12", "position": 2}]]
    assert {click["recommendation_id"] for click in clicks} == {"r-1"}


@pytest.mark.parametrize(("attribute", "outer"), [("", {"recommendation_id": "r"}), ("data-silah-events", {})])
def test_nothing_is_told_unasked_or_without_a_recommendation(
    page: Page, site: Site, attribute: str, outer: dict[str, str]
) -> None:
    site.answer = answer({"url": site.page("")}, **outer)
    page.goto(site.page(f'<div data-silah-article="7" {attribute}></div>'))
    page.locator("a").first.click()
    page.wait_for_url("**/page/0")
    page.wait_for_load_state("networkidle")
    assert site.told == []


def counted(home: Path) -> dict[tuple[int, str], tuple[int, int]]:
    """Return impressions and clicks by position and language."""
    return {
        (place.position, place.language): (count.impressions, count.clicks)
        for place, count in events.load(home).items()
    }


def test_the_real_service_answers_another_sites_page_and_counts_what_it_tells(
    page: Page, site: Site, build_records: Builder, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"SILAH_TEXT_QUERIES": "false", "SILAH_CORS_ORIGINS": site.url, "SILAH_EVENTS": "true"}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    build_records([{**record, "url": f"{site.page('')}?{record['id']}"} for record in RECORDS])
    with running(home, workers=1) as server:
        element = '<div data-silah-article="1" data-silah-k="2" data-silah-events></div>'
        page.goto(site.page(element, script=f"{server.url}/widget.js"))
        settled(page, 2)
        expect(page.locator("[part=title]")).to_have_text(["sea", "school"])
        page.locator("a").nth(1).click()
        page.wait_for_url("**/page/*?*")
        wait_until(lambda: counted(home) == {(1, "en"): (1, 0), (2, "fr"): (1, 1)})
    assert site.asked == site.told == []
