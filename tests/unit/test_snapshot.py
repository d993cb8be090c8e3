from datetime import UTC, datetime
from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.ann import build_index, exact_search
from models import snapshot as snapshots
from models.cards import Cards
from models.embedder import EmbedderSpec, Vectors
from models.manifest import Manifest, SnapshotError
from models.snapshot import Contents, Snapshot, similarity
from tests.fakes import article


def spec(dim: int) -> EmbedderSpec:
    return EmbedderSpec(name="fake", revision="1", sha256="fake", dim=dim, max_tokens=8, prefix="")


def unit(rows: object) -> Vectors:
    vectors = np.asarray(rows, np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def written(folder: Path, vectors: Vectors) -> Snapshot:
    articles = [article(f"{row:04}", "text") for row in range(len(vectors))]
    index, index_spec = build_index(vectors)
    contents = Contents(articles, vectors, index, index_spec, spec(vectors.shape[1]), "test", datetime.now(UTC))
    return snapshots.open_snapshot(folder / snapshots.write(folder, contents))


def test_search_equals_a_sort_of_all_similarities(tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    vectors = unit(generator.normal(size=(500, 16)))
    queries = unit(generator.normal(size=(20, 16)))
    rows, similarities = written(tmp_path, vectors).search(queries, 10)
    np.testing.assert_array_equal(rows, exact_search(vectors, queries, 10))
    np.testing.assert_array_equal(similarities, similarity(vectors[rows], queries[:, None, :]))


coordinates = st.lists(st.integers(0, 2), min_size=3, max_size=3).filter(any)


@given(st.lists(coordinates, min_size=1, max_size=60), coordinates, st.integers(1, 12))
@settings(max_examples=50, deadline=None)
def test_ties_come_in_row_order(rows: list[list[int]], query: list[int], k: int) -> None:
    vectors, queries = unit(rows), unit([query])
    index, index_spec = build_index(vectors)
    manifest = Manifest.model_construct(count=len(vectors), dim=3, index=index_spec)
    snapshot = Snapshot("test", manifest, vectors, index, Cards.__new__(Cards))
    np.testing.assert_array_equal(snapshot.search(queries, k)[0], exact_search(vectors, queries, k))


def test_a_flat_index_is_mapped_and_not_read_into_memory(tmp_path: Path) -> None:
    vectors = unit(np.random.default_rng(1).normal(size=(60_000, 64)))
    index, _spec = build_index(vectors)
    path = tmp_path / "index.faiss"
    faiss.write_index(index, str(path))
    index.search(vectors[:5], 5)  # what OpenMP allocates once is not the index
    before = own_bytes()
    mapped = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
    mapped.search(vectors[:5], 5)
    assert own_bytes() - before < vectors.nbytes / 4
    assert np.array_equal(mapped.reconstruct(7), vectors[7])


def own_bytes() -> int:
    """Memory that no file stands behind: a mapped file's pages are the kernel's, and all workers share them."""
    rollup = Path("/proc/self/smaps_rollup")
    if not rollup.exists():
        pytest.skip("only Linux tells which memory is a process's own")
    (line,) = [line for line in rollup.read_text().splitlines() if line.startswith("Anonymous:")]
    return 1024 * int(line.split()[1])


@pytest.mark.parametrize("name", ["vectors.npy", "index.faiss", "articles.sqlite", "manifest.json"])
def test_a_flipped_byte_or_a_missing_file_is_refused_by_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / written(tmp_path, unit(np.eye(3) + 0.1)).name
    path = folder / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(SnapshotError, match=name) as refused:
        snapshots.open_snapshot(folder)
    assert "\n" not in str(refused.value)
    path.unlink()
    with pytest.raises(SnapshotError, match=f"{name} is missing"):
        snapshots.open_snapshot(folder)


def test_parts_that_do_not_belong_together_are_never_written(tmp_path: Path) -> None:
    vectors = unit(np.eye(3) + 0.1)
    index, index_spec = build_index(vectors)
    articles = [article("1", "only one")]
    contents = Contents(articles, vectors, index, index_spec, spec(3), "test", datetime.now(UTC))
    with pytest.raises(SnapshotError, match="the manifest says"):
        snapshots.write(tmp_path, contents)
    assert not list(tmp_path.iterdir())


def test_cards_come_back_as_they_went_in(tmp_path: Path) -> None:
    stored = article("1", "body", title="عنوان").model_copy(
        update={"tags": ("أ", "ب"), "published_at": datetime(2026, 8, 5, tzinfo=UTC), "url": "https://example.org/1"}
    )
    vectors = unit([[1, 0, 0]])
    index, index_spec = build_index(vectors)
    contents = Contents([stored], vectors, index, index_spec, spec(3), "test", datetime.now(UTC))
    cards = snapshots.open_snapshot(tmp_path / snapshots.write(tmp_path, contents)).cards
    assert cards.at([0]) == [stored.card]
    assert list(cards.all()) == [stored.card]
    assert (cards.row_of("1"), cards.row_of("2")) == (0, None)
