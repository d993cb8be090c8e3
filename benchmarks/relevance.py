"""What each part of the relevance recipe adds: ``python -m benchmarks.relevance [--data FOLDER] [--home HOME]``.

Each row switches one part off, or changes one number, and measures all datasets again; the baselines stand below, from
the same run. Writes ``benchmarks/results/relevance.json`` and ``.png``, and the tables in docs/relevance.md.
"""

import argparse
import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from unittest import mock

import numpy as np

from indexer.baselines import baselines
from indexer.build import build
from indexer.datasets import Dataset, load
from indexer.embedders import fastest
from indexer.evaluate import SILAH, measure, silah
from indexer.parse import parse
from indexer.sources import read
from models import counts, geometry, terms, tokens, weights
from models.embedder import MAX_TOKENS, Embedder
from models.publish import open_current

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results"
DOCUMENT = ROOT / "docs" / "relevance.md"
BEGIN, END = "<!-- measured by benchmarks.relevance -->\n", "<!-- end -->"
DATASETS = ("semeval8", "ntrex", "ecbplus", "hespress")
MEASURES = {
    "same": ("semeval8", "nDCG@10 same"),
    "any": ("semeval8", "nDCG@10 any"),
    "people": ("semeval8", "Pearson"),
    "NTREX": ("ntrex", "same story in top 3"),
    "ECB+": ("ecbplus", "MAP same event"),
    "section": ("hespress", "same section@10"),
    "skew": ("hespress", "hub skew"),
}
_INFINITE = 2**31 - 1
"""More than any count; sparse positions have 32 bits."""

Change = tuple[ModuleType, str, float | str]
PARTS: dict[str, list[Change]] = {
    "as shipped": [],
    "no lexical channel": [(geometry, "WEIGHT", 0)],
    "no language centring": [(geometry, "PRIOR_ARTICLES", _INFINITE)],
    "no shaping by the corpus": [(geometry, "POWER", 0)],
    "no hub correction": [(geometry, "HUB", 0)],
    "nothing imputed across languages": [(geometry, "IMPUTED_SLOPE", 0)],
    "no title weight": [(counts, "TITLE_WEIGHT", 0), (counts, "VERSION", "no title weight")],
    "whole words": [(tokens, "PREFIX", 1_000), (counts, "VERSION", "whole words")],
    "terms of one article count fully": [(terms, "FEWEST", 1)],
    "64 terms an article": [(terms, "LIMIT", 64)],
    "all terms of an article": [(terms, "LIMIT", _INFINITE)],
    "lexical weight 1": [(geometry, "WEIGHT", 1.0)],
    "lexical weight 2.5": [(geometry, "WEIGHT", 2.5)],
}

Figures = dict[str, float]


def main() -> None:
    """Measure, and write what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "eval", help="the folder of the datasets")
    parser.add_argument("--home", type=Path, default=ROOT / "var", help="where models and snapshots are kept")
    arguments = parser.parse_args()
    embedder = fastest(weights.prepare(arguments.home), MAX_TOKENS)
    datasets = [load(arguments.data / name) for name in DATASETS]
    parts = {}
    for name, changes in PARTS.items():
        with changed(changes):
            parts[name] = measured(datasets, arguments.home, embedder)
        print(name, parts[name], flush=True)
    others = measured_baselines(datasets, arguments.home)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "relevance.json").write_text(json.dumps({"parts": parts, "baselines": others}, indent=1) + "\n")
    draw(parts, others, RESULTS / "relevance.png")
    write_tables(parts, others)


@contextlib.contextmanager
def changed(changes: list[Change]) -> Iterator[None]:
    """Replace constants of the product for as long as the block runs."""
    with contextlib.ExitStack() as stack:
        for module, name, value in changes:
            stack.enter_context(mock.patch.object(module, name, value))
        yield


def measured(datasets: list[Dataset], home: Path, embedder: Embedder) -> Figures:
    """Return Silah's figures, by `MEASURES`; vectors are embedded once and reused."""
    found = {}
    for dataset in datasets:
        folder = home / "evaluations" / dataset.name
        build(folder, dataset.address, embedder, lambda _what, _done, _total: None)
        snapshot = open_current(folder)
        evaluation = measure(dataset, snapshot, {SILAH: silah(snapshot)}, lambda _what, _done, _total: None)
        found[dataset.name] = evaluation.figures[SILAH]
    return picked(found)


def measured_baselines(datasets: list[Dataset], home: Path) -> dict[str, Figures]:
    """Return the figures of the other rankings over the same articles and vectors."""
    found: dict[str, dict[str, Figures]] = {}
    for dataset in datasets:
        snapshot = open_current(home / "evaluations" / dataset.name)
        articles, _rejections = parse(read(dataset.address))
        codes = np.asarray(snapshot.columns.language, np.int64)
        others = baselines(articles, np.asarray(snapshot.vectors), codes)
        rankers = {SILAH: silah(snapshot), **others}
        evaluation = measure(dataset, snapshot, rankers, lambda _what, _done, _total: None)
        for name in others:
            found.setdefault(name, {})[dataset.name] = evaluation.figures[name]
    return {name: picked(by_dataset) for name, by_dataset in found.items()}


def picked(found: Mapping[str, Figures]) -> Figures:
    """Return the figures of `MEASURES`, rounded as they are shown."""
    return {short: round(found[dataset][measure_name], 4) for short, (dataset, measure_name) in MEASURES.items()}


def draw(parts: Mapping[str, Figures], others: Mapping[str, Figures], path: Path) -> None:
    """Draw a panel for each measure, a bar for each row of the table."""
    import matplotlib as mpl  # noqa: PLC0415

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    rows = {**parts, **others}
    figure, panels = plt.subplots(
        1, len(MEASURES), figsize=(16, 0.35 * len(rows) + 1), sharey=True, layout="constrained"
    )
    colours = ["tab:blue" if name in parts else "tab:grey" for name in rows]
    for panel, short in zip(panels, MEASURES, strict=True):
        values = [figures[short] for figures in rows.values()]
        panel.barh(list(rows), values, color=colours)
        panel.set_title(short)
        panel.set_xlim(min(0.0 if short in {"skew", "NTREX", "people"} else 0.75, *values), None)
        panel.spines[["top", "right"]].set_visible(False)
    panels[0].invert_yaxis()
    figure.savefig(path, dpi=110)


def write_tables(parts: Mapping[str, Figures], others: Mapping[str, Figures]) -> None:
    """Put the tables between the markers of the document."""
    text = DOCUMENT.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    DOCUMENT.write_text(f"{before}{BEGIN}{table('Silah', parts)}\n{table('other rankings', others)}{END}{after}")


def table(title: str, rows: Mapping[str, Figures]) -> str:
    """Return a Markdown table."""
    lines = [f"| {title} | {' | '.join(MEASURES)} |", f"|---|{'---:|' * len(MEASURES)}"]
    lines += [
        f"| {name} | {' | '.join(f'{figures[short]:.3f}' for short in MEASURES)} |" for name, figures in rows.items()
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
