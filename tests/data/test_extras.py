"""Extras: what they are, and that they come only when asked for."""

import numpy as np
import pandas as pd
import pytest
from small_data import catalogue_of

from core import Filters, Model
from core.data.extras import find_extras
from core.serving.model_source import BUNDLED

SERIES = {"type": "TV", "name": "Show", "members": 1000}


def is_extra(title: dict[str, object], related: dict[str, object] | None = SERIES) -> bool:
    """Return whether a title is an extra, beside a related one."""
    catalogue = catalogue_of([title | {"related_ids": "2" if related else ""}, related or SERIES])
    assert not catalogue.is_extra[1]
    return bool(catalogue.is_extra[0])


@pytest.mark.parametrize("title", [
    {"type": "Music", "members": 5000},
    {"type": "Special", "members": 900},
    {"type": "OVA", "members": 249},
    {"type": "ONA", "members": 10},
    {"type": "Movie", "members": 5000, "name": "Show Recap"},
    {"type": "Movie", "members": 5000, "name": "Show Movie: Soushuuhen"},
    {"type": "OVA", "members": 5000, "name": "Show Picture Drama"},
    {"type": "", "members": 5000, "name": "Show Specials"},
])  # fmt: skip
def test_title_is_an_extra(title: dict[str, object]) -> None:
    assert is_extra(title)


@pytest.mark.parametrize("title", [
    {"type": "TV", "members": 10, "name": "Show Recap"},  # a series of its own
    {"type": "Special", "members": 1001},
    {"type": "OVA", "members": 250},
    {"type": "Movie", "members": 10},
    {"type": "Movie", "members": 10, "name": "Recapitulation"},
    {"type": "", "members": 10},
])  # fmt: skip
def test_title_is_no_extra(title: dict[str, object]) -> None:
    assert not is_extra(title)


def test_title_without_relatives_is_an_extra_only_by_type_or_name() -> None:
    assert [is_extra({"type": kind}, None) for kind in ("Special", "OVA", "ONA", "Music")] == [False] * 3 + [True]
    assert is_extra({"type": "OVA", "name": "Show Digest"}, None)


def test_the_most_listed_relative_decides() -> None:
    frame = pd.DataFrame({"type": ["OVA", "TV", "TV"], "name": ["A", "B", "C"]})
    related = np.array([[0, 0], [1, 2]])
    assert find_extras(frame, np.array([100, 300, 500]), related).tolist() == [True, False, False]
    assert find_extras(frame, np.array([100, 300, 350]), related).tolist() == [False, False, False]


@pytest.fixture(scope="module")
def bundled() -> Model:
    return Model.load(BUNDLED)


def test_extras_are_listed_only_when_asked_for(bundled: Model) -> None:
    """Fans of one title each: what they like most is often its own specials."""
    extras, catalogue = bundled.catalogue.is_extra, bundled.catalogue
    popular = bundled.item_ids[np.argsort(-catalogue.members)[:40]].tolist()

    def n_extras(filters: Filters, novelty: float = 0.25) -> int:
        ids = [
            item.anime_id
            for anime_id in popular
            for item in bundled.recommend(bundled.fold_in({anime_id: 10}), 20, filters, novelty)
        ]
        return int(extras[catalogue.positions(np.array(ids, dtype=np.int64))].sum())

    assert extras.sum() > 1000
    for sequels in ("all", "first", "new"):
        for novelty in (0.0, 0.25, 1.0):
            assert n_extras(Filters(sequels=sequels), novelty) == 0
    assert n_extras(Filters(types=("TV", "Movie"))) == 0
    assert n_extras(Filters(adult=True, min_members=100, genres=("Comedy",))) == 0
    assert n_extras(Filters(extras=True)) > 0
    assert n_extras(Filters(types=("Special",))) > 0
    assert n_extras(Filters(types=("Movie", "OVA"))) > 0
    assert n_extras(Filters(types=("Music",))) == 40 * 20


def test_extras_of_main_types_are_not_asked_for_by_another_type(bundled: Model) -> None:
    """Specials are asked for, films that are recaps are not."""
    catalogue = bundled.catalogue
    mask = Filters(types=("Movie", "Special")).mask(catalogue)
    kinds = catalogue.frame["type"].to_numpy(dtype=str)
    assert not (mask & catalogue.is_extra & (kinds == "Movie")).any()
    assert (mask & catalogue.is_extra & (kinds == "Special")).any()


def test_similar_and_joint_lists_leave_extras_out(bundled: Model) -> None:
    catalogue = bundled.catalogue
    popular = bundled.item_ids[np.argsort(-catalogue.members)[:20]].tolist()
    listed = [item.anime_id for anime_id in popular for item in bundled.similar(anime_id, 10)]
    tastes = [bundled.fold_in({anime_id: 10}) for anime_id in popular]
    for pair in zip(tastes[::2], tastes[1::2], strict=True):
        listed += [item.anime_id for item in bundled.recommend_together(pair, 10)]
    assert not catalogue.is_extra[catalogue.positions(np.array(listed))].any()
    special = int(bundled.item_ids[np.argmax(catalogue.is_extra * catalogue.members)])
    beside = [item.anime_id for item in bundled.similar(special, 20)]
    assert catalogue.is_extra[catalogue.positions(np.array(beside))].any()
