"""What stands in and around an article without being it: share bars, links to other articles, sign-ups, navigation."""

import re
import unicodedata

from selectolax.lexbor import LexborHTMLParser, LexborNode

NAMED = (
    "aside, a[rel~=prev], a[rel~=next], [class*=share], [class*=sharing], [class*=social-], [class*=addtoany], "
    "[class*=related], [class*=relacionad], [class*=recommend], [class*=newsletter], [class*=read-more], "
    "[class*=post-navigation], [class*=nav-links], [class*=outbrain], [class*=taboola], [class*=breadcrumb]"
)
"""What themes and plugins call it. One that holds most of the page is not meant: ``<div class="has-related">``."""
LEAD_INS = (
    "ذات صلة", "مقالات ذات صلة", "مواضيع ذات صلة", "أخبار ذات صلة", "روابط ذات صلة", "مقالات مشابهة", "اقرأ أيضا",
    "اقرأ المزيد", "اقرأ", "شاهد أيضا", "طالع أيضا", "قد يهمك", "قد يهمك أيضا", "قد يعجبك", "شارك", "شارك المقال",
    "شارك الخبر", "مشاركة", "وسوم", "الكلمات الدلالية", "تابعنا على",
    "à lire", "à lire aussi", "a lire aussi", "à lire également", "lire aussi", "lire également", "lisez aussi", "voir aussi",
    "à voir aussi", "sur le même sujet", "dans la même rubrique", "articles liés", "articles similaires", "partager",
    "partager sur", "partager cet article", "mots-clés", "étiquettes", "crédit photo", "crédits photo", "crédits photos",
    "image illustrative", "photo d'illustration", "pour aller plus loin", "suivez-nous",
    "lea", "lea también", "lea además", "lea más", "lee también", "lee además", "leer también", "leer más", "mire",
    "mire también", "vea también", "ver también", "te puede interesar", "le puede interesar",
    "también te puede interesar", "te podría interesar", "noticias relacionadas", "notas relacionadas",
    "artículos relacionados", "contenido relacionado", "compartir", "compartir en", "temas", "etiquetas", "síguenos",
    "read also", "also read", "read more", "read next", "see also", "related", "related articles", "related stories",
    "related posts", "related news", "related content", "related topics", "recommended", "recommended for you",
    "more on this", "more on this story", "you may also like", "you might also like", "share", "share this",
    "share this article", "share on", "share via", "tags", "category", "photo credit", "follow us",
)  # fmt: skip
"""What such a block begins with. It counts alone, before a colon, and before links; "شارك الرئيس في" is a sentence."""
SIGN_UPS = re.compile(r"newsletter|boletín|النشرة البريدية|نشرتنا", re.IGNORECASE)
_BLOCKS = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "div", "section", "td", "figcaption", "blockquote"}
_ROOTS = {"html", "body", "article", "main"}
_SHORT = 200
"""Characters of a line that may be a lead-in and one title; a paragraph is longer."""
_PROSE = 500
"""Characters outside links: more is the article itself, in a ``<div class="share-zone">``."""
_MOSTLY = 0.6
_WORDLESS = re.compile(r"^[\W_]+|[\W_]+$")
_MARKS = re.compile("[\u064b-\u0652\u0640]")


def remove(tree: LexborHTMLParser) -> None:
    """Take everything out of `tree` that is no text of the article."""
    for node in tree.css(NAMED):
        if node.tag not in _ROOTS and len(_words(node)) - _links(node) <= _PROSE:
            node.decompose()
    for node in tree.css("p, h2, h3, h4, h5, h6, li, div, span, strong, b, em, a, td, dt"):
        if _folded(node.text(deep=False)).startswith(_STARTS):
            _remove_led(_block(node))
    for node in tree.css("p, div, li"):
        text = _words(node)
        if len(text) <= _SHORT and SIGN_UPS.search(text) and node.css_first("a, input"):
            node.decompose()


def _remove_led(block: LexborNode) -> None:
    text = _folded(_words(block))
    lead_in = next((known for known in _LONGEST_FIRST if re.match(rf"{re.escape(known)}(?!\w)", text)), None)
    if lead_in is None or len(text) > _SHORT or block.tag in _ROOTS:
        return
    rest = text.removeprefix(lead_in).lstrip()
    if _WORDLESS.sub("", rest) == "":
        _remove_with_links_after(block)
    elif rest.startswith((":", "|", "»", "›")) or _links(block) >= _MOSTLY * len(rest):
        block.decompose()


def _remove_with_links_after(heading: LexborNode) -> None:
    """Take out a heading and the lists of links that follow it."""
    while heading.parent is not None and heading.parent.tag not in _ROOTS and _words(heading.parent) == _words(heading):
        heading = heading.parent
    follower = heading.next
    while follower is not None and _only_links(follower):
        gone, follower = follower, follower.next
        gone.decompose()
    heading.decompose()


def _only_links(node: LexborNode) -> bool:
    text = _words(node)
    return not text or (node.tag != "-text" and _links(node) >= _MOSTLY * len(text))


def _links(node: LexborNode) -> int:
    return sum(len(_words(link)) for link in node.css("a"))


def _block(node: LexborNode) -> LexborNode:
    while node.tag not in _BLOCKS and node.parent is not None and node.parent.tag not in _ROOTS:
        node = node.parent
    return node


def _words(node: LexborNode | None) -> str:
    return " ".join(node.text(separator=" ").split()) if node is not None else ""


def _folded(text: str) -> str:
    """Return `text` without case, Arabic vowel signs and the forms of alef, from its first letter on."""
    plain = _MARKS.sub("", unicodedata.normalize("NFC", text.replace("\u200f", ""))).casefold()
    return re.sub(r"^[\W_]+", "", re.sub("[أإآ]", "ا", plain).replace("’", "'"))


_LONGEST_FIRST = sorted((_folded(lead_in) for lead_in in LEAD_INS), key=len, reverse=True)
_STARTS = tuple(_LONGEST_FIRST)
