"""The widget moves nothing on the page, whenever the list comes, and also if none ever does."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.content import BEFORE, ELEMENT, FOOTER, LONG, answer, settled
from tests.e2e.site import Site


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
    site.answer = {"related": answer()["related"][:count]}
    site.answers.clear()
    page.goto(site.page(LONG + ELEMENT + FOOTER))
    page.locator("footer").scroll_into_view_if_needed()
    kept = page.locator("[data-silah-article]").bounding_box()
    site.answers.set()
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
