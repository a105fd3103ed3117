"""The page: its parts, and which event calls which handler of `core.ui.flows`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from core.source import ServedModel
from core.ui import views
from core.ui.api import add_endpoints
from core.ui.flows import K_RANGE, Flows

ASSETS = Path(__file__).parent / "assets"
ON_RATE = (ASSETS / "on_rate.js").read_text(encoding="utf-8")

# No queue, no spinner: answers take milliseconds. Of calls that overtake each other the last counts.
INSTANT: dict[str, Any] = {
    "queue": False,
    "show_progress": "hidden",
    "trigger_mode": "always_last",
    "api_visibility": "private",
}


def build_page(current: Callable[[], ServedModel]) -> gr.Blocks:
    """The Gradio app around whatever model ``current()`` says is in service."""
    flows = Flows(current)
    page: gr.Blocks
    with gr.Blocks(title="AniSVD: your next anime", analytics_enabled=False, fill_width=True) as page:
        add_endpoints(current)  # first: they take the plain names, /search and so on
        header = _html(views.header(current()))
        with gr.Tabs():
            with gr.Tab("Rate a few shows", id="rate"):
                _rate_tab(page, flows)
            with gr.Tab("Existing user", id="user") as user_tab:
                _user_tab(user_tab, flows)
        footer = _html(views.footer(current()))
        page.load(lambda: [views.header(current()), views.footer(current())], None, [header, footer], **INSTANT)
    return page


def _rate_tab(page: gr.Blocks, flows: Flows) -> None:
    ratings = gr.BrowserState([], storage_key="anisvd-ratings", secret="anisvd")  # noqa: S106 (both fixed: a restart keeps what visitors rated)
    with gr.Row(elem_classes="columns"):
        with gr.Column(scale=5, min_width=320):
            query = gr.Textbox(
                label="Find a show you know",
                placeholder="Death Note, 千と千尋, Shingeki …",
                elem_id="search",
                max_length=200,
            )
            found = _html(elem_id="found", js_on_load=ON_RATE)
            rated = _html(elem_id="rated", js_on_load=ON_RATE)
        with gr.Column(scale=7, min_width=320):
            k, adult = _controls()
            results = _html(elem_id="results")
    panel = [ratings, rated, results]
    # Not input: Gradio fires that for keys alone, and misses input methods (kana, kanji) and paste.
    query.change(flows.search, [query, ratings], found, **INSTANT)
    for part in (found, rated):
        # "multiple": a call that "always_last" puts off would carry the data of the one before it.
        part.rate(flows.rate, [k, adult], panel, **INSTANT | {"trigger_mode": "multiple"})
    # In the browser alone, so that no late answer wipes out what is being typed by then.
    found.rate(None, None, [query, found], js="() => ['', '']")
    gr.on([k.input, adult.input], flows.show, [ratings, k, adult], panel, **INSTANT)
    page.load(flows.show, [ratings, k, adult], panel, **INSTANT)
    page.load(None, ratings, None, js="ratings => { window.anisvd.ratings = ratings ?? [] }")


def _user_tab(tab: gr.Tab, flows: Flows) -> None:
    with gr.Row(elem_classes="columns"):
        with gr.Column(scale=5, min_width=320):
            user = gr.Dropdown(
                [],
                value=None,
                label="User of the data set",
                info="Pick an id, or type one",
                allow_custom_value=True,
                elem_id="user",
            )
            surprise = gr.Button("Surprise me", elem_id="surprise")
            history = _html(elem_id="history")
        with gr.Column(scale=7, min_width=320):
            k, adult = _controls()
            results = _html(elem_id="user-results")
    # Not before somebody wants to see them: on the Hub existing users are a file of their own.
    tab.select(flows.choices, None, [user, history], **INSTANT)
    gr.on([user.input, k.input, adult.input], flows.user, [user, k, adult], [history, results], **INSTANT)
    surprise.click(flows.any_user, [k, adult], [user, history, results], **INSTANT)


def _html(value: str = "", **options: Any) -> gr.HTML:
    """A part of the page that `core.ui.views` renders and ``page.css`` styles, and nobody else."""
    return gr.HTML(value, apply_default_css=False, elem_classes="part", **options)


def _controls() -> tuple[gr.Slider, gr.Checkbox]:
    with gr.Row(elem_classes="controls"):
        k = gr.Slider(*K_RANGE, value=10, step=1, label="How many", min_width=180)
        adult = gr.Checkbox(False, label="Adult titles, too", min_width=140)
    return k, adult
