"""The page: its parts, and which event calls which handler of `core.ui.page.handlers`.

The state lives in the browser (``assets/store.js``); its JSON goes along with every call, and all
that depends on it comes back at once. What the parts look like: `core.ui.page.views` and `core.ui.page.tabs`.
"""

from collections.abc import Callable
from typing import Any

import gradio as gr

from ...serving.model_source import ServedModel
from ..api.endpoints import endpoints
from ..api.gradio_page import Page
from ..rendering import render
from ..translations import DEFAULT, LANGUAGES, words
from .handlers import Flows
from .views import shell

# No queue, no spinner: answers take milliseconds. Of calls that overtake each other the last counts.
INSTANT: dict[str, Any] = {
    "queue": False,
    "show_progress": "hidden",
    "trigger_mode": "always_last",
    "api_visibility": "private",
}

# Gradio's own inputs come with a look and a loading order of their own, and miss what an input method
# types (kana, kanji): inputs are plain HTML here, and tell the page's script what happened.
CHANGES, SEARCHES = (
    f"anisvdReady.then((anisvd) => anisvd.connect('{what}', trigger))" for what in ("change", "search")
)

OPENING = "() => anisvdReady.then((anisvd) => anisvd.opening())"

SHELL = ("header", "search", "refine", "wall", "results")
I18N = gr.I18n(**{code: {f"shell.{part}": shell(part, words(code)) for part in SHELL} for code in LANGUAGES})
"""What stands in the page before the server was asked, in the words of each language."""


def build_page(current: Callable[[], ServedModel]) -> gr.Blocks:
    """The Gradio app around whatever model ``current()`` says is in service."""
    flows = Flows(current)
    page: gr.Blocks
    with Page(endpoints(current), title="AniSVD", analytics_enabled=False, fill_width=True) as page:
        sent, opened = gr.JSON(visible=False), gr.JSON(visible=False)
        _part(render("motifs.svg", words(DEFAULT)), elem_id="motifs")
        header = _shell("header", js_on_load=CHANGES)
        banner = _part()
        with gr.Row(elem_classes="columns"):
            with gr.Column(scale=5, min_width=320, elem_classes="side"):
                with gr.Column(elem_id="panel-rate"):
                    search = _shell("search")
                    found = _part(elem_id="found", js_on_load=SEARCHES)
                    wall, rated = _shell("wall", elem_id="wall"), _part(elem_id="rated")
                panel = _part(elem_id="panel-more")
                dock = _part(elem_id="dock")
            with gr.Column(scale=8, min_width=320, elem_classes="list"):
                refine = _shell("refine")
                controls = _part(elem_id="controls")
                results = _shell("results", elem_id="results")
        below = _part()
        footer = _part()

        parts = [banner, wall, rated, dock, panel, controls, results, below]
        page.load(
            flows.open,
            sent,
            [opened, *parts, header, search, refine, footer],
            js=OPENING,
            **INSTANT,
        ).then(None, opened, None, js="opened => anisvd.adopt(opened)")
        # The page itself tells when its state has changed: assets/store.js.
        header.submit(flows.show, sent, parts, js="() => anisvd.sending()", **INSTANT).then(
            None, None, None, js="() => anisvd.shown()"
        )
        found.submit(flows.search, sent, found, js="() => anisvd.sending()", **INSTANT)
    return page


def _part(value: Any = "", **options: Any) -> gr.HTML:
    """A part of the page that `core.ui.page.views` renders and ``page.css`` styles, and nobody else."""
    return gr.HTML(value, apply_default_css=False, elem_classes="part", **options)


def _shell(part: str, **options: Any) -> gr.HTML:
    """A part that is there at once, in the language of the visitor's browser."""
    return _part(I18N(f"shell.{part}"), **options)
