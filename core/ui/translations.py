"""The texts of the page, in the visitor's language.

``core/ui/languages/<language>.json`` holds the texts of a language by key: a text with named places,
``"Show {n} more"``, or one text for each plural form. English also has the sentences of
`core.watchlists.entries.SENTENCES`. The server renders them: Gradio translates only static text, in the browser.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from markupsafe import Markup, escape

from ..data.catalogue import Catalogue, Title
from ..data.scale import WATCHED
from ..watchlists.entries import SENTENCES

FOLDER = Path(__file__).parent / "languages"
LANGUAGES = {"en": "English", "ja": "日本語", "id": "Bahasa Indonesia"}
DEFAULT = "en"
SEPARATORS = {"id": str.maketrans(",.", ".,")}
"""Indonesian writes 1.234,5 where the others write 1,234.5."""

Text = str | Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Texts:
    """The texts of one language.

    ``language`` is a key of `LANGUAGES`. ``by_key`` holds texts, or texts by plural form; only English has more
    than one form.
    """

    language: str
    by_key: Mapping[str, Text]

    def __call__(self, key: str, **facts: Any) -> Markup:
        """Return the text of a key with ``facts`` in its places, HTML-escaped, whole numbers in the notation of the
        language. ``n`` chooses the plural form. Raises `KeyError` for an unknown key.
        """
        text = self.by_key[key]
        if not isinstance(text, str):
            text = text["one" if facts["n"] == 1 else "other"]  # the plural forms (CLDR) of English
        written = []
        for literal, name in _places(text):
            written.append(literal)
            if name:
                fact = facts[name]
                written.append(escape(self.number(fact) if isinstance(fact, int) else fact))
        return Markup("".join(written))  # noqa: S704  # nosec B704  # the texts are ours, the facts are escaped

    def number(self, value: float, digits: int = 0) -> str:
        """Return a number in the notation of the language, without a sign if it rounds to zero."""
        return f"{value:z,.{digits}f}".translate(SEPARATORS.get(self.language, {}))

    def percent(self, share: float, digits: int = 0) -> str:
        """Return a share, 0..1, in percent."""
        return f"{self.number(100 * share, digits)}%"

    def rating(self, value: float) -> str:
        """Return a rating with as many digits as it has, or the word for *seen*."""
        return str(self("seen")) if value == WATCHED else self.number(value, 0 if value == int(value) else 1)

    def named(self, kind: str, value: str) -> str:
        """Return the name of a value of the data, such as a ``genre``, or the value if it has no translation."""
        return str(self.by_key.get(f"{kind}.{value}", value))

    def label(self, title: Title) -> str:
        """Return the name of a title to show first."""
        return title.japanese or title.label if self.language == "ja" else title.label

    def labels(self, catalogue: Catalogue) -> list[str]:
        """Return `label` for each title of a catalogue."""
        columns = [catalogue.frame[name] for name in ("japanese", "english", "name")]
        shown = columns if self.language == "ja" else columns[1:]
        return [next(filter(None, names), "") for names in zip(*shown, strict=True)]

    def also(self, title: Title) -> str:
        """Return the name of a title to show second, or an empty string if there is no other."""
        other = title.label if self.language == "ja" else title.name
        return other if other != self.label(title) else ""

    def group(self, prefix: str) -> dict[str, Text]:
        """Return all texts whose keys begin with a prefix and a dot, by the rest of the key."""
        start = f"{prefix}."
        return {key.removeprefix(start): text for key, text in self.by_key.items() if key.startswith(start)}


def texts_in(language: object = DEFAULT) -> Texts:
    """Return the texts in a language, or in the default language for an unknown one."""
    return _read(language if isinstance(language, str) and language in LANGUAGES else DEFAULT)


@cache
def _places(text: str) -> list[tuple[str, str | None]]:
    """Return the literals of a text, each with the name of the fact that follows it. A page has hundreds of texts,
    and ``str.format`` would parse each every time.
    """
    return [(literal, name) for literal, name, _, _ in Formatter().parse(text)]


@cache
def _read(language: str) -> Texts:
    texts = json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    english = {f"lists.{kind}": sentence for kind, sentence in SENTENCES.items()} if language == DEFAULT else {}
    return Texts(language, english | texts)
