"""What is in a list of anime that a visitor brings, and what can be wrong with one."""

import html
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ..errors import DataError

MAX_BYTES = 10 * 1024 * 1024
MAX_ENTRIES = 50_000
MAX_ID = 2**31 - 1
LONGEST_NAME, LONGEST_FOUND = 500, 60

Status = Literal["completed", "watching", "on_hold", "dropped", "planned"]
Source = Literal["MyAnimeList", "AniList", "AniList account data"]
Problem = Literal["manga", "no_id", "bad_status", "bad_score"]

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
    "no_network": "AniList can't be reached. Check your connection and try again, or bring your export as a file.",
}
"""What each kind of `WatchlistError` says, with its facts in braces: what was found, and what to do."""


class WatchlistError(DataError):
    """What somebody brought is no list that can be read.

    Attributes
    ----------
    kind
        A key of `SENTENCES`.
    facts
        What stands in the braces of its sentence. Text among them comes from whoever wrote the file.
    """

    def __init__(self, kind: str, **facts: str | int) -> None:
        super().__init__(SENTENCES[kind].format(**facts))
        self.kind, self.facts = kind, facts


@dataclass(frozen=True, slots=True)
class Entry:
    """One title of a list.

    Attributes
    ----------
    anime_id, anilist_id
        Its ids on MyAnimeList and AniList, None where the list doesn't give them.
    names
        What the list calls it, the name to show first; may be empty.
    status
        What its owner did with it, None if the list says nothing that is understood. Watching it
        again counts as completed.
    score
        0 < score <= 100; None for not rated.
    problem
        Why the entry can't be used as it is, if so.
    found
        The text that is not understood, cut short.
    """

    anime_id: int | None
    anilist_id: int | None
    names: tuple[str, ...]
    status: Status | None
    score: float | None
    problem: Problem | None = None
    found: str = ""

    @property
    def name(self) -> str:
        """What to call it: its name, else its id, else what was found in its place."""
        if self.names:
            return self.names[0]
        if self.anime_id is not None:
            return f"MyAnimeList {self.anime_id}"
        return f"AniList {self.anilist_id}" if self.anilist_id is not None else self.found


@dataclass(frozen=True)
class Watchlist:
    """A list that somebody brought: where it is from, whose it is (may be empty), and its entries."""

    source: Source
    user_name: str
    entries: tuple[Entry, ...]


def checked_list(source: Source, user_name: str, entries: list[Entry]) -> Watchlist:
    """The list of these entries. Raises `WatchlistError` for one of manga alone, or of nothing that is a title."""
    if entries and all(entry.problem == "manga" for entry in entries):
        raise WatchlistError("manga")
    if entries and all(entry.problem == "no_id" for entry in entries):
        raise WatchlistError("other_xml", tag="anime") if source == "MyAnimeList" else WatchlistError("other_json")
    return Watchlist(source, clipped(user_name), tuple(entries))


def append(entries: list[Entry], entry: Entry) -> None:
    """Put one more entry at the end. Raises `WatchlistError` for one too many."""
    if len(entries) == MAX_ENTRIES:
        raise WatchlistError("too_many_entries", limit=MAX_ENTRIES)
    entries.append(entry)


def entry_of(
    *,
    anime_id: int | None,
    anilist_id: int | None = None,
    names: tuple[str, ...],
    status: Status | None,
    score: float | None,
    found_status: object,
    found_score: object,
) -> Entry:
    """An entry, and the first problem it has. A ``score`` of NaN stands for one that is not understood."""
    problem: Problem | None = None
    found: object = ""
    if anime_id is None and anilist_id is None and not names:
        problem = "no_id"
    elif status is None:
        problem, found = "bad_status", found_status
    elif score is not None and math.isnan(score):
        problem, found = "bad_score", found_score
    return Entry(
        anime_id,
        anilist_id,
        names,
        status,
        None if score is None or math.isnan(score) else score,
        problem,
        clipped(found),
    )


def title_id(found: object) -> int | None:
    """An id as a whole number from 1 to `MAX_ID`; None for anything else."""
    value = number(found)
    return int(value) if value is not None and value.is_integer() and 1 <= value <= MAX_ID else None


def number(found: object) -> float | None:
    """What was found as a finite number; None if it is none."""
    if isinstance(found, bool) or not isinstance(found, int | float | str) or len(str(found)) > LONGEST_FOUND:
        return None
    try:
        value = float(found)
    except (ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None


def names_of(found: Iterable[object]) -> tuple[str, ...]:
    """Those that are names, each once, HTML entities unescaped and cut at `LONGEST_NAME`."""
    texts = (html.unescape(name[:LONGEST_NAME]).strip() for name in found if isinstance(name, str))
    return tuple(dict.fromkeys(text for text in texts if text))


def clipped(found: object) -> str:
    """The beginning of what somebody else wrote, on one line, to be shown; empty for what is no text or number."""
    return " ".join(str(found)[:LONGEST_FOUND].split()) if isinstance(found, str | int | float) else ""
