"""``silah-index``: build, look at and manage snapshots."""

import logging
import os
import sqlite3
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Column, Table

from indexer import build as building
from indexer import evaluate as evaluating
from indexer import evaluation_report
from indexer import report as reporting
from indexer.build_report import BuildReport, write_metrics
from indexer.datasets import load
from indexer.embedders import fastest
from indexer.parse import Rejections
from indexer.sources import SourceError
from indexer.sources.kept import KeptRecords
from indexer.terminal import isolated, progress_bar, related_table
from models import events, publish, weights
from models.embedder import MAX_TOKENS
from models.manifest import SnapshotError, verify_files
from models.related import related_to_row
from models.weights import Weights, WeightsError

app = typer.Typer(
    name="silah-index", help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
console = Console(markup=False, highlight=False, emoji=False)
messages = Console(stderr=True, markup=False, highlight=False, emoji=False)

Home = Annotated[Path, typer.Option("--home", envvar="SILAH_HOME", help="The folder that holds all state.")]
DEFAULT_HOME = Path("var")
_NAME_WIDTH = len("20260806T030000Z-1a2b3c4d")


@app.command()
def prepare(
    home: Home = DEFAULT_HOME,
    model: Annotated[str | None, typer.Option(help="A sentence-transformers folder or hub name.")] = None,
) -> None:
    """Prepare the embedding model (build does it too when it is missing)."""
    prepared = _prepare(home, model)
    console.print(f"{prepared.name} {prepared.revision} in {prepared.folder}", soft_wrap=True)


@app.command()
def build(
    source: Annotated[str, typer.Argument(help="What to read: a file, or an address (docs/sources.md).")],
    home: Home = DEFAULT_HOME,
    model: Annotated[str | None, typer.Option(help="A sentence-transformers folder or hub name.")] = None,
    max_tokens: Annotated[int, typer.Option(min=8, max=8192, help="How much of an article is embedded.")] = MAX_TOKENS,
    full: Annotated[bool, typer.Option("--full", help="Fetch and embed every article anew.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change; publish nothing.")] = False,
    metrics_file: Annotated[Path | None, typer.Option(help="Write Prometheus gauges to this .prom file.")] = None,
) -> None:
    """Read articles, embed those that are new or changed, and publish a new snapshot.

    Exit codes: 0 published, 1 nothing was published, 75 another build is running.
    """
    embedder = fastest(_prepare(home, model), max_tokens)
    if dry_run:
        kept = None if full else KeptRecords(home, source, lasting=False)
        planned = building.plan(home, source, embedder.spec, kept, full=full)
        _show_rejections(planned.rejections)
        console.print(planned.summary(), soft_wrap=True)
        return
    with progress_bar(messages) as progress:
        report = building.build(home, source, embedder, progress, full=full)
    if metrics_file is not None:
        _write_metrics(metrics_file, report)
    _show_rejections(report)
    console.print(report.summary(), soft_wrap=True)


@app.command("list")
def list_snapshots(home: Home = DEFAULT_HOME) -> None:
    """List the snapshots, newest first; the one served is marked."""
    served = publish.current_name(home)
    table = Table("", Column("snapshot", no_wrap=True, min_width=_NAME_WIDTH), "articles", "model", "source")
    for name in publish.names(home):
        try:
            manifest = publish.describe(home, name)
        except SnapshotError as error:
            table.add_row("", name, "", "", isolated(str(error)))
            continue
        mark = "served" if name == served else ""
        table.add_row(mark, name, str(manifest.count), manifest.embedder.name, isolated(manifest.source))
    console.print(table)


@app.command()
def verify(
    name: Annotated[str | None, typer.Argument(help="A snapshot; the one served when left out.")] = None,
    home: Home = DEFAULT_HOME,
) -> None:
    """Check every file of a snapshot, and the model that it was made with."""
    snapshot = publish.open_named(home, name or publish.current_name(home))
    verify_files(publish.snapshots_folder(home) / snapshot.name, snapshot.manifest, trusting=False)
    found = weights.find(home, snapshot.manifest.embedder.sha256)
    if found is not None:
        weights.verify(found)
    model = "its model is whole" if found is not None else "its model is not prepared here"
    console.print(f"{snapshot.name}: {snapshot.manifest.count} articles, whole; {model}", soft_wrap=True)


@app.command()
def rollback(
    name: Annotated[str | None, typer.Argument(help="A snapshot; the one before the one served when left out.")] = None,
    home: Home = DEFAULT_HOME,
) -> None:
    """Serve an older snapshot."""
    console.print(f"now served: {publish.roll_back(home, name)}", soft_wrap=True)


@app.command()
def prune(
    keep: Annotated[int, typer.Option(min=1, help="How many snapshots to keep.")] = publish.KEPT,
    home: Home = DEFAULT_HOME,
) -> None:
    """Delete the oldest snapshots, never the one served."""
    deleted = publish.prune(home, keep)
    console.print(f"deleted: {', '.join(deleted) or 'none'}", soft_wrap=True)


@app.command()
def related(
    article_id: Annotated[str, typer.Argument(metavar="ID", help="The id of an article.")],
    k: Annotated[int, typer.Option(min=1, max=50, help="How many related articles to show.")] = 5,
    home: Home = DEFAULT_HOME,
) -> None:
    """Show what the snapshot holds as most similar: near-duplicates too, without live changes, pins and blocks."""
    snapshot = publish.open_current(home)
    row = snapshot.cards.row_of(article_id)
    if row is None:
        message = f"snapshot {snapshot.name} holds no article with the id {article_id!r}"
        raise SnapshotError(message)
    (seed,) = snapshot.cards.at([row])
    console.print(related_table(seed, related_to_row(snapshot, row, k)))


@app.command()
def report(
    out: Annotated[Path, typer.Option(help="The file to write.")] = Path("report.html"), home: Home = DEFAULT_HOME
) -> None:
    """Write a page about the snapshot that is served: one HTML file that needs nothing else."""
    try:
        counts = events.load(home)
    except sqlite3.Error as error:
        message = f"{home / events.FILE} cannot be read: {error}"
        raise reporting.ReportError(message) from error
    reporting.write(publish.open_current(home), counts, out)
    console.print(str(out), soft_wrap=True)


@app.command()
def evaluate(
    datasets: Annotated[list[Path], typer.Argument(help="Folders (docs/evaluation.md), or files of articles.")],
    home: Home = DEFAULT_HOME,
    model: Annotated[str | None, typer.Option(help="A sentence-transformers folder or hub name.")] = None,
    max_tokens: Annotated[int, typer.Option(min=8, max=8192, help="How much of an article is embedded.")] = MAX_TOKENS,
    distractors: Annotated[str, typer.Option(help="A source of articles that nothing is known of, to add.")] = "",
    out: Annotated[Path | None, typer.Option(help="Where JSON and plots go; below the home when left out.")] = None,
) -> None:
    """Measure the related articles against what is known of a dataset, beside TF-IDF, BM25 and dense rankings."""
    embedder = fastest(_prepare(home, model), max_tokens)
    for path in datasets:
        dataset = load(path)
        name = f"{dataset.name}-with-distractors" if distractors else dataset.name
        work = home / "evaluations" / name
        with progress_bar(messages) as progress:
            evaluation = evaluating.evaluate(dataset, work, embedder, progress, distractors)
        evaluation_report.save(evaluation, out / name if out else work)
        Console().print(evaluation_report.table(evaluation))


def main() -> None:
    """Run the command line; a known error is one line and exit code 1."""
    # These libraries draw bars and print notes of their own, which say nothing to an operator.
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    for noisy in ("sentence_transformers", "transformers", "httpx", "trafilatura"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    try:
        app()
    except (building.BuildError, reporting.ReportError, SourceError, SnapshotError, WeightsError, OSError) as error:
        # An OSError that nothing turned into one of the others names a file of the home: it may not be written, say.
        _fail(error)
    except ModuleNotFoundError as error:
        _fail(f"this needs the Python package {error.name}: pip install 'silah[index,evaluate]'")


def _prepare(home: Path, model: str | None) -> Weights:
    with progress_bar(messages) as progress:
        return weights.prepare(home, model, progress)


def _write_metrics(path: Path, report: BuildReport) -> None:
    """Write the gauges. The snapshot is published by now: what cannot be written is said, and fails nothing."""
    try:
        write_metrics(path, report)
    except OSError as error:
        messages.print(f"{path} cannot be written: {error.strerror}", soft_wrap=True)


def _show_rejections(found: Rejections | BuildReport) -> None:
    for fate, reasons in (("rejected", found.rejected), ("kept without the field", found.repaired)):
        for reason, count in reasons.items():
            example = found.examples[reason][0]
            messages.print(
                f"{fate}: {count} x ", isolated(reason), ", e.g. ", isolated(example), sep="", soft_wrap=True
            )


def _fail(error: Exception | str) -> NoReturn:
    messages.print("error: ", isolated(str(error)), sep="", soft_wrap=True)
    sys.exit(os.EX_TEMPFAIL if isinstance(error, building.AlreadyBuildingError) else 1)
