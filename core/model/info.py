"""``config.json``: what a model is, was trained from, and was measured to do."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, NonNegativeInt, PlainSerializer, TypeAdapter

from ..data.scale import RatingScale
from ..settings import settings

FORMAT: Literal["anisvd"] = "anisvd"
FORMAT_VERSION: Literal[2] = 2

StoredScale = Annotated[
    RatingScale, BeforeValidator(RatingScale.of), PlainSerializer(lambda scale: [scale.low, scale.high])
]


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
    """

    recipe: dict[str, Any]
    rating_scale: StoredScale
    shapes: dict[str, NonNegativeInt]
    data: dict[str, Any]
    metrics: dict[str, float]
    peers: dict[str, dict[str, float]]
    trained_at: str
    format: Literal["anisvd"] = FORMAT
    format_version: Literal[2] = Field(default=FORMAT_VERSION)

    def to_json(self) -> str:
        """Return indented JSON, the keys in the order of the fields."""
        return TypeAdapter(ModelInfo).dump_json(self, indent=2).decode() + "\n"
