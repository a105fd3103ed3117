"""Public lists from MyAnimeList, by the name of a user.

Needs a client id, which the operator gets at https://myanimelist.net/apiconfig (API v2, ``users/{name}/animelist``).
A list is kept in memory for some minutes, so that a visitor who tries again does not cost another 20 requests.
"""

import json
import re
from collections import OrderedDict
from threading import Lock
from time import monotonic
from typing import Any

import httpx

from .entries import Entry, Watchlist, WatchlistError, clean_names, make_entry, make_watchlist, parse_id, parse_status

ADDRESS = "https://api.myanimelist.net/v2"
NAME = re.compile(r"[A-Za-z0-9_-]{2,16}")
FIELDS = "list_status,media_type,start_season"
PAGE_ENTRIES, MAX_PAGES = 1_000, 20
MAX_PAGE_BYTES = 4 * 1024 * 1024
SECONDS, REQUEST_SECONDS = 20.0, 8.0
KEPT_SECONDS, MAX_KEPT = 600.0, 100
ERRORS = {403: "mal_private", 404: "mal_unknown_user", 429: "mal_busy"}
"""Kinds of `WatchlistError` by the status of an answer; any other but 200 is ``mal_down``."""


class MyAnimeListApi:
    """Reads lists by name. ``client_id`` may be empty: then every name is answered by a `WatchlistError`."""

    def __init__(self, client_id: str, address: str = ADDRESS) -> None:
        self._client_id, self._address = client_id, address.rstrip("/")
        self._kept: OrderedDict[str, tuple[float, Watchlist]] = OrderedDict()
        self._lock = Lock()

    def watchlist(self, name: str) -> Watchlist:
        """Return the public list of a user. It may take `SECONDS`, and may be `KEPT_SECONDS` old.

        Raises `WatchlistError` if there is no client id, no such user, a private list, or no answer.
        """
        if not self._client_id:
            raise WatchlistError("mal_no_access")
        if not NAME.fullmatch(name):
            raise WatchlistError("mal_bad_name")
        key, now = name.lower(), monotonic()
        with self._lock:
            read_at, known = self._kept.get(key, (0.0, None))
            if known is not None and now - read_at < KEPT_SECONDS:
                return known
        watchlist = make_watchlist("MyAnimeList", name, self._entries(name, now + SECONDS))
        with self._lock:
            self._kept[key] = monotonic(), watchlist
            self._kept.move_to_end(key)
            while len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
        return watchlist

    def _entries(self, name: str, deadline: float) -> list[Entry]:
        entries: list[Entry] = []
        with httpx.Client(headers={"X-MAL-CLIENT-ID": self._client_id}) as client:
            for page in range(MAX_PAGES):
                answer = self._page(client, name, page, deadline)
                items = answer.get("data")
                entries += [_entry(item) for item in items if isinstance(item, dict)] if isinstance(items, list) else []
                # The address of the next page is not followed: the server asks this host alone.
                if not _dict(answer.get("paging")).get("next"):
                    break
        return entries

    def _page(self, client: httpx.Client, name: str, page: int, deadline: float) -> dict[str, Any]:
        """Return a page of a list. Raises `WatchlistError`."""
        parameters = {"fields": FIELDS, "nsfw": "true", "limit": str(PAGE_ENTRIES), "offset": str(page * PAGE_ENTRIES)}
        content = bytearray()
        try:
            address = f"{self._address}/users/{name}/animelist"
            seconds = min(REQUEST_SECONDS, max(deadline - monotonic(), 0.1))
            with client.stream("GET", address, params=parameters, timeout=seconds) as answer:
                if answer.status_code != 200:
                    raise WatchlistError(ERRORS.get(answer.status_code, "mal_down"))
                for chunk in answer.iter_bytes():
                    content += chunk
                    if len(content) > MAX_PAGE_BYTES or monotonic() > deadline:
                        raise WatchlistError("mal_down")
            return _dict(json.loads(content))
        except (httpx.HTTPError, ValueError, RecursionError):
            raise WatchlistError("mal_down") from None


def _entry(item: dict[str, Any]) -> Entry:
    """Return the entry of a title with its ``list_status``."""
    title, listed = _dict(item.get("node")), _dict(item.get("list_status"))
    status, score = listed.get("status"), listed.get("score")
    points = 10.0 * score if isinstance(score, int) and 0 <= score <= 10 else float("nan")
    return make_entry(
        anime_id=parse_id(title.get("id")),
        names=clean_names([title.get("title")]),
        status="completed" if listed.get("is_rewatching") is True else parse_status(status),
        score=points or None,
        raw_status=status,
        raw_score=score,
        progress=listed.get("num_episodes_watched"),
        year=_dict(title.get("start_season")).get("year"),
        raw_type=title.get("media_type"),
    )


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
