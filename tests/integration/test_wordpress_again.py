"""A WordPress site is read a second time: what is asked of it, and that nothing is missed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from indexer.build import build, plan
from indexer.sources import http, read
from indexer.sources.kept import FOLDER, KeptRecords
from models.publish import open_current
from tests.conftest import ROOT, silent
from tests.fakes import FakeEmbedder
from tests.integration.servers import wait_until
from tests.integration.wordpress_site import CORPUS, Site, running_site

BUILD = """
import sys
from pathlib import Path
from indexer.build import build
from tests.fakes import FakeEmbedder
build(Path(sys.argv[1]), sys.argv[2], FakeEmbedder(), lambda *_: None)
"""
CHANGES = {
    "edited": "wp_update_post(['ID' => 1001, 'post_content' => 'كلام جديد']);",
    "another category, without being modified": "wp_set_post_terms(1002, [wp_create_category('Météo')], 'category');",
    "another tag, without being modified": "wp_set_post_terms(1003, ['neuf'], 'post_tag');",
    "another image, without being modified": (
        "update_post_meta(1004, '_thumbnail_id', get_post_thumbnail_id(1006) ?: get_post_thumbnail_id(1001));"
    ),
    "a category renamed": (
        "$category = get_the_category(1005)[0]; wp_update_term($category->term_id, 'category', ['name' => 'Renommée']);"
    ),
    "a category deleted": "wp_delete_term(get_the_category(1007)[0]->term_id, 'category');",
    "protected": "wp_update_post(['ID' => 1008, 'post_password' => 'p']);",
    "a draft": "wp_update_post(['ID' => 1009, 'post_status' => 'draft']);",
    "in the bin": "wp_trash_post(1010);",
    "deleted": "wp_delete_post(1011, true);",
    "a new address": "wp_update_post(['ID' => 1012, 'post_name' => 'ailleurs']);",
    "permalinks": "update_option('permalink_structure', '/%postname%/'); flush_rewrite_rules();",
    "published": "wp_insert_post(['post_title' => 'De plus', 'post_content' => 'x', 'post_status' => 'publish']);",
}


class Asked:
    """What was asked of a site: the size of each answer, and the numbers of the posts that were given whole."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sizes: list[int] = []
        self.whole: list[str] = []
        fetch = http._fetch  # noqa: SLF001 - the one place where something comes over the wire

        def counted(url: str, most: int) -> http.Response:
            answer = fetch(url, most)
            self.sizes.append(len(answer.body))
            if "_embed=" in url:
                self.whole += [str(post["id"]) for post in json.loads(answer.body)]
            return answer

        monkeypatch.setattr(http, "_fetch", counted)

    def again(self) -> None:
        self.sizes.clear()
        self.whole.clear()


@pytest.fixture(name="asked")
def what_is_asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    monkeypatch.setenv(http.PAUSE_VARIABLE, "0")
    return Asked(monkeypatch)


@pytest.fixture(scope="module", name="site")
def filled_site() -> Iterator[Site]:
    with running_site() as running:
        running.add(CORPUS)
        yield running


def in_order(records: Any) -> list[Any]:
    return sorted(records, key=repr)


def test_a_second_build_asks_for_little_and_a_full_one_for_everything(site: Site, asked: Asked, tmp_path: Path) -> None:
    build(tmp_path, site.rest, FakeEmbedder(), silent)
    assert len(asked.whole) == len(CORPUS)
    whole, names = sum(asked.sizes), open_current(tmp_path).cards.content_hashes()
    asked.again()
    build(tmp_path, site.rest, FakeEmbedder(), silent)
    assert asked.whole == []
    assert sum(asked.sizes) < whole / 8
    assert open_current(tmp_path).cards.content_hashes() == names
    build(tmp_path, site.rest, FakeEmbedder(), silent, full=True)
    assert len(asked.whole) == len(CORPUS)


def test_a_plan_asks_for_little_and_keeps_nothing(site: Site, asked: Asked, tmp_path: Path) -> None:
    embedder = FakeEmbedder()
    build(tmp_path, site.rest, embedder, silent)
    asked.again()
    (path,) = (tmp_path / FOLDER).iterdir()
    before = path.read_bytes()
    planned = plan(tmp_path, site.rest, embedder.spec, KeptRecords(tmp_path, site.rest, lasting=False))
    assert planned.summary().endswith(
        f"{len(CORPUS)} articles (0 to embed, {len(CORPUS)} unchanged, 0 to delete, 0 rejected)"
    )
    assert asked.whole == []
    assert path.read_bytes() == before


def test_a_build_that_is_killed_among_the_pages_goes_on_behind_them(site: Site, asked: Asked, tmp_path: Path) -> None:
    kept = KeptRecords(tmp_path, site.rest)
    process = subprocess.Popen(
        [sys.executable, "-c", BUILD, str(tmp_path), site.rest], cwd=ROOT, env={**os.environ, http.PAUSE_VARIABLE: "2"}
    )
    wait_until(lambda: len(kept.versions()) >= 100)  # the first of two pages; on a busy machine the second, too
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = len(kept.versions())
    report = build(tmp_path, site.rest, FakeEmbedder(), silent)
    assert len(asked.whole) == len(CORPUS) - before
    assert report.count == len(CORPUS)


@pytest.mark.parametrize("change", CHANGES)
def test_no_change_is_missed(site: Site, asked: Asked, tmp_path_factory: pytest.TempPathFactory, change: str) -> None:
    home = tmp_path_factory.getbasetemp() / "again"
    before = in_order(read(site.rest, KeptRecords(home, site.rest)))
    site.run(f"require 'wp-admin/includes/taxonomy.php'; {CHANGES[change]}")
    asked.again()
    after = in_order(read(site.rest, KeptRecords(home, site.rest)))
    fetched = len(asked.whole)
    assert after != before
    assert after == in_order(read(site.rest))
    assert fetched < len(CORPUS) / 2 or change == "permalinks"
