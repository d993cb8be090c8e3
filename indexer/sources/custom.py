"""A source of one's own: ``python:package.module:function``, a function without arguments that yields records."""

import sys
from importlib import import_module
from pathlib import Path

from indexer.sources import Records, SourceError


def read(address: str) -> Records:
    """Yield what the function named by `address` yields; modules of the current folder are found too."""
    module, _, function = address.partition(":")
    if str(Path.cwd()) not in sys.path:
        sys.path.append(str(Path.cwd()))
    try:
        source = getattr(import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        message = f"python:{address}: there is no such function ({error})"
        raise SourceError(message) from error
    yield from source()
