"""HTML from Jinja2 templates with autoescaping.

``gr.HTML`` has Handlebars templates of its own. They are not used: Gradio evaluates their output as a JavaScript
template literal, so that a title named ``${alert(1)}`` would run. What is rendered here passes through
``${value}`` unchanged.
"""

from collections.abc import Hashable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ..data.scale import WATCHED
from .page.covers import drawn_cover
from .styles import style
from .translations import Texts


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # which looks at the files of all templates for each part of the page
    )
    environment.filters["number"] = lambda value: f"{value:g}"  # for programs; people read t.number and t.rating
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False}  # half the size of Japanese texts
    environment.globals.update(watched=WATCHED, drawn_cover=drawn_cover, kept=kept, style=style)
    return environment


def render(template: str, texts: Texts, **context: Any) -> str:
    """Return a template of ``core/ui/templates`` as HTML, every value escaped. The template calls the texts ``t``."""
    return _environment().get_template(template).render(t=texts, **context)


@lru_cache(2048)
def kept(template: str, texts: Texts, **context: Hashable) -> Markup:
    """Return what is the same for many visitors, such as what a card says of its title. It is rendered once."""
    return Markup(render(template, texts, **context))  # noqa: S704  # nosec B704  # a template's
