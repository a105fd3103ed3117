"""Labels of titles: which titles have which genre, theme or studio."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from ..numerics.arrays import Bool, Int64


class Labels:
    """The labels in cells such as ``"Action|Drama"``, one cell for each title.

    ``positions`` are the titles of each label, int64.
    """

    def __init__(self, cells: Sequence[str]) -> None:
        positions: dict[str, list[int]] = defaultdict(list)
        for position, cell in enumerate(cells):
            for label in split(cell, "|"):
                positions[label].append(position)
        self.positions: dict[str, Int64] = {label: np.array(titles) for label, titles in positions.items()}
        self._n_titles = len(cells)

    @property
    def in_order(self) -> tuple[str, ...]:
        """All labels, in alphabetical order."""
        return tuple(sorted(self.positions))

    @property
    def frequent_first(self) -> tuple[str, ...]:
        """All labels, those of most titles first."""
        return tuple(sorted(self.positions, key=lambda label: (-len(self.positions[label]), label)))

    def mask(self, labels: Iterable[str]) -> Bool:
        """Return which titles have one of these labels, bool [n_titles]. An unknown label has no titles."""
        mask = np.zeros(self._n_titles, dtype=bool)
        for label in labels:
            if label in self.positions:
                mask[self.positions[label]] = True
        return mask


def split(cell: str, separator: str) -> list[str]:
    """Return the parts of a cell that are not blank, without outer blanks."""
    return [part.strip() for part in cell.split(separator) if part.strip()]
