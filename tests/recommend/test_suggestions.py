"""What is asked next: never what is known or unwanted, and what tells more than the rest."""

from dataclasses import replace

import numpy as np
import pytest
from histories import HISTORIES
from hypothesis import given, settings
from hypothesis import strategies as st
from small_data import N_TITLES, ROOT

from core import WATCHED, InputError, Model
from core.recommend.filters import ADULT_GENRE
from core.recommend.suggestions import UNRATED, Suggester

IDS = st.integers(100, 100 + N_TITLES - 1)
RATINGS = st.one_of(st.just(WATCHED), st.integers(1, 10))


def suggester(model: Model, **changes: float) -> Suggester:
    return replace(Suggester(model.catalogue, model.franchises.numbers, model.ranker, model.rating_scale), **changes)


@settings(deadline=None, max_examples=40)
@given(history=st.dictionaries(IDS, RATINGS, max_size=40), left_out=st.lists(IDS, max_size=30), k=st.integers(1, 70))
def test_a_wall_has_no_title_that_is_known_unwanted_adult_or_of_one_franchise_with_another(
    model: Model, history: dict[int, int], left_out: list[int], k: int
) -> None:
    wall = model.suggest(model.fold_in(history), k, left_out)
    ids = [title.anime_id for title in wall]
    assert len(ids) == len(set(ids)) <= k
    assert not {*ids} & {*history, *left_out}
    assert not any(ADULT_GENRE in title.genres for title in wall)
    positions = [model.catalogue.position(anime_id) for anime_id in ids]
    assert len(set(model.franchises.numbers[positions])) == len(ids)


def test_a_wall_is_full_while_there_are_titles(model: Model) -> None:
    for k in (1, 6, 12):
        assert len(model.suggest(model.fold_in({}), k)) == k


def test_the_first_pick_follows_the_formula(model: Model) -> None:
    asker = suggester(model, look=0.5)
    taste = model.fold_in({103: 9, 104: WATCHED, 110: 2})
    phi = asker.influence.astype(float)
    place = {int(at): row for row, at in enumerate(asker.candidates)}
    precision = np.eye(phi.shape[1])
    for anime_id, weight in ((103, 1), (110, 1), (104, UNRATED), (111, UNRATED)):
        at = place.get(model.catalogue.position(anime_id))
        precision += weight * np.outer(phi[at], phi[at]) if at is not None else 0
    variance = np.einsum("id,de,ie->i", phi, np.linalg.inv(precision), phi)
    known = asker.known(taste).astype(float)
    worth = np.log1p(variance) * known / (known + 0.5)
    closed = [model.catalogue.position(anime_id) for anime_id in (103, 104, 110, 111)]
    worth[np.isin(asker.candidates, closed)] = -1
    left_out = [model.catalogue.position(111)]
    assert asker.suggest(taste, 1, left_out)[0] == asker.candidates[np.argmax(worth)]


def test_a_pick_counts_as_rated_for_the_next(model: Model) -> None:
    """With looks for nothing a wall is what single questions would be, were each answered."""
    asker = suggester(model, look=1e-9)
    wall = asker.suggest(model.fold_in({}), 5).tolist()
    for told in range(1, 5):
        history = {int(model.item_ids[at]): 8 for at in wall[:told]}
        assert asker.suggest(model.fold_in(history), 1)[0] == wall[told]


def test_influences_are_what_a_like_moves_apart_from_the_average(model: Model) -> None:
    asker = suggester(model)
    columns = model.ranker.factors.columns.astype(np.int64)
    average = model.ranker.rank_scores(model.fold_in({}).row)[0, columns]
    average /= np.linalg.norm(average)
    moved = []
    for at in asker.candidates:
        row = model.ranker.contributions(model.fold_in({int(model.item_ids[at]): 10}).row, columns)[0]
        moved.append(row - (row @ average) * average)
    expected, found = np.array(moved) @ np.array(moved).T, asker.influence @ asker.influence.T
    assert np.allclose(found / np.trace(found), expected / np.trace(expected), atol=1e-4)
    weights = model.catalogue.members[asker.candidates] + 1
    assert weights @ np.square(asker.influence).sum(axis=1) / weights.sum() == pytest.approx(1, rel=1e-4)


@pytest.mark.parametrize("history", HISTORIES, ids=["one", "four", "many", "none"])
def test_chances_are_probabilities(model: Model, textbook: Model, history: dict[int, float]) -> None:
    for one in (model, textbook):
        known = suggester(one).known(one.fold_in(history))
        assert ((known > 0) & (known < 1)).all()


def test_textbook_model_refuses_to_suggest(textbook: Model) -> None:
    with pytest.raises(InputError, match="textbook model"):
        textbook.suggest(textbook.fold_in({}))


def test_walls_change_with_the_taste_and_show_what_people_know() -> None:
    model = Model.load(ROOT / "core" / "bundled")
    walls = [model.suggest(model.fold_in(dict.fromkeys(ids, 9))) for ids in ((), (20, 269, 813), (199, 164, 523))]
    assert len({tuple(title.anime_id for title in wall) for wall in walls}) == 3
    listed = np.sort(model.catalogue.members)[::-1]
    for wall in walls:
        assert np.median([title.members for title in wall]) > listed[300]


@pytest.mark.parametrize("k", [0, -1, 1001, 2.5, True])
def test_a_wall_of_no_size_is_refused(model: Model, k: int) -> None:
    with pytest.raises(InputError, match="whole number from 1"):
        model.suggest(model.fold_in({}), k)


def test_unknown_ids_to_leave_out_count_nothing(model: Model) -> None:
    taste = model.fold_in({})
    assert model.suggest(taste, 6, [999_999]) == model.suggest(taste, 6)
