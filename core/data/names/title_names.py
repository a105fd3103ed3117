"""The names of the titles of a catalogue."""

from collections.abc import Iterator
from functools import cached_property

import pandas as pd

from ..name_search import NameIndex
from .folding import fold_name, fold_names
from .series_names import series_names


class TitleNames:
    """The names of each title of a catalogue's ``frame``, first those by which it is best known, then synonyms."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame

    @property
    def _best_known(self) -> list[tuple[str, str, str]]:
        return list(zip(*(self._frame[name] for name in ("name", "english", "japanese")), strict=True))

    @property
    def _synonyms(self) -> Iterator[list[str]]:
        return ([part.strip() for part in cell.split("|") if part.strip()] for cell in self._frame["synonyms"])

    @cached_property
    def index(self) -> NameIndex:
        """The index by which titles are found by their names, where those of more members are meant more often."""
        members = self._frame["members"].to_numpy()
        best_known = self._best_known
        series = series_names(best_known, members)
        main = [(*names, series.get(item, "")) for item, names in enumerate(best_known)]
        names = [(*names, *others) for names, others in zip(main, self._synonyms, strict=True)]
        return NameIndex(names, members, n_main=4, is_series=self._frame["type"] == "TV")

    @cached_property
    def _ids(self) -> dict[str, int | None]:
        """The id of the only title with each folded name, None where several titles have it."""
        names = [(*names, *others) for names, others in zip(self._best_known, self._synonyms, strict=True)]
        folded = iter(fold_names([name for names_of_title in names for name in names_of_title]))
        ids: dict[str, int | None] = {}
        for anime_id, names_of_title in zip(self._frame["anime_id"].tolist(), names, strict=True):
            for _ in names_of_title:
                name = next(folded)
                if ids.setdefault(name, anime_id) != anime_id:
                    ids[name] = None
        return ids | {"": None}

    def id_of(self, name: str) -> int | None:
        """Return the id of the only title with this name, None if none or several have it; see `fold_name`."""
        return self._ids.get(fold_name(name))
