"""``silah-serve``: the service behind a production WSGI server."""

import os
import socket
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from granian.constants import Interfaces
from granian.server import Server
from pydantic import ValidationError

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
    settings = _settings()
    address = _address(settings)
    with tempfile.TemporaryDirectory(prefix="silah-metrics-") as folder:
        os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", folder)
        Server(
            "service.app:create_app",
            factory=True,
            interface=Interfaces.WSGI,
            address=address,
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


def _settings() -> Settings:
    """Return the settings; wrong ones end the program with one line that names each."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = "; ".join(f"SILAH_{detail['loc'][0]}".upper() + f": {detail['msg']}" for detail in error.errors())
        message = f"error: {wrong}"
        raise SystemExit(message) from error


def _address(settings: Settings) -> str:
    """Return the IP address to listen on; one that cannot be had ends the program with one line.

    Granian shares a port with whoever shares it too: of two of these servers, each would answer half of the requests.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            # What is left of the connections of a server that has stopped keeps nobody from listening.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((settings.host, settings.port))
            return str(probe.getsockname()[0])
    except OSError as error:
        message = f"error: {settings.host}, port {settings.port}, cannot be listened on: {error.strerror}"
        raise SystemExit(message) from error
