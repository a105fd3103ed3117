"""AniSVD: rate a few shows, get your next anime. This is the whole public API."""

import os

# Before huggingface_hub is imported: it would ask the Hub even where everything is in the cache.
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

from core.catalogue import Catalogue, Title
from core.errors import AniSVDError, ArtifactError, DataError, HubError, InputError
from core.filters import Filters
from core.model import Model
from core.ratings import WATCHED, Ratings
from core.recommend import Reason, Recommendation
from core.taste import Taste
from core.together import JointRecommendation
from core.training import TrainingConfig, train

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
    "Ratings",
    "Reason",
    "Recommendation",
    "Taste",
    "Title",
    "TrainingConfig",
    "train",
]
