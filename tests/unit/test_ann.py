from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer import ann
from indexer.ann import build_index
from models.search import Index, Vectors, gathered_products, load, load_rounded, nearest, rounded, save, save_rounded
from tests.unit.test_search import exact_search, unit

DIM = 32


def clustered(count: int, seed: int) -> Vectors:
    """Return stories that were told several times: neighbours are near, and near to each other."""
    stories = np.random.default_rng(0).normal(size=(300, DIM))
    generator = np.random.default_rng(seed)
    return unit(stories[generator.integers(len(stories), size=count)] + generator.normal(size=(count, DIM)))


CORPUS = clustered(4_000, seed=1)
QUERIES = clustered(200, seed=2)


@pytest.fixture(scope="module")
def index() -> Index:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ann, "EXACT_UP_TO", 1_000)
        built, _spec = build_index(CORPUS)
    assert built is not None
    return built


def test_a_small_corpus_is_searched_exactly() -> None:
    index, spec = build_index(CORPUS)
    assert index is None
    assert (spec.kind, spec.recall_at_10, spec.effort) == ("flat", 1.0, None)


def test_a_large_corpus_gets_the_least_effort_that_finds_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ann, "EXACT_UP_TO", 1_000)
    index, spec = build_index(CORPUS)
    assert index is not None
    assert spec.kind == "ivf"
    assert spec.tried is not None
    assert spec.effort == spec.tried[-1]
    assert spec.recall_at_10 >= ann.AIM > spec.tried[0].recall_at_10
    assert (index.probes, index.fetched) == (spec.effort.probes, spec.effort.fetched)
    assert index.probes < index.lists.nlist


def test_articles_that_it_was_not_tuned_on_find_enough_too(index: Index) -> None:
    exact = exact_search(CORPUS, QUERIES, 10)
    found = nearest(index, CORPUS, QUERIES, 10)[0]
    recall = np.mean([np.isin(ours, theirs).mean() for ours, theirs in zip(exact, found, strict=True)])
    assert recall >= 0.99


def test_what_no_effort_finds_is_searched_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ann, "EXACT_UP_TO", 1_000)
    monkeypatch.setattr(ann, "AIM", 1.1)
    index, spec = build_index(CORPUS[:2_000])
    assert index is None
    assert spec.tried is not None
    assert (spec.kind, spec.recall_at_10) == ("flat", 1.0)
    assert spec.tried[-1].probes == spec.lists


def test_two_builds_give_the_same_index(monkeypatch: pytest.MonkeyPatch, index: Index) -> None:
    monkeypatch.setattr(ann, "EXACT_UP_TO", 1_000)
    again, _spec = build_index(CORPUS)
    assert again is not None
    np.testing.assert_array_equal(faiss.serialize_index(again.lists), faiss.serialize_index(index.lists))


@given(st.integers(0, len(QUERIES) - 1), st.integers(1, 150))
def test_what_is_found_is_a_sort_of_exact_inner_products(index: Index, query: int, k: int) -> None:
    asked = QUERIES[query : query + 1]
    (rows,), (similarities,) = nearest(index, CORPUS, asked, k)
    assert len(set(rows.tolist())) == k
    np.testing.assert_array_equal(similarities, gathered_products(CORPUS, rows[None, :], asked)[0])
    np.testing.assert_array_equal(np.lexsort((rows, -similarities)), np.arange(k))


def test_looking_everywhere_is_exact_search(index: Index) -> None:
    everywhere = Index(index.lists, index.lists.nlist, fetched=len(CORPUS))
    found = nearest(everywhere, CORPUS, QUERIES, 20)[0]
    np.testing.assert_array_equal(found, exact_search(CORPUS, QUERIES, 20))


@given(st.integers(0, 2**32 - 1), st.floats(0, 1), st.integers(1, 50), st.booleans())
def test_only_allowed_rows_are_found(index: Index, seed: int, share: float, k: int, exact: bool) -> None:  # noqa: FBT001 - generated
    allowed = np.random.default_rng(seed).random(len(CORPUS)) < share
    rows, similarities = nearest(None if exact else index, CORPUS, QUERIES[:5], k, allowed)
    assert rows.shape == (5, min(k, np.count_nonzero(allowed)))
    assert allowed[rows[rows >= 0]].all()
    assert np.array_equal(rows < 0, np.isneginf(similarities))


@pytest.mark.parametrize("share", [0.5, 0.1, 0.01])
def test_few_allowed_rows_are_found_as_surely_as_all(index: Index, share: float) -> None:
    allowed = np.random.default_rng(3).random(len(CORPUS)) < share
    exact = nearest(None, CORPUS, QUERIES, 10, allowed)[0]
    found = nearest(index, CORPUS, QUERIES, 10, allowed)[0]
    recall = np.mean([np.isin(ours, theirs).mean() for ours, theirs in zip(exact, found, strict=True)])
    assert recall >= 0.99


def test_an_index_is_mapped_and_not_read_into_memory(tmp_path: Path, index: Index) -> None:
    large = Index(faiss.clone_index(index.lists), index.probes, index.fetched)
    for _more in range(60):
        large.lists.add(CORPUS)
    path = tmp_path / "index.faiss"
    save(large, path)
    found = large.search(None, QUERIES, 5)  # what OpenMP allocates once is not the index
    before = own_bytes()
    mapped = load(path, index.probes, index.fetched)
    np.testing.assert_array_equal(mapped.search(None, QUERIES, 5), found)
    assert own_bytes() - before < path.stat().st_size / 4


def test_rounded_vectors_are_a_sixteenth_as_large_and_come_back_as_they_were(tmp_path: Path) -> None:
    vectors = unit(np.random.default_rng(4).normal(size=(20_000, 96)))
    path = tmp_path / "rounded.faiss"
    save_rounded(rounded(vectors), path)
    assert path.stat().st_size == pytest.approx(vectors.nbytes / 16, rel=0.02)
    loaded = load_rounded(path)
    np.testing.assert_array_equal(loaded.search(vectors[:3], 5), rounded(vectors).search(vectors[:3], 5))
    assert (loaded.entries.ntotal, loaded.entries.d) == vectors.shape


def own_bytes() -> int:
    """Memory that no file stands behind: a mapped file's pages are the kernel's, and all workers share them."""
    rollup = Path("/proc/self/smaps_rollup")
    if not rollup.exists():
        pytest.skip("only Linux tells which memory is a process's own")
    (line,) = [line for line in rollup.read_text().splitlines() if line.startswith("Anonymous:")]
    return 1024 * int(line.split()[1])
