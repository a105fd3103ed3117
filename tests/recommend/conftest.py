import pytest

from core import Model
from core.serving.model_source import BUNDLED


@pytest.fixture(scope="session")
def bundled() -> Model:
    return Model.load(BUNDLED)
