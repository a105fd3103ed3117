"""What a factor of V means, told by the titles at its two ends and by what these have in common.

Title j has the row ``VΣ_j``, of energy ``e_j = ‖VΣ_j‖²``, and lies along factor i at
``ℓ = σ_i v_ji / ‖VΣ_j‖``, minus the mean of this over all titles, by energy. (Without that, the factor of
popularity would have one end only: all of its entries have one sign.) A trait z, 0 or 1 or a number such
as the year, is put to two tests, each a difference from the mean of all titles in standard errors::

    along   Σ_j e_j z_j ℓ_j / (s_ℓ √Σ_j e_j² z_j²)     titles that have it lie towards this end
    within  Σ_j p_j z_j / (s_z √Σ_j p_j²)              p_j = e_j ℓ_j², on this side: the end itself has it

with z and ℓ centred, and s their standard deviations, by energy. A trait is as strong as the weaker of the
two: the first alone calls an end little known that has famous titles, only less famous ones than the
other; the second alone takes for a trait what its one great title happens to be. Of each franchise one
title counts, so that no series makes an end by its seasons. Titles that the default filters leave out
count for nothing; only where they are most of an end it bears their genre's name, and shows what remains.

Both tests are of the whole end, and people see six titles of it. So an end is called only what these bear
out: by a number only if most of them lie on that side of the median by energy, of what people watch.
Titles that bear more of the name go before others that are nearly as telling.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..data.catalogue import Catalogue, Title
from ..heads.item_factors import ItemFactors
from ..numerics.arrays import Bool, Float64, Int64
from ..recommend.filters import ADULT_GENRE, Filters
from .traits import OPPOSITES, Trait, cours

SHOWN = 6
CONSIDERED = 12  # the most telling titles of an end, of which those are shown that bear its name
LEADING = 3  # titles in the name of an end that no trait names
NAMED = 3
BORNE_BY = 3
THRESHOLD = 2.0
MOSTLY = 0.5
TELLING = 0.25
"""Titles are shown in the order of ``|ℓ| e^0.25``. Chosen by eye, on the twelve leading factors: 0.5 (the
order of V's entries) puts the same famous titles at the ends of every other factor; 0 shows what nobody knows."""
TINY = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True)
class FactorEnd:
    """One end of a factor.

    Attributes
    ----------
    titles
        The most telling, at most six, one a franchise, none that the default filters leave out.
    years
        Quartiles of the years in which this end's titles began, by how much of the end they are; None
        if no year is known.
    traits
        Those of a strength of at least 2, the strongest first.
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
        """What the end is called by: at most three traits, the strongest first. Genres and types tell
        more than numbers, so there is at most one of these, or two that stand alone. At least three
        of the titles that are shown have the genre or type (but for that of titles that cannot be
        shown), and more than half lie on the side of the number.
        """
        seen = [trait for trait in self.traits if self._seen(trait)]
        told = [trait for trait in seen if trait.kind not in OPPOSITES]
        numbers = [trait for trait in seen if trait.kind in OPPOSITES][: 1 if told else 2]
        return tuple(trait for trait in seen if trait in numbers or trait in told)[:NAMED]

    def _seen(self, trait: Trait) -> bool:
        bearing = sum(trait.borne_by(title) for title in self.titles)
        of = len(self.titles)
        needed = of // 2 + 1 if trait.kind in OPPOSITES else max(BORNE_BY, of // 3)
        return trait.value == ADULT_GENRE or bearing >= needed

    @property
    def name(self) -> str:
        """Such as ``"Shoujo, Romance"``; of an end that nothing names, ``"like"`` and its leading titles."""
        if self.named:
            return ", ".join(trait.value for trait in self.named)
        return ("like " + ", ".join(title.label for title in self.titles[:LEADING])) if self.titles else ""


@dataclass(frozen=True)
class FactorMeaning:
    """A factor and its ends.

    Attributes
    ----------
    index
        0 for the leading factor.
    singular_value, share
        σ, and its part of ``Σσ²`` over all factors, 0..1.
    ends
        Where V's entries are low, and where they are high.
    """

    index: int
    singular_value: float
    share: float
    ends: tuple[FactorEnd, FactorEnd]


def meanings(factors: ItemFactors, catalogue: Catalogue, franchises: Int64, count: int = 12) -> list[FactorMeaning]:
    """The leading ``count`` factors; fewer if there are fewer. ``franchises`` are the numbers of each
    title's franchise, int64 [n_titles]: see `core.data.franchises`.
    """
    allowed = Filters().mask(catalogue)
    chosen = _one_a_franchise(factors, catalogue.members, franchises, allowed)
    positions = factors.columns[chosen].astype(np.int64)
    rows = factors.v32[chosen] * factors.singular_values
    energy = np.maximum(np.square(rows).sum(axis=1, dtype=np.float64), TINY)
    along = rows[:, :count] / np.sqrt(energy)[:, None]
    along -= energy @ along / max(float(energy.sum()), TINY)
    names, values, counted = _traits(catalogue, positions, allowed[positions])
    medians = _medians(values, counted, energy)
    values, deviations = _centred(values, counted, energy)
    squares = factors.singular_values.astype(np.float64) ** 2
    towards = _towards(along, values, counted, energy)
    found = []
    for index in range(along.shape[1]):
        ends = []
        for sign in (-1, 1):
            side = np.maximum(sign * along[:, index], 0)
            parts = energy * side**2
            within = values.T @ parts / np.maximum(deviations * np.sqrt(counted.T @ parts**2), TINY)
            adult = float(parts @ ~allowed[positions] / max(float(parts.sum()), TINY))
            order = np.argsort(-side * energy**TELLING, kind="stable")
            order = order[(side[order] > 0) & allowed[positions[order]]][:CONSIDERED]
            years = _quartiles(catalogue, positions, parts * allowed[positions])
            traits = _strong(names, medians, sign * towards[:, index], within, adult > MOSTLY)
            ends.append(_end([catalogue.title(int(at)) for at in positions[order]], years, traits))
        share = float(squares[index] / max(float(squares.sum()), TINY))
        found.append(FactorMeaning(index, float(factors.singular_values[index]), share, (ends[0], ends[1])))
    return found


def _end(titles: Sequence[Title], years: tuple[int, int, int] | None, traits: tuple[Trait, ...]) -> FactorEnd:
    """An end, given its most telling titles: what they bear out chooses those to show, and what these bear
    out once more.
    """
    end = FactorEnd(tuple(titles), years, traits)
    for _ in range(2):
        named = end.named
        bearing = sorted(titles, key=lambda title: -sum(trait.borne_by(title) for trait in named))
        end = FactorEnd(tuple(bearing[:SHOWN]), years, traits)
    return end


def _one_a_franchise(factors: ItemFactors, members: Int64, franchises: Int64, allowed: Bool) -> Int64:
    """Rows of V, ascending: of each franchise the title that most people list, an allowed one if there is."""
    columns = factors.columns
    order = np.lexsort((columns, -members[columns], ~allowed[columns]))
    _, first = np.unique(franchises[columns[order]], return_index=True)
    return np.sort(order[first])


def _traits(
    catalogue: Catalogue, positions: Int64, allowed: Bool
) -> tuple[list[tuple[str, tuple[str, str]]], Float64, Bool]:
    """Of each trait its kind and its words for less and for more; then the values and whether they count,
    [n, n_traits] each. What a title lacks has no word: nothing is named by a genre that it hasn't.
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
    names = [("genre", ("", genre)) for genre in catalogue.genres]
    names += [("type", ("", kind)) for kind in catalogue.types]
    names += [(kind, OPPOSITES[kind]) for kind in numbers]
    has_type = [kinds == kind for kind in catalogue.types]
    values = np.column_stack([catalogue.genre_matrix[positions], *has_type, *numbers.values()]).astype(np.float64)
    counted = ~np.isnan(values) & (
        allowed[:, None] | np.array([words[1] == ADULT_GENRE and kind == "genre" for kind, words in names])
    )
    return names, np.where(counted, values, 0.0), counted


def _medians(values: Float64, counted: Bool, energy: Float64) -> Float64:
    """Of each trait, by energy."""
    order = np.argsort(values, axis=0, kind="stable")
    reached = np.cumsum(np.take_along_axis(counted * energy[:, None], order, axis=0), axis=0)
    middle = np.argmax(reached >= reached[-1] / 2, axis=0)
    columns = np.arange(values.shape[1])
    return np.asarray(values[order[middle, columns], columns])


def _centred(values: Float64, counted: Bool, energy: Float64) -> tuple[Float64, Float64]:
    """Values minus their mean by energy, zero where they don't count; and their standard deviations."""
    weights = energy @ counted
    centred = (values - energy @ values / np.maximum(weights, TINY)) * counted
    return centred, np.sqrt(energy @ centred**2 / np.maximum(weights, TINY))


def _towards(along: npt.NDArray[np.floating], values: Float64, counted: Bool, energy: Float64) -> Float64:
    """The first test of the module, for the high ends, float64 [n_traits, count]."""
    weights = np.maximum(energy @ counted, TINY)[:, None]
    weighed = values * energy[:, None]
    means = (counted * energy[:, None]).T @ along / weights
    spread = np.sqrt(np.maximum((counted * energy[:, None]).T @ along**2 / weights - means**2, 0))
    errors = spread * np.sqrt(np.square(weighed).sum(axis=0))[:, None]
    return np.asarray(weighed.T @ along / np.maximum(errors, TINY))


def _strong(
    names: Sequence[tuple[str, tuple[str, str]]], medians: Float64, towards: Float64, within: Float64, adult: bool
) -> tuple[Trait, ...]:
    """The traits that pass both tests, the strongest first; `ADULT_GENRE` only of ``adult`` ends."""
    agree = np.sign(towards) == np.sign(within)
    strengths = np.where(agree, np.sign(towards) * np.minimum(abs(towards), abs(within)), 0)
    traits = []
    for at in np.argsort(-abs(strengths), kind="stable").tolist():
        kind, words = names[at]
        word = words[int(strengths[at] > 0)]
        if abs(strengths[at]) >= THRESHOLD and word and (adult or word != ADULT_GENRE):
            median = _in_its_unit(kind, float(medians[at]))
            traits.append(Trait(kind, word, float(abs(strengths[at])), median))
    return tuple(traits)


def _in_its_unit(kind: str, value: float) -> float:
    """A number as titles have it, given what `_traits` makes of it."""
    if kind == "fame":
        return float(np.expm1(value))
    return cours(float(np.exp(value))) if kind == "length" else value if kind in OPPOSITES else float("nan")


def _quartiles(catalogue: Catalogue, positions: Int64, parts: Float64) -> tuple[int, int, int] | None:
    years = catalogue.frame["year"].to_numpy(dtype=np.float64)[positions]
    known = ~np.isnan(years) & (parts > 0)
    if not known.any():
        return None
    order = np.flatnonzero(known)[np.argsort(years[known], kind="stable")]
    reached = np.cumsum(parts[order]) / parts[order].sum()
    first, median, third = (int(years[order[np.searchsorted(reached, part)]]) for part in (0.25, 0.5, 0.75))
    return first, median, third
