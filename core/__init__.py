"""AniSVD: rate a few shows, get your next anime.

This is the whole public API: read ``Catalogue`` and ``Ratings``, ``train`` a ``Model``, ask it for recommendations.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .data.catalogue import Catalogue, Title
    from .data.ratings import Ratings
    from .data.scale import WATCHED
    from .errors import AniSVDError, ArtifactError, DataError, HubError, InputError, OutputError
    from .model.config import TrainingConfig
    from .model.model import Model
    from .model.training import train
    from .recommend.filters import Filters
    from .recommend.fold_in import Taste
    from .recommend.together import JointRecommendation
    from .recommend.top_k import Reason, Recommendation

__all__ = [
    "WATCHED",
    "AniSVDError",
    "ArtifactError",
    "Catalogue",
    "DataError",
    "Filters",
    "HubError",
    "InputError",
    "JointRecommendation",
    "Model",
    "OutputError",
    "Ratings",
    "Reason",
    "Recommendation",
    "Taste",
    "Title",
    "TrainingConfig",
    "train",
]

_PUBLIC = {
    ".data.catalogue": ("Catalogue", "Title"),
    ".data.ratings": ("Ratings",),
    ".data.scale": ("WATCHED",),
    ".errors": ("AniSVDError", "ArtifactError", "DataError", "HubError", "InputError", "OutputError"),
    ".model.config": ("TrainingConfig",),
    ".model.model": ("Model",),
    ".model.training": ("train",),
    ".recommend.filters": ("Filters",),
    ".recommend.top_k": ("Reason", "Recommendation"),
    ".recommend.fold_in": ("Taste",),
    ".recommend.together": ("JointRecommendation",),
}
_MODULE_OF = {name: module for module, names in _PUBLIC.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used (PEP 562): ``import core`` itself costs nothing."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_MODULE_OF[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
