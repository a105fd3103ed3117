"""Details of the titles from several sources, joined into the table that `Catalogue.read` takes as ``titles``."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ...disk import write_file
from ...errors import InputError
from ..catalogue import Catalogue
from ..catalogue_columns import COLUMNS as CATALOGUE_COLUMNS
from ..catalogue_columns import DETAILS, NumberColumn
from ..names.folding import fold_name
from ..reading.table_forms import DETAILS_OF_TITLES
from ..reading.title_tables import read_titles
from ..tables.sources import open_source
from .studio_names import spell_studios, spellings_of

COLUMNS = list(DETAILS)
MAX_SYNONYMS = 20


@dataclass(frozen=True)
class TitleDetails:
    """Details of the titles of a catalogue from one source: a file, with its date if it states one.

    ``frame`` has the index ``anime_id`` and the columns `DETAILS`, every cell as text, ``""`` for
    unknown. ``left_out`` counts what was left out, by reason.
    """

    source: str
    frame: pd.DataFrame
    left_out: dict[str, int]


@dataclass(frozen=True)
class JoinedDetails:
    """Details from several sources in one table.

    ``frame`` is as in `TitleDetails`, with one row for each title of the catalogue, in its order.
    ``cell_counts`` has the number of cells from each source: one row a source, the columns
    `DETAILS`. ``left_out`` counts what was left out, by source and reason.
    """

    frame: pd.DataFrame
    cell_counts: pd.DataFrame
    left_out: dict[str, dict[str, int]]

    def write(self, path: str | Path, inputs: Iterable[str | Path] = ()) -> None:
        """Write a CSV file that `Catalogue.read` takes as ``titles``. After a failure an older file is unchanged.

        Raises `InputError` if ``path`` is one of ``inputs``, and `OutputError` if it can't be written.
        """
        refuse_input(path, inputs)
        write_file(path, self.frame.to_csv(lineterminator="\n"))


def refuse_input(path: str | Path, inputs: Iterable[str | Path]) -> None:
    """Raise `InputError` if writing ``path`` would overwrite one of ``inputs``."""
    for source in map(Path, inputs):
        if Path(path).exists() and source.exists() and source.samefile(path):
            raise InputError(f"{path}: is also read, as {source}; choose another name for the output.")


def read_details(path: str | Path, catalogue: Catalogue) -> TitleDetails:
    """Return the details in a table like the one that `Catalogue.read` takes as ``titles``. Raises `DataError`."""
    frame = read_titles(open_source(path, DETAILS_OF_TITLES))
    known = _as_text(frame[frame["anime_id"].isin(catalogue.anime_ids)])
    left_out = Counter({"titles that the catalogue lacks": len(frame) - len(known)})
    known["related_ids"] = [related_ids(cell.split("|"), catalogue, left_out) for cell in known["related_ids"]]
    return TitleDetails(str(path), known, +left_out)


def details_of(catalogue: Catalogue) -> TitleDetails:
    """Return the details that a catalogue has already."""
    return TitleDetails("the catalogue", _as_text(catalogue.frame), {})


def with_types(details: pd.DataFrame) -> pd.DataFrame:
    """Return details, every cell a text, with the types of a catalogue's columns."""
    numbers = [name for name in COLUMNS if isinstance(CATALOGUE_COLUMNS[name], NumberColumn)]
    return details.astype(str).assign(**{name: pd.to_numeric(details[name]).astype(float) for name in numbers})


def _as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the details in a table with the column ``anime_id``: see `TitleDetails`."""
    details = frame.set_index("anime_id").reindex(columns=COLUMNS)
    for name in COLUMNS:
        if isinstance(CATALOGUE_COLUMNS[name], NumberColumn):
            details[name] = details[name].map(lambda number: f"{number:.0f}", na_action="ignore")
    return details.astype(object).fillna("")


def related_ids(ids: Iterable[str], catalogue: Catalogue, left_out: Counter[str]) -> str:
    """Return the ids that the catalogue has, joined by ``|``, and count the others in ``left_out``."""
    ids = [anime_id for anime_id in ids if anime_id]
    known = [anime_id for anime_id in ids if int(anime_id) in catalogue]
    left_out["related ids that the catalogue lacks"] += len(ids) - len(known)
    return "|".join(known)


def join_details(catalogue: Catalogue, sources: Sequence[TitleDetails]) -> JoinedDetails:
    """Join sources: each cell comes from the first source that knows it.

    Synonyms that repeat another name of their title (see `fold_name`) are removed. So are those after
    the first `MAX_SYNONYMS`, which are counted as left out. A studio is spelled as in the first source that has it.
    """
    # Fill unknown cells from one source after the other; `filled` marks the new cells of each: [titles, columns].
    index = pd.Index(catalogue.anime_ids, name="anime_id")
    joined = pd.DataFrame("", index=index, columns=COLUMNS, dtype=object)
    filled = []
    for source in sources:
        details = source.frame.reindex(index=index, fill_value="")
        filled.append((joined == "") & (details != ""))
        joined = joined.mask(filled[-1], details)

    # Each studio as the first source spells it.
    spellings = spellings_of(cell for source in sources for cell in source.frame["studios"])
    joined["studios"] = [spell_studios(cell, spellings) for cell in joined["studios"]]

    # Synonyms of each title, and how many of them are too many.
    names = zip(catalogue.frame["name"], joined["english"], joined["japanese"], joined["synonyms"], strict=True)
    synonyms = [_new_synonyms(others, (name, english, japanese)) for name, english, japanese, others in names]
    joined["synonyms"] = ["|".join(row[:MAX_SYNONYMS]) for row in synonyms]
    surplus = pd.Series([max(len(row) - MAX_SYNONYMS, 0) for row in synonyms], index=index)

    # Counts for the summary. A cell whose synonyms are all removed counts for no source.
    cell_counts = pd.DataFrame([(cells & (joined != "")).sum() for cells in filled], columns=COLUMNS)
    cell_counts.index = pd.Index([source.source for source in sources])
    left_out = {}
    for source, cells in zip(sources, filled, strict=True):
        reason = f"synonyms after the first {MAX_SYNONYMS} of a title"
        counts = Counter(source.left_out | {reason: int(surplus[cells["synonyms"]].sum())})
        left_out[source.source] = dict(+counts)  # without zeros
    return JoinedDetails(joined, cell_counts, left_out)


def _new_synonyms(synonyms: str, names: Iterable[str]) -> list[str]:
    """Return the synonyms that differ from the names and from each other."""
    seen = {fold_name(name) or name for name in names}
    distinct = []
    for synonym in synonyms.split("|"):
        folded = fold_name(synonym) or synonym
        if folded and folded not in seen:
            seen.add(folded)
            distinct.append(synonym)
    return distinct
