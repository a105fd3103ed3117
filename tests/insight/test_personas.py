"""Personas of the bundled model: well known, of one mind, and each different from the others."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from small_data import ROOT

from core import Filters, Model
from core.insight.personas import UNSUITED, personas


@pytest.fixture(scope="module")
def bundled() -> Model:
    return Model.load(ROOT / "core" / "bundled")


def test_personas_are_well_known_and_lead_to_different_lists(bundled: Model) -> None:
    assert len(bundled.personas) == 3
    most_members_first = np.sort(bundled.catalogue.members)[::-1]
    allowed = Filters().mask(bundled.catalogue)
    lists, directions = [], bundled.ranker.factors.directions
    for persona in bundled.personas:
        titles = [bundled.catalogue[anime_id] for anime_id in persona.anime_ids]
        positions = bundled.catalogue.positions(np.array(persona.anime_ids))
        assert 3 <= len(titles) <= 5
        assert allowed[positions].all()
        for title in titles:
            assert title.members > most_members_first[800]
            named = {("genre", genre) for genre in title.genres} | {("theme", theme) for theme in title.themes}
            named |= {("studio", studio) for studio in title.studios}
            assert named.issuperset(persona.traits)
        assert UNSUITED.isdisjoint(trait.value for trait in persona.traits)
        # Who likes one of them likes the others: their directions are more alike than those of most pairs.
        cosines = directions[positions] @ directions[positions].T
        assert np.median(cosines[np.triu_indices(len(titles), 1)]) > 0.2
        taste = bundled.fold_in(dict.fromkeys(persona.anime_ids, 10), complete=False)
        lists.append({item.anime_id for item in bundled.recommend(taste)})
    for one, other in combinations(bundled.personas, 2):
        assert not {*one.traits} & {*other.traits}
        assert not {*one.anime_ids} & {*other.anime_ids}
    assert all(len(one & other) <= 2 for one, other in combinations(lists, 2))


def test_personas_are_the_same_each_time_and_never_adult(bundled: Model, model: Model) -> None:
    assert personas(bundled.suggester) == bundled.personas
    small = personas(model.suggester)
    assert len(small) <= 3
    assert not any(
        model.catalogue[anime_id].genres == ("Hentai",) for persona in small for anime_id in persona.anime_ids
    )


def test_titles_without_mean_ratings_make_no_persona(model: Model) -> None:
    frame = model.catalogue.frame.assign(mean_rating=np.nan)
    suggester = replace(model.suggester, catalogue=replace(model.catalogue, frame=frame))
    assert personas(suggester) == ()
