"""How fast articles are embedded: ``python -m benchmarks.embed [--home HOME] [--data FOLDER] [--rounds N]``.

What a build embeds with, beside ``SentenceTransformer(model).encode(texts)`` as it comes, at the same limit of tokens.
Writes ``benchmarks/results/embed.json`` and the table of docs/performance.md.
"""

import argparse
import json
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
from sentence_transformers import SentenceTransformer

from benchmarks.relevance import RESULTS, ROOT
from indexer.datasets import load
from indexer.embedders import fastest
from indexer.parse import parse
from indexer.sources import read
from models import weights
from models.embedder import MAX_TOKENS, Vectors
from models.text import embedding_text

if TYPE_CHECKING:
    from collections.abc import Callable

DOCUMENT = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- measured by benchmarks.embed -->\n", "<!-- end of benchmarks.embed -->"
TEXTS = 256


def main() -> None:
    """Measure in turns, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, default=ROOT / "var")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "eval")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    prepared = weights.prepare(options.home)
    articles, _rejections = parse(read(load(options.data / "semeval8").address))
    texts = [embedding_text(article.title, article.text) for article in articles[:: len(articles) // TEXTS]][:TEXTS]
    stock = SentenceTransformer(str(prepared.folder), device="cpu", local_files_only=True)
    stock.max_seq_length = MAX_TOKENS
    ours = fastest(prepared, MAX_TOKENS)
    ways: dict[str, Callable[[], Vectors]] = {
        "stock": lambda: np.asarray(stock.encode(texts, show_progress_bar=False)),
        "silah": lambda: ours.embed(texts),
    }
    vectors = {name: embed() for name, embed in ways.items()}
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _round in range(options.rounds):
        for name, embed in ways.items():
            started = time.perf_counter()
            embed()
            rates[name].append(len(texts) / (time.perf_counter() - started))
    least = float((vectors["stock"] * vectors["silah"]).sum(axis=1).min())
    write({name: median(found) for name, found in rates.items()}, type(ours).__name__, least)


def write(rates: dict[str, float], kind: str, least_cosine: float) -> None:
    """Write the JSON and the table."""
    times = rates["silah"] / rates["stock"]
    report = {"articles_per_second": rates, "times": times, "embedder": kind, "least_cosine": least_cosine}
    (RESULTS / "embed.json").write_text(json.dumps(report, indent=1) + "\n")
    table = (
        "| embedding, all cores | articles/s |\n|---|---:|\n"
        f"| sentence-transformers as it comes | {rates['stock']:.1f} |\n"
        f"| Silah ({kind}) | {rates['silah']:.1f} ({times:.2f} times; least cosine between both {least_cosine:.6f}) |\n"
    )
    print(table)
    before, rest = DOCUMENT.read_text(encoding="utf-8").split(BEGIN)
    DOCUMENT.write_text(f"{before}{BEGIN}{table}{END}{rest.split(END)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main()
