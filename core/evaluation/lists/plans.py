"""Plans: which titles users plan to see, read from a table."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import sparse

from ...data.catalogue import Catalogue
from ...data.reading.rating_tables import ReadReport
from ...data.tables.forms import Form, recognise
from ...data.tables.sources import open_source
from ...data.tables.table import Table
from ...errors import DataError
from ...numerics.arrays import Int64

FORM = Form("a table of planned titles", {"user": "user_id", "anime_id": "anime_id"})


@dataclass(frozen=True)
class Plans:
    """The titles that users plan to see.

    Attributes
    ----------
    user_ids
        Ascending, int64 [n].
    titles
        CSR float32 [n, n_titles]: 1 for a planned title.
    report
        How many rows were dropped, and why.
    """

    user_ids: Int64
    titles: sparse.csr_array
    report: ReadReport

    @classmethod
    def read(cls, path: str | Path, catalogue: Catalogue) -> "Plans":
        """Return the plans in a table with the columns ``user_id`` and ``anime_id``, a row for each planned title.

        Rows of unknown titles and repeated rows are dropped and counted. Raises `DataError`, which names file, line,
        column, what was found and expected, for a wrong table or one without a known title.
        """
        source = open_source(Path(path), [FORM])
        tables = list(Table.parts(source, recognise([FORM], source.columns, source.header), texts=()))
        users = np.concatenate([table.ids("user", minimum=0) for table in tables])
        positions = catalogue.positions(np.concatenate([table.ids("anime_id") for table in tables]))
        known = positions >= 0
        if not known.any():
            raise DataError(
                f"{source}: none of its {len(known):,} rows plans a title of the catalogue. Expected plans and "
                "catalogue of the same site, with MyAnimeList ids."
            )
        user_ids, rows = np.unique(users[known], return_inverse=True)
        cells = np.unique(rows * len(catalogue) + positions[known])
        row, column = np.divmod(cells, len(catalogue))
        titles = sparse.csr_array(
            (np.ones(len(cells), dtype=np.float32), column, np.searchsorted(row, np.arange(len(user_ids) + 1))),
            shape=(len(user_ids), len(catalogue)),
        )
        report = ReadReport(len(known), int((~known).sum()), int(known.sum()) - len(cells))
        return cls(user_ids, titles, report)

    def of(self, user_ids: Int64) -> sparse.csr_array:
        """Return the plans of these users, all among `user_ids`, CSR float32 [n, n_titles]."""
        return self.titles[np.searchsorted(self.user_ids, user_ids)]
