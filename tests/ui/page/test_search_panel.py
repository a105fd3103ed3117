"""What the search box shows: titles to rate, titles to ask back for, filters, or that there is nothing."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from small_data import SMALL, catalogue_of

from core import Model, Ratings, train
from core.serving.model_source import ServedModel
from core.ui.page.search_panel import filter_offers, search_panel
from core.ui.page.state import PageState
from core.ui.page.visitor import Visitor
from core.ui.translations import texts_in


def visitor(model: Model, language: str = "en", **choices: object) -> Visitor:
    return Visitor(PageState(**choices), ServedModel(model, "a test", "", datetime.now(UTC), ""), texts_in(language))


def rateable(html: str) -> list[str]:
    return re.findall(r'<li data-id="\d+" data-name="([^"]*)"', html)


def guesses(html: str) -> list[str]:
    return re.findall(r'data-do="lookup" data-value="([^"]*)"', html)


def test_only_sure_titles_have_buttons_to_rate_them(model: Model) -> None:
    shown = search_panel("third show", visitor(model))
    assert rateable(shown)[0] == "Third Show"
    assert 'role="radiogroup"' in shown
    shown = search_panel("third show 2", visitor(model))
    assert (rateable(shown), guesses(shown)[0]) == ([], "Third Show")
    assert "Did you mean" in shown
    assert "radio" not in shown
    assert rateable(search_panel(guesses(shown)[0], visitor(model)))[0] == "Third Show"


def test_panel_says_with_which_season_the_catalogue_ends(model: Model) -> None:
    for query in ("no such title", "third show 2"):
        assert "is not in this catalogue, which ends with 2013." in search_panel(query, visitor(model))
    assert "は2013年までのこのカタログにありません" in search_panel("no such title", visitor(model, "ja"))
    assert "not in this" not in search_panel("third show", visitor(model))
    assert search_panel("", visitor(model)).strip() == ""


def test_adult_titles_are_found_only_by_who_asked_for_them(model: Model) -> None:
    adult = model.catalogue.title(int(model.catalogue.is_adult.nonzero()[0][0]))
    assert "Hentai" in adult.genres
    for choices, is_found in (({}, False), ({"adult": True}, True), ({"genres": ("Hentai",)}, True)):
        shown = search_panel(adult.name, visitor(model, **choices))
        assert (f'data-id="{adult.anime_id}"' in shown) is is_found
        assert (adult.name in [*rateable(shown), *guesses(shown)]) is False or is_found


def test_titles_that_too_few_people_rated_say_so(ratings: Ratings) -> None:
    model = train(ratings, replace(SMALL, ranking=replace(SMALL.ranking, min_count=30)))
    known = {int(anime_id): model.is_known(int(anime_id)) for anime_id in model.item_ids}
    assert len({*known.values()}) == 2
    for anime_id, is_known in known.items():
        title = model.catalogue[anime_id]
        row = re.search(
            rf'<li data-id="{anime_id}".*?</li>', search_panel(title.label, visitor(model, adult=True)), re.S
        )
        assert row is None or ("estimated from its genres" in row[0]) is not is_known


class TestFilterOffers:
    @pytest.fixture
    def model(self, model: Model) -> Model:
        """A model whose catalogue has themes and studios."""
        facts = {"genres": "Comedy|Suspense|Hentai", "themes": "Isekai|Time Travel", "studios": "Madhouse|Mad Box"}
        return replace(model, catalogue=catalogue_of([facts] * len(model.catalogue)))

    @pytest.mark.parametrize(
        ("query", "language", "offered"),
        [
            ("comedy", "en", [("genres", "Comedy", "Only Comedy")]),
            ("コメディ", "ja", [("genres", "Comedy", "コメディだけ")]),
            ("comedy", "ja", [("genres", "Comedy", "コメディだけ")]),
            ("THRILLER", "en", [("genres", "Suspense", "Only Suspense")]),
            ("isekai", "en", [("themes", "Isekai", "Only Isekai")]),
            ("異世界", "ja", [("themes", "Isekai", "異世界だけ")]),
            ("time tra", "en", [("themes", "Time Travel", "Only Time Travel")]),
            ("madhouse", "en", [("studios", "Madhouse", "Only by Madhouse")]),
            ("mad", "en", []),
            ("hentai", "en", []),
            ("", "en", []),
        ],
    )
    def test_name_of_a_filter_offers_it(self, model: Model, query: str, language: str, offered: list[object]) -> None:
        found = filter_offers(query, visitor(model, language))
        assert [(offer.field, offer.value, offer.label) for offer in found] == offered

    def test_offer_knows_whether_it_is_on(self, model: Model) -> None:
        assert [offer.is_on for offer in filter_offers("isekai", visitor(model, themes=("Isekai",)))] == [True]
        assert [offer.value for offer in filter_offers("hentai", visitor(model, adult=True))] == ["Hentai"]
