"""Listers: the lists of a model, and the best known titles."""

import numpy as np
import pytest
from scipy import sparse

from core import Filters, Model, Ratings
from core.evaluation.lists.listers import Tastes, most_members, recommended


@pytest.fixture(scope="module")
def shown(ratings: Ratings) -> sparse.csr_array:
    return ratings.matrix[:8]


@pytest.fixture(scope="module")
def rankable(shown: sparse.csr_array) -> np.ndarray:
    """Half of the titles for odd users, all for even ones."""
    rankable = np.ones(shown.shape, dtype=bool)
    rankable[1::2, ::2] = False
    return rankable


@pytest.mark.parametrize("novelty", [0.0, 0.5])
def test_lists_are_those_of_the_model(
    model: Model, shown: sparse.csr_array, rankable: np.ndarray, novelty: float
) -> None:
    top = recommended(model, novelty)(shown, rankable)
    assert top.dtype == np.int64
    for user, row in enumerate(top):
        ratings = dict(zip(model.item_ids[shown[[user]].indices].tolist(), shown[[user]].data.tolist(), strict=True))
        filters = Filters(exclude_ids=tuple(model.item_ids[~rankable[user]].tolist()))
        listed = model.recommend(model.fold_in(ratings), 10, filters, novelty)
        assert model.item_ids[row[row >= 0]].tolist() == [title.anime_id for title in listed]


def test_listers_of_one_model_share_the_tastes_of_one_block(model: Model, shown: sparse.csr_array) -> None:
    tastes = Tastes(model)
    first = tastes.of(shown)
    assert tastes.of(shown) is first
    other = tastes.of(shown[2:5])
    assert [taste.ratings for taste in other] == [taste.ratings for taste in first[2:5]]
    everything = np.ones(shown.shape, dtype=bool)
    for novelty in (0.0, 0.5):
        top = recommended(model, novelty, tastes=tastes)(shown, everything)
        assert (top == recommended(model, novelty)(shown, everything)).all()


def test_short_list_is_filled_with_no_title(model: Model, shown: sparse.csr_array) -> None:
    for lister in (recommended(model), most_members(model.catalogue)):
        rankable = np.zeros(shown.shape, dtype=bool)
        rankable[:, 50:53] = True
        top = lister(shown, rankable)
        assert top.shape == (8, 10)
        for user, row in enumerate(top):
            expected = {50, 51, 52} - {*shown[[user]].indices.tolist()}
            expected = {title for title in expected if Filters().mask(model.catalogue)[title]}
            assert {*row.tolist()} == {*expected, -1}
            assert (row[len(expected) :] == -1).all()


def test_filters_of_the_lists_are_kept(model: Model, shown: sparse.csr_array, rankable: np.ndarray) -> None:
    is_adult = model.catalogue.is_adult
    for lister in (recommended(model), most_members(model.catalogue)):
        assert not is_adult[lister(shown, rankable)].any()
    adult_only = Filters(genres=("Hentai",))
    for lister in (recommended(model, filters=adult_only), most_members(model.catalogue, adult_only)):
        top = lister(shown, rankable)
        assert is_adult[top[top >= 0]].all()


def test_most_members_come_first(model: Model, shown: sparse.csr_array, rankable: np.ndarray) -> None:
    top = most_members(model.catalogue)(shown, rankable)
    for user, row in enumerate(top):
        unseen = np.setdiff1d(np.flatnonzero(rankable[user] & ~model.catalogue.is_adult), shown[[user]].indices)
        assert row.tolist() == unseen[np.argsort(-model.catalogue.members[unseen], kind="stable")][:10].tolist()
