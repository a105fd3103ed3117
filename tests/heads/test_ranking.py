"""The scores equal the formula of the module's docstring, computed densely."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from histories import HISTORIES
from scipy import sparse
from small_data import ROOT, SMALL, write_csv

from core import WATCHED, Catalogue, Model, Ratings, train
from core.data.scale import RatingScale
from core.heads.preference_matrix import preference
from core.heads.ranking_head import LAMBDA_STEPS


@pytest.mark.parametrize("complete", [True, False], ids=["whole list", "sample"])
@pytest.mark.parametrize("history", HISTORIES, ids=["one", "four", "many", "none"])
def test_scores_equal_the_formula_of_the_docstring(model: Model, history: dict[int, float], complete: bool) -> None:
    head, config = model.ranker, model.ranker.config
    v, sigma = head.factors.v32.astype(float), head.factors.singular_values.astype(float)
    norms, unique, n = head.norms.astype(float), head.uniqueness.astype(float), max(len(history), 1)
    # How short the history is, from 0 to 1, and the damping of popular titles.
    turning = config.turning if complete else config.sample_turning
    short = 1 / (1 + (n / turning) ** config.steepness)
    damping = short * config.short_damping + (1 - short) * config.long_damping
    # x: weights of the history and of the average visitor, [n_items].
    norm_exponent, uniqueness_exponent = config.column_scaling - 1 - damping, 2 * short - 1
    x = np.zeros(len(norms))
    for anime_id, rating in history.items():
        position = model.catalogue.position(anime_id)
        weight = config.watched_weight if rating < 0 else (rating - 4) / 4 if rating >= 5 else (rating - 5) / 8
        x[position] = weight * norms[position] ** norm_exponent * unique[position] ** uniqueness_exponent
    average = head.mean * norms ** (config.column_scaling - 1 - config.short_damping) * unique
    x += config.prior * average
    # The ridge operator within the subspace of V, [n_items, n_items].
    if complete:
        shrinkage = config.shrinkage * (1 + (config.shrinkage_turning / n) ** config.shrinkage_steepness)
    else:
        shrinkage = config.shrinkage + config.sample_shrinkage / n * np.exp(-((n / config.sample_length) ** 2))
    rounded = np.exp(np.round(LAMBDA_STEPS * np.log(shrinkage)) / LAMBDA_STEPS)
    operator = v @ np.diag(sigma**2 / (sigma**2 + rounded * float(head.energy))) @ v.T
    # Scores without the diagonal, in units of the average visitor's scores, [n_items].
    leverage = np.minimum(np.diag(operator), 0.99)
    lift = unique * norms**config.output_scaling / (1 - leverage)
    expected = x @ operator * lift / np.sqrt(np.mean((average @ operator * lift) ** 2))
    # Parts before a title of the history count more, once each.
    for earlier in {int(e) for later, e in zip(head.later, head.earlier, strict=True) if later + 100 in history}:
        expected[earlier] *= config.earlier_part if expected[earlier] > 0 else 1
    scores = head.rank_scores(model.fold_in(history).row, complete)[0]
    assert np.allclose(scores, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())


def test_history_looks_complete_by_what_it_leaves_unrated_and_by_its_later_seasons(model: Model) -> None:
    """Title 104 continues 102, 111 and 112 continue 110, and 114 continues 113 in this head."""
    later, earlier = np.array([4, 11, 12, 14], np.int32), np.array([2, 10, 10, 13], np.int32)
    head = replace(model.ranker, later=later, earlier=earlier)
    assert head.config.begun_share == pytest.approx(0.4)  # two later parts of two make 2 / (2 + 2)

    def looks_complete(*titles: int, **unrated: float) -> bool:
        ratings = dict.fromkeys((100 + title for title in titles), 8.0)
        return bool(head.looks_complete(model.fold_in(ratings | ({120: WATCHED} if unrated else {})).row)[0])

    assert not looks_complete()
    assert not looks_complete(3, 5, 7)
    assert looks_complete(3, 5, 7, unrated=1)  # somebody who types ratings types no title without one
    assert not looks_complete(2, 4)  # one later season says little: 1 / 3
    assert looks_complete(2, 4, 10, 11)
    assert looks_complete(10, 11, 12)
    assert not looks_complete(4, 11, 12, 14)  # later seasons alone: a sample
    assert not looks_complete(2, 4, 11, 14)
    # What it looks like decides only where nobody says it.
    sample, whole = model.fold_in({103: 9}).row, model.fold_in({103: 9, 120: WATCHED}).row
    for row, decided in ((sample, False), (whole, True)):
        assert np.array_equal(head.rank_scores(row), head.rank_scores(row, decided))
        assert not np.array_equal(head.rank_scores(row), head.rank_scores(row, not decided))
    taste = model.fold_in({103: 9, 120: WATCHED})
    assert (taste.is_complete, model.fold_in(taste.ratings, False).is_complete) == (True, False)


def test_each_history_of_a_matrix_is_decided_alone(model: Model) -> None:
    rows = [model.fold_in(history).row for history in HISTORIES]
    together = model.ranker.rank_scores(sparse.csr_array(sparse.vstack(rows, format="csr")))
    assert np.allclose(together, [model.ranker.rank_scores(row)[0] for row in rows], atol=1e-4)


def test_franchise_weight_brings_its_titles_closer(ratings: Ratings) -> None:
    positions = [ratings.catalogue.position(anime_id) for anime_id in (103, 104)]  # liked by opposite camps

    def cosine(franchise_weight: float) -> float:
        model = train(ratings, replace(SMALL, ranking=replace(SMALL.ranking, franchise=franchise_weight)))
        x, y = (model.item_factors * model.singular_values)[positions]
        return float(x @ y / np.linalg.norm(x) / np.linalg.norm(y))

    assert cosine(3.0) > cosine(0.0) + 0.1


def test_parts_before_a_liked_title_score_higher(model: Model) -> None:
    """Titles 104 (2013) and 103 (2003) are related, but neither is an earlier part of the other."""
    head = model.ranker
    plain = replace(head, later=head.later[:0], earlier=head.earlier[:0])
    marked = replace(head, later=np.array([4], np.int32), earlier=np.array([2], np.int32))
    row = model.fold_in({104: 9}).row
    before, after = plain.rank_scores(row)[0], marked.rank_scores(row)[0]
    assert before[2] > 0
    assert after[2] == pytest.approx(head.config.earlier_part * before[2])
    assert np.array_equal(np.delete(before, 2), np.delete(after, 2))
    disliked = model.fold_in({104: 2, 106: 9}).row
    assert np.array_equal(plain.rank_scores(disliked), marked.rank_scores(disliked))


def test_only_tv_series_with_an_earlier_year_are_earlier_parts(tmp_path: Path) -> None:
    titles = [(1, "First", "TV"), (2, "Second", "TV"), (3, "Film", "Movie"), (4, "Undated", "TV")]
    columns = "anime_id,name,type,genre,episodes,rating,members"
    write_csv(tmp_path / "anime.csv", columns, [(*row, "", 12, 7.5, 100) for row in titles])
    details = [(1, 2000, ""), (2, 2005, "1|3|4"), (3, 1999, ""), (4, "", "2")]
    write_csv(tmp_path / "titles.csv", "anime_id,year,related_ids", details)
    rows = [(user, anime_id, 5 + (user + anime_id) % 5) for user in range(1, 9) for anime_id in (1, 2, 3, 4)]
    write_csv(tmp_path / "rating.csv", "user_id,anime_id,rating", rows)
    catalogue = Catalogue.read(tmp_path / "anime.csv", titles=tmp_path / "titles.csv")
    head = train(Ratings.read(tmp_path / "rating.csv", catalogue), SMALL).ranker
    assert list(zip(head.later.tolist(), head.earlier.tolist(), strict=True)) == [(1, 0)]


@pytest.mark.parametrize("n_others", [0, 2, 9, 40])
def test_high_rating_raises_similar_titles_and_low_rating_lowers_them(n_others: int) -> None:
    model = Model.load(ROOT / "core" / "bundled")
    random = np.random.default_rng(n_others)
    popular = np.intersect1d(np.argsort(-model.catalogue.members)[:300], model.ranker.factors.columns)
    for title in random.choice(popular, 10, replace=False):
        anime_id = int(model.item_ids[title])
        neighbours = [model.catalogue.position(item.anime_id) for item in model.similar(anime_id, 10)]
        others = {int(model.item_ids[position]): 7 for position in random.choice(popular, n_others, replace=False)}
        others.pop(anime_id, None)
        low, middle, high, unrated = (
            float(model.rank_scores(model.fold_in(others | rating).row)[0, neighbours].mean())
            for rating in ({anime_id: 2}, {anime_id: 6}, {anime_id: 9}, {})
        )
        assert low < middle < high
        assert low < unrated < high


def test_low_ratings_have_negative_preferences() -> None:
    ratings = np.array([1, 3, 4, 5, 8, 10, WATCHED], dtype=np.float32)
    assert np.allclose(preference(ratings, 0.3, RatingScale()), [-0.5, -0.25, -0.125, 0.25, 1, 1.5, 0.3])
    assert np.allclose(preference(np.array([1, 5], np.float32), 0.3, RatingScale(1, 5)), [-0.5, 1.5])


@pytest.mark.parametrize(
    "visitor", ["one rating", "only watched", "two thousand ratings", "equal ratings", "only dislikes", "nothing"]
)
def test_unusual_visitors_get_plausible_recommendations(visitor: str) -> None:
    model = Model.load(ROOT / "core" / "bundled")
    popular = model.item_ids[np.argsort(-model.catalogue.members)].tolist()
    random = np.random.default_rng(1)
    ratings: dict[int, float] = {
        "one rating": {popular[30]: 8},
        "only watched": dict.fromkeys(popular[10:30], WATCHED),
        "two thousand ratings": {anime_id: int(random.integers(1, 11)) for anime_id in popular[:2000]},
        "equal ratings": dict.fromkeys(popular[:40], 7),
        "only dislikes": dict.fromkeys(popular[:5], 1),
        "nothing": {},
    }[visitor]
    taste = model.fold_in(ratings)
    recommendations = model.recommend(taste, 20)
    assert len(recommendations) == 20
    assert not {item.anime_id for item in recommendations} & set(ratings)
    assert np.isfinite(model.rank_scores(taste.row)).all()
    predicted = model.predict_ratings(taste.row)
    assert np.isfinite(predicted).all()
    assert predicted.std() > 0.1
    assert np.median([item.members for item in recommendations]) > np.median(model.catalogue.members)
    if visitor in ("nothing", "one rating", "only watched"):
        assert np.mean(np.isin([item.anime_id for item in recommendations], popular[:300])) > 0.8
