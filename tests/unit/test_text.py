import gc
import time
import unicodedata
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from models.text import clean, embedding_text, html_to_line, html_to_text, one_line
from models.tokens import words


def test_blocks_become_lines_and_inline_markup_disappears() -> None:
    assert html_to_text("<h2>Titre</h2><p>Une <b>phrase</b> <a href='x'>liée</a>.</p><ul><li>un<li>deux</ul>") == (
        "Titre\nUne phrase liée.\nun\ndeux"
    )


def test_scripts_styles_and_share_bars_are_dropped() -> None:
    html = '<p>kept</p><script>x()</script><style>p{}</style><div class="sharedaddy">Partager</div><nav>menu</nav>'
    assert html_to_text(html) == "kept"


def test_nested_arabic_markup_keeps_every_word() -> None:
    html = "<div><p>أعلن <strong>المجلس <em>الجهوي</em></strong> عن&nbsp;المشروع</p><blockquote>قال</blockquote></div>"
    assert html_to_text(html) == "أعلن المجلس الجهوي عن المشروع\nقال"


KEPT = "<p>أعلن المجلس عن المشروع.</p>"
FURNITURE = {
    "a share bar": "<div class='sharedaddy sd-sharing-enabled'><h3>شارك هذا:</h3><ul><li><a>فيسبوك</a></ul></div>",
    "Jetpack's related posts": "<div id='jp-relatedposts' class='jp-relatedposts'><h3><em>Related</em></h3></div>",
    "a heading and its list": "<h3>مقالات ذات صلة</h3><ul><li><a>عنوان</a><li><a>آخر</a></ul>",
    "a wrapped heading and its list": "<div><span>اقرأ أيضًا</span></div><div><a>عنوان</a><a>آخر</a></div>",
    "another spelling": "<p>إقرأ أيضاً: <a>عنوان</a></p>",
    "Arabic": "<p><strong>ذات صلة</strong> <a>عنوان</a></p>",
    "French": "<p>À lire aussi : un autre titre</p>",
    "French, in bold": "<p><strong>Lire aussi&nbsp;:</strong> <a>Un autre titre</a></p>",
    "Spanish": "<p>Lea también: <a>Otro título</a></p>",
    "Spanish, in capitals": "<p>TE PUEDE INTERESAR: Otro título</p>",
    "English": "<p>Read also: <a>Another title</a></p>",
    "English, a list": "<h2>Related articles</h2><p><a>One</a></p><p><a>Two</a></p>",
    "soft hyphens": "<p>Image illus\u00adtrative : AFP</p>",
    "a sign-up": "<p><a href='/x'>Inscrivez-vous à notre newsletter</a></p>",
    "a form": "<form><label>Votre adresse</label><input></form>",
    "small print": "<p>© 2026 Example. All rights reserved.</p>",
    "the next title": "<a rel='next' href='/x'>A later title</a>",
    "navigation": "<div class='post-navigation'><a>Previous</a></div>",
}


@pytest.mark.parametrize("html", FURNITURE.values(), ids=FURNITURE)
def test_what_stands_in_an_article_without_being_it_is_dropped(html: str) -> None:
    assert html_to_text(f"{KEPT}{html}{KEPT}") == "أعلن المجلس عن المشروع.\nأعلن المجلس عن المشروع."


@pytest.mark.parametrize(
    "html",
    [
        "<p>شارك الرئيس في القمة العربية.</p>",
        "<p>Lea Michele dijo que vuelve.</p>",
        "<p>Read more slowly, the teacher said.</p>",
        "<p>Related to this, the council voted.</p>",
        "<p>À lire aussi : " + "une phrase bien plus longue que le titre d'un article. " * 5 + "</p>",
        "<p>Le journal a lancé une newsletter pour les agriculteurs.</p>",
        "<div class='share-zone'><p>" + "The article itself stands in this box. " * 20 + "</p></div>",
        "<article class='related'><p>Text.</p></article>",
        "<p>«اقرأ» أول كلمة نزلت في القرآن الكريم.</p>",
        "<p>«Lea», le dijo su madre.</p>",
        "<p>El Boletín Oficial del Estado (<a href='x'>BOE</a>) publica este martes la nueva ley.</p>",
        "<p>شارك <a href='x'>الرئيس الفرنسي ورئيسة الحكومة</a> في القمة.</p>",
        "<p>Related to <a href='x'>the famous old family of the town</a>, police said.</p>",
        "<p>Mire: yo no voy a dimitir.</p>",
        "<p>À lire : « Les Années », d'Annie Ernaux.</p>",
        "<div class='entry has-share-buttons'>Une brève de deux lignes.</div>",
        "<figure><img><figcaption>Le barrage en août.</figcaption></figure>",
    ],
)
def test_what_only_looks_like_it_is_kept(html: str) -> None:
    assert html_to_text(html) == LexborHTMLParser(html).text().strip()


def test_what_follows_a_list_of_links_is_kept() -> None:
    html = "<h3>Related</h3><ul><li><a>A title</a></ul><p>The council voted.</p><p><a>A link</a> in a sentence.</p>"
    assert html_to_text(html) == "The council voted.\nA link in a sentence."


def test_a_title_may_hold_markup_and_entities() -> None:
    assert html_to_line("L&#8217;eau &amp; <em>le</em>  sel") == "L’eau & le sel"
    assert html_to_line("5 < 6") == "5 < 6"


def test_hostile_nesting_takes_no_long_time() -> None:
    assert html_to_text("<div>" * 5_000 + "text") == "text"
    assert html_to_text("<span>related " * 2_000).startswith("related")


def test_what_blocks_nested_deeper_than_on_any_honest_page_hold_is_left_out() -> None:
    assert html_to_text("text" + "<div></section>" * 20_000 + "deep") == "text"
    assert html_to_text("<div><p>a<ul><li>b</ul></div>" * 5_000 + "text").endswith("b\ntext")


@pytest.fixture
def no_collection() -> Iterator[None]:
    """Keep the garbage collector, which looks at all that other tests left, out of what is timed."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collection")
@pytest.mark.parametrize("opened", ["<span>related ", "<b>see also, ", "<i>x <em>read also "])
def test_time_grows_with_the_size_of_what_is_nested_and_not_with_its_square(opened: str) -> None:
    def seconds(depth: int) -> float:
        started = time.process_time()
        assert html_to_text(f"<p>{opened * depth}related").endswith("related")
        return time.process_time() - started

    seconds(100)
    small, large = (min(seconds(depth) for _ in range(3)) for depth in (5_000, 50_000))
    assert large < 40 * small, "ten times the depth; its square would be a hundred times the time"


def test_no_html_is_no_text() -> None:
    assert html_to_text("") == ""
    assert html_to_text("<!-- nothing -->") == ""


def test_invisible_and_control_characters_go() -> None:
    assert clean("a\u202eb\u200bc\x00d\r\n\n\n e \t f") == "abc d\ne f"
    assert one_line("a\nb\u2028c") == "a b c"


@pytest.mark.parametrize("shown", ["می\u200cخواهم رفت", "\U0001f468\u200d\U0001f469\u200d\U0001f467 home"])
def test_titles_keep_the_joiners_within_words_and_what_is_compared_has_none(shown: str) -> None:
    assert one_line(f"\u200c{shown}\u200d \u200c") == shown
    assert html_to_line(f"<b>{shown}</b>&zwnj;") == shown
    bare = shown.replace("\u200c", "").replace("\u200d", "")
    assert clean(shown) == bare
    assert embedding_text(shown, "") == bare
    assert words(shown) == words(bare)


def test_embedding_text_is_title_then_text() -> None:
    assert embedding_text("title", "text") == "title\ntext"
    assert embedding_text("title", "") == "title"
    assert embedding_text("", "text") == "text"
    assert embedding_text("l’eau", "“a” – b…") == 'l\'eau\n"a" - b...'


@given(st.text() | st.text(alphabet="e\u0301 \n\x00\u200b\u200c\u200d"), st.sampled_from([clean, one_line]))
def test_cleaning_is_final_and_leaves_no_control_characters(text: str, cleaning: Callable[[str], str]) -> None:
    cleaned = cleaning(text)
    assert cleaning(cleaned) == cleaned
    assert not any(unicodedata.category(c) == "Cc" and c != "\n" for c in cleaned)


@given(st.text())
def test_any_text_is_some_html(text: str) -> None:
    assert "\x00" not in html_to_text(text)
