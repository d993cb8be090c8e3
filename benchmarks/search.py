"""What searching costs as a corpus grows: ``python -m benchmarks.search [--home HOME]``.

The articles of the snapshot served in HOME, and copies of them moved away, searched through the product's own code path
(`indexer.ann`, `models.search`, memory-mapped) and with FAISS Flat in the same run. Writes
``benchmarks/results/search.json`` and ``.png``, and the table in docs/performance.md.
"""

import argparse
import json
import platform
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import faiss
import numpy as np

from indexer.ann import build_index
from models import search
from models.manifest import IndexSpec
from models.publish import current_name, snapshots_folder
from models.search import Index, Rounded, Similarities, Vectors
from models.snapshot import DIRECTIONS_FILE

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results"
DOCUMENT = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- measured by benchmarks.search -->\n", "<!-- end of benchmarks.search -->"
SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)
QUERIES = 1_000
"""Articles that are asked about, and are not in the index."""
COSINES = (0.8, 0.9)
"""Of a copy with its article."""
SEED = 0
REPEATS = 5
ALONE, TOGETHER = 20, 500
"""Queries timed one at a time, and in one batch."""
K, CANDIDATES = 10, 100
_BLOCK = 65_536
_ROUNDING = 1e-5

Figures = dict[str, Any]


def main() -> None:
    """Measure, and write what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, default=ROOT / "var", help="its snapshot's directions are the articles")
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    arguments = parser.parse_args()
    real = np.load(snapshots_folder(arguments.home) / current_name(arguments.home) / DIRECTIONS_FILE)
    shuffled = real[np.random.default_rng(SEED).permutation(len(real))]
    queries, articles = shuffled[:QUERIES], shuffled[QUERIES:]
    sizes = []
    for count in arguments.sizes:
        with tempfile.TemporaryDirectory() as folder:
            sizes.append(measured(Path(folder), corpus(articles, count), queries))
        print(sizes[-1], flush=True)
    result = {"machine": machine(), "real articles": len(articles), "cosines of copies": COSINES, "sizes": sizes}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "search.json").write_text(json.dumps(result, indent=1) + "\n")
    draw(sizes, RESULTS / "search.png")
    write_table(sizes)


def corpus(articles: Vectors, count: int) -> Vectors:
    """Return `count` rows: the articles, then copies, each moved by what two other articles differ in.

    Such a move keeps to the axes in which real articles vary, where even noise would leave copies nearer to their
    article than to anything else. How far a copy is moved is drawn anew for each, within `COSINES`.
    """
    generator = np.random.default_rng(SEED)
    rows = np.empty((count, articles.shape[1]), np.float32)
    rows[: len(articles)] = articles[:count]
    for start in range(len(articles), count, _BLOCK):
        size = min(_BLOCK, count - start)
        own, one, other = articles[generator.integers(len(articles), size=(3, size))]
        move = one - other
        move -= (move * own).sum(axis=1, keepdims=True) * own
        move /= np.maximum(np.linalg.norm(move, axis=1, keepdims=True), 1e-6)
        cosine = generator.uniform(*COSINES, size=(size, 1)).astype(np.float32)
        rows[start : start + size] = cosine * own + np.sqrt(1 - cosine**2) * move
    return rows


def measured(folder: Path, vectors: Vectors, queries: Vectors) -> Figures:
    """Build an index, save it in `folder`, map it again, and measure what it finds and costs; times are CPU times."""
    started = time.process_time()
    built, spec = build_index(vectors)
    building = time.process_time() - started
    index, mapped, size = stored(folder, built, spec, vectors)
    exact = faiss.knn(queries, vectors, CANDIDATES, faiss.METRIC_INNER_PRODUCT)[0]
    flat = faiss.IndexFlatIP(vectors.shape[1])
    flat.add(vectors)
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    figures = {
        "articles": len(vectors),
        "index": spec.model_dump(exclude_none=True),
        "recall@10": recall(found_alone(index, mapped, queries, K), exact[:, K - 1]),
        "recall@100": recall(found_alone(index, mapped, queries, CANDIDATES), exact[:, -1]),
        "index bytes per article": round(size / len(vectors), 1),
        "build seconds": round(building, 1),
        "silah ms": timed(lambda some: search.nearest(index, mapped, some, K), queries),
        "flat ms": timed(lambda some: flat.search(some, K), queries),
        "silah ms for 100": timed(lambda some: search.nearest(index, mapped, some, CANDIDATES), queries),
    }
    faiss.omp_set_num_threads(threads)
    figures["times as fast"] = {way: round(figures["flat ms"][way] / figures["silah ms"][way], 1) for way in WAYS}
    return figures


def found_alone(index: Index | Rounded | None, mapped: Vectors, queries: Vectors, k: int) -> np.ndarray:
    """Return the similarities (m, k) of what each query finds by itself, as a service asks."""
    return np.concatenate([search.nearest(index, mapped, query[None, :], k)[1] for query in queries])


def stored(
    folder: Path, built: Index | None, spec: IndexSpec, vectors: Vectors
) -> tuple[Index | Rounded | None, Vectors, int]:
    """Return the index, or the rounded vectors, and the vectors as a snapshot's reader maps them; the first's bytes."""
    np.save(folder / "directions.npy", vectors)
    mapped = np.load(folder / "directions.npy", mmap_mode="r")
    if built is None or spec.effort is None:
        search.save_rounded(search.rounded(vectors), folder / "rounded.faiss")
        return search.load_rounded(folder / "rounded.faiss"), mapped, (folder / "rounded.faiss").stat().st_size
    search.save(built, folder / "index.faiss")
    index = search.load(folder / "index.faiss", spec.effort.probes, spec.effort.fetched)
    return index, mapped, (folder / "index.faiss").stat().st_size


def recall(found: Similarities, least: Similarities) -> float:
    """Return the share of the nearest that was found: among rows as near as the last of them, any is right."""
    return round(float(np.mean(found >= least[:, None] - _ROUNDING)), 4)


def alone(find: Callable[[Vectors], object], queries: Vectors) -> None:
    """Ask one query at a time, as a service does."""
    for place in range(ALONE):
        find(queries[place : place + 1])


def together(find: Callable[[Vectors], object], queries: Vectors) -> None:
    """Ask one batch, as a build does: FAISS Flat then multiplies matrices."""
    find(queries[:TOGETHER])


WAYS = {"alone": (alone, ALONE), "together": (together, TOGETHER)}


def timed(find: Callable[[Vectors], object], queries: Vectors) -> dict[str, float]:
    """Return the milliseconds of CPU time that a query takes, the median of `REPEATS`."""
    figures = {}
    for name, (ask, count) in WAYS.items():
        seconds = []
        for _repeat in range(REPEATS):
            started = time.process_time()
            ask(find, queries)
            seconds.append(time.process_time() - started)
        figures[name] = round(1_000 * median(seconds) / count, 4)
    return figures


def machine() -> dict[str, str]:
    """Return what the figures depend on."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return {"processor": names[0] if names else platform.processor(), "faiss": faiss.__version__}


def draw(sizes: Sequence[Figures], path: Path) -> None:
    """Draw the cost of a query, and of building an index and asking about every article, by the size of the corpus."""
    import matplotlib as mpl  # noqa: PLC0415

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    counts = np.array([size["articles"] for size in sizes])
    figure, (one, every) = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
    for name, label in (("flat", "FAISS Flat"), ("silah", "Silah")):
        for way, style in (("alone", "o-"), ("together", "s--")):
            costs = [size[f"{name} ms"][way] for size in sizes]
            one.plot(counts, costs, style, color="tab:grey" if name == "flat" else "tab:blue", label=f"{label}, {way}")
    one.set(title="one query", ylabel="ms of CPU time")
    flat = counts * [size["flat ms"]["together"] / 1_000 for size in sizes]
    silah = [size["build seconds"] + size["articles"] * size["silah ms for 100"]["together"] / 1_000 for size in sizes]
    every.plot(counts, flat, "s--", color="tab:grey", label="FAISS Flat")
    every.plot(counts, silah, "s--", color="tab:blue", label="Silah, building the index included")
    every.plot(counts, silah[-1] * counts * np.log(counts) / (counts[-1] * np.log(counts[-1])), ":", label="n log n")
    every.set(title="every article's nearest", ylabel="s of CPU time")
    for panel in (one, every):
        panel.set(xscale="log", yscale="log", xlabel="articles")
        panel.legend(frameon=False)
        panel.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110)


def write_table(sizes: Sequence[Figures]) -> None:
    """Put the table between the markers of the document."""
    before, rest = DOCUMENT.read_text(encoding="utf-8").split(BEGIN)
    DOCUMENT.write_text(f"{before}{BEGIN}{table(sizes)}{END}{rest.split(END)[1]}", encoding="utf-8")


def table(sizes: Sequence[Figures]) -> str:
    """Return a Markdown table."""
    titles = ["articles", "recall@10", "recall@100", "ms alone", "Flat", "times", "ms in a batch", "Flat", "times"]
    titles += ["bytes an article", "s to build"]
    lines = [f"| {' | '.join(titles)} |", "|" + "---:|" * len(titles)]
    for size in sizes:
        cells = [f"{size['articles']:,}", f"{size['recall@10']:.3f}", f"{size['recall@100']:.3f}"]
        for way in WAYS:
            cells += [
                f"{size['silah ms'][way]:.2f}",
                f"{size['flat ms'][way]:.2f}",
                f"{size['times as fast'][way]:.0f}",
            ]
        cells += [f"{size['index bytes per article']:.0f}", f"{size['build seconds']:.0f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
