"""What `silah-index evaluate` measures against: articles, and whatever is known of which belong together.

A dataset is a folder with ``articles.jsonl`` (or ``.jsonl.gz``), or such a file alone. What is known is found by what
is there: ``qrels.jsonl`` (relevant articles of a query: people's grades, or an editor's links), ``pairs.jsonl`` (how
similar people find two articles), and the fields ``story``, ``event`` and ``category`` of the articles. See
docs/evaluation.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from indexer import sources
from indexer.sources import COMPRESSED, SourceError, Unreadable
from models.article import Record

LABELS = ("story", "event", "category")
ARTICLES, QRELS, PAIRS = "articles.jsonl", "qrels.jsonl", "pairs.jsonl"


@dataclass(frozen=True)
class Dataset:
    """Articles, by their address, and what is known of them."""

    name: str
    address: str
    queries: dict[str, dict[str, float]] = field(default_factory=dict)
    """The grades, above 0, of relevant articles by the query's id."""
    pairs: list[tuple[str, str, float]] = field(default_factory=list)
    """Two ids and their similarity to people, 0..1."""
    labels: dict[str, dict[str, str]] = field(default_factory=dict)
    """For each of `LABELS` that the articles have: the label by id."""


class _Line(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True)


class _Links(_Line):
    query: str
    relevant: dict[str, float] | list[str]

    def grades(self) -> dict[str, float]:
        """Return the grades; a plain list of ids, as an editor makes it, means grade 1 each. None is of itself."""
        relevant = self.relevant if isinstance(self.relevant, dict) else dict.fromkeys(self.relevant, 1.0)
        return {name: grade for name, grade in relevant.items() if grade > 0 and name != self.query}


class _Pair(_Line):
    id1: str
    id2: str
    similarity: float = Field(ge=0, le=1)


_AnyLine = TypeVar("_AnyLine", bound=_Line)


def load(path: Path) -> Dataset:
    """Return the dataset at `path`. Raises SourceError when there is none, or a line of its truth cannot be used."""
    if not path.is_dir():
        return Dataset(_name(path), str(path), labels=_labels(str(path)))
    address = _file(path, ARTICLES) or str(path / ARTICLES)
    pairs = [(pair.id1, pair.id2, pair.similarity) for pair in _lines(_file(path, PAIRS), _Pair)]
    return Dataset(_name(path), address, _queries(_file(path, QRELS)), pairs, _labels(address))


def with_distractors(dataset: Dataset, distractors: str, path: Path) -> Dataset:
    """Return `dataset` with the articles of the source `distractors` added; writes all articles to `path`.

    Nothing is known of those that are added, and none takes the id of an article of the dataset.
    """
    articles = list(_records(dataset.address))
    taken = {str(record.get("id")) for record in articles}
    more = (record for record in _records(distractors) if str(record.get("id")) not in taken)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.writelines(orjson.dumps(record) + b"\n" for record in chain(articles, more))
    return replace(dataset, address=str(path))


def _name(path: Path) -> str:
    """Return the name of the folder, or of the file without its endings."""
    path = path.resolve()
    if path.is_dir():
        return path.name
    return (path.with_suffix("") if path.suffix in COMPRESSED else path).stem


def _file(folder: Path, name: str) -> str | None:
    """Return the address of a file that may be compressed."""
    found = [folder / f"{name}{ending}" for ending in ("", *COMPRESSED)]
    return next((str(path) for path in found if path.exists()), None)


def _records(address: str) -> Iterator[Record]:
    return (record for record in sources.read(address) if isinstance(record, dict))


def _labels(address: str) -> dict[str, dict[str, str]]:
    labels: dict[str, dict[str, str]] = {}
    for record in _records(address):
        for name in LABELS:
            if record.get(name):
                labels.setdefault(name, {})[str(record.get("id"))] = str(record[name])
    return labels


def _queries(address: str | None) -> dict[str, dict[str, float]]:
    """Return the grades by query; several lines of one query count together."""
    queries: dict[str, dict[str, float]] = {}
    for links in _lines(address, _Links):
        for name, grade in links.grades().items():
            grades = queries.setdefault(links.query, {})
            grades[name] = max(grade, grades.get(name, 0.0))
    return queries


def _lines(address: str | None, kind: type[_AnyLine]) -> Iterator[_AnyLine]:
    """Yield the lines of a file of truth. A wrong one ends the evaluation: figures without it would say less."""
    for number, record in enumerate(sources.read(address) if address else (), start=1):
        if isinstance(record, Unreadable):
            message = f"{address}: {record.place}: {record.reason}"
            raise SourceError(message)
        try:
            yield kind.model_validate(record)
        except ValidationError as error:
            first = error.errors()[0]
            message = f"{address}: record {number}: {first['loc'][0]}: {first['msg']}"
            raise SourceError(message) from error
