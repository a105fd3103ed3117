"""Franchises: which titles belong together, and in which order to watch them.

Relations alone are not enough, because crossovers connect unrelated shows: connected components of
MyAnimeList's relations put Fairy Tail, One Piece, Dragon Ball, Gintama and 166 other titles into one
franchise. But few people watch a crossover. So titles are processed by their number of members. Each
joins the franchise of most of its relatives processed before it. A title without such relatives founds
its own franchise, and two founded franchises never merge. That is hill climbing on a graph (Koontz,
Narendra and Fukunaga: A graph-theoretic approach to nonparametric cluster analysis, 1976), and ToMATo
(Chazal, Guibas, Oudot and Skraba: Persistence-based clustering, 2013) with a threshold that merges
nothing: of the pairs that a lower threshold would merge, hardly any is one franchise.

Titles without relations are related to titles whose names begin alike, unless their factors contradict it.
"""

import heapq
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from os.path import commonprefix

import numpy as np
import numpy.typing as npt

from ..numerics.arrays import Bool, Float32, Float64, Int64
from .catalogue import Catalogue
from .names.folding import fold_name

SUBTITLE = re.compile(r":\s| - |\(|~|/")
MARKERS = re.compile(
    r"\d+|[ivx]+|\d*(st|nd|rd|th)|s\d+|season|series|part|cour|episode|vol|"
    r"tv|ova|ona|oad|movies?|film|gekijouban|specials?|the|animation|anime|recaps?|picture|drama|pilot|omake|extras?|"
    r"version|remix|gaiden|mini|shorts?|pv|cm|music|video|first|second|third|fourth|final|new|shin|zoku|kai|ni|san"
)
LEADING = frozenset({"shin", "zoku", "motto", "new", "the"})

LONG_STEM = 8
"""A name of so many letters that begins another name means the same franchise. A shorter one is often a
common word (Samurai, Brave, Air)."""
CONTRADICTED, CONFIRMED = 0.2, 0.6
"""Cosines of two rows of VΣ. Below the first, names are not trusted; from the second on, even short names are.
Chosen, like `LONG_STEM`, on the real catalogue without its relations, against the franchises that the
relations make. Weighted by members, 99.5 % of the titles put into a franchise belong there, and 90.8 % of
those that belong there are found (B-cubed). Names alone reach 99.4 and 89.9 %. Lengths of 6 to 9 and cosines
of 0.1 to 0.3 and 0.4 to 0.6 change either figure by at most 2 %."""
STEM_LEADERS = 10
"""A name is compared with the most listed titles of each stem only. So a catalogue of one stem does not take
quadratic time. 5 give the same result."""

PAIRS_AT_ONCE = 4096

ALIKE_IN_MEMBERS = 0.8
"""Among the titles with at least this share of the leading title's members, the earliest comes first.
Audiences shrink along a series, so the title with most members is usually where to begin. But Dragon Ball
has 84 % of Dragon Ball Z's members and Fate/stay night 83 % of Fate/Zero's. FMA (2003), which Brotherhood
remakes, has 76 %. Of TV series with 20,000 members that continue a related one, 1 puts 21 % (by members)
before an earlier part, 0.9 20 %, 0.8 17 %, nearly all of them remakes and independent series of one name."""


@dataclass(frozen=True)
class Franchises:
    """The franchises of a catalogue, each in the order in which to watch it.

    Attributes
    ----------
    numbers
        The franchise of each title, 0..n_franchises-1, int64 [n_titles].
    order
        All titles, franchise after franchise, int64 [n_titles].
    """

    numbers: Int64
    order: Int64

    @classmethod
    def of(cls, catalogue: Catalogue, directions: Float32 | None = None) -> "Franchises":
        """Return the franchises of a catalogue: see `franchise_numbers` and `watching_order`."""
        numbers = franchise_numbers(catalogue, directions)
        return cls(numbers, watching_order(catalogue, numbers))

    def first_unseen(self, seen: npt.ArrayLike, left_out: npt.ArrayLike = ()) -> Bool:
        """Return the first unseen title of each franchise, bool [n_titles].

        Parameters
        ----------
        seen
            Catalogue positions, whole numbers of any shape.
        left_out
            Catalogue positions of titles whose whole franchises are left out: disliked titles, or
            titles that the visitor is not interested in.
        """
        unseen = np.ones(len(self.numbers), dtype=bool)
        unseen[_positions(seen)] = False
        remaining = self.order[unseen[self.order]]
        first = np.diff(self.numbers[remaining], prepend=-1) != 0
        mask = np.zeros(len(unseen), dtype=bool)
        mask[remaining[first]] = True
        return mask & ~self._members_of(left_out)

    def parts_of(self, franchises: Int64) -> tuple[Int64, Int64]:
        """Return the titles of franchises [n], one franchise after the other in watching order, int64 [m], and how
        many each has, int64 [n].
        """
        ends = np.append(self._starts, len(self.order))
        parts = [self.order[ends[number] : ends[number + 1]] for number in franchises.tolist()]
        return np.concatenate([self.order[:0], *parts]), ends[franchises + 1] - ends[franchises]

    @cached_property
    def depth(self) -> Int64:
        """How many parts of its franchise come before each title, int64 [n_titles]."""
        depth = np.empty_like(self.order)
        depth[self.order] = np.arange(len(self.order)) - self._starts[self.numbers[self.order]]
        return depth

    @cached_property
    def _starts(self) -> Int64:
        """Where each franchise begins in ``order``, int64 [n_franchises]."""
        return np.flatnonzero(np.diff(self.numbers[self.order], prepend=-1))

    def unbegun(self, seen: npt.ArrayLike, left_out: npt.ArrayLike = ()) -> Bool:
        """Return the first title of each franchise of which nothing has been seen, bool [n_titles]."""
        return self._first & ~self._members_of(seen) & ~self._members_of(left_out)

    @cached_property
    def _first(self) -> Bool:
        return self.first_unseen(())

    def _members_of(self, positions: npt.ArrayLike) -> Bool:
        """Return all titles of the franchises of these titles, bool [n_titles]."""
        chosen = np.zeros(len(self.numbers), dtype=bool)
        chosen[self.numbers[_positions(positions)]] = True
        return chosen[self.numbers]


def franchise_numbers(catalogue: Catalogue, directions: Float32 | None = None) -> Int64:
    """Return the franchise of each title, int64 [n_titles], 0..n_franchises-1.

    Parameters
    ----------
    catalogue
        Its relations are used for the titles that have any.
    directions
        float32 [n_titles, k]: unit rows of VΣ of the ranking head, zero for titles without factors.
        They relate titles without relations by their names: see `alike`. None: these titles stay alone.
    """
    relations = catalogue.related
    if directions is not None:
        alone = np.ones(len(catalogue), dtype=bool)
        alone[relations[0]] = False
        names = alike(catalogue, directions)
        relations = np.hstack([relations, names[:, alone[names].any(axis=0)]])
    return np.unique(_founders(catalogue, relations), return_inverse=True)[1].astype(np.int64)


def _founders(catalogue: Catalogue, relations: Int64) -> Int64:
    """Return the title that founded the franchise of each title, int64 [n_titles]."""
    # The relatives of each title that more people list.
    folded = [fold_name(name) for name in catalogue.frame["name"]]
    most_listed = _most_listed(catalogue)
    rank: Int64 = np.argsort(most_listed)
    earlier, later = relations[:, rank[relations[0]] < rank[relations[1]]]
    relatives: defaultdict[int, list[int]] = defaultdict(list)
    for title, relative in zip(later.tolist(), earlier.tolist(), strict=True):
        relatives[title].append(relative)
    # Each title joins the franchise of most of them.
    founders = list(range(len(catalogue)))
    for title in most_listed.tolist():
        if title not in relatives:
            continue
        votes: defaultdict[int, int] = defaultdict(int)
        common_letters: defaultdict[int, int] = defaultdict(int)
        for relative in relatives[title]:
            founder = founders[relative]
            votes[founder] += 1
            common = len(commonprefix([folded[title], folded[relative]]))  # noqa: RUF071  # letters of names, not paths
            common_letters[founder] = max(common_letters[founder], common)
        # Names break ties: "Angel Beats!: Another Epilogue" has two relatives in Clannad, too.
        founders[title] = max(votes, key=lambda founder: (votes[founder], common_letters[founder], -rank[founder]))
    return np.array(founders, dtype=np.int64)


def alike(catalogue: Catalogue, directions: Float32) -> Int64:
    """Return pairs of titles whose names begin alike, in both directions, int64 [2, n_pairs].

    The `stem` of one title equals or begins that of the other. If it only begins it and has fewer than
    `LONG_STEM` letters, the cosine of the two directions must reach `CONFIRMED`. Otherwise the cosine must
    not lie below `CONTRADICTED`, and may be unknown. ``directions`` as in `franchise_numbers`.
    """
    # The most listed titles of each stem.
    stems = [stem(name) for name in catalogue.frame["name"]]
    leaders: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for title in _most_listed(catalogue).tolist():
        if len(leaders[stems[title]]) < STEM_LEADERS:
            leaders[stems[title]].append(title)
    # Pairs of a title and a leader of a stem that begins its own: (title, leader, whether names suffice).
    pairs = [
        (title, leader, length == len(words) or sum(map(len, words[:length])) + length - 1 >= LONG_STEM)
        for title, words in enumerate(stems)
        for length in range(1, len(words) + 1)
        for leader in leaders.get(words[:length], ())
        if leader != title
    ]
    title, leader, sufficient = np.array(pairs, dtype=np.int64).reshape(-1, 3).T
    # The cosine of each pair, float32 [n_pairs], zero where one has no factors.
    has_factors = np.asarray(directions.any(axis=1))
    known = has_factors[title] & has_factors[leader]
    cosine = np.zeros(len(title), dtype=np.float32)
    for start in range(0, len(title), PAIRS_AT_ONCE):  # all at once they would take 0.1 GB
        block = slice(start, start + PAIRS_AT_ONCE)
        cosine[block] = np.einsum("nk,nk->n", directions[title[block]], directions[leader[block]])
    related = np.where(sufficient == 1, ~known | (cosine >= CONTRADICTED), known & (cosine >= CONFIRMED))
    both = np.hstack([[title[related], leader[related]], [leader[related], title[related]]])
    return np.unique(both, axis=1).astype(np.int64)


def stem(name: str) -> tuple[str, ...]:
    """Return the words of a name without its subtitle and without markers of seasons and formats."""
    words = (fold_name(SUBTITLE.split(name.strip())[0]) or fold_name(name)).split()
    while len(words) > 1 and MARKERS.fullmatch(words[-1]):
        words.pop()
    while len(words) > 1 and words[0] in LEADING:
        words.pop(0)
    return tuple(words)


def watching_order(catalogue: Catalogue, numbers: Int64) -> Int64:
    """Return all titles, franchise after franchise, each in watching order, int64 [n_titles].

    Of the remaining titles of a franchise, those with at least `ALIKE_IN_MEMBERS` of the members of the most
    listed one are candidates. The earliest comes next; in one year the one with more members, then the lower
    id. Titles of unknown year are the latest.
    """
    by_members = _most_listed(catalogue)
    grouped = by_members[np.argsort(numbers[by_members], kind="stable")]
    ends = np.flatnonzero(np.diff(numbers[grouped])) + 1
    years = np.nan_to_num(catalogue.frame["year"].to_numpy(dtype=np.float64), nan=np.inf)
    orders = [list(_watch(group, catalogue.members, years)) for group in np.split(grouped, ends)]
    return np.array([title for order in orders for title in order], dtype=np.int64)


def _watch(group: Int64, members: Int64, years: Float64) -> Iterator[int]:
    """Yield the titles of one franchise, given by descending members, in watching order."""
    candidates: list[tuple[float, int]] = []  # year, and index in the group
    entered, done = 0, set()
    for leading, title in enumerate(group.tolist()):
        while leading not in done:
            while entered < len(group) and members[group[entered]] >= ALIKE_IN_MEMBERS * members[title]:
                heapq.heappush(candidates, (float(years[group[entered]]), entered))
                entered += 1
            _, index = heapq.heappop(candidates)
            done.add(index)
            yield int(group[index])


def _most_listed(catalogue: Catalogue) -> Int64:
    """Return all titles by descending members, in a tie the lower id first, int64 [n_titles]."""
    return np.lexsort((catalogue.anime_ids, -catalogue.members)).astype(np.int64)


def _positions(positions: npt.ArrayLike) -> Int64:
    return np.asarray(positions, dtype=np.int64).ravel()
