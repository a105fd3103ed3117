"""Regions of the map of titles, by the genres of near titles, and the coordinates of a taste on it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..data.catalogue import Catalogue
from ..numerics.arrays import Bool, Float32

NEIGHBOURS = 24
REGIONS = 10
TITLES_AROUND_TASTE = 15


@dataclass(frozen=True)
class Regions:
    """Genres whose titles lie together on a map, the one that explains most of the map first.

    ``region_of_title`` holds indices into ``genres``, int8 [n_titles], -1 for titles in no region. ``centres`` are
    the coordinates where regions are densest, float32 [n_genres, 2].
    """

    genres: tuple[str, ...]
    region_of_title: npt.NDArray[np.int8]
    centres: Float32


def regions(coordinates: Float32, catalogue: Catalogue, shown: Bool, count: int = REGIONS) -> Regions:
    """Return at most ``count`` genres that explain most of the map, and their titles.

    If a share p of all titles has a genre, and a share q of the 24 nearest titles of a title that has it, the
    genre explains ``q log(q / p)`` of the title. A title belongs to the chosen genre of its own that explains
    most of it. Genres are chosen one by one for what they add (the greedy algorithm for facility location:
    Cornuéjols, Fisher and Nemhauser, 1977).

    ``coordinates`` are the map, float32 [n_titles, 2]: see `core.insight.title_map`. Only titles that are
    ``shown``, bool [n_titles], count; the others are in no region.
    """
    # The shares q and p, [n_titles, n_genres] and [n_genres].
    has_genre = catalogue.genre_matrix & shown[:, None]
    n_titles, n_genres = has_genre.shape
    nearest = _nearest(coordinates, min(NEIGHBOURS, n_titles - 1))
    q = has_genre[nearest].mean(axis=1, dtype=np.float32) if nearest.shape[1] else np.zeros(has_genre.shape, np.float32)
    p = np.maximum(has_genre.mean(axis=0, dtype=np.float32), 1e-9)
    # How much each genre explains of each title, [n_titles, n_genres].
    explained = np.where(has_genre, q * np.log(np.maximum(q, 1e-9) / p), 0).clip(min=0)
    # Add genres greedily; `best` is how much the chosen genres explain of each title, [n_titles].
    chosen: list[int] = []
    best = np.zeros(n_titles, dtype=np.float32)
    for _ in range(min(count, n_genres)):
        # A sum of differences, not a difference of sums: the gain of a chosen genre is then exactly zero.
        gains = np.maximum(explained - best[:, None], 0).sum(axis=0)
        genre = int(gains.argmax())
        if gains[genre] <= 0:
            break
        chosen.append(genre)
        best = np.maximum(best, explained[:, genre])
    region = np.where(best > 0, explained[:, chosen].argmax(axis=1), -1) if chosen else np.full(n_titles, -1)
    centres = [_centre(coordinates, nearest, region == index) for index in range(len(chosen))]
    return Regions(
        tuple(catalogue.genres[genre] for genre in chosen),
        region.astype(np.int8),
        np.array(centres, dtype=np.float32).reshape(-1, 2),
    )


def taste_coordinates(coordinates: Float32, cosines: Float32, k: int = TITLES_AROUND_TASTE) -> Float32:
    """Return the coordinates of a taste on the map, float32 [2]: on each axis the median of the ``k`` titles of
    largest cosine (Poličar, Stražar and Zupan: Embedding to reference t-SNE space addresses batch effects in
    single-cell classification, 2019).

    ``cosines``, float32 [n_titles], are those of titles' rows of VΣ with the taste. Only positive cosines count;
    without any the taste lies in the middle. ``k`` is 1 or more.
    """
    nearest = np.argsort(-cosines, kind="stable")[:k]
    nearest = nearest[cosines[nearest] > 0]
    if not len(nearest):
        return np.zeros(2, dtype=np.float32)
    return np.median(coordinates[nearest], axis=0).astype(np.float32)


def _nearest(coordinates: Float32, k: int) -> npt.NDArray[np.intp]:
    """Return the ``k`` nearest other titles of every title, intp [n_titles, k]."""
    from scipy.spatial import KDTree  # 8 MB that the start of the app does without

    _, nearest = KDTree(coordinates).query(coordinates, k=k + 1)
    return np.asarray(nearest, dtype=np.intp).reshape(len(coordinates), k + 1)[:, 1:]


def _centre(coordinates: Float32, nearest: npt.NDArray[np.intp], in_region: Bool) -> Float32:
    """Return the centre of a region, [2]: the median over the title with most neighbours in it, and these."""
    densest = int(np.where(in_region, in_region[nearest].sum(axis=1), -1).argmax())
    neighbours = nearest[densest][in_region[nearest[densest]]]
    return np.asarray(np.median(coordinates[[densest, *neighbours]], axis=0), dtype=np.float32)
