"""The widget in a real browser, on plain pages and hostile ones."""

import itertools
import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from service.fragment import HEADINGS
from tests.conftest import ROOT
from tests.e2e.content import BEFORE, ELEMENT, TITLES, answer, settled
from tests.e2e.site import STRICT, Site, serving

HOSTILE = '"><script>alert(1)</script>'


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


def test_the_script_may_be_loaded_again_for_elements_that_came_later(page: Page, site: Site) -> None:
    site.answer = answer({"language": None})
    page.goto(site.page(ELEMENT))
    expect(page.locator("li")).to_have_count(3)
    page.locator("body").evaluate("(body, html) => body.insertAdjacentHTML('beforeend', html)", ELEMENT)
    page.add_script_tag(url=f"{site.url}/widget.js")
    expect(page.locator("li")).to_have_count(6)
    assert page.locator("li").first.get_attribute("dir") == "auto"


def test_the_service_may_be_at_another_address(page: Page, site: Site) -> None:
    with serving() as service:
        service.answer = answer()
        page.goto(site.page(ELEMENT, script=f"{service.url}/widget.js"))
        expect(page.locator("li")).to_have_count(3)
        assert len(service.asked) == 1
    assert site.asked == []


def test_no_element_of_the_page_can_lead_it_to_another_service(page: Page, site: Site) -> None:
    with serving() as other:
        site.answer = other.answer = answer()
        page.goto(site.page(f'<img name="currentScript" src="{other.url}/x.svg">{ELEMENT}'))
        expect(page.locator("li")).to_have_count(3)
        assert other.asked == []
    assert len(site.asked) == 1


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


def test_where_no_article_has_a_picture_no_place_is_left_for_one(page: Page, site: Site) -> None:
    site.answer = answer()
    page.goto(site.page(ELEMENT))
    expect(page.locator("li")).to_have_count(3)
    expect(page.locator("[part=image]")).to_have_count(0)


@pytest.mark.parametrize("layout", ["cards", "list"])
@pytest.mark.parametrize("language", ["ar", "fr"])
def test_axe_finds_no_violation(page: Page, site: Site, layout: str, language: str) -> None:
    site.answer = answer({"image_url": f"{site.url}/picture/1"})
    element = f'<div data-silah-article="7" data-silah-layout="{layout}"></div>'
    page.goto(site.page(f"<main>{BEFORE}{element}</main>", language=language))
    settled(page)
    found = Axe().run(page, options={})
    assert [violation["id"] for violation in found.response["violations"]] == []
    looked_at = {node["html"] for rule in found.response["passes"] for node in rule["nodes"]}
    assert any('part="title"' in html for html in looked_at), "axe looks into the shadow tree"


def test_the_example_page_shows_two_lists(page: Page, site: Site) -> None:
    """As a newcomer opens it, from the folder; the service stands in for the one on port 8080."""
    site.answer = answer()

    def answered(route: Route) -> None:
        route.fulfill(response=route.fetch(url=route.request.url.replace("http://127.0.0.1:8080", site.url)))

    page.route("http://127.0.0.1:8080/**", answered)
    page.goto((ROOT / "examples" / "page.html").as_uri())
    expect(page.get_by_role("navigation", name=HEADINGS["ar"]).get_by_role("link")).to_have_count(3)
    expect(page.get_by_role("navigation", name=HEADINGS["fr"]).get_by_role("link")).to_have_count(3)
    asked = {asked.path.partition("?")[0].split("/")[3] for asked in site.asked}
    articles = (ROOT / "examples" / "articles.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(asked) == 2
    assert asked <= {json.loads(article)["id"] for article in articles}
    assert Axe().run(page, options={}).violations_count == 0
