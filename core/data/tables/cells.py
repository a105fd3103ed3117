"""Texts in the cells of tables: without HTML entities, known or not, single or lists."""

import html
import re

UNKNOWN = ("", "unknown")
"""Cells that mean unknown, in small letters: Kaggle's files write ``Unknown`` or ``UNKNOWN``."""

QUOTED = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\"""", re.DOTALL)


def clean_text(cell: str) -> str:
    """Return the text of a cell without HTML entities and outer blanks."""
    return html.unescape(cell).strip()


def known_text(cell: str) -> str:
    """Return the text of a cell, ``""`` if it means unknown."""
    text = clean_text(cell)
    return "" if text.lower() in UNKNOWN else text


def list_items(cell: str, separator: str) -> list[str]:
    """Return the known items in a cell: joined by a separator, or a list as Python writes it."""
    cell, items = cell.strip(), cell.split(separator)
    if cell.startswith("[") and cell.endswith("]"):
        quoted = [single or double for single, double in QUOTED.findall(cell)]
        items = [re.sub(r"\\(.)", r"\1", item) for item in quoted] if quoted else cell[1:-1].split(separator)
    return [item for item in map(known_text, items) if item]
