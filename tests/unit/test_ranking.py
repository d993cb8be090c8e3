from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import geometry
from models.publish import open_current
from models.related import about_rows
from models.snapshot import Snapshot
from service.ranking import OTHER_LANGUAGE, RECENCY_FLOOR, Ranked, rank, rank_stored, ranked_at
from service.schemas import Options
from service.view import View
from tests.conftest import Builder

PLAIN: dict[str, Any] = {"recency_half_life_days": 0, "near_duplicates": "show", "k": 50}
LONG = "the harbour council of the old town met on monday to discuss the new quay and its cost for the fishermen"
RECORDS = [
    {"id": "a-seed", "title": "sea sea rain", "language": "en", "published_at": "2026-11-01"},
    {"id": "b-near", "title": "sea rain", "language": "en", "category": "news", "published_at": "2026-10-01"},
    {"id": "c-old", "title": "sea rain", "language": "en", "category": "news", "published_at": "2010-01-01"},
    {"id": "d-french", "title": "sea rain", "language": "fr", "category": "sport", "published_at": "2026-10-02"},
    {"id": "e-undated", "title": "sea rain school", "language": "en"},
    {"id": "f-far", "title": "football", "language": "es", "category": "sport", "published_at": "2026-09-01"},
    {"id": "g-copy", "title": "school school", "text": LONG, "language": "en", "published_at": "2026-05-01",
     "image_url": "https://example.org/g.jpg"},
    {"id": "h-copy", "title": "school school", "text": f"{LONG} again", "language": "en", "published_at": "2026-05-02",
     "image_url": "https://example.org/h.jpg"},
    {"id": "i-copy", "title": "school school", "text": LONG, "language": "en", "published_at": "2026-05-03"},
    {"id": "j-later", "title": "school school", "text": LONG, "language": "en", "published_at": "2026-07-03"},
]  # fmt: skip
PLACE = {str(record["id"]): place for place, record in enumerate(RECORDS)}


@pytest.fixture(name="snapshot")
def snapshot_of_records(build_records: Builder, home: Path) -> Snapshot:
    build_records(RECORDS)
    return open_current(home)


def ask(snapshot: Snapshot, seed: str, **options: Any) -> Ranked:
    return rank(View(snapshot), about_rows(snapshot, [PLACE[seed]]), Options(**{**PLAIN, **options}))


def ids(snapshot: Snapshot, seed: str, **options: Any) -> list[str]:
    return [str(RECORDS[row]["id"]) for row in ask(snapshot, seed, **options).rows]


def test_without_options_everything_but_the_seed_comes_most_similar_first(snapshot: Snapshot) -> None:
    ranked = ask(snapshot, "a-seed")
    assert sorted(ranked.rows) == list(range(1, len(RECORDS)))
    assert ranked.scores == sorted(ranked.scores, reverse=True)
    assert ranked.shortfall == "corpus"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"language": "same"}, {"b-near", "c-old", "e-undated", "g-copy", "h-copy", "i-copy", "j-later"}),
        ({"language": "fr,es"}, {"d-french", "f-far"}),
        ({"language": "de"}, set()),
        ({"category": "sport"}, {"d-french", "f-far"}),
        ({"category": ["sport", "news"], "language": "en"}, {"b-near", "c-old"}),
        ({"since": "2026-10-01T00:00:00Z"}, {"b-near", "d-french"}),
        ({"until": "2026-04-01T00:00:00Z"}, {"c-old"}),
        ({"since": "2026-09-01T00:00:00Z", "until": "2026-10-01T00:00:00+00:00"}, {"b-near", "f-far"}),
        ({"exclude": ["b-near", "unknown"], "category": "news"}, {"c-old"}),
    ],
)
def test_filters(snapshot: Snapshot, options: dict[str, Any], expected: set[str]) -> None:
    assert set(ids(snapshot, "a-seed", **options)) == expected
    assert ask(snapshot, "a-seed", **options).shortfall == "filters"


def test_min_score_is_on_the_score_and_says_so(snapshot: Snapshot) -> None:
    everything = ask(snapshot, "a-seed")
    middle = everything.scores[3]
    ranked = ask(snapshot, "a-seed", min_score=middle)
    assert ranked.scores == [score for score in everything.scores if score >= middle]
    assert ranked.shortfall == "min_score"


def test_prefer_puts_the_seeds_language_first_unless_another_is_much_closer(snapshot: Snapshot) -> None:
    ranked = ask(snapshot, "a-seed", language="prefer")
    own = [RECORDS[row]["language"] == "en" for row in ranked.rows]
    weights = [score * (1 if mine else OTHER_LANGUAGE) for score, mine in zip(ranked.scores, own, strict=True)]
    assert weights == sorted(weights, reverse=True)


def test_of_copies_one_is_shown_the_newest_with_an_image(snapshot: Snapshot) -> None:
    assert {"g-copy", "h-copy", "i-copy"} & set(ids(snapshot, "a-seed", near_duplicates="collapse")) == {"h-copy"}
    shown = ids(snapshot, "a-seed", near_duplicates="collapse", exclude=["g-copy"])
    assert not {"g-copy", "h-copy", "i-copy"} & set(shown), "a copy of what is excluded is excluded"
    assert "j-later" in shown, "the same words two months later are another bulletin"


def test_a_copy_of_the_seed_is_not_related(snapshot: Snapshot) -> None:
    assert ids(snapshot, "g-copy", k=1) != ["j-later"]
    assert not {"h-copy", "i-copy"} & set(ids(snapshot, "g-copy", near_duplicates="collapse"))


def test_age_weighs_less_and_never_buries(snapshot: Snapshot) -> None:
    assert ask(snapshot, "a-seed", exclude=["d-french"], k=2).rows[0] in {PLACE["b-near"], PLACE["c-old"]}
    aged = ids(snapshot, "a-seed", recency_half_life_days=30)
    assert aged.index("b-near") < aged.index("c-old")
    plain = dict(zip(ids(snapshot, "a-seed"), ask(snapshot, "a-seed").scores, strict=True))
    weakest = min(plain[name] for name in aged[: aged.index("c-old")])
    assert weakest >= RECENCY_FLOOR * plain["c-old"]


def test_the_shortest_half_life_overflows_nothing(snapshot: Snapshot) -> None:
    shortest, short = (ids(snapshot, "a-seed", recency_half_life_days=days) for days in (5e-324, 1e-5))
    assert shortest == short


def test_diversity_keeps_the_best_first_and_spreads_the_rest(snapshot: Snapshot) -> None:
    assert ids(snapshot, "j-later", k=3) != ids(snapshot, "j-later", k=3, diversity=0.9)
    assert ids(snapshot, "j-later", k=1, diversity=0.9) == ids(snapshot, "j-later", k=1)
    copies = [name for name in ids(snapshot, "j-later", k=3, diversity=0.9) if name.endswith("copy")]
    assert len(copies) == 1


option_sets = st.fixed_dictionaries({}, optional={
    "k": st.integers(1, 50),
    "language": st.sampled_from(["any", "same", "prefer", "fr", "en,es"]),
    "category": st.sampled_from([(), ("news",), ("sport", "news"), ("none",)]),
    "since": st.sampled_from([None, "2026-09-15T00:00:00Z"]),
    "exclude": st.sampled_from([(), ("b-near",), ("g-copy", "c-old")]),
    "min_score": st.floats(0, 1),
    "diversity": st.floats(0, 1),
    "recency_half_life_days": st.sampled_from([0, 1, 730]),
    "near_duplicates": st.sampled_from(["collapse", "show"]),
})  # fmt: skip


@given(st.sampled_from(list(PLACE)), option_sets)
@settings(max_examples=100)
def test_whatever_the_options_the_promises_hold(snapshot: Snapshot, seed: str, options: dict[str, Any]) -> None:
    ranked = ask(snapshot, seed, **options)
    wanted = Options(**{**PLAIN, **options})
    assert PLACE[seed] not in ranked.rows
    assert len(set(ranked.rows)) == len(ranked.rows) <= wanted.k
    assert all(score >= wanted.min_score for score in ranked.scores)
    assert (ranked.shortfall is None) == (len(ranked.rows) == wanted.k)
    assert not {PLACE[name] for name in wanted.exclude} & set(ranked.rows)
    if wanted.near_duplicates == "collapse":
        groups = snapshot.columns.group[ranked.rows].tolist()
        assert len(set(groups)) == len(groups)


def plainly(snapshot: Snapshot, seed: str, options: Options) -> list[int]:
    """Return the rows of `ask`, an article at a time, from the cards; diversity is left out."""
    pool = about_rows(snapshot, [PLACE[seed]]).pool
    shown = list(snapshot.cards.all())
    score = dict(zip(pool.rows.tolist(), geometry.score(pool.similarities), strict=True))
    group = snapshot.columns.group.tolist()
    unwanted = {PLACE[name] for name in (seed, *options.exclude)}
    collapse = options.near_duplicates == "collapse"

    def may_come(row: int) -> bool:
        card, published = shown[row], shown[row].published_at
        languages = shown[PLACE[seed]].language if options.language == "same" else options.language
        return (
            row not in unwanted
            and not (collapse and group[row] in {group[other] for other in unwanted})
            and (languages in {"any", "prefer"} or card.language in languages.split(","))
            and (not options.category or card.category in options.category)
            and (options.since is None or (published is not None and published >= options.since))
            and score[row] >= options.min_score
        )

    def standing(row: int) -> tuple[bool, float, int]:
        published = shown[row].published_at
        return shown[row].image_url is not None, -np.inf if published is None else published.timestamp(), -row

    def weight(row: int) -> np.float32:
        own = shown[row].language == shown[PLACE[seed]].language
        half_lives, published = 1.0, shown[row].published_at
        if published is not None and options.recency_half_life_days:
            age = snapshot.manifest.read_at - published
            half_lives = max(age.total_seconds(), 0) / (options.recency_half_life_days * 24 * 3600)
        recency = RECENCY_FLOOR + (1 - RECENCY_FLOOR) * 0.5**half_lives if options.recency_half_life_days else 1
        preference = OTHER_LANGUAGE if options.language == "prefer" and not own else 1
        return score[row] * np.float32(recency) * np.float32(preference)

    rows = [row for row in score if may_come(row)]
    if collapse:
        rows = [
            max((other for other in rows if group[other] == name), key=standing) for name in {group[r] for r in rows}
        ]
    place = {row: place for place, row in enumerate(score)}
    return sorted(rows, key=lambda row: (-weight(row), place[row]))[: options.k]


@given(st.sampled_from(list(PLACE)), option_sets)
@settings(max_examples=200)
def test_an_article_at_a_time_the_list_is_the_same(snapshot: Snapshot, seed: str, options: dict[str, Any]) -> None:
    options = {**options, "diversity": 0}
    assert ask(snapshot, seed, **options).rows == plainly(snapshot, seed, Options(**{**PLAIN, **options}))


@given(option_sets)
@settings(max_examples=100)
def test_ranked_together_lists_are_those_that_are_ranked_alone(snapshot: Snapshot, options: dict[str, Any]) -> None:
    options = {**options, "exclude": ()}
    lists = rank_stored(snapshot, np.arange(len(RECORDS)), Options(**{**PLAIN, **options}))
    for place, record in enumerate(RECORDS):
        together = ranked_at(place, lists, Options(**{**PLAIN, **options}))
        alone = ask(snapshot, str(record["id"]), **options)
        assert together.rows == alone.rows[: len(together.rows)]
        assert together == alone or together.shortfall in {"filters", "corpus"}
