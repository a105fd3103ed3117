"""Damaged models: a folder that is not refused with an `ArtifactError` answers everything.

The fuzzer's bytes are instructions: they choose a file of a small stored model and what to change in it. A file is
damaged byte by byte, or a value in it is replaced and the file is written anew, so that the damage gets past the
readers of the formats: a cell of the catalogue, a value of a tensor, a value of ``config.json``.
"""

import io
import json
import random
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import atheris
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from model_answers import answers, ask
from safetensors import SafetensorError
from safetensors.numpy import load, save
from small_data import anime_rows, rating_rows, write_csv

from core import ArtifactError, Catalogue, Model, Ratings, TrainingConfig, train
from core.heads.prediction import PredictionConfig
from core.heads.ranking import RankingConfig
from core.serving.model_source import ServedModel
from core.ui.rehearsal import rehearse

TITLES, RATINGS = 24, 600
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
FILES = ("config.json", "model.safetensors", "users.safetensors", "catalogue.parquet")
NUMBERS = (0, 1, -1, 2, 0.5, 1e-30, -1e-7, 59, 60, 65504, 1e9, 2**31, 2**53, 2**63 - 1, 1e30, 1e308, 10**400)
VALUES = (
    *NUMBERS,
    None,
    True,
    "",
    "x",
    "1",
    "https://example.org/1.jpg",
    "|",
    "\x00",
    "x" * 100_000,
    [],
    [1],
    {},
    {"a": 1},
)

pa.set_cpu_count(1)  # of such small files, threads are most of the work
UNREADABLE = (pa.ArrowException, SafetensorError, OSError, ValueError, KeyError, IndexError, TypeError)


@cache
def models() -> tuple[dict[str, bytes], ...]:
    """Return the files of a very small model of the default recipe, and of one of the textbook's."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_csv(folder / "anime.csv", "anime_id,name,genre,type,episodes,rating,members", anime_rows()[:TITLES])
        write_csv(folder / "rating.csv", "user_id,anime_id,rating", rating_rows()[:RATINGS])
        titles = [
            (103, "Third", "3rd|San", "三番目", 2003, "https://example.org/3.jpg", "104|105"),
            (104, "", "", "", 2013, "", ""),
        ]
        write_csv(folder / "titles.csv", "anime_id,english,synonyms,japanese,year,picture,related_ids", titles)
        ratings = Ratings.read(folder / "rating.csv", Catalogue.read(folder / "anime.csv", folder / "titles.csv"))
    small = TrainingConfig(RankingConfig(factors=6, min_count=1), PredictionConfig(factors=3, embedding=4))
    return train(ratings, small).files(), train(ratings, TrainingConfig.textbook(4)).files()


def new_input(chance: random.Random) -> bytes:
    """Return instructions for one damage or several."""
    return chance.randbytes(60)


def corpus() -> Iterable[bytes]:
    """Return instructions for some damages."""
    answered(models()[0])  # what is done only once is no part of the time that an input takes
    return [new_input(random.Random(seed)) for seed in range(5)]


def one_input(data: bytes) -> str:
    """Damage a model, load it, and let it rehearse. Raises for whatever goes wrong but that it is refused."""
    chance = atheris.FuzzedDataProvider(data)
    model = models()[chance.ConsumeIntInRange(0, 19) == 0]
    files = dict(model)
    for _ in range(chance.ConsumeIntInRange(1, 3)):
        damage = DAMAGES[chance.ConsumeIntInRange(0, len(DAMAGES) - 1)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # numbers that are too large for a tensor
            with suppress(UNREADABLE):  # after earlier damage
                damage(files, chance)
    return "unchanged" if files == model else answered(files)


def answered(files: dict[str, bytes]) -> str:
    """Load a model and ask it everything, unless it is refused."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder, warnings.catch_warnings():
        for name, content in files.items():
            Path(folder, name).write_bytes(content)
        warnings.simplefilter("error", RuntimeWarning)
        try:
            model = Model.load(folder)
            _ = model.users
        except ArtifactError:
            return "refused"
        if model.textbook:  # it cannot be served
            ask(model)
            return "answered"
        rehearse(ServedModel(model, "a test", "", datetime.now(UTC)))
        if sum(files["model.safetensors"]) % 8 == 0:  # one in eight is asked more
            answers(model)
        return "answered"


def damage_bytes(files: dict[str, bytes], chance: atheris.FuzzedDataProvider) -> None:
    """Overwrite, insert or cut bytes of a file."""
    name = chance.PickValueInList(list(FILES))
    content = files[name]
    at = chance.ConsumeIntInRange(0, len(content))
    new = chance.ConsumeBytes(chance.ConsumeIntInRange(0, 8))
    cut = chance.PickValueInList([0, len(new), 1, 100, len(content)])
    files[name] = content[:at] + new + content[at + cut :]


def damage_cell(files: dict[str, bytes], chance: atheris.FuzzedDataProvider) -> None:
    """Replace cells of the catalogue, or a whole column."""
    table = pq.read_table(io.BytesIO(files["catalogue.parquet"])).replace_schema_metadata()
    name = chance.PickValueInList(table.column_names)
    index = table.column_names.index(name)
    values = table.column(name).to_pylist()
    kind = chance.ConsumeIntInRange(0, 5)
    if kind == 0:
        table = table.drop_columns([name])
    elif kind == 1:
        table = table.take(pa.array(np.arange(len(values))[:: -1 if chance.ConsumeBool() else 2]))
    else:
        rows = range(len(values)) if kind == 2 else [chance.ConsumeIntInRange(0, len(values) - 1)]
        value = pick(chance)
        for row in rows:
            values[row] = value
        try:
            column = pa.array(values, type=None if kind == 3 else table.schema.field(name).type)
        except (pa.ArrowException, OverflowError, ValueError, TypeError):
            return
        table = table.set_column(index, name, column)
    stream = io.BytesIO()
    try:
        pq.write_table(table, stream, compression="zstd")
    except pa.ArrowException:  # no columns of this type in Parquet
        return
    files["catalogue.parquet"] = stream.getvalue()


def damage_tensor(files: dict[str, bytes], chance: atheris.FuzzedDataProvider) -> None:
    """Replace values of a tensor, or the tensor by one of another shape or dtype."""
    file = chance.PickValueInList(["model.safetensors", "users.safetensors"])
    tensors = load(files[file]) if files[file] else {}
    name = chance.PickValueInList(sorted(tensors))
    tensor = np.array(tensors[name])
    kind = chance.ConsumeIntInRange(0, 6)
    if kind == 0:
        del tensors[name]
    elif kind == 1:
        tensors[name] = np.ascontiguousarray(tensor[: chance.ConsumeIntInRange(0, 3)]) if tensor.ndim else tensor
    elif kind == 2:
        tensors[name] = tensor.astype(
            chance.PickValueInList(["float16", "float32", "float64", "int32", "int64", "uint16"])
        )
    else:
        number = pick_number(chance)
        value = np.asarray(number if abs(number) < 1e300 else np.inf)
        value = (
            value.astype(tensor.dtype)
            if tensor.dtype.kind == "f"
            else np.asarray(int(np.clip(number, *limits(tensor))))
        )
        if kind == 3 and tensor.ndim:
            tensor[:] = value
        elif kind == 4 and tensor.dtype.kind == "f":
            tensor = np.asarray(tensor * value, dtype=tensor.dtype)
        elif tensor.size:
            tensor.reshape(-1)[chance.ConsumeIntInRange(0, tensor.size - 1)] = value
        tensors[name] = tensor
    files[file] = save(tensors)


def limits(tensor: np.ndarray) -> tuple[int, int]:
    """Return the smallest and the largest number of the dtype of whole numbers."""
    info = np.iinfo(tensor.dtype)
    return int(info.min), int(info.max)


def damage_config(files: dict[str, bytes], chance: atheris.FuzzedDataProvider) -> None:
    """Replace or drop a value of ``config.json``, at any depth."""
    content = json.loads(files["config.json"])
    places = list(places_in(content))
    parent, key = places[chance.ConsumeIntInRange(0, len(places) - 1)]
    if chance.ConsumeIntInRange(0, 5) == 0:
        del parent[key]
    else:
        parent[key] = pick(chance)
    files["config.json"] = json.dumps(content).encode("utf-8", "replace")


def places_in(content: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each container in a JSON value with each of its keys."""
    if isinstance(content, dict | list):
        for key in list(content) if isinstance(content, dict) else range(len(content)):
            yield content, key
            yield from places_in(content[key])


def damage_together(files: dict[str, bytes], chance: atheris.FuzzedDataProvider) -> None:
    """Cut a dimension in the tensors of a file and in ``config.json``, so that the two still agree."""
    content = json.loads(files["config.json"])
    name = chance.PickValueInList(sorted(content["shapes"]))
    size = chance.ConsumeIntInRange(0, 3)
    old = content["shapes"][name]
    content["shapes"][name] = size
    for file in ("model.safetensors", "users.safetensors"):
        tensors = load(files[file])
        for tensor_name, tensor in tensors.items():
            if tensor_name.split(".")[0] == name.split(".")[0] or "." not in name:
                cut = tuple(
                    slice(size if length == old else size + 1 if length == old + 1 else None) for length in tensor.shape
                )
                tensors[tensor_name] = np.array(tensor[cut], order="C")
        files[file] = save(tensors)
    files["config.json"] = json.dumps(content).encode()


def pick(chance: atheris.FuzzedDataProvider) -> Any:
    """Return a value that a file may hold."""
    kind = chance.ConsumeIntInRange(0, 3)
    if kind == 0:
        return chance.ConsumeUnicodeNoSurrogates(chance.ConsumeIntInRange(0, 20))
    return pick_number(chance) if kind == 1 else VALUES[chance.ConsumeIntInRange(0, len(VALUES) - 1)]


def pick_number(chance: atheris.FuzzedDataProvider) -> float:
    """Return a number, often one at a limit."""
    if chance.ConsumeBool():
        return NUMBERS[chance.ConsumeIntInRange(0, len(NUMBERS) - 1)]
    return chance.ConsumeRegularFloat() if chance.ConsumeBool() else chance.ConsumeIntInRange(-100, 200)


DAMAGES: tuple[Callable[[dict[str, bytes], atheris.FuzzedDataProvider], None], ...] = (
    damage_bytes, damage_cell, damage_tensor, damage_tensor, damage_config, damage_config, damage_together,
)  # fmt: skip
