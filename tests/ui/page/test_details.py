"""The details of a title on the list, without a browser."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core import Model
from core.recommend.explanation import KINDS, OTHER_RATINGS, Contribution
from core.serving.model_source import ServedModel
from core.ui.page.details.panel import PARTS_SHOWN, SIMILAR_SHOWN, details, similar, watch_order
from core.ui.page.details.reasons import explained, told_parts
from core.ui.page.handlers import Handlers
from core.ui.page.people.person import Person
from core.ui.page.state import DIAL_STEPS, PageState
from core.ui.page.visitor import Visitor
from core.ui.translations import LANGUAGES, texts_in

RATED = tuple((100 + 7 * index, 4.0 + index % 7) for index in range(8))
STATE = PageState(ratings=RATED, sequels="all")


def visitor(model: Model, state: PageState, language: str = "en") -> Visitor:
    return Visitor(state, ServedModel(model, "a test", "", datetime.now(UTC), ""), texts_in(language))


def percents(html: str) -> list[int]:
    """Return the numbers in the last column, the sum last."""
    return [int(cell) for cell in re.findall(r"<td>(?:<b>)?([-+]?\d+)%(?:</b>)?</td></tr>", html)]


@pytest.mark.parametrize("dial", range(DIAL_STEPS + 1))
def test_reasons_add_up(model: Model, dial: int) -> None:
    asked = visitor(model, replace(STATE, dial=dial))
    for item in asked.answer.recommendations[::3]:
        html = details(item.anime_id, asked)
        *parts, total = percents(html)
        assert sum(parts) == total == (100 if item.score > 0 else -100)
        shares = [100 * part.amount / abs(item.score) for part in item.why]
        assert len(parts) >= sum(abs(share) >= 1 for share in shares)
        assert html.count('"minus"') == sum(part < 0 for part in parts)


def test_parts_are_rounded_so_that_they_add_up() -> None:
    parts = [Contribution("average", 1 / 3), Contribution("fame", 1 / 3), Contribution("era", 1 / 3)]
    assert sorted(percent for _, percent in explained(parts, 1.0).parts) == [33, 33, 34]
    mixed = [Contribution("average", 2.0), Contribution("new", -0.996), Contribution("era", -0.004)]
    assert [percent for _, percent in explained(mixed, 1.0).parts] == [200, -100]
    assert explained([Contribution("average", -0.5)], -0.5).total == -100
    assert explained([], 0.0).total == 0


def test_rank_without_a_rating_is_told_on_request(model: Model) -> None:
    state = replace(STATE, dial=4)
    asked = visitor(model, state)
    item = asked.answer.recommendations[1]
    handlers = Handlers(lambda: asked.served)
    sent = {"state": state.to_json(), "id": item.anime_id}
    rated = [part.anime_id for part in item.why if part.anime_id is not None]
    told = [handlers.details(sent | {"without": one})["text"] for one in rated]
    filters = state.filters()
    ranks = [model.rank_without(asked.taste, item.anime_id, one, filters, state.novelty) for one in rated]
    assert told == [f"no. {rank} without it" for rank in ranks]
    assert len(set(ranks)) > 1
    assert "no. " not in details(item.anime_id, asked)
    for strange in (0, None, "x", [], item.anime_id):
        assert handlers.details(sent | {"without": strange}) == {"text": ""}
    assert handlers.details(sent | {"id": RATED[0][0], "without": rated[0]}) == {"text": ""}


def test_unknown_and_hidden_titles_have_no_details(model: Model) -> None:
    handlers = Handlers(lambda: visitor(model, STATE).served)
    for strange in (10**9, None, "x", [], True, {}):
        assert handlers.details({"state": STATE.to_json(), "id": strange}) == {"html": ""}
    adult = next(one for one in model.item_ids[model.catalogue.is_adult].tolist() if one not in dict(RATED))
    assert details(adult, visitor(model, STATE)) == ""
    assert details(adult, visitor(model, replace(STATE, adult=True)))


def test_title_that_is_not_listed_has_facts_and_no_reasons(model: Model) -> None:
    html = details(RATED[0][0], visitor(model, STATE))
    assert "<dl" in html
    assert not percents(html)
    both = visitor(model, replace(STATE, tab="together", others=(Person(ratings=((105, 8.0),)),)))
    html = details(both.answer.recommendations[0].anime_id, both)
    assert "Why for you" in html
    assert 'data-do="without"' not in html


def test_watch_order_is_that_of_the_series(model: Model) -> None:
    catalogue, franchises = model.catalogue, model.franchises
    asked = visitor(model, replace(STATE, extras=True, adult=True))
    for anime_id in model.item_ids[::9].tolist():
        listed = watch_order(anime_id, asked)
        assert catalogue[anime_id] in listed
        assert len(listed) <= PARTS_SHOWN
        positions = [catalogue.position(title.anime_id) for title in listed]
        assert len(set(franchises.numbers[positions].tolist())) == 1
        depths = franchises.depth[positions].tolist()
        assert depths == sorted(depths)
    plain = visitor(model, STATE)
    hidden = catalogue.is_adult | catalogue.is_extra
    for anime_id in model.item_ids[::9].tolist():
        others = {title.anime_id for title in watch_order(anime_id, plain)} - {anime_id, *dict(RATED)}
        assert not hidden[[catalogue.position(other) for other in others]].any()


def test_similar_titles_are_of_other_series_and_wanted(model: Model) -> None:
    series, catalogue = model.franchises.numbers, model.catalogue
    asked = visitor(model, STATE)
    for item in asked.answer.recommendations:
        listed = [title.anime_id for title in similar(item.anime_id, asked)]
        assert 0 < len(listed) <= SIMILAR_SHOWN
        own = [int(series[catalogue.position(anime_id)]) for anime_id in (item.anime_id, *listed)]
        assert len(set(own)) == len(own)
        assert not {*listed} & {*dict(RATED)}
        without = visitor(model, replace(STATE, hidden=(listed[0],)))
        assert listed[0] not in [title.anime_id for title in similar(item.anime_id, without)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_reason_has_words(language: str) -> None:
    assert {f"why.{kind}" for kind in KINDS if kind != "rating"} <= set(texts_in(language).by_key)


def test_adult_ratings_of_others_count_without_their_names(model: Model) -> None:
    adult = model.item_ids[model.catalogue.is_adult].tolist()[0]
    harmless = model.item_ids[~model.catalogue.is_adult].tolist()[0]
    parts = (Contribution("rating", 3.0, adult, "A"), Contribution("rating", 2.0, harmless, "B"))
    rest = Contribution(OTHER_RATINGS, 0.5)
    stranger = visitor(model, PageState())
    assert told_parts(parts, stranger) == [parts[1], Contribution(OTHER_RATINGS, 3.0)]
    assert told_parts((*parts, rest), stranger) == [parts[1], Contribution(OTHER_RATINGS, 3.5)]
    for state in (PageState(adult=True), PageState(ratings=((adult, 5.0),))):
        assert told_parts(parts, visitor(model, state)) == list(parts)
