"""What holds for every unit test."""

import os
from collections.abc import Iterator

import faiss
import pytest

from service.events import Tally
from service.serving import Serving


@pytest.fixture(autouse=True, scope="package")
def nothing_waits() -> Iterator[None]:
    """Let no test wait for the disk, nor a thread for another: of such small corpora a quarter of the time.

    That what is written survives a power cut, no test can tell.
    """
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "fsync", lambda _descriptor: None)
        yield
    faiss.omp_set_num_threads(threads)


@pytest.fixture(autouse=True)
def no_service_outlives_its_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let services take up what is new only when they are told to.

    Their threads, five looks a second each, with the files of their snapshots open, would last as long as the tests,
    and count events while a test looks at the counts.
    """
    monkeypatch.setattr(Serving, "_poll", lambda _self: None)
    monkeypatch.setattr(Tally, "_write_on", lambda _self: None)
