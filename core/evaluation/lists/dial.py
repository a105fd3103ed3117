"""The curve of the dial: what the lists of a model are worth at each position of ``novelty``, by every protocol."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from scipy import sparse

from ...model.recommender import Recommender
from ...model.training import Progress
from ...recommend.filters import Filters
from ...recommend.novelty import POSITIONS as DIAL
from ..figures import figures_to_dict
from ..metrics import Estimates, average
from ..splits import Holdout
from .list_metrics import Lister, TitleFeatures, make_several, measure_lists
from .listers import DEFAULT_FILTERS, EVERYTHING, Tastes, most_members, recommended
from .visits import Visits, discovery, plain, planned

POSITIONS = tuple(novelty for novelty in DIAL if novelty >= 0)
"""Positions of the dial from well known to hidden."""
ALPHAS = (0.0, 0.25, 0.5)
"""How much fame decides what is seen first: the range of real lists. `DISCOVERY` is the mean over them."""
TOLD, TOLD_OF_PLANNERS = (1, 3, 5, 10), (3, 5, 10, 40)
"""How many ratings visitors tell, for discovery and for planned."""
DISCOVERY, PLANNED, PLAIN = "discovery", "planned", "plain"
MOST_MEMBERS = "most members first"

ByList = Mapping[str, Estimates]
"""Figures by the name of the list: a position of the dial, or `MOST_MEMBERS`."""
DialCurve = Mapping[str, Mapping[str, ByList]]
"""Figures by protocol, history (how much is told) and list. Protocols: `DISCOVERY`, each alpha (see `alpha_name`),
`PLANNED` and `PLAIN`."""
VisitMakers = Mapping[str, Callable[[], Visits]]
"""Functions that make the visits of a protocol, by history."""


@dataclass(frozen=True)
class ListUsers:
    """Users to judge lists by, none of whom was trained on.

    Attributes
    ----------
    holdouts
        For `PLAIN`, by history.
    histories
        For `DISCOVERY`, CSR [n_users, n_titles]; None: without this protocol.
    planners, plans
        Histories and planned titles of the users for `PLANNED`, CSR [n_planners, n_titles]; None: without it.
    """

    holdouts: Mapping[str, Holdout]
    histories: sparse.csr_array | None = None
    planners: sparse.csr_array | None = None
    plans: sparse.csr_array | None = None


def dial_curve(
    model: Recommender,
    users: ListUsers,
    positions: Sequence[float] = POSITIONS,
    seed: int = 0,
    on_progress: Progress = lambda stage, done: None,
) -> DialCurve:
    """Return the figures of a model's lists at these positions of its dial, and of the titles with most members.

    Discovery and planned have the filters of the page's comparison: see `core.evaluation.lists.listers`. Plain ranks
    the whole catalogue, as `core.evaluation.measure` does.
    """
    protocols = _protocols(model, users, seed)
    titles = TitleFeatures.of(model.catalogue, model.franchises)
    n_visits, n_done = sum(map(len, protocols.values())), 0
    curve: dict[str, dict[str, ByList]] = {}
    for protocol, makers in protocols.items():
        listers = _listers(model, positions, EVERYTHING if protocol == PLAIN else DEFAULT_FILTERS)
        curve[protocol] = {}
        for history, make_visits in makers.items():
            on_progress(f"{protocol} {history}", n_done / n_visits)
            visits, n_done = make_visits(), n_done + 1
            lists = make_several(listers, visits)
            curve[protocol][history] = {name: measure_lists(top, visits, titles) for name, top in lists.items()}
    by_alpha = [curve[alpha_name(alpha)] for alpha in ALPHAS if alpha_name(alpha) in curve]
    return ({DISCOVERY: _mean_over_alphas(by_alpha)} if by_alpha else {}) | curve


def alpha_name(alpha: float) -> str:
    """Return the name of discovery with this alpha."""
    return f"{DISCOVERY}, α = {alpha:g}"


def position_name(position: float) -> str:
    """Return the name of the list at a position of the dial."""
    return f"novelty {position:g}"


def curve_of_dial_to_dict(curve: DialCurve) -> dict[str, Any]:
    """Return every figure and its paired difference to the first position, by protocol, history and list, for JSON."""
    return {
        protocol: {history: figures_to_dict(by_list) for history, by_list in by_history.items()}
        for protocol, by_history in curve.items()
    }


def _protocols(model: Recommender, users: ListUsers, seed: int) -> dict[str, VisitMakers]:
    """Return functions that make the visits, by protocol and history: all visits at once would take much memory."""
    scale = model.rating_scale
    protocols: dict[str, VisitMakers] = {}
    if users.histories is not None:
        for alpha in ALPHAS:
            make = partial(discovery, users.histories, model.catalogue, alpha=alpha, seed=seed, scale=scale)
            protocols[alpha_name(alpha)] = {str(n): partial(make, n=n) for n in TOLD}
    if users.planners is not None:
        make = partial(planned, users.planners, users.plans, seed=seed)
        protocols[PLANNED] = {str(n): partial(make, n=n) for n in TOLD_OF_PLANNERS}
    protocols[PLAIN] = {history: partial(plain, holdout, scale) for history, holdout in users.holdouts.items()}
    return protocols


def _listers(model: Recommender, positions: Sequence[float], filters: Filters) -> dict[str, Lister]:
    tastes = Tastes(model)
    listers = {position_name(position): recommended(model, position, filters, tastes) for position in positions}
    return listers | {MOST_MEMBERS: most_members(model.catalogue, filters)}


def _mean_over_alphas(by_alpha: Sequence[Mapping[str, ByList]]) -> dict[str, ByList]:
    """Return the mean of every figure that can be had for every alpha; the users are the same."""
    return {
        history: {name: _mean_figures([curve[history][name] for curve in by_alpha]) for name in by_list}
        for history, by_list in by_alpha[0].items()
    }


def _mean_figures(figures: Sequence[Estimates]) -> Estimates:
    metrics = [metric for metric in figures[0] if all(metric in estimates for estimates in figures)]
    return {metric: average([estimates[metric] for estimates in figures]) for metric in metrics}
