"""``POST /v1/events``: what readers saw and clicked, for sites that switch it on. Counted in memory, then on disk."""

import logging
import sqlite3
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, Self

from apiflask import APIBlueprint
from flask import current_app
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from models import events
from models.events import Count, Place
from service import answers, examples
from service.errors import ForbiddenError
from service.schemas import MAX_K

log = logging.getLogger(__name__)

blueprint = APIBlueprint("events", __name__, url_prefix="/v1", tag="events")

WRITE_SECONDS = 1.0
_ONE = {"impression": Count(impressions=1), "click": Count(clicks=1)}


class EventItem(BaseModel):
    """An article of the list."""

    model_config = ConfigDict(extra="forbid")

    id: str
    position: int = Field(ge=1, le=MAX_K, description="Where it stood in the list, from 1.")


class Event(BaseModel):
    """A list came into a reader's sight, or an article of it was clicked."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["impression", "click"]
    recommendation_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")] = Field(
        description="The one that came with the list."
    )
    seed: str = Field(description="The id of the article on whose page the list stood.")
    items: list[EventItem] = Field(
        min_length=1, max_length=MAX_K, description="All that was shown, or the one clicked."
    )

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        if self.type == "click" and len(self.items) > 1:
            message = "a click is on one item"
            raise ValueError(message)
        if len({item.position for item in self.items}) < len(self.items):
            message = "two items have one position"
            raise ValueError(message)
        return self


class Tally:
    """Counts of this process that are not yet written."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._counts: dict[Place, Count] = {}
        self._problem = ""

    def add(self, places: Iterable[Place], one: Count) -> None:
        """Count `one` at each of `places`."""
        with self._lock:
            for place in places:
                self._counts[place] = self._counts.get(place, Count()) + one

    def write(self) -> None:
        """Write what was counted; what cannot be written stays for the next time."""
        with self._lock:
            counts, self._counts = self._counts, {}
        if not counts:
            return
        try:
            events.add(self._home, counts)
        except (sqlite3.Error, OSError) as error:
            self._note(str(error))
            for place, count in counts.items():
                self.add([place], count)
        else:
            self._note("")

    def _note(self, problem: str) -> None:
        """Log a problem when it begins, not every second: the full disk may be the log's too."""
        if problem and problem != self._problem:
            log.warning("events could not be written yet: %s", problem)
        self._problem = problem

    def watch(self) -> None:
        """Write every second in a background thread, for as long as the process lives."""
        threading.Thread(target=self._write_on, name="events", daemon=True).start()

    def _write_on(self) -> None:
        pause = threading.Event()
        while not pause.wait(WRITE_SECONDS):
            self.write()


@blueprint.post("/events")
@blueprint.input(Event, arg_name="event", examples=examples.EVENTS)
@blueprint.output({}, status_code=204)
@blueprint.doc(summary="Count what readers saw or clicked", responses=[400, 403, 413, 503])
def count_event(event: Event) -> tuple[str, int]:
    """Count by day, language and position; nothing about the reader is kept. Articles that are gone are not counted."""
    tally: Tally | None = current_app.extensions["tally"]
    if tally is None:
        message = "events are switched off here: set SILAH_EVENTS=1"
        raise ForbiddenError(message)
    view = answers.served().view
    seed_row, *rows = (view.row_of(name) for name in (event.seed, *(item.id for item in event.items)))
    shown = [(item.position, row) for item, row in zip(event.items, rows, strict=True) if row is not None]
    if seed_row is not None and shown:
        seed_card, *cards = view.cards([seed_row, *(row for _position, row in shown)])
        today = datetime.now(UTC).date().isoformat()
        places = (
            Place(today, seed_card.language, card.language, position)
            for card, (position, _row) in zip(cards, shown, strict=True)
        )
        tally.add(places, _ONE[event.type])
    return "", 204
