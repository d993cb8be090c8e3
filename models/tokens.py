"""Split a text of any script into tokens.

Accents, case and spellings that writers mix are folded; a word keeps its first `PREFIX` characters, a stemmer that
needs no language (McNamee et al. 2009; for Turkish, Can et al. 2008); numbers stay whole; scripts without spaces become
overlapping pairs or triples of characters.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import partial

from models.text import without_joiners

PREFIX = 6
"""Fused, SemEval-8, for 5, 6, 7, whole words: Pearson .793, .792, .787, .783; mixed nDCG@10 .960, .960, .945, .941."""
MIN_STEM = 3

_MARKS = "".join(chr(code) for code in range(0x10000) if unicodedata.category(chr(code)).startswith("M"))
_WORD = re.compile(rf"[\w{_MARKS}]+")
_DROPPED = re.compile(
    "[\u0300-\u036f\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7-\u06ed\u093c]"
)
"""Accents, Arabic vowel signs, the tatweel and the dot below of Hindi; other marks (Indic vowels) are letters."""
_PAIRS = (
    "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Han, Kana, Hangul: overlapping pairs, as Lucene's CJKAnalyzer makes them."""
_TRIPLES = "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff"
"""Thai, Lao, Tibetan, Burmese, Khmer."""
_RUN = re.compile(f"(?P<pairs>[{_PAIRS}]+)|(?P<triples>[{_TRIPLES}]+)|[^{_PAIRS}{_TRIPLES}]+")
_DIGITS = {chr(code): str(int(chr(code))) for code in range(0x80, 0x10000) if chr(code).isdecimal()}
"""2015 in one article is ٢٠١٥ in the next."""
_MIXED = {"أإآٱ": "ا", "ىیے": "ي", "ةەہ": "ه", "ک": "ك", "ँ": "ं", "ı": "i"}
"""Spellings that writers of Arabic, Persian, Urdu and Hindi mix, some as their keyboards have them, and the Turkish
dotless i that casefolding does not know."""
_LETTERS = str.maketrans({**_DIGITS, **{letter: one for letters, one in _MIXED.items() for letter in letters}})
_NASALS = re.compile("ङ्(?=[क-घ])|ञ्(?=[च-झ])|ण्(?=[ट-ढ])|न्(?=[त-ध])|म्(?=[प-भ])")
"""Before a consonant of its own kind, Hindi writes a nasal out or as a dot: हिन्दी, हिंदी."""
_ARABIC_ARTICLES = ("وال", "بال", "كال", "فال", "لل", "ال")
"""The, alone or after and, with, like, so, for (Larkey et al. 2007). None: Arabic Pearson .777, not .792."""


def words(text: str) -> list[str]:
    """Return the words of `text` in order, as they are written but for their case."""
    # An underscore holds the words of a hashtag together.
    return _WORD.findall(without_joiners(text).casefold().replace("_", " "))


def tokens_of(word: str, language: str) -> list[str]:
    """Return the tokens of one of `words`; `language` (ISO 639-1) decides whether Arabic prefixes are stripped.

    A corpus has few different words: look each up once.
    """
    plain = _DROPPED.sub("", unicodedata.normalize("NFKD", word))
    parts = _WORD.findall(_NASALS.sub("ं", unicodedata.normalize("NFC", plain).translate(_LETTERS)))
    stem = partial(_stem, arabic=language == "ar", length=PREFIX)
    return [token for part in parts for token in ([stem(part)] if max(part) < "\u0e00" else _unspaced(part, stem))]


def _stem(word: str, *, arabic: bool, length: int) -> str:
    if arabic:
        for prefixes in (_ARABIC_ARTICLES, ("و",)):
            prefix = next((p for p in prefixes if word.startswith(p) and len(word) - len(p) >= MIN_STEM), "")
            word = word[len(prefix) :]
    return word if any(map(str.isdigit, word)) else word[:length]


def _unspaced(word: str, stem: Callable[[str], str]) -> Iterator[str]:
    for run in _RUN.finditer(word):
        size = 2 if run["pairs"] else 3 if run["triples"] else 0
        grams = (run[0][i : i + size] for i in range(max(len(run[0]) - size, 0) + 1))
        yield from grams if size else (stem(run[0]),)
