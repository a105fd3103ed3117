"""The meaning of a factor of V: the titles at its two ends, and the traits that they have in common.

Title j has the row ``VΣ_j`` with the energy ``e_j = ‖VΣ_j‖²``. Its loading on factor i is
``ℓ = σ_i v_ji / ‖VΣ_j‖``, minus the mean over all titles by energy. (Otherwise the factor of popularity would
have only one end: all its entries have one sign.) A trait z is 0 or 1, or a number such as the year. Two tests
compare it with the mean of all titles, in standard errors::

    along   Σ_j e_j z_j ℓ_j / (s_ℓ √Σ_j e_j² z_j²)     titles with the trait lie towards this end
    within  Σ_j p_j z_j / (s_z √Σ_j p_j²)              p_j = e_j ℓ_j² on this side: the end has the trait

with z and ℓ centred, and s their standard deviations, by energy. The strength of a trait is the weaker of the
two. The first test alone calls an end "less known" whose titles are famous, only less than those of the other
end; the second alone takes any property of one great title for a trait.

Only one title of each franchise counts, so that no series makes an end with its seasons. Titles that the default
filters exclude don't count; where they are most of an end, it bears their genre's name and shows its other titles.
The tests use the whole end, but people see six titles: a trait names an end only if these show it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..data.catalogue import Catalogue, Title
from ..data.genres import ADULT_GENRES
from ..heads.item_factors import ItemFactors
from ..numerics.arrays import Bool, Float32, Float64, Int64
from ..recommend.filters import Filters
from .traits import OPPOSITES, Trait, cours

SHOWN = 6
CANDIDATES = 12  # leading titles of an end, from which the shown ones are chosen
LEADING = 3  # titles in the name of an end without a naming trait
NAMED = 3
SHOWN_WITH_TRAIT = 3
THRESHOLD = 2.0
MOSTLY = 0.5
TELLING = 0.25
"""Titles are shown in order of ``|ℓ| e^0.25``. Chosen by eye on the twelve leading factors: 0.5 (the order of V's
entries) shows the same famous titles on every other factor, 0 shows titles that nobody knows."""
TINY = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True)
class FactorEnd:
    """One end of a factor.

    ``titles`` are at most six leading titles, one of each franchise, which pass the default filters. ``years`` are
    the quartiles of titles' years, weighted by p; None if no year is known. ``traits`` are those of a strength of
    at least 2, strongest first.
    """

    titles: tuple[Title, ...]
    years: tuple[int, int, int] | None
    traits: tuple[Trait, ...]

    @property
    def genres(self) -> tuple[str, ...]:
        """The genres among the traits."""
        return tuple(trait.value for trait in self.traits if trait.kind == "genre")

    @property
    def named(self) -> tuple[Trait, ...]:
        """The traits in the name, at most three, strongest first: of those that the titles show, all genres and
        types, which are more telling, and one number, or two if there is nothing else.
        """
        shown = [trait for trait in self.traits if self._shows(trait)]
        n_numbers = 1 if any(not trait.is_number for trait in shown) else 2
        numbers = [trait for trait in shown if trait.is_number][:n_numbers]
        return tuple(trait for trait in shown if not trait.is_number or trait in numbers)[:NAMED]

    def _shows(self, trait: Trait) -> bool:
        # Three titles for a genre or type, more than half of them for a number. Adult titles are never shown.
        n = len(self.titles)
        needed = n // 2 + 1 if trait.is_number else max(SHOWN_WITH_TRAIT, n // 3)
        return trait.value in ADULT_GENRES or sum(trait.holds_for(title) for title in self.titles) >= needed

    @property
    def name(self) -> str:
        """Such as ``"Shoujo, Romance"``, or ``"like"`` and the leading titles if no trait names the end."""
        if self.named:
            return ", ".join(trait.value for trait in self.named)
        return ("like " + ", ".join(title.label for title in self.titles[:LEADING])) if self.titles else ""


@dataclass(frozen=True)
class FactorMeaning:
    """A factor and its ends: where V's entries are low, and where they are high.

    ``index`` is 0 for the leading factor. ``singular_value`` is σ, and ``share`` is that of ``σ²`` in ``Σσ²``.
    """

    index: int
    singular_value: float
    share: float
    ends: tuple[FactorEnd, FactorEnd]


def meanings(factors: ItemFactors, catalogue: Catalogue, franchises: Int64, count: int = 12) -> list[FactorMeaning]:
    """Return the meanings of the leading ``count`` factors, or of all if there are fewer. ``franchises``, int64
    [n_titles], are the numbers of titles' franchises: see `core.data.franchises`.
    """
    sample = _Sample(factors, catalogue, franchises)
    loadings = sample.loadings(count)
    along = sample.along(loadings)
    sigma = factors.singular_values
    energies = sigma.astype(np.float64) ** 2
    shares = energies / max(float(energies.sum()), TINY)
    result = []
    for index in range(loadings.shape[1]):
        low, high = (sample.end(sign * loadings[:, index], sign * along[:, index]) for sign in (-1, 1))
        result.append(FactorMeaning(index, float(sigma[index]), float(shares[index]), (low, high)))
    return result


def centred_loadings(factors: ItemFactors, index: int) -> Float32:
    """Return the loading ℓ of each title on a factor, float32 [n_items], minus the mean by energy of all trained
    titles; 0 for the others. It is positive towards the second of the factor's ends.
    """
    sigma = factors.singular_values
    energy = np.maximum(np.square(factors.v32) @ sigma**2, np.finfo(np.float32).tiny)
    loadings = sigma[index] * factors.v32[:, index] / np.sqrt(energy)
    centred = (loadings - np.average(loadings, weights=energy)).astype(np.float32)
    return np.asarray(factors.expand(centred[None])[0])


class _Sample:
    """The n titles that count, one of each franchise, with their energies and traits."""

    def __init__(self, factors: ItemFactors, catalogue: Catalogue, franchises: Int64) -> None:
        allowed = Filters().mask(catalogue)
        chosen = _one_per_franchise(factors, catalogue.members, franchises, allowed)
        self.catalogue, self.positions = catalogue, factors.columns[chosen].astype(np.int64)
        self.allowed = allowed[self.positions]
        # Rows of VΣ, [n, k], and their energies e, [n].
        self.rows = factors.v32[chosen] * factors.singular_values
        self.energy = np.maximum(np.square(self.rows).sum(axis=1, dtype=np.float64), TINY)
        # Traits z, [n, n_traits], with their medians by energy, [n_traits].
        self.names, values, self.counted = _traits(catalogue, self.positions, self.allowed)
        self.medians = _medians(values, self.counted * self.energy[:, None])
        # z centred, and s_z, [n_traits], by energy.
        weights = np.maximum(self.energy @ self.counted, TINY)
        self.values = (values - self.energy @ values / weights) * self.counted
        self.deviations = np.sqrt(self.energy @ self.values**2 / weights)

    def loadings(self, count: int) -> Float64:
        """Return the centred loadings ℓ on the leading factors, [n, count]."""
        loadings = self.rows[:, :count] / np.sqrt(self.energy)[:, None]
        return np.asarray(loadings - self.energy @ loadings / max(float(self.energy.sum()), TINY), dtype=np.float64)

    def along(self, loadings: Float64) -> Float64:
        """Return the first test of the module for the high ends, [n_traits, count]."""
        # s_ℓ over the titles for which the trait is known, by energy, [n_traits, count].
        energy = self.counted * self.energy[:, None]
        weights = np.maximum(self.energy @ self.counted, TINY)[:, None]
        spread = np.sqrt(np.maximum(energy.T @ loadings**2 / weights - (energy.T @ loadings / weights) ** 2, 0))
        # Σ e z ℓ and its standard error.
        weighted = self.values * self.energy[:, None]
        errors = spread * np.sqrt(np.square(weighted).sum(axis=0))[:, None]
        return np.asarray(weighted.T @ loadings / np.maximum(errors, TINY))

    def end(self, loadings: Float64, along: Float64) -> FactorEnd:
        """Return the end of a factor where ``loadings`` [n] are positive, given the first test, [n_traits]."""
        # p, [n], and the second test, [n_traits].
        side = np.maximum(loadings, 0)
        p = self.energy * side**2
        within = self.values.T @ p / np.maximum(self.deviations * np.sqrt(self.counted.T @ p**2), TINY)
        is_adult = float(p @ ~self.allowed / max(float(p.sum()), TINY)) > MOSTLY
        # The leading allowed titles on this side.
        order = np.argsort(-side * self.energy**TELLING, kind="stable")
        order = order[(side[order] > 0) & self.allowed[order]][:CANDIDATES]
        candidates = [self.catalogue.title(position) for position in self.positions[order].tolist()]
        years = _quartiles(self.catalogue.frame["year"].to_numpy(dtype=np.float64)[self.positions], p * self.allowed)
        return _with_shown_titles(candidates, years, self._strong_traits(along, within, is_adult))

    def _strong_traits(self, along: Float64, within: Float64, is_adult: bool) -> tuple[Trait, ...]:
        """Return the traits that pass both tests, strongest first; one of `ADULT_GENRES` only for an adult end."""
        agree = np.sign(along) == np.sign(within)
        strengths = np.where(agree, np.sign(along) * np.minimum(abs(along), abs(within)), 0)
        traits = []
        for index in np.argsort(-abs(strengths), kind="stable").tolist():
            kind, less, more = self.names[index]
            word = more if strengths[index] > 0 else less
            if abs(strengths[index]) >= THRESHOLD and word and (is_adult or word not in ADULT_GENRES):
                median = _in_catalogue_unit(kind, float(self.medians[index]))
                traits.append(Trait(kind, word, float(abs(strengths[index])), median))
        return tuple(traits)


def _with_shown_titles(
    candidates: Sequence[Title], years: tuple[int, int, int] | None, traits: tuple[Trait, ...]
) -> FactorEnd:
    """Return the end with the six candidates that have most of the traits in its name. The name depends on the
    shown titles, so the choice is made twice.
    """
    end = FactorEnd(tuple(candidates), years, traits)
    for _ in range(2):
        named = end.named
        ordered = sorted(candidates, key=lambda title: -sum(trait.holds_for(title) for trait in named))
        end = FactorEnd(tuple(ordered[:SHOWN]), years, traits)
    return end


def _one_per_franchise(factors: ItemFactors, members: Int64, franchises: Int64, allowed: Bool) -> Int64:
    """Return a row of V for every franchise, ascending: its most listed title, an allowed one if there is any."""
    columns = factors.columns
    order = np.lexsort((columns, -members[columns], ~allowed[columns]))
    _, first = np.unique(franchises[columns[order]], return_index=True)
    return np.sort(order[first])


def _traits(catalogue: Catalogue, positions: Int64, allowed: Bool) -> tuple[list[tuple[str, str, str]], Float64, Bool]:
    """Return the kind of every trait and its words for less and more ("" for less of a genre or type: its absence is
    no trait), then the values of titles, and whether they count, [n, n_traits] each.
    """
    frame = catalogue.frame.iloc[positions]
    kinds = frame["type"].to_numpy()
    episodes = frame["episodes"].to_numpy(dtype=np.float64)
    numbers = {
        "era": frame["year"].to_numpy(dtype=np.float64),
        "fame": np.log(catalogue.members[positions] + 1.0),
        "length": np.log(np.where(kinds == "TV", np.maximum(episodes, 1), np.nan)),
        "rating": frame["mean_rating"].to_numpy(dtype=np.float64),
    }
    names = [("genre", "", genre) for genre in catalogue.genres]
    names += [("type", "", kind) for kind in catalogue.types]
    names += [(kind, *OPPOSITES[kind]) for kind in numbers]
    has_type = [kinds == kind for kind in catalogue.types]
    values = np.column_stack([catalogue.genre_matrix[positions], *has_type, *numbers.values()]).astype(np.float64)
    is_adult_genre = np.array([kind == "genre" and word in ADULT_GENRES for kind, _, word in names])
    counted = ~np.isnan(values) & (allowed[:, None] | is_adult_genre)
    return names, np.where(counted, values, 0.0), counted


def _medians(values: Float64, weights: Float64) -> Float64:
    """Return the weighted median of every column of [n, m], [m]."""
    order = np.argsort(values, axis=0, kind="stable")
    reached = np.cumsum(np.take_along_axis(weights, order, axis=0), axis=0)
    middle = np.argmax(reached >= reached[-1] / 2, axis=0)
    columns = np.arange(values.shape[1])
    return np.asarray(values[order[middle, columns], columns])


def _in_catalogue_unit(kind: str, value: float) -> float:
    """Return a value of `_traits` in the unit of the catalogue; nan for a genre or type."""
    if kind == "fame":
        return float(np.expm1(value))
    return cours(float(np.exp(value))) if kind == "length" else value if kind in OPPOSITES else float("nan")


def _quartiles(years: Float64, weights: Float64) -> tuple[int, int, int] | None:
    """Return the weighted quartiles of the known years, or None."""
    known = ~np.isnan(years) & (weights > 0)
    if not known.any():
        return None
    order = np.flatnonzero(known)[np.argsort(years[known], kind="stable")]
    reached = np.cumsum(weights[order]) / weights[order].sum()
    first, median, third = (int(years[order[np.searchsorted(reached, part)]]) for part in (0.25, 0.5, 0.75))
    return first, median, third
