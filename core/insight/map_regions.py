"""Finding one's way on the map of titles: its regions, found by counting neighbours, and one's own place."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..data.catalogue import Catalogue
from ..numerics.arrays import Bool, Float32

NEIGHBOURS = 24
REGIONS = 10
STANDING = 15


@dataclass(frozen=True)
class Regions:
    """Genres that lie together on a map.

    Attributes
    ----------
    genres
        Their names, the one that tells most of the map first.
    region_of_title
        int8 [n_titles]: which of them a title belongs to; -1 for none.
    centres
        float32 [n_genres, 2]: where each lies most densely.
    """

    genres: tuple[str, ...]
    region_of_title: npt.NDArray[np.int8]
    centres: Float32


def regions(places: Float32, catalogue: Catalogue, shown: Bool, count: int = REGIONS) -> Regions:
    """The genres that tell most of where a title lies, at most ``count``, and which titles are theirs.

    If a share p of all titles has a genre, and q of the 24 nearest ones of a title that has it, the
    genre tells ``q log(q / p)`` of the title. A title belongs to the chosen genre of its own that tells most
    of it, and genres are chosen one after the other, each for what it adds (the greedy algorithm for
    facility location: Cornuéjols, Fisher and Nemhauser, 1977).

    Parameters
    ----------
    places
        float32 [n_titles, 2], see `core.insight.title_map`.
    shown
        bool [n_titles]: titles that count; the others belong to none.
    """
    has = catalogue.genre_matrix & shown[:, None]
    n_titles = len(has)
    nearest = _nearest(places, min(NEIGHBOURS, n_titles - 1))
    around = has[nearest].mean(axis=1, dtype=np.float32) if nearest.shape[1] else np.zeros(has.shape, np.float32)
    usual = np.maximum(has.mean(axis=0, dtype=np.float32), 1e-9)
    told = np.where(has, around * np.log(np.maximum(around, 1e-9) / usual), 0).clip(min=0)
    chosen: list[int] = []
    best = np.zeros(n_titles, dtype=np.float32)
    for _ in range(min(count, has.shape[1])):
        # A sum of differences, not a difference of sums: the gain of a chosen genre is then exactly zero.
        gains = np.maximum(told - best[:, None], 0).sum(axis=0)
        genre = int(gains.argmax())
        if gains[genre] <= 0:
            break
        chosen.append(genre)
        best = np.maximum(best, told[:, genre])
    of = np.where(best > 0, told[:, chosen].argmax(axis=1), -1) if chosen else np.full(n_titles, -1)
    centres = [_centre(places, nearest, of == region) for region in range(len(chosen))]
    return Regions(
        tuple(catalogue.genres[genre] for genre in chosen),
        of.astype(np.int8),
        np.array(centres, dtype=np.float32).reshape(-1, 2),
    )


def taste_coordinates(places: Float32, cosines: Float32, k: int = STANDING) -> Float32:
    """Where somebody's taste lies on the map, float32 [2]: on each axis the median of the ``k`` titles
    most like it, as Poličar, Stražar and Zupan place new points (Embedding to reference t-SNE space
    addresses batch effects in single-cell classification, 2019).

    Parameters
    ----------
    places
        The map, float32 [n_items, 2].
    cosines
        Of each title's row of VΣ with the taste, float32 [n_items]. Only those above zero count;
        where there is none, the taste lies in the middle.
    k
        1 or more.
    """
    nearest = np.argsort(-cosines, kind="stable")[:k]
    nearest = nearest[cosines[nearest] > 0]
    if not len(nearest):
        return np.zeros(2, dtype=np.float32)
    return np.median(places[nearest], axis=0).astype(np.float32)


def _nearest(places: Float32, k: int) -> npt.NDArray[np.intp]:
    """The ``k`` nearest other titles of each, intp [n_titles, k]."""
    from scipy.spatial import KDTree  # 8 MB that the start of the app does without

    _, nearest = KDTree(places).query(places, k=k + 1)
    return np.asarray(nearest, dtype=np.intp).reshape(len(places), k + 1)[:, 1:]


def _centre(places: Float32, nearest: npt.NDArray[np.intp], own: Bool) -> Float32:
    """Amid the neighbours of the title that has most neighbours of its own kind."""
    amid = int(np.where(own, own[nearest].sum(axis=1), -1).argmax())
    kin = nearest[amid][own[nearest[amid]]]
    return np.asarray(np.median(places[[amid, *kin]], axis=0), dtype=np.float32)
