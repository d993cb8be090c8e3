"""A page about a snapshot, for those who run the site: one HTML file that needs nothing else.

What it shows is gathered in `indexer.report_sections`.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import jinja2

from indexer import report_clicks
from indexer.report_sections import direction_of, gather, href_of, title_of
from models import durable
from models.events import Count, Place
from models.snapshot import Snapshot

_HALF_A_PERCENT = 0.005


class ReportError(Exception):
    """The page cannot be written; the message is one line that says why."""


def write(snapshot: Snapshot, counts: Mapping[Place, Count], out: Path) -> None:
    """Write the page about `snapshot`, and the `counts` of events, to the file `out`. Raises ReportError."""
    page = render(snapshot, counts)
    try:
        durable.write_text(out, page)
    except OSError as error:
        message = f"{out} cannot be written: {error.strerror}"
        raise ReportError(message) from error


def render(snapshot: Snapshot, counts: Mapping[Place, Count]) -> str:
    """Return the page about `snapshot` and the `counts` of events."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("indexer"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        title=title_of, href=href_of, direction=direction_of, number="{:,}".format, share=_share, date=_date
    )
    return environment.get_template("report.html").render(gather(snapshot) | report_clicks.gather(counts)).lstrip()


def _date(moment: datetime) -> str:
    return moment.date().isoformat()


def _share(value: float) -> str:
    """Return a percentage that is never 0 or 100 by rounding only."""
    if 0 < value < _HALF_A_PERCENT:
        return "<1%"
    if 1 - _HALF_A_PERCENT <= value < 1:
        return ">99%"
    return f"{value:.0%}"
