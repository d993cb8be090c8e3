"""Tell the language of a text, offline."""

UNKNOWN = "und"
"""ISO 639-3 code for a text that has no letters to judge by."""

_SAMPLE_CHARS = 2_000
"""A few hundred words decide; the rest of a long article only costs time."""


def detect(text: str) -> str:
    """Return the ISO 639-1 code of the language of `text`, or `UNKNOWN` when it holds no letter."""
    sample = text[:_SAMPLE_CHARS]
    if not any(character.isalpha() for character in sample):
        return UNKNOWN
    # Its table takes 30 MB and is read at the first call: a process that never needs it never pays for it.
    import py3langid  # noqa: PLC0415

    language, _score = py3langid.classify(sample)
    return str(language)
