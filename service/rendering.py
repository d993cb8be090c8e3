"""From an answer to the JSON of a `service.schemas.RelatedResponse`: slices of the stored cards, put together.

A page view waits for this, and validating what was validated when it was stored takes longer than all the rest.
"""

import hashlib
from collections.abc import Sequence

import orjson

from service.answers import Answer

STORY = 0.75
"""People gave pairs of such a score .85 on average, and 92 % of them two thirds or more (SemEval-8, 119 of 473)."""


def related_json(answer: Answer) -> bytes:
    """Return the response as JSON in UTF-8."""
    ranked = answer.ranked
    listed = [answer.view.listed(row) for row in ranked.rows]
    seed = answer.seed.model_dump_json().encode()
    recommendation_id = _recommendation_id(seed, listed)
    if answer.fields:
        listed = [_only(shown, answer.fields) for shown in listed]
    with_reason = not answer.fields or "reason" in answer.fields
    related = b",".join(
        b"%b,%b}" % (shown, _judged(score, pinned=place < ranked.pinned, with_reason=with_reason))
        for place, (shown, score) in enumerate(zip(listed, ranked.scores, strict=True))
    )
    shortfall = orjson.dumps(ranked.shortfall)
    name = answer.view.snapshot.name.encode()
    return b'{"seed":%b,"snapshot":"%b","related":[%b],"shortfall":%b,"recommendation_id":"%b"}' % (
        seed,
        name,
        related,
        shortfall,
        recommendation_id,
    )


def _only(listed: bytes, fields: Sequence[str]) -> bytes:
    card = orjson.loads(listed + b"}")
    return orjson.dumps({name: value for name, value in card.items() if name == "id" or name in fields})[:-1]


def _judged(score: float, *, pinned: bool, with_reason: bool) -> bytes:
    judged = b'"score":%.4f' % score
    reason = b"pinned" if pinned else b"story" if score >= STORY else b"topic"
    return b'%b,"reason":"%b"' % (judged, reason) if with_reason else judged


def _recommendation_id(seed: bytes, listed: Sequence[bytes]) -> bytes:
    """Return 16 hexadecimal digits, the same for the same list beside the same seed."""
    return hashlib.blake2b(b"\0".join([seed, *listed]), digest_size=8).hexdigest().encode()
