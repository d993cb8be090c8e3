"""The plugin in a real WordPress, with a stand-in for the service: what it asks, and where a list stands."""

import urllib.request
from collections.abc import Iterator

import pytest

from tests.integration.servers import PATIENCE
from tests.integration.stand_in import ELSEWHERE, FRAGMENT, StandIn, standing_in
from tests.integration.test_wordpress_plugin import PLUGIN
from tests.integration.wordpress_site import CORPUS, Site

LISTING_THEME = """<?php
while (have_posts()) {
    the_post();
    the_excerpt();
    the_content();
    foreach (get_posts(['numberposts' => 2]) as $post) { setup_postdata($post); the_content(); }
    wp_reset_postdata();
}"""
COUNTING_THEME = "<?php the_post(); wp_update_post(['ID' => get_the_ID(), 'post_excerpt' => '']); the_content();"
SHORT = {**CORPUS[0], "id": "4001", "title": "À table", "html": "Un texte court."}


@pytest.fixture(name="service")
def stand_in(site: Site) -> Iterator[StandIn]:
    """What the site's plugin takes for the service."""
    with standing_in() as service:
        waits = {"SILAH_WAIT_SECONDS": PATIENCE, "SILAH_CHANGE_SECONDS": PATIENCE}
        with site.with_plugin(PLUGIN, {"SILAH_URL": service.url, "SILAH_TOKEN": "throwaway", **waits}):
            yield service
        site.run("wp_unschedule_hook('silah_tell');")
        site.run("delete_transient('silah_silent');")


@pytest.fixture(name="impatient")
def stand_in_that_is_silent(site: Site, service: StandIn) -> StandIn:
    """One that does not answer, and the plugin waits for no longer than it must."""
    (site.root / "wp-content" / "mu-plugins" / "a-settings.php").write_text(
        f"<?php define('SILAH_URL', '{service.url}/'); define('SILAH_TOKEN', 'x'); define('SILAH_CHANGE_SECONDS', 1);"
    )
    service.be_silent()
    return service


def page_at(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=PATIENCE) as page:
        return bytes(page.read())


def test_a_list_stands_under_the_pages_own_post_alone(site: Site, service: StandIn) -> None:
    (site.root / "wp-content" / "themes" / "plain" / "index.php").write_text(LISTING_THEME)
    with site.with_posts([SHORT]):
        page = page_at(f"{site.url}/?p=4001")
        assert page.count(FRAGMENT) == page.count(b"a list") == 1
        for place in ("embed=true", "feed=rss2&withoutcomments=1"):
            elsewhere = page_at(f"{site.url}/?p=4001&{place}")
            assert b"Un texte court." in elsewhere
            assert b"a list" not in elsewhere
    assert [asked for asked in service.asked if "GET" in asked] == [
        "GET /v1/articles/4001/related.html?language=prefer"
    ]


def test_a_list_is_no_part_of_what_is_told(site: Site, service: StandIn) -> None:
    (site.root / "wp-content" / "themes" / "plain" / "index.php").write_text(COUNTING_THEME)
    with site.with_posts([SHORT]):
        assert FRAGMENT in page_at(f"{site.url}/?p=4001")
    assert [FRAGMENT.decode() in told["html"] for told in service.told] == [False, False]


def test_one_reader_waits_for_a_service_that_does_not_answer(site: Site, impatient: StandIn) -> None:
    for number in (1006, 1007):  # of which no other test has kept a list
        assert b"silah" not in page_at(f"{site.url}/?p={number}")
    assert impatient.asked == ["GET /v1/articles/1006/related.html?language=prefer"]


def test_an_editor_of_many_posts_waits_once(site: Site, impatient: StandIn) -> None:
    before = len(site.logged())
    with site.with_posts([SHORT, {**SHORT, "id": "4002"}, {**SHORT, "id": "4003"}]):
        assert impatient.asked == ["PUT /v1/articles/4001"]
        lines = [line for line in site.logged()[before:] if line.startswith("Silah:")]
        assert [line.rpartition(": ")[2] for line in lines] == ["again in 60 s"] * 3
        assert site.run_events("silah_tell") == 3
        assert impatient.asked == ["PUT /v1/articles/4001"] * 2


def test_what_a_redirect_leads_to_is_no_answer(site: Site, service: StandIn) -> None:
    service.redirects = True
    before = len(site.logged())
    with site.with_posts([SHORT]):
        assert site.logged()[before:] == ["Silah: PUT of post 4001: HTTP 302: again in 60 s"]
        assert ELSEWHERE not in page_at(f"{site.url}/?p=4001")
        assert service.asked == ["PUT /v1/articles/4001", "GET /v1/articles/4001/related.html?language=prefer"]


def test_a_post_is_told_as_its_own_page_shows_it(site: Site, service: StandIn) -> None:
    with site.with_posts([SHORT]):
        site.run("""
            $GLOBALS['post'] = get_post(1001);
            add_filter('the_content', fn($content) => $content . '<p>By the way: ' . get_the_title() . '</p>');
            add_filter('wpml_element_language_code', fn($_, $of) => $of['element_id'] === 4001 ? 'oc' : null, 10, 2);
            wp_update_post(['ID' => 4001, 'post_excerpt' => '']);
            if (get_the_ID() !== 1001) exit(1);
        """)
    told = service.told[-1]
    assert told["html"].endswith("<p>By the way: À table</p>")
    assert told["language"] == "oc"
    assert service.told[0]["language"] is None


def test_another_site_of_a_network_is_not_told_of(site: Site, service: StandIn) -> None:
    change = "wp_update_post(['ID' => 4001, 'post_excerpt' => '']);"
    network = "require ABSPATH . 'wp-includes/ms-blogs.php';"
    with site.with_posts([SHORT]):
        service.asked.clear()
        site.run(f"{network} $GLOBALS['_wp_switched_stack'] = [2]; {change}")
        assert service.asked == []
        site.run(f"{network} {change}")
        assert service.asked == ["PUT /v1/articles/4001"]
