import pytest

from core.data.tables.cells import known_text, list_items


@pytest.mark.parametrize(
    ("cell", "items"),
    [
        ("Action, Sci-Fi", ["Action", "Sci-Fi"]),
        ("['Action', 'Sci-Fi']", ["Action", "Sci-Fi"]),
        ("[\"Girls' Love\", 'He said \"no\"', 'it\\'s']", ["Girls' Love", 'He said "no"', "it's"]),
        ("['Action' 'Sci-Fi']", ["Action", "Sci-Fi"]),  # an array of numpy
        ("[Action, Sci-Fi]", ["Action", "Sci-Fi"]),
        ("['Action', 'UNKNOWN', '']", ["Action"]),
        ("['Ecchi &amp; more']", ["Ecchi & more"]),
        *[(cell, []) for cell in ("", " , ", "UNKNOWN", "[]", "['']", "Unknown")],
        ("[Action", ["[Action"]),
        ("[__import__('os').system('x')]", ["os", "x"]),  # text, never code
    ],
)
def test_lists_are_read_as_kaggle_and_python_write_them(cell: str, items: list[str]) -> None:
    assert list_items(cell, ",") == items


def test_unknown_is_known_in_any_case() -> None:
    assert [known_text(cell) for cell in ("UNKNOWN", " Unknown ", "unknown", "", "Unknown Title")] == [
        *[""] * 4, "Unknown Title",
    ]  # fmt: skip
