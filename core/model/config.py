"""A recipe: the settings from which a model is trained."""

from dataclasses import asdict, field
from typing import Annotated, Any

from pydantic import Field, NonNegativeInt

from ..errors import InputError
from ..heads.prediction import PredictionConfig
from ..heads.ranking import RankingConfig
from ..heads.textbook import TextbookConfig
from ..settings import settings

ROLES: dict[str, tuple[type[Any], ...]] = {
    "ranking": (RankingConfig, TextbookConfig),
    "prediction": (PredictionConfig, TextbookConfig),
}
"""The kinds of settings that each head may have."""


@settings
class TrainingConfig:
    """How each head is fitted, and what is stored beside them.

    Attributes
    ----------
    ranking, prediction
        The settings of the two heads. Equal `TextbookConfig`s make one head that serves as both.
    stored_users
        How many existing users the model stores, drawn at random from those with at least ten
        ratings; None: all users.
    seed
        For everything random. The same data, configuration and seed give the same bytes on the
        same machine.
    """

    ranking: RankingConfig | TextbookConfig = field(default_factory=RankingConfig)
    prediction: PredictionConfig | TextbookConfig = field(default_factory=PredictionConfig)
    stored_users: NonNegativeInt | None = None
    seed: Annotated[int, Field(ge=0, lt=2**64)] = 0

    @classmethod
    def textbook(cls, factors: int = 20, stored_users: int | None = None) -> "TrainingConfig":
        """Return the classic recipe, for comparison: see `core.heads.textbook`."""
        return cls(TextbookConfig(factors), TextbookConfig(factors), stored_users)

    def to_recipe(self) -> dict[str, Any]:
        """Return ``{"ranking": {"kind": …, **settings}, "prediction": {…}, "seed": …}``, ready for JSON.

        A model's ``config.json`` holds it, and ``train.py --config`` reads it.
        """
        heads = {"ranking": self.ranking, "prediction": self.prediction}
        return {role: {"kind": head.kind} | asdict(head) for role, head in heads.items()} | {"seed": self.seed}

    @classmethod
    def from_recipe(cls, recipe: Any, stored_users: int | None = None) -> "TrainingConfig":
        """Return the configuration that `to_recipe` wrote. Raises `InputError` for anything else."""
        if not isinstance(recipe, dict) or not {*ROLES} <= {*recipe} <= {*ROLES, "seed"}:
            raise InputError(f"A recipe is an object with ranking, prediction and seed; found {recipe!r:.200}.")
        heads = {role: _head_config(role, recipe[role]) for role in ROLES}
        return cls(**heads, stored_users=stored_users, seed=recipe.get("seed", 0))


def _head_config(role: str, values: Any) -> Any:
    """Return the settings of one head from ``{"kind": …, **settings}``."""
    own = dict(values) if isinstance(values, dict) else {}
    kind, by_kind = own.pop("kind", None), {config.kind: config for config in ROLES[role]}
    if kind not in by_kind:
        raise InputError(f"{role}.kind is {kind!r}; expected {' or '.join(map(repr, by_kind))}.")
    try:
        return by_kind[kind](**own)
    except InputError as error:
        raise InputError(f"{role} does not fit its kind {kind!r}: {error}") from None
