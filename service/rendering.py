"""From an answer to the JSON of a `service.schemas.RelatedResponse`: slices of the stored cards, put together.

A page view waits for this, and validating what was validated when it was stored takes longer than all the rest.
"""

import hashlib
from collections.abc import Sequence

import orjson

from service.answers import Answer
from service.ranking import Ranked

STORY = 0.75
"""People gave pairs of such a score .85 on average, and 92 % of them two thirds or more (SemEval-8, 119 of 473)."""


def related_json(answer: Answer) -> bytes:
    """Return the response as JSON in UTF-8."""
    ranked = answer.ranked
    listed = answer.view.listed(ranked.rows)
    seed = answer.seed.model_dump_json().encode()
    recommendation_id = _recommendation_id(seed, listed)
    if answer.fields:
        listed = [_only(shown, answer.fields) for shown in listed]
    if not answer.fields or "reason" in answer.fields:
        judged = zip(listed, ranked.scores, _reasons(ranked), strict=True)
        related = b",".join([b'%b,"score":%.4f,"reason":"%b"}' % item for item in judged])
    else:
        related = b",".join([b'%b,"score":%.4f}' % item for item in zip(listed, ranked.scores, strict=True)])
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


def _reasons(ranked: Ranked) -> list[bytes]:
    found = [b"story" if score >= STORY else b"topic" for score in ranked.scores]
    return [b"pinned"] * ranked.pinned + found[ranked.pinned :]


def _recommendation_id(seed: bytes, listed: Sequence[bytes]) -> bytes:
    """Return 16 hexadecimal digits, the same for the same list beside the same seed."""
    return hashlib.blake2b(b"\0".join([seed, *listed]), digest_size=8).hexdigest().encode()
