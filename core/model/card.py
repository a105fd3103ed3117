"""The model card: Markdown that describes a stored model to people and to the Hub, from its own figures."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, StrictUndefined, Template

from ..data.catalogue import Catalogue
from .files import CHART
from .info import ModelInfo
from .sources import KAGGLE_2016, SOURCES, known_sources

TEMPLATE = Path(__file__).with_name("card.md")
TRAINING_RMSE = "training_rmse"


def model_card(info: ModelInfo, catalogue: Catalogue, repo_id: str = "owner/name") -> str:
    """Return the card with the front matter that the Hugging Face Hub reads. ``repo_id`` is where it will be."""
    year, season = catalogue.ends
    measured = by_title(info)
    return _template().render(
        front_matter=_front_matter(info),
        info=info,
        repo_id=repo_id,
        chart=CHART,
        quality_table=quality_table(measured) if measured else "",
        training_rmse=info.metrics.get(TRAINING_RMSE, float("nan")),
        heads={role: _settings(info.recipe[role]) for role in ("ranking", "prediction")},
        sources=known_sources(info.sources),
        newest_titles=f"{season} {year}".strip() if year else "",
        until="".join(source.until for source in known_sources(info.sources)[-1:]),
        cited=SOURCES[KAGGLE_2016] if KAGGLE_2016 in info.sources else None,
        other_sources=[name for name in info.sources if name not in SOURCES],
    )


@cache
def _template() -> Template:
    """Return the template, compiled once: each model that is loaded tries its card."""
    environment = Environment(  # noqa: S701  # Markdown, not HTML
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8"))


def _front_matter(info: ModelInfo) -> str:
    """Return the metadata for the Hub as YAML."""
    from huggingface_hub import EvalResult, ModelCardData  # not above: it takes a third of a second to import

    dataset_ids = [source.dataset_id for source in known_sources(info.sources) if source.dataset_id]
    names = [source.name for source in known_sources(info.sources)] or ["Ratings of its owner"]
    results = [
        EvalResult(
            task_type="recommendation",
            task_name="Recommendation",
            dataset_type=next(iter(dataset_ids), "ratings"),
            dataset_name=names[0],
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
        datasets=dataset_ids or None,
        model_name="AniSVD",
        eval_results=results,
    ).to_yaml()


def by_title(info: ModelInfo) -> dict[str, dict[str, float]]:
    """Return the figures on held-out users by recipe, AniSVD first; empty if the model was not measured."""
    own = {name: value for name, value in info.metrics.items() if name != TRAINING_RMSE}
    return {"**AniSVD**": own} | info.peers if own else {}


def quality_rows(by_title: Mapping[str, Mapping[str, float]]) -> list[list[str]]:
    """Return a head and a row for each recipe, with a column for each metric of any recipe."""
    metrics = list(dict.fromkeys(name for figures in by_title.values() for name in figures))
    rows = [["", *metrics]]
    for title, figures in by_title.items():
        rows.append([title, *(f"{figures[name]:.3f}" if name in figures else "–" for name in metrics)])
    return rows


def quality_table(by_title: Mapping[str, Mapping[str, float]]) -> str:
    """Return those rows as a Markdown table."""
    return markdown_table(quality_rows(by_title))


def markdown_table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as a Markdown table; the first row is the head."""
    head, *body = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join([head, "|---" * len(rows[0]) + "|", *body])


def _settings(settings: dict[str, object]) -> str:
    """Return the kind of a head with its settings, as text."""
    details = ", ".join(f"{name} {value}" for name, value in settings.items() if name != "kind")
    return f"{settings['kind']} ({details})" if details else str(settings["kind"])
