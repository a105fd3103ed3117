"""Entries of a watchlist, and the errors of a file or text that can't be read as one."""

import html
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ..errors import DataError

MAX_BYTES = 10 * 1024 * 1024
MAX_ENTRIES = 50_000
MAX_ID = 2**31 - 1
MAX_NAME_LENGTH, MAX_QUOTE_LENGTH = 500, 60

Status = Literal["completed", "watching", "on_hold", "dropped", "planned"]
Source = Literal["MyAnimeList", "AniList", "AniList account data"]
Problem = Literal["manga", "no_id", "bad_status", "bad_score", "damaged"]

NOT_ANIME = ("MUSIC", "CM", "PV")
"""Types on MyAnimeList, and formats on AniList, that catalogues of anime often lack."""
STATUSES: dict[Status, tuple[str, ...]] = {
    "watching": ("watching", "currentlywatching", "current", "reading", "currentlyreading"),
    "completed": ("completed", "watched", "read", "rewatching", "rereading", "repeating"),
    "on_hold": ("onhold", "hold", "paused", "stalled"),
    "dropped": ("dropped",),
    "planned": ("plantowatch", "planning", "planned", "wanttowatch", "plantoread", "wanttoread"),
}
"""The words of MyAnimeList, AniList, Kitsu, Shikimori, Simkl and Anime-Planet, letters only; watching again is seen."""
STATUS_OF_WORD = {word: status for status, words in STATUSES.items() for word in words}

SENTENCES = {
    "too_large": "This is {megabytes} MB; a list may have {limit} MB at most. Bring the export itself, not a backup.",
    "too_large_unpacked": "Unpacked, this file has more than {limit} MB, and no list has that. Download it again.",
    "too_many_entries": "This list has more than {limit} entries, and no more are read. Bring a shorter one.",
    "empty": "There is nothing in it. Choose the file of your export, or paste all of its text.",
    "truncated_gz": "This .gz file ends too early: a part is missing. Download it again.",
    "broken_gz": "This .gz file is damaged and can't be unpacked. Download it again.",
    "zip": "This is a zip archive. Unpack it, and bring the .xml, .xml.gz or .json file that is inside.",
    "bad_encoding": "Its letters can't be read: they are not {encoding}. Download it again, or save it as UTF-8.",
    "bad_xml_encoding": "Its letters can't be read: they are not in the encoding that the XML says. Download it again, "
    "or save it as UTF-8.",
    "web_page": "This is a web page, not an export. Download your list from MyAnimeList (Profile, Export) or AniList.",
    "xml_entities": "This XML defines its own entities or document type, which no export of MyAnimeList does. It has "
    "not been read. Download it again.",
    "broken_xml": "This XML breaks off or is damaged at line {line}. Download it again, or paste all of its text.",
    "broken_json": "This JSON breaks off or is damaged at line {line}. Download it again, or paste all of its text.",
    "too_complex": "This is JSON, but with far more in it than a list has. Bring the export itself.",
    "other_xml": "This is XML of another kind ({tag}), not a list of anime. Bring the export of MyAnimeList.",
    "odd_xml": "This XML has more and other things in it than a list of anime has. Bring the export of MyAnimeList.",
    "other_json": "This is JSON, but not a list of anime. Bring AniList's answer or your account download from there.",
    "other_text": "This is neither XML nor JSON. Bring an export of MyAnimeList (XML or .gz) or of AniList (JSON).",
    "manga": "This is a list of manga. Bring your list of anime: only anime can be suggested.",
    "score_format": "This list doesn't say on which scale its scores are, and the highest is {highest}. Say which "
    "scale you use on AniList (Settings, Anime & Manga Lists).",
    "unknown_user": "AniList knows nobody by this name. Check its spelling: it stands in the address of the profile.",
    "private_user": "This list is private. Make it public in AniList's settings for a moment, or bring its export.",
    "rate_limit": "AniList is asked too much at the moment. Wait a minute, then try again.",
    "anilist_error": "AniList answered with an error ({message}). Try again later, or bring your export as a file.",
    "mal_bad_name": "A name on MyAnimeList has 2 to 16 letters, digits, _ or -: it stands in the address of the "
    "profile.",
    "mal_unknown_user": "MyAnimeList knows nobody by this name. Check its spelling: it stands in the address of the "
    "profile.",
    "mal_private": "This list is private. Make it public in MyAnimeList's settings for a moment, or bring its export.",
    "mal_busy": "MyAnimeList is asked too much at the moment. Wait a minute, then try again.",
    "mal_down": "MyAnimeList does not answer at the moment. Try again later, or bring your export as a file.",
    "mal_no_access": "This server has no access to MyAnimeList, so it can't read lists by name. Export yours there "
    "(Profile, Export), and bring the file.",
    "no_network": "AniList can't be reached. Check your connection and try again, or bring your export as a file.",
}
"""The sentence of each kind of `WatchlistError`: what is wrong and what to do, with its facts in braces."""


class WatchlistError(DataError):
    """A file or text that can't be read as a watchlist.

    ``kind`` is a key of `SENTENCES`, ``facts`` are the values for the braces of its sentence. Texts
    among them come from the file: escape them.
    """

    def __init__(self, kind: str, **facts: str | int) -> None:
        super().__init__(SENTENCES[kind].format(**facts))
        self.kind, self.facts = kind, facts


@dataclass(frozen=True, slots=True)
class Entry:
    """One title of a watchlist.

    Attributes
    ----------
    anime_id, anilist_id
        The ids on MyAnimeList and AniList, None where the watchlist gives none.
    names
        The names in the watchlist, the one to show first; may be empty.
    status
        None if it is missing or not understood. Rewatching counts as completed; so does a title without a
        status that has a score or watched episodes.
    score
        0 < score <= 100; None for not rated.
    problem
        The reason why the entry can't be used as it is, if there is one.
    wrong_value
        The status or score that is not understood, shortened.
    year
        The year in which the title begins, if the watchlist says it.
    is_anime
        False if the watchlist says that the title is a music video, a commercial or a trailer.
    """

    anime_id: int | None
    anilist_id: int | None
    names: tuple[str, ...]
    status: Status | None
    score: float | None
    problem: Problem | None = None
    wrong_value: str = ""
    year: int | None = None
    is_anime: bool = True

    @property
    def name(self) -> str:
        """The name to show: the first of `names`, else an id with its site."""
        if self.names:
            return self.names[0]
        if self.anime_id is not None:
            return f"MyAnimeList {self.anime_id}"
        return f"AniList {self.anilist_id}" if self.anilist_id is not None else ""


@dataclass(frozen=True)
class Watchlist:
    """A visitor's watchlist: its source, the name of its owner (may be empty), and its entries."""

    source: Source
    user_name: str
    entries: tuple[Entry, ...]


def make_watchlist(source: Source, user_name: str, entries: list[Entry]) -> Watchlist:
    """Return the watchlist with these entries. Raises `WatchlistError` if all are manga or none is a title."""
    if entries and all(entry.problem == "manga" for entry in entries):
        raise WatchlistError("manga")
    if entries and all(entry.problem in ("no_id", "damaged") for entry in entries):
        raise WatchlistError("other_xml", tag="anime") if source == "MyAnimeList" else WatchlistError("other_json")
    return Watchlist(source, shorten(user_name), tuple(entries))


def check_count(n_entries: int) -> None:
    """Raise `WatchlistError` for more than `MAX_ENTRIES` entries."""
    if n_entries > MAX_ENTRIES:
        raise WatchlistError("too_many_entries", limit=MAX_ENTRIES)


def make_entry(
    *,
    anime_id: int | None,
    anilist_id: int | None = None,
    names: tuple[str, ...],
    status: Status | None,
    score: float | None,
    raw_status: object,
    raw_score: object,
    progress: object = None,
    is_manga: bool = False,
    year: object = None,
    raw_type: object = None,
) -> Entry:
    """Return an entry with the first problem that it has.

    A ``score`` of NaN means that ``raw_score`` is not understood. ``raw_status`` and ``raw_score``
    are the values in the file, and ``progress``, ``year`` and ``raw_type`` the number of watched episodes, the year
    and the type of the title there.
    """
    score_is_bad = score is not None and math.isnan(score)
    if raw_status in (None, "") and (score is not None or (parse_number(progress) or 0) > 0):
        status = "completed"
    problem: Problem | None = None
    wrong_value: object = ""
    if is_manga:
        problem, anime_id, anilist_id = "manga", None, None  # its ids would be mistaken for ids of anime
    elif anime_id is None and anilist_id is None and not names:
        problem = "no_id"
    elif status is None:
        problem, wrong_value = "bad_status", raw_status or "none"
    elif score_is_bad:
        problem, wrong_value = "bad_score", raw_score
    return Entry(
        anime_id, anilist_id, names, status, None if score_is_bad else score, problem, shorten(wrong_value),
        year=parse_id(year), is_anime=shorten(raw_type).upper() not in NOT_ANIME,
    )  # fmt: skip


def damaged_entry(title: object) -> Entry:
    """Return the entry of a part of a file that can't be read, with the title that stands there."""
    return Entry(None, None, clean_names([title]), None, None, "damaged")


def parse_status(value: object) -> Status | None:
    """Return the meaning of a word for a status, whatever its case, blanks and hyphens; None for any other."""
    letters = "".join(filter(str.isalpha, value[:MAX_QUOTE_LENGTH].lower())) if isinstance(value, str) else ""
    return STATUS_OF_WORD.get(letters)


def parse_id(value: object) -> int | None:
    """Return the id as a whole number from 1 to `MAX_ID`, None for anything else."""
    parsed = parse_number(value)
    return int(parsed) if parsed is not None and parsed.is_integer() and 1 <= parsed <= MAX_ID else None


def parse_number(value: object) -> float | None:
    """Return a number, or the number in a text, as a finite float; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str) or len(str(value)) > MAX_QUOTE_LENGTH:
        return None
    try:
        parsed = float(value)
    except (ValueError, OverflowError):
        return None
    return parsed if math.isfinite(parsed) else None


def clean_names(values: Iterable[object]) -> tuple[str, ...]:
    """Return the distinct non-empty texts, HTML entities unescaped, each cut at `MAX_NAME_LENGTH`."""
    names = (html.unescape(value[:MAX_NAME_LENGTH]).strip() for value in values if isinstance(value, str))
    return tuple(dict.fromkeys(name for name in names if name))


def shorten(value: object) -> str:
    """Return the beginning of a text or number on one line, for messages; empty for anything else."""
    return " ".join(str(value)[:MAX_QUOTE_LENGTH].split()) if isinstance(value, str | int | float) else ""
