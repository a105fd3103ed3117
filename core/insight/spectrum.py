"""The spectrum of the ranking head: the share of the users' energy that k factors keep.

The users' rows A and the franchises' rows G were decomposed together, so ``σ_i² = ‖A v_i‖² + ‖G v_i‖²``. The
leading factors keep this share of the energy of A::

    Σ_{i ≤ k} (σ_i² - ‖G v_i‖²) / ‖A‖²

A model doesn't store G. It is computed again from the catalogue's franchises and the typical length of a row,
which follows from the norms and the uniqueness of the columns.
"""

from dataclasses import dataclass

import numpy as np

from ..data.catalogue import Catalogue
from ..data.franchises import franchise_numbers
from ..heads.preference_matrix import franchise_rows
from ..heads.ranking_head import RankingHead
from ..numerics.sparse import scale_columns

POINTS = 128


@dataclass(frozen=True)
class Spectrum:
    """The singular values σ of all k factors, descending, and the shares of the users' energy, 0..1, that each factor
    and all before it keep.
    """

    singular_values: tuple[float, ...]
    energy: tuple[float, ...]

    def thinned(self, points: int = POINTS) -> list[tuple[int, float, float]]:
        """Return at most ``points`` of ``(factor, σ, energy)`` for a chart. Factors count from 1 and get sparser
        towards k.
        """
        numbers = np.unique(np.rint(np.geomspace(1, len(self.energy), points)).astype(np.int64)).tolist()
        return [(number, self.singular_values[number - 1], self.energy[number - 1]) for number in numbers]


def spectrum(head: RankingHead, catalogue: Catalogue, n_users: int) -> Spectrum:
    """Return the spectrum of a head that was fitted to the rows of ``n_users`` users."""
    # ‖A‖² before the division of columns by u: column energies N^(2a), [n_items], scaled to the stored ‖A‖².
    power = 2 * head.config.column_scaling
    uniqueness = head.uniqueness.astype(np.float64)
    energies = head.norms.astype(np.float64) ** power
    undivided = head.total_energy * energies.sum() / np.sum(energies / uniqueness**2)
    # G, whose rows have a length relative to the root mean square row of A, and ‖G v_i‖², [k].
    length = head.config.franchise * float(np.sqrt(undivided / n_users))
    rows = scale_columns(franchise_rows(franchise_numbers(catalogue), length), 1 / uniqueness)
    franchise_energy = np.square(np.asarray(rows @ head.factors.v32, dtype=np.float64)).sum(axis=0)
    # The formula above, [k].
    sigma = head.factors.singular_values.astype(np.float64)
    energy = np.cumsum(np.maximum(sigma**2 - franchise_energy, 0)) / head.total_energy
    return Spectrum(tuple(sigma.tolist()), tuple(np.minimum(energy, 1).tolist()))
