"""Listers: the lists of a model, as on the page, and lists to compare them with."""

from dataclasses import replace

import numpy as np
from scipy import sparse

from ...data.catalogue import Catalogue
from ...model.recommender import Recommender
from ...numerics.arrays import Bool, Int64
from ...recommend.filters import Filters
from ...recommend.fold_in import Taste
from ...recommend.novelty import DEFAULT
from ..measure import LIST_LENGTH
from .list_metrics import Lister

DEFAULT_FILTERS = Filters()
"""Adult titles and extras are left out, and all parts of a franchise may be listed."""
EVERYTHING = Filters(adult=True, extras=True)


class Tastes:
    """Folds in histories. Keeps the tastes of the last ones, so that listers of one model share the scores."""

    def __init__(self, model: Recommender) -> None:
        self._model = model
        self._shown: sparse.csr_array | None = None
        self._tastes: list[Taste] = []

    def of(self, shown: sparse.csr_array) -> list[Taste]:
        """Return the taste of each row of a matrix [n, n_titles], the same ones if asked for the same object again."""
        if shown is not self._shown:
            rows = [shown[[user]] for user in range(shown.shape[0])]
            self._shown, self._tastes = shown, [Taste(row, row, self._model) for row in rows]
        return self._tastes


def recommended(
    model: Recommender, novelty: float = DEFAULT, filters: Filters = DEFAULT_FILTERS, tastes: Tastes | None = None
) -> Lister:
    """Return the lister of `Recommender.recommend` at a position of its dial; ``tastes`` can be shared with others."""
    tastes = tastes or Tastes(model)

    def list_titles(shown: sparse.csr_array, rankable: Bool) -> Int64:
        top = np.full((shown.shape[0], LIST_LENGTH), -1, dtype=np.int64)
        for user, taste in enumerate(tastes.of(shown)):
            allowed = _only(model.catalogue, rankable[user], filters)
            listed = model.recommend(taste, LIST_LENGTH, allowed, novelty)
            top[user, : len(listed)] = model.catalogue.positions(np.array([title.anime_id for title in listed], int))
        return top

    return list_titles


def most_members(catalogue: Catalogue, filters: Filters = DEFAULT_FILTERS) -> Lister:
    """Return the lister of the same titles for everybody: those with most members first, without those told."""
    order = np.lexsort((catalogue.anime_ids, -catalogue.members))
    order = order[filters.mask(catalogue)[order]]

    def list_titles(shown: sparse.csr_array, rankable: Bool) -> Int64:
        top = np.full((shown.shape[0], LIST_LENGTH), -1, dtype=np.int64)
        for user in range(shown.shape[0]):
            allowed = rankable[user].copy()
            allowed[shown[[user]].indices] = False
            best = order[allowed[order]][:LIST_LENGTH]
            top[user, : len(best)] = best
        return top

    return list_titles


def _only(catalogue: Catalogue, rankable: Bool, filters: Filters) -> Filters:
    """Return the filters that also leave out the titles that may not be listed."""
    if rankable.all():
        return filters
    others = (*filters.exclude_ids, *catalogue.anime_ids[~rankable].tolist())
    return replace(filters, exclude_ids=others)
