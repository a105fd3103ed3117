"""Pairs of groups of covers: well known, far apart, and never twice of one franchise."""

from dataclasses import replace
from itertools import chain

import numpy as np
import pytest
from small_data import ROOT

from core import Model
from core.insight.choices import GROUP, WELL_KNOWN, pairs
from core.recommend.explanation import CHOICES
from core.recommend.fold_in import PREFERRED


@pytest.fixture(scope="module")
def bundled() -> Model:
    return Model.load(ROOT / "core" / "bundled")


def test_pairs_are_well_known_and_lie_far_apart(bundled: Model) -> None:
    assert len(bundled.pairs) == 5
    ids = np.array(list(chain.from_iterable(chain.from_iterable(bundled.pairs))))
    positions = bundled.catalogue.positions(ids)
    assert len(set(bundled.franchises.numbers[positions])) == len(ids) == 5 * 2 * GROUP
    assert not bundled.catalogue.is_adult[positions].any()
    assert bundled.catalogue.members[positions].min() > np.sort(bundled.catalogue.members)[-2 * WELL_KNOWN]
    directions = bundled.ranker.factors.directions
    for one, other in bundled.pairs:
        first, second = (directions[bundled.catalogue.positions(np.array(group))] for group in (one, other))
        within = [(group @ group.T)[np.triu_indices(GROUP, 1)].mean() for group in (first, second)]
        assert np.mean(within) > (first @ second.T).mean()


def test_first_pair_lies_along_the_direction_in_which_lists_differ_most(bundled: Model) -> None:
    suggester = bundled.suggester
    members = suggester.catalogue.members[suggester.candidates] + 1.0
    phi = suggester.influence.astype(np.float64)
    direction = np.linalg.eigh((phi * members[:, None]).T @ phi)[1][:, -1]
    known = np.flatnonzero(bundled.franchises.depth[suggester.candidates] == 0)[:WELL_KNOWN]
    order = bundled.item_ids[suggester.candidates[known[np.argsort(phi[known] @ direction)]]].tolist()
    ends = {frozenset(order[:GROUP]), frozenset(order[-GROUP:])}
    assert {frozenset(group) for group in bundled.pairs[0]} == ends


def test_pairs_end_where_titles_do(model: Model) -> None:
    asked = pairs(model.suggester, 100)
    ids = list(chain.from_iterable(chain.from_iterable(asked)))
    assert len(ids) == len(set(ids))
    assert asked[:2] == pairs(model.suggester, 2)


def test_a_choice_pulls_the_list_a_little_and_counts_for_nothing_else(model: Model) -> None:
    pair = pairs(model.suggester)[0]
    taste = model.fold_in({103: 9, 105: 4}, complete=False)
    chosen = replace(taste, preferred_ids=pair.one)
    # What liking each title alone adds.
    alone = [model.fold_in({anime_id: 10}, complete=False) for anime_id in pair.one]
    everything = np.arange(len(model.catalogue))
    added = sum(model.ranker.contributions(one.row, everything, False)[0] for one in alone)
    assert np.allclose(chosen.linear_scores - taste.linear_scores, PREFERRED * added, atol=1e-4)
    assert np.array_equal(chosen.predicted, taste.predicted)
    assert np.array_equal(chosen.seen, taste.seen)
    listed = model.recommend(chosen, 20)
    assert any(part.kind == CHOICES for item in listed for part in item.why)
    for item in listed:
        assert sum(part.amount for part in item.why) == pytest.approx(item.score, rel=1e-3, abs=1e-4)
    assert not any(part.kind == CHOICES for item in model.recommend(taste, 20) for part in item.why)
