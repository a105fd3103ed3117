"""The style sheets reach the page: in its head, or with the panel of a tab."""

import re

from core.ui.first.files import ASSETS, STYLES
from core.ui.rendering import render
from core.ui.styles import FOLDER, style
from core.ui.translations import texts_in


def test_each_sheet_is_in_the_head_or_in_one_template() -> None:
    templates = "".join(path.read_text(encoding="utf-8") for path in (ASSETS.parent / "templates").glob("*.html"))
    in_panels = re.findall(r"{{ style\(\"(\w+)\"\) }}", templates)
    assert sorted([*STYLES, *in_panels]) == sorted(path.stem for path in FOLDER.glob("*.css"))
    panel = render("explore.html", texts_in(), n_titles=1, adult=False, version="1", genres=(), n_factors=1, factors=())
    assert panel.startswith(style("map"))


def test_sheet_is_shortened_without_a_change() -> None:
    html = style("base", "map")
    assert html.startswith("<style>:root{--ink:#1b1620;")
    assert html.endswith("}</style>")
    assert "/*" not in html
    assert html.index(".gradio-container{") < html.index(".map{")
    assert ".part :is(h2,h3):focus{outline:none;}" in html  # the blank before a selector's colon has a meaning
