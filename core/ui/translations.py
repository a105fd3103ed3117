"""What the page says, in the visitor's language.

The texts of each language stand in ``core/ui/languages/<language>.json``, by key: a text with named
places, ``"Show {n} more"``, or one text for each plural form that the language has; English has the
sentences of `core.watchlists.entries.SENTENCES` besides. Gradio's own
i18n shows the parts that stand in the page before the server was asked (`shell`); what the server
renders later comes in the same words, since Gradio translates in the browser static text only.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup

from ..data.catalogue import Title
from ..data.scale import WATCHED
from ..watchlists.entries import SENTENCES

FOLDER = Path(__file__).parent / "languages"
LANGUAGES = {"en": "English", "ja": "日本語", "id": "Bahasa Indonesia"}
DEFAULT = "en"
SEPARATORS = {"id": str.maketrans(",.", ".,")}
"""Indonesian writes 1.234,5 where the others write 1,234.5."""

Text = str | Mapping[str, str]


class Words:
    """The texts of one language.

    Attributes
    ----------
    language
        A key of `LANGUAGES`.
    texts
        By key: a text, or texts by plural form; Japanese and Indonesian have but one form.
    """

    def __init__(self, language: str, texts: Mapping[str, Text]) -> None:
        self.language = language
        self.texts = texts

    def __call__(self, key: str, **facts: Any) -> Markup:
        """The text of a key, its places filled with ``facts``, HTML-escaped; whole numbers as people
        write them. ``n`` chooses the plural form. Raises `KeyError` for an unknown key.
        """
        text = self.texts[key]
        if not isinstance(text, str):
            text = text["one" if facts["n"] == 1 else "other"]  # the plural forms (CLDR) of English
        said = {name: self.number(fact) if isinstance(fact, int) else fact for name, fact in facts.items()}
        return Markup(text).format(**said)  # noqa: S704  # the texts are ours, the facts are escaped

    def number(self, value: float, digits: int = 0) -> str:
        """A number as the language writes it; what rounds to zero has no sign."""
        return f"{value:z,.{digits}f}".translate(SEPARATORS.get(self.language, {}))

    def percent(self, share: float, digits: int = 0) -> str:
        """A share, 0..1, in percent."""
        return f"{self.number(100 * share, digits)}%"

    def rating(self, value: float) -> str:
        """A rating with as many digits as it has, or the word for *seen*."""
        return str(self("seen")) if value == WATCHED else self.number(value, 0 if value == int(value) else 1)

    def named(self, kind: str, value: str) -> str:
        """The name of a ``genre`` or a ``type`` of titles; as the data has it if nobody translated it."""
        return str(self.texts.get(f"{kind}.{value}", value))

    def label(self, title: Title) -> str:
        """The name to show first."""
        return title.japanese or title.label if self.language == "ja" else title.label

    def also(self, title: Title) -> str:
        """The name to show second; empty if there is no other."""
        other = title.label if self.language == "ja" else title.name
        return other if other != self.label(title) else ""

    def part(self, prefix: str) -> dict[str, Text]:
        """All texts whose keys begin with a prefix and a dot, by the rest of the key."""
        return {
            key.removeprefix(f"{prefix}."): text for key, text in self.texts.items() if key.startswith(f"{prefix}.")
        }


def words(language: object = DEFAULT) -> Words:
    """The words of a language; of the default one if there are none in it."""
    return _words(language if isinstance(language, str) and language in LANGUAGES else DEFAULT)


@cache
def _words(language: str) -> Words:
    texts = json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    english = {f"lists.{kind}": sentence for kind, sentence in SENTENCES.items()} if language == DEFAULT else {}
    return Words(language, english | texts)
