"""What narrows the list, in words: each wish with how to take it back."""

from dataclasses import dataclass

from core.model import Model
from core.taste import Taste
from core.ui.state import PageState


@dataclass(frozen=True)
class Wish:
    """A button: ``do`` it to a field of the state (and one value of a list), said in words.

    ``count`` is how many titles would qualify then.
    """

    do: str
    field: str
    value: str | int | None
    label: str
    count: int = 0


def wishes(state: PageState, model: Model) -> list[Wish]:
    """All that differs from an open list, to be taken back one by one."""
    listed = [Wish("toggle", "genres", genre, f"only {genre}") for genre in state.genres]
    listed += [Wish("toggle", "exclude_genres", genre, f"no {genre}") for genre in state.exclude_genres]
    listed += [Wish("toggle", "types", kind, kind) for kind in state.types]
    listed += [Wish("toggle", "without", one, f"without {model.catalogue[one].label}") for one in state.without]
    plain = PageState()
    words = {
        "min_members": f"{state.min_members:,} people or more",
        "min_year": f"from {state.min_year}",
        "max_year": f"up to {state.max_year}",
        "sequels": {"new": "nothing begun", "all": "sequels, too"}.get(state.sequels, ""),
        "novelty": "hidden gems" if state.novelty > 0 else "mainstream",
        "likes_only": "likes only",
        "adult": "adult titles, too",
    }
    changed = [name for name in words if getattr(state, name) != getattr(plain, name)]
    return listed + [Wish("reset", name, None, words[name]) for name in changed]


def loosenings(state: PageState, taste: Taste, model: Model) -> list[Wish]:
    """What would let more titles qualify, the most first."""
    now = int(model.allowed(taste, state.filters()).sum())
    found = []
    for name, value, filters in state.filters().loosened():
        count = int(model.allowed(taste, filters).sum())
        label = {
            "genres": f"Not only {value}",
            "exclude_genres": f"{value}, too",
            "types": "All types",
            "min_members": "Lesser known, too",
            "min_year": f"Also before {state.min_year}",
            "max_year": f"Also after {state.max_year}",
            "adult": "Adult titles, too",
            "sequels": "Sequels, too",
            "exclude_ids": "Also what you turned down",
        }[name]
        if count > now:
            do, field, to = {"sequels": ("set", name, "all"), "exclude_ids": ("reset", "hidden", None)}.get(
                name, ("toggle", name, value) if value or name == "adult" else ("reset", name, None)
            )
            found.append(Wish(do, field, to, label, count))
    return sorted(found, key=lambda wish: -wish.count)
