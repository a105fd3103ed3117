"""Facts of the catalogue as features of titles, and what they tell of titles that nobody or few have rated.

Each head describes a title by a row of values: directions, lengths, biases. Facts and franchise predict the rows of all
titles from those of the rated ones by a mixed model: see `core.numerics.mixed_model`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ..data.catalogue import Catalogue
from ..data.catalogue_columns import differing
from ..data.franchises import franchise_numbers
from ..numerics.arrays import Bool, Float64, Int32, Int64
from ..numerics.mixed_model import linear_prediction

PAIR, NAME = 0.5, 0.5
"""Weights of pairs of genres, and of studios and themes; a genre, type, year or number counts 1."""
TITLES_OF_PAIR, TITLES_OF_NAME = 30, 8
"""How many titles a pair of genres, and a studio or theme, must have to become a feature."""
YEARS = (1970, 1980, 1990, 1995, 2000, 2004, 2007, 2010, 2013, 2016, 2019, 2022, 2025)
MEMBERS = (1.0, 2.0, 3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0, 6.5)  # powers of ten
MEANS = (4.0, 5.0, 6.0, 6.5, 7.0, 7.5, 8.0, 8.5, 9.0)
FACTS = ("genres", "themes", "studios", "type", "year", "members", "mean_rating", "related_ids")
"""The columns of a catalogue that `TitleFacts` reads, but for the names, which franchises depend on, too."""

FRANCHISE_VARIANCE = 1.0
"""In units of the variance that facts and franchise leave to a well-known title. 0.3 places titles as well, by NDCG,
and 3 a little worse (-.008)."""
NOISE_COUNT = 10.0
"""A title with so many ratings has twice the noise of one with very many."""
FOLDS = 5
LEADING = 64
"""So many values of a title decide how much facts tell: further ones cost time and hardly change it."""


@dataclass(frozen=True)
class TitleFacts:
    """What is known of each title besides its ratings.

    Attributes
    ----------
    features
        Genres, pairs of genres, themes, studios, type, and year, members and mean rating as piecewise linear
        functions, CSR float64 [n_items, n_features]. An unknown number, and members of 0, are first predicted from
        the other facts.
    franchises
        The franchise of each title, int64 [n_items].
    """

    features: sparse.csr_array
    franchises: Int64

    @classmethod
    def of(cls, catalogue: Catalogue) -> "TitleFacts":
        """Return the facts of a catalogue."""
        franchises, types = franchise_numbers(catalogue), catalogue.frame["type"]
        genres = sparse.csr_array(catalogue.genre_matrix.astype(np.float64))
        blocks = [
            sparse.csr_array(
                np.column_stack([np.ones(len(catalogue)), *((types == kind) for kind in catalogue.types)])
            ),
            genres,
            PAIR * _pairs(genres),
            NAME * _names(catalogue, "studios", catalogue.studios),
            NAME * _names(catalogue, "themes", catalogue.themes),
        ]
        year, mean = (catalogue.frame[name].to_numpy(dtype=np.float64) for name in ("year", "mean_rating"))
        members = np.where(catalogue.members > 0, np.log10(np.maximum(catalogue.members, 1)), np.nan)
        for numbers, knots in ((year, YEARS), (members, MEMBERS), (mean, MEANS)):
            others = cls(sparse.hstack(blocks, format="csr"), franchises)
            blocks.append(sparse.csr_array(_piecewise(others.filled(numbers), knots)))
        return cls(sparse.hstack(blocks, format="csr"), franchises)

    def predicted(self, values: Float64, counts: Int64) -> Float64:
        """Return the values that facts predict for every title, float64 [n_items, m].

        They are learnt from ``values``, float64 [n_items, m], of the titles that ``counts``, int64 [n_items], users
        rated, if that is not 0.
        """
        with np.errstate(divide="ignore"):
            noise = 1 + NOISE_COUNT / counts
        return linear_prediction(self.features, self.franchises, values, noise, FRANCHISE_VARIANCE)

    def completed(self, values: Float64, counts: Int64, weight: float) -> Float64:
        """Return what is expected of every title from its own ratings and from its facts, float64 [n_items, m].

        A title that n users rated moves smoothly from the prediction to its own value, and facts count as much as
        w users::

            (n · value + w · prediction) / (n + w),    w = weight · R²

        R² is the share of the variance of the leading values that facts predict for titles left out. Where facts tell
        nothing, titles keep their own values.
        """
        error, variance = self.errors(values[:, :LEADING], counts)
        users = weight * max(1 - error / variance, 0.0) if variance > 0 else 0.0
        own = np.where(counts > 0, counts / np.maximum(counts + users, 1), 0.0)[:, None]
        return own * values + (1 - own) * self.predicted(values, counts)

    def extended(self, known: Float64, counts: Int32, places: Int64, kept: Bool) -> tuple[Float64, Int64]:
        """Return values and counts of all titles, float64 [n_items, m] and int64 [n_items], from those of some.

        ``known``, float64 [n, m], and ``counts``, int32 [n], are of the titles at ``places``, int64 [n]. Those of them
        that are ``kept``, bool [n], stay as they are; the values of all others are predicted.
        """
        values, all_counts = np.zeros((len(self.franchises), known.shape[1])), np.zeros(len(self.franchises), np.int64)
        values[places], all_counts[places] = known, counts
        others = np.ones(len(values), dtype=bool)
        others[places[kept]] = False
        values[others] = self.predicted(values, all_counts)[others]
        return values, all_counts

    def errors(self, values: Float64, counts: Int64) -> tuple[float, float]:
        """Return the mean squared error of predictions for titles left out, and the variance of the values, both summed
        over columns.

        The means are over titles with more than `NOISE_COUNT` ratings, and 0 if there are none. Each of `FOLDS` parts
        of all titles is predicted from the others.
        """
        known = counts > NOISE_COUNT
        if not known.any():
            return 0.0, 0.0
        fold = np.arange(len(counts)) % FOLDS
        predicted = np.zeros(values.shape)
        for number in range(FOLDS):
            left_out = fold == number
            predicted[left_out] = self.predicted(values, np.where(left_out, 0, counts))[left_out]
        error = np.square(predicted - values)[known].sum(axis=1).mean()
        return float(error), float(values[known].var(axis=0).sum())

    def filled(self, numbers: Float64) -> Float64:
        """Return numbers of titles, float64 [n_items], with a prediction in place of NaN."""
        unknown = np.isnan(numbers)
        if unknown.all() or not unknown.any():
            return np.nan_to_num(numbers)
        targets, noise = np.where(unknown, 0.0, numbers)[:, None], np.where(unknown, np.inf, 1.0)
        predicted = linear_prediction(self.features, self.franchises, targets, noise, FRANCHISE_VARIANCE)
        return np.where(unknown, predicted[:, 0], numbers)


def same_facts(old: Catalogue, new: Catalogue, positions: Int64) -> Bool:
    """Return which titles have the same facts in another catalogue, where they are at ``positions``, bool [n_old]."""
    return ~differing(old.frame[[*FACTS]], new.frame[[*FACTS]].iloc[positions].set_axis(old.frame.index))


def _piecewise(numbers: Float64, knots: Sequence[float]) -> Float64:
    """Return the basis of piecewise linear functions at numbers [n], float64 [n, n_knots]: rows sum to 1."""
    return np.column_stack([np.interp(numbers, knots, row) for row in np.eye(len(knots))])


def _pairs(genres: sparse.csr_array) -> sparse.csr_array:
    """Return which titles have both genres of each frequent pair, CSR float64 [n_items, n_pairs]."""
    common = sparse.triu(genres.T @ genres, 1).tocoo()
    frequent = common.data >= TITLES_OF_PAIR
    columns = genres.tocsc()
    return columns[:, common.row[frequent]].multiply(columns[:, common.col[frequent]]).tocsr()


def _names(catalogue: Catalogue, column: str, names: Sequence[str]) -> sparse.csr_array:
    """Return which titles have each frequent name in a column of lists, CSR float64 [n_items, n_names]."""
    has = (catalogue.has(column, [name]) for name in names)
    frequent = [mask for mask in has if mask.sum() >= TITLES_OF_NAME]
    return sparse.csr_array(np.array(frequent, dtype=np.float64).reshape(-1, len(catalogue)).T)
