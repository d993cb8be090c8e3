"""What stands in and around an article without being it: share bars, links to other articles, sign-ups, small print."""

import re
import unicodedata

from selectolax.lexbor import LexborHTMLParser, LexborNode

NAMED = (
    "aside, form, a[rel~=prev], a[rel~=next], [class*=share], [class*=sharing], [class*=social-], [class*=addtoany], "
    "[class*=related], [class*=relacionad], [class*=recommend], [class*=newsletter], [class*=read-more], "
    "[class*=post-navigation], [class*=nav-links], [class*=outbrain], [class*=taboola], [class*=breadcrumb]"
)
"""What themes and plugins call it."""
LEAD_INS = (
    "ذات صلة", "مقالات ذات صلة", "مواضيع ذات صلة", "أخبار ذات صلة", "روابط ذات صلة", "مقالات مشابهة", "اقرأ أيضا",
    "اقرأ المزيد", "اقرأ", "شاهد أيضا", "طالع أيضا", "قد يهمك", "قد يهمك أيضا", "قد يعجبك", "شارك", "شارك المقال",
    "شارك الخبر", "مشاركة", "وسوم", "الكلمات الدلالية", "تابعنا على", "المقال السابق", "المقال التالي",
    "à lire", "à lire aussi", "a lire aussi", "à lire également", "lire aussi", "lire également", "lire la suite",
    "lisez aussi", "voir aussi", "à voir aussi", "sur le même sujet", "dans la même rubrique", "articles liés",
    "articles similaires", "partager", "partager sur", "partager cet article", "mots-clés", "étiquettes",
    "article précédent", "article suivant", "suivez-nous", "crédit photo", "crédits photo", "crédits photos",
    "photo d'illustration", "image illustrative",
    "lea", "lea también", "lea además", "lea más", "lee también", "lee además", "leer también", "leer más", "mire",
    "mire también", "vea también", "ver también", "te puede interesar", "le puede interesar", "te podría interesar",
    "también te puede interesar", "noticias relacionadas", "notas relacionadas", "artículos relacionados",
    "contenido relacionado", "compartir", "compartir en", "temas", "etiquetas", "síguenos", "artículo anterior",
    "artículo siguiente",
    "read also", "also read", "read more", "read next", "see also", "related", "related articles", "related stories",
    "related posts", "related news", "related content", "related topics", "recommended", "recommended for you",
    "more on this", "more on this story", "you may also like", "you might also like", "share", "share this",
    "share this article", "share on", "share via", "tags", "category", "photo credit", "follow us", "previous article",
    "next article",
)  # fmt: skip
"""What a block of links, sharing or credits begins with; alone, before a colon, or before links. A sentence may begin
with the same words: «شارك الرئيس في القمة»."""
SMALL_PRINT = re.compile(
    r"^\s*©|all rights reserved|tous droits réservés|todos los derechos reservados|جميع الحقوق محفوظة", re.IGNORECASE
)
SIGN_UP = re.compile(r"newsletter|boletín|النشرة البريدية|نشرتنا", re.IGNORECASE)
ASKS = re.compile(r"inscri|abonn|suscr|subscri|sign up|recevez|recib|اشترك|سجل", re.IGNORECASE)
_MARKS_AFTER = (":", "|", "›")
_ALSO_TEXT = {"à lire", "voir aussi", "see also", "ver también"}
_INLINE = {"a", "b", "em", "i", "span", "strong", "u"}
_ROOTS = {"html", "body", "article", "main"}
_SHORT = 200
"""Characters: a lead-in and a title or two. What is longer is a paragraph, whatever it begins with."""
_PROSE = 500
"""Characters outside links: more is the article itself, in a ``<div class="share-zone">``."""
_MOSTLY = 0.6
"""Of the characters of a block, in links: it is a list of links."""
_MOST = 1_000
"""Suspects judged on one page, which takes time with their size; no honest page has so many."""
_TEXTUAL = "p, h2, h3, h4, h5, h6, li, div, span, strong, b, em, i, u, a, td, dt, figcaption"
_MARKS = re.compile("[\u064b-\u0652\u0640\u00ad\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
_NO_WORD = re.compile(r"^[\W_]+")
_ALEFS = re.compile("[أإآ]")


def remove(tree: LexborHTMLParser) -> None:
    """Take out of `tree` what is no text of the article."""
    whole = len(_words(tree.body)) if tree.body is not None else 0
    for node in tree.css(NAMED)[:_MOST]:
        words = len(_words(node))
        if node.tag not in _ROOTS and words - _linked(node) <= _PROSE and 2 * words <= whole:
            node.decompose()
    for block in _suspects(tree):
        text = _words(block)
        if block.tag not in _ROOTS and len(text) <= _SHORT and (block.tag == "p" or block.css_first("p") is None):
            _remove_led(block, text)
            if SMALL_PRINT.search(text) or _asks_for_an_address(block, text):
                block.decompose()


def _asks_for_an_address(block: LexborNode, text: str) -> bool:
    if SIGN_UP.search(text) is None:
        return False
    return block.css_first("input") is not None or (bool(block.css_first("a")) and ASKS.search(text) is not None)


def _suspects(tree: LexborHTMLParser) -> list[LexborNode]:
    """Return the blocks that hold, in their own words or in inline markup, what furniture is known by."""
    blocks: dict[int, LexborNode] = {}
    known: dict[int, LexborNode] = {}
    for node in tree.css(_TEXTUAL):
        own = node.text(deep=False)
        if _folded(own).startswith(_FOLDED) or SMALL_PRINT.search(own) or SIGN_UP.search(own):
            block = _block(node, known)
            blocks[block.mem_id] = block
    return list(blocks.values())[:_MOST]


def _remove_led(block: LexborNode, words: str) -> None:
    text = _folded(words)
    match = _LEAD_IN.match(text)
    if match is None:
        return
    rest = text[match.end() :].lstrip()
    linked = _linked(block)
    if not _NO_WORD.sub("", rest):
        _remove_with_links_after(block)
    elif " " not in match[0] or match[0] in _ALSO_TEXT:
        # A verb as often as a label: «شارك الرئيس في القمة», "Lea, le dijo", "À lire : « Les Années »".
        if linked >= len(_NO_WORD.sub("", rest)) - 1:
            block.decompose()
    elif linked >= _MOSTLY * len(rest) or rest.startswith(_MARKS_AFTER if words[:1] == "«" else (*_MARKS_AFTER, "»")):
        block.decompose()


def _remove_with_links_after(heading: LexborNode) -> None:
    """Take out a heading, and the lists of links that follow it."""
    while heading.parent is not None and heading.parent.tag not in _ROOTS and _is_alone(heading):
        heading = heading.parent
    follower = heading.next
    while follower is not None and _is_links(follower):
        gone, follower = follower, follower.next
        gone.decompose()
    heading.decompose()


def _is_alone(node: LexborNode) -> bool:
    """Tell whether nothing beside `node` in its parent holds words."""
    before, after = node.prev, node.next
    while before is not None and not _words(before):
        before = before.prev
    while after is not None and not _words(after):
        after = after.next
    return before is None and after is None


def _is_links(node: LexborNode) -> bool:
    text = _words(node)
    return not text or (node.tag != "-text" and _linked(node) >= _MOSTLY * len(text))


def _linked(node: LexborNode) -> int:
    return sum(len(_words(link)) for link in node.css("a"))


def _block(node: LexborNode, known: dict[int, LexborNode]) -> LexborNode:
    """Return the block around `node`; `known` remembers it, so that no way up is gone twice."""
    way = []
    while node.mem_id not in known:
        way.append(node.mem_id)
        if node.tag not in _INLINE or node.parent is None or node.parent.tag in _ROOTS:
            known[node.mem_id] = node
        else:
            node = node.parent
    block = known[node.mem_id]
    known.update(dict.fromkeys(way, block))
    return block


def _words(node: LexborNode) -> str:
    return " ".join(node.text().split())


def _folded(text: str) -> str:
    """Return `text` from its first letter on, without case, Arabic vowel signs, soft hyphens and the forms of alef."""
    plain = _MARKS.sub("", unicodedata.normalize("NFC", text)).casefold().replace("’", "'")
    return _NO_WORD.sub("", _ALEFS.sub("ا", plain))


_FOLDED = tuple(sorted(map(_folded, LEAD_INS), key=len, reverse=True))
_LEAD_IN = re.compile(rf"(?:{'|'.join(map(re.escape, _FOLDED))})(?!\w)")
