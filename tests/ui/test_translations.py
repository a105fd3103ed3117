"""Every text of the page, in every language."""

import re
import string
from dataclasses import fields
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import chain

import pytest
from markupsafe import Markup
from small_data import ROOT

from core import WATCHED, Catalogue, Filters, Model
from core.data.genres import THEMES
from core.data.scale import RatingScale
from core.insight.traits import OPPOSITES
from core.model.card import by_title, quality_rows
from core.serving.model_source import BUNDLED_SOURCE, NOTICES, ServedModel
from core.ui.first import content as content_module
from core.ui.first.content import Content
from core.ui.page import handlers as handlers_module
from core.ui.page.handlers import Handlers
from core.ui.page.people.person import Person
from core.ui.page.state import TABS, PageState
from core.ui.routes.list_upload import report, trouble
from core.ui.translations import LANGUAGES, Texts, texts_in
from core.watchlists.entries import SENTENCES, Entry, Watchlist, WatchlistError
from core.watchlists.matching import match_entries

UI = ROOT / "core" / "ui"
TRANSLATED = [code for code in LANGUAGES if code != "en"]
DATA_KINDS = ("genre", "theme", "type", "trait", "notice", "source", "column")


def forms(text: object) -> list[str]:
    return [text] if isinstance(text, str) else list(text.values())


def placeholders(text: object) -> set[str]:
    return {name for form in forms(text) for _, name, _, _ in string.Formatter().parse(form) if name}


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated_with_its_placeholders(language: str) -> None:
    english, other = texts_in("en").by_key, texts_in(language).by_key
    own = {key for key in other if key.startswith(tuple(f"{kind}." for kind in DATA_KINDS))}
    assert set(other) - own == set(english)
    for key, text in english.items():
        assert placeholders(other[key]) == placeholders(text), key
        assert isinstance(other[key], str), f"{key}: the language has no plural forms"
    same = [key for key, text in english.items() if other[key] == text]
    assert not [key for key in same if len(re.findall(r"[A-Za-z]{2,}", re.sub(r"{\w+}", "", english[key]))) > 1]


@pytest.mark.parametrize("language", TRANSLATED)
def test_names_from_the_data_are_translated(language: str) -> None:
    texts = texts_in(language)
    bundled = Model.load(ROOT / "core" / "bundled")
    catalogue = bundled.catalogue
    columns = [name for name in quality_rows(by_title(bundled.info))[0] if name and not name.endswith(" shown")]
    named = {
        "genre": catalogue.genres,
        "theme": THEMES,
        "type": catalogue.types,
        "trait": list(chain(*OPPOSITES.values())),
        "notice": NOTICES,
        "column": columns,
        "source": [BUNDLED_SOURCE, "AniList account data"],
    }
    assert not [
        f"{kind}.{value}" for kind, values in named.items() for value in values if f"{kind}.{value}" not in texts.by_key
    ]


def test_plural_forms_follow_the_number() -> None:
    texts = texts_in("en")
    assert [str(texts("episodes", n=n)) for n in (0, 1, 2, 1234)] == [
        "0 episodes", "1 episode", "2 episodes", "1,234 episodes",
    ]  # fmt: skip
    assert "1.234" in texts_in("id")("episodes", n=1234)
    assert texts_in("id").number(8.25, 2) == "8,25"
    for text in texts.by_key.values():
        assert isinstance(text, str) or set(text) == {"one", "other"}


def test_an_unknown_language_is_answered_in_english() -> None:
    assert [texts_in(unknown).language for unknown in ("fr", "", None, 5, ["ja"], "../en")] == ["en"] * 6


def test_facts_are_escaped() -> None:
    texts = texts_in("en")
    assert "<img" not in texts("results.like", title="<img src=x>")
    assert "<b>x</b>" in texts("results.like", title=Markup("<b>x</b>"))
    assert not [
        key
        for code in LANGUAGES
        for key, text in texts_in(code).by_key.items()
        if re.search('[<>"]', "".join(forms(text)))
    ]


def test_every_key_in_the_code_exists_and_every_text_is_used() -> None:
    code = "\n".join(
        path.read_text(encoding="utf-8") for path in UI.rglob("*") if path.suffix in (".py", ".html", ".js")
    )
    known = set(texts_in("en").by_key)
    named = set(re.findall(r"""\b(?:t|texts|self)\(\s*f?["']([a-z_.]+)""", code))
    stems = {key for key in named if key.endswith(".")} | {"lists."}
    assert named - stems <= known, named - stems - known
    assert all(any(key.startswith(stem) for key in known) for stem in stems)
    spoken = {key for key in known if key.startswith("say.") and f'"{key.removeprefix("say.")}"' in code}
    quoted = {key for key in known if re.search(rf"""["']{re.escape(key)}["']""", code)}
    unused = {key for key in known - quoted - spoken if not key.startswith(tuple(stems))}
    assert not unused, unused


class Pseudo(Texts):
    """A language whose texts are in brackets."""

    def __call__(self, key: str, **facts: object) -> Markup:
        super().__call__(key, **facts)  # the facts fit
        inner = Markup(" ").join(fact for fact in facts.values() if isinstance(fact, Markup))
        return Markup("⟦{}⟧").format(inner)

    def named(self, kind: str, value: str) -> str:
        return f"⟦{value}⟧"

    def label(self, title: object) -> str:
        return "⟦a title⟧"

    def also(self, title: object) -> str:
        return ""


class Visible(HTMLParser):
    """The text of HTML that people see or hear, without data, code, formulas and the names of languages."""

    SKIPPED = ("bdi", "code", "var", "select.language", "p.formula", "script", "style", "datalist")
    VOID = ("input", "img", "br", "meta", "link", "path", "circle", "rect", "use", "polyline", "ellipse")

    def __init__(self) -> None:
        super().__init__()
        self.skipping, self.open, self.texts = 0, [], []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.texts += [given[name] or "" for name in ("aria-label", "title", "placeholder", "alt") if name in given]
        if tag not in self.VOID:
            skip = tag in self.SKIPPED or f"{tag}.{(given.get('class') or '').split(' ')[0]}" in self.SKIPPED
            self.open.append((tag, skip))
            self.skipping += skip

    def handle_endtag(self, tag: str) -> None:
        while self.open:
            name, skip = self.open.pop()
            self.skipping -= skip
            if name == tag:
                return

    def handle_data(self, data: str) -> None:
        if not self.skipping:
            self.texts.append(data)


NAMES = (
    "AniSVD", "AniList", "MyAnimeList", "CSV", "JSON", "MAL", "UTC", "CC0", "ODbL", "Anime Recommendations Database",
    "anime-offline-database", "Death Note", "Shingeki", "xml", "data", "score",
    "myanimelist.net/panel.php?go=export", "myanimelist.net/import.php",
    "anilist.co/settings/import", "anilist.co/settings",
)  # fmt: skip


def untranslated(html: str) -> list[str]:
    page = Visible()
    page.feed(html)
    words = []
    for text in page.texts:
        while (shorter := re.sub("⟦[^⟦⟧]*⟧", " ", text)) != text:
            text = shorter
        for name in NAMES:
            text = text.replace(name, " ")
        words += re.findall(r"[^\W\d_]{2,}", text)
    return [word for word in words if not re.search("[\u3040-\u30ff\u4e00-\u9fff]", word)]


def states(model: Model) -> list[PageState]:
    ratings = (*((int(anime_id), 9.0) for anime_id in model.item_ids[:4]), (int(model.item_ids[5]), WATCHED))
    user = int(model.user_ids[0])
    every = [PageState(tab=tab, ratings=given) for tab in TABS for given in ((), ratings)]
    narrow = PageState(ratings=ratings, genres=(model.catalogue.genres[0],), min_year=2016, min_members=10**9, k=50)
    own = ratings[1:]
    return [
        *every,
        narrow,
        PageState(ratings=own, sequels="all", plan="first", planned=(108,), hidden=(103,), unseen=(104,)),
        PageState(tab="user", user=user),
        PageState(tab="user", user="nobody"),
        PageState(tab="user", user=user, like=int(model.item_ids[1])),
        PageState(tab="together", ratings=own, others=(Person(ratings=ratings[:2]),)),
        PageState(tab="together", others=(Person("星", ratings=own), Person(), Person(user=user), Person(), Person())),
        PageState(tab="together", others=(Person(user=user),)),
        PageState(tab="together", others=(Person(user=-1),)),
        PageState(tab="rate", handed=1, others=(Person(),), ratings=own),
    ]  # fmt: skip


def test_every_filter_has_a_text_to_loosen_it() -> None:
    texts = texts_in("en").by_key
    assert [field.name for field in fields(Filters) if f"loosen.{field.name}" not in texts] == []


def first_html(served: ServedModel, texts: Texts, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the texts that are added to the first HTML, with and without a list."""
    monkeypatch.setattr(content_module, "texts_in", lambda language: texts)
    added = [Content(lambda: served).additions(query, "xx", "") for query in ("", "rated=101:9")]
    heads = [re.sub(r"<(style|script).*?</\1>", "", addition.head, flags=re.DOTALL) for addition in added]
    return heads + [re.sub(r"<script.*?</script>", "", addition.body, flags=re.DOTALL) for addition in added]


def test_all_texts_of_the_page_are_translated(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    pseudo = Pseudo("xx", texts_in("en").by_key)
    monkeypatch.setattr(handlers_module, "texts_in", lambda language: pseudo)
    served = ServedModel(model, BUNDLED_SOURCE, "", datetime.now(UTC), NOTICES[0])
    handlers = Handlers(lambda: served)
    parts = [handlers.open({"query": "?rated=1:99&k=3"})[1:], first_html(served, pseudo, monkeypatch)]
    parts += [handlers.show({"state": state.to_json(), "all": True, "shared": True}) for state in states(model)]
    parts += [[handlers.search({"query": query}) for query in ("show", "qqqqqq")]]
    opened = [{"state": state.to_json(), "id": anime_id} for state in states(model) for anime_id in (103, 110)]
    parts += [[handlers.details(sent)["html"] for sent in opened]]
    assert not {word for part in parts for html in part for word in untranslated(html)}


def test_all_texts_of_a_report_are_translated(catalogue: Catalogue, model: Model) -> None:
    pseudo = Pseudo("xx", texts_in("en").by_key)
    known = Entry(100, None, ("A",), "completed", 90.0)
    strange = Entry(10**6, None, ("Nobody knows this",), "planned", None)
    watchlist = Watchlist("AniList", "someone", (known, known, strange, Entry(None, 103, (), "dropped", None)))
    assert not untranslated(report(watchlist, match_entries(watchlist, catalogue, RatingScale()), model, pseudo))
    facts = {name: 1 for text in SENTENCES.values() for name in placeholders(text)}
    for kind, text in SENTENCES.items():
        error = WatchlistError(kind, **{name: facts[name] for name in placeholders(text)})
        assert not untranslated(trouble(error, pseudo))
        assert str(error) in texts_in("en")(f"lists.{kind}", **error.facts).unescape()
