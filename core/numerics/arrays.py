"""Types of numpy arrays, by dtype. Docstrings give the shape in brackets: float32 [n, k]."""

import numpy as np
import numpy.typing as npt

Bool = npt.NDArray[np.bool_]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
AnyArray = npt.NDArray[np.generic]


def smallest_integers(whole: npt.NDArray[np.integer]) -> npt.NDArray[np.integer]:
    """Return whole numbers in the smallest of int16, int32 and int64 that holds them."""
    low, high = int(whole.min(initial=0)), int(whole.max(initial=0))
    dtypes = (dtype for dtype in (np.int16, np.int32) if np.iinfo(dtype).min <= low and high <= np.iinfo(dtype).max)
    return whole.astype(next(dtypes, np.int64))
