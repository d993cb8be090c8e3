"""What the size of a language does to its scores: ``python -m benchmarks.small_languages``.

Each language of SemEval-2022 task 8 in turn is cut down to the articles of as many pairs as the smallest one has, as
many of them related; the similarities and the recall at .5 of these pairs are compared with those in the whole corpus.
And how far apart the recalls of the languages are by chance alone, with so few pairs. Writes
``benchmarks/results/small_languages.json``.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.relevance import RESULTS, ROOT, changed
from indexer.build import build
from indexer.datasets import Dataset, load
from indexer.embedders import fastest
from indexer.neighbours import relate
from indexer.parse import parse
from indexer.sources import read
from indexer.space import build_space, count_terms
from models import geometry, space, terms, weights
from models.article import Article
from models.columns import UNDATED
from models.embedder import MAX_TOKENS, Vectors
from models.publish import open_current

DATASET = "semeval8"
DRAWS = 12
"""Times each language is cut down, to other pairs each time."""
SAMPLES = 20_000
RELATED = 0.5
WIDE = 0.15
"""A gap of recall that would call for an explanation."""

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Corpus:
    """Articles with their vectors, and the pairs that people compared."""

    articles: Sequence[Article]
    vectors: Vectors
    pairs: Places
    """(p, 2): positions in `articles`."""
    true: Floats
    """(p,)"""

    @property
    def languages(self) -> npt.NDArray[np.str_]:
        """The pairs' languages, (p,)."""
        return np.array([self.articles[one].language for one in self.pairs[:, 0]])


def main() -> None:
    """Measure, print, and write what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "eval", help="the folder of the datasets")
    parser.add_argument("--home", type=Path, default=ROOT / "var", help="where models and snapshots are kept")
    arguments = parser.parse_args()
    corpus = corpus_of(load(arguments.data / DATASET), arguments.home)
    found: dict[str, object] = {}
    for fewest in (1, terms.FEWEST):
        with changed([(terms, "FEWEST", fewest)]):
            found[f"FEWEST {fewest}"] = cut_down(corpus)
    found["recall by chance"] = chance(corpus, similarities(corpus, corpus.pairs, np.arange(len(corpus.articles))))
    text = json.dumps(found, indent=1)
    print(text)
    (RESULTS / "small_languages.json").write_text(text + "\n")


def corpus_of(dataset: Dataset, home: Path) -> Corpus:
    """Return the articles of `dataset`; vectors are embedded once and reused."""
    folder = home / "evaluations" / dataset.name
    build(folder, dataset.address, fastest(weights.prepare(home), MAX_TOKENS), lambda _what, _done, _total: None)
    snapshot = open_current(folder)
    by_id = {article.id: article for article in parse(read(dataset.address))[0]}
    articles = [by_id[card.id] for card in snapshot.cards.all()]
    place = {article.id: number for number, article in enumerate(articles)}
    pairs = np.array([(place[one], place[other]) for one, other, _true in dataset.pairs])
    return Corpus(
        articles, np.asarray(snapshot.vectors), pairs, np.array([true for _one, _other, true in dataset.pairs])
    )


def similarities(corpus: Corpus, pairs: Places, kept: Places) -> Floats:
    """Return the similarities of `pairs` (p, 2) in a corpus of the articles at `kept`, ascending, alone."""
    articles = [corpus.articles[place] for place in kept]
    fitted = build_space(articles, count_terms(articles), corpus.vectors[kept])
    related = relate(fitted, np.full(len(kept), UNDATED), lambda _done, _total: None)
    densities, rows = related.neighbours.densities, np.searchsorted(kept, pairs)
    seeds = [(space.at_rows(related.space, row[:1]), row) for row in rows]
    found = [space.compare(related.space, seed, row[1:], densities, densities[row[:1]]) for seed, row in seeds]
    return np.concatenate(found)[:, 0].astype(np.float64)


def cut_down(corpus: Corpus) -> dict[str, dict[str, float]]:
    """Return by language what its pairs lose in a corpus in which it is small, on average."""
    every = np.array([article.language for article in corpus.articles])
    names, counts = np.unique(corpus.languages, return_counts=True)
    smallest = corpus.true[corpus.languages == names[counts.argmin()]] >= RELATED
    whole = similarities(corpus, corpus.pairs, np.arange(len(every)))
    generator = np.random.default_rng(0)
    found = {}
    for name in np.delete(names, counts.argmin()):
        draws = [drawn(corpus, str(name), smallest, generator) for _draw in range(DRAWS)]
        kept = [np.union1d(np.flatnonzero(every != name), corpus.pairs[chosen]) for chosen in draws]
        small = [similarities(corpus, corpus.pairs[each], rows) for each, rows in zip(draws, kept, strict=True)]
        chosen = np.concatenate(draws)
        found[str(name)] = lost(whole[chosen], np.concatenate(small), corpus.true[chosen] >= RELATED)
    return found


def drawn(corpus: Corpus, language: str, like: npt.NDArray[np.bool_], generator: np.random.Generator) -> Places:
    """Return as many pairs of the language, and as many related ones, as there are in `like`."""
    own, related = corpus.languages == language, corpus.true >= RELATED
    parts = [
        generator.choice(np.flatnonzero(own & (related == kind)), np.count_nonzero(like == kind), replace=False)
        for kind in (True, False)
    ]
    return np.concatenate(parts)


def lost(whole: Floats, small: Floats, related: npt.NDArray[np.bool_]) -> dict[str, float]:
    """Compare the similarities of the same pairs in the whole corpus and in the small one."""
    return {
        "similarity lost, related": round(float((whole - small)[related].mean()), 3),
        "similarity lost, others": round(float((whole - small)[~related].mean()), 3),
        "recall, whole": round(float(_said(whole)[related].mean()), 3),
        "recall, small": round(float(_said(small)[related].mean()), 3),
    }


def chance(corpus: Corpus, found: Floats) -> dict[str, float]:
    """Return how far apart the recalls are, and how far they would be if only chance told the languages apart."""
    related = corpus.true >= RELATED
    hits = [_said(found)[related & (corpus.languages == name)] for name in np.unique(corpus.languages)]
    generator = np.random.default_rng(0)
    alike = float(np.concatenate(hits).mean())
    equal = np.ptp([generator.binomial(len(own), alike, SAMPLES) / len(own) for own in hits], axis=0)
    again = np.ptp([generator.binomial(len(own), own.mean(), SAMPLES) / len(own) for own in hits], axis=0)
    low, high = np.quantile(again, [0.025, 0.975])
    return {
        "gap": round(float(np.ptp([own.mean() for own in hits])), 3),
        "gap, 2.5 %": round(float(low), 3),
        "gap, 97.5 %": round(float(high), 3),
        "languages alike: gap, median": round(float(np.median(equal)), 3),
        "languages alike: gap below .15": round(float((equal < WIDE).mean()), 3),
    }


def _said(found: Floats) -> npt.NDArray[np.bool_]:
    return np.asarray(geometry.score(found.astype(np.float32)) >= RELATED)


if __name__ == "__main__":
    main()
