"""The files of a model: written whole or not at all, and validated when read.

| file | content |
|---|---|
| ``config.json`` | format version, recipe, shapes, metrics, facts and fingerprint of the data |
| ``model.safetensors`` | V, Σ, scales, biases: everything that a new visitor needs |
| ``users.safetensors`` | existing users' histories and leading factors; read when first needed |
| ``catalogue.parquet`` | the titles, in the order of the item axis |
| ``README.md`` | the model card |
| ``quality.svg`` | its chart, if the quality was measured |
"""

import io
import json
import os
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
from pyarrow import ArrowException
from safetensors import SafetensorError
from safetensors.numpy import load as parse_tensors
from safetensors.numpy import save as dump_tensors

from ..data.catalogue import Catalogue
from ..disk import OpenFolder, replace_folder, try_to_write
from ..errors import AniSVDError, ArtifactError, InputError
from ..heads.item_factors import Spec
from ..numerics.arrays import AnyArray
from .info import FORMAT, FORMAT_VERSION, ModelInfo

CONFIG, TENSORS, USERS, CATALOGUE, CARD = FILES = (
    "config.json",
    "model.safetensors",
    "users.safetensors",
    "catalogue.parquet",
    "README.md",
)
CHART = "quality.svg"
"""The chart on the model card, if the quality was measured."""
FIRST_FILES = (CONFIG, TENSORS, CATALOGUE)
"""The files that a new visitor needs."""
ORTHONORMAL_WITHIN = 2e-3
"""How far VᵀV may be from the identity: the rounding of float16, with a margin."""


def tensors_to_bytes(tensors: Mapping[str, AnyArray]) -> bytes:
    """Return a safetensors file. Arrays are made C-contiguous first: others would be stored wrong."""
    return dump_tensors({name: np.asarray(array, order="C") for name, array in sorted(tensors.items())})


def catalogue_to_bytes(catalogue: Catalogue) -> bytes:
    """Return a Parquet file with the columns of the catalogue."""
    buffer = io.BytesIO()
    catalogue.frame.to_parquet(buffer, index=False, compression="zstd")
    return buffer.getvalue()


def write_model(folder: str | Path, files: Mapping[str, bytes]) -> None:
    """Write all files of a model. Whenever it stops, ``folder`` holds the new model, or still the old one.

    Raises
    ------
    ArtifactError
        ``folder`` is a file, or holds other files, which would be lost.
    OutputError
        The disk is full, for example.
    """
    _refuse_other_content(folder)
    replace_folder(folder, files)


def try_folder(folder: str | Path) -> None:
    """Raise what `write_model` would raise if it wrote to a folder now, and leave the folder as it is."""
    _refuse_other_content(folder)
    try_to_write(folder, is_folder=True)


def open_model(folder: str | Path) -> OpenFolder:
    """Return the files of a model, opened at one moment. Raises `ArtifactError` if there is no such folder."""
    try:
        return OpenFolder(folder, (*FIRST_FILES, USERS))
    except OSError as error:
        raise ArtifactError(_unreadable(Path(folder), error)) from error


def read_info(opened: OpenFolder) -> ModelInfo:
    """Return the content of ``config.json``, checked. Raises `ArtifactError`."""
    path = opened.path / CONFIG
    try:
        content = json.loads(_read(opened, CONFIG))
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"{path}: is not valid JSON: {error}") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        stated = content.get("format") if isinstance(content, dict) else type(content).__name__
        raise ArtifactError(f"{path}: format is {stated!r}; expected {FORMAT!r}. This is not an AniSVD model.")
    if content.get("format_version") != FORMAT_VERSION:
        raise ArtifactError(
            f"{path}: format_version is {content.get('format_version')!r}; this program reads version "
            f"{FORMAT_VERSION}. Update the program, or train the model again."
        )
    known = {field.name: content[field.name] for field in fields(ModelInfo) if field.name in content}
    try:
        return ModelInfo(**known)
    except InputError as error:
        raise ArtifactError(f"{path}: {error}") from error


def read_tensors(opened: OpenFolder, file: str, spec: Spec, shapes: Mapping[str, int]) -> dict[str, AnyArray]:
    """Return the tensors of a safetensors file, validated against ``spec`` and ``shapes``.

    Parameters
    ----------
    spec
        By tensor: its dtype (alternatives joined by ``|``) and the names of its dimensions.
    shapes
        The size of each named dimension; ``name+1`` means one more.

    Raises
    ------
    ArtifactError
        A tensor is missing or not expected, has another dtype or shape, holds values that are
        not finite, or is an item factor matrix whose columns are not orthonormal.
    """
    path = opened.path / file
    try:
        tensors: dict[str, AnyArray] = dict(parse_tensors(_read(opened, file)))
    except (SafetensorError, ValueError, KeyError) as error:
        raise ArtifactError(f"{path}: is not a valid safetensors file: {error}") from error
    for name in sorted(spec.keys() ^ tensors.keys()):
        problem = "is missing" if name in spec else "is not part of a model of this recipe"
        raise ArtifactError(f"{path}: the tensor {name!r} {problem}; expected {', '.join(sorted(spec))}.")
    for name, (dtype, dimensions) in spec.items():
        _check_tensor(
            path, name, tensors[name], dtype, tuple(_size(path, shapes, dimension) for dimension in dimensions)
        )
    return tensors


def read_catalogue(opened: OpenFolder) -> Catalogue:
    """Return the titles of ``catalogue.parquet``. Raises `ArtifactError`."""
    path = opened.path / CATALOGUE
    try:
        return Catalogue(pd.read_parquet(io.BytesIO(_read(opened, CATALOGUE))))
    except (ArrowException, OSError, ValueError, AniSVDError) as error:
        raise error if isinstance(error, ArtifactError) else ArtifactError(f"{path}: {error}") from error


def _refuse_other_content(folder: str | Path) -> None:
    folder = Path(folder)
    try:
        names = set(os.listdir(folder)) if folder.exists() else set()
    except NotADirectoryError as error:
        raise ArtifactError(f"{folder}: is a file; expected the name of a folder to write the model to.") from error
    except OSError as error:
        raise ArtifactError(_unreadable(folder, error)) from error
    if other_files := sorted(names - {*FILES, CHART}):
        raise ArtifactError(f"{folder}: holds {other_files[0]!r}, which is no part of a model. Choose an empty folder.")


def _read(opened: OpenFolder, name: str) -> bytes:
    try:
        return opened.read(name)
    except OSError as error:
        raise ArtifactError(_unreadable(opened.path / name, error)) from error


def _unreadable(path: Path, error: OSError) -> str:
    return f"{path}: {error.strerror or error}. A model is a folder with {', '.join(FILES)}."


def _size(path: Path, shapes: Mapping[str, int], dimension: str) -> int:
    name, _, more = dimension.partition("+")
    if name not in shapes:
        raise ArtifactError(f"{path.parent / CONFIG}: shapes has no entry {name!r}; found {', '.join(shapes)}.")
    return shapes[name] + int(more or 0)


def _check_tensor(path: Path, name: str, tensor: AnyArray, dtype: str, shape: tuple[int, ...]) -> None:
    if tensor.dtype.name not in dtype.split("|"):
        raise ArtifactError(f"{path}: {name} has the dtype {tensor.dtype.name}; expected {dtype}.")
    if tensor.shape != shape:
        raise ArtifactError(f"{path}: {name} has the shape {list(tensor.shape)}; {CONFIG} promises {list(shape)}.")
    if tensor.dtype.kind == "f" and not np.isfinite(tensor).all():
        raise ArtifactError(f"{path}: {name} has values that are not finite; the file is damaged.")
    if name.endswith("item_factors"):
        v = tensor.astype(np.float32)
        off = float(np.abs(v.T @ v - np.eye(v.shape[1], dtype=np.float32)).max(initial=0.0))
        if off > ORTHONORMAL_WITHIN:
            raise ArtifactError(
                f"{path}: the columns of {name} are not orthonormal: VᵀV is off the identity by {off:.2g}, "
                f"more than {ORTHONORMAL_WITHIN:g}. The factors do not come from an SVD."
            )
    if name.endswith("singular_values"):
        sigma = tensor.astype(np.float64)
        if np.any(np.diff(sigma) > 0) or np.any(sigma <= 0):
            raise ArtifactError(f"{path}: {name} are not positive and in descending order; the file is damaged.")
