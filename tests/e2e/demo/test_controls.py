"""Every control changes the address of the page, the request and the answer; the way back undoes it."""

from typing import Any
from urllib.parse import urlencode

import pytest

from tests.e2e.demo.pages import curl_ids, query, settle, shown, visit

CHANGES = [
    ("#k", "fill", "2", {"k": "2"}),
    ("#language", "select_option", "same", {"language": "same"}),
    ("#since", "fill", "2026-01-02", {"since": "2026-01-02T00:00:00Z"}),
    ("#until", "fill", "2026-01-04", {"until": "2026-01-04T23:59:59Z"}),
    ("#exclude", "fill", "ar2, fr1", {"exclude": "ar2, fr1"}),
    ("#min_score", "fill", "0.2", {"min_score": "0.2"}),
    ("#diversity", "fill", "0.5", {"diversity": "0.5"}),
    ("#recency_half_life_days", "fill", "0", {"recency_half_life_days": "0"}),
    ("#near_duplicates", "select_option", "show", {"near_duplicates": "show"}),
    ('[name="category"][value="News, local"]', "set_checked", True, {"category": "News, local"}),
]
SEEDS = [{"id": "ar1"}, {"text": "sea 'مياه' \"$HOME\" `id` \\ \u202e"}]


@pytest.mark.parametrize("seed", SEEDS, ids=["id", "text"])
def test_every_control_changes_the_address_the_request_and_the_answer(
    page: Any, url: str, seed: dict[str, str]
) -> None:
    visit(page, f"{url}?{urlencode(seed)}")
    said: dict[str, str] = {}
    for control, how, value, asked in CHANGES:
        before = page.text_content("#curl")
        getattr(page, how)(control, value)
        settle(page)
        said |= asked
        assert query(page) == {**seed, **said}
        assert page.text_content("#curl") != before
        assert curl_ids(page) == shown(page)
    here = (shown(page), page.text_content("#curl"))
    page.reload()
    settle(page)
    assert (shown(page), page.text_content("#curl")) == here


def test_back_undoes_a_change_of_a_control(page: Any, url: str) -> None:
    visit(page, f"{url}?id=ar1")
    before = shown(page)
    for k in ("1", "2"):  # two changes in a row are one step
        page.fill("#k", k)
        settle(page)
    assert len(shown(page)) == 2
    page.go_back()
    settle(page)
    assert (query(page), shown(page), page.input_value("#k")) == ({"id": "ar1"}, before, "5")
    page.go_forward()
    settle(page)
    assert (query(page), page.input_value("#k")) == ({"id": "ar1", "k": "2"}, "2")


def test_several_languages_and_the_way_back_to_the_sites_settings(page: Any, url: str) -> None:
    visit(page, f"{url}?id=ar1&language=fr,es&k=3")
    assert page.is_checked('[name="code"][value="fr"]')
    assert not page.is_checked('[name="code"][value="ar"]')
    assert set(shown(page)) == {"fr1", "fr2", "undated"}
    page.uncheck('[name="code"][value="es"]')
    settle(page)
    assert set(shown(page)) == {"fr1", "fr2"}
    assert "Fewer than 3" in page.text_content("#shortfall")
    page.click("#restore")
    settle(page)
    assert query(page) == {"id": "ar1"}
    assert page.is_hidden("#codes")
