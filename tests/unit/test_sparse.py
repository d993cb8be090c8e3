import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from models.sparse import top

TIES = st.lists(st.integers(0, 9), max_size=300).map(lambda ninths: np.array(ninths, np.float32) / 9)


@given(TIES, st.integers(1, 40))
def test_the_top_are_the_largest_in_order_and_equal_ones_by_row(values: npt.NDArray[np.float32], count: int) -> None:
    rows, found = top(3 * np.arange(len(values), dtype=np.int32), values, count)
    np.testing.assert_array_equal(found, -np.sort(-values)[:count])
    np.testing.assert_array_equal(found, values[rows // 3])
    assert len(set(rows.tolist())) == len(rows)
    np.testing.assert_array_equal(rows, rows[np.lexsort((rows, -found))])
