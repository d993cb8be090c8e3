"""A source of one's own: ``python:package.module:function``, a function without arguments that yields records."""

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import cast

from indexer.sources import Records, SourceError, Unreadable
from models.text import one_line


def read(address: str) -> Records:
    """Yield what the function named by `address` yields; modules of the current folder are found too."""
    source = _function(address)
    try:
        for number, record in enumerate(source(), start=1):
            is_one = isinstance(record, (dict, Unreadable))
            yield record if is_one else Unreadable(f"record {number}", "not a dictionary")
    except SourceError:
        raise
    except Exception as error:
        message = f"python:{address}: {type(error).__name__}: {error}"
        raise SourceError(one_line(message)) from error


def _function(address: str) -> Callable[[], Records]:
    module, _, function = address.partition(":")
    if str(Path.cwd()) not in sys.path:
        sys.path.append(str(Path.cwd()))
    try:
        return cast("Callable[[], Records]", getattr(import_module(module), function))
    except Exception as error:
        message = f"python:{address}: there is no such function ({type(error).__name__}: {error})"
        raise SourceError(one_line(message)) from error
