"""What the indexer shows in a terminal: progress, tables, titles in either direction."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from models.article import Card
from models.text import one_line

_FIRST_STRONG_ISOLATE, _POP_ISOLATE = "\u2068", "\u2069"
_LOG_STEPS = 10


def isolated(untrusted: str) -> Text:
    """Return text from an article, on one line, that can change neither the direction nor the colours around it."""
    return Text(f"{_FIRST_STRONG_ISOLATE}{one_line(untrusted)}{_POP_ISOLATE}")


def related_table(seed: Card, related: list[tuple[Card, float]]) -> Table:
    """Return the related articles of `seed` as a table: score, id, language, title."""
    table = Table(title=isolated(seed.title or seed.id), title_justify="left")
    table.add_column("score", justify="right")
    table.add_column("id", no_wrap=True)
    table.add_column("language")
    table.add_column("title", ratio=1)
    for card, score in related:
        table.add_row(f"{score:.3f}", isolated(card.id), card.language, isolated(card.title))
    return table


@contextmanager
def progress_bar(console: Console) -> Iterator[Callable[[str, int, int], None]]:
    """Yield a function of (what, done, total) that draws a bar on a terminal and prints plain lines elsewhere."""
    if not console.is_terminal:
        yield _plain_lines()
        return
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console) as bars:
        task = bars.add_task("", total=None)
        yield lambda what, done, total: bars.update(task, description=what, completed=done, total=total)


def _plain_lines() -> Callable[[str, int, int], None]:
    """Return a function that prints a line for each new stage and each tenth of it."""
    last: tuple[str, int] | None = None

    def show(what: str, done: int, total: int) -> None:
        nonlocal last
        step = (what, _LOG_STEPS * done // total if total else _LOG_STEPS)
        if step != last:
            last = step
            print(f"{what}: {done}/{total}", file=sys.stderr, flush=True)  # noqa: T201 - this is the terminal's module

    return show
