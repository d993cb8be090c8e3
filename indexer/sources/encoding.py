"""From the bytes of a page to its characters, as browsers find them out."""

import codecs
import re
from collections.abc import Iterator

from trafilatura.utils import decode_file

_DECLARED = re.compile(rb"""<meta[^>]+charset=["']?\s*([\w.:-]+)""", re.IGNORECASE)
_IN_HEADER = re.compile(r"""charset=["']?\s*([\w.:-]+)""", re.IGNORECASE)
_HEAD = 4_096
_MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_WIDER = {"iso8859-1": "windows-1252", "ascii": "windows-1252", "iso8859-9": "windows-1254"}
"""What the web means by these names (WHATWG Encoding Standard)."""
_OF_THE_WEB = ("utf-8", "utf-16", "iso8859", "cp", "koi8", "mac", "gb", "big5", "euc", "shift_jis", "tis")
"""Python knows more, some of them no encodings of text, and slow."""


def decode(page: bytes, content_type: str = "") -> str:
    """Return the characters of a page.

    Valid UTF-8 is taken for that, whatever is declared; then what the byte order mark, the header `content_type` or
    the page itself declares; then a guess.
    """
    for name in ("utf-8", *_declared(page, content_type)):
        try:
            return page.decode(name).removeprefix("\ufeff")
        except UnicodeError:
            continue
    return _nearly_utf8(page) or decode_file(page)


def _declared(page: bytes, content_type: str) -> Iterator[str]:
    names = [name for mark, name in _MARKS.items() if page.startswith(mark)]
    names += _IN_HEADER.findall(content_type)
    names += [name.decode("ascii", errors="replace") for name in _DECLARED.findall(page[:_HEAD])]
    for name in names:
        try:
            known = codecs.lookup(name).name
        except LookupError:
            continue
        if known.startswith(_OF_THE_WEB):
            yield _WIDER.get(known, known)


def _nearly_utf8(page: bytes) -> str | None:
    """Return a page in UTF-8 with a few broken bytes, which are common where titles are cut to a length."""
    text = page.decode("utf-8", errors="replace")
    letters = sum(character > "\x7f" for character in text)
    return text if text.count("\ufffd") * 20 < letters else None
