from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.publish import open_current
from models.related import related_to_row, related_to_vector
from models.snapshot import Snapshot
from tests.conftest import Builder
from tests.fakes import WORDS, FakeEmbedder


def ids(related: list[tuple[object, float]]) -> list[str]:
    return [card.id for card, _score in related]  # type: ignore[attr-defined]


def test_by_id_the_nearest_come_first_and_never_the_seed(snapshot: Snapshot) -> None:
    # 1: sea^3; 2: sea^2 rain; 4: school^2 sea; cosines of 1 with 2 and 4: 2/sqrt 5 and 1/sqrt 5.
    related = related_to_row(snapshot, 0, 3)
    assert ids(related) == ["2", "4", "3"]
    assert [score for _card, score in related] == pytest.approx([2 / 5**0.5, 1 / 5**0.5, 0.0])


def test_by_vector_an_article_of_the_same_text_comes_first(snapshot: Snapshot) -> None:
    (vector,) = FakeEmbedder().embed(["school school sea"])
    assert ids(related_to_vector(snapshot, vector, 2)) == ["4", "3"]


texts = st.lists(st.sampled_from([*WORDS, "other"]), min_size=1, max_size=4).map(" ".join)
corpora = st.dictionaries(st.integers(1, 99).map(str), texts, min_size=1, max_size=25)


def lists_of(build_records: Builder, home: Path, records: list[dict[str, str]]) -> dict[str, list[tuple[str, float]]]:
    build_records(records)
    snapshot = open_current(home)
    return {
        card.id: [(other.id, score) for other, score in related_to_row(snapshot, row, 5)]
        for row, card in enumerate(snapshot.cards.all())
    }


@given(corpora, st.randoms())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
def test_the_order_of_the_input_changes_nothing(
    build_records: Builder, home: Path, corpus: dict[str, str], random: object
) -> None:
    records = [{"id": article_id, "text": text, "language": "en"} for article_id, text in corpus.items()]
    first = lists_of(build_records, home, records)
    random.shuffle(records)  # type: ignore[attr-defined]
    assert lists_of(build_records, home, records) == first
    assert all(seed not in [other for other, _score in related] for seed, related in first.items())
    assert all(len(related) == min(5, len(corpus) - 1) for related in first.values())


def test_an_article_in_two_builds_keeps_its_neighbours(build_records: Builder, home: Path) -> None:
    records = [{"id": str(n), "text": f"{WORDS[n % 4]} {WORDS[n % 3]}", "language": "en"} for n in range(20)]
    first = lists_of(build_records, home, records)
    second = lists_of(build_records, home, [*records, {"id": "99", "text": "nothing alike", "language": "en"}])
    assert {seed: related for seed, related in second.items() if seed != "99"} == first
