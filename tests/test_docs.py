"""The documentation is true: every link, anchor, path and name of a member exists."""

import ast
import re
from pathlib import Path

import pytest
from small_data import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md"))]
CODE = re.compile(r"`([^`]+)`")
FENCED = re.compile(r"```.*?```", re.DOTALL)
LINK = re.compile(r"""\]\(([^)\s]+)\)|src="([^"]+)\"""")
PATH = re.compile(r"(?:core|scripts|tests|docs)/[\w./-]+")
MEMBER = re.compile(r"([A-Z]\w*)\.([a-z]\w*)")


def members() -> dict[str, set[str]]:
    """The names of methods and fields by class, inherited ones included, of all classes in core."""
    names: dict[str, set[str]] = {}
    bases: dict[str, list[str]] = {}
    for path in (ROOT / "core").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                own = {part.name for part in node.body if isinstance(part, ast.FunctionDef)}
                own |= {part.target.id for part in node.body if isinstance(part, ast.AnnAssign)}
                names.setdefault(node.name, set()).update(own)
                bases[node.name] = [ast.unparse(base) for base in node.bases]

    def with_inherited(name: str) -> set[str]:
        return names[name].union(*(with_inherited(base) for base in bases[name] if base in names))

    return {name: with_inherited(name) for name in names}


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    for groups in LINK.findall(page.read_text(encoding="utf-8")):
        path, _, anchor = next(filter(None, groups)).partition("#")
        if path.startswith("http"):
            continue
        target = page.parent / path if path else page
        assert target.exists(), path
        assert not anchor or anchor in anchors(target), f"{path}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_paths_and_members_exist(page: Path) -> None:
    known = members()
    for code in CODE.findall(FENCED.sub("", page.read_text(encoding="utf-8"))):
        if PATH.fullmatch(code) and not re.search(r"[A-Z]{4}", code):  # SITE and such are placeholders
            assert (ROOT / code).exists(), code
        elif match := MEMBER.fullmatch(code):
            owner, name = match.groups()
            assert owner not in known or name in known[owner], code
