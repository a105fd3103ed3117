"""What narrows the list, in words: each wish with how to take it back."""

from dataclasses import dataclass

from ...model.model import Model
from ...recommend.fold_in import Taste
from ..translations import Words
from .state import PageState


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


def wishes(state: PageState, model: Model, words: Words) -> list[Wish]:
    """All that differs from an open list, to be taken back one by one."""

    def genre(name: str) -> str:
        return words.named("genre", name)

    listed = [Wish("toggle", "genres", one, words("wish.genres", genre=genre(one))) for one in state.genres]
    listed += [
        Wish("toggle", "exclude_genres", one, words("wish.exclude_genres", genre=genre(one)))
        for one in state.exclude_genres
    ]
    listed += [Wish("toggle", "types", kind, words.named("type", kind)) for kind in state.types]
    listed += [
        Wish("toggle", "without", one, words("wish.without", title=words.label(model.catalogue[one])))
        for one in state.without
    ]
    plain = PageState()
    said = {
        "min_members": lambda: words("wish.min_members", n=state.min_members),
        "min_year": lambda: words("wish.min_year", year=str(state.min_year)),
        "max_year": lambda: words("wish.max_year", year=str(state.max_year)),
        "sequels": lambda: words(f"wish.sequels.{state.sequels}"),
        "novelty": lambda: words("controls.gems" if state.novelty > 0 else "controls.mainstream"),
        "likes_only": lambda: words("controls.likes"),
        "adult": lambda: words("controls.adult"),
        "plan": lambda: words(f"wish.plan.{state.plan}"),
    }
    changed = [name for name in said if getattr(state, name) != getattr(plain, name)]
    return listed + [Wish("reset", name, None, said[name]()) for name in changed]


def loosenings(state: PageState, taste: Taste, model: Model, words: Words) -> list[Wish]:
    """What would let more titles qualify, the most first."""
    now = int(taste.allowed(state.filters()).sum())
    years = {"min_year": str(state.min_year), "max_year": str(state.max_year)}
    found = []
    for name, value, filters in state.filters().loosened():
        count = int(taste.allowed(filters).sum())
        if count > now:
            label = words(f"loosen.{name}", genre=words.named("genre", value or ""), year=years.get(name, ""))
            turned_down = "hidden" if state.hidden else "plan"
            do, field, to = {"sequels": ("set", name, "all"), "exclude_ids": ("reset", turned_down, None)}.get(
                name, ("toggle", name, value) if value or name == "adult" else ("reset", name, None)
            )
            found.append(Wish(do, field, to, label, count))
    return sorted(found, key=lambda wish: -wish.count)
