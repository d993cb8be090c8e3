from hypothesis import given
from hypothesis import strategies as st

from models.embedder import batches_by_length


@given(st.lists(st.text(max_size=20), max_size=40), st.integers(1, 7))
def test_batches_hold_every_text_once_longest_first(texts: list[str], size: int) -> None:
    batches = list(batches_by_length(texts, size))
    rows = [row for batch in batches for row in batch]
    assert sorted(rows) == list(range(len(texts)))
    assert all(1 <= len(batch) <= size for batch in batches)
    lengths = [len(texts[row]) for row in rows]
    assert lengths == sorted(lengths, reverse=True)
