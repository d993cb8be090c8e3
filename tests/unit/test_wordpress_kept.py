"""What a build asks of a WordPress site that it has read before."""

import contextlib
import random
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from indexer.sources import SourceError, kept, wordpress
from indexer.sources.http import UnavailableError
from indexer.sources.kept import Kept, KeptRecords
from indexer.sources.wordpress_api import SMALL_PAGE
from tests.unit.rest_api import Api, post, refuse, site

ADDRESS = "https://example.org/"
DAY = 86_400


class KilledError(Exception):
    """The process ends here."""


def kill() -> None:
    raise KilledError


def again(api: Api, home: Path, *, lasting: bool = True) -> list[Any]:
    """Read the site as a build does, and return the records in the order of a whole reading."""
    records = list(wordpress.read_kept(ADDRESS, KeptRecords(home, ADDRESS, lasting=lasting), api.get))
    return sorted(records, key=repr)


def whole(api: Api) -> list[Any]:
    return sorted(api.read(ADDRESS), key=repr)


def fetched(api: Api, home: Path) -> list[int]:
    """Return the numbers of the posts that another reading fetches whole."""
    api.given_whole.clear()
    records = again(api, home)
    asked = sorted(api.given_whole)
    assert records == whole(api)
    return asked


def test_nothing_is_fetched_twice(tmp_path: Path) -> None:
    api = site(250)
    assert fetched(api, tmp_path) == list(range(1, 251))
    assert fetched(api, tmp_path) == []


def test_only_what_is_new_or_changed_is_fetched_and_what_is_deleted_goes(tmp_path: Path) -> None:
    api = site(250)
    again(api, tmp_path)
    api.posts[6] = post(7, modified_gmt="2026-08-07T10:00:00", title={"rendered": "Edited"})
    api.posts[7] = post(8, link="https://example.org/moved")
    api.posts[8] = post(9, tags=[5])
    api.delete(1, 100, 250)
    api.posts.append(post(300))
    assert fetched(api, tmp_path) == [7, 8, 9, 300]


def test_a_category_that_is_renamed_changes_its_posts(tmp_path: Path) -> None:
    def categorised(number: int, category: int) -> dict[str, Any]:
        term = {"taxonomy": "category", "name": api.categories[category]}
        return post(number, categories=[category], _embedded={"wp:term": [[term]]})

    api = Api([])
    api.categories = {3: "Eau", 4: "Sport"}
    api.posts = [categorised(1, 3), categorised(2, 4)]
    again(api, tmp_path)
    api.categories[3] = "Environnement"
    api.posts[0] = categorised(1, 3)
    assert fetched(api, tmp_path) == [1]


@pytest.mark.parametrize("seed", range(20))
def test_any_history_gives_what_a_whole_reading_gives(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - any history will do, the same ones each time
    api = site(chance.randrange(1, 220), most=chance.choice([100, 100, 50]))
    moment = 0
    for _ in range(5):
        for _ in range(chance.randrange(6)):
            moment += 1
            number = chance.choice([chance.randrange(1, 230), 500 + moment])
            api.delete(number)
            if chance.random() < 0.7:
                protected = {"rendered": "", "protected": chance.random() < 0.2}
                api.posts.append(post(number, modified_gmt=f"2026-08-07T10:00:{moment:02}", content=protected))
                api.posts.sort(key=lambda one: int(one["id"]))
        if chance.random() < 0.3:
            api.events[len(api.asked) + chance.randrange(1, 6)] = kill
            with contextlib.suppress(KilledError):
                again(api, tmp_path)
            api.events.clear()
        assert again(api, tmp_path) == whole(api)


@pytest.mark.parametrize("request_number", range(1, 7))
def test_a_reading_that_is_killed_goes_on_where_it_was(tmp_path: Path, request_number: int) -> None:
    api = site(450)
    api.events = {request_number: kill}
    with pytest.raises(KilledError):
        again(api, tmp_path)
    assert len(api.given_whole) == 100 * max(request_number - 3, 0)  # two requests find the site and its categories
    again(api, tmp_path)
    assert sorted(api.given_whole) == list(range(1, 451))


def test_a_server_that_cannot_give_a_hundred_posts_is_asked_for_less(tmp_path: Path) -> None:
    api = site(130, most=50)
    again(api, tmp_path)
    for place in range(130):
        api.posts[place] = post(place + 1, modified_gmt="2026-08-07T10:00:00")
    assert fetched(api, tmp_path) == list(range(1, 131))
    api.posts[0] = post(1)
    api.most = SMALL_PAGE - 1
    with pytest.raises(SourceError, match="HTTP 500"):
        again(api, tmp_path)


def test_a_site_that_gives_less_than_it_is_asked_for_is_asked_for_less(tmp_path: Path) -> None:
    api = site(130)
    again(api, tmp_path)
    api.gives = 10
    for place in range(125):
        api.posts[place] = post(place + 1, modified_gmt="2026-08-07T10:00:00")
    assert set(fetched(api, tmp_path)) == set(range(1, 126))
    assert fetched(api, tmp_path) == []


def test_a_site_that_does_not_know_how_to_choose_gives_all(tmp_path: Path) -> None:
    api = site(150)
    again(api, tmp_path)
    api.chooses = False
    api.posts[140] = post(141, modified_gmt="2026-08-07T10:00:00")
    assert set(fetched(api, tmp_path)) == set(range(1, 151))


def test_categories_that_a_site_does_not_tell(tmp_path: Path) -> None:
    api = site(3)
    get, reason = api.get, "HTTP 401"

    def without(url: str) -> Any:
        if "/wp/v2/categories" in url:
            if reason.endswith("times"):
                raise UnavailableError(reason)
            refuse(url, reason)
        return get(url)

    api.get = without  # type: ignore[method-assign]
    again(api, tmp_path)
    assert fetched(api, tmp_path) == []
    reason = "HTTP 503, 4 times"
    with pytest.raises(SourceError, match="503"):
        again(api, tmp_path)


def test_records_are_not_trusted_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    api = site(3)
    again(api, tmp_path)
    now = time.time()
    for days, expected in ((kept.MOST_DAYS - 1, []), (kept.MOST_DAYS + 1, [1, 2, 3]), (-1, [1, 2, 3])):
        monkeypatch.setattr(time, "time", lambda days=days: now + days * DAY)
        assert fetched(api, tmp_path) == expected
    monkeypatch.setattr(time, "time", lambda: now + 3 * kept.MOST_DAYS * DAY)
    KeptRecords(tmp_path, ADDRESS).versions()
    assert list(KeptRecords(tmp_path, ADDRESS).records(["1", "2", "3"])) == []


def files(home: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in home.rglob("*") if path.is_file()}


def test_a_reading_that_shall_not_last_changes_nothing(tmp_path: Path) -> None:
    api = site(150)
    assert again(api, tmp_path, lasting=False) == whole(api)
    assert files(tmp_path) == {}
    again(api, tmp_path)
    before = files(tmp_path)
    assert before
    api.delete(7)
    api.posts[20] = post(22, modified_gmt="2026-08-07T10:00:00")
    api.given_whole.clear()
    records = again(api, tmp_path, lasting=False)
    assert api.given_whole == [22]
    assert records == whole(api)
    assert files(tmp_path) == before


def test_a_damaged_file_is_as_good_as_none(tmp_path: Path) -> None:
    api = site(150)
    again(api, tmp_path)
    (path,) = (tmp_path / kept.FOLDER).iterdir()
    path.write_bytes(b"no database at all" * 1_000)
    assert fetched(api, tmp_path) == list(range(1, 151))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert fetched(api, tmp_path) == list(range(1, 151))
    with sqlite3.connect(path) as database:
        database.execute("UPDATE records SET record = zeroblob(9) WHERE id = '7'")
    database.close()
    assert fetched(api, tmp_path) == [7]


def test_a_record_that_is_no_json_is_not_kept(tmp_path: Path) -> None:
    records = KeptRecords(tmp_path, ADDRESS)
    records.add([Kept("1", "v", {"id": "1", "title": "half a character: \ud83d"}), Kept("2", "v", {"id": "2"})])
    assert records.versions() == {"2": "v"}


def test_the_records_of_another_source_go(tmp_path: Path) -> None:
    first, second = (KeptRecords(tmp_path, f"https://example.org/{name}") for name in "ab")
    first.add([Kept("1", "v", {"id": "1"})])
    assert (first.versions(), second.versions()) == ({"1": "v"}, {})
    second.add([Kept("2", "v", {"id": "2"})])
    assert (first.versions(), second.versions()) == ({}, {"2": "v"})
    second.clear()
    assert second.versions() == {}
