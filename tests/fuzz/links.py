"""Links to the page: what a link says is kept if it is valid, and a kept state makes the same link again."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from fuzz.lists import CATALOGUE, SCALE

from core import WATCHED
from core.ui.page.state import PageState

MODEL: Any = SimpleNamespace(catalogue=CATALOGUE, rating_scale=SCALE)  # all that a state asks of its model


def corpus() -> Iterator[bytes]:
    """Yield links and states in JSON."""
    links = [
        "rated=110:10,101:seen,121:7.5&no=Drama&genres=Action&types=TV&from=1990&to=2000&members=1000&k=20",
        "?tab=together&partner=110:3&partner_planned=101&swapped=1&balance=4&partner_user=7&hidden=101,105&unseen=106",
        "partner=110:3&partner_name=A,b&partner3=101:9&partner3_name=<b>&partner6_unseen=110&handed=3&rated=101:8",
        "tab=user&user=42&like=110&sequels=all&likes=1&novelty=-2&dial=3&complete=1&extras=1&adult=1&plan=first&planned=120&without=101",
        "user=%EF%BC%91&k=1e3&from=9999&rated=1:nan,%00:1,99999999999999999999:1&like=-0",
    ]
    yield from (b"\x00" + link.encode() for link in links)
    yield from (b"\x01" + json.dumps(PageState.from_link(link, MODEL)[0].to_json()).encode() for link in links)


def one_input(data: bytes) -> str:
    """Read the state in a link, or in what a browser sends, and check it."""
    text = data[1:].decode("utf-8", errors="surrogateescape")
    if data[:1] == b"\x01":
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            return "refused"
        state, n_wrong = PageState.from_json(content, MODEL)
    else:
        state, n_wrong = PageState.from_link(text, MODEL)
    assert n_wrong >= 0
    ratings = sum((person.ratings for person in state.others), state.ratings)
    assert all(anime_id in MODEL.catalogue for anime_id, _ in ratings)
    assert all(rating == WATCHED or 1 <= rating <= 10 for _, rating in ratings)
    state.filters()
    json.dumps(state.to_json(), allow_nan=False).encode()
    assert PageState.from_json(state.to_json(), MODEL) == (state, 0)
    again, n_wrong = PageState.from_link(link := state.to_link(), MODEL)
    assert (n_wrong, again.to_link()) == (0, link)  # a link has six digits of a rating
    return "read"
