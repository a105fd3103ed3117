"""Names of series in kana in which no title of its own is written.

One Piece is written ONE PIECE in Japan, and only its films begin with ワンピース. Who types that means the series.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from .folding import fold_name

LEAST = 3
"""So many titles pair two names. A single one may be called by another name than its series."""
KANA_WORD = re.compile(r"[ぁ-ゖァ-ヺー]{2,}(?= )")


def series_names(names: Sequence[Sequence[str]], popularity: npt.ArrayLike) -> dict[int, str]:
    """Return the names of items by index: a word in kana with which names of at least `LEAST` less popular items begin
    that are also called by a whole name of this one and more. ``names`` are those by which each item is best known.
    """
    popular = np.asarray(popularity, dtype=np.float64)
    # The items with a name that begins with a word in kana, by this word.
    beginning: defaultdict[str, set[int]] = defaultdict(set)
    for item, item_names in enumerate(names):
        for match in filter(None, map(KANA_WORD.match, item_names)):
            beginning[match[0]].add(item)
    # The most popular item of each name.
    named: dict[str, int] = {}
    for item in np.argsort(-popular, kind="stable").tolist():
        for name in names[item]:
            named.setdefault(name.casefold(), item)
    series_of = {}
    for word, items in beginning.items():
        if len(items) < LEAST:
            continue
        votes = Counter(series for item in items for series in {*_series(names[item], named)} - {item})
        for series, count in votes.most_common(1):
            if count >= LEAST and popular[series] > max(popular[item] for item in items):
                series_of[series] = word
    return series_of


def _series(item_names: Sequence[str], named: dict[str, int]) -> Iterator[int]:
    """Yield the items of which a whole name begins one of these."""
    for name in item_names:
        words = fold_name(name).split()
        for length in range(1, len(words)):
            if (series := named.get(" ".join(words[:length]))) is not None:
                yield series
