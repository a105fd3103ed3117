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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as parse_tensors
from safetensors.numpy import save as dump_tensors

from ..data.catalogue import Catalogue
from ..data.stored_catalogue import catalogue_of_parquet
from ..disk import OpenFolder, replace_folder, try_to_write
from ..errors import ArtifactError, DataError, InputError
from ..heads.limits import MAX_FACTORS
from ..heads.stored_rows import Spec, StoredRows, Tensors, TensorSpec
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
MOST_BYTES = {CONFIG: 1 << 20, TENSORS: 1 << 27, USERS: 1 << 30, CATALOGUE: 1 << 26}
"""The largest files that are read. All titles of MyAnimeList with 1,000 factors need half of that."""
MOST_HEADER = 1 << 16
REPEATED = ["genres", "type", "season", "studios", "themes"]
"""Columns whose cells repeat. A dictionary of the others would be larger than the cells."""
ORTHONORMAL_WITHIN = 3e-3
"""How far VᵀV may be from the identity: the rounding of V, with a margin."""


def tensors_to_bytes(tensors: Mapping[str, AnyArray]) -> bytes:
    """Return a safetensors file. Arrays are made C-contiguous first: others would be stored wrong."""
    return dump_tensors({name: np.asarray(array, order="C") for name, array in sorted(tensors.items())})


def catalogue_to_bytes(catalogue: Catalogue) -> bytes:
    """Return a Parquet file with the columns of the catalogue."""
    buffer = io.BytesIO()
    options: dict[str, Any] = {"compression": "zstd", "compression_level": 19, "use_dictionary": REPEATED}
    catalogue.frame.to_parquet(buffer, index=False, **options)
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
        raise ArtifactError(f"{path}: format is {stated!r:.100}; expected {FORMAT!r}. This is not an AniSVD model.")
    if content.get("format_version") != FORMAT_VERSION:
        raise ArtifactError(
            f"{path}: format_version is {content.get('format_version')!r:.100}; this program reads version "
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
        What each tensor is: see `core.heads.item_factors.TensorSpec`.
    shapes
        The size of each named dimension.

    Raises
    ------
    ArtifactError
        A tensor is missing or not expected, has another dtype or shape, holds values out of range,
        or is an item factor matrix whose columns are not orthonormal.
    """
    path = opened.path / file
    content = _read(opened, file)
    header = int.from_bytes(content[:8], "little")
    if header > MOST_HEADER:
        raise ArtifactError(f"{path}: is not a valid safetensors file: its header has {header:,} bytes.")
    try:
        tensors: dict[str, AnyArray] = dict(parse_tensors(content))
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArtifactError(f"{path}: is not a valid safetensors file: {error}") from error
    check_tensors(path, tensors, spec, shapes)
    return tensors


def check_tensors(path: Path, tensors: Tensors, spec: Spec, shapes: Mapping[str, int]) -> None:
    """Raise `ArtifactError`, which names the file ``path``, unless tensors are as `read_tensors` promises."""
    required = {name for name, tensor_spec in spec.items() if not tensor_spec.optional}
    for name in sorted((required - tensors.keys()) | (tensors.keys() - spec.keys())):
        problem = "is missing" if name in spec else "is not part of a model of this recipe"
        raise ArtifactError(f"{path}: the tensor {name!r:.100} {problem}; expected {', '.join(sorted(spec))}.")
    for name, tensor in tensors.items():
        shape = tuple(_size(path, shapes, dimension) for dimension in spec[name].dimensions)
        _check_tensor(path, name, tensor, spec[name], shape)
    for name in spec:
        if name.endswith("item_factors"):
            _check_orthonormal(path, name, tensors)


def read_catalogue(opened: OpenFolder) -> Catalogue:
    """Return the titles of ``catalogue.parquet``. Raises `ArtifactError`."""
    try:
        return catalogue_of_parquet(_read(opened, CATALOGUE))
    except DataError as error:
        raise ArtifactError(f"{opened.path / CATALOGUE}: {error}") from error


@contextmanager
def trial(path: Path) -> Iterator[None]:
    """Raise `ArtifactError`, which names ``path``, for any error that restored values cause."""
    try:
        yield
    except ArtifactError:
        raise
    except Exception as error:
        raise ArtifactError(f"{path}: the model fails when it is tried out: {error!r:.500}") from error


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
        size = opened.size(name)
        if size > MOST_BYTES[name]:
            raise ArtifactError(f"{opened.path / name}: has {size:,} bytes; expected at most {MOST_BYTES[name]:,}.")
        return opened.read(name)
    except OSError as error:
        raise ArtifactError(_unreadable(opened.path / name, error)) from error


def _unreadable(path: Path, error: OSError) -> str:
    return f"{path}: {error.strerror or error}. A model is a folder with {', '.join(FILES)}."


def _size(path: Path, shapes: Mapping[str, int], dimension: str) -> int:
    if dimension.isdigit():
        return int(dimension)
    name, _, more = dimension.partition("+")
    if name not in shapes:
        raise ArtifactError(f"{path.parent / CONFIG}: shapes has no entry {name!r}; found {', '.join(shapes)}.")
    return shapes[name] + int(more or 0)


def _check_tensor(path: Path, name: str, tensor: AnyArray, spec: TensorSpec, shape: tuple[int, ...]) -> None:
    if tensor.dtype.name not in spec.dtype.split("|"):
        raise ArtifactError(f"{path}: {name} has the dtype {tensor.dtype.name}; expected {spec.dtype}.")
    if tensor.shape != shape:
        raise ArtifactError(f"{path}: {name} has the shape {list(tensor.shape)}; {CONFIG} promises {list(shape)}.")
    if tensor.dtype.kind == "f" and not np.isfinite(tensor).all():
        raise ArtifactError(f"{path}: {name} has values that are not finite; the file is damaged.")
    if tensor.size and not spec.low <= tensor.min() <= tensor.max() <= spec.high:
        raise ArtifactError(
            f"{path}: {name} has values from {tensor.min():g} to {tensor.max():g}; "
            f"expected {spec.low:g} to {spec.high:g}. The file is damaged."
        )
    if name.endswith("singular_values") and np.any(np.diff(tensor.astype(np.float64)) > 0):
        raise ArtifactError(f"{path}: {name} are not in descending order; the file is damaged.")


def _check_orthonormal(path: Path, name: str, tensors: Tensors) -> None:
    n_rows, k = tensors[name].shape
    if k > min(n_rows, MAX_FACTORS):  # VᵀV, [k, k], could be larger than any file
        raise ArtifactError(f"{path}: {name} has {k:,} columns; expected at most {min(n_rows, MAX_FACTORS):,}.")
    v = StoredRows.from_tensors(tensors, name).numbers
    gram = v.T @ v
    off = float(np.abs(gram - np.eye(k, dtype=np.float32)).max(initial=0.0))
    if not off <= ORTHONORMAL_WITHIN:
        raise ArtifactError(
            f"{path}: the columns of {name} are not orthonormal: VᵀV is off the identity by {off:.2g}, "
            f"more than {ORTHONORMAL_WITHIN:g}. The factors do not come from an SVD."
        )
