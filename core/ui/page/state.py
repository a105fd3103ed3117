"""The state of the page: what a visitor rated and chose. It is kept in the browser as JSON, and shared as a link.

Nothing that comes from a browser or a link is trusted. Wrong values are left out and counted.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from ...model.model import Model
from ...recommend.filters import SEQUELS, Filters
from ...recommend.novelty import DEFAULT
from ...recommend.together import BALANCE, MOST_PEOPLE
from .people.person import LINK_NAMES as PEOPLE
from .people.person import LISTS, TITLES, Person, consistent_lists, link_names, linked, people_of, read_people
from .people.values import (
    Rated,
    Reader,
    flag,
    genre,
    in_link,
    number,
    one_of,
    rated_by,
    read_fields,
    title_of,
    unique,
    user,
)

TABS = ("rate", "list", "user", "together", "explore", "how")
PLANS = ("any", "hide", "first")
YEARS = 1900, 2100
BALANCE_STEPS, DIAL_STEPS = 4, 4
LONGEST_LIST = 100
MAX_LINK = 200_000

LINK_NAMES = {
    "ratings": "rated", "exclude_genres": "no", "min_members": "members", "min_year": "from", "max_year": "to",
    "exclude_themes": "no_theme", "likes_only": "likes",
}  # fmt: skip
"""The names of fields in a link, where they differ."""
FORMER_DIAL = {"-2": 0, "-1": 0, "0": round(DEFAULT * DIAL_STEPS), "1": 2, "2": 4}
"""The steps of the dial by the values of ``novelty``, its former name, in older links: from mainstream to hidden gems.
Links without it meant 0, and get the default."""


@dataclass(frozen=True)
class PageState:
    """What a visitor rated and chose. The filters are those of `core.recommend.filters.Filters`."""

    tab: str = "rate"  # on "user" the list is for that existing user, on "together" for a group
    user: int | str | None = None
    like: int | None = None  # the page shows titles like this one instead
    ratings: tuple[Rated, ...] = ()  # (anime_id, rating or `WATCHED`), oldest first
    complete: bool = False  # the ratings are a whole list that was brought, not a sample that was typed
    unseen: tuple[int, ...] = ()  # not suggested for rating again, and new to the visitor if recommended
    hidden: tuple[int, ...] = ()  # never recommended
    planned: tuple[int, ...] = ()  # titles that the visitor plans to watch
    dropped: tuple[int, ...] = ()  # titles that they stopped watching, all of them in `ratings`
    preferred: tuple[int, ...] = ()  # titles chosen by their covers, see `core.insight.choices`, seen or not
    passed: tuple[int, ...] = ()  # titles that stood beside those, or that were all left
    plan: str = "any"  # whether those come like any others, are hidden, or come first
    without: tuple[int, ...] = ()  # these don't count as reasons
    others: tuple[Person, ...] = ()  # the other people of a group
    handed: int = 0  # which of them rates now, from 1, and has exchanged their lists with the visitor; 0: nobody
    balance: int = round(BALANCE * BALANCE_STEPS)  # 0 suits a group on average, 4 the least pleased one
    k: int = 10
    genres: tuple[str, ...] = ()
    exclude_genres: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    exclude_themes: tuple[str, ...] = ()
    studios: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    min_members: int = 0
    min_year: int | None = None
    max_year: int | None = None
    sequels: str = "first"
    likes_only: bool = False  # low ratings count for nothing
    dial: int = round(DEFAULT * DIAL_STEPS)  # from well known, 0, over new to the visitor, 2, to hidden, 4
    adult: bool = False
    extras: bool = False  # recaps, specials and music videos, too

    # -- from and to JSON and links ------------------------------------------------------------

    @classmethod
    def from_json(cls, content: Any, model: Model) -> tuple["PageState", int]:
        """Return the state that a browser sent as ``{field: value}``, and the number of values that were left out."""
        if not isinstance(content, Mapping):
            return cls(), int(content is not None)
        if content.get("dial") is None and (former := content.get("novelty")) is not None:
            content = {**content, "dial": FORMER_DIAL.get(str(former), former)}
        if content.get("handed") is None and content.get("swapped"):  # its former name, for two people
            content = {**content, "handed": 1}
        values, n_wrong = read_fields(cls, content, _readers(model))
        values["others"], n_wrong_others = read_people(content.get("others", people_of(content)), model)
        return cls(**values)._consistent(), n_wrong + n_wrong_others

    @classmethod
    def from_link(cls, query: str, model: Model) -> tuple["PageState", int]:
        """Return the state in a link's query, with or without its question mark, and the number of values that were
        left out. Unknown parameters are not counted: Gradio has its own.
        """
        return cls.from_json(link_content(query), model)

    def to_json(self) -> dict[str, Any]:
        """Return plain lists, numbers and strings by field, defaults included."""
        return dict(json.loads(json.dumps(vars(self), default=vars)))

    def to_link(self) -> str:
        """Return the query of a link that restores this state, with the values that differ from the defaults. Of other
        people it leaves out the last ones of whom nothing is known.
        """
        changed = {name: value for name, value in vars(self).items() if value != getattr(PageState, name)}
        people = linked(changed.pop("others", ()))
        texts = {LINK_NAMES.get(name, name): in_link(value) for name, value in changed.items()}
        return urlencode(texts | people, safe=":,")

    def _consistent(self) -> "PageState":
        """Return the state with no title twice (the last rating counts), no genre or theme both wanted and excluded,
        years in order, lists that don't contradict each other, and on the tab of the group with everybody's own lists.
        """
        changes: dict[str, Any] = {
            name: unique(value) for name, value in vars(self).items() if isinstance(value, tuple) and name != "others"
        }
        changes |= consistent_lists(self)
        for unwanted, wanted in (("exclude_genres", self.genres), ("exclude_themes", self.themes)):
            changes[unwanted] = tuple(name for name in changes[unwanted] if name not in wanted)
        if self.min_year and self.max_year:
            changes["min_year"], changes["max_year"] = sorted((self.min_year, self.max_year))
        if self.handed > len(self.others):  # the lists of the visitor are empty
            changes["others"] = self.others + (Person(),) * (self.handed - len(self.others))
        state = replace(self, **changes)
        return state._returned() if state.tab == "together" else state

    # -- a group -----------------------------------------------------------------------------------

    def exchanged(self, person: int) -> "PageState":
        """Return the state after the visitor and one of the others, counted from 1, have exchanged their lists."""
        other = self.others[person - 1]
        others = list(self.others)
        others[person - 1] = replace(other, **{name: getattr(self, name) for name in LISTS})
        lists: dict[str, Any] = {name: getattr(other, name) for name in LISTS}
        return replace(self, **lists, others=tuple(others), handed=0 if self.handed else person)

    def _returned(self) -> "PageState":
        """Return the state with everybody's own lists, without those of whom nothing is known after they have rated."""
        if not self.handed:
            return self
        state = self.exchanged(self.handed)
        is_new = [number != self.handed or other != Person() for number, other in enumerate(state.others, 1)]
        return replace(state, others=tuple(other for other, kept in zip(state.others, is_new, strict=True) if kept))

    def handed_over(self, person: int) -> "PageState":
        """Return the state for one of the others, counted from 1, who rates now; the one after the last is new. 0 is
        the state for the group after that.
        """
        state = replace(self._returned(), tab="rate" if person else "together", like=None, without=())
        if not person:
            return state
        others = list(state.others)
        if person > len(others):
            others = [*others, Person()][: MOST_PEOPLE - 1]
            person = len(others)
        others[person - 1] = replace(others[person - 1], user=None)
        return replace(state, others=tuple(others)).exchanged(person)

    @property
    def listed_users(self) -> tuple[int | str, ...]:
        """The existing users for whom the list is."""
        people = self.others if self.tab == "together" else ()
        users = [self.listed_user, *(person.user for person in people)]
        return tuple(user for user in users if user is not None)

    def without_users(self, users: tuple[int | str, ...]) -> "PageState":
        """Return the state without these existing users, for whom the list was to be."""
        others = tuple(replace(person, user=None) if person.user in users else person for person in self.others)
        return replace(self, others=others, user=None if self.user in users else self.user)

    @property
    def listed_others(self) -> tuple[tuple[int, Person], ...]:
        """The others for whom the list is, with their numbers in the group, from 2; none for a list of one."""
        if self.tab != "together" or self.like is not None:
            return ()
        return tuple((number, person) for number, person in enumerate(self.others, 2) if person.is_known)

    # -- for the model -----------------------------------------------------------------------------

    @property
    def novelty(self) -> float:
        """The position of the dial: see `core.recommend.novelty`."""
        return self.dial / DIAL_STEPS

    @property
    def listed_user(self) -> int | str | None:
        """The existing user for whom the list is; None if it is for the visitor."""
        return self.user if self.tab == "user" else None

    def filters(self) -> Filters:
        """Return the choices as filters. They exclude the titles that somebody has hidden for whom the list is."""
        values: dict[str, Any] = {field.name: getattr(self, field.name, field.default) for field in fields(Filters)}
        hidden = sum((person.hidden for _, person in self.listed_others), self.hidden)
        return Filters(**values | {"exclude_ids": hidden + (self.planned if self.plan == "hide" else ())})


def link_content(query: str) -> dict[str, Any]:
    """Return the values in a link's query by field, as `PageState.from_json` takes them."""
    texts = dict(parse_qsl(query[:MAX_LINK].lstrip("?"), keep_blank_values=True))
    names = [(LINK_NAMES.get(name, name), name, default) for name, default in vars(PageState()).items()]
    for prefix in PEOPLE:
        names += [(key, key, getattr(Person, field)) for field, key in link_names(prefix).items()]
    content: dict[str, Any] = {}
    for key, name, default in names:
        if (text := texts.get(key)) and name != "others":
            content[name] = text.split(",") if isinstance(default, tuple) else text
    return content | {name: texts[name] for name in ("novelty", "swapped") if texts.get(name)}


def _readers(model: Model) -> dict[str, Reader]:
    """Return the reader of each field. The reader of a list field reads one item."""
    return {
        **dict.fromkeys((*TITLES, "without", "like"), title_of(model)),
        "ratings": rated_by(model),
        **dict.fromkeys(("genres", "exclude_genres"), genre(model.catalogue.genres)),
        **dict.fromkeys(("themes", "exclude_themes"), one_of(model.catalogue.themes)),
        "studios": one_of(model.catalogue.studios),
        **dict.fromkeys(("min_year", "max_year"), number(*YEARS)),
        "user": user,
        **dict.fromkeys(("complete", "likes_only", "adult", "extras"), flag),
        "tab": one_of(TABS),
        "plan": one_of(PLANS),
        "types": one_of(model.catalogue.types),
        "sequels": one_of(SEQUELS),
        "min_members": number(0, 10**9),
        "k": number(1, LONGEST_LIST),
        "balance": number(0, BALANCE_STEPS),
        "dial": number(0, DIAL_STEPS),
        "handed": number(0, MOST_PEOPLE - 1),
    }
