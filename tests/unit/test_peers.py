"""The benchmark beside other systems: what could be wrong without anybody noticing."""

import os
import subprocess
import sys

import numpy as np
import pytest

from benchmarks.peers import judge, processes
from benchmarks.peers.corpus import Corpus, workloads
from tests.fakes import article

_ANGLES = {"a": 0, "b": 10, "c": 20, "d": 30, "e": 40}
_LANGUAGES = {"a": "en", "b": "fr", "c": "en", "d": "fr", "e": "en"}


@pytest.fixture
def corpus() -> Corpus:
    radians = np.radians(list(_ANGLES.values()))
    vectors = np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32)
    return Corpus([article(name, "", language=_LANGUAGES[name]) for name in _ANGLES], vectors)


@pytest.mark.parametrize(
    ("same_language", "answer", "expected"),
    [
        (False, ["b", "c"], 1),
        (False, ["b", "d"], 0.5),
        (False, ["b"], 0.5),
        (False, ["b", "b"], 0.5),
        (False, ["a", "b"], 0.5),
        (True, ["c", "e"], 1),
        (True, ["b", "c"], 0.5),
    ],
)
def test_recall_counts_the_nearest_that_the_filter_lets_through(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch, *, same_language: bool, answer: list[str], expected: float
) -> None:
    monkeypatch.setattr(judge, "K", 2)
    workload = {"judged": ["a"], "same_language": same_language}
    assert judge.recall(corpus, judge.products(corpus), workload, [answer]) == expected


def test_the_rare_workload_leaves_the_common_language_out(corpus: Corpus) -> None:
    asked = workloads(corpus)
    assert set(asked["same, rare language"]["seeds"]) == {"b", "d"}
    assert set(asked["no filter"]["seeds"]) == set(_ANGLES)
    assert asked["no filter"]["seeds"] == asked["same language"]["seeds"]


def test_what_a_child_uses_counts() -> None:
    program = "held = bytearray(b'x' * 50_000_000); print('ready', flush=True); input()"
    alone = processes.memory(os.getpid())
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert process.pid in processes.tree(os.getpid())
        assert processes.memory(os.getpid()) - alone > 50_000_000
        assert processes.cpu_seconds(os.getpid()) >= processes.cpu_seconds(process.pid)
        process.communicate("\n")
    assert process.pid not in processes.tree(os.getpid())
