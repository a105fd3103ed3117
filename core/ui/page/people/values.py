"""Readers of single values from JSON and links. Each returns the value, and raises for a wrong one."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from ....data.genres import name_of_today
from ....data.scale import WATCHED
from ....errors import AniSVDError
from ....model.model import Model

SEEN = "seen"  # a rating `WATCHED`, in a link
MAX_ENTRIES = 20_000  # more than a catalogue has titles
LONGEST_USER = 18

Rated = tuple[int, float]
Reader = Callable[[Any], Any]


def read_fields(kind: type, content: Mapping[str, Any], readers: Mapping[str, Reader]) -> tuple[dict[str, Any], int]:
    """Return the values of fields of a dataclass, and the number of values that were left out. The reader of a list
    reads one item.
    """
    values: dict[str, Any] = {}
    n_wrong = 0
    for name, reader in readers.items():
        if (sent := content.get(name)) is None:
            continue
        is_list = isinstance(getattr(kind, name), tuple)
        items = sent if is_list and isinstance(sent, list) else [sent]
        readable = _readable(items, reader)
        n_wrong += len(items) - len(readable)
        if readable:
            values[name] = tuple(readable) if is_list else readable[0]
    return values, n_wrong


def _readable(items: list[Any], reader: Reader) -> list[Any]:
    """Return the values that the reader accepts."""
    values = []
    for item in items[:MAX_ENTRIES]:
        with suppress(AniSVDError, ValueError, TypeError, KeyError, OverflowError, AttributeError):
            values.append(reader(item))
    return values


def title_of(model: Model) -> Reader:
    """Return a reader of the ids of titles that the catalogue has."""
    number_of_id = number(0, 2**62)

    def title(value: Any) -> int:
        anime_id: int = number_of_id(value)
        model.catalogue.position(anime_id)
        return anime_id

    return title


def rated_by(model: Model) -> Reader:
    """Return a reader of ratings on the model's scale: ``[id, rating]``, or ``id:rating`` in a link."""
    title = title_of(model)

    def rated(value: Any) -> Rated:
        anime_id, rating = value.split(":") if isinstance(value, str) else value
        if isinstance(rating, str):
            rating = WATCHED if rating == SEEN else float(rating)
        model.rating_scale.check(rating, "The rating")
        return title(anime_id), rating

    return rated


def one_of(allowed: tuple[str, ...]) -> Reader:
    """Return a reader of one of these names."""
    return lambda value: allowed[allowed.index(value)]


def genre(known: tuple[str, ...]) -> Reader:
    """Return a reader of genres, which older links may give by a former name."""
    return lambda value: one_of(known)(name_of_today(value))


def number(low: int, high: int) -> Reader:
    """Return a reader of whole numbers."""

    def read(value: Any) -> int:
        whole = int(value)
        if isinstance(value, bool) or whole != float(value) or not low <= whole <= high:
            raise ValueError(value)
        return whole

    return read


def flag(value: Any) -> bool:
    """Return a flag; a link has only those that are set."""
    return {True: True, "1": True, False: False}[value]


def user(value: Any) -> int | str | None:
    """Return the id of a user, or any short text: the page says that there is no such user. A blank means nobody."""
    text = short(str(value), LONGEST_USER)
    return int(text) if text.isdecimal() else text or None


def short(text: str, most: int) -> str:
    """Return at most so many characters of a text, without blanks around it."""
    text = text.encode(errors="replace").decode()  # half a character, which JSON may hold, has no place in a link
    return text.strip()[:most].strip()  # the cut may end in a space


# -- writing ---------------------------------------------------------------------------------------


def unique(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return titles, ratings or names without repetition. Of the ratings of a title the last one counts."""
    return tuple({item[0] if isinstance(item, tuple) else item: item for item in items}.values())


def in_link(value: Any) -> str:
    """Return a value as text in a link."""
    if isinstance(value, tuple):
        return ",".join(_rated_text(*item) if isinstance(item, tuple) else str(item) for item in value)
    return "1" if value is True else str(value)


def _rated_text(anime_id: int, rating: float) -> str:
    return f"{anime_id}:{SEEN}" if rating == WATCHED else f"{anime_id}:{rating:g}"
