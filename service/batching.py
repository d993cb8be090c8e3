"""One encoder for all requests of a process: while it works on some texts, those that come wait and go together next.

Eight short queries together take half the time that they take one by one; alone, a query waits for nobody.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import NamedTuple

from models.embedder import Embedder, EmbedderSpec, Vectors

MOST = 8
"""Requests embedded together. CPU time of a short query among 1, 2, 4, 8, 16: 6.3, 5.0, 3.6, 3.3, 2.9 ms."""


class _Waiting(NamedTuple):
    texts: Sequence[str]
    vectors: "Future[Vectors]"
    progress: Callable[[int], None]


class Batching:
    """An `Embedder` that threads share."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._encoding = threading.Lock()
        self._waiting: deque[_Waiting] = deque()

    @property
    def spec(self) -> EmbedderSpec:
        """See `Embedder.spec`."""
        return self._embedder.spec

    def embed(self, texts: Sequence[str], progress: Callable[[int], None] = lambda _count: None) -> Vectors:
        """See `Embedder.embed`."""
        mine = _Waiting(texts, Future(), progress)
        self._waiting.append(mine)
        while not mine.vectors.done():
            with self._encoding:
                if not mine.vectors.done():
                    self._embed_together([self._waiting.popleft() for _ in range(min(len(self._waiting), MOST))])
        progress(len(texts))
        return mine.vectors.result()

    def _embed_together(self, batch: Sequence[_Waiting]) -> None:
        def begin(_count: int) -> None:
            for each in batch:
                each.progress(0)

        try:
            vectors = self._embedder.embed([text for each in batch for text in each.texts], begin)
        except Exception as error:  # noqa: BLE001 - the request raises it as its own
            if len(batch) == 1:
                batch[0].vectors.set_exception(error)
            else:  # one text is to blame, and only its request shall fail
                for each in batch:
                    self._embed_together([each])
            return
        start = 0
        for each in batch:
            each.vectors.set_result(vectors[start : start + len(each.texts)])
            start += len(each.texts)
