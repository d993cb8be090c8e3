import dataclasses
from datetime import UTC, datetime
from pathlib import Path

import faiss
import numpy as np
import pytest

from indexer.ann import build_index
from indexer.neighbours import relate
from indexer.space import build_space
from models import cards as cards_module
from models import snapshot as snapshots
from models.article import Article
from models.columns import columns_of
from models.manifest import SnapshotError
from models.snapshot import Contents
from models.terms import Terms
from tests.fakes import FakeEmbedder, article


def contents_of(articles: list[Article]) -> Contents:
    embedder = FakeEmbedder()
    vectors = embedder.embed([each.text for each in articles])
    space, index_spec = build_space(articles, vectors)
    related = relate(space, np.zeros(len(articles), np.int64), lambda _done: None)
    columns = columns_of(articles, related.groups)
    return Contents(
        articles=articles,
        vectors=vectors,
        space=related.space,
        neighbours=related.neighbours,
        columns=columns,
        index_spec=index_spec,
        embedder=embedder.spec,
        source="test",
        read_at=datetime.now(UTC),
        live_number=0,
    )


THREE = [article("1", "sea rain"), article("2", "sea school", language="fr"), article("3", "football", language="fr")]


def test_a_flat_index_is_mapped_and_not_read_into_memory(tmp_path: Path) -> None:
    vectors = np.random.default_rng(1).normal(size=(60_000, 64)).astype(np.float32)
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


FILES = ["vectors.npy", "directions.npy", "index.faiss", "cards.jsonl", "manifest.json", "geometry.npz"]
FILES += ["terms.rows.values.npy", "neighbours.rows.npy", "columns.group.npy", "columns.json"]


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_byte_or_a_missing_file_is_refused_by_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / snapshots.write(tmp_path, contents_of(THREE))
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


@pytest.mark.parametrize("part", ["vectors", "space", "neighbours", "columns"])
def test_parts_that_do_not_belong_together_are_never_written(tmp_path: Path, part: str) -> None:
    two = contents_of(THREE[:2])
    mixed = dataclasses.replace(contents_of(THREE), **{part: getattr(two, part)})
    with pytest.raises(SnapshotError, match="the manifest says"):
        snapshots.write(tmp_path, mixed)
    assert not list(tmp_path.iterdir())


def test_everything_comes_back_as_it_went_in(tmp_path: Path) -> None:
    contents = contents_of(THREE)
    snapshot = snapshots.open_snapshot(tmp_path / snapshots.write(tmp_path, contents))
    np.testing.assert_array_equal(snapshot.vectors, contents.vectors)
    np.testing.assert_array_equal(snapshot.space.directions, contents.space.directions)
    np.testing.assert_array_equal(snapshot.space.codes, contents.space.codes)
    for name in ("rows", "similarities", "densities"):
        np.testing.assert_array_equal(getattr(snapshot.neighbours, name), getattr(contents.neighbours, name))
    assert dense(snapshot.space.terms) == dense(contents.space.terms)
    assert list(snapshot.cards.all()) == [each.card for each in THREE]


def dense(terms: Terms) -> list[list[float]]:
    return [list(row) for row in terms.rows.toarray()]


def test_cards_come_back_as_they_went_in(tmp_path: Path) -> None:
    update = {"tags": ("أ", "ب"), "published_at": datetime(2026, 8, 5, tzinfo=UTC), "url": "https://example.org/1"}
    stored = article("1", "body", title="عنوان").model_copy(update=update)
    cards = snapshots.open_snapshot(tmp_path / snapshots.write(tmp_path, contents_of([stored]))).cards
    assert cards.at([0]) == [stored.card]
    assert (cards.row_of("1"), cards.row_of("2")) == (0, None)


def test_ids_whose_hashes_collide_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cards_module, "_hashed", lambda article_id: np.uint64(len(article_id)))
    articles = [article(name, "sea", title="«é»\n{}") for name in ("a", "bb", "c", "dd", "eee")]
    cards_module.write(tmp_path, articles)
    cards = cards_module.Cards(tmp_path)
    assert [cards.row_of(each.id) for each in articles] == [0, 1, 2, 3, 4]
    assert cards.row_of("zz") is None
    assert cards.row_of("zzzzzz") is None
    assert cards.content_hashes() == {each.id: (row, each.content_hash) for row, each in enumerate(articles)}
    assert cards.listed(4) + b"}" == cards_module.listed(articles[4].card) + b"}"
