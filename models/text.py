"""From what an editor typed to what is embedded: HTML to plain text, cleaning, and the embedding text."""

import re
import unicodedata
from collections import Counter
from html import unescape

from selectolax.lexbor import LexborHTMLParser

from models import furniture

TEXT_VERSION = 2
"""Raised whenever the same article would give another embedding text, so that old vectors are not reused."""

_NEVER_TEXT = "script, style, noscript, template, iframe, object, button, input, select, nav, svg, [hidden]"
_BLOCKS = (
    "p, div, br, li, ul, ol, h1, h2, h3, h4, h5, h6, tr, td, th, table, section, article, header, footer, "
    "blockquote, figure, figcaption, pre, hr"
)
_DEEPEST = 5_000
"""Blocks within blocks. For each the parser looks through all around it: 200,000 take a minute."""
_NESTED = re.compile(
    "<(/?)(address|article|aside|blockquote|center|details|dialog|div|dl|fieldset|figcaption|figure|footer|header|main|"
    r"menu|nav|ol|pre|section|summary|ul)\b",
    re.IGNORECASE,
)
"""The blocks that end only where they are closed."""
_INVISIBLE = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")
"""Zero-width spaces, bidirectional controls, soft hyphens: they carry no meaning and split words."""
_IDLE_JOINERS = re.compile(r"(?<!\S)[\u200c\u200d]+|[\u200c\u200d]+(?!\S)")
"""Joiners shape words (Persian, Indic scripts) and emoji; at the edge of a word they join nothing."""

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|[a-zA-Z][a-zA-Z\d]{1,31});")

_TYPEWRITER = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "″": '"', "–": "-", "—": "-", "…": "...", "×": "x"}
)
"""WordPress shows typographic marks where its database holds typed ones: one text must not have two vectors."""


def html_to_text(html: str) -> str:
    """Return the readable text of the body of an article, a line for each block.

    Scripts, share bars and lists of related articles are left out; captions are kept.
    """
    return clean(_lines_of(html))


def html_to_line(html: str) -> str:
    """Return a title that may hold markup and entities as one line of text."""
    return one_line(_lines_of(html) if "<" in html or "&" in html else html)


def without_entities(text: str) -> str:
    """Return plain text that an export left HTML's entities in (``&quot;``, ``&#8217;``) with what they stand for."""
    return _ENTITY.sub(lambda entity: unescape(entity[0]), text) if "&" in text else text


def shallow(html: str) -> str:
    """Return `html` up to where blocks are nested deeper than on any honest page."""
    opened: Counter[str] = Counter()
    for tag in _NESTED.finditer(html) if html.count("<") > _DEEPEST else ():
        name = tag[2].lower()
        opened[name] = max(opened[name] + (-1 if tag[1] else 1), 0)
        if not tag[1] and opened.total() > _DEEPEST:
            return html[: tag.start()]
    return html


def _lines_of(html: str) -> str:
    tree = LexborHTMLParser(shallow(html))
    for node in tree.css(_NEVER_TEXT):
        node.decompose()
    furniture.remove(tree)
    for node in tree.css(_BLOCKS):
        node.insert_before("\n")
        node.insert_after("\n")
    body = tree.body
    return body.text() if body is not None else ""


def clean(text: str) -> str:
    """Return `text` in Unicode NFC, without control or invisible characters, its spaces and blank lines collapsed."""
    return _visible(without_joiners(text))


def one_line(text: str) -> str:
    """Return `text` cleaned and on one line, as titles, names and categories are: with the joiners within its words."""
    return _visible(text).replace("\n", " ")


def _visible(text: str) -> str:
    text = _collapsed(unicodedata.normalize("NFC", text))
    if text.replace("\n", " ").isprintable():  # invisible characters are not
        return text
    text = _INVISIBLE.sub("", text)
    if not _collapsed(text).replace("\n", " ").isprintable():
        # Rare, and slow: a character at a time.
        text = "".join(" " if _is_noise(character) else character for character in text)
    return _collapsed(unicodedata.normalize("NFC", _IDLE_JOINERS.sub("", text)))


def _collapsed(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(filter(None, lines))


def _is_noise(character: str) -> bool:
    return character != "\n" and unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn"}


def without_joiners(text: str) -> str:
    """Return `text` as it is compared: a word with a joiner and one without are the same."""
    return text.replace("\u200c", "").replace("\u200d", "")


def embedding_text(title: str, text: str) -> str:
    """Return what is embedded of an article or a query: its title, then its text, with typewriter punctuation."""
    return without_joiners("\n".join(part for part in (title, text) if part)).translate(_TYPEWRITER)
