"""The list, without a browser: its dial, and its marks."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core import WATCHED, Model
from core.serving.model_source import ServedModel
from core.ui.page.handlers import Handlers
from core.ui.page.people.person import Person
from core.ui.page.results import _chance
from core.ui.page.state import DIAL_STEPS, PageState
from core.ui.page.visitor import Visitor
from core.ui.translations import LANGUAGES, texts_in

RATED = tuple((100 + 7 * index, 4.0 + index % 7) for index in range(8))
STATE = PageState(ratings=RATED, sequels="all")


def visitor(model: Model, state: PageState, language: str = "en") -> Visitor:
    return Visitor(state, ServedModel(model, "a test", "", datetime.now(UTC), ""), texts_in(language))


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


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_step_of_the_dial_has_words(language: str) -> None:
    steps = range(DIAL_STEPS + 1)
    assert {f"dial.{key}.{step}" for key in ("step", "what") for step in steps} <= set(texts_in(language).by_key)


def test_card_shows_one_reason_a_person_and_whether_it_is_planned(model: Model) -> None:
    handlers = Handlers(lambda: visitor(model, STATE).served)
    listed = visitor(model, STATE).answer.recommendations
    planned = replace(STATE, planned=(listed[2].anime_id,))
    html = handlers.show({"state": planned.to_json()}).results
    pressed = re.findall(r'class="plan".*data-value="(\d+)" aria-pressed="true"', html)
    assert pressed == [str(listed[2].anime_id)]
    assert html.count("because of <b>") == sum(bool(item.because) for item in listed)
    both = handlers.show(
        {"state": replace(STATE, tab="together", others=(Person(ratings=((105, 8.0),)),)).to_json()}
    ).results
    assert re.findall(r"<span>(you:|they:)", both)[:2] == ["you:", "they:"]


@pytest.mark.parametrize(
    ("rated", "complete", "is_range"),
    [
        (((103, 10.0), (105, 8.0), (107, WATCHED)), False, True),
        (((103, 10.0), (105, 7.0)), False, False),  # they told what they like less
        (((103, 10.0), (105, 8.0)), True, False),  # all that they have seen, not their favourites
        (((107, WATCHED),), False, False),
        ((), False, False),
    ],
)
def test_whoever_rated_only_what_they_like_gets_ranges(
    model: Model, rated: tuple[tuple[int, float], ...], complete: bool, is_range: bool
) -> None:
    handlers = Handlers(lambda: visitor(model, STATE).served)
    html = handlers.show({"state": PageState(ratings=rated, complete=complete).to_json()}).results
    shown = re.findall(r'class="predicted">.*?<dd>(.*?)</dd>', html)
    assert bool(shown) == bool(rated)
    assert all(("–" in text) == is_range for text in shown)
    assert ("A range of numbers" in html) == is_range
    for text in shown:
        ends = [float(end) for end in text.split("–")]
        assert 1 <= ends[0] <= ends[-1] <= 10
