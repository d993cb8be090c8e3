"""Milvus standalone, as its package ``milvus`` brings it, and pymilvus."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pymilvus
from milvus import MilvusServer
from pymilvus import DataType, MilvusClient

from benchmarks.peers.peer import CARD, EF_CONSTRUCTION, Ask, K, M, cards, vectors, wait_for

DATA = "data"
EF_SEARCH = 48
"""Recall@10 without filter .975 at 16, .990 at 32, .996 at 64."""
_NAME = "articles"
_BATCH = 2_000
_MAX_LENGTH = 4_096


@contextmanager
def server(folder: Path, port: int) -> Iterator[int]:
    """Start it with all its parts in one process."""
    launcher = MilvusServer()
    launcher.set_base_dir(str(folder))
    launcher.config.set("proxy_port", port)
    try:
        launcher.start()
        process = launcher.server_proc
        wait_for(launcher.listen_port, lambda: process.poll() is None)
        yield process.pid
    finally:
        launcher.stop()  # terminates, and kills after a second: all that was loaded is flushed by then


def load(port: int, exchange: Path) -> None:
    """Insert everything, flush, index and load into memory."""
    client = _client(port)
    rows, embeddings = cards(exchange), vectors(exchange)
    schema = MilvusClient.create_schema(auto_id=False)
    for name in CARD:
        schema.add_field(name, DataType.VARCHAR, max_length=_MAX_LENGTH, is_primary=name == "id")
    schema.add_field("embedding", DataType.FLOAT_VECTOR, dim=embeddings.shape[1])
    client.create_collection(_NAME, schema=schema, consistency_level="Bounded")
    for start in range(0, len(rows), _BATCH):
        batch = zip(rows[start : start + _BATCH], embeddings[start : start + _BATCH], strict=True)
        client.insert(_NAME, [{**card, "embedding": embedding} for card, embedding in batch])
    client.flush(_NAME)
    index = client.prepare_index_params()
    graph = {"M": M, "efConstruction": EF_CONSTRUCTION}
    index.add_index("embedding", index_type="HNSW", metric_type="IP", params=graph)
    client.create_index(_NAME, index)
    # Also when told to wait, create_index may return before the last segment is indexed.
    while client.describe_index(_NAME, "embedding")["indexed_rows"] < len(rows):
        time.sleep(0.2)
    client.load_collection(_NAME)


def connect(port: int) -> Ask:
    """Take the article's embedding and language, then search with them."""
    client = _client(port)
    while client.get_load_state(_NAME)["state"] != pymilvus.client.types.LoadState.Loaded:
        time.sleep(0.2)
    fields = [name for name in CARD if name != "id"]

    def ask(article_id: str, same_language: bool) -> list[str]:  # noqa: FBT001 - see Ask
        (seed,) = client.query(_NAME, filter=f'id == "{article_id}"', output_fields=["embedding", "language"])
        found = client.search(
            _NAME,
            data=[seed["embedding"]],
            limit=K + 1,
            filter=f'language == "{seed["language"]}"' if same_language else "",
            search_params={"metric_type": "IP", "params": {"ef": EF_SEARCH}},
            output_fields=fields,
            consistency_level="Bounded",
        )[0]
        return [hit["id"] for hit in found if hit["id"] != article_id][:K]

    return ask


def version(port: int) -> str:
    """Ask the server."""
    return f"Milvus {_client(port).get_server_version()} (pymilvus {pymilvus.__version__})"


def _client(port: int) -> MilvusClient:
    return MilvusClient(f"http://127.0.0.1:{port}")
