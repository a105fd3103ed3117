"""The curve of the dial in the report: tables in Markdown, and a chart."""

from collections.abc import Callable, Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...model.card import markdown_table
from ..charts import COLOURS, MARKERS, WIDE, Charts
from ..metrics import Estimates
from .dial import ALPHAS, DISCOVERY, MOST_MEMBERS, PLAIN, PLANNED, ByList, DialCurve, alpha_name
from .list_metrics import LIST_METRICS

FORMATS = {"ndcg": ".3f", "wasted": ".0%", "same": ".1f", "top 50": ".0%", "members": ",.0f"}
"""How the figures of `LIST_METRICS` are written; numbers of labels with one decimal."""
LISTED_IN_FULL = "3"
"""The history whose lists are shown with all their figures: where lists are most alike."""
CHART = "dial.png"

ListCell = Callable[[Estimates], str]
"""Returns the text of a cell from the figures of a list."""


def dial_markdown(curve: DialCurve) -> str:
    """Return the section on the dial, with the tables of all protocols that the curve has."""
    parts = ["## Lists along the dial"]
    parts += [
        "The finished lists of AniSVD at positions of `novelty`, beside the titles with most members. The columns say "
        "how many ratings a visitor tells; ± is the standard error over visitors."
    ]
    if DISCOVERY in curve:
        parts += [
            "**Discovery**: the visitor has seen half of their history, and likes titles of the other half. NDCG@10, "
            f"the mean over α of {', '.join(f'{alpha:g}' for alpha in ALPHAS)} (how much fame decides what is seen "
            "first).",
            _table(curve[DISCOVERY], _ndcg),
            "For each α.",
            _tables_in_one({alpha_name(alpha).split(", ")[1]: curve[alpha_name(alpha)] for alpha in ALPHAS}, _ndcg),
            f"The lists of discovery with {LISTED_IN_FULL} ratings told: places wasted on titles that were seen and "
            "not told, titles that two visitors' lists share, places among the 50 titles with most members, different "
            "franchises, studios and genres on a list, and the median of its members.",
            _all_figures(curve[DISCOVERY][LISTED_IN_FULL]),
        ]
    if PLANNED in curve:
        parts += [
            "**Planned**: hits are titles that people really plan to see; all else on their lists that they did not "
            "tell is a wasted place. NDCG@10, and the share of wasted places.",
            _table(curve[PLANNED], lambda figures: f"{_ndcg(figures)}, {_written(figures, 'wasted')}"),
        ]
    parts += [
        "**Plain**: held-out favourites judge, as in the rankings of all recipes. NDCG@10.",
        _table(curve[PLAIN], _ndcg),
    ]
    return "\n\n".join(parts)


def dial_charts(curve: DialCurve) -> Charts:
    """Return the chart of discovery and of planned against plain NDCG, by the name of its file."""
    return {CHART: lambda: _chart(curve)}


def _table(by_history: Mapping[str, ByList], cell: ListCell) -> str:
    """Return a row for each list, and a column for each history."""
    return markdown_table([["told", *by_history], *_rows(by_history, cell)])


def _tables_in_one(tables: Mapping[str, Mapping[str, ByList]], cell: ListCell) -> str:
    """Return the rows of several tables, list by list, each with the name of its table."""
    head = ["told", "", *next(iter(tables.values()))]
    by_table = [[[row[0], name, *row[1:]] for row in _rows(table, cell)] for name, table in tables.items()]
    return markdown_table([head, *(row for rows in zip(*by_table, strict=True) for row in rows)])


def _rows(by_history: Mapping[str, ByList], cell: ListCell) -> list[list[str]]:
    names = next(iter(by_history.values()))
    return [[name, *(cell(by_list[name]) for by_list in by_history.values())] for name in names]


def _all_figures(by_list: ByList) -> str:
    """Return a row for each list, and a column for each figure that the lists have."""
    metrics = [metric for metric in LIST_METRICS if all(metric in figures for figures in by_list.values())]
    rows = [[name, *(_written(figures, metric) for metric in metrics)] for name, figures in by_list.items()]
    return markdown_table([["", *(LIST_METRICS[metric] for metric in metrics)], *rows])


def _ndcg(figures: Estimates) -> str:
    estimate = figures.get("ndcg")
    return f"{estimate.value:.3f} ±{estimate.standard_error:.3f}" if estimate else "–"


def _written(figures: Estimates, metric: str) -> str:
    return format(figures[metric].value, FORMATS.get(metric, ".1f")) if metric in figures else "–"


def _chart(curve: DialCurve) -> Figure:
    """Return a panel for each of discovery and planned, with a line along the dial for each history."""
    figure = Figure(figsize=WIDE)
    protocols = [protocol for protocol in (DISCOVERY, PLANNED) if protocol in curve]
    for protocol, axes in zip(protocols, figure.subplots(1, len(protocols), squeeze=False)[0], strict=True):
        for index, history in enumerate(history for history in curve[protocol] if history in curve[PLAIN]):
            _draw_history(axes, index, history, curve[protocol][history], curve[PLAIN][history])
        axes.set(title=f"NDCG@10, {protocol}", xlabel="NDCG@10, plain (labels: novelty)", ylabel=f"NDCG@10, {protocol}")
        axes.legend(title="ratings told")
    return figure


def _draw_history(axes: Axes, index: int, history: str, judged: ByList, plain: ByList) -> None:
    """Draw the line along the dial, with the name of each position."""
    positions = [name for name in judged if name != MOST_MEMBERS and "ndcg" in judged[name] and "ndcg" in plain[name]]
    across, up = ([lists[name]["ndcg"] for name in positions] for lists in (plain, judged))
    x, y = ([estimate.value for estimate in estimates] for estimates in (across, up))
    errors = [estimate.standard_error for estimate in up]
    axes.errorbar(x, y, yerr=errors, capsize=2, label=history, color=COLOURS[index], marker=MARKERS[index])
    for name, across_at, up_at in zip(positions, x, y, strict=True):
        axes.annotate(
            name.removeprefix("novelty "), (across_at, up_at), xytext=(4, 4), textcoords="offset points", fontsize=8
        )
