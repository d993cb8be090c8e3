"""Chroma's own server (``chroma run``) and its HTTP client."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import chromadb
from chromadb.config import Settings

from benchmarks.peers.peer import EF_CONSTRUCTION, Ask, K, M, cards, running, vectors

DATA = "data"
EF_SEARCH = 64
"""Recall@10 without filter .971 at 16, 1.000 at 100."""
_NAME = "articles"
_BATCH = 2_000


@contextmanager
def server(folder: Path, port: int) -> Iterator[int]:
    """Start it."""
    program = str(Path(sys.executable).with_name("chroma"))
    command = [program, "run", "--path", str(folder / DATA), "--host", "127.0.0.1", "--port", str(port)]
    with running(command, port, folder / "server.log", {"ANONYMIZED_TELEMETRY": "False"}) as pid:
        yield pid


def load(port: int, exchange: Path) -> None:
    """Add everything; the index is kept up to date with each batch."""
    graph = {"space": "ip", "max_neighbors": M, "ef_construction": EF_CONSTRUCTION, "ef_search": EF_SEARCH}
    articles = _client(port).create_collection(_NAME, configuration={"hnsw": graph}, embedding_function=None)
    rows, embeddings = cards(exchange), vectors(exchange)
    for start in range(0, len(rows), _BATCH):
        batch = rows[start : start + _BATCH]
        articles.add(
            ids=[card["id"] for card in batch],
            embeddings=embeddings[start : start + _BATCH],
            metadatas=[{name: value for name, value in card.items() if name != "id"} for card in batch],
        )


def connect(port: int) -> Ask:
    """Take the article's embedding and language, then search with them."""
    articles = _client(port).get_collection(_NAME, embedding_function=None)

    def ask(article_id: str, same_language: bool) -> list[str]:  # noqa: FBT001 - see Ask
        seed = articles.get(ids=[article_id], include=["embeddings", "metadatas"])
        where = {"language": seed["metadatas"][0]["language"]} if same_language else None
        found = articles.query(
            query_embeddings=seed["embeddings"], n_results=K + 1, where=where, include=["metadatas", "distances"]
        )
        return [other for other in found["ids"][0] if other != article_id][:K]

    return ask


def version(_port: int) -> str:
    """Return the version of the package; the server in 1.5.9 calls itself 1.0.0."""
    return f"Chroma {chromadb.__version__}"


def _client(port: int) -> chromadb.ClientAPI:
    return chromadb.HttpClient("127.0.0.1", port, settings=Settings(anonymized_telemetry=False))
