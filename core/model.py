"""The model: two heads over one catalogue, and the users it knows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from core import artifact, hub
from core.artifact import ModelInfo
from core.card import model_card
from core.catalogue import Catalogue
from core.errors import ArtifactError, InputError
from core.factors import Float32
from core.filters import Filters
from core.on_demand import OnDemand
from core.ratings import WATCHED
from core.recommend import Predictor, Ranker, Recommendation, listing, recommend, top_k
from core.storage import Parts, read_parts, shapes_of, to_files
from core.taste import Taste, history_row
from core.users import Users


@dataclass(frozen=True)
class Model:
    """A trained recommender. Made by `core.train`, or read by `load`; never changes.

    Attributes
    ----------
    catalogue
        The titles; their order is the order of every item axis.
    ranker, predictor
        The heads: *what next?* and *how would I rate it?*
    info
        What the model was trained from, and its measured quality.
    load_users
        Called when existing users are asked for; remembers them by itself.
    revision
        The commit on the Hub that it was pulled from, or an empty string.
    """

    catalogue: Catalogue
    ranker: Ranker
    predictor: Predictor
    info: ModelInfo
    load_users: Callable[[], Users]
    revision: str = ""

    # -- what is inside ---------------------------------------------------------------------

    @property
    def item_ids(self) -> npt.NDArray[np.int64]:
        """MyAnimeList ids of the item axis, int64 [n_items]."""
        return self.catalogue.anime_ids

    @property
    def item_factors(self) -> Float32:
        """V of the ranking head, float32 [n_items, k], orthonormal columns (up to the rounding
        in which it is stored). Titles without training ratings have zero rows.
        """
        return self.ranker.factors.full

    @property
    def singular_values(self) -> Float32:
        """Σ of the ranking head, float32 [k], descending."""
        return self.ranker.factors.singular_values

    @property
    def rating_scale(self) -> tuple[float, float]:
        """Lowest and highest rating."""
        return self.info.rating_scale

    @property
    def users(self) -> Users:
        """The existing users that the model stores. Raises `HubError` while they cannot be fetched."""
        return self.load_users()

    @property
    def user_ids(self) -> npt.NDArray[np.int64]:
        """Ids of the existing users that the model stores, int64, ascending."""
        return self.users.user_ids

    # -- tastes -----------------------------------------------------------------------------

    def fold_in(self, ratings: Mapping[int, float]) -> Taste:
        """A visitor: ``{anime_id: rating}``, the rating on the model's scale, or -1 (`WATCHED`).

        Ids that the model doesn't know are reported in ``Taste.unknown_ids``. No ratings at all
        make the average taste.

        Raises
        ------
        InputError
            An id is not a whole number, or a rating is off the scale.
        """
        row, unknown = history_row(ratings, self.catalogue, self.rating_scale)
        return self._taste(row, unknown_ids=unknown)

    def user_taste(self, user_id: int) -> Taste:
        """An existing user. Raises `InputError` for an id that is not in `user_ids`."""
        at = self.users.row(user_id)
        return self._taste(self.users.history[[at]], user_id=int(user_id))

    def _taste(self, row: sparse.csr_array, unknown_ids: tuple[int, ...] = (), user_id: int | None = None) -> Taste:
        return Taste(row, self.ranker.embed(row)[0], self.item_ids[row.indices], unknown_ids, user_id)

    # -- answers ----------------------------------------------------------------------------

    def recommend(self, taste: Taste, k: int = 10, filters: Filters | None = None) -> list[Recommendation]:
        """The ``k`` best titles for a taste, the best first, never one that it has seen.

        Fewer come back only when fewer titles pass the filters. Adult titles pass only when
        ``filters`` asks for them. Raises `InputError`: see `core.recommend.recommend`.
        """
        predicted = self._predict(taste.row)[0]
        return recommend(taste, self.ranker, predicted, self.catalogue, k, filters or Filters())

    def similar(self, anime_id: int, k: int = 10, filters: Filters | None = None) -> list[Recommendation]:
        """The ``k`` titles nearest to one, by the cosine of their rows of ``VΣ`` (the ``score``).

        Without ``filters`` adult titles come only with adult titles. ``predicted_rating`` is what
        somebody who told nothing is expected to give. Raises `InputError` for an unknown id.
        """
        position = self.catalogue.position(anime_id)
        if filters is None:
            filters = Filters(adult=not Filters().mask(self.catalogue)[position])
        allowed = filters.mask(self.catalogue)
        allowed[position] = False
        similarity = self._directions @ self._directions[position]
        best = top_k(similarity, allowed, self.catalogue, k)
        return listing(best, similarity, self._predicted_for_nobody, self.catalogue)

    @cached_property
    def _predicted_for_nobody(self) -> Float32:
        nobody, _ = history_row({}, self.catalogue, self.rating_scale)
        return np.asarray(self._predict(nobody)[0])

    @cached_property
    def _directions(self) -> Float32:
        vectors = self.item_factors * self.singular_values
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.where(lengths > 0, lengths, 1), dtype=np.float32)

    def rank_scores(self, matrix: sparse.csr_array) -> Float32:
        """How much each title suits each history, for ranking: only the order within a row counts.

        Parameters
        ----------
        matrix
            CSR [n, n_items], columns as in `item_ids`, values on the rating scale, or -1.

        Returns
        -------
        float32 [n, n_items]. Titles in the history are scored like the others; mask them.
        """
        return self.ranker.scores(self._checked(matrix))

    def predict_ratings(self, matrix: sparse.csr_array) -> Float32:
        """The rating each history's owner is expected to give each title, float32 [n, n_items],
        within the rating scale. ``matrix`` as in `rank_scores`.
        """
        return self._predict(self._checked(matrix))

    def _predict(self, matrix: sparse.csr_array) -> Float32:
        return np.clip(self.predictor.predict(matrix), *self.rating_scale)

    def _checked(self, matrix: sparse.csr_array) -> sparse.csr_array:
        if matrix.ndim != 2 or matrix.shape[1] != len(self.catalogue):
            raise InputError(
                f"The matrix has the shape {matrix.shape}; expected [n, {len(self.catalogue)}], see item_ids."
            )
        matrix = sparse.csr_array(matrix, copy=True)
        matrix.sum_duplicates()
        low, high = self.rating_scale
        wrong = matrix.data[(matrix.data != WATCHED) & ~((matrix.data >= low) & (matrix.data <= high))]
        if wrong.size:
            raise InputError(f"The matrix holds the value {wrong[0]}; expected {low:g} to {high:g}, or {WATCHED}.")
        return matrix

    def with_quality(self, metrics: dict[str, float], peers: dict[str, dict[str, float]]) -> "Model":
        """The same model with these measured figures entered in `info`: see `core.report.quality`."""
        return replace(self, info=replace(self.info, metrics=self.info.metrics | metrics, peers=peers))

    # -- files ------------------------------------------------------------------------------

    def files(self, **card: str) -> dict[str, bytes]:
        """The model's files, by name: see `core.artifact`; ``card`` as for `core.card.model_card`."""
        parts = Parts(self.catalogue, self.ranker, self.predictor, self.info, lambda: self.users)
        return to_files(parts, **card)

    def save(self, folder: str | Path) -> None:
        """Write the model to a folder, whole or not at all. An older model there is replaced.

        Raises `ArtifactError` if the folder holds anything else.
        """
        artifact.write_model(folder, self.files())

    @classmethod
    def load(cls, folder: str | Path) -> "Model":
        """Read a model that `save` wrote. Existing users are read when first asked for.

        Raises
        ------
        ArtifactError
            Something is missing or fails validation (see `core.artifact.read_tensors`).
        """
        return cls._read(Path(folder), fetch_users=lambda: None)

    @classmethod
    def _read(cls, folder: Path, fetch_users: Callable[[], object], revision: str = "") -> "Model":
        """``fetch_users`` brings the users' file into the folder before it is read."""
        parts = read_parts(folder)

        @cache
        def load_users() -> Users:
            fetch_users()
            return parts.load_users()

        model = cls(parts.catalogue, parts.ranker, parts.predictor, parts.info, load_users, revision)
        try:  # what no check of shapes finds: settings and facts of a wrong kind
            first, second = (int(anime_id) for anime_id in model.item_ids[:2])
            model.recommend(model.fold_in({first: model.rating_scale[1], second: WATCHED}), 1)
            model_card(model.info)
        except Exception as error:
            raise ArtifactError(f"{folder}: the model fails when it is tried out: {error!r}") from error
        return model

    # -- the Hub ----------------------------------------------------------------------------

    def push_to_hub(
        self,
        repo_id: str,
        *,
        private: bool = False,
        revision: str | None = None,
        create_pr: bool = False,
        token: str | None = None,
    ) -> hub.Pushed:
        """Upload all files as one commit: see `core.hub.push`. Raises `HubError`."""
        message = f"AniSVD model trained {self.info.trained_at}"
        options: dict[str, Any] = {"private": private, "revision": revision, "create_pr": create_pr, "token": token}
        return hub.push(self.files(repo_id=repo_id), repo_id, message=message, **options)

    @classmethod
    def from_hub(
        cls,
        repo_id: str,
        revision: str | None = None,
        *,
        cached: bool = False,
        token: str | None = None,
        users_within: float | None = None,
    ) -> "Model":
        """Pull a model that `push_to_hub` pushed, and validate it. Only what a first answer needs is
        downloaded; existing users follow when first asked for, from the same commit.

        Parameters
        ----------
        revision
            Branch, tag or commit; None: ``main``. A full commit id that is cached makes no request.
        cached
            Use the local cache alone, for all but the existing users.
        users_within
            How many seconds an answer about existing users waits for their file before it raises
            `HubError`, while the download goes on; None: as long as it takes.

        Raises
        ------
        HubError
            It cannot be pulled: see `core.hub.pull`.
        ArtifactError
            What was pulled fails validation.
        """
        pulled = hub.pull(repo_id, artifact.FIRST_FILES, revision=revision, cached=cached, token=token)

        def fetch_users() -> None:
            hub.pull(repo_id, [artifact.USERS], revision=pulled.revision, token=token)

        return cls._read(pulled.folder, OnDemand(fetch_users, users_within), pulled.revision)

    @classmethod
    def assemble(
        cls, catalogue: Catalogue, ranker: Ranker, predictor: Predictor, users: Users, info: ModelInfo
    ) -> "Model":
        """A model from its parts, its shapes entered in ``info``."""
        shapes = shapes_of(Parts(catalogue, ranker, predictor, info, lambda: users))
        return cls(catalogue, ranker, predictor, replace(info, shapes=shapes), lambda: users)
