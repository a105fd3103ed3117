"""``config.json``: what a model is, was trained from, and was measured to do."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    StringConstraints,
    TypeAdapter,
)

from ..data.scale import RatingScale
from ..errors import InputError
from ..settings import settings
from .config import TrainingConfig

FORMAT: Literal["anisvd"] = "anisvd"
FORMAT_VERSION: Literal[3] = 3

StoredScale = Annotated[
    RatingScale, BeforeValidator(RatingScale.of), PlainSerializer(lambda scale: [scale.low, scale.high])
]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Size = Annotated[int, Field(ge=0, le=2**31 - 1)]
Figure = Annotated[float, Field(ge=-1e6, le=1e6)]
Figures = Annotated[dict[Name, Figure], Field(max_length=200)]


def _recipe(recipe: dict[str, Any]) -> dict[str, Any]:
    """Return a recipe with all its settings. Raises `InputError`."""
    try:
        return TrainingConfig.from_recipe(recipe).to_recipe()
    except InputError as error:
        raise InputError(f"recipe.{error}") from None


def _facts(data: dict[str, Any]) -> dict[str, Any]:
    """Return facts of the training data. Raises `InputError` for the first wrong one."""
    counts = {name: data.get(name) for name in COUNTS}
    for name, count in counts.items():
        if not isinstance(count, int) or isinstance(count, bool) or not COUNTS[name] <= count <= MAX_COUNT:
            raise InputError(
                f"data.{name} is {count!r:.50}; expected a whole number from {COUNTS[name]} to {MAX_COUNT:g}."
            )
    density, fingerprint = data.get("density"), data.get("fingerprint")
    if not isinstance(density, float | int) or isinstance(density, bool) or not 0 <= density <= 1:
        raise InputError(f"data.density is {density!r:.50}; expected a number from 0 to 1.")
    if not isinstance(fingerprint, str) or not fingerprint.isalnum() or len(fingerprint) > MAX_FINGERPRINT:
        raise InputError(f"data.fingerprint is {fingerprint!r:.50}; expected letters and digits.")
    return {name: value for name, value in data.items() if name in {*COUNTS, "density", "fingerprint"}}


def _time(text: str) -> str:
    """Return a time. Raises `InputError` for anything else."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"trained_at is {text!r:.50}; expected a time such as 2026-11-27T12:00:00+00:00.") from None
    return text


COUNTS = {
    "users": 1,
    "titles": 1,
    "rated_titles": 1,
    "ratings": 1,
    "watched_only": 0,
    "rows_read": 0,
    "unknown_titles": 0,
    "duplicates": 0,
}
"""Counts among the facts of the training data, with the smallest that is possible."""
MAX_COUNT, MAX_FINGERPRINT = 10**12, 128


@settings
class ModelInfo:
    """The content of ``config.json``.

    Attributes
    ----------
    recipe
        The recipe it was trained by: see ``TrainingConfig.to_recipe``.
    rating_scale
        From the lowest to the highest rating; ``[low, high]`` in JSON.
    shapes
        The named dimensions of all tensors, as in the heads' ``SPEC``.
    data
        Facts of the training data: rows, users, titles, density, fingerprint.
    metrics
        Measured figures by name. Those on held-out users come from a report of ``evaluate.py``.
    peers
        What other recipes reached in the same report, by their title and by metric.
    trained_at
        UTC, ISO 8601.
    sources
        Where the ratings come from: names in `core.model.sources.SOURCES`, or in words.
    """

    recipe: Annotated[dict[str, Any], AfterValidator(_recipe)]
    rating_scale: StoredScale
    shapes: Annotated[dict[Name, Size], Field(max_length=50)]
    data: Annotated[dict[str, Any], AfterValidator(_facts)]
    metrics: Figures
    peers: Annotated[dict[Name, Figures], Field(max_length=100)]
    trained_at: Annotated[str, StringConstraints(max_length=40), AfterValidator(_time)]
    sources: Annotated[list[Name], Field(max_length=20)] = Field(default_factory=list)
    format: Literal["anisvd"] = FORMAT
    format_version: Literal[3] = Field(default=FORMAT_VERSION)

    def to_json(self) -> str:
        """Return indented JSON, the keys in the order of the fields."""
        return TypeAdapter(ModelInfo).dump_json(self, indent=2).decode() + "\n"
