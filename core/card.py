"""The model card: what a stored model says of itself to people, made from its own figures."""

from core.artifact import ModelInfo

DATASET = "https://www.kaggle.com/datasets/CooperUnion/anime-recommendations-database"


def model_card(info: ModelInfo) -> str:
    """Markdown with the front matter that the Hugging Face Hub reads."""
    data = info.data
    metrics = "\n".join(f"| {name.replace('_', ' ')} | {value:.4f} |" for name, value in info.metrics.items())
    heads = "\n".join(f"- **{role}**: {_settings(info.recipe[role])}" for role in ("ranking", "prediction"))
    low, high = info.rating_scale
    return f"""---
license: mit
library_name: anisvd
pipeline_tag: other
tags: [recommender-system, svd, anime, collaborative-filtering]
---

# AniSVD: rate a few shows, get your next anime

A recommender made by singular value decomposition of {data["ratings"]:,} ratings ({low:g}-{high:g}) and
{data["watched_only"]:,} "watched, not rated" entries that {data["users"]:,} users gave to
{data["titles"]:,} anime titles ([Anime Recommendations Database]({DATASET}), CC0).

```python
from core import Model

model = Model.load("path/to/this/folder")
model.recommend(model.fold_in({{5114: 10, 9253: 9}}), k=10)  # MyAnimeList id: rating
```

## Recipe
{heads}

Trained {info.trained_at}, seed {info.recipe["seed"]}, data fingerprint `{data["fingerprint"][:16]}`.

| metric | value |
|---|---|
{metrics}

## Limits
The ratings end in 2016: newer titles are unknown or new. People rate what they chose to watch, so popular
titles are known best and rated highest. Adult titles are in the catalogue and left out unless asked for.
"""


def _settings(settings: dict[str, object]) -> str:
    details = ", ".join(f"{name} {value}" for name, value in settings.items() if name != "kind")
    return f"{settings['kind']} ({details})" if details else str(settings["kind"])
