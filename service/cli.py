"""``silah-serve``: the service behind a production WSGI server."""

import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from granian.constants import Interfaces
from granian.server import Server

from service.settings import Settings

STOP_SECONDS = 5

app = typer.Typer(name="silah-serve", help=__doc__, add_completion=False, pretty_exceptions_enable=False)


@app.command()
def serve(
    home: Annotated[Path | None, typer.Option(help="The folder that holds all state [SILAH_HOME].")] = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on [SILAH_HOST].")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on [SILAH_PORT].")] = None,
    workers: Annotated[int | None, typer.Option(help="Server processes [SILAH_WORKERS].")] = None,
) -> None:
    """Serve the published snapshot of a home; every other setting is an environment variable (docs/settings.md)."""
    given = {"home": home, "host": host, "port": port, "workers": workers}
    # The workers are processes of their own, which read the settings from the environment.
    os.environ.update({f"SILAH_{name}".upper(): str(value) for name, value in given.items() if value is not None})
    # Each request searches on its own thread: an OpenMP pool in every one of them would fight for the cores.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    settings = Settings()
    with tempfile.TemporaryDirectory(prefix="silah-metrics-") as folder:
        os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", folder)
        Server(
            "service.app:create_app",
            factory=True,
            interface=Interfaces.WSGI,
            address=settings.host,
            port=settings.port,
            workers=settings.workers,
            blocking_threads=settings.threads,
            websockets=False,
            respawn_failed_workers=True,
            # A worker that is told to stop while it starts never does.
            workers_kill_timeout=STOP_SECONDS,
        ).serve()


def main() -> None:
    """Run the command line."""
    app()
