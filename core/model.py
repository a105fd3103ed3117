"""The model: two heads over one catalogue, and the users it knows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt
from scipy import sparse

from core import artifact
from core.artifact import ModelInfo
from core.card import model_card
from core.catalogue import Catalogue
from core.errors import ArtifactError, InputError
from core.factors import Float32, Spec, Tensors
from core.filters import Filters
from core.prediction import PredictionHead
from core.ranking import RankingHead
from core.ratings import WATCHED
from core.recommend import Predictor, Ranker, Recommendation, listing, recommend, top_k
from core.taste import Taste, history_row
from core.textbook import TextbookHead
from core.users import Users


class Head(Protocol):
    """What storing a head takes."""

    kind: ClassVar[str]
    SPEC: ClassVar[Spec]

    def tensors(self) -> dict[str, npt.NDArray[np.generic]]:
        """What to store, as in ``SPEC``."""

    @classmethod
    def restore(cls, tensors: Tensors, n_items: int, settings: dict[str, Any], scale: tuple[float, float]) -> Any:
        """The inverse of `tensors`, with the settings of the head's configuration."""


RANKERS: dict[str, type[Head]] = {head.kind: head for head in (RankingHead, TextbookHead)}
PREDICTORS: dict[str, type[Head]] = {head.kind: head for head in (PredictionHead, TextbookHead)}


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
        Called once, when an existing user is first asked for.
    """

    catalogue: Catalogue
    ranker: Ranker
    predictor: Predictor
    info: ModelInfo
    load_users: Callable[[], Users]

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

    @cached_property
    def users(self) -> Users:
        """The existing users that the model stores."""
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

    def files(self) -> dict[str, bytes]:
        """The model's files, by name: see `core.artifact`."""
        tensors = {"item_ids": self.item_ids} | {
            f"{role}.{name}": tensor for role, head in self._heads().items() for name, tensor in head.tensors().items()
        }
        users = self.users.tensors()
        return {
            artifact.CONFIG: self.info.to_json().encode(),
            artifact.TENSORS: artifact.tensors_to_bytes(tensors),
            artifact.USERS: artifact.tensors_to_bytes(users),
            artifact.CATALOGUE: artifact.catalogue_to_bytes(self.catalogue),
            artifact.CARD: model_card(self.info).encode(),
        }

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
        folder = Path(folder)
        info = artifact.read_info(folder)
        heads = {
            role: _head_class(folder, kinds, info.recipe, role)
            for role, kinds in (("ranking", RANKERS), ("prediction", PREDICTORS))
        }
        spec: dict[str, tuple[str, tuple[str, ...]]] = {"item_ids": ("int64", ("items",))}
        for role, head in heads.items():
            spec |= {f"{role}.{name}": value for name, value in _in_role(head.SPEC, role).items()}
        tensors = artifact.read_tensors(folder / artifact.TENSORS, spec, info.shapes)
        catalogue = artifact.read_catalogue(folder)
        if not np.array_equal(catalogue.anime_ids, tensors["item_ids"]):
            raise ArtifactError(
                f"{folder}: the titles of {artifact.CATALOGUE} are not the item_ids of {artifact.TENSORS}, "
                "or in another order. The files belong to different models."
            )
        n_items = len(catalogue)
        ranker, predictor = (
            _restore(folder, head, role, {name: tensors[f"{role}.{name}"] for name in head.SPEC}, n_items, info)
            for role, head in heads.items()
        )

        def load_users() -> Users:
            if artifact.read_info(folder) != info:
                raise ArtifactError(f"{folder}: holds another model by now, with other users. Load it again.")
            stored = artifact.read_tensors(folder / artifact.USERS, Users.SPEC, info.shapes)
            return Users.from_tensors(stored, n_items, info.rating_scale)

        return cls(catalogue, ranker, predictor, info, load_users)

    def _heads(self) -> dict[str, Head]:
        return {"ranking": self.ranker, "prediction": self.predictor}  # type: ignore[dict-item]

    @classmethod
    def assemble(
        cls, catalogue: Catalogue, ranker: Ranker, predictor: Predictor, users: Users, info: ModelInfo
    ) -> "Model":
        """A model from its parts, its shapes entered in ``info``."""
        model = cls(catalogue, ranker, predictor, info, lambda: users)
        shapes = {"items": len(catalogue)}
        for role, head in model._heads().items():
            shapes |= _sizes(_in_role(head.SPEC, role), head.tensors())
        shapes |= _sizes(Users.SPEC, users.tensors())
        return replace(model, info=replace(info, shapes=shapes))


def _in_role(spec: Spec, role: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """A head's spec with its dimensions named after the role, ``items`` apart."""
    return {
        name: (dtype, tuple(at if at == "items" else f"{role}.{at}" for at in dimensions))
        for name, (dtype, dimensions) in spec.items()
    }


def _sizes(spec: Spec, tensors: Tensors) -> dict[str, int]:
    return {
        dimension: size
        for name, (_, dimensions) in spec.items()
        for dimension, size in zip(dimensions, tensors[name].shape, strict=True)
        if "+" not in dimension
    }


def _head_class(folder: Path, kinds: Mapping[str, type[Head]], recipe: Mapping[str, Any], role: str) -> type[Head]:
    settings = recipe.get(role)
    kind = str(settings.get("kind")) if isinstance(settings, dict) else "missing"
    if kind not in kinds:
        raise ArtifactError(
            f"{folder / artifact.CONFIG}: recipe.{role}.kind is {kind!r}; expected {' or '.join(map(repr, kinds))}."
        )
    return kinds[kind]


def _restore(folder: Path, head: type[Head], role: str, tensors: Tensors, n_items: int, info: ModelInfo) -> Any:
    settings = {name: value for name, value in info.recipe[role].items() if name != "kind"}
    try:
        return head.restore(tensors, n_items, settings, info.rating_scale)
    except (InputError, TypeError) as error:
        raise ArtifactError(f"{folder / artifact.CONFIG}: recipe.{role} does not fit its kind: {error}") from error
