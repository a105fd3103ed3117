"""A model's parts to files and back: what `core.model.files` writes and validates, made of heads."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..data.catalogue import Catalogue
from ..errors import ArtifactError, InputError
from ..heads.base import Head, Predictor, Ranker
from ..heads.item_factors import Spec, Tensors
from ..heads.prediction import PredictionHead
from ..heads.ranking import RankingHead
from ..heads.textbook import TextbookHead
from ..numerics.arrays import AnyArray, Float32
from . import files as artifact
from .card import by_title, model_card
from .info import ModelInfo
from .quality_chart import quality_picture
from .stored_users import Users

RANKERS: dict[str, type[Head]] = {head.kind: head for head in (RankingHead, TextbookHead)}
PREDICTORS: dict[str, type[Head]] = {head.kind: head for head in (PredictionHead, TextbookHead)}


@dataclass(frozen=True)
class Parts:
    """What a model is made of; see `core.model.model.Model`."""

    catalogue: Catalogue
    ranker: Ranker
    predictor: Predictor
    info: ModelInfo
    load_users: Callable[[], Users]
    textbook: TextbookHead
    places: Float32

    @property
    def heads(self) -> dict[str, Head]:
        """By role."""
        return {"ranking": self.ranker, "prediction": self.predictor, "textbook": self.textbook}  # type: ignore[dict-item]


def to_files(parts: Parts, **card: str) -> dict[str, bytes]:
    """The files of a model, by name; ``card`` as for `core.model.card.model_card`."""
    tensors: dict[str, AnyArray] = {
        f"{role}.{name}": tensor for role, head in parts.heads.items() for name, tensor in head.tensors().items()
    }
    tensors |= {"item_ids": parts.catalogue.anime_ids, "places": parts.places.astype(np.float16)}
    picture = quality_picture(by_title(parts.info))
    return {
        artifact.CONFIG: parts.info.to_json().encode(),
        artifact.TENSORS: artifact.tensors_to_bytes(tensors),
        artifact.USERS: artifact.tensors_to_bytes(parts.load_users().tensors()),
        artifact.CATALOGUE: artifact.catalogue_to_bytes(parts.catalogue),
        artifact.CARD: model_card(parts.info, **card).encode(),
    } | ({artifact.PICTURE: picture.encode()} if picture else {})


def shapes_of(parts: Parts) -> dict[str, int]:
    """The size of every named dimension of the tensors."""
    shapes = {"items": len(parts.catalogue), "axes": 2}
    for role, head in parts.heads.items():
        shapes |= _sizes(_in_role(head.SPEC, role), head.tensors())
    return shapes | _sizes(Users.SPEC, parts.load_users().tensors())


def read_parts(folder: Path) -> Parts:
    """The inverse of `to_files`, of a folder. The users' file is read when ``load_users`` is called.

    Raises
    ------
    ArtifactError
        Something is missing or fails validation (see `core.model.files.read_tensors`).
    """
    info = artifact.read_info(folder)
    heads: dict[str, type[Head]] = {
        role: _head_class(folder, kinds, info.recipe, role)
        for role, kinds in (("ranking", RANKERS), ("prediction", PREDICTORS))
    }
    heads["textbook"] = TextbookHead
    spec: dict[str, tuple[str, tuple[str, ...]]] = {
        "item_ids": ("int64", ("items",)),
        "places": ("float16", ("items", "axes")),
    }
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
    ranker, predictor, textbook = (
        _restore(folder, head, role, {name: tensors[f"{role}.{name}"] for name in head.SPEC}, n_items, info)
        for role, head in heads.items()
    )

    def load_users() -> Users:
        if artifact.read_info(folder) != info:
            raise ArtifactError(f"{folder}: holds another model by now, with other users. Load it again.")
        stored = artifact.read_tensors(folder / artifact.USERS, Users.SPEC, info.shapes)
        return Users.from_tensors(stored, n_items, info.rating_scale)

    return Parts(catalogue, ranker, predictor, info, load_users, textbook, tensors["places"].astype(np.float32))


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
    settings = {name: value for name, value in info.recipe.get(role, {}).items() if name != "kind"}
    try:
        return head.restore(tensors, n_items, settings, info.rating_scale)
    except (InputError, TypeError) as error:
        raise ArtifactError(f"{folder / artifact.CONFIG}: recipe.{role} does not fit its kind: {error}") from error
