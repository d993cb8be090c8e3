"""``/metrics`` for Prometheus: requests by endpoint and status over all processes of the server, and what is served."""

import os
import time
from collections.abc import Iterator
from functools import cache

from apiflask import APIBlueprint, APIFlask
from flask import Response, current_app, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from service.serving import NotServingError, Serving

blueprint = APIBlueprint("metrics", __name__, tag="operations")

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Where the processes of one server put their counts together; `service.cli` makes the folder."""
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Seconds: an answer by id takes one or two thousandths, by text some hundredths."""

_REQUESTS = Histogram(
    "silah_request_seconds", "Requests, and how long they took.", ["endpoint", "status"], buckets=BUCKETS
)
CACHED = Counter("silah_cached_answers", "Lists that were answered from memory, not counted as requests.")


class ServedCollector(Collector):
    """What this process serves, asked when somebody looks."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving

    def collect(self) -> Iterator[Metric]:
        """Yield the gauges."""
        refused = self._serving.problem is not None
        yield GaugeMetricFamily(
            "silah_snapshot_refused", "1 when the published snapshot or live changes are not served.", int(refused)
        )
        try:
            view = self._serving.now().view
        except NotServingError:
            return
        manifest = view.snapshot.manifest
        read = manifest.read_at.timestamp()
        yield GaugeMetricFamily("silah_snapshot_articles", "Articles in the snapshot that is served.", manifest.count)
        yield GaugeMetricFamily("silah_snapshot_read_timestamp_seconds", "When its source was read.", read)
        yield GaugeMetricFamily("silah_live_articles", "Articles put since then.", len(view.live))
        yield GaugeMetricFamily("silah_live_hidden", "Articles deleted or replaced since then.", len(view.hidden))


def configure(app: APIFlask) -> None:
    """Time every request."""
    app.before_request(_start)
    app.after_request(_observe)
    app.register_blueprint(blueprint)


@blueprint.get("/metrics")
@blueprint.output({}, content_type="text/plain")
@blueprint.doc(summary="Figures for Prometheus")
def metrics() -> Response:
    """Add up the counts of all processes; the gauges are those of the process that answers."""
    registry = CollectorRegistry()
    if FOLDER_VARIABLE in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(_REQUESTS)
        registry.register(CACHED)
    registry.register(ServedCollector(current_app.extensions["serving"]))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def observe(endpoint: str, status: int, started: float) -> None:
    """Count a request that began at `started`, by `time.perf_counter`, and is answered now."""
    _requests(endpoint, status).observe(time.perf_counter() - started)


@cache
def _requests(endpoint: str, status: int) -> Histogram:
    return _REQUESTS.labels(endpoint, status)


def _start() -> None:
    g.started = time.perf_counter()


def _observe(response: Response) -> Response:
    observe(request.endpoint or "none", response.status_code, g.started)
    return response
