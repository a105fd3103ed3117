"""Factors are named by what is in them: turned round, moved or replaced, their names follow."""

from dataclasses import replace

import numpy as np
import pytest
from small_data import ROOT

from core import Catalogue, Filters, Model
from core.heads.item_factors import ItemFactors
from core.insight.factor_meanings import FactorEnd, FactorMeaning, meanings
from core.insight.traits import OPPOSITES, Trait


@pytest.fixture(scope="module")
def bundled() -> Model:
    return Model.load(ROOT / "core" / "bundled")


@pytest.fixture(scope="module")
def leading(bundled: Model) -> list[FactorMeaning]:
    return meanings(bundled.ranker.factors, bundled.catalogue, bundled.franchises.numbers)


def told(factors: ItemFactors, catalogue: Catalogue, count: int = 12) -> list[FactorMeaning]:
    return meanings(factors, catalogue, np.arange(len(catalogue)), count)


def names(found: list[FactorMeaning]) -> list[tuple[str, str]]:
    return [(one.ends[0].name, one.ends[1].name) for one in found]


def planted(catalogue: Catalogue, *columns: np.ndarray, noise: float = 0.1) -> ItemFactors:
    """Factors along these columns, and others of noise, over all titles."""
    random = np.random.default_rng(0)
    v = np.column_stack([*columns, *random.normal(size=(4, len(catalogue)))]).astype(np.float32)
    sigma = np.r_[np.ones(len(columns)), np.full(4, noise)].astype(np.float32)
    return ItemFactors(len(catalogue), np.arange(len(catalogue), dtype=np.int32), v, sigma)


def has(catalogue: Catalogue, genre: str) -> np.ndarray:
    return np.where(catalogue.genre_matrix[:, catalogue.genres.index(genre)], 1.0, -1.0)


def test_what_was_planted_is_found(catalogue: Catalogue) -> None:
    film = np.where(catalogue.frame["type"] == "Movie", 1.0, -1.0)
    first, second = told(planted(catalogue, has(catalogue, "Comedy"), film), catalogue, 2)
    assert first.ends[1].traits[0].value == "Comedy"
    assert "Comedy" not in first.ends[0].genres
    assert all("Comedy" in title.genres for title in first.ends[1].titles)
    assert (second.ends[1].traits[0].kind, second.ends[1].traits[0].value) == ("type", "Movie")
    assert second.ends[0].traits[0].value == "TV"


def test_numbers_have_a_word_at_either_end(catalogue: Catalogue) -> None:
    fame = np.where(catalogue.members > np.median(catalogue.members), 1.0, -1.0)
    (first,) = told(planted(catalogue, fame), catalogue, 1)
    assert [end.traits[0].value for end in first.ends] == ["less known", "better known"]
    known = np.nan_to_num(catalogue.frame["year"].to_numpy(dtype=np.float64), nan=2005) - 2005
    (first,) = told(planted(catalogue, known, noise=0.01), catalogue, 1)
    assert first.ends[0].years == (2001, 2001, 2001)  # 4² of the energy against 2²
    assert first.ends[1].years == (2013, 2013, 2013)


def test_noise_has_no_name_but_its_titles(catalogue: Catalogue) -> None:
    end = FactorEnd(told(planted(catalogue), catalogue, 1)[0].ends[0].titles, None, ())
    assert end.name == "like " + ", ".join(title.label for title in end.titles[:3])
    assert FactorEnd((), None, ()).name == ""


def test_the_strengths_are_those_of_the_formula(catalogue: Catalogue) -> None:
    factors = planted(catalogue, has(catalogue, "Comedy"), has(catalogue, "Drama") + np.linspace(-1, 2, 60), noise=0.5)
    found = told(factors, catalogue, 2)
    rows = factors.v.astype(float) * factors.singular_values
    allowed = Filters().mask(catalogue)[factors.columns]
    energy = np.square(rows).sum(axis=1)
    checked = 0
    for one in found:
        along = rows[:, one.index] / np.sqrt(energy)
        along -= np.average(along, weights=energy)
        for sign, end in zip((-1, 1), one.ends, strict=True):
            for trait in (trait for trait in end.traits if trait.kind == "genre"):
                e = energy[allowed]
                z = catalogue.genre_matrix[factors.columns, catalogue.genres.index(trait.value)][allowed]
                z = z - np.average(z, weights=e)
                spread = np.sqrt(np.cov(along[allowed], aweights=e, ddof=0))
                towards = sign * np.sum(e * z * along[allowed]) / (spread * np.sqrt(np.sum(e**2 * z**2)))
                p = e * np.maximum(sign * along[allowed], 0) ** 2
                within = np.sum(p * z) / np.sqrt(np.average(z**2, weights=e) * np.sum(p**2))
                assert trait.strength == pytest.approx(min(towards, within), rel=1e-3)
                checked += 1
    assert checked >= 2


@pytest.mark.parametrize("which", [[0], [1, 3], list(range(12))])
def test_a_factor_that_is_turned_round_swaps_its_ends(model: Model, catalogue: Catalogue, which: list[int]) -> None:
    factors = model.ranker.factors
    signs = np.where(np.isin(np.arange(12), which), -1, 1)
    for before, after in zip(
        told(factors, catalogue), told(replace(factors, v=factors.v * signs.astype(np.float16)), catalogue), strict=True
    ):
        low, high = before.ends[::-1] if before.index in which else before.ends
        assert after.ends[0].titles == low.titles
        assert [trait.value for trait in after.ends[1].traits] == [trait.value for trait in high.traits]


def test_names_move_with_their_factors_and_go_with_their_model(model: Model, textbook: Model) -> None:
    catalogue, factors = model.catalogue, model.ranker.factors
    order = np.roll(np.arange(12), 5)
    moved = ItemFactors(factors.n_items, factors.columns, factors.v[:, order], factors.singular_values[order])
    plain = names(told(factors, catalogue))
    assert names(told(moved, catalogue)) == [plain[at] for at in order]
    assert len(set(plain)) == 12
    assert names(told(textbook.ranker.factors, catalogue)) != plain


def test_energies_are_shares_of_all_factors(model: Model) -> None:
    found = told(model.ranker.factors, model.catalogue, 50)
    assert [one.index for one in found] == list(range(12))
    assert sum(one.share for one in found) == pytest.approx(1)
    assert [one.singular_value for one in found] == model.singular_values.tolist()


def test_one_title_of_a_franchise_the_best_known_that_is_allowed(model: Model, catalogue: Catalogue) -> None:
    franchises = np.arange(len(catalogue)) // 6
    for one in meanings(model.ranker.factors, catalogue, franchises):
        for end in one.ends:
            shown = [catalogue.position(title.anime_id) for title in end.titles]
            assert len({at // 6 for at in shown}) == len(shown)
            assert all(at % 6 == 0 or at in (19, 20) for at in shown)  # members fall along the catalogue
    assert not Filters().mask(catalogue)[[7, 19, 31]].any()


def test_adult_titles_name_an_end_that_is_mostly_theirs_and_are_never_shown(catalogue: Catalogue) -> None:
    adult = has(catalogue, "Hentai")
    (first,) = told(planted(catalogue, adult), catalogue, 1)
    assert first.ends[1].named[0].value == "Hentai"
    shown = [title for end in first.ends for title in end.titles]
    assert shown
    assert not any("Hentai" in title.genres for title in shown)
    dated = Catalogue(catalogue.frame.assign(year=np.where(adult > 0, 1990.0, 2010.0)))
    (first,) = told(planted(dated, np.where(np.arange(60) < 2, 1.0, adult)), dated, 1)
    assert [title.anime_id for title in first.ends[1].titles] == [100, 101]
    assert first.ends[1].years == (2010, 2010, 2010)  # of the titles that remain


def test_names_are_genres_that_are_seen_before_numbers(model: Model) -> None:
    titles = tuple(model.catalogue.title(at) for at in range(6))
    genre = next(name for name in model.catalogue.genres if sum(name in title.genres for title in titles) >= 3)
    unseen = Trait("genre", "Space", 9.0)
    numbers = (
        Trait("fame", "less known", 5.0, 10**9),
        Trait("rating", "rated higher", 3.0, 0.0),
        Trait("era", "older", 2.5, 3000.0),
    )
    assert FactorEnd(titles, None, (unseen, *numbers, Trait("genre", genre, 2.0))).name == f"less known, {genre}"
    assert FactorEnd(titles, None, (unseen, *numbers)).name == "less known, rated higher"
    fourth = sorted(title.members for title in titles)[3]
    for median, name in ((fourth, ""), (fourth + 1, "less known")):  # three of six, then four
        assert (
            ", ".join(
                trait.value for trait in FactorEnd(titles, None, (Trait("fame", "less known", 5.0, median),)).named
            )
            == name
        )


def test_a_number_is_borne_on_its_side_of_the_median(model: Model) -> None:
    title = replace(model.catalogue.title(0), type="TV", year=2008, episodes=26, mean_rating=8.0)
    sides = [
        [Trait(kind, word, 3.0, median).holds_for(title) for word in OPPOSITES[kind]]
        for kind, median in (("era", 2008), ("era", 2009), ("length", 2), ("length", 1), ("rating", 7.9))
    ]
    assert sides == [[False, False], [True, False], [False, False], [False, True], [False, True]]
    film, unknown = replace(title, type="Movie"), replace(title, year=None)
    assert not Trait("length", "longer", 3.0, 1).holds_for(film)
    assert not Trait("era", "older", 3.0, 2009).holds_for(unknown)
    assert Trait("type", "Movie", 3.0).holds_for(film)


def test_the_medians_are_by_energy(catalogue: Catalogue) -> None:
    known = np.nan_to_num(catalogue.frame["year"].to_numpy(dtype=np.float64), nan=2005) - 2005
    factors = planted(catalogue, known, noise=0.01)
    (first,) = told(factors, catalogue, 1)
    energy = np.square(factors.v * factors.singular_values).sum(axis=1)
    for trait in (trait for end in first.ends for trait in end.traits if trait.kind == "era"):
        years = catalogue.frame["year"].to_numpy(dtype=np.float64)
        counted = ~np.isnan(years) & Filters().mask(catalogue)
        below = energy[counted & (years < trait.median)].sum() / energy[counted].sum()
        above = energy[counted & (years > trait.median)].sum() / energy[counted].sum()
        assert below <= 0.5 >= above


def test_titles_that_bear_the_name_go_first(leading: list[FactorMeaning]) -> None:
    for end in (end for one in leading for end in one.ends):
        for trait in end.named:
            borne = sum(trait.holds_for(title) for title in end.titles)
            assert borne > 3 if trait.kind in OPPOSITES else borne >= 3
    third, sixth, tenth = (leading[at].ends for at in (2, 5, 9))
    assert not [trait for end in (third[0], sixth[0]) for trait in end.named if trait.value == "less known"]
    assert all(title.type == "Movie" for title in tenth[0].titles)


def test_the_bundled_factors_are_what_they_look_like(leading: list[FactorMeaning]) -> None:
    assert [end.traits[0].value for end in leading[0].ends] == ["less known", "better known"]
    assert [end.traits[0].value for end in leading[1].ends] == ["newer", "older"]
    low, high = (end.years for end in leading[1].ends)
    assert low is not None
    assert high is not None
    assert high[1] < low[1]
    assert leading[4].ends[1].genres[0] == "Shoujo"
    assert sum(bool(end.named) for one in leading for end in one.ends) >= 20
    for one in leading:
        for end in one.ends:
            assert len(end.titles) == 6
            assert len([trait for trait in end.named if trait.kind in OPPOSITES]) <= 2
            assert all("Hentai" not in title.genres for title in end.titles)
            assert "Hentai" not in end.genres  # 6 % of the first factor's low end, less of any other
            assert np.median([title.members for title in end.titles]) > 50_000
