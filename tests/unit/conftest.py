"""What holds for every unit test."""

import pytest

from service.events import Tally
from service.serving import Serving


@pytest.fixture(autouse=True)
def no_service_outlives_its_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let services take up what is new only when they are told to.

    Their threads, five looks a second each, with the files of their snapshots open, would last as long as the tests,
    and count events while a test looks at the counts.
    """
    monkeypatch.setattr(Serving, "_poll", lambda _self: None)
    monkeypatch.setattr(Tally, "_write_on", lambda _self: None)
