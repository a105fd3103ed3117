"""One of the other people of a group: what the page knows of them, and how it is kept and linked."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from ....model.model import Model
from ....recommend.together import MOST_PEOPLE
from .values import Rated, flag, in_link, rated_by, read_fields, short, title_of, unique, user

LONGEST_NAME = 20
TITLES = ("unseen", "hidden", "planned", "dropped", "preferred", "passed")
LISTS = ("ratings", "complete", *TITLES)
"""What a person has as the visitor has it: they exchange it when the screen is handed over."""
LINK_NAMES = ("partner", *(f"partner{number}" for number in range(3, MOST_PEOPLE + 1)))
"""The name of each person's ratings in a link, the second person's first. Other fields follow it after an underscore.
Browsers kept the second person under such names, too."""


@dataclass(frozen=True)
class Person:
    """One of the other people: an existing user, or what they rated and chose as in `PageState`."""

    name: str = ""
    user: int | str | None = None
    ratings: tuple[Rated, ...] = ()
    complete: bool = False
    unseen: tuple[int, ...] = ()
    hidden: tuple[int, ...] = ()
    planned: tuple[int, ...] = ()
    dropped: tuple[int, ...] = ()
    preferred: tuple[int, ...] = ()
    passed: tuple[int, ...] = ()

    @property
    def is_known(self) -> bool:
        """Whether there is anything to make a list from."""
        return bool(self.ratings or self.preferred) or self.user is not None

    def consistent(self) -> "Person":
        """Return the person with lists that don't contradict each other: see `consistent_lists`."""
        return replace(self, **consistent_lists(self))


def consistent_lists(owner: Any) -> dict[str, Any]:
    """Return the `LISTS` of a person or a state with no title twice (the last rating counts), no whole list without
    ratings, no rated title planned and only rated ones dropped.
    """
    lists = {name: unique(value) if isinstance(value := getattr(owner, name), tuple) else value for name in LISTS}
    rated = {anime_id for anime_id, _ in lists["ratings"]}
    for name, is_rated in (("planned", False), ("dropped", True)):
        lists[name] = tuple(anime_id for anime_id in lists[name] if (anime_id in rated) == is_rated)
    return lists | {"complete": lists["complete"] and bool(rated)}


def read_people(sent: Any, model: Model) -> tuple[tuple[Person, ...], int]:
    """Return the people that a browser sent, at most five, and the number of values that were left out."""
    items = sent if isinstance(sent, list) else [sent] * (sent is not None)
    title = title_of(model)
    readers = dict.fromkeys(TITLES, title)
    readers |= {"name": _name, "user": user, "ratings": rated_by(model), "complete": flag}
    people: list[Person] = []
    n_wrong = 0
    for item in items:
        if not isinstance(item, Mapping) or len(people) == len(LINK_NAMES):
            n_wrong += 1
            continue
        values, n_left_out = read_fields(Person, item, readers)
        people.append(Person(**values).consistent())
        n_wrong += n_left_out
    return tuple(people), n_wrong


def people_of(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the people that a link, or a browser of former times, has under `LINK_NAMES`, as `read_people` takes
    them.
    """
    people = [
        {field: sent for field, key in link_names(prefix).items() if (sent := content.get(key))}
        for prefix in LINK_NAMES
    ]
    while people and not people[-1]:
        people.pop()
    return people


def link_names(prefix: str) -> dict[str, str]:
    """Return the name in a link by field of `Person`."""
    return {field.name: prefix if field.name == "ratings" else f"{prefix}_{field.name}" for field in fields(Person)}


def linked(people: tuple[Person, ...]) -> dict[str, str]:
    """Return the texts of a link that restores these people, by name, with values that differ from the defaults."""
    return {
        key: in_link(value)
        for prefix, person in zip(LINK_NAMES, people, strict=False)
        for field, key in link_names(prefix).items()
        if (value := getattr(person, field)) != getattr(Person, field)
    }


def _name(value: str) -> str:
    """Return a short name on one line. Raises `AttributeError` for anything else than a text."""
    return short(" ".join(value.split()), LONGEST_NAME)
