"""Titles to ask about: never known or unwanted ones, and the most informative ones first."""

from dataclasses import replace

import numpy as np
import pytest
from histories import HISTORIES
from hypothesis import given, settings
from hypothesis import strategies as st
from small_data import N_TITLES, ROOT

from core import WATCHED, InputError, Model
from core.recommend.suggestions import UNRATED, Suggester

IDS = st.integers(100, 100 + N_TITLES - 1)
RATINGS = st.one_of(st.just(WATCHED), st.integers(1, 10))


def suggester_of(model: Model, **changes: float) -> Suggester:
    """Return the suggester of a model with changed settings."""
    return replace(Suggester(model.catalogue, model.franchises, model.ranker, model.rating_scale), **changes)


@settings(max_examples=40)
@given(history=st.dictionaries(IDS, RATINGS, max_size=40), left_out=st.lists(IDS, max_size=30), k=st.integers(1, 70))
def test_suggestions_exclude_known_unwanted_and_adult_titles_and_repeat_no_franchise(
    model: Model, history: dict[int, int], left_out: list[int], k: int
) -> None:
    suggestions = model.suggest(model.fold_in(history), k, left_out)
    ids = [title.anime_id for title in suggestions]
    assert len(ids) == len(set(ids)) <= k
    assert not {*ids} & {*history, *left_out}
    assert not any("Hentai" in title.genres for title in suggestions)
    positions = [model.catalogue.position(anime_id) for anime_id in ids]
    assert len(set(model.franchises.numbers[positions])) == len(ids)


def test_suggestions_are_as_many_as_requested(model: Model) -> None:
    for k in (1, 6, 12):
        assert len(model.suggest(model.fold_in({}), k)) == k


def test_first_suggestion_equals_the_formula(model: Model) -> None:
    suggester = suggester_of(model, look=0.5)
    taste = model.fold_in({103: 9, 104: WATCHED, 110: 2})
    # φ of each candidate, [n_candidates, d], and the inverse of S, [d, d].
    phi = suggester.influence.astype(float)
    candidate_index = {int(position): index for index, position in enumerate(suggester.candidates)}
    precision = np.eye(phi.shape[1])
    for anime_id, weight in ((103, 1), (110, 1), (104, UNRATED), (111, UNRATED)):
        index = candidate_index.get(model.catalogue.position(anime_id))
        precision += weight * np.outer(phi[index], phi[index]) if index is not None else 0
    # Information gain times P / (P + look) of each candidate that may be asked about, [n_candidates].
    variance = np.einsum("id,de,ie->i", phi, np.linalg.inv(precision), phi)
    known = suggester.known(taste).astype(float)
    worth = np.log1p(variance) * known / (known + 0.5)
    answered = [model.catalogue.position(anime_id) for anime_id in (103, 104, 110, 111)]
    worth[np.isin(suggester.candidates, answered)] = -1
    left_out = [model.catalogue.position(111)]
    assert suggester.suggest(taste, 1, left_out)[0] == suggester.candidates[np.argmax(worth)]


def test_each_suggestion_counts_as_rated_for_the_next(model: Model) -> None:
    """If looking costs nothing, several suggestions equal single ones, each answered before the next."""
    suggester = suggester_of(model, look=1e-9)
    positions = suggester.suggest(model.fold_in({}), 5).tolist()
    for n_rated in range(1, 5):
        history = {int(model.item_ids[position]): 8 for position in positions[:n_rated]}
        assert suggester.suggest(model.fold_in(history), 1)[0] == positions[n_rated]


def test_influence_is_the_change_of_scores_without_the_average_part(model: Model) -> None:
    suggester = suggester_of(model)
    columns = model.ranker.factors.columns.astype(np.int64)
    # The direction of the average visitor's scores, [n_targets].
    average = model.ranker.rank_scores(model.fold_in({}).row)[0, columns]
    average /= np.linalg.norm(average)
    # What liking each candidate changes, without the part along that direction, [n_candidates, n_targets].
    rows = [model.fold_in({int(anime_id): 10}).row for anime_id in model.item_ids[suggester.candidates]]
    changes = np.array([model.ranker.contributions(row, columns)[0] for row in rows])
    changes -= np.outer(changes @ average, average)
    # The products of influences agree up to a factor, and their mean square length is 1.
    expected, products = changes @ changes.T, suggester.influence @ suggester.influence.T
    assert np.allclose(products / np.trace(products), expected / np.trace(expected), atol=1e-4)
    weights = model.catalogue.members[suggester.candidates] + 1
    assert weights @ np.square(suggester.influence).sum(axis=1) / weights.sum() == pytest.approx(1, rel=1e-4)


@pytest.mark.parametrize("history", HISTORIES, ids=["one", "four", "many", "none"])
def test_chances_to_know_a_title_are_between_zero_and_one(
    model: Model, textbook: Model, history: dict[int, float]
) -> None:
    for any_model in (model, textbook):
        known = suggester_of(any_model).known(any_model.fold_in(history))
        assert ((known > 0) & (known < 1)).all()


def test_textbook_model_refuses_to_suggest(textbook: Model) -> None:
    with pytest.raises(InputError, match="textbook model"):
        textbook.suggest(textbook.fold_in({}))


@pytest.fixture(scope="module")
def bundled() -> Model:
    return Model.load(ROOT / "core" / "bundled")


@settings(max_examples=60)
@given(data=st.data())
def test_parts_of_franchises_are_asked_about_in_order(bundled: Model, data: st.DataObject) -> None:
    numbers, depth = bundled.franchises.numbers, bundled.franchises.depth
    # Visitors who answer about any parts of the franchises with most members.
    leading = np.unique(numbers[bundled.suggester.candidates[:60]])
    parts, _ = bundled.franchises.parts_of(leading)
    part = st.sampled_from(parts[depth[parts] < 5].tolist())
    seen = data.draw(st.dictionaries(part, RATINGS, max_size=12))
    unseen = data.draw(st.lists(part.filter(lambda position: position not in seen), max_size=8))
    ids = bundled.item_ids
    taste = bundled.fold_in({int(ids[position]): rating for position, rating in seen.items()})
    for title in bundled.suggest(taste, 60, ids[unseen].tolist()):
        position = bundled.catalogue.position(title.anime_id)
        earlier = [other for other in seen if numbers[other] == numbers[position] and depth[other] < depth[position]]
        assert depth[position] == 0 or earlier, title.label
        skipped = [other for other in unseen if numbers[other] == numbers[position]]
        assert not [other for other in skipped if depth[other] <= depth[position]], title.label


def test_later_part_is_asked_about_once_an_earlier_one_was_seen(bundled: Model) -> None:
    attack_on_titan, second_season = 16498, 25777
    position = bundled.catalogue.position(second_season)
    assert not bundled.askable(bundled.nobody)[position]
    assert bundled.askable(bundled.fold_in({attack_on_titan: 8}))[position]
    assert not bundled.askable(bundled.fold_in({attack_on_titan: 8}), [second_season])[position]


def test_suggestions_depend_on_the_taste_and_are_well_known(bundled: Model) -> None:
    model = bundled
    histories = [dict.fromkeys(ids, 9) for ids in ((), (20, 269, 813), (199, 164, 523))]
    suggestions = [model.suggest(model.fold_in(history)) for history in histories]
    assert len({tuple(title.anime_id for title in titles) for titles in suggestions}) == 3
    most_members_first = np.sort(model.catalogue.members)[::-1]
    for titles in suggestions:
        assert np.median([title.members for title in titles]) > most_members_first[300]


@pytest.mark.parametrize("k", [0, -1, 1001, 2.5, True])
def test_invalid_number_of_suggestions_is_refused(model: Model, k: int) -> None:
    with pytest.raises(InputError, match="whole number from 1"):
        model.suggest(model.fold_in({}), k)


def test_unknown_left_out_ids_are_ignored(model: Model) -> None:
    taste = model.fold_in({})
    assert model.suggest(taste, 6, [999_999]) == model.suggest(taste, 6)
