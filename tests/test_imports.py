"""Imports point one way, and only the page imports gradio."""

import ast
from pathlib import Path

from small_data import ROOT

# From the bottom up; modules of one layer do not know each other.
LAYERS = [
    {"errors", "metrics", "quality_picture"},
    {"linalg", "tables", "on_demand", "names"},
    {"catalogue", "name_languages"},
    {"ratings", "filters", "title_details"},
    {"factors", "factor_analysis", "splits", "franchises", "offline_database"},
    {"item_features", "taste", "textbook", "preferences", "users", "evaluation"},
    {"ranking", "profile"},
    {"prediction", "baselines"},
    {"recommend", "artifact"},
    {"suggestions", "certainty"},
    {"recommender"},
    {"card", "hub"},
    {"storage", "space"},
    {"model"},
    {"training", "source"},
    {"recipes"},
    {"comparison", "spaces"},
    {"curves", "tuning", "interviews"},
    {"report", "pictures"},
    {"ui"},
]
LEVEL = {module: level for level, modules in enumerate(LAYERS) for module in modules}


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative import"
            module = node.module or ""
            names |= {f"core.{alias.name}" for alias in node.names} if module == "core" else {module}
    return names


def test_imports_point_from_higher_layers_to_lower() -> None:
    for path in sorted((ROOT / "core").glob("*.py")):
        if path.stem == "__init__":
            continue
        assert path.stem in LEVEL, f"core/{path.name} has no place among the layers: add it to LAYERS"
        for name in imported(path):
            if name.startswith("core."):
                target = name.split(".")[1]
                assert LEVEL[target] < LEVEL[path.stem], f"core/{path.name} imports core.{target}"


def test_only_the_page_imports_gradio() -> None:
    for path in [ROOT / "app.py", *(ROOT / "core").rglob("*.py"), *(ROOT / "scripts").glob("*.py")]:
        page = path.name == "app.py" or "ui" in path.parts
        gradio = {name for name in imported(path) if name.split(".")[0] == "gradio"}
        assert page or not gradio, f"{path.relative_to(ROOT)} imports gradio"


def test_nothing_unpickles() -> None:
    for path in (ROOT / "core").rglob("*.py"):
        assert not imported(path) & {"pickle", "joblib", "shelve"}, path.name
