"""What the app tells about its page: the numbers of its events, and the files that a browser loads."""

import json
import re
from urllib.request import urlopen

EVENTS = {"open": "open", "show": "show", "change": "change", "search_1": "search"}
"""Our names of the events, by those in ``/config``: the endpoint is called ``search``, too."""
OWN_SCRIPTS = ("store", "page", "watchlists", "my_list", "together", "details", "synopsis")
OWN_FILES = tuple(f"/anisvd/{name}.js" for name in OWN_SCRIPTS)


def fetch(url: str) -> str:
    """Return the text at an address."""
    with urlopen(url, timeout=60) as answer:
        return str(answer.read().decode())


def event_numbers(url: str) -> dict[str, int]:
    """Return the number of each event that the page sends."""
    events = json.loads(fetch(f"{url}/config"))["dependencies"]
    return {EVENTS[event["api_name"]]: event["id"] for event in events if event["api_name"] in EVENTS}


def page_files(url: str) -> list[str]:
    """Return the paths of what the page loads: most of its files, found by the names in each other."""
    named = re.findall(r'(?:src|href)="\.?(/(?:assets|static)/[^"]+)"', fetch(url))
    entry = next(path for path in named if path.endswith(".js"))
    first = _needs(url, entry)
    start = next(path for path in first if re.match("/assets/Index-.*js", path))
    blocks = [path for path in _needs(url, start) if re.match("/assets/Blocks-", path)]
    return list(dict.fromkeys([*named, *first, *blocks, "/theme.css", *OWN_FILES]))


def _needs(url: str, script: str) -> list[str]:
    """Return what a script of Gradio's loads, by the list that its build tool writes at the begin."""
    listed = re.search(r"__vite__mapDeps.*?=\[(.*?)\]", fetch(url + script))
    return [f"/assets/{name}" for name in re.findall(r'"\./([^"]+)"', listed[1])] if listed else []
