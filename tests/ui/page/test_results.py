"""The list, without a browser: its dial, and why a title is on it."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core import Model
from core.recommend.explanation import KINDS, OTHER_RATINGS, Contribution
from core.serving.model_source import ServedModel
from core.ui.page.handlers import Handlers
from core.ui.page.results import _chance, _told_parts, why
from core.ui.page.state import DIAL_STEPS, PageState
from core.ui.page.visitor import Visitor
from core.ui.translations import LANGUAGES, texts_in

RATED = tuple((100 + 7 * index, 4.0 + index % 7) for index in range(8))
STATE = PageState(ratings=RATED, sequels="all")


def visitor(model: Model, state: PageState, language: str = "en") -> Visitor:
    return Visitor(state, ServedModel(model, "a test", "", datetime.now(UTC), ""), texts_in(language))


def amounts(html: str) -> list[float]:
    """Return the numbers in the last column, the score last."""
    cells = re.findall(r"<td>(?:<b>)?([-+]?[\d,]+(?:\.\d+)?)(?:</b>)?</td></tr>", html)
    return [float(cell.replace(",", "")) for cell in cells]


@pytest.mark.parametrize("dial", range(DIAL_STEPS + 1))
def test_parts_add_up_to_the_score(model: Model, dial: int) -> None:
    asked = visitor(model, replace(STATE, dial=dial))
    for item in asked.answer.recommendations[::3]:
        html = why(item.anime_id, asked)
        *parts, score = amounts(html)
        assert len(parts) >= sum(part.kind == "rating" or abs(part.amount) > 0.005 for part in item.why)
        assert sum(parts) == pytest.approx(score, rel=0.1, abs=0.001)
        assert score == pytest.approx(item.score, rel=0.02)
        assert html.count("minus") == sum(part < 0 for part in parts)


def test_rank_without_a_rating_is_that_of_the_model(model: Model) -> None:
    state = replace(STATE, dial=4)
    asked = visitor(model, state)
    item = asked.answer.recommendations[1]
    rated = [part.anime_id for part in item.why if part.anime_id is not None]
    ranks = [int(rank) for rank in re.findall(r"without it: no\. (\d+)", why(item.anime_id, asked))]
    filters = state.filters()
    assert ranks == [model.rank_without(asked.taste, item.anime_id, one, filters, state.novelty) for one in rated]
    assert len(set(ranks)) > 1


@pytest.mark.parametrize("strange", [0, None, "x", [], RATED[0][0]])
def test_title_that_is_not_listed_has_no_reasons(model: Model, strange: object) -> None:
    assert why(strange, visitor(model, STATE)) == ""
    state = replace(STATE, tab="together", partner=((105, 8.0),))
    both = visitor(model, state)
    assert why(both.answer.recommendations[0].anime_id, both) == ""


def test_page_asks_why(model: Model) -> None:
    asked = visitor(model, STATE)
    anime_id = asked.answer.recommendations[0].anime_id
    handlers = Handlers(lambda: asked.served)
    assert handlers.change({"state": STATE.to_json(), "why": anime_id}) == {"why": why(anime_id, asked)}
    shown = handlers.show({"state": STATE.to_json()}).results
    assert shown.count('data-do="why"') == shown.count('<div class="why">') == 10
    assert 'data-do="why"' not in handlers.show({"state": replace(STATE, like=103).to_json()}).results


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_and_step_has_words(language: str) -> None:
    texts = texts_in(language).by_key
    assert {f"why.{kind}" for kind in KINDS if kind != "rating"} <= set(texts)
    steps = range(DIAL_STEPS + 1)
    assert {f"dial.{key}.{step}" for key in ("step", "what") for step in steps} <= set(texts)


def test_adult_ratings_of_others_count_without_their_names(model: Model) -> None:
    adult = model.item_ids[model.catalogue.is_adult].tolist()[0]
    harmless = model.item_ids[~model.catalogue.is_adult].tolist()[0]
    parts = (Contribution("rating", 3.0, adult, "A"), Contribution("rating", 2.0, harmless, "B"))
    rest = Contribution(OTHER_RATINGS, 0.5)
    stranger = visitor(model, PageState())
    assert _told_parts(parts, stranger) == [parts[1], Contribution(OTHER_RATINGS, 3.0)]
    assert _told_parts((*parts, rest), stranger) == [parts[1], Contribution(OTHER_RATINGS, 3.5)]
    for state in (PageState(adult=True), PageState(ratings=((adult, 5.0),))):
        assert _told_parts(parts, visitor(model, state)) == list(parts)


def test_card_says_what_is_probably_new_or_perhaps_seen(model: Model) -> None:
    asked = visitor(model, STATE)
    item = asked.answer.recommendations[0]
    words = [_chance(replace(item, new_chance=chance), asked) for chance in (0.1, 0.5, 0.9)]
    assert words == ["seen", "", "new"]
    whole = visitor(model, replace(STATE, complete=True))
    assert _chance(replace(item, new_chance=0.9), whole) == ""


def test_dial_is_on_lists_that_it_turns(model: Model) -> None:
    handlers = Handlers(lambda: visitor(model, STATE).served)
    for dial in range(DIAL_STEPS + 1):
        html = handlers.show({"state": replace(STATE, dial=dial).to_json()}).results
        assert re.findall(r'data-field="dial" data-value="(\d)" aria-checked="true" tabindex="0"', html) == [str(dial)]
        assert f'id="dial-what">{texts_in()(f"dial.what.{dial}")}<' in html
    assert "dial-what" not in handlers.show({"state": replace(STATE, like=103).to_json()}).results
