"""Recommendations under filters: sequels, excluded titles, novelty, ignored ratings."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import WATCHED, Filters, InputError, Model
from core.recommend.fold_in import MASKS_KEPT
from core.serving.model_source import BUNDLED

IDS = st.integers(100, 159)
HISTORIES = st.dictionaries(IDS, st.sampled_from([WATCHED, 2, 5, 8, 10]), max_size=20)
quick = settings(max_examples=30)


@quick
@given(history=HISTORIES, excluded=st.lists(IDS, max_size=10), sequels=st.sampled_from(["all", "first", "new"]))
def test_recommendations_satisfy_all_filters(
    model: Model, history: dict[int, int], excluded: list[int], sequels: str
) -> None:
    taste = model.fold_in(history)
    filters = Filters(sequels=sequels, exclude_ids=tuple(excluded), adult=True)
    ids = [item.anime_id for item in model.recommend(taste, 60, filters)]
    assert not {*ids} & {*history, *excluded}
    positions = model.catalogue.positions(np.array(ids, dtype=np.int64))
    numbers = model.franchises.numbers
    if sequels == "all":
        assert len(ids) == 60 - len({*history} | {*excluded})
        return
    assert len(set(numbers[positions])) == len(ids)
    disliked = [anime_id for anime_id, rating in history.items() if 0 < rating <= 5]
    unwanted = model.catalogue.positions(np.array(disliked + excluded, dtype=np.int64))
    assert not {*numbers[positions]} & {*numbers[unwanted]}
    if sequels == "new":
        assert not {*numbers[positions]} & {*numbers[taste.seen]}


def test_sequel_is_allowed_after_the_part_before_it(model: Model) -> None:
    parts = [model.catalogue.position(anime_id) for anime_id in (103, 104, 105)]  # one franchise, in this order
    filters = Filters(sequels="first")

    def allowed(history: dict[int, float], filters: Filters = filters) -> list[bool]:
        return model.fold_in(history).allowed(filters)[parts].tolist()

    assert allowed({}) == [True, False, False]
    assert allowed({103: 9}) == [False, True, False]
    assert allowed({104: 9}) == [True, False, False]
    assert allowed({103: 4}) == [False, False, False]  # disliked
    assert allowed({}, Filters(sequels="first", exclude_ids=(104,))) == [False, False, False]  # excluded
    assert allowed({103: 9}, Filters(sequels="new")) == [False, False, False]
    assert allowed({}, Filters(sequels="new")) == [True, False, False]
    assert allowed({103: 9}, Filters()) == [False, True, True]


@quick
@given(history=HISTORIES, without=st.lists(IDS, max_size=5), likes_only=st.booleans())
def test_ignored_ratings_still_count_as_seen(
    model: Model, history: dict[int, int], without: list[int], likes_only: bool
) -> None:
    taste = model.fold_in(history).narrowed(without, likes_only)
    counted = {
        anime_id: rating
        for anime_id, rating in history.items()
        if anime_id not in without and not (likes_only and 0 < rating <= 5)
    }
    assert taste.ratings == counted
    assert {*model.item_ids[taste.seen]} == {*history}
    plain = model.fold_in(counted)
    assert np.array_equal(taste.factors, plain.factors)
    assert np.array_equal(model.rank_scores(taste.row), model.rank_scores(plain.row))
    assert not {item.anime_id for item in model.recommend(taste, 60)} & {*history}


def test_history_of_another_person_can_count_as_seen(model: Model) -> None:
    taste = model.user_taste(int(model.user_ids[0])).with_seen(model.fold_in({103: 2, 159: 9}))
    assert {103, 159} <= {*model.item_ids[taste.seen]}
    assert sorted(taste.seen) == taste.seen.tolist()
    assert model.catalogue.position(103) in taste.disliked
    assert taste.ratings == model.user_taste(int(model.user_ids[0])).ratings


def test_novelty_leads_from_popular_to_little_known_titles(model: Model) -> None:
    taste = model.fold_in({103: 9})
    members = [
        np.mean([item.members for item in model.recommend(taste, 10, novelty=novelty)]) for novelty in (-1, 0, 1)
    ]
    assert members[0] >= members[1] >= members[2]
    assert members[0] > members[2]
    for wrong_novelty in (1.1, -1.1, True, "much", float("nan"), None):
        with pytest.raises(InputError, match="novelty is"):
            model.recommend(taste, novelty=wrong_novelty)  # type: ignore[arg-type]


def test_each_filter_can_be_loosened_alone(model: Model) -> None:
    filters = Filters(genres=("Comedy", "Drama"), exclude_genres=("Action",), min_year=2000, sequels="first")
    loosened = {(name, value): rest for name, value, rest in filters.loosened()}
    assert loosened["genres", "Drama"].genres == ("Comedy",)
    assert loosened["exclude_genres", "Action"].exclude_genres == ()
    assert loosened["min_year", None].min_year is None
    assert loosened["sequels", None].sequels == "all"
    assert loosened["adult", None].adult
    assert loosened["extras", None].extras
    assert len(loosened) == 7
    visitor = model.fold_in({})
    n_allowed = visitor.allowed(filters).sum()
    assert all(visitor.allowed(rest).sum() >= n_allowed for rest in loosened.values())
    assert list(Filters(adult=True, extras=True).loosened()) == []


@pytest.mark.parametrize(
    ("create_filters", "message"),
    [
        (lambda: Filters(sequels="some"), "sequels is 'some'"),
        (lambda: Filters(exclude_ids=(1.5,)), "exclude_ids is"),
        (lambda: Filters(exclude_ids=(True,)), "MyAnimeList ids"),
        (lambda: Filters(exclude_ids=5), "expected a list"),
    ],
)
def test_error_names_the_wrong_filter(create_filters, message: str) -> None:
    with pytest.raises(InputError, match=message):
        create_filters()


def test_similar_titles_exclude_seen_ones(model: Model) -> None:
    most_similar = model.similar(103, 5)[0].anime_id
    taste = model.fold_in({most_similar: 9})
    similar = model.similar(103, 5, taste=taste)
    assert most_similar not in [item.anime_id for item in similar]
    without_ratings = taste.narrowed(without=[most_similar])
    assert most_similar not in [item.anime_id for item in model.similar(103, 5, taste=without_ratings)]
    expected = model.predict_ratings(taste.row)[0]
    assert all(item.predicted_rating == expected[model.catalogue.position(item.anime_id)] for item in similar)


def test_title_that_nobody_rated_is_similar_to_titles_with_alike_facts() -> None:
    bundled = Model.load(BUNDLED)
    unrated = np.flatnonzero(~bundled.ranker.rated & ~bundled.catalogue.is_adult)
    best_known = unrated[np.argsort(-bundled.catalogue.members[unrated])][:30]
    franchises, of_franchise, of_genre = bundled.franchises.numbers, [], []
    for title in (bundled.catalogue.title(position) for position in best_known.tolist()):
        similar = bundled.similar(title.anime_id, 8)
        assert title.anime_id not in [item.anime_id for item in similar]
        of_genre += [bool({*title.genres} & {*item.genres}) for item in similar]
        own = franchises[bundled.catalogue.position(title.anime_id)]
        rated = bundled.ranker.rated & (franchises == own)
        if rated.any():
            of_franchise.append(any(franchises[bundled.catalogue.position(item.anime_id)] == own for item in similar))
    assert np.mean(of_genre) > 0.6
    assert np.mean(of_franchise) > 0.9
    assert (bundled.is_known(int(bundled.item_ids[best_known[0]])), bundled.is_known(5114)) == (False, True)
    scores = [item.score for item in similar]
    assert (scores, max(scores) <= 1.0001) == (sorted(scores, reverse=True), True)
    with pytest.raises(InputError, match="no title with the id 0"):
        bundled.is_known(0)


def test_masks_of_many_filters_do_not_pile_up(model: Model) -> None:
    masks = [model.nobody.allowed(Filters(min_members=members)) for members in range(100)]
    assert len(model.nobody._allowed) <= MASKS_KEPT
    assert all(np.array_equal(mask, model.nobody.allowed(Filters(min_members=n))) for n, mask in enumerate(masks))
