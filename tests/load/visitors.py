"""What real visitors do, for locust: people with the page, and programs that call the API. ``run.py`` starts it.

A person follows ``core/ui/assets/store.js``: the state is in the browser and goes with every request. The page
opens no heartbeat (``connect_heartbeat`` in ``/config`` is false), so neither do these people.
"""

import random
import re
from collections.abc import Callable
from typing import Any

from gevent import sleep
from locust import HttpUser, between, events, task
from locust.clients import ResponseContextManager
from page_files import event_numbers, page_files
from requests.adapters import HTTPAdapter
from urllib3 import Retry
from watchlist_files import mal_entry, mal_export

REFUSED = ": refused"
TRIES = 10  # as in core/ui/assets/store.js
KEYSTROKE = 0.15, 0.5  # seconds from one letter to the next
# A browser repeats a request, once, if the server has just closed the idle connection that it took for it.
STALE_CONNECTION = Retry(total=1, connect=0, read=1, status=0, redirect=0, other=0, allowed_methods=None)
SEARCHES = ("Fullmetal", "Death Note", "Shingeki", "steins", "cowboy bebop", "千と千尋", "naruot", "one pie")
FILTERS: tuple[dict[str, Any], ...] = (
    {"genres": ["Comedy"]}, {"exclude_genres": ["Ecchi"]}, {"types": ["Movie"]}, {"min_year": 2005},
    {"sequels": "all"}, {"dial": 2}, {"min_members": 50_000}, {"k": 20},
)  # fmt: skip
TABS = ("list", "user", "explore", "how")
SOME_RATINGS = ((5114, 10), (9253, 9), (1535, 8), (16498, 7))
WATCHLIST = mal_export("".join(mal_entry(anime_id, score=score) for anime_id, score in SOME_RATINGS)).encode()

numbers: dict[str, int] = {}
files: list[str] = []


@events.test_start.add_listener
def learn(environment: Any, **_: Any) -> None:
    """Ask the app for the numbers of its events and the files of its page."""
    numbers.update(event_numbers(environment.host))
    files.extend(page_files(environment.host))


class Visitor(HttpUser):
    """Requests that come again if the server is busy, as the page's do."""

    abstract = True
    wait_time = between(2, 8)  # seconds from one tap to the next

    def on_start(self) -> None:
        self.client.mount("http://", HTTPAdapter(max_retries=STALE_CONNECTION))

    def ask(self, method: str, path: str, name: str, **options: Any) -> ResponseContextManager:
        """Return an answer, whatever it is. A refusal has a name of its own, and is a failure only at the last try."""
        for tries in range(1, TRIES + 1):
            with self.client.request(method, path, name=name, catch_response=True, timeout=60, **options) as answer:
                seconds = float(answer.headers.get("Retry-After", 0)) if answer.status_code == 503 else 0.0
                if not seconds or tries == TRIES:
                    break
                answer.request_meta["name"] = name + REFUSED
                answer.success()
            sleep(seconds * random.uniform(0.5, 1.5))
        return answer


class Person(Visitor):
    """A person who opens the page, does some things, and leaves; then the next one comes."""

    weight = 9

    @task
    def visit(self) -> None:
        self.open()
        acts: list[Callable[[], None]] = [self.rate] * random.randint(4, 15) + [self.search]
        acts += random.sample([self.filter, self.look_around, self.bring, self.meet], 2)
        random.shuffle(acts)
        for act in acts:
            self.wait()
            act()
        self.client.close()  # its connections: the next person has another browser

    def event(self, name: str, sent: dict[str, Any]) -> Any:
        """Trigger an event of the page; return its outputs, None if that fails."""
        body = {"data": [{"language": "en", **sent}], "event_data": None, "fn_index": numbers[name]}
        answer = self.ask("POST", "/gradio_api/run/predict", name, json=body)
        return answer.json()["data"] if answer.status_code == 200 else None

    def open(self) -> None:
        """Load the page and its files."""
        self.state: dict[str, Any] = {}
        self.wall: list[int] = []
        self.ask("GET", "/", "page", headers={"Accept": "text/html"})
        for path in files:
            self.ask("GET", path, "files of the page")
        if outputs := self.event("open", {"query": "", "kept": None, "draft": None}):
            self.state = outputs[0]["state"]
            self.see(outputs[1:])

    def change(self, changes: dict[str, Any]) -> None:
        """Tap: change the state, and get the parts of the page that follow."""
        self.state |= changes
        self.see(
            self.event("show", {"state": self.state, "shared": False, "query": "", "wall": self.wall, "all": False})
        )

    def see(self, parts: list[str] | None) -> None:
        if parts:
            self.wall = [int(anime_id) for anime_id in re.findall(r'<li data-id="(\d+)"', parts[1])]

    def rate(self) -> None:
        """Rate a show of the wall, or say that it is unknown."""
        if self.wall:
            anime_id, is_known = random.choice(self.wall), random.random() < 0.8
            field, entry = ("ratings", [anime_id, random.randint(4, 10)]) if is_known else ("unseen", anime_id)
            self.change({field: [*self.state[field], entry]})

    def search(self) -> None:
        """Type a name. The page searches at each letter."""
        typed = random.choice(SEARCHES)
        for end in range(1, len(typed) + 1):
            self.event("search", {"state": self.state, "query": typed[:end]})
            sleep(random.uniform(*KEYSTROKE))

    def filter(self) -> None:
        self.change(random.choice(FILTERS))

    def look_around(self) -> None:
        """Open a tab, and come back."""
        tab = random.choice(TABS)
        self.change({"tab": tab})
        if tab == "explore":
            for part in ("_labels", "_input", "_search", "_view", "_picture", ""):
                self.ask("GET", f"/anisvd/map{part}.js", "files of the page")
            self.ask("GET", "/map.json?language=en&adult=0", "map.json")
        self.wait()
        self.change({"tab": "rate"})

    def bring(self) -> None:
        """Bring a list from MyAnimeList."""
        answer = self.ask("POST", "/bring?language=en&scale=&pasted=0", "bring", data=WATCHLIST)
        if answer.status_code == 200:
            self.change({"ratings": answer.json()["ratings"]})

    def meet(self) -> None:
        """Find something for three, and hand the screen over and back."""
        self.change({"tab": "together", "others": [{"ratings": [list(rated) for rated in SOME_RATINGS]}] * 2})
        for person in (2, 0):
            self.wait()
            if outputs := self.event("change", {"state": self.state, "hand": person}):
                self.change(outputs[0])
        self.wait()
        self.change({"tab": "rate"})


class Program(Visitor):
    """A program that calls the API, in each of its ways."""

    @task(3)
    def recommend(self) -> None:
        self.ask("POST", "/gradio_api/run/recommend", "API, run", json={"ratings": dict(SOME_RATINGS), "k": 5})

    @task
    def call(self) -> None:
        answer = self.ask("POST", "/gradio_api/call/search", "API, call", json={"data": [random.choice(SEARCHES)]})
        if answer.status_code == 200:
            self.ask("GET", f"/gradio_api/call/search/{answer.json()['event_id']}", "API, collect")

    @task
    def download(self) -> None:
        self.ask("GET", "/list.csv?rated=5114:10,9253:9", "list.csv")
