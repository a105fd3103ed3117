"""The test Hub, and models to push to it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hub_client import BIG, Client
from hub_server import TestHub
from programs import REPO, Programs, Versions
from safetensors.numpy import load_file, save_file

from core import Catalogue, Model


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[TestHub]:
    with TestHub(tmp_path / "hub") as hub:
        yield hub


@pytest.fixture
def client(hub: TestHub, tmp_path: Path) -> Client:
    return Client(hub, tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with text, metadata, a large binary file and a subfolder."""
    folder = tmp_path / "model"
    (folder / "sub").mkdir(parents=True)
    (folder / "README.md").write_text("---\nlicense: mit\ntags: [physics]\n---\n# A model\n")
    (folder / "sub" / "äöü.txt").write_text("text")
    (folder / "model.safetensors").write_bytes(BIG)
    return folder


@pytest.fixture
def programs(hub: TestHub, tmp_path: Path) -> Programs:
    return Programs(hub, tmp_path)


@pytest.fixture
def version(model: Model, tmp_path: Path) -> Versions:
    """Make a folder with the small model in which this name is the English name of every title."""

    def make(name: str) -> Path:
        frame = model.catalogue.frame.copy()
        frame["english"] = name
        changed = replace(model, catalogue=Catalogue(frame))
        changed.save(tmp_path / name)
        return tmp_path / name

    return make


@pytest.fixture
def model_commit(hub: TestHub, model_folder: Path) -> str:
    """The commit with the small model, which is on the Hub."""
    return hub.commit_folder(REPO, model_folder)


@pytest.fixture
def broken(version: Versions) -> Path:
    """A folder with a model that fails validation: V is not orthonormal."""
    folder = version("broken")
    tensors = load_file(folder / "model.safetensors")
    tensors["ranking.item_factors"] = tensors["ranking.item_factors"] * 2
    save_file(tensors, folder / "model.safetensors")
    return folder
