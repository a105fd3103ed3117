"""The page: its parts, and which event calls which handler of `core.ui.page.handlers`.

The state lives in the browser (``assets/store.js``). It is sent with every call, and all parts that depend on it
come back at once. `core.ui.page.views` and the modules of the tabs render the parts. Until Gradio has mounted the
page, the first HTML shows them: see `core.ui.first`.
"""

from collections.abc import Callable
from typing import Any

import gradio as gr

from ...serving.model_source import ServedModel
from ..api.endpoints import endpoints
from ..api.gradio_page import Page
from .handlers import Handlers

# No queue and no spinner, because answers take milliseconds. If calls overtake each other, the last one counts.
INSTANT: dict[str, Any] = {
    "queue": False,
    "show_progress": "hidden",
    "trigger_mode": "always_last",
    "api_visibility": "private",
}

# Gradio's own inputs have a look and a loading order of their own, and miss what an input method types (kana, kanji).
# So inputs are plain HTML, and the page's script triggers the events of these components.
TRIGGER = "anisvdReady.then((anisvd) => anisvd.connect('{name}', trigger))"
OPENING = "() => anisvdReady.then((anisvd) => anisvd.opening())"


def build_page(current: Callable[[], ServedModel]) -> Page:
    """Return the Gradio app. ``current()`` is the model in service."""
    handlers = Handlers(current)
    page: Page
    with Page(endpoints(current), title="AniSVD", analytics_enabled=False, fill_width=True) as page:
        sent, opened, changes = (gr.JSON(visible=False) for _ in range(3))
        header = _part(js_on_load=TRIGGER.format(name="change"))
        banner = _part()
        with gr.Row(elem_classes="columns"):
            with gr.Column(scale=5, min_width=320, elem_classes="side"):
                with gr.Column(elem_id="panel-rate"):
                    search = _part()
                    search_results = _part(elem_id="found", js_on_load=TRIGGER.format(name="search"))
                    wall, rated = _part(elem_id="wall"), _part(elem_id="rated")
                panel = _part(elem_id="panel-more")
                dock = _part(elem_id="dock")
            with gr.Column(scale=8, min_width=320, elem_classes="list"):
                refine = _part()
                controls = _part(elem_id="controls")
                results = _part(elem_id="results")
        footer = _part()

        # The page triggers all events but the first: assets/store.js.
        parts = [banner, wall, rated, dock, panel, controls, results]
        everything = [opened, *parts, header, search, refine, footer]
        page.load(handlers.open, sent, everything, js=OPENING, **INSTANT).then(
            None, opened, None, js="opened => anisvd.adopt(opened)"
        )
        header.submit(handlers.show, sent, parts, js="() => anisvd.sending()", **INSTANT).then(
            None, None, None, js="() => anisvd.shown()"
        )
        header.apply(handlers.change, sent, changes, js="() => anisvd.asking()", **INSTANT).then(
            None, changes, None, js="changes => anisvd.answered(changes)"
        )
        search_results.submit(handlers.search, sent, search_results, js="() => anisvd.sending()", **INSTANT)
    return page


def _part(**options: Any) -> gr.HTML:
    """Return an empty part of the page, without Gradio's styles. The first answer fills it."""
    return gr.HTML("", apply_default_css=False, elem_classes="part", **options)
