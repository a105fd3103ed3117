"""A trained model always loads and answers, however odd the ratings."""

import tempfile
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_answers import answers, ask
from scipy import sparse
from small_data import catalogue_of

from core import WATCHED, Catalogue, InputError, Model, Ratings, TrainingConfig, train
from core.data.reading.rating_tables import ReadReport
from core.data.scale import RatingScale
from core.heads.prediction import PredictionConfig
from core.heads.ranking import RankingConfig

TITLES = 8


def ratings_of(rows: list[list[float]], catalogue: Catalogue, scale: RatingScale | None = None) -> Ratings:
    """Return ratings from a table of a row for each user and a column for each title, with 0 for no entry."""
    matrix = sparse.csr_array(np.array(rows, dtype=np.float32).reshape(len(rows), -1))
    return Ratings(matrix, np.arange(1, len(rows) + 1), catalogue, scale or RatingScale(), ReadReport(matrix.nnz, 0, 0))


def stored(model: Model) -> Model:
    """Return the model as it loads from its files."""
    with tempfile.TemporaryDirectory() as folder:
        model.save(f"{folder}/model")
        loaded = Model.load(f"{folder}/model")
        _ = loaded.users
    return loaded


ODD = {
    "all equal": ([[10] * TITLES] * 40, 10),
    "users alike": ([[*range(1, TITLES + 1)]] * 20, None),
    "two titles": ([[7 + user % 3] * 2 + [0] * (TITLES - 2) for user in range(20)], None),
    "97 % watched": (
        [[7 if (user * 8 + title) % 33 == 0 else WATCHED for title in range(TITLES)] for user in range(40)],
        7,
    ),
    "one rating each": ([[8 if title == user % TITLES else 0 for title in range(TITLES)] for user in range(20)], 8),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_ratings_train_a_model_that_loads_and_answers(name: str) -> None:
    rows, expected = ODD[name]
    ratings = ratings_of(rows, catalogue_of([{}] * TITLES))
    for recipe in (TrainingConfig(), TrainingConfig.textbook(8)):
        model = stored(train(ratings, recipe))
        ask(model)
        if expected is not None:
            assert np.allclose(model.predict_ratings(ratings.matrix), expected, atol=0.01)


facts = st.fixed_dictionaries(
    {
        "genres": st.sampled_from(["", "Action", "Action|Drama", "Hentai"]),
        "type": st.sampled_from(["", "TV", "Movie"]),
        "episodes": st.sampled_from([np.nan, 0.0, 1.0, 1e5]),
        "year": st.sampled_from([np.nan, 1900.0, 2005.0, 2100.0]),
        "mean_rating": st.sampled_from([np.nan, 0.0, 7.5, 10.0]),
        "members": st.sampled_from([0, 1, 1000, 10**9]),
        "related_ids": st.sampled_from(["", "100", "101|102"]),
    }
)
configs = st.one_of(
    st.builds(TrainingConfig.textbook, st.integers(1, 12)),
    st.builds(
        TrainingConfig,
        st.builds(
            RankingConfig,
            factors=st.integers(1, 12),
            min_count=st.integers(1, 5),
            watched_weight=st.sampled_from([0.0, 0.3]),
            uniqueness=st.sampled_from([0.0, 0.25]),
            franchise=st.sampled_from([0.0, 1.5]),
        ),
        st.builds(PredictionConfig, factors=st.integers(1, 6), iterations=st.integers(1, 7)),
        st.sampled_from([None, 0, 3]),
    ),
)


@st.composite
def rating_tables(draw: st.DrawFn) -> Ratings:
    """Return ratings of few users and titles, on one of several scales, often all alike."""
    scale = draw(st.sampled_from([RatingScale(), RatingScale(0.5, 5), RatingScale(1, 100)]))
    catalogue = catalogue_of(draw(st.lists(facts, min_size=1, max_size=TITLES)))
    values = draw(st.lists(st.floats(scale.low, scale.high, width=16), min_size=1, max_size=4))
    row = st.lists(st.sampled_from([0.0, float(WATCHED), *values]), min_size=len(catalogue), max_size=len(catalogue))
    rows = draw(st.lists(row.filter(any), min_size=1, max_size=12))
    return ratings_of(rows * draw(st.sampled_from([1, 1, 5])), catalogue, scale)


@settings(max_examples=12)
@given(rating_tables(), configs)
def test_training_is_refused_or_gives_a_model_that_loads_and_answers(ratings: Ratings, config: TrainingConfig) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        try:
            model = train(ratings, config)
        except InputError:
            return
        answers(stored(model))
