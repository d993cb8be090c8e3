"""The plugin in a real WordPress: lists on its pages, and every change told, however the service fares."""

import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from indexer.build import build
from indexer.embedders import fastest
from indexer.live import merged
from indexer.parse import parse
from indexer.sources import read
from models.embedder import MAX_TOKENS
from models.live import LiveChanges
from models.weights import Weights
from tests.conftest import ROOT, silent
from tests.integration.servers import PATIENCE, free_port, running
from tests.integration.wordpress_site import CORPUS, Site

PLUGIN = ROOT / "examples" / "wordpress" / "silah.php"
NEW_TITLE = "محطة جديدة لتحلية مياه البحر"
TOKEN = "throwaway"  # noqa: S105 - of servers that live for one test


@pytest.fixture(scope="module")
def served_home(site: Site, default_weights: Weights, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("served")
    build(home, site.export, fastest(default_weights, MAX_TOKENS), silent)
    (home / "weights").symlink_to(default_weights.folder.parent)
    return home


@pytest.fixture
def port(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port on which the site's plugin expects the service."""
    monkeypatch.setenv("SILAH_TOKEN", TOKEN)
    port = free_port()
    settings = {"SILAH_URL": f"http://127.0.0.1:{port}", "SILAH_TOKEN": TOKEN, "SILAH_WAIT_SECONDS": PATIENCE}
    with site.with_plugin(PLUGIN, settings):
        yield port
    site.run_events("silah_tell")  # with nobody left to hear of them: the next test begins with none


def retry(site: Site) -> int:
    """Let the plugin tell again what the service did not take, until there is nothing left; return how often it did."""
    return sum(iter(lambda: site.run_events("silah_tell"), 0))


def test_the_plugin_shows_lists_and_never_breaks_a_page(site: Site, served_home: Path, port: int) -> None:
    links = {article.id: str(article.url) for article in parse(read(site.database))[0]}
    with running(served_home, workers=1, port=port):
        listed = LexborHTMLParser(page_at(links["1001"])).css("nav.silah a")
    assert len(listed) == 5
    assert {node.attributes["href"] for node in listed} < set(links.values())
    alone = page_at(links["1002"])
    assert CORPUS[1]["title"].encode() in alone
    assert b"silah" not in alone


def test_the_plugin_tells_of_changes(site: Site, served_home: Path, port: int) -> None:
    with running(served_home, workers=1, port=port) as server:
        with site.with_posts([{**CORPUS[0], "id": "3001", "title": NEW_TITLE}]):
            retry(site)  # on a busy machine the first change, which loads the model, takes longer than PHP waits
            assert server.get("/v1/articles/3001").body["title"] == NEW_TITLE
            assert server.get("/v1/articles/3001/related").body["related"]
        retry(site)
        assert server.get("/v1/articles/3001").status == 404


def test_the_plugin_tells_what_a_build_reads(site: Site, served_home: Path, port: int) -> None:
    post = {**CORPUS[0], "id": "3006", "title": "Q &amp; A <em>d'Agadir</em>", "category": "Arts & culture"}
    with running(served_home, workers=1, port=port):
        with site.with_posts([{**post, "tags": ["R&D"]}]):
            retry(site)
            (told,) = [change for change in LiveChanges(served_home).after(0) if change.id == "3006"]
            for address in (site.rest, site.database):
                (delivered,) = [article for article in parse(read(address))[0] if article.id == "3006"]
                assert told.article is not None
                other = {"title": delivered.title, "image_url": delivered.image_url}  # stored after the post
                assert told.article.model_copy(update=other) == delivered
                assert told.article.title == delivered.title.replace("’", "'") == "Q & A d'Agadir"
                assert merged([delivered], [told]).caught_up == [told], "whatever WordPress makes of the quotes"
        retry(site)


def test_the_plugin_tells_again_what_a_service_that_was_down_has_missed(
    site: Site, served_home: Path, port: int
) -> None:
    kept, gone = ({**CORPUS[0], "id": number, "title": NEW_TITLE} for number in ("3002", "3003"))
    with site.with_posts([kept]):
        with site.with_posts([gone]):
            pass
        assert b"silah" not in page_at(f"{site.url}/?p=3002")
        with running(served_home, workers=1, port=port) as server:
            assert server.get("/v1/articles/3002").status == 404
            assert retry(site) >= 2
            assert server.get("/v1/articles/3002").body["title"] == NEW_TITLE
            assert server.get("/v1/articles/3003").status == 404
            assert b"silah" in page_at(f"{site.url}/?p=3002"), "that there was no list is no longer so"


@pytest.mark.usefixtures("port")
def test_the_plugin_logs_each_failure_and_gives_up_in_the_end(site: Site) -> None:
    before = len(site.logged())
    with site.with_posts([{**CORPUS[0], "id": "3004", "title": NEW_TITLE}]):
        assert retry(site) == 10
        lines = [line for line in site.logged()[before:] if line.startswith("Silah:")]
    assert all(line.startswith("Silah: PUT of post 3004: ") for line in lines)
    pauses = [*(f"again in {60 * 2**number} s" for number in range(10)), "given up"]
    assert [line.rpartition(": ")[2] for line in lines] == pauses
    assert not any(secret in line for line in lines for secret in (TOKEN, NEW_TITLE))


@pytest.mark.usefixtures("port")
def test_what_nobody_could_read_is_not_told(site: Site) -> None:
    before = len(site.logged())
    for status in ("auto-draft", "draft"):
        post = f"wp_insert_post(['post_title' => 'x', 'post_content' => 'x', 'post_status' => '{status}'])"
        site.run(f"wp_update_post(['ID' => {post}, 'post_content' => 'y']);")
    site.run("foreach (get_posts(['post_status' => 'auto-draft']) as $post) wp_delete_post($post->ID, true);")
    assert [line for line in site.logged()[before:] if line.startswith("Silah:")] == []
    site.run("foreach (get_posts(['post_status' => 'draft']) as $post) wp_delete_post($post->ID, true);")
    assert retry(site) == 10, "it may have been published before"


def test_without_its_constants_the_plugin_does_nothing(site: Site) -> None:
    before = len(site.logged())
    with site.with_plugin(PLUGIN, {}), site.with_posts([{**CORPUS[0], "id": "3005", "title": NEW_TITLE}]):
        assert NEW_TITLE.encode() in page_at(f"{site.url}/?p=3005")
    assert [line for line in site.logged()[before:] if "ilah" in line] == []


def page_at(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=PATIENCE) as page:
        return bytes(page.read())
