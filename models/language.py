"""Tell the language of a text, offline."""

from collections.abc import Collection

UNKNOWN = "und"
"""ISO 639-3 code for a text that has no letters to judge by."""

_SAMPLE_CHARS = 2_000
"""A few hundred words decide; the rest of a long article only costs time."""

_SHORT_CHARS = 50
"""So few characters are often taken for a rare language: "school" for Dutch."""
_PLAUSIBLE = 8
"""Of 97 languages. Another script's languages rank far lower."""


def detect(text: str, among: Collection[str] = ()) -> str:
    """Return the ISO 639-1 code of the language of `text`, or `UNKNOWN` when it holds no letter.

    `among` names the languages that are likely. A text of a few words is taken to be of one of them if it well may be.
    """
    sample = text[:_SAMPLE_CHARS]
    if not any(character.isalpha() for character in sample):
        return UNKNOWN
    # Its table takes 30 MB and is read at the first call: a process that never needs it never pays for it.
    import py3langid  # noqa: PLC0415

    ranked = [str(language) for language, _score in py3langid.rank(sample)]
    plausible = ranked[:_PLAUSIBLE] if len(sample) <= _SHORT_CHARS else ranked[:1]
    return next((language for language in plausible if language in among), ranked[0])
