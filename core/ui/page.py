"""The page: its parts, and which event calls which handler of `core.ui.flows`.

The state lives in the browser (``assets/store.js``); its JSON goes along with every call, and all
that depends on it comes back at once. What the parts look like: `core.ui.views`.
"""

from collections.abc import Callable
from typing import Any

import gradio as gr

from core.source import ServedModel
from core.ui import views
from core.ui.api import endpoints
from core.ui.endpoint import Page
from core.ui.flows import LONGEST_QUERY, Flows

# No queue, no spinner: answers take milliseconds. Of calls that overtake each other the last counts.
INSTANT: dict[str, Any] = {
    "queue": False,
    "show_progress": "hidden",
    "trigger_mode": "always_last",
    "api_visibility": "private",
}

# Gradio's own inputs come with a look and a loading order of their own, and miss what an input method
# types (kana, kanji): inputs are plain HTML here, and tell the page's script what happened.
CHANGES, SEARCHES = ("anisvd.connect('change', trigger)", "anisvd.connect('search', trigger)")


def build_page(current: Callable[[], ServedModel]) -> gr.Blocks:
    """The Gradio app around whatever model ``current()`` says is in service."""
    flows = Flows(current)
    page: gr.Blocks
    with Page(endpoints(current), title="AniSVD: your next anime", analytics_enabled=False, fill_width=True) as page:
        sent, opened = gr.JSON(visible=False), gr.JSON(visible=False)
        header = _part(views.header(current()), js_on_load=CHANGES)
        banner = _part()
        with gr.Row(elem_classes="columns"):
            with gr.Column(scale=5, min_width=320, elem_classes="side"):
                with gr.Column(elem_id="panel-rate"):
                    _part(views.search(LONGEST_QUERY))
                    found = _part(elem_id="found", js_on_load=SEARCHES)
                    wall, rated = _part(views.skeleton("wall"), elem_id="wall"), _part(elem_id="rated")
                with gr.Column(elem_id="panel-user"):
                    person = _part(elem_id="person")
                dock = _part(elem_id="dock")
            with gr.Column(scale=8, min_width=320, elem_classes="list"):
                _part(views.render("refine.html"))
                controls = _part(elem_id="controls")
                results = _part(views.skeleton("results"), elem_id="results")
        footer = _part(views.footer(current()))

        parts = [banner, wall, rated, dock, person, controls, results]
        page.load(flows.open, sent, [opened, *parts], js="() => anisvd.opening()", **INSTANT).then(
            None, opened, None, js="opened => anisvd.adopt(opened)"
        )
        # The page itself tells when its state has changed: assets/store.js.
        header.submit(flows.show, sent, parts, js="() => anisvd.sending()", **INSTANT).then(
            None, None, None, js="() => anisvd.shown()"
        )
        found.submit(flows.search, sent, found, js="() => anisvd.sending()", **INSTANT)
        page.load(lambda: [views.header(current()), views.footer(current())], None, [header, footer], **INSTANT)
    return page


def _part(value: str = "", **options: Any) -> gr.HTML:
    """A part of the page that `core.ui.views` renders and ``page.css`` styles, and nobody else."""
    return gr.HTML(value, apply_default_css=False, elem_classes="part", **options)
