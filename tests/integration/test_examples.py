"""What an editor of the example site would expect to see, with the real model."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from models.publish import open_current
from models.related import about_rows
from models.snapshot import Snapshot
from service.ranking import rank
from service.schemas import Options
from service.view import View
from tests.conftest import ROOT

STORIES: dict[str, Any] = json.loads((ROOT / "examples" / "stories.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def example(example_home: Path) -> Snapshot:
    return open_current(example_home)


def related(example: Snapshot, article_id: str, **options: Any) -> list[str]:
    row = example.cards.row_of(article_id)
    assert row is not None
    ranked = rank(View(example), about_rows(example, [row]), Options(**options))
    return [card.id for card in example.cards.at(ranked.rows)]


def test_the_same_story_in_other_languages_is_in_the_top_three(example: Snapshot) -> None:
    found = wanted = 0
    for story in STORIES["cross_language"]:
        for article_id in story["ids"]:
            others = set(story["ids"]) - {article_id}
            found += len(others & set(related(example, article_id, k=3, near_duplicates="show")))
            wanted += min(len(others), 3)
    assert found / wanted >= 0.9


def test_the_other_articles_of_a_story_are_found(example: Snapshot) -> None:
    found = wanted = 0
    for story in STORIES["clusters"]:
        for article_id in story["ids"]:
            others = set(story["ids"]) - {article_id}
            found += len(others & set(related(example, article_id, k=5, language="same", near_duplicates="show")))
            wanted += len(others)
    assert found / wanted >= 0.9


def test_planted_near_duplicates_never_appear_together(example: Snapshot) -> None:
    for card in example.cards.all():
        shown = {card.id, *related(example, card.id, k=20)}
        assert not [pair for pair in STORIES["near_duplicates"] if set(pair) <= shown], card.id


def test_nothing_else_is_taken_for_a_near_duplicate(example: Snapshot) -> None:
    groups = {card.id: int(group) for card, group in zip(example.cards.all(), example.columns.group, strict=True)}
    pairs = {pair for pair in itertools.combinations(sorted(groups), 2) if groups[pair[0]] == groups[pair[1]]}
    assert pairs == {tuple(sorted(pair)) for pair in STORIES["near_duplicates"]}


def test_a_title_alone_is_enough_to_find_something(example: Snapshot) -> None:
    for article_id in STORIES["title_only"]:
        assert len(related(example, article_id)) == 5
