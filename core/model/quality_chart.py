"""The chart on the model card: quality by the length of the history, as an SVG file."""

from collections.abc import Mapping
from html import escape

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 380, 56, 190, 48, 48
COLOURS = ("#c2185b", "#37474f", "#1976d2", "#00897b", "#f9a825", "#8e24aa", "#6d4c41", "#78909c")
GRID, TEXT = "#8888", "#777"


def quality_chart(by_title: Mapping[str, Mapping[str, float]], metric: str = "NDCG@10") -> str:
    """Return an SVG with a line for each recipe over its figures named ``{metric}, … shown``, in their order.

    The SVG has a fixed size, and no scripts or outside references. It is empty if there is nothing to show.
    """
    # The figures to show, and the step of the horizontal grid.
    names = list(dict.fromkeys(name for figures in by_title.values() for name in figures if name.startswith(metric)))
    lines = {title: figures for title, figures in by_title.items() if any(name in figures for name in names)}
    if len(names) < 2 or not lines:
        return ""
    top = max(figures[name] for figures in lines.values() for name in names if name in figures)
    steps = next(step for step in (0.1, 0.2, 0.5, 1.0, 1e9) if top <= 6 * step)

    def x(index: int) -> float:
        return LEFT + index * (WIDTH - LEFT - RIGHT) / (len(names) - 1)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - value / (top * 1.05) * (HEIGHT - TOP - BOTTOM)

    # Title, grid and labels.
    parts = [_text(LEFT, 24, f"{metric} by what is shown of a new user's history (higher is better)", 15)]
    for step in range(int(top / steps) + 1):
        height = y(step * steps)
        line = f'x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{height:.1f}" y2="{height:.1f}"'
        parts.append(f'<line {line} stroke="{GRID}" stroke-width=".5"/>')
        parts.append(_text(LEFT - 8, height + 4, f"{step * steps:.1f}", 12, "end"))
    for index, name in enumerate(names):
        label = name.removeprefix(f"{metric}, ").removesuffix(" shown")
        parts.append(_text(x(index), HEIGHT - BOTTOM + 22, label, 12, "middle"))
    # A line with its dots and its entry in the legend for each recipe.
    for number, (title, figures) in enumerate(lines.items()):
        colour, thick = COLOURS[number % len(COLOURS)], 3 if number == 0 else 1.6
        points = [(x(index), y(figures[name])) for index, name in enumerate(names) if name in figures]
        path = " ".join(f"{across:.1f},{up:.1f}" for across, up in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{thick}"/>')
        parts += [f'<circle cx="{across:.1f}" cy="{up:.1f}" r="3.5" fill="{colour}"/>' for across, up in points]
        row = TOP + 12 + 22 * number
        parts.append(f'<rect x="{WIDTH - RIGHT + 24}" y="{row - 9}" width="14" height="10" fill="{colour}"/>')
        parts.append(_text(WIDTH - RIGHT + 46, row, title.strip("*"), 13))
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    label = f'role="img" aria-label="{metric} by history length"'
    content = "\n".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" {label}>\n{content}\n</svg>\n'


def _text(x: float, y: float, text: str, size: int, anchor: str = "start") -> str:
    attributes = f'x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}"'
    return f'<text {attributes} fill="{TEXT}">{escape(text)}</text>'
