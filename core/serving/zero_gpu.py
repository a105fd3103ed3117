"""The one function that a Space on ZeroGPU must have. The app works the same without it.

ZeroGPU lends a GPU to functions with the decorator ``GPU`` of the package ``spaces``, and stops a Space
in which there is none when the page is launched ("No @spaces.GPU function detected").
"""

from importlib.util import find_spec

from scipy.sparse import csr_array

from ..heads.base import Ranks
from ..numerics.arrays import Float32


def rank_scores_on_zero_gpu(head: Ranks, matrix: csr_array) -> Float32:
    """Return how much each title suits each history [n, n_items], float32 [n, n_items]: see `Ranks`.

    The app never calls it, because NumPy doesn't use the GPU: a visitor's scores take a few milliseconds
    without one, and to borrow one takes longer and uses up the visitor's quota.
    """
    return head.rank_scores(matrix)


if find_spec("spaces"):  # Spaces install it; elsewhere the function stays as it is
    from spaces import GPU

    rank_scores_on_zero_gpu = GPU(rank_scores_on_zero_gpu)
