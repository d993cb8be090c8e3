"""Show an evaluation: a table in the terminal, JSON, and plots."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
from rich.table import Table

from indexer.evaluate import SILAH, Evaluation
from indexer.terminal import isolated
from models import durable

_LOWER_IS_BETTER = ("hub skew", "duplicate rate", "calibration error")
_SILENT = ("cross-language share", "median days apart")
"""Neither more nor less of these is better."""


def table(evaluation: Evaluation) -> Table:
    """Return the figures as a table: a row for each measure, a column for each ranking, the best one bold."""
    left_out = f"left out, as an article is not there: {evaluation.unknown} links and pairs"
    shown = Table(
        title=isolated(f"{evaluation.dataset}: {evaluation.count} articles"),
        caption=left_out if evaluation.unknown else None,
        title_justify="left",
        caption_justify="left",
    )
    shown.add_column("measure", no_wrap=True)
    for ranking in evaluation.figures:
        shown.add_column(ranking, justify="right")
    for measure in _measures(evaluation):
        values = [figures.get(measure) for figures in evaluation.figures.values()]
        shown.add_row(measure, *_cells(measure, values))
    return shown


def save(evaluation: Evaluation, folder: Path) -> None:
    """Write ``evaluation.json`` and the plots to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "dataset": evaluation.dataset,
        "articles": evaluation.count,
        "unknown": evaluation.unknown,
        "figures": evaluation.figures,
    }
    durable.write_text(folder / "evaluation.json", orjson.dumps(content, option=orjson.OPT_INDENT_2).decode() + "\n")
    _plot_figures(evaluation, folder / "figures.png")
    if evaluation.calibration:
        _plot_calibration(evaluation, folder / "calibration.png")
    if evaluation.occurrences:
        _plot_occurrences(evaluation, folder / "occurrences.png")


def _measures(evaluation: Evaluation) -> list[str]:
    return list(dict.fromkeys(measure for figures in evaluation.figures.values() for measure in figures))


def _cells(measure: str, values: Sequence[float | None]) -> list[str]:
    known = [value for value in values if value is not None]
    best = min(known) if measure in _LOWER_IS_BETTER else max(known)
    marked = measure not in _SILENT and len(known) > 1
    return [
        "" if value is None else f"[bold]{value:.3f}[/bold]" if marked and value == best else f"{value:.3f}"
        for value in values
    ]


def _axes(title: str) -> tuple[Any, Any]:
    import matplotlib as mpl  # noqa: PLC0415 - only an evaluation draws

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, axes = plt.subplots(figsize=(9, 5), layout="constrained")
    axes.set_title(title, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _write(figure: Any, path: Path) -> None:  # noqa: ANN401 - matplotlib's Figure, imported lazily
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure.savefig(path, dpi=120)
    plt.close(figure)


def _plot_figures(evaluation: Evaluation, path: Path) -> None:
    """Draw a group of bars for each measure that lies between 0 and 1 and that several rankings have."""
    chosen = [m for m in _measures(evaluation) if m not in (*_LOWER_IS_BETTER, *_SILENT) and _shared(evaluation, m)]
    figure, axes = _axes(f"{evaluation.dataset}: higher is better")
    width = 0.8 / len(evaluation.figures)
    for place, (ranking, figures) in enumerate(evaluation.figures.items()):
        at = [group + place * width for group in range(len(chosen))]
        axes.barh(at, [figures.get(measure, 0) for measure in chosen], width, label=ranking)
    axes.set_yticks([group + 0.4 - width / 2 for group in range(len(chosen))], chosen)
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    figure.set_size_inches(9, max(3, 0.55 * len(chosen) + 1))
    _write(figure, path)


def _shared(evaluation: Evaluation, measure: str) -> bool:
    return sum(measure in figures for figures in evaluation.figures.values()) > 1


def _plot_calibration(evaluation: Evaluation, path: Path) -> None:
    figure, axes = _axes(f"{evaluation.dataset}: score of {SILAH} against people's similarity")
    scores, true, shares = zip(*evaluation.calibration, strict=True)
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1, linestyle="--")
    axes.scatter(scores, true, s=[2_000 * share for share in shares], alpha=0.6)
    axes.set(xlabel="score", ylabel="similarity to people", xlim=(0, 1), ylim=(0, 1))
    _write(figure, path)


def _plot_occurrences(evaluation: Evaluation, path: Path) -> None:
    figure, axes = _axes(f"{evaluation.dataset}: how often each article is in somebody's top ten")
    for ranking, counts in evaluation.occurrences.items():
        axes.plot([place / len(counts) for place in range(len(counts))], counts, label=ranking)
    axes.set(xlabel="share of the articles, most recommended first", ylabel="occurrences", xlim=(0, 1), ylim=(0, None))
    axes.legend(frameon=False)
    _write(figure, path)
