"""The state of the page: all that a visitor said and chose, as one value that turns into JSON for
their browser and into a link, and back.

Nothing that comes from a browser or a link is trusted: what the model does not know, or what is no
value of its field at all, is left out and counted.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from ...data.scale import WATCHED
from ...errors import AniSVDError
from ...model.model import Model
from ...recommend.filters import SEQUELS, Filters
from ...recommend.together import BALANCE

MAX_K = 100
MAX_ENTRIES = 20_000  # more than a catalogue has titles
MAX_LINK = 200_000
LONGEST_USER = 18
NOVELTY_STEPS = 2
SEEN = "seen"
TABS = ("rate", "list", "user", "together", "explore", "how")
PLANS = ("any", "hide", "first")
BALANCE_STEPS = 4

OWN = ("ratings", "unseen", "hidden", "planned")
OTHERS = ("partner", "partner_unseen", "partner_hidden", "partner_planned")
"""What is the visitor's, and what is the other person's, of two."""

Rated = tuple[int, float]
Clean = Callable[[Any, Model], Any]
"""From JSON to a value of the field; raises for what is none."""


def _one_of(allowed: tuple[str, ...]) -> Clean:
    return lambda value, model: allowed[allowed.index(value)]


def _number(low: int, high: int) -> Clean:
    def clean(value: Any, model: Model) -> int:
        number = int(value)
        if isinstance(value, bool) or number != float(value) or not low <= number <= high:
            raise ValueError(value)
        return number

    return clean


def _flag(value: Any, model: Model) -> bool:
    return {True: True, "1": True, False: False}[value]


def _title(value: Any, model: Model) -> int:
    anime_id: int = _number(0, 2**62)(value, model)
    model.catalogue.position(anime_id)
    return anime_id


def _user(value: Any, model: Model) -> int | str:
    """Any text: that there is no such user is said where users are looked up."""
    text = str(value).strip()[:LONGEST_USER].strip()  # the cut may end in a space
    return int(text) if text.isdecimal() else text


def _rated(value: Any, model: Model) -> Rated:
    anime_id, rating = value.split(":") if isinstance(value, str) else value
    if isinstance(rating, str):
        rating = WATCHED if rating == SEEN else float(rating)
    model.rating_scale.check(rating, "The rating")
    return _title(anime_id, model), rating


def _genre(value: Any, model: Model) -> Any:
    return _one_of(model.catalogue.genres)(value, model)


def _type(value: Any, model: Model) -> Any:
    return _one_of(model.catalogue.types)(value, model)


def _field(link: str, clean: Clean, default: Any, many: bool = False) -> Any:
    return field(default=default, metadata={"link": link, "clean": clean, "many": many})


YEAR = _number(1900, 2100)


@dataclass(frozen=True)
class PageState:
    """What a visitor said and chose.

    Attributes
    ----------
    tab, user
        What the visitor is looking at. The list is for the visitor, but on the tab ``user`` for that
        existing user, and on the tab ``together`` for the visitor and somebody else.
    like
        If set, the list shows titles like this one instead.
    ratings
        The visitor's, ``(anime_id, rating or WATCHED)``, oldest first.
    unseen
        Titles that the visitor hasn't seen: not suggested for rating again.
    hidden
        Titles that they are not interested in: never recommended.
    planned, plan
        Titles that they plan to watch; whether those come like any others, are hidden, or come first.
    without
        Titles that don't count as reasons.
    partner, partner_user
        The ratings of the other of two people, or the existing user who is it.
    partner_unseen, partner_hidden, partner_planned
        What else the other one said, as of the visitor.
    swapped
        Whether what is the visitor's above is the other person's just now, and the other way round.
    balance
        Of two people: from what suits them on average, 0, to what suits the less pleased one, 4.
    k, genres, exclude_genres, types, min_members, min_year, max_year, sequels, adult
        Length of the list, and `core.recommend.filters.Filters`, but for ``sequels``, which are left out here.
    likes_only
        Whether low ratings count for nothing.
    novelty
        From mainstream, -2, to hidden gems, 2.
    """

    tab: str = _field("tab", _one_of(TABS), "rate")
    user: int | str | None = _field("user", _user, None)
    like: int | None = _field("like", _title, None)
    ratings: tuple[Rated, ...] = _field("rated", _rated, (), many=True)
    unseen: tuple[int, ...] = _field("unseen", _title, (), many=True)
    hidden: tuple[int, ...] = _field("hidden", _title, (), many=True)
    planned: tuple[int, ...] = _field("planned", _title, (), many=True)
    plan: str = _field("plan", _one_of(PLANS), "any")
    without: tuple[int, ...] = _field("without", _title, (), many=True)
    partner: tuple[Rated, ...] = _field("partner", _rated, (), many=True)
    partner_unseen: tuple[int, ...] = _field("partner_unseen", _title, (), many=True)
    partner_hidden: tuple[int, ...] = _field("partner_hidden", _title, (), many=True)
    partner_planned: tuple[int, ...] = _field("partner_planned", _title, (), many=True)
    partner_user: int | str | None = _field("partner_user", _user, None)
    swapped: bool = _field("swapped", _flag, False)
    balance: int = _field("balance", _number(0, BALANCE_STEPS), round(BALANCE * BALANCE_STEPS))
    k: int = _field("k", _number(1, MAX_K), 10)
    genres: tuple[str, ...] = _field("genres", _genre, (), many=True)
    exclude_genres: tuple[str, ...] = _field("no", _genre, (), many=True)
    types: tuple[str, ...] = _field("types", _type, (), many=True)
    min_members: int = _field("members", _number(0, 10**9), 0)
    min_year: int | None = _field("from", YEAR, None)
    max_year: int | None = _field("to", YEAR, None)
    sequels: str = _field("sequels", _one_of(SEQUELS), "first")
    likes_only: bool = _field("likes", _flag, False)
    novelty: int = _field("novelty", _number(-NOVELTY_STEPS, NOVELTY_STEPS), 0)
    adult: bool = _field("adult", _flag, False)

    # -- from and to JSON and links ------------------------------------------------------------

    @classmethod
    def from_json(cls, content: Any, model: Model) -> tuple["PageState", int]:
        """The state in what a browser sent, ``{field: value}``, and how many values were left out."""
        if not isinstance(content, Mapping):
            return cls(), int(content is not None)
        values: dict[str, Any] = {}
        dropped = 0
        for one in fields(cls):
            given = content.get(one.name)
            if given is None:
                continue
            several = one.metadata["many"]
            found, wrong = _cleaned(given if several and isinstance(given, list) else [given], one.metadata, model)
            dropped += wrong
            if found:
                values[one.name] = found if several else found[0]
        return cls(**values)._consistent(), dropped

    @classmethod
    def from_link(cls, query: str, model: Model) -> tuple["PageState", int]:
        """The state in a link's query, with or without its question mark, and how many values were
        left out. Parameters that are none of ours (Gradio has its own) are not counted.
        """
        given = dict(parse_qsl(query[:MAX_LINK].lstrip("?"), keep_blank_values=True))
        content: dict[str, Any] = {}
        for one in fields(cls):
            if text := given.get(one.metadata["link"]):
                content[one.name] = text.split(",") if one.metadata["many"] else text
        return cls.from_json(content, model)

    def to_json(self) -> dict[str, Any]:
        """Plain lists, numbers and strings by field, defaults included."""
        return {one.name: _plain(getattr(self, one.name)) for one in fields(self)}

    def to_link(self) -> str:
        """The query of a link that restores this state: only what differs from the defaults."""
        changed = [one for one in fields(self) if getattr(self, one.name) != one.default]
        pairs = [(one.metadata["link"], _text(getattr(self, one.name))) for one in changed]
        return urlencode(pairs, safe=":,")

    def _consistent(self) -> "PageState":
        """No title twice (the last rating counts), no genre both wanted and not, years in order."""
        lists = (*OWN[1:], *OTHERS[1:], "without", "genres", "types")
        changes: dict[str, Any] = {name: tuple(dict.fromkeys(getattr(self, name))) for name in lists}
        for name in ("ratings", "partner"):
            changes[name] = tuple({anime_id: (anime_id, rating) for anime_id, rating in getattr(self, name)}.values())
        changes["exclude_genres"] = tuple(one for one in dict.fromkeys(self.exclude_genres) if one not in self.genres)
        if self.min_year and self.max_year:
            changes["min_year"], changes["max_year"] = sorted((self.min_year, self.max_year))
        if self.swapped and self.tab == "together":  # where both are named, everybody is in their place
            changes |= {own: changes[other] for own, other in zip(OWN + OTHERS, OTHERS + OWN, strict=True)}
            changes["swapped"] = False
        return replace(self, **changes)

    @property
    def listed_user(self) -> int | str | None:
        """The existing user whom the list is for; None if it is for the visitor."""
        return self.user if self.tab == "user" else None

    @property
    def is_for_two(self) -> bool:
        """Whether the list is for the visitor and somebody else, and both are there."""
        return self.tab == "together" and self.like is None and bool(self.partner or self.partner_user is not None)

    def alone(self) -> "PageState":
        """The same without the existing user whom the list is for, or with whom it is shared."""
        return replace(self, partner_user=None) if self.tab == "together" else replace(self, user=None)

    # -- what it asks of the model -------------------------------------------------------------

    def filters(self) -> Filters:
        """The choices as filters, with what the visitor, or one of two people, is not interested in."""
        turned_down = (*self.hidden, *(self.partner_hidden if self.is_for_two else ()))
        return Filters(
            genres=self.genres,
            exclude_genres=self.exclude_genres,
            types=self.types,
            min_members=self.min_members,
            min_year=self.min_year,
            max_year=self.max_year,
            adult=self.adult,
            sequels=self.sequels,
            exclude_ids=(*turned_down, *(self.planned if self.plan == "hide" else ())),
        )


def _cleaned(given: list[Any], metadata: Mapping[str, Any], model: Model) -> tuple[tuple[Any, ...], int]:
    found = []
    for value in given[:MAX_ENTRIES]:
        try:
            found.append(metadata["clean"](value, model))
        except (AniSVDError, ValueError, TypeError, KeyError, OverflowError, AttributeError):
            continue
    return tuple(found), len(given) - len(found)


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _text(value: Any) -> str:
    """A value in a link."""
    if isinstance(value, tuple):
        return ",".join(f"{one[0]}:{_rating(one[1])}" if isinstance(one, tuple) else str(one) for one in value)
    return "1" if value is True else str(value)


def _rating(rating: float) -> str:
    return SEEN if rating == WATCHED else f"{rating:g}"
