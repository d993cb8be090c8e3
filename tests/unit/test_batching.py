"""One encoder for many threads."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest

from models.embedder import Vectors
from service.batching import MOST, Batching, _Waiting
from tests.fakes import FakeEmbedder
from tests.integration.servers import PATIENCE, wait_until

TEXTS = ["sea", "school", "football", "rain", "sea sea school", "nothing"]


class HeldEmbedder(FakeEmbedder):
    """Embeds only when it is let, and remembers what it was given at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.let = threading.Event()
        self.batches: list[list[str]] = []
        self.at_once = 0

    def embed(self, texts: Sequence[str], progress: Callable[[int], None] = lambda _count: None) -> Vectors:
        self.batches.append(list(texts))
        assert self.at_once == 0
        self.at_once += 1
        assert self.let.wait(PATIENCE)
        self.at_once -= 1
        if "bad" in texts:
            message = "no vectors today"
            raise RuntimeError(message)
        return super().embed(texts, progress)


def asked_at_once(
    pool: ThreadPoolExecutor, batching: Batching, held: HeldEmbedder, texts: Sequence[str]
) -> list[Future[Vectors]]:
    """Ask for each text; the first is let through when all the others wait behind it."""
    first = pool.submit(batching.embed, [texts[0]])
    wait_until(lambda: held.batches)
    others = [pool.submit(batching.embed, [text]) for text in texts[1:]]
    wait_until(lambda: len(batching._waiting) == len(others))  # noqa: SLF001 - until all wait
    held.let.set()
    return [first, *others]


def test_what_waits_goes_together_and_everyone_gets_their_own() -> None:
    held = HeldEmbedder()
    batching = Batching(held)
    wanted = [["sea"], *([TEXTS[place % len(TEXTS)]] for place in range(19))]
    with ThreadPoolExecutor(20) as pool:
        first, *others = asked_at_once(pool, batching, held, [text for (text,) in wanted])
        found = [first.result(PATIENCE), *(other.result(PATIENCE) for other in others)]
    for vectors, texts in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(vectors, FakeEmbedder().embed(texts))
    assert [len(batch) for batch in held.batches] == [1, MOST, MOST, 3]


def test_alone_a_request_goes_at_once() -> None:
    batching = Batching(FakeEmbedder())
    np.testing.assert_array_equal(batching.embed(TEXTS), FakeEmbedder().embed(TEXTS))
    assert batching.spec == FakeEmbedder().spec


def test_everyone_hears_when_their_texts_are_begun() -> None:
    begun: list[str] = []

    class Beginning(FakeEmbedder):
        def embed(self, texts: Sequence[str], progress: Callable[[int], None] = lambda _count: None) -> Vectors:
            progress(0)
            assert begun == list(texts)
            return super().embed(texts)

    batching = Batching(Beginning())
    batch = [_Waiting([text], Future(), lambda _count, text=text: begun.append(text)) for text in TEXTS]  # type: ignore[misc]
    batching._embed_together(batch)  # noqa: SLF001 - several that wait
    assert all(each.vectors.done() for each in batch)


def test_an_error_reaches_only_the_request_that_is_to_blame() -> None:
    held = HeldEmbedder()
    batching = Batching(held)
    with ThreadPoolExecutor(4) as pool:
        first, *others = asked_at_once(pool, batching, held, ["sea", "rain", "bad", "school"])
        np.testing.assert_array_equal(first.result(PATIENCE), FakeEmbedder().embed(["sea"]))
        np.testing.assert_array_equal(others[0].result(PATIENCE), FakeEmbedder().embed(["rain"]))
        np.testing.assert_array_equal(others[2].result(PATIENCE), FakeEmbedder().embed(["school"]))
        with pytest.raises(RuntimeError, match="no vectors today"):
            others[1].result(PATIENCE)
