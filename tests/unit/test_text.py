import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from models.text import clean, embedding_text, html_to_text, one_line


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


def test_no_html_is_no_text() -> None:
    assert html_to_text("") == ""
    assert html_to_text("<!-- nothing -->") == ""


def test_invisible_and_control_characters_go() -> None:
    assert clean("a\u202eb\u200bc\x00d\r\n\n\n e \t f") == "abc d\ne f"
    assert one_line("a\nb\u2028c") == "a b c"


def test_embedding_text_is_title_then_text() -> None:
    assert embedding_text("title", "text") == "title\ntext"
    assert embedding_text("title", "") == "title"
    assert embedding_text("", "text") == "text"


@given(st.text())
def test_cleaning_is_final_and_leaves_no_control_characters(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert not any(unicodedata.category(c) == "Cc" and c != "\n" for c in cleaned)


@given(st.text())
def test_any_text_is_some_html(text: str) -> None:
    assert "\x00" not in html_to_text(text)
