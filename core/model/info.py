"""``config.json``: what a model is, was trained from, and was measured to do."""

import json
from dataclasses import dataclass, field, fields
from typing import Any

FORMAT = "anisvd"


FORMAT_VERSION = 2


@dataclass(frozen=True)
class ModelInfo:
    """``config.json``: what a model is, was trained from, and was measured to do.

    Attributes
    ----------
    recipe
        ``{"ranking": {"kind": …, **settings}, "prediction": {…}, "seed": …}``.
    rating_scale
        Lowest and highest rating.
    shapes
        The named dimensions of all tensors, as in the heads' ``SPEC``.
    data
        Facts of the training data: rows, users, titles, density, fingerprint.
    metrics
        Measured figures by name; those on held-out users come from a report of ``evaluate.py``.
    peers
        What other recipes reached in the same report, by their title and by metric.
    trained_at
        UTC, ISO 8601.
    """

    recipe: dict[str, Any]
    rating_scale: tuple[float, float]
    shapes: dict[str, int]
    data: dict[str, Any]
    metrics: dict[str, float]
    peers: dict[str, dict[str, float]]
    trained_at: str
    format: str = field(default=FORMAT)
    format_version: int = field(default=FORMAT_VERSION)

    def to_json(self) -> str:
        """Indented, keys in the order of the fields."""
        return json.dumps({name.name: getattr(self, name.name) for name in fields(self)}, indent=2) + "\n"
