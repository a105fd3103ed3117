"""The tab *How it works*, without a browser."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core import Model
from core.insight.spectrum import spectrum
from core.recommend.novelty import position_at
from core.serving.model_source import ServedModel
from core.ui.page.explore import energy_shares
from core.ui.page.how_it_works import _settled, how_it_works
from core.ui.page.state import PageState
from core.ui.page.visitor import Visitor
from core.ui.translations import LANGUAGES, texts_in


def rendered(model: Model, state: PageState, language: str = "en") -> str:
    served = ServedModel(model, "a test", "", datetime.now(UTC), "")
    return how_it_works(Visitor(state, served, texts_in(language)))


def test_shares_are_of_the_users_energy(model: Model) -> None:
    energy = spectrum(model.ranker, model.catalogue, model.info.data["users"]).energy
    assert sum(energy_shares(model)[:2]) == pytest.approx(energy[1])
    assert energy_shares(model) != [factor.share for factor in model.meanings]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("n", [0, 1, 4, 60])
def test_parts_of_each_score_add_up_to_it(model: Model, language: str, n: int) -> None:
    state = PageState(
        ratings=tuple((100 + 7 * index % 60 if n < 60 else 100 + index, float(1 + index % 10)) for index in range(n))
    )
    html = rendered(model, state, language)
    decimal = re.compile(r"-?\d+[.,]\d\d(?!\d)")
    html = re.sub(r"<(tbody|tr)[^>]*>", r"<\1>", html)
    rows = re.findall(r"<tbody><tr>(((?!</tr>).)*)</tr>\s*<tr><td[^>]*class=\"from\">(.*?)</td>", html, re.DOTALL)
    assert len(rows) == (5 if n < 60 else 0)
    for row, _, parts in rows:
        score = float(decimal.findall(row)[-1].replace(",", "."))
        added = [float(part.replace(",", ".")) for part in re.findall(r"<b>([^<]+)</b>", parts)]
        assert len(added) == min(n, 3) + (n > 3) + 1
        assert sum(added) == pytest.approx(score, abs=0.03)
    assert not re.search(r"-0[.,]0+(?!\d)", html)


def test_ranks_on_the_list_are_those_of_the_dial(model: Model) -> None:
    state = PageState(ratings=((103, 9.0), (110, 2.0)), sequels="all", k=60)
    for dial in (0, 4):
        taste = model.fold_in(dict(state.ratings), complete=False)
        scores = taste.dialled(position_at(dial / 4))
        allowed = scores[taste.allowed(state.filters())]
        first = [scored.title.anime_id for scored in model.walkthrough(taste, filters=state.filters()).scores]
        expected = [1 + (allowed > scores[model.catalogue.position(anime_id)]).sum() for anime_id in first]
        html = rendered(model, replace(state, dial=dial))
        assert [int(rank) for rank in re.findall(r"no\. (\d+) for you", html)] == expected


def test_list_settles_where_more_factors_no_longer_change_it(model: Model) -> None:
    steps = model.walkthrough(model.fold_in({103: 9, 110: 2}))
    assert steps is not None
    first, second, last = steps.truncated
    other = (*reversed(last.titles),)
    same = [replace(shorter, titles=last.titles) for shorter in (first, second)]
    changed = [replace(shorter, titles=other) for shorter in (first, second)]
    assert _settled([same[0], same[1], last]) == first.factors
    assert _settled([same[0], changed[1], last]) == last.factors  # a list that comes back has not settled
    assert _settled([changed[0], same[1], last]) == second.factors
