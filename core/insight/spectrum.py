"""The spectrum of the ranking head: how much of what the users told k factors keep.

The users' rows A and those of the franchises G were decomposed together, so that
``σ_i² = ‖A v_i‖² + ‖G v_i‖²``; what the leading factors keep of the users' own energy is::

    Σ_{i ≤ k} (σ_i² - ‖G v_i‖²) / ‖A‖²

A model doesn't store G, but what it is made from: the catalogue's franchises, and the typical length of
a row, which follows from the norms and the uniqueness of the columns.
"""

from dataclasses import dataclass

import numpy as np

from ..data.catalogue import Catalogue
from ..heads.preferences import franchise_rows
from ..heads.ranking import RankingHead
from ..numerics.sparse import scale_columns

POINTS = 128


@dataclass(frozen=True)
class Spectrum:
    """Singular values and energies of all k factors.

    Attributes
    ----------
    singular_values
        σ, descending.
    energy
        The part of the users' energy that each factor and those before it keep, 0..1, ascending.
    """

    singular_values: tuple[float, ...]
    energy: tuple[float, ...]

    def thinned(self, points: int = POINTS) -> list[tuple[int, float, float]]:
        """At most ``points`` of ``(factor, σ, energy)`` for a picture, factors from 1 to k, close together
        where σ is large.
        """
        numbers = np.unique(np.rint(np.geomspace(1, len(self.energy), points)).astype(np.int64)).tolist()
        return [(number, self.singular_values[number - 1], self.energy[number - 1]) for number in numbers]


def spectrum(head: RankingHead, catalogue: Catalogue, n_users: int) -> Spectrum:
    """The spectrum of a head that was fitted to the rows of ``n_users`` users."""
    columns, power = head.factors.columns, 2 * head.config.column_scaling
    uniqueness = head.uniqueness.astype(np.float64)
    energies = head.norms.astype(np.float64) ** power  # of A's columns before division by u, in some unit
    before = head.total_energy * energies.sum() / np.sum(energies / uniqueness**2)
    length = head.config.franchise * float(np.sqrt(before / n_users))
    rows = scale_columns(franchise_rows(catalogue.franchises[columns], length), 1 / uniqueness)
    of_franchises = np.square(np.asarray(rows @ head.factors.v32, dtype=np.float64)).sum(axis=0)
    sigma = head.factors.singular_values.astype(np.float64)
    energy = np.cumsum(np.maximum(sigma**2 - of_franchises, 0)) / head.total_energy
    return Spectrum(tuple(sigma.tolist()), tuple(np.minimum(energy, 1).tolist()))
