"""The scores against the formula of the module's docstring, written out densely."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from histories import HISTORIES
from small_data import ROOT, SMALL, write_csv

from core import WATCHED, Catalogue, Model, Ratings, train
from core.data.scale import RatingScale
from core.heads.preferences import preference
from core.heads.ranking import LAMBDA_STEPS


@pytest.mark.parametrize("history", HISTORIES, ids=["one", "four", "many", "none"])
def test_scores_follow_the_formula(model: Model, history: dict[int, float]) -> None:
    head, config = model.ranker, model.ranker.config
    v, sigma = head.factors.v.astype(float), head.factors.singular_values.astype(float)
    norms, unique, n = head.norms.astype(float), head.uniqueness.astype(float), max(len(history), 1)
    short = 1 / (1 + (n / config.turning) ** config.steepness)
    damping = short * config.short_damping + (1 - short) * config.long_damping
    x = np.zeros(len(norms))
    for anime_id, rating in history.items():
        at = model.catalogue.position(anime_id)
        weight = config.watched_weight if rating < 0 else (rating - 4) / 4 if rating >= 5 else (rating - 5) / 8
        x[at] = weight * norms[at] ** (config.column_scaling - 1 - damping) * unique[at] ** (2 * short - 1)
    average = head.mean * norms ** (config.column_scaling - 1 - config.short_damping) * unique
    x += config.prior * average
    shrinkage = config.shrinkage * (1 + (config.shrinkage_turning / n) ** config.shrinkage_steepness)
    rounded = np.exp(np.round(LAMBDA_STEPS * np.log(shrinkage)) / LAMBDA_STEPS)
    operator = v @ np.diag(sigma**2 / (sigma**2 + rounded * float(head.energy))) @ v.T
    leverage = np.minimum(np.diag(operator), 0.99)
    lift = unique * norms**config.output_scaling / (1 - leverage)
    expected = x @ operator * lift / np.sqrt(np.mean((average @ operator * lift) ** 2))
    for at in {int(e) for later, e in zip(head.later, head.earlier, strict=True) if later + 100 in history}:
        expected[at] *= config.earlier_part if expected[at] > 0 else 1
    scores = head.rank_scores(model.fold_in(history).row)[0]
    assert np.allclose(scores, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())


def test_a_franchise_draws_its_titles_together(ratings: Ratings) -> None:
    apart, together = (train(ratings, replace(SMALL, ranking=replace(SMALL.ranking, franchise=f))) for f in (0.0, 3.0))
    a, b = (ratings.catalogue.position(anime_id) for anime_id in (103, 104))  # of opposite camps

    def cosine(model: Model) -> float:
        x, y = (model.item_factors * model.singular_values)[[a, b]]
        return float(x @ y / np.linalg.norm(x) / np.linalg.norm(y))

    assert cosine(together) > cosine(apart) + 0.1


def test_an_earlier_part_of_what_was_seen_comes_up(model: Model) -> None:
    """Show 104 (2013) is related to 103 (2003) but no TV series before it; 103 is none either."""
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


def test_only_television_before_a_title_is_its_earlier_part(tmp_path: Path) -> None:
    anime = [(1, "First", "TV"), (2, "Second", "TV"), (3, "Film", "Movie"), (4, "Undated", "TV")]
    columns = "anime_id,name,type,genre,episodes,rating,members"
    write_csv(tmp_path / "anime.csv", columns, [(*row, "", 12, 7.5, 100) for row in anime])
    titles = [(1, 2000, ""), (2, 2005, "1|3|4"), (3, 1999, ""), (4, "", "2")]
    write_csv(tmp_path / "titles.csv", "anime_id,year,related_ids", titles)
    rows = [(user, anime_id, 5 + (user + anime_id) % 5) for user in range(1, 9) for anime_id in (1, 2, 3, 4)]
    write_csv(tmp_path / "rating.csv", "user_id,anime_id,rating", rows)
    catalogue = Catalogue.read(tmp_path / "anime.csv", titles=tmp_path / "titles.csv")
    head = train(Ratings.read(tmp_path / "rating.csv", catalogue), SMALL).ranker
    assert list(zip(head.later.tolist(), head.earlier.tolist(), strict=True)) == [(1, 0)]


@pytest.mark.parametrize("n", [0, 2, 9, 40])
def test_a_nine_raises_the_neighbours_and_a_two_lowers_them(n: int) -> None:
    model = Model.load(ROOT / "core" / "bundled")
    random = np.random.default_rng(n)
    popular = np.intersect1d(np.argsort(-model.catalogue.members)[:300], model.ranker.factors.columns)
    for title in random.choice(popular, 10, replace=False):
        anime_id = int(model.item_ids[title])
        neighbours = [model.catalogue.position(item.anime_id) for item in model.similar(anime_id, 10)]
        rest = {int(model.item_ids[at]): 7 for at in random.choice(popular, n, replace=False)}

        def scores(ratings: dict[int, float], rest=rest, neighbours=neighbours) -> float:
            return float(model.rank_scores(model.fold_in(rest | ratings).row)[0, neighbours].mean())

        rest.pop(anime_id, None)
        assert scores({anime_id: 2}) < scores({anime_id: 6}) < scores({anime_id: 9})
        assert scores({anime_id: 2}) < scores({}) < scores({anime_id: 9})


def test_preferences_fall_below_zero_for_low_ratings() -> None:
    ratings = np.array([1, 3, 4, 5, 8, 10, WATCHED], dtype=np.float32)
    assert np.allclose(preference(ratings, 0.3, RatingScale()), [-0.5, -0.25, -0.125, 0.25, 1, 1.5, 0.3])
    assert np.allclose(preference(np.array([1, 5], np.float32), 0.3, RatingScale(1, 5)), [-0.5, 1.5])


@pytest.mark.parametrize(
    "kind", ["one rating", "only watched", "two thousand ratings", "equal ratings", "only dislikes", "nothing"]
)
def test_unusual_visitors_get_sane_lists(kind: str) -> None:
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
    }[kind]
    taste = model.fold_in(ratings)
    listed = model.recommend(taste, 20)
    assert len(listed) == 20
    assert not {item.anime_id for item in listed} & set(ratings)
    assert np.isfinite(model.rank_scores(taste.row)).all()
    predicted = model.predict_ratings(taste.row)
    assert np.isfinite(predicted).all()
    assert predicted.std() > 0.1
    known = np.array([item.members for item in listed])
    assert np.median(known) > np.median(model.catalogue.members)  # nothing that nobody has heard of
    if kind in ("nothing", "one rating", "only watched"):
        assert np.mean(np.isin([item.anime_id for item in listed], popular[:300])) > 0.8
