"""A model to files and back: what `core.model.files` writes and validates, made of heads."""

from pathlib import Path
from typing import Any

import numpy as np

from ..data.tables.table import MAX_ID
from ..disk import OpenFolder
from ..errors import ArtifactError
from ..heads.base import Head
from ..heads.prediction import PredictionConfig, PredictionHead
from ..heads.ranking import RankingConfig
from ..heads.ranking_head import RankingHead
from ..heads.stored_rows import Spec, Tensors, TensorSpec
from ..heads.textbook import TextbookConfig, TextbookHead
from ..numerics.arrays import AnyArray, smallest_integers
from . import files
from .card import by_title, model_card
from .config import TrainingConfig
from .info import ModelInfo
from .quality_chart import quality_chart
from .recommender import Recommender
from .stored_users import Users

HEADS: dict[type[Any], type[Head]] = {
    RankingConfig: RankingHead,
    PredictionConfig: PredictionHead,
    TextbookConfig: TextbookHead,
}
"""The head that each kind of settings makes."""
OWN_SPEC: Spec = {
    "item_ids": TensorSpec("int64|int32|int16", ("items",), 0, MAX_ID),
    "places": TensorSpec("float16", ("items", "2"), -1, 1),
}
"""The tensors that belong to no head."""


def to_files(model: Recommender, users: Users, **card: str) -> dict[str, bytes]:
    """Return the files of a model by name; ``card`` goes to `core.model.card.model_card`."""
    tensors: dict[str, AnyArray] = {
        f"{role}.{name}": tensor for role, head in _heads(model).items() for name, tensor in head.tensors().items()
    }
    tensors |= {
        "item_ids": smallest_integers(model.catalogue.anime_ids),
        "places": model.coordinates.astype(np.float16),
    }
    chart = quality_chart(by_title(model.info))
    return {
        files.CONFIG: model.info.to_json().encode(),
        files.TENSORS: files.tensors_to_bytes(tensors),
        files.USERS: files.tensors_to_bytes(users.tensors()),
        files.CATALOGUE: files.catalogue_to_bytes(model.catalogue),
        files.CARD: model_card(model.info, model.catalogue, **card).encode(),
    } | ({files.CHART: chart.encode()} if chart else {})


def shapes_of(model: Recommender, users: Users) -> dict[str, int]:
    """Return the size of every named dimension of the tensors."""
    shapes = {"items": len(model.catalogue), "axes": 2}
    for role, head in _heads(model).items():
        shapes |= _sizes(_in_role(head.SPEC, role), head.tensors())
    return shapes | _sizes(Users.SPEC, users.tensors())


def read_recommender(opened: OpenFolder) -> Recommender:
    """Return what `to_files` stored in a folder, but for the users.

    Raises
    ------
    ArtifactError
        A file is missing or fails validation: see `core.model.files.read_tensors`.
    """
    info = files.read_info(opened)
    configs = _configs(info)
    spec = dict(OWN_SPEC)
    for role, config in configs.items():
        spec |= {f"{role}.{name}": value for name, value in _in_role(HEADS[type(config)].SPEC, role).items()}
    tensors = files.read_tensors(opened, files.TENSORS, spec, info.shapes)
    catalogue = files.read_catalogue(opened)
    if not np.array_equal(catalogue.anime_ids, tensors["item_ids"]):
        raise ArtifactError(
            f"{opened.path}: the titles of {files.CATALOGUE} are not the item_ids of {files.TENSORS}, "
            "or in another order. The files belong to different models."
        )

    def restored(role: str) -> Any:
        config = configs[role]
        names = HEADS[type(config)].SPEC
        own = {name: tensors[f"{role}.{name}"] for name in names if f"{role}.{name}" in tensors}
        return _restore(opened.path / files.TENSORS, role, own, config, len(catalogue), info)

    coordinates = tensors["places"].astype(np.float32)
    return Recommender(catalogue, restored("ranking"), restored("prediction"), info, restored("textbook"), coordinates)


def read_users(opened: OpenFolder, model: Recommender) -> Users:
    """Return the users that a folder stores beside a model. Raises `ArtifactError`."""
    stored = files.read_tensors(opened, files.USERS, Users.SPEC, model.info.shapes)
    return Users.from_tensors(stored, len(model.catalogue), model.rating_scale)


def check_for_loading(model: Recommender, users: Users) -> None:
    """Raise `ArtifactError` if the files of a model would be refused."""
    info, path = model.info, Path("the trained model")
    configs = _configs(info)
    for role, head in _heads(model).items():
        own = head.tensors()
        files.check_tensors(path, own, _in_role(head.SPEC, role), info.shapes)
        _restore(path, role, own, configs[role], len(model.catalogue), info)
    files.check_tensors(path, users.tensors(), Users.SPEC, info.shapes)


def _restore(path: Path, role: str, tensors: Tensors, config: Any, n_items: int, info: ModelInfo) -> Any:
    """Return the head that tensors stored. Raises `ArtifactError`, which names the file and the head."""
    try:
        return HEADS[type(config)].restore(tensors, n_items, config, info.rating_scale)
    except ArtifactError as error:
        raise ArtifactError(f"{path}: {role}: {error}") from error


def _heads(model: Recommender) -> dict[str, Any]:
    """Return the heads by role."""
    return {"ranking": model.ranker, "prediction": model.predictor, "textbook": model.textbook}


def _configs(info: ModelInfo) -> dict[str, Any]:
    """Return the settings of each head by role."""
    config = TrainingConfig.from_recipe(info.recipe)
    return {"ranking": config.ranking, "prediction": config.prediction, "textbook": TextbookConfig()}


def _in_role(spec: Spec, role: str) -> Spec:
    """Return a head's spec with its dimensions named after the role, ``items`` apart."""

    def in_role(tensor: TensorSpec) -> TensorSpec:
        sizes = (size if size == "items" else f"{role}.{size}" for size in tensor.dimensions)
        return tensor._replace(dimensions=tuple(sizes))

    return {name: in_role(tensor) for name, tensor in spec.items()}


def _sizes(spec: Spec, tensors: Tensors) -> dict[str, int]:
    """Return the size of each dimension that a spec names."""
    return {
        dimension: size
        for name, tensor in tensors.items()
        for dimension, size in zip(spec[name].dimensions, tensor.shape, strict=True)
        if "+" not in dimension
    }
