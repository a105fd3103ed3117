"""Factors are named by their titles: names follow factors that change sign, order or model."""

from dataclasses import replace

import numpy as np
import pytest
from small_data import ROOT

from core import Catalogue, Filters, Model
from core.heads.item_factors import ItemFactors
from core.heads.stored_rows import StoredRows
from core.insight.factor_meanings import FactorEnd, FactorMeaning, meanings
from core.insight.traits import OPPOSITES, Trait


@pytest.fixture(scope="module")
def bundled() -> Model:
    return Model.load(ROOT / "core" / "bundled")


@pytest.fixture(scope="module")
def leading(bundled: Model) -> list[FactorMeaning]:
    return meanings(bundled.ranker.factors, bundled.catalogue, bundled.franchises.numbers)


def meanings_of(factors: ItemFactors, catalogue: Catalogue, count: int = 12) -> list[FactorMeaning]:
    return meanings(factors, catalogue, np.arange(len(catalogue)), count)


def names(factors: list[FactorMeaning]) -> list[tuple[str, str]]:
    return [(factor.ends[0].name, factor.ends[1].name) for factor in factors]


def planted(catalogue: Catalogue, *columns: np.ndarray, noise: float = 0.1) -> ItemFactors:
    """Return factors with these columns, and four of noise."""
    random = np.random.default_rng(0)
    v = np.column_stack([*columns, *random.normal(size=(4, len(catalogue)))]).astype(np.float32)
    sigma = np.r_[np.ones(len(columns)), np.full(4, noise)].astype(np.float32)
    return ItemFactors(len(catalogue), np.arange(len(catalogue), dtype=np.int32), StoredRows.plain(v), sigma)


def has(catalogue: Catalogue, genre: str) -> np.ndarray:
    return np.where(catalogue.genre_matrix[:, catalogue.genres.index(genre)], 1.0, -1.0)


def test_planted_traits_name_the_ends(catalogue: Catalogue) -> None:
    film = np.where(catalogue.frame["type"] == "Movie", 1.0, -1.0)
    first, second = meanings_of(planted(catalogue, has(catalogue, "Comedy"), film), catalogue, 2)
    assert first.ends[1].traits[0].value == "Comedy"
    assert "Comedy" not in first.ends[0].genres
    assert all("Comedy" in title.genres for title in first.ends[1].titles)
    assert (second.ends[1].traits[0].kind, second.ends[1].traits[0].value) == ("type", "Movie")
    assert second.ends[0].traits[0].value == "TV"


def test_numbers_have_a_word_at_both_ends(catalogue: Catalogue) -> None:
    fame = np.where(catalogue.members > np.median(catalogue.members), 1.0, -1.0)
    (first,) = meanings_of(planted(catalogue, fame), catalogue, 1)
    assert [end.traits[0].value for end in first.ends] == ["less known", "better known"]
    known = np.nan_to_num(catalogue.frame["year"].to_numpy(dtype=np.float64), nan=2005) - 2005
    (first,) = meanings_of(planted(catalogue, known, noise=0.01), catalogue, 1)
    assert first.ends[0].years == (2001, 2001, 2001)  # energy 4², against 2² in other years
    assert first.ends[1].years == (2013, 2013, 2013)


def test_an_end_without_traits_is_named_after_its_titles(catalogue: Catalogue) -> None:
    end = FactorEnd(meanings_of(planted(catalogue), catalogue, 1)[0].ends[0].titles, None, ())
    assert end.name == "like " + ", ".join(title.label for title in end.titles[:3])
    assert FactorEnd((), None, ()).name == ""


def test_strengths_follow_the_formula(catalogue: Catalogue) -> None:
    factors = planted(catalogue, has(catalogue, "Comedy"), has(catalogue, "Drama") + np.linspace(-1, 2, 60), noise=0.5)
    result = meanings_of(factors, catalogue, 2)
    rows = factors.v32.astype(float) * factors.singular_values
    allowed = Filters().mask(catalogue)[factors.columns]
    energy = np.square(rows).sum(axis=1)
    checked = 0
    for factor in result:
        loadings = rows[:, factor.index] / np.sqrt(energy)
        loadings -= np.average(loadings, weights=energy)
        for sign, end in zip((-1, 1), factor.ends, strict=True):
            for trait in (trait for trait in end.traits if trait.kind == "genre"):
                e = energy[allowed]
                z = catalogue.genre_matrix[factors.columns, catalogue.genres.index(trait.value)][allowed]
                z = z - np.average(z, weights=e)
                spread = np.sqrt(np.cov(loadings[allowed], aweights=e, ddof=0))
                along = sign * np.sum(e * z * loadings[allowed]) / (spread * np.sqrt(np.sum(e**2 * z**2)))
                p = e * np.maximum(sign * loadings[allowed], 0) ** 2
                within = np.sum(p * z) / np.sqrt(np.average(z**2, weights=e) * np.sum(p**2))
                assert trait.strength == pytest.approx(min(along, within), rel=1e-3)
                checked += 1
    assert checked >= 2


@pytest.mark.parametrize("which", [[0], [1, 3], list(range(12))])
def test_a_factor_of_the_other_sign_swaps_its_ends(model: Model, catalogue: Catalogue, which: list[int]) -> None:
    factors = model.ranker.factors
    signs = np.where(np.isin(np.arange(12), which), -1, 1)
    for before, after in zip(
        meanings_of(factors, catalogue),
        meanings_of(replace(factors, v=StoredRows.plain(factors.v32 * signs.astype(np.float32))), catalogue),
        strict=True,
    ):
        low, high = before.ends[::-1] if before.index in which else before.ends
        assert after.ends[0].titles == low.titles
        assert [trait.value for trait in after.ends[1].traits] == [trait.value for trait in high.traits]


def test_names_depend_on_the_factor_and_not_on_its_index(model: Model, textbook: Model) -> None:
    catalogue, factors = model.catalogue, model.ranker.factors
    order = np.roll(np.arange(12), 5)
    moved = replace(factors, v=StoredRows.plain(factors.v32[:, order]), singular_values=factors.singular_values[order])
    plain = names(meanings_of(factors, catalogue))
    assert names(meanings_of(moved, catalogue)) == [plain[index] for index in order]
    assert len(set(plain)) == 12
    assert names(meanings_of(textbook.ranker.factors, catalogue)) != plain


def test_shares_of_energy_sum_to_one(model: Model) -> None:
    factors = meanings_of(model.ranker.factors, model.catalogue, 50)
    assert [factor.index for factor in factors] == list(range(12))
    assert sum(factor.share for factor in factors) == pytest.approx(1)
    assert [factor.singular_value for factor in factors] == model.singular_values.tolist()


def test_only_the_best_known_allowed_title_of_a_franchise_is_shown(model: Model, catalogue: Catalogue) -> None:
    franchises = np.arange(len(catalogue)) // 6
    for factor in meanings(model.ranker.factors, catalogue, franchises):
        for end in factor.ends:
            shown = [catalogue.position(title.anime_id) for title in end.titles]
            assert len({position // 6 for position in shown}) == len(shown)
            assert all(
                position % 6 == 0 or position in (19, 20) for position in shown
            )  # members fall along the catalogue
    assert not Filters().mask(catalogue)[[7, 19, 31]].any()


def test_adult_titles_name_an_end_that_is_mostly_adult_and_are_never_shown(catalogue: Catalogue) -> None:
    adult = has(catalogue, "Hentai")
    (first,) = meanings_of(planted(catalogue, adult), catalogue, 1)
    assert first.ends[1].named[0].value == "Hentai"
    shown = [title for end in first.ends for title in end.titles]
    assert shown
    assert not any("Hentai" in title.genres for title in shown)
    dated = Catalogue(catalogue.frame.assign(year=np.where(adult > 0, 1990.0, 2010.0)))
    (first,) = meanings_of(planted(dated, np.where(np.arange(60) < 2, 1.0, adult)), dated, 1)
    assert [title.anime_id for title in first.ends[1].titles] == [100, 101]
    assert first.ends[1].years == (2010, 2010, 2010)  # of the other titles


def test_an_end_is_named_by_traits_of_its_titles_and_one_number(model: Model) -> None:
    titles = tuple(model.catalogue.title(position) for position in range(6))
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
        end = FactorEnd(titles, None, (Trait("fame", "less known", 5.0, median),))
        assert ", ".join(trait.value for trait in end.named) == name


def test_a_number_holds_for_titles_on_its_side_of_the_median(model: Model) -> None:
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


def test_medians_are_weighted_by_energy(catalogue: Catalogue) -> None:
    known = np.nan_to_num(catalogue.frame["year"].to_numpy(dtype=np.float64), nan=2005) - 2005
    factors = planted(catalogue, known, noise=0.01)
    (first,) = meanings_of(factors, catalogue, 1)
    energy = np.square(factors.v32 * factors.singular_values).sum(axis=1)
    for trait in (trait for end in first.ends for trait in end.traits if trait.kind == "era"):
        years = catalogue.frame["year"].to_numpy(dtype=np.float64)
        counted = ~np.isnan(years) & Filters().mask(catalogue)
        below = energy[counted & (years < trait.median)].sum() / energy[counted].sum()
        above = energy[counted & (years > trait.median)].sum() / energy[counted].sum()
        assert below <= 0.5 >= above


def test_titles_with_the_naming_traits_go_first(leading: list[FactorMeaning]) -> None:
    for end in (end for factor in leading for end in factor.ends):
        for trait in end.named:
            count = sum(trait.holds_for(title) for title in end.titles)
            assert count > 3 if trait.kind in OPPOSITES else count >= 3
    films = [end for factor in leading for end in factor.ends if [trait.value for trait in end.named] == ["Movie"]]
    assert all(title.type == "Movie" for end in films for title in end.titles)


def test_the_bundled_factors_have_sensible_names(leading: list[FactorMeaning]) -> None:
    assert [end.traits[0].value for end in leading[0].ends] == ["less known", "better known"]
    eras = {end.traits[0].value: end.years for end in leading[1].ends}
    assert eras["older"] is not None
    assert eras["newer"] is not None
    assert eras["older"][1] < eras["newer"][1]
    assert "Shoujo" in {genre for factor in leading for end in factor.ends for genre in end.genres[:1]}
    assert sum(bool(end.named) for factor in leading for end in factor.ends) >= 20
    for factor in leading:
        for end in factor.ends:
            assert len(end.titles) == 6
            assert len([trait for trait in end.named if trait.kind in OPPOSITES]) <= 2
            assert all("Hentai" not in title.genres for title in end.titles)
            assert "Hentai" not in end.genres  # 6 % of the first factor's low end, less of any other
            assert np.median([title.members for title in end.titles]) > 50_000
