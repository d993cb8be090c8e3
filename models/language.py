"""Tell the language of a text, offline."""

import re
from collections.abc import Collection
from itertools import islice

UNKNOWN = "und"
"""ISO 639-3 code for a text that has no letters to judge by."""

_LATIN = {
    "ca", "cs", "da", "de", "en", "es", "et", "eu", "fi", "fr", "ga", "gl", "ha", "hr", "hu", "id", "is", "it",
    "lt", "lv", "ms", "nl", "no", "pl", "pt", "ro", "sk", "sl", "so", "sq", "sv", "sw", "tr", "vi", "yo"
}  # fmt: skip
_NOT_LATIN = {
    "am", "ar", "bg", "bn", "el", "fa", "gu", "he", "hi", "hy", "ja", "ka", "km", "kn", "ko", "lo", "mk", "ml",
    "mr", "my", "ne", "pa", "ps", "ru", "si", "ta", "te", "th", "uk", "ur", "zh"
}  # fmt: skip
_LETTER = re.compile(r"[^\W\d_]")
_JUDGED, _NAMES = 200, 20
"""Letters from which a script is told, and how many of them names in another script may have."""

_SAMPLE_CHARS = 2_000
"""A few hundred words decide; the rest of a long article only costs time."""

_PLAUSIBLE = ((50, 8), (150, 3))
"""Characters, and how many of 140 languages are plausible: a few words are often taken for a rare language, "school"
for Dutch, and another script's languages rank far lower. Of the first 30, 60, 100 and 150 characters of English news,
24, 10, 5 and 1 % are taken for another language, judged so among four languages 5, 2, 1 and 0 %; of Spanish ones 28, 8,
2 and 1 %, and 4, 0, 0 and 0 %."""
SHORT_CHARS = max(size for size, _count in _PLAUSIBLE)
_WRITTEN_AS = {
    "ary": "ar",
    "arz": "ar",
    "ltg": "lv",
    "nn": "no",
    "sdh": "ku",
    "uzs": "uz",
    "wuu": "zh",
    "yue": "zh",
}
"""The macrolanguages (ISO 639-3) of languages that a few words hardly tell apart: 18 % of Moroccan headlines in Arabic
are taken for Moroccan Arabic, and for no other language."""


def belied(language: str, text: str) -> bool:
    """Tell whether `text` cannot be of `language`: it is in Latin letters and should not be, or the other way round."""
    if language not in _LATIN and language not in _NOT_LATIN:
        return False
    judged = right = 0
    for letter in islice(_LETTER.finditer(text), _JUDGED):
        judged += 1
        right += _is_latin(letter[0]) == (language in _LATIN)
        if right > _NAMES:  # of nearly every text that is reached at once
            return False
    return judged == _JUDGED


def _is_latin(letter: str) -> bool:
    return letter < "\u0250" or "\u1e00" <= letter < "\u1f00"


def detect(text: str, among: Collection[str] = ()) -> str:
    """Return the ISO 639-1 code of the language of `text`, or `UNKNOWN` when it holds no letter.

    `among` names the languages that are likely. A short text is taken to be of one of them if it well may be.
    """
    sample = text[:_SAMPLE_CHARS]
    if not any(character.isalpha() for character in sample):
        return UNKNOWN
    # Its table takes 30 MB and is read at the first call: a process that never needs it never pays for it.
    import py3langid  # noqa: PLC0415

    ranked = [_WRITTEN_AS.get(str(language), str(language)) for language, _score in py3langid.rank(sample)]
    plausible = next((ranked[:count] for size, count in _PLAUSIBLE if len(sample) <= size), ranked[:1])
    return next((language for language in plausible if language in among), ranked[0])
