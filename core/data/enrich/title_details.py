"""What several sources know of the titles, joined into the table that `Catalogue.read` takes."""

import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ...errors import InputError
from ..catalogue import TITLES_COLUMNS, Catalogue, read_titles
from ..name_search import fold_name

MAX_SYNONYMS = 20


@dataclass(frozen=True)
class TitleDetails:
    """What one source knows of the titles of a catalogue.

    Attributes
    ----------
    source
        The file, and of which day it is if it says.
    frame
        Index ``anime_id``, columns as `TITLES_COLUMNS`, every cell as text, ``""`` for unknown.
    left_out
        How many of what were not taken.
    """

    source: str
    frame: pd.DataFrame
    left_out: dict[str, int]


@dataclass(frozen=True)
class JoinedDetails:
    """Several sources as one table.

    Attributes
    ----------
    frame
        One row for each title of the catalogue, in its order; otherwise as in `TitleDetails`.
    given
        How many cells come from where: a row for each source, columns as `TITLES_COLUMNS`.
    left_out
        How many of what were not taken, by source.
    """

    frame: pd.DataFrame
    given: pd.DataFrame
    left_out: dict[str, dict[str, int]]

    def write(self, path: str | Path, inputs: Iterable[str | Path] = ()) -> None:
        """Write a CSV file that `Catalogue.read` takes as ``titles``: the old file stays, or the new one is whole.

        Raises
        ------
        InputError
            ``path`` is one of ``inputs``, or nothing can be written there.
        """
        path = Path(path)
        refuse_input(path, inputs)
        partial = None
        try:
            path.absolute().parent.mkdir(parents=True, exist_ok=True)
            handle, partial = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.absolute().parent)
            os.fchmod(handle, 0o644)  # readable for others, as files are and temporary ones are not
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
                self.frame.to_csv(stream, lineterminator="\n")
            Path(partial).replace(path)
        except OSError as error:
            raise InputError(f"{path}: {error.strerror}. Expected the name of a file to write.") from error
        finally:
            if partial is not None:
                Path(partial).unlink(missing_ok=True)


def refuse_input(path: str | Path, inputs: Iterable[str | Path]) -> None:
    """Raise `InputError` if writing ``path`` would overwrite one of ``inputs``."""
    for given in map(Path, inputs):
        if Path(path).exists() and given.exists() and given.samefile(path):
            raise InputError(f"{path}: is also read, as {given}; choose another name for what is written.")


def read_details(path: str | Path, catalogue: Catalogue) -> TitleDetails:
    """A table like the one that `Catalogue.read` takes as ``titles``. Raises `DataError`."""
    raw = read_titles(path)
    frame = raw.set_index("anime_id").reindex(columns=list(TITLES_COLUMNS))
    frame["year"] = frame["year"].map(lambda year: f"{year:.0f}", na_action="ignore")
    here = frame[frame.index.isin(catalogue.anime_ids)].astype(object).fillna("")
    left_out = Counter({"titles that the catalogue lacks": len(frame) - len(here)})
    here["related_ids"] = [related_ids(cell.split("|"), catalogue, left_out) for cell in here["related_ids"]]
    return TitleDetails(str(path), here, +left_out)


def related_ids(ids: Iterable[str], catalogue: Catalogue, left_out: Counter[str]) -> str:
    """Ids, joined by ``|``, without those that the catalogue lacks, which are counted."""
    ids = [anime_id for anime_id in ids if anime_id]
    here = [anime_id for anime_id in ids if int(anime_id) in catalogue]
    left_out["related ids that the catalogue lacks"] += len(ids) - len(here)
    return "|".join(here)


def join_details(catalogue: Catalogue, sources: Sequence[TitleDetails]) -> JoinedDetails:
    """Sources as one: of each cell, what the first source says that knows it.

    Of the synonyms, those go that the title's other names repeat (see `fold_name`), and those after
    the first `MAX_SYNONYMS`, which are counted.
    """
    index = pd.Index(catalogue.anime_ids, name="anime_id")
    joined = pd.DataFrame("", index=index, columns=list(TITLES_COLUMNS), dtype=object)
    news = []
    for source in sources:
        known = source.frame.reindex(index=index, fill_value="")
        news.append((joined == "") & (known != ""))
        joined = joined.mask(news[-1], known)
    names = zip(catalogue.frame["name"], joined["english"], joined["japanese"], joined["synonyms"], strict=True)
    others = [_without((name, english, japanese), synonyms) for name, english, japanese, synonyms in names]
    joined["synonyms"] = ["|".join(those[:MAX_SYNONYMS]) for those in others]
    beyond = pd.Series([max(len(those) - MAX_SYNONYMS, 0) for those in others], index=index)
    given = pd.DataFrame([(new & (joined != "")).sum() for new in news], columns=list(TITLES_COLUMNS))
    left_out = {
        source.source: source.left_out
        | {f"synonyms after the first {MAX_SYNONYMS} of a title": int(beyond[new["synonyms"]].sum())}
        for source, new in zip(sources, news, strict=True)
    }
    given.index = pd.Index([source.source for source in sources])
    return JoinedDetails(joined, given, {name: dict(+Counter(counts)) for name, counts in left_out.items()})


def _without(names: Iterable[str], synonyms: str) -> list[str]:
    """The synonyms that differ from these names and from each other."""
    seen = {fold_name(name) or name for name in names}
    kept = []
    for synonym in synonyms.split("|"):
        folded = fold_name(synonym) or synonym
        if folded and folded not in seen:
            seen.add(folded)
            kept.append(synonym)
    return kept
