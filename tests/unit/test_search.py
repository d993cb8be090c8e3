import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.ann import build_index
from models.search import Rounded, Rows, Similarities, Vectors, gathered_products, near_rows, nearest, rounded


def unit(rows: object) -> Vectors:
    vectors = np.asarray(rows, np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def all_products(vectors: Vectors, queries: Vectors) -> Similarities:
    rows = np.broadcast_to(np.arange(len(vectors)), (len(queries), len(vectors)))
    return gathered_products(vectors, rows, queries)


def exact_search(vectors: Vectors, queries: Vectors, k: int) -> Rows:
    similarities = all_products(vectors, queries)
    order = np.lexsort((np.broadcast_to(np.arange(len(vectors)), similarities.shape), -similarities))
    return np.asarray(order[:, :k], np.int64)


def test_search_equals_a_sort_of_all_inner_products() -> None:
    generator = np.random.default_rng(1)
    vectors = unit(generator.normal(size=(500, 16)))
    queries = unit(generator.normal(size=(20, 16)))
    rows, similarities = nearest(build_index(vectors)[0], vectors, queries, 10)
    np.testing.assert_array_equal(rows, exact_search(vectors, queries, 10))
    expected = np.take_along_axis(all_products(vectors, queries), rows, axis=1)
    np.testing.assert_array_equal(similarities, expected)


def test_products_are_gathered_by_row_and_no_row_is_infinitely_far() -> None:
    generator = np.random.default_rng(1)
    vectors, queries = unit(generator.normal(size=(50, 384))), unit(generator.normal(size=(7, 384)))
    rows = generator.integers(-1, 50, size=(7, 30))
    products = (vectors[rows].astype(np.float64) * queries[:, None, :]).sum(axis=2)
    found = gathered_products(vectors, rows, queries)
    np.testing.assert_allclose(found, np.where(rows < 0, -np.inf, products), atol=1e-6)


coordinates = st.lists(st.integers(0, 2), min_size=3, max_size=3).filter(any)


@given(
    st.lists(coordinates, min_size=1, max_size=60), st.lists(coordinates, min_size=1, max_size=3), st.integers(1, 12)
)
@settings(max_examples=50)
def test_ties_come_in_row_order(rows: list[list[int]], queries: list[list[int]], k: int) -> None:
    vectors = unit(rows)
    found, _similarities = nearest(build_index(vectors)[0], vectors, unit(queries), k)
    np.testing.assert_array_equal(found, exact_search(vectors, unit(queries), k))


@given(
    st.lists(coordinates, min_size=1, max_size=60),
    st.lists(coordinates, min_size=1, max_size=3),
    st.integers(1, 12),
    st.integers(1, 4),
)
def test_where_any_of_equally_near_rows_will_do_they_are_as_near(
    rows: list[list[int]], queries: list[list[int]], k: int, each: int
) -> None:
    vectors, asked, allowed = unit(rows), unit(queries), np.arange(len(rows)) % each == each - 1
    for mask in (None, allowed):
        found = near_rows(None, vectors, asked, k, mask)
        expected = nearest(None, vectors, asked, k, mask)[1]
        np.testing.assert_allclose(gathered_products(vectors, found, asked), expected, atol=1e-6)
        assert all(len(set(each_found)) == len(each_found) for each_found in found.tolist())
        assert mask is None or mask[found].all()


def test_among_hundreds_of_equal_vectors_the_first_rows_win() -> None:
    vectors = unit([[1, 0]] * 500 + [[0, 1]] * 10)
    rows, _similarities = nearest(build_index(vectors)[0], vectors, unit([[1, 0], [0, 1]]), 3)
    assert rows.tolist() == [[0, 1, 2], [500, 501, 502]]


def test_by_rounded_vectors_one_query_finds_nearly_what_comparing_all_finds() -> None:
    generator = np.random.default_rng(2)
    spread = np.linspace(1, 0, 96) ** 3  # as of embeddings, in which some dimensions tell more than others
    vectors, queries = (unit(spread * generator.normal(size=(count, 96))) for count in (6_000, 30))
    index = rounded(vectors)
    shares = []
    for query in queries[:, None]:
        rows, similarities = nearest(index, vectors, query, 100)
        np.testing.assert_array_equal(similarities, gathered_products(vectors, rows, query))
        assert (np.diff(similarities) <= 0).all()
        shares.append(np.isin(nearest(None, vectors, query, 100)[0], rows).mean())
    assert np.mean(shares) >= 0.95


@pytest.mark.parametrize("dim", [7, 8])
def test_rounded_vectors_that_are_all_fetched_come_in_exact_order_ties_by_row(dim: int) -> None:
    generator = np.random.default_rng(4)
    vectors = np.tile(unit(generator.normal(size=(20, dim))), (3, 1))
    for query in unit(generator.normal(size=(20, dim)))[:, None]:
        found, _similarities = nearest(rounded(vectors), vectors, query, 12)
        np.testing.assert_array_equal(found, exact_search(vectors, query, 12))


def test_of_rounded_vectors_that_are_all_equal_the_first_rows_are_found() -> None:
    vectors = np.ones((6_000, 8), np.float32)
    found, similarities = nearest(rounded(vectors), vectors, -np.ones((1, 8), np.float32), 5)
    assert found.tolist() == [[0, 1, 2, 3, 4]]
    assert similarities.tolist() == [[-8.0] * 5]


def test_several_queries_and_few_allowed_rows_are_compared_as_floats() -> None:
    vectors = unit(np.random.default_rng(3).normal(size=(500, 16)))
    unasked = Rounded(None)
    np.testing.assert_array_equal(nearest(unasked, vectors, vectors[:2], 10)[0][:, 0], [0, 1])
    allowed = np.arange(500) % 2 == 1
    assert (
        nearest(unasked, vectors, vectors[:1], 10, allowed)[0][0].tolist()
        == [row for row in exact_search(vectors, vectors[:1], 500)[0] if row % 2][:10]
    )
