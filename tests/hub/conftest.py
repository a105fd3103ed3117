"""A Hub of our own, and models to push to it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hub_server import TestHub
from programs import Programs
from safetensors.numpy import load_file, save_file

from core import Catalogue, Model


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[TestHub]:
    with TestHub(tmp_path / "hub") as hub:
        yield hub


@pytest.fixture
def programs(hub: TestHub, tmp_path: Path) -> Programs:
    return Programs(hub, tmp_path)


@pytest.fixture
def version(model: Model, tmp_path: Path) -> Callable[[str], Path]:
    """A folder with the small model, every English name of which is this version's."""

    def make(name: str) -> Path:
        frame = model.catalogue.frame.copy()
        frame["english"] = name
        changed = replace(model, catalogue=Catalogue(frame))
        changed.save(tmp_path / name)
        return tmp_path / name

    return make


@pytest.fixture
def broken(version: Callable[[str], Path]) -> Path:
    """A folder that looks like a model and is none: V is not orthonormal."""

    folder = version("broken")
    tensors = load_file(folder / "model.safetensors")
    tensors["ranking.item_factors"] = tensors["ranking.item_factors"] * 2
    save_file(tensors, folder / "model.safetensors")
    return folder
