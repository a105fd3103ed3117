"""The model card: what a stored model says of itself to people and to the Hub, made from its own figures."""

from collections.abc import Mapping, Sequence

from huggingface_hub import EvalResult, ModelCardData

from .files import CHART
from .info import ModelInfo

DATASET = "https://www.kaggle.com/datasets/CooperUnion/anime-recommendations-database"
DATASET_ID, DATASET_NAME = "CooperUnion/anime-recommendations-database", "Anime Recommendations Database"
TRAINING_RMSE = "training_rmse"


def model_card(info: ModelInfo, repo_id: str = "owner/name") -> str:
    """Markdown with the front matter that the Hugging Face Hub reads. ``repo_id`` is where it will be."""
    data, scale = info.data, info.rating_scale
    heads = "\n".join(f"- **{role}**: {_settings(info.recipe[role])}" for role in ("ranking", "prediction"))
    return f"""---
{_front_matter(info)}
---

# AniSVD: rate a few shows, get your next anime

A recommender made by singular value decomposition of {data["ratings"]:,} ratings ({scale.low:g}-{scale.high:g}) and
{data["watched_only"]:,} "watched, not rated" entries that {data["users"]:,} users gave to
{data["titles"]:,} anime titles. Rate a few shows, and it lists what to watch next, how you would rate it, and
which of your ratings speaks for it.

```python
from core import Model  # of the AniSVD repository

model = Model.from_hub("{repo_id}")  # or Model.load(folder)
model.recommend(model.fold_in({{5114: 10, 9253: 9}}), k=10)  # MyAnimeList id: rating
```

Weights are safetensors; nothing is unpickled.

{_quality(info)}

## Recipe
{heads}

Trained {info.trained_at}, seed {info.recipe["seed"]}.

## Data
[{DATASET_NAME}]({DATASET}) by CooperUnion, Kaggle, CC0: collected from myanimelist.net in 2016. Fingerprint of
what this model was trained on: `{data["fingerprint"]}`.

```bibtex
@misc{{anime_recommendations_database,
  title = {{Anime Recommendations Database}},
  author = {{CooperUnion}},
  year = {{2016}},
  howpublished = {{Kaggle, \\url{{{DATASET}}}}}
}}
```

## Limits and biases
- The ratings end in 2016: what came later is unknown to the model, and what was airing then has few ratings.
- People rate what they chose to watch. Popular titles are known best, rated highest and recommended most; short
  lists of ratings are answered with the mainstream near them.
- The users were members of one English-speaking site. Their taste is not everybody's.
- Adult titles are in the catalogue; they are left out of lists unless asked for.
- A predicted rating is an expectation, right to about one point.
"""


def _front_matter(info: ModelInfo) -> str:
    results = [
        EvalResult(
            task_type="recommendation",
            task_name="Recommendation",
            dataset_type=DATASET_ID,
            dataset_name=DATASET_NAME,
            metric_type=name.split(",")[0].lower(),
            metric_name=name,
            metric_value=float(value),
        )
        for name, value in info.metrics.items()
    ]
    return ModelCardData(
        license="mit",
        library_name="anisvd",
        pipeline_tag="other",
        tags=["recommender-system", "collaborative-filtering", "svd", "anime", "safetensors"],
        datasets=[DATASET_ID],
        model_name="AniSVD",
        eval_results=results,
    ).to_yaml()


def by_title(info: ModelInfo) -> dict[str, dict[str, float]]:
    """Figures on held-out users, AniSVD's first; empty if it was not measured."""
    own = {name: value for name, value in info.metrics.items() if name != TRAINING_RMSE}
    return {"**AniSVD**": own} | info.peers if own else {}


def quality_rows(by_title: Mapping[str, Mapping[str, float]]) -> list[list[str]]:
    """The head, then a row for each recipe; a column for each metric that any of them has."""
    metrics = list(dict.fromkeys(name for figures in by_title.values() for name in figures))
    rows = [["", *metrics]]
    for title, figures in by_title.items():
        rows.append([title, *(f"{figures[name]:.3f}" if name in figures else "–" for name in metrics)])
    return rows


def quality_table(by_title: Mapping[str, Mapping[str, float]]) -> str:
    """Those rows as Markdown."""
    return markdown_table(quality_rows(by_title))


def markdown_table(rows: Sequence[Sequence[str]]) -> str:
    """The first row is the head."""
    head, *body = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join([head, "|---" * len(rows[0]) + "|", *body])


def _quality(info: ModelInfo) -> str:
    training = f"RMSE on the ratings it was trained on: {info.metrics.get(TRAINING_RMSE, float('nan')):.4f}."
    figures = by_title(info)
    if not figures:
        return f"## Quality\n{training} It was not measured on others."
    return f"""## Quality
On users that neither training nor tuning had seen, by the same recipe trained without them: so many of their
ratings (or that share of their history) are shown, the rest judges. NDCG@10 over the whole catalogue, higher is
better; RMSE, lower is better. Peers have the best settings of a grid for each column.

![Quality by history length]({CHART})

{quality_table(figures)}

{training}"""


def _settings(settings: dict[str, object]) -> str:
    details = ", ".join(f"{name} {value}" for name, value in settings.items() if name != "kind")
    return f"{settings['kind']} ({details})" if details else str(settings["kind"])
