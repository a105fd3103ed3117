"""Franchises: which titles belong together, and which of them comes first.

Relations alone do not tell. Crossovers glue unrelated shows: connected components of MyAnimeList's
relations make one franchise of Fairy Tail, One Piece, Dragon Ball, Gintama and 166 others. But a
crossover is watched by few, so titles are taken in the order of how many people list them, and
each joins the franchise that most of its relatives taken before it belong to: a title without any
founds its own, and two that have been founded never merge. That is hill climbing on a graph
(Koontz, Narendra and Fukunaga: A graph-theoretic approach to nonparametric cluster analysis, 1976),
and ToMATo (Chazal, Guibas, Oudot and Skraba: Persistence-based clustering, 2013) with a threshold
that merges nothing: of the pairs that a lower one would merge, hardly any is one franchise.

Where a catalogue has no relations, titles are related whose names begin alike, unless their
factors speak against it.
"""

import heapq
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ..numerics.arrays import Bool, Float32, Float64, Int64
from .catalogue import Catalogue
from .name_search import fold_name

SUBTITLE = re.compile(r":\s| - |\(|~|/")
MARKERS = re.compile(
    r"\d+|[ivx]+|\d*(st|nd|rd|th)|s\d+|season|series|part|cour|episode|vol|"
    r"tv|ova|ona|oad|movies?|film|gekijouban|specials?|the|animation|anime|recaps?|picture|drama|pilot|omake|extras?|"
    r"version|remix|gaiden|mini|shorts?|pv|cm|music|video|first|second|third|fourth|final|new|shin|zoku|kai|ni|san"
)
LEADING = frozenset({"shin", "zoku", "motto", "new", "the"})

LONG_STEM = 8
"""Letters from which one name that begins another means the same franchise: with fewer it is a
common word as often as not (Samurai, Brave, Air)."""
CONTRADICTED, CONFIRMED = 0.2, 0.6
"""Cosines of two rows of VΣ: below the one names are not believed, from the other even short ones are.
Chosen, like `LONG_STEM`, on the real catalogue with its relations taken away from catalogue and
training, against the franchises that the relations make: of the titles found in one's franchise,
by members, 99.5 % belong there, and 90.8 % of those that belong there are found (B-cubed). Names
alone reach 99.4 and 89.9 %; lengths of 6 to 9 and cosines of 0.1 to 0.3 and 0.4 to 0.6 move
either figure by some 2 % at most."""
STEM_LEADERS = 10
"""A name is compared with the most listed titles of each stem only, so that a catalogue of one stem
takes no quadratic time; 5 find as much."""

PAIRS_AT_ONCE = 4096

ALIKE_IN_MEMBERS = 0.8
"""Among the entries that this share of the leading one's people list, the earliest comes first.
Audiences shrink along a series, so where most began is where to begin; but Dragon Ball has 84 % of
Dragon Ball Z's members and Fate/stay night 83 % of Fate/Zero's. FMA (2003), which Brotherhood tells
anew, has 76 %. On TV series that 20,000 people list and that came after a related one: 1 puts
21 % of them (by members) before an earlier part, 0.9 20 %, 0.8 17 %, nearly all remakes and
independent series of one name."""


@dataclass(frozen=True)
class Franchises:
    """The franchises of a catalogue, each in the order in which to watch it.

    Attributes
    ----------
    numbers
        int64 [n_titles]: the franchise of each title, 0..n_franchises-1.
    order
        int64 [n_titles]: all titles, franchise after franchise.
    """

    numbers: Int64
    order: Int64

    @classmethod
    def of(cls, catalogue: Catalogue, directions: Float32 | None = None) -> "Franchises":
        """The franchises of a catalogue: see `franchise_numbers` and `watching_order`."""
        numbers = franchise_numbers(catalogue, directions)
        return cls(numbers, watching_order(catalogue, numbers))

    def first_unseen(self, seen: npt.ArrayLike, left_out: npt.ArrayLike = ()) -> Bool:
        """One entry of each franchise, bool [n_titles]: the first that has not been seen.

        Parameters
        ----------
        seen
            Catalogue positions, whole numbers of any shape.
        left_out
            Catalogue positions of titles whose whole franchises are left out: what somebody
            disliked or is not interested in.
        """
        unseen = np.ones(len(self.numbers), dtype=bool)
        unseen[_positions(seen)] = False
        waiting = self.order[unseen[self.order]]
        first = np.diff(self.numbers[waiting], prepend=-1) != 0
        mask = np.zeros(len(unseen), dtype=bool)
        mask[waiting[first]] = True
        return mask & ~self._touched(left_out)

    def unbegun(self, seen: npt.ArrayLike, left_out: npt.ArrayLike = ()) -> Bool:
        """The same, but only of franchises of which nothing has been seen, bool [n_titles]."""
        return self._first & ~self._touched(seen) & ~self._touched(left_out)

    @cached_property
    def _first(self) -> Bool:
        return self.first_unseen(())

    def _touched(self, positions: npt.ArrayLike) -> Bool:
        """The titles of all franchises that these belong to."""
        touched = np.zeros(len(self.numbers), dtype=bool)
        touched[self.numbers[_positions(positions)]] = True
        return touched[self.numbers]


def franchise_numbers(catalogue: Catalogue, directions: Float32 | None = None) -> Int64:
    """The franchise of each title, int64 [n_titles], 0..n_franchises-1.

    Parameters
    ----------
    catalogue
        Its relations count for the titles that have any.
    directions
        float32 [n_titles, k]: unit rows of VΣ of the ranking head, zero for titles without factors.
        Titles without relations are then related by their names: see `alike`. None: they stay alone.
    """
    relations = catalogue.related
    if directions is not None:
        alone = np.ones(len(catalogue), dtype=bool)
        alone[relations[0]] = False
        names = alike(catalogue, directions)
        relations = np.hstack([relations, names[:, alone[names].any(axis=0)]])
    return np.unique(_founders(catalogue, relations), return_inverse=True)[1].astype(np.int64)


def _founders(catalogue: Catalogue, relations: Int64) -> Int64:
    """The title that founded the franchise of each title, int64 [n_titles]."""
    folded = [fold_name(name) for name in catalogue.frame["name"]]
    most_listed = _most_listed(catalogue)
    rank: Int64 = np.argsort(most_listed)
    earlier, later = relations[:, rank[relations[0]] < rank[relations[1]]]
    relatives: defaultdict[int, list[int]] = defaultdict(list)
    for title, relative in zip(later.tolist(), earlier.tolist(), strict=True):
        relatives[title].append(relative)
    founder = list(range(len(catalogue)))
    for title in most_listed.tolist():
        if title not in relatives:
            continue
        votes: defaultdict[int, int] = defaultdict(int)
        likeness: defaultdict[int, int] = defaultdict(int)
        for relative in relatives[title]:
            of = founder[relative]
            votes[of] += 1
            likeness[of] = max(likeness[of], _beginning(folded[title], folded[relative]))
        # Ties are settled by the name: "Angel Beats!: Another Epilogue" has two relatives in Clannad, too.
        founder[title] = max(votes, key=lambda of: (votes[of], likeness[of], -rank[of]))
    return np.array(founder, dtype=np.int64)


def _beginning(one: str, other: str) -> int:
    """How many letters two names have in common before they differ."""
    return next(
        (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )


def alike(catalogue: Catalogue, directions: Float32) -> Int64:
    """Pairs of titles whose names begin alike, both ways, int64 [2, n_pairs].

    The `stem` of one is that of the other, or begins it. Where it only begins it and has fewer than
    `LONG_STEM` letters, the cosine of the two directions has to reach `CONFIRMED`; else it must not
    lie below `CONTRADICTED`, and may be unknown. ``directions`` as in `franchise_numbers`.
    """
    stems = [stem(name) for name in catalogue.frame["name"]]
    leaders: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for title in _most_listed(catalogue).tolist():
        if len(leaders[stems[title]]) < STEM_LEADERS:
            leaders[stems[title]].append(title)
    pairs = [
        (title, leader, length == len(words) or sum(map(len, words[:length])) + length - 1 >= LONG_STEM)
        for title, words in enumerate(stems)
        for length in range(1, len(words) + 1)
        for leader in leaders.get(words[:length], ())
        if leader != title
    ]
    title, leader, telling = np.array(pairs, dtype=np.int64).reshape(-1, 3).T
    has_factors = np.asarray(directions.any(axis=1))
    known = has_factors[title] & has_factors[leader]
    cosine = np.zeros(len(title), dtype=np.float32)
    for start in range(0, len(title), PAIRS_AT_ONCE):  # all at once they would take 0.1 GB
        some = slice(start, start + PAIRS_AT_ONCE)
        cosine[some] = np.einsum("nk,nk->n", directions[title[some]], directions[leader[some]])
    kept = np.where(telling == 1, ~known | (cosine >= CONTRADICTED), known & (cosine >= CONFIRMED))
    both = np.hstack([[title[kept], leader[kept]], [leader[kept], title[kept]]])
    return np.unique(both, axis=1).astype(np.int64)


def stem(name: str) -> tuple[str, ...]:
    """The words of a name without its subtitle and the markers of seasons and formats around it."""
    words = (fold_name(SUBTITLE.split(name.strip())[0]) or fold_name(name)).split()
    while len(words) > 1 and MARKERS.fullmatch(words[-1]):
        words.pop()
    while len(words) > 1 and words[0] in LEADING:
        words.pop(0)
    return tuple(words)


def watching_order(catalogue: Catalogue, numbers: Int64) -> Int64:
    """All titles, franchise after franchise, each in the order in which to watch it, int64 [n_titles].

    Next is the earliest of those entries that at least `ALIKE_IN_MEMBERS` of the people list who
    list the leading one of the rest; in one year the one that more people list, then the lower id.
    Titles of unknown year count as the latest.
    """
    by_members = _most_listed(catalogue)
    grouped = by_members[np.argsort(numbers[by_members], kind="stable")]
    ends = np.flatnonzero(np.diff(numbers[grouped])) + 1
    years = np.nan_to_num(catalogue.frame["year"].to_numpy(dtype=np.float64), nan=np.inf)
    parts = [list(_watched(group, catalogue.members, years)) for group in np.split(grouped, ends)]
    return np.array([title for part in parts for title in part], dtype=np.int64)


def _watched(group: Int64, members: Int64, years: Float64) -> Iterator[int]:
    """One franchise, given from the most listed entry down, in the order in which to watch it."""
    candidates: list[tuple[float, int]] = []  # year, and place in the group
    entered, done = 0, set()
    for leading, title in enumerate(group.tolist()):
        while leading not in done:
            while entered < len(group) and members[group[entered]] >= ALIKE_IN_MEMBERS * members[title]:
                heapq.heappush(candidates, (float(years[group[entered]]), entered))
                entered += 1
            _, place = heapq.heappop(candidates)
            done.add(place)
            yield int(group[place])


def _most_listed(catalogue: Catalogue) -> Int64:
    """All titles, the one that most people list first; in a tie the lower id. int64 [n_titles]."""
    return np.lexsort((catalogue.anime_ids, -catalogue.members)).astype(np.int64)


def _positions(positions: npt.ArrayLike) -> Int64:
    return np.asarray(positions, dtype=np.int64).ravel()
