import dataclasses
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from indexer import ann
from indexer.neighbours import relate
from indexer.space import build_space, count_terms, indexed
from models import cards as cards_module
from models import durable, manifest, search
from models import manifest as manifests
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
    counted = count_terms(articles)
    space, index_spec = indexed(build_space(articles, counted, vectors))
    related = relate(space, np.zeros(len(articles), np.int64), lambda _done, _total: None)
    columns = columns_of(articles, related.groups)
    return Contents(
        articles=articles,
        vectors=vectors,
        counts=counted,
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


FILES = ["vectors.npy", "directions.npy", "cards.jsonl", "manifest.json", "geometry.npz"]
FILES += ["counts.values.npy", "terms.rows.values.npy", "neighbours.rows.npy", "columns.group.npy", "columns.json"]


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


def many() -> list[Article]:
    words = ("sea", "rain", "school", "football")
    return [article(str(i), " ".join(words[i >> shift & 3] for shift in (0, 2, 4, 6))) for i in range(256)]


def test_an_index_comes_back_as_it_went_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ann, "EXACT_UP_TO", 100)
    contents = contents_of(many())
    folder = tmp_path / snapshots.write(tmp_path, contents)
    snapshot = snapshots.open_snapshot(folder)
    before, after = contents.space.index, snapshot.space.index
    assert before is not None
    assert after is not None
    assert (after.probes, after.fetched) == (before.probes, before.fetched)
    assert snapshot.manifest.index == contents.index_spec
    queries = contents.space.directions[:20]
    np.testing.assert_array_equal(after.search(None, queries, 30), before.search(None, queries, 30))
    (folder / "index.faiss").write_bytes(b"")
    with pytest.raises(SnapshotError, match=r"index\.faiss is damaged"):
        snapshots.open_snapshot(folder)


def test_rounded_directions_come_back_as_they_went_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "ROUNDED_FROM", 100)
    contents = contents_of(many())
    folder = tmp_path / snapshots.write(tmp_path, contents)
    before, after = contents.space.rounded, snapshots.open_snapshot(folder).space.rounded
    assert before is not None
    assert after is not None
    queries = contents.space.directions[:20]
    np.testing.assert_array_equal(after.search(queries, 30), before.search(queries, 30))
    other = dataclasses.replace(contents.space, rounded=search.rounded(queries))
    replaced = dataclasses.replace(contents, space=other)
    with pytest.raises(SnapshotError, match=r"rounded\.faiss holds \(20, 5\), the manifest says \(256, 5\)"):
        snapshots.write(tmp_path, replaced)


def test_a_small_snapshot_has_no_index(tmp_path: Path) -> None:
    folder = tmp_path / snapshots.write(tmp_path, contents_of(THREE))
    opened = snapshots.open_snapshot(folder).space
    assert opened.index is None
    assert opened.rounded is None
    assert not (folder / "index.faiss").exists()


def rewritten(folder: Path, **update: int) -> Path:
    """Give the snapshot in `folder` another manifest, and the name that vouches for it."""
    changed = manifests.load(folder).model_copy(update=update)
    (folder / "manifest.json").write_text(changed.dump())
    return folder.rename(folder.with_name(changed.snapshot_name()))


def test_a_snapshot_of_the_format_before_is_read(tmp_path: Path) -> None:
    folder = rewritten(tmp_path / snapshots.write(tmp_path, contents_of(THREE)), format=manifests.OLDEST_FORMAT)
    assert set(json.loads((folder / "manifest.json").read_text())["index"]) == {"kind", "recall_at_10"}
    assert snapshots.open_snapshot(folder).manifest.count == 3


@pytest.mark.parametrize("other", [manifests.OLDEST_FORMAT - 1, manifests.FORMAT + 1])
def test_another_format_is_refused_as_such(tmp_path: Path, other: int) -> None:
    folder = rewritten(tmp_path / snapshots.write(tmp_path, contents_of(THREE)), format=other)
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(text.replace('"kind"', '"unheard_of"'))
    with pytest.raises(SnapshotError, match=f"format {other}, this version reads"):
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
    assert cards.listed([4, 0]) == [cards_module.listed(articles[row].card) for row in (4, 0)]


def test_a_file_as_its_writer_left_it_is_not_read_to_open_a_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / snapshots.write(tmp_path, contents_of(THREE))
    read: list[str] = []
    monkeypatch.setattr(manifest, "sha256_of", lambda path: read.append(path.name) or durable.sha256_of(path))
    described = snapshots.open_snapshot(folder).manifest
    assert read == []
    (folder / "vectors.npy").touch()
    snapshots.open_snapshot(folder)
    assert read == ["vectors.npy"]
    copied = tmp_path / "elsewhere" / folder.name
    shutil.copytree(folder, copied)
    read.clear()
    snapshots.open_snapshot(copied)
    assert sorted(read) == sorted(described.files)
    read.clear()
    manifest.verify_files(folder, described, trusting=False)
    assert sorted(read) == sorted(described.files)
