"""What building anew costs when one article in a thousand changed: the real command, on corpora of several sizes."""

import json
import os
import shutil
import subprocess
import sys
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers import corpus
from benchmarks.peers.corpus import Corpus
from indexer.neighbours import Related
from indexer.space import build_space, indexed
from models import publish
from models.article import Article
from models.neighbours import K, Neighbours
from models.snapshot import Snapshot

CHANGED_EACH = 1_000
_SOURCE = "articles.jsonl"


def rebuilt(original: Path, size: int, home: Path) -> dict[str, Any]:
    """Return the seconds of each stage, the CPU seconds and the MB at most that ``silah-index build`` takes."""
    # In a process of its own, whose memory is given back before the build.
    prepared = get_context("spawn").Process(target=_prepare, args=(original, size, home))
    prepared.start()
    prepared.join()
    command = [sys.executable, "-m", "indexer", "build", str(home / _SOURCE), "--home", str(home)]
    log = home / "build.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
        _pid, status, used = os.wait4(process.pid, 0)
    if status:
        message = log.read_text(encoding="utf-8")
        raise SystemExit(message)
    (report,) = (home / "reports").glob("*.json")
    stages = json.loads(report.read_text(encoding="utf-8"))
    facts = {name: stages[name] for name in ("count", "embedded", "reused", "recall_at_10")}
    cpu_seconds = used.ru_utime + used.ru_stime
    return {**facts, "stages": stages["seconds"], "cpu_seconds": cpu_seconds, "most_mb": used.ru_maxrss / 1000}


def write_related_at_random(home: Path, original: Snapshot, told: Corpus, kept: Corpus) -> None:
    """Publish the articles of `kept`, in the space of `told`, with neighbours drawn at random."""
    space, index_spec = indexed(build_space(told.articles, told.counted, told.vectors))
    random, size = np.random.default_rng(corpus.SEED), len(told.articles)
    similarities = -np.sort(-random.random((size, K), np.float32), axis=1)
    rows = random.integers(0, size, (size, K), np.int32)
    neighbours = Neighbours(rows, similarities, np.zeros(size, np.float32))
    related = Related(space, neighbours, np.arange(size, dtype=np.int32))
    corpus.publish_related(home, original, kept, related, index_spec)


def without_texts(full: Corpus) -> Corpus:
    """Return the same articles and vectors, of the words only the titles."""
    return Corpus([article.model_copy(update={"text": ""}) for article in full.articles], full.vectors)


def _prepare(original: Path, size: int, home: Path) -> None:
    """Publish a snapshot of `size` articles, of which the build reuses the vectors, and write the source."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    (home / "weights").symlink_to((original / "weights").resolve())
    published = publish.open_current(original)
    full = corpus.enlarged(published, size)
    write_related_at_random(home, published, without_texts(full), full)
    with (home / _SOURCE).open("w", encoding="utf-8") as lines:
        for number, article in enumerate(full.articles):
            lines.write(f"{_line(article, changed=number % CHANGED_EACH == 0)}\n")


def _line(article: Article, *, changed: bool) -> str:
    record = article.model_dump(mode="json")
    return json.dumps({**record, "text": f"{article.text}\n{article.id}"} if changed else record)
