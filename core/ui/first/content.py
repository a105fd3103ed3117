"""What is added to Gradio's page: the link preview and the styles in its head, the first list in its body."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ...serving.model_source import ServedModel
from ..page.handlers import Handlers, PageParts
from ..page.state import PageState
from ..page.views import SHELL
from ..page.visitor import Visitor
from ..rendering import render
from ..styles import style
from ..translations import Texts, texts_in
from .files import STYLES, script, version

NAMED = 3
LONGEST_NAME = 60
PARTS = ("opened", *PageParts._fields, *SHELL, "footer")
"""What `Handlers.open` returns, by name."""


@dataclass(frozen=True)
class Additions:
    """HTML for the head of the page, HTML for the beginning of its body, and the language of both."""

    head: str
    body: str
    language: str


class Content:
    """Renders what is added. ``current`` returns the model in service at the time of each call. ``anilist_client`` is
    the operator's client id of AniList, or empty.
    """

    def __init__(self, current: Callable[[], ServedModel], anilist_client: str = "") -> None:
        self._current, self._handlers = current, Handlers(current)
        self._anilist_client = anilist_client

    def additions(self, query: str, language: str, root: str) -> Additions:
        """Return what is added for a link's query. ``root`` is the address of the page, without a slash at its end.

        The page of a link without a query is rendered once for each model and language.
        """
        made, key = self._current().made, ("first", language)
        if not query and key in made:
            is_shared, page = False, made[key].decode()
        else:
            parts = self._opened({"query": query, "language": language}, brief=True)
            is_shared, page = parts["opened"]["shared"], _dense(render("first.html", texts_in(language), **parts))
        if not query:
            made[key] = page.encode()
        return Additions(
            self._head(query, texts_in(language), root, is_shared),
            render("first_body.html", texts_in(language), page=page),
            language,
        )

    def own_page(self, sent: Any) -> str:
        """Return the page of a visitor whose browser keeps a state, as HTML. ``sent`` is for `Handlers.open`."""
        language = sent.get("language") if isinstance(sent, dict) else None
        return render("first.html", texts_in(language), **self._opened(sent, brief=False))

    def _opened(self, sent: Any, *, brief: bool) -> dict[str, Any]:
        return dict(zip(PARTS, self._handlers.open(sent, brief=brief), strict=True))

    def _head(self, query: str, texts: Texts, root: str, is_shared: bool) -> str:
        served = self._current()
        state = replace(PageState.from_link(query, served.model)[0], tab=PageState.tab)
        names = _names(Visitor(state, served, texts)) if is_shared else []
        return render(
            "first_head.html",
            texts,
            root=root,
            link=state.to_link(),
            names=names,
            is_shared=is_shared,
            styles=style(*STYLES),
            scripts=script("first") + script("load"),
            version=version(),
            anilist_client=self._anilist_client,
        )


def _names(visitor: Visitor) -> list[str]:
    """Return the names of the first titles of a list."""
    titles = [visitor.model.catalogue[item.anime_id] for item in visitor.shown.recommendations[:NAMED]]
    return [visitor.texts.label(title)[:LONGEST_NAME] for title in titles]


def _dense(html: str) -> str:
    """Return HTML without indentation and empty lines."""
    return "\n".join(line for line in map(str.strip, html.splitlines()) if line)
