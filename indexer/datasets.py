"""What `silah-index evaluate` measures against: articles, and whatever is known of which belong together.

A dataset is a folder with ``articles.jsonl`` (or ``.jsonl.gz``), or such a file alone. What is known is found by what
is there: ``qrels.jsonl`` (relevant articles of a query: people's grades, or an editor's links), ``pairs.jsonl`` (how
similar people find two articles), and the fields ``story``, ``event`` and ``category`` of the articles. See
docs/evaluation.md.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from indexer import sources
from indexer.sources import SourceError

LABELS = ("story", "event", "category")
ARTICLES, QRELS, PAIRS = "articles.jsonl", "qrels.jsonl", "pairs.jsonl"


@dataclass(frozen=True)
class Dataset:
    """Articles, by their address, and what is known of them."""

    name: str
    address: str
    queries: dict[str, dict[str, float]] = field(default_factory=dict)
    """The grades of relevant articles by the query's id."""
    pairs: list[tuple[str, str, float]] = field(default_factory=list)
    """Two ids and their similarity to people, 0..1."""
    labels: dict[str, dict[str, str]] = field(default_factory=dict)
    """For each of `LABELS` that the articles have: the label by id."""


def load(path: Path) -> Dataset:
    """Return the dataset at `path`. Raises SourceError when there is none."""
    folder = path if path.is_dir() else path.parent
    address = str(next(iter(sorted(path.glob(f"{ARTICLES}*"))), path / ARTICLES) if path.is_dir() else path)
    labels: dict[str, dict[str, str]] = {}
    for record in sources.read(address):
        if isinstance(record, dict):
            for name in LABELS:
                if record.get(name):
                    labels.setdefault(name, {})[str(record.get("id"))] = str(record[name])
    whole = path.is_dir()
    return Dataset(
        path.name.split(".")[0],
        address,
        dict(_query(line) for line in _lines(folder / QRELS)) if whole else {},
        [(str(line["id1"]), str(line["id2"]), float(line["similarity"])) for line in _lines(folder / PAIRS)]
        if whole
        else [],
        labels,
    )


def _lines(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    try:
        return [orjson.loads(line) for line in path.read_bytes().splitlines() if line.strip()]
    except orjson.JSONDecodeError as error:
        message = f"{path}: not valid JSON Lines ({error})"
        raise SourceError(message) from error


def _query(line: dict[str, Any]) -> tuple[str, dict[str, float]]:
    """Return a query and its grades; a plain list of ids, as an editor makes it, means grade 1 each."""
    relevant = line["relevant"]
    grades = relevant if isinstance(relevant, dict) else dict.fromkeys(relevant, 1.0)
    return str(line["query"]), {str(name): float(grade) for name, grade in grades.items()}
