import pytest

from core.data.enrich.studio_names import capitalise, spell_studios, spellings_of


@pytest.mark.parametrize(
    ("small", "expected"),
    [
        ("kyoto animation|a-1 pictures", "Kyoto Animation|A-1 Pictures"),
        ("j.c.staff", "J.C.Staff"),
        ("brain's base", "Brain's Base"),
        ("8bit", "8bit"),
        ("", ""),
    ],
)
def test_words_get_capitals(small: str, expected: str) -> None:
    assert capitalise(small) == expected


def test_studio_is_spelled_as_the_first_source_does() -> None:
    spellings = spellings_of(["ufotable|MAPPA", "", "Mappa|P.A. Works"])
    assert spell_studios("Ufotable|Mappa|P.A.Works|New", spellings) == "ufotable|MAPPA|P.A. Works|New"
    assert spell_studios("MAPPA|Mappa", spellings) == "MAPPA"
    assert spell_studios("", spellings) == ""
