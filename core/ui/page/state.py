"""The state of the page: what a visitor rated and chose. It is kept in the browser as JSON, and shared as a link.

Nothing that comes from a browser or a link is trusted. Wrong values are left out and counted.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from ...data.genres import name_of_today
from ...data.scale import WATCHED
from ...errors import AniSVDError
from ...model.model import Model
from ...recommend.filters import SEQUELS, Filters
from ...recommend.novelty import DEFAULT
from ...recommend.together import BALANCE

TABS = ("rate", "list", "user", "together", "explore", "how")
PLANS = ("any", "hide", "first")
SEEN = "seen"  # a rating `WATCHED`, in a link
YEARS = 1900, 2100
BALANCE_STEPS, DIAL_STEPS = 4, 4
LONGEST_LIST = 100
MAX_ENTRIES = 20_000  # more than a catalogue has titles
MAX_LINK = 200_000
LONGEST_USER = 18

LINK_NAMES = {
    "ratings": "rated", "exclude_genres": "no", "min_members": "members", "min_year": "from", "max_year": "to",
    "exclude_themes": "no_theme", "likes_only": "likes",
}  # fmt: skip
"""The names of fields in a link, where they differ."""
PARTNER_FIELDS = {
    "ratings": "partner", "unseen": "partner_unseen", "hidden": "partner_hidden", "planned": "partner_planned",
    "complete": "partner_complete", "dropped": "partner_dropped",
    "preferred": "partner_preferred", "passed": "partner_passed",
}  # fmt: skip
"""What belongs to the visitor, and the same of the other of two people."""
FORMER_DIAL = {"-2": 0, "-1": 0, "0": round(DEFAULT * DIAL_STEPS), "1": 2, "2": 4}
"""The steps of the dial by the values of ``novelty``, its former name, in older links: from mainstream to hidden gems.
Links without it meant 0, and get the default."""

Rated = tuple[int, float]
Reader = Callable[[Any], Any]
"""Returns a value of a field from JSON, and raises for a wrong one."""


@dataclass(frozen=True)
class PageState:
    """What a visitor rated and chose. The filters are those of `core.recommend.filters.Filters`."""

    tab: str = "rate"  # on "user" the list is for that existing user, on "together" for two people
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
    partner: tuple[Rated, ...] = ()  # the ratings of the other of two people
    partner_unseen: tuple[int, ...] = ()
    partner_hidden: tuple[int, ...] = ()
    partner_planned: tuple[int, ...] = ()
    partner_dropped: tuple[int, ...] = ()
    partner_preferred: tuple[int, ...] = ()
    partner_passed: tuple[int, ...] = ()
    partner_complete: bool = False
    partner_user: int | str | None = None  # the other person is this existing user
    swapped: bool = False  # the other person rates now, and the two have exchanged their lists
    balance: int = round(BALANCE * BALANCE_STEPS)  # 0 suits two people on average, 4 the less pleased one
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
        values: dict[str, Any] = {}
        n_wrong = 0
        for name, reader in _readers(model).items():
            if (sent := content.get(name)) is None:
                continue
            is_list = isinstance(getattr(cls, name), tuple)
            items = sent if is_list and isinstance(sent, list) else [sent]
            readable = _readable(items, reader)
            n_wrong += len(items) - len(readable)
            if readable:
                values[name] = tuple(readable) if is_list else readable[0]
        return cls(**values)._consistent(), n_wrong

    @classmethod
    def from_link(cls, query: str, model: Model) -> tuple["PageState", int]:
        """Return the state in a link's query, with or without its question mark, and the number of values that were
        left out. Unknown parameters are not counted: Gradio has its own.
        """
        return cls.from_json(link_content(query), model)

    def to_json(self) -> dict[str, Any]:
        """Return plain lists, numbers and strings by field, defaults included."""
        return dict(json.loads(json.dumps(vars(self))))

    def to_link(self) -> str:
        """Return the query of a link that restores this state, with the values that differ from the defaults."""
        changed = {name: value for name, value in vars(self).items() if value != getattr(PageState, name)}
        return urlencode({LINK_NAMES.get(name, name): _text(value) for name, value in changed.items()}, safe=":,")

    def _consistent(self) -> "PageState":
        """Return the state with no title twice (the last rating counts), no genre or theme both wanted and excluded,
        years in order, no whole list without ratings, no rated title planned and only rated ones dropped, and on the
        tab of two people each with their own lists.
        """
        changes: dict[str, Any] = {
            name: _unique(value) for name, value in vars(self).items() if isinstance(value, tuple)
        }
        for unwanted, wanted in (("exclude_genres", self.genres), ("exclude_themes", self.themes)):
            changes[unwanted] = tuple(name for name in changes[unwanted] if name not in wanted)
        for prefix, ratings in (("", self.ratings), ("partner_", self.partner)):
            rated = {anime_id for anime_id, _ in ratings}
            for name, is_rated in (("planned", False), ("dropped", True)):
                ids = changes[prefix + name]
                changes[prefix + name] = tuple(anime_id for anime_id in ids if (anime_id in rated) == is_rated)
        if self.min_year and self.max_year:
            changes["min_year"], changes["max_year"] = sorted((self.min_year, self.max_year))
        changes["complete"] = self.complete and bool(self.ratings)
        changes["partner_complete"] = self.partner_complete and bool(self.partner)
        state = replace(self, **changes)
        return state.exchanged() if self.swapped and self.tab == "together" else state

    # -- two people ------------------------------------------------------------------------------

    def exchanged(self) -> "PageState":
        """Return the state after the visitor and the other person have exchanged their lists."""
        sources = PARTNER_FIELDS | {partners: own for own, partners in PARTNER_FIELDS.items()}
        lists: dict[str, Any] = {name: getattr(self, source) for name, source in sources.items()}
        return replace(self, **lists, swapped=not self.swapped)

    def handed_over(self) -> "PageState":
        """Return the state for the other person, who rates now, or for both people after that."""
        tab = "together" if self.swapped else "rate"
        return replace(self.exchanged(), tab=tab, like=None, partner_user=None, without=())

    def alone(self) -> "PageState":
        """Return the state without the existing user for whom the list is, or with whom it is shared."""
        return replace(self, partner_user=None) if self.tab == "together" else replace(self, user=None)

    @property
    def is_for_two(self) -> bool:
        """Whether the list is for the visitor and somebody else, and both are known."""
        return self.tab == "together" and self.like is None and bool(self.partner or self.partner_user is not None)

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
        """Return the choices as filters. They exclude the titles that the visitor, or one of two people, has hidden."""
        values: dict[str, Any] = {field.name: getattr(self, field.name, field.default) for field in fields(Filters)}
        hidden = self.hidden + (self.partner_hidden if self.is_for_two else ())
        return Filters(**values | {"exclude_ids": hidden + (self.planned if self.plan == "hide" else ())})


def link_content(query: str) -> dict[str, Any]:
    """Return the values in a link's query by field, as `PageState.from_json` takes them."""
    texts = dict(parse_qsl(query[:MAX_LINK].lstrip("?"), keep_blank_values=True))
    content: dict[str, Any] = {}
    for name, default in vars(PageState()).items():
        if text := texts.get(LINK_NAMES.get(name, name)):
            content[name] = text.split(",") if isinstance(default, tuple) else text
    return content | {name: texts[name] for name in ("novelty",) if texts.get(name)}


# -- reading values ----------------------------------------------------------------------------------


def _readers(model: Model) -> dict[str, Reader]:
    """Return the reader of each field. The reader of a list field reads one item."""
    number_of_id = _number(0, 2**62)

    def title(value: Any) -> int:
        anime_id: int = number_of_id(value)
        model.catalogue.position(anime_id)
        return anime_id

    def rated(value: Any) -> Rated:
        anime_id, rating = value.split(":") if isinstance(value, str) else value
        if isinstance(rating, str):
            rating = WATCHED if rating == SEEN else float(rating)
        model.rating_scale.check(rating, "The rating")
        return title(anime_id), rating

    return {
        **dict.fromkeys((*PARTNER_FIELDS, *PARTNER_FIELDS.values(), "without", "like"), title),
        **dict.fromkeys(("ratings", "partner"), rated),
        **dict.fromkeys(("genres", "exclude_genres"), _genre(model.catalogue.genres)),
        **dict.fromkeys(("themes", "exclude_themes"), _one_of(model.catalogue.themes)),
        "studios": _one_of(model.catalogue.studios),
        **dict.fromkeys(("min_year", "max_year"), _number(*YEARS)),
        **dict.fromkeys(("user", "partner_user"), _user),
        **dict.fromkeys(("swapped", "complete", "partner_complete", "likes_only", "adult", "extras"), _flag),
        "tab": _one_of(TABS),
        "plan": _one_of(PLANS),
        "types": _one_of(model.catalogue.types),
        "sequels": _one_of(SEQUELS),
        "min_members": _number(0, 10**9),
        "k": _number(1, LONGEST_LIST),
        "balance": _number(0, BALANCE_STEPS),
        "dial": _number(0, DIAL_STEPS),
    }


def _readable(items: list[Any], reader: Reader) -> list[Any]:
    """Return the values that the reader accepts."""
    values = []
    for item in items[:MAX_ENTRIES]:
        with suppress(AniSVDError, ValueError, TypeError, KeyError, OverflowError, AttributeError):
            values.append(reader(item))
    return values


def _one_of(allowed: tuple[str, ...]) -> Reader:
    return lambda value: allowed[allowed.index(value)]


def _genre(known: tuple[str, ...]) -> Reader:
    """Return a reader of genres, which older links may give by a former name."""
    return lambda value: _one_of(known)(name_of_today(value))


def _number(low: int, high: int) -> Reader:
    def read(value: Any) -> int:
        number = int(value)
        if isinstance(value, bool) or number != float(value) or not low <= number <= high:
            raise ValueError(value)
        return number

    return read


def _flag(value: Any) -> bool:
    return {True: True, "1": True, False: False}[value]


def _user(value: Any) -> int | str | None:
    """Return the id of a user, or any short text: the page says that there is no such user. A blank means nobody."""
    text = str(value).encode(errors="replace").decode()  # half a character, which JSON may hold, has no place in a link
    text = text.strip()[:LONGEST_USER].strip()  # the cut may end in a space
    return int(text) if text.isdecimal() else text or None


# -- writing values ----------------------------------------------------------------------------------


def _unique(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return titles, ratings or names without repetition. Of the ratings of a title the last one counts."""
    return tuple({item[0] if isinstance(item, tuple) else item: item for item in items}.values())


def _text(value: Any) -> str:
    """Return a value as text in a link."""
    if isinstance(value, tuple):
        return ",".join(_rated_text(*item) if isinstance(item, tuple) else str(item) for item in value)
    return "1" if value is True else str(value)


def _rated_text(anime_id: int, rating: float) -> str:
    return f"{anime_id}:{SEEN}" if rating == WATCHED else f"{anime_id}:{rating:g}"
