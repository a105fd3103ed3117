"""Forms of tables: which columns tell which fields, and how a table is recognised by its columns."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from ...errors import DataError

MAX_SHOWN = 80


@dataclass(frozen=True)
class Form:
    """A kind of table that is known.

    Attributes
    ----------
    name
        The name of such a table, for messages.
    required, optional
        The column that tells a field, by field. Every table of this form has the required ones.
    separator
        What separates the items of a list in a cell.
    names
        The fields whose cells are names even where they look like numbers.
    """

    name: str
    required: Mapping[str, str]
    optional: Mapping[str, str] = field(default_factory=dict)
    separator: str = ","
    names: tuple[str, ...] = ()

    @property
    def columns(self) -> dict[str, str]:
        """All columns, by field."""
        return {**self.required, **self.optional}

    def fits(self, columns: Collection[str]) -> bool:
        """Return whether a table with these columns has all that are required."""
        return set(self.required.values()) <= set(columns)

    def n_told(self, columns: Collection[str]) -> int:
        """Return how many fields a table with these columns tells."""
        return sum(column in columns for column in self.columns.values())


def form_of(forms: Sequence[Form], columns: Sequence[str]) -> Form | None:
    """Return the form of a table with these columns: of those that fit the one that reads most; None if none fits."""
    fitting = [form for form in forms if form.fits(columns)]
    return max(fitting, key=lambda form: form.n_told(columns)) if fitting else None


def recognise(forms: Sequence[Form], columns: Sequence[str], header: str) -> Form:
    """Return the form of a table with these columns.

    Raises `DataError`, which names the columns that the nearest form needs and the table lacks, if no form fits.
    ``header`` says where the columns stand.
    """
    if form := form_of(forms, columns):
        return form
    nearest = max(forms, key=lambda form: sum(map(columns.__contains__, form.required.values())) / len(form.required))
    missing = [repr(column) for column in nearest.required.values() if column not in columns]
    others = [f"{', '.join(form.required.values())} ({form.name})" for form in forms if form is not nearest]
    raise DataError(
        f"{header}: no column {', '.join(missing)}. Found {listed(columns)}; "
        f"expected {expected(nearest)}." + (f" Other known tables have {'; '.join(others)}." if others else "")
    )


def expected(form: Form) -> str:
    """Return the columns that a form requires, for a message."""
    return ", ".join(form.required.values())


def listed(names: Sequence[str]) -> str:
    """Return names for a message: the first of them, shortened."""
    shown = ", ".join(f"{name!r:.{MAX_SHOWN}}" for name in names[:20]) or "an empty file"
    return shown + (f" and {len(names) - 20:,} more" if len(names) > 20 else "")
