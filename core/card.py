"""The model card: what a stored model says of itself to people, made from its own figures."""

from collections.abc import Mapping, Sequence

from core.artifact import ModelInfo

DATASET = "https://www.kaggle.com/datasets/CooperUnion/anime-recommendations-database"


def model_card(info: ModelInfo) -> str:
    """Markdown with the front matter that the Hugging Face Hub reads."""
    data = info.data
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

{_quality(info)}

## Limits
The ratings end in 2016: newer titles are unknown or new. People rate what they chose to watch, so popular
titles are known best and rated highest. Adult titles are in the catalogue and left out unless asked for.
"""


def _settings(settings: dict[str, object]) -> str:
    details = ", ".join(f"{name} {value}" for name, value in settings.items() if name != "kind")
    return f"{settings['kind']} ({details})" if details else str(settings["kind"])


def quality_table(by_title: Mapping[str, Mapping[str, float]]) -> str:
    """Markdown: a row for each recipe, a column for each metric that any of them has."""
    metrics = list(dict.fromkeys(name for figures in by_title.values() for name in figures))
    rows = [["", *metrics]]
    for title, figures in by_title.items():
        rows.append([title, *(f"{figures[name]:.3f}" if name in figures else "–" for name in metrics)])
    return markdown_table(rows)


def markdown_table(rows: Sequence[Sequence[str]]) -> str:
    """The first row is the head."""
    head, *body = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join([head, "|---" * len(rows[0]) + "|", *body])


def _quality(info: ModelInfo) -> str:
    training = info.metrics.get("training_rmse", float("nan"))
    held_out = {name: value for name, value in info.metrics.items() if name != "training_rmse"}
    if not held_out:
        return f"RMSE on the ratings it was trained on: {training:.4f}. It was not measured on others."
    return f"""## Quality
On users that neither training nor tuning had seen, by the same recipe trained without them: so many of their
ratings (or that share of their history) are shown, the rest judges. NDCG@10 over the whole catalogue, higher is
better; RMSE, lower is better. Peers have the best settings of a grid for each column.

{quality_table({"**AniSVD**": held_out} | info.peers)}

RMSE on the ratings it was trained on: {training:.4f}."""
