"""A series gets the name in kana by which only its films are called."""

from core.data.names.series_names import series_names

FILMS = [["Uchi Film: A", "Home Film: A", "ウチ フィルム A"], ["Uchi Film: B", "", "ウチ フィルム B"], ["Uchi Special"]]
TITLES = [["Uchi", "Home", "UCHI"], *FILMS, ["Uchi Film: C", "ウチ 総集編"], ["Other", "", "ウチ"]]


def test_series_has_the_word_with_which_its_films_begin() -> None:
    assert series_names(TITLES, [900, 90, 80, 70, 60, 50]) == {0: "ウチ"}


def test_no_film_is_taken_for_a_series() -> None:
    assert series_names(TITLES, [85, 90, 80, 70, 60, 50]) == {}  # a film is better known
    assert series_names(TITLES[:3], [900, 90, 80]) == {}  # too few to tell
    assert series_names([[], [""], *TITLES[1:]], [0] * 7) == {}
    assert series_names([], []) == {}
