"""The widget in a real browser, on pages that are short and long, plain and hostile, with a service good and bad."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from service.fragment import HEADINGS
from tests.conftest import Builder
from tests.e2e.site import STRICT, Site, serving
from tests.integration.servers import running, wait_until

ELEMENT = '<div data-silah-article="7"></div>'
LONG = "<p>Un paragraphe.</p>" * 60
FOOTER = "<footer>Le pied de la page</footer>"
BEFORE = "<h1>Un titre</h1><p>Un texte.</p>"
HOSTILE = '"><script>alert(1)</script>'
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


def shift(page: Page) -> float:
    """Return the cumulative layout shift of the page so far."""
    return float(
        page.evaluate(
            """() => new Promise(resolve => {
                let sum = 0;
                new PerformanceObserver(list => { for (const entry of list.getEntries()) sum += entry.value; })
                    .observe({type: 'layout-shift', buffered: true});
                requestAnimationFrame(() => setTimeout(() => resolve(sum), 200));
            })"""
        )
    )


def settled(page: Page, count: int = 3) -> None:
    """Wait until the list is there, and has its whole height."""
    expect(page.locator("li")).to_have_count(count, timeout=15_000)
    page.wait_for_function(
        "document.querySelector('[data-silah-article]').shadowRoot.firstChild.style.overflow === ''", timeout=30_000
    )


@pytest.mark.parametrize("language", [*HEADINGS, "ar-MA", "pt"])
def test_a_landmark_named_in_the_pages_language(page: Page, site: Site, language: str) -> None:
    site.answer = answer()
    page.goto(site.page(BEFORE + ELEMENT, language=language))
    heading = HEADINGS.get(language[:2], HEADINGS["en"])
    nav = page.get_by_role("navigation", name=heading)
    expect(nav.get_by_role("heading", name=heading, level=2)).to_be_visible()
    expect(nav.get_by_role("link")).to_have_text([title for _, _, title in TITLES])
    items = nav.get_by_role("listitem").all()
    assert [item.get_attribute("lang") for item in items] == ["ar", "fr", "en"]
    assert [item.get_attribute("dir") for item in items] == ["rtl", "ltr", "ltr"]
    assert nav.get_attribute("dir") == ("rtl" if language.startswith("ar") else "ltr")


def test_the_elements_own_language_and_heading(page: Page, site: Site) -> None:
    site.answer = answer()
    other = '<div data-silah-article="7" data-silah-heading="<b>À voir</b>"></div>'
    page.goto(site.page(f'<div lang="es">{ELEMENT}</div>{other}'))
    expect(page.get_by_role("navigation", name="Artículos relacionados")).to_be_visible()
    expect(page.get_by_role("navigation", name="<b>À voir</b>")).to_be_visible()


def test_it_asks_once_for_what_it_shows_and_tells_no_cookie(page: Page, site: Site) -> None:
    site.answer = answer()
    page.context.add_cookies([{"name": "session", "value": "secret", "url": site.url}])
    wishes = 'data-silah-k="3" data-silah-min-score=".2" data-silah-category="a b,c"'
    same = f'<div data-silah-article="https://e.org/?a=1&amp;b" {wishes}></div>'
    page.goto(site.page(same + same + '<div data-silah-article="8" data-silah-layout="list"></div>'))
    expect(page.locator("li")).to_have_count(9)
    assert sorted(asked.path for asked in site.asked) == [
        "/v1/articles/8/related?k=5&fields=id%2Curl%2Ctitle%2Clanguage%2Cpublished_at",
        (
            "/v1/articles/https%3A%2F%2Fe.org%2F%3Fa%3D1%26b/related?k=3&category=a+b%2Cc&min_score=.2"
            "&fields=id%2Curl%2Ctitle%2Clanguage%2Cpublished_at%2Cimage_url"
        ),
    ]
    assert not [asked for asked in site.asked if "Cookie" in asked.headers]


def test_the_service_may_be_at_another_address(page: Page, site: Site) -> None:
    with serving() as service:
        service.answer = answer()
        page.goto(site.page(ELEMENT, script=f"{service.url}/widget.js"))
        expect(page.locator("li")).to_have_count(3)
        assert len(service.asked) == 1
    assert site.asked == []


@pytest.mark.parametrize("viewport", [{"width": 390, "height": 844}, {"width": 1200, "height": 900}])
@pytest.mark.parametrize(
    ("content", "head"),
    [
        (BEFORE + ELEMENT + FOOTER, ""),
        (BEFORE + ELEMENT.replace("></", ' data-silah-k="20"></') + FOOTER, ""),
        (LONG + ELEMENT + FOOTER, ""),
        (BEFORE + ELEMENT + FOOTER, "<style>[data-silah-article] { min-block-size: 40rem }</style>"),
        (
            BEFORE
            + f'<div style="display: grid; grid-template-columns: 1fr 8rem">{ELEMENT}<aside>{LONG}</aside></div>'
            + FOOTER,
            "",
        ),
    ],
    ids=["in view", "in view, taller than it", "below the view", "place reserved by the site", "beside a column"],
)
def test_nothing_moves_when_the_answer_comes_late(
    page: Page, site: Site, content: str, head: str, viewport: Any
) -> None:
    site.answer, site.delay = answer({"image_url": f"{site.url}/picture/1"}), 0.5
    page.set_viewport_size(viewport)
    page.goto(site.page(content, head=head))
    settled(page)
    page.get_by_role("navigation").scroll_into_view_if_needed()
    assert shift(page) == 0
    assert page.locator("footer").bounding_box()["y"] >= page.locator("nav").bounding_box()["height"]  # type: ignore[index]


@pytest.mark.parametrize("count", [3, 0])
def test_nothing_moves_for_a_reader_who_is_there_before_the_answer(page: Page, site: Site, count: int) -> None:
    """Neither when the list comes into the place that was kept, nor when none comes."""
    site.answer, site.delay = {"related": answer()["related"][:count]}, 1
    page.goto(site.page(LONG + ELEMENT + FOOTER))
    page.locator("footer").scroll_into_view_if_needed()
    kept = page.locator("[data-silah-article]").bounding_box()
    page.wait_for_load_state("networkidle")
    expect(page.locator("[part=waiting]")).to_have_count(0)
    expect(page.locator("li")).to_have_count(count)
    assert page.locator("[data-silah-article]").bounding_box() == kept
    assert shift(page) == 0
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_function("!document.querySelector('[data-silah-article]').shadowRoot.firstChild.style.minHeight")
    assert (page.locator("[data-silah-article]").bounding_box() or {})["height"] < (kept or {})["height"]
    assert shift(page) == 0


def test_a_list_that_simply_appears_would_be_noticed(page: Page, site: Site) -> None:
    late = "<script>setTimeout(() => document.querySelector('div').append(...Array(9).fill('A ').map(text => "
    late += "Object.assign(document.createElement('p'), {textContent: text}))), 500)</script>"
    page.goto(site.page(BEFORE + "<div></div>" + FOOTER + late))
    expect(page.locator("p")).to_have_count(10)
    assert shift(page) > 0


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b'{"title": "Not Found", "status": 404}'),
        (500, b"<h1>oops</h1>"),
        (200, b"<h1>not JSON</h1>"),
        (200, b'{"related": []}'),
        (200, b'{"related": [null]}'),
        (200, b'{"related": {"length": 3}}'),
        (200, b"null"),
    ],
)
@pytest.mark.parametrize("before", [BEFORE, LONG])
def test_nothing_rather_than_an_error(page: Page, site: Site, status: int, body: bytes, before: str) -> None:
    site.status, site.body = status, body
    page.goto(site.page(before + ELEMENT + FOOTER))
    page.wait_for_load_state("networkidle")
    assert len(site.asked) == 1
    expect(page.locator("nav")).to_have_count(0)
    assert (page.locator("[data-silah-article]").bounding_box() or {})["height"] == 0
    assert shift(page) == 0


def test_a_service_that_is_down_leaves_the_page_as_it_is(page: Page, site: Site) -> None:
    page.route("**/v1/**", lambda route: route.abort("connectionrefused"))
    page.goto(site.page(BEFORE + ELEMENT + FOOTER))
    page.wait_for_load_state("networkidle")
    expect(page.locator("footer")).to_be_visible()
    expect(page.locator("nav")).to_have_count(0)


def test_hostile_text_is_text_and_only_the_web_is_linked(page: Page, site: Site) -> None:
    site.policy = STRICT
    script = "javascript:document.title='hacked'"
    site.answer = answer(
        {"title": HOSTILE, "url": script, "image_url": script}, {"title": "\u202ecod.exe", "url": "data:text/html,x"},
        {"title": "", "url": "https://example.org/\" onclick='x'", "language": 'x" onload="y'},
    )  # fmt: skip
    page.goto(site.page(ELEMENT))
    expect(page.locator("[part=title]")).to_have_text([HOSTILE, "\u202ecod.exe", "13"])
    expect(page.locator("nav a")).to_have_count(1)
    assert page.locator("nav").locator("script, img, [onclick], [onload]").count() == 0
    assert page.locator("[part=title]").first.evaluate("element => getComputedStyle(element).unicodeBidi") == "isolate"


def test_the_pages_policy_may_be_strict(page: Page, site: Site) -> None:
    site.policy = STRICT
    site.answer = answer({"image_url": f"{site.url}/picture/1"})
    page.set_viewport_size({"width": 1000, "height": 800})
    page.goto(site.page(ELEMENT))
    expect(page.locator("img")).to_have_js_property("complete", value=True)
    assert page.locator("img").evaluate("image => image.naturalWidth") > 0
    tops = {(item.bounding_box() or {})["y"] for item in page.locator("li").all()}
    assert len(tops) == 1, "cards stand side by side"


def test_the_sites_rules_do_not_reach_inside(page: Page, site: Site) -> None:
    site.answer = answer()
    rules = "* { all: unset !important; position: absolute !important; letter-spacing: 1em !important }"
    page.goto(
        site.page(f"<main>{ELEMENT}</main>", head=f"<style>{rules} head, head * {{ display: none !important }}</style>")
    )
    settled(page)
    boxes = [item.bounding_box() or {} for item in page.locator("li").all()]
    assert [box["height"] > 40 for box in boxes] == [True] * 3
    assert all(above["y"] + above["height"] <= below["y"] for above, below in itertools.pairwise(boxes))
    assert page.locator("a").first.evaluate("link => getComputedStyle(link).letterSpacing") == "normal"


def test_it_looks_like_the_site_and_can_be_changed(page: Page, site: Site) -> None:
    site.answer = answer()
    rules = "body { font: 20px monospace; color: rgb(1, 2, 3); --silah-title-color: rgb(9, 8, 7) }"
    page.goto(site.page(ELEMENT, head=f"<style>{rules} div::part(date) {{ display: none }}</style>"))
    styled = "element => [getComputedStyle(element).fontFamily, getComputedStyle(element).color]"
    assert page.locator("h2").evaluate(styled) == ["monospace", "rgb(1, 2, 3)"]
    assert page.locator("a").first.evaluate(styled) == ["monospace", "rgb(9, 8, 7)"]
    expect(page.locator("time").first).to_be_hidden()


def test_a_picture_has_its_place_before_it_comes_and_if_it_never_does(page: Page, site: Site) -> None:
    site.answer = answer({"image_url": f"{site.url}/picture/1"}, {"image_url": f"{site.url}/missing"})
    page.goto(site.page(ELEMENT))
    expect(page.locator("img")).to_have_count(1)
    assert page.locator("img").get_attribute("loading") == "lazy"
    assert page.locator("img").get_attribute("alt") == ""
    heights = {(frame.bounding_box() or {})["height"] for frame in page.locator("[part=image]").all()}
    assert len(heights) == 1


@pytest.mark.parametrize("layout", ["cards", "list"])
@pytest.mark.parametrize("language", ["ar", "fr"])
def test_axe_finds_no_violation(page: Page, site: Site, layout: str, language: str) -> None:
    site.answer = answer({"image_url": f"{site.url}/picture/1"})
    element = f'<div data-silah-article="7" data-silah-layout="{layout}"></div>'
    page.goto(site.page(f"<main>{BEFORE}{element}</main>", language=language))
    settled(page)
    found = Axe().run(page, options={})
    assert [violation["id"] for violation in found.response["violations"]] == []
    looked_at = json.dumps(found.response["passes"])
    assert '[part=\\\\"title\\\\"]' in looked_at or 'part=\\"title\\"' in looked_at, "axe looks into the shadow tree"


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
        page.wait_for_timeout(200)
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


def test_the_real_service_behind_the_real_script(
    page: Page, build_records: Builder, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SILAH_TEXT_QUERIES", "false")
    build_records()
    with running(home, workers=1) as server:
        html = '<!doctype html><title>x</title><div data-silah-article="1" data-silah-k="2"></div>'
        html += '<script src="/widget.js" defer></script>'

        def fulfil(route: Route) -> None:
            route.fulfill(body=html, content_type="text/html")

        page.route("**/page", fulfil)
        page.goto(f"{server.url}/page")
        expect(page.locator("[part=title]")).to_have_text(["sea", "school"])
