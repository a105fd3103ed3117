"""The picture of a list for link previews: titles with drawn covers, by Pillow alone. No other host is asked."""

import io
import unicodedata
from collections.abc import Sequence
from math import cos, pi, sin

from PIL import Image, ImageColor, ImageDraw, ImageFont

from ...data.catalogue import Title
from ..page.covers import drawn_cover

WIDTH, HEIGHT = 1200, 630
COVER = 204, 306
N_COVERS, MARGIN, TOP, GAP = 5, 50, 190, 20
SMOOTH = 2  # covers are drawn so many times larger, for smooth edges
PAPER, INK, SOFT, ACCENT = "#ffffff", "#1b1620", "#5c5463", "#b8321a"
LINES = 4

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
Shape = tuple[float, tuple[tuple[float, float], ...]]
"""How opaque a polygon is, and its points in a cover of 60 x 90."""


def _round(x: float, y: float, radius: float, opacity: float = 1.0, flat: float = 1.0) -> Shape:
    """Return a circle, or for ``flat`` below 1 an ellipse."""
    angles = [2 * pi * step / 48 for step in range(48)]
    return opacity, tuple((x + radius * cos(angle), y + flat * radius * sin(angle)) for angle in angles)


def _crescent(x: float, y: float, radius: float) -> Shape:
    """Return a circle without the part that another one covers, to its upper right."""
    outer = [pi * (1 / 12 + step / 24) for step in range(33)]  # from the right over the bottom to the top
    inner = [pi * (13 / 12 - step / 24) for step in range(17)]  # and back
    points = [(cos(angle), sin(angle)) for angle in outer]
    points += [(0.71 + cos(angle), -0.71 + sin(angle)) for angle in inner]
    return 1.0, tuple((x + radius * across, y + radius * down) for across, down in points)


def _star(x: float, y: float, radius: float, opacity: float = 1.0, rays: int = 4, inner: float = 0.28) -> Shape:
    corners = [(pi * corner / rays, radius * (inner if corner % 2 else 1)) for corner in range(2 * rays)]
    return opacity, tuple((x + length * sin(angle), y - length * cos(angle)) for angle, length in corners)


def _wave(y: float, opacity: float, height: float = 3.5, thickness: float = 2.0) -> Shape:
    line = [(float(x), y + height * sin(x / 5.6)) for x in range(-2, 64, 2)]
    return opacity, (*line, *((x, height + thickness) for x, height in reversed(line)))


MOTIFS: dict[str, tuple[Shape, ...]] = {
    "orbit": (_round(32, 30, 30, 0.25), _round(32, 30, 28, 0.25, 0.3), _round(34, 30, 11), _round(8, 41, 2.5)),
    "moon": (_crescent(30, 30, 19), _round(12, 14, 1.2), _round(51, 14, 1), _round(10, 44, 1.4), _wave(66, 0.2, 4, 30)),
    "petals": tuple(_round(36 + 12 * sin(turn), 28 - 12 * cos(turn), 7.5, 0.9) for turn in (0, 1.26, 2.51, 3.77, 5.03)),
    "stars": (_star(32, 26, 20), _star(11, 53, 9, 0.7), _star(50, 52, 6, 0.5)),
    "burst": (_star(30, 30, 70, 0.4, 9, 0.25), _round(30, 30, 13)),
    "peaks": (
        _round(43, 20, 10), (0.45, ((-6, 62), (20, 28), (34, 46), (42, 37), (66, 67), (66, 97), (-6, 97))),
        (0.35, ((-6, 76), (10, 58), (24, 70), (42, 50), (66, 78), (66, 98), (-6, 98))),
    ),
    "waves": (_round(20, 24, 12), _wave(46, 0.65), _wave(55, 0.65), _wave(64, 0.65)),
    "bubbles": (_round(40, 24, 15, 0.8), _round(15, 42, 9, 0.55), _round(44, 54, 6, 0.4), _round(14, 14, 4, 0.5)),
}  # fmt: skip
"""The motifs of ``templates/motifs.svg``, simplified."""


def list_picture(heading: str, line: str, titles: Sequence[Title]) -> bytes:
    """Return a PNG of 1200 x 630 with a heading, the first five titles, and a line below them.

    The font has Latin letters alone, so titles have their English or romaji names. What is too long is cut.
    """
    picture = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((MARGIN, 44, MARGIN + 96, 140), 24, ACCENT)
    draw.line([(MARGIN + 22, 116), (MARGIN + 48, 66), (MARGIN + 74, 116)], PAPER, 9, "curve")
    draw.line([(MARGIN + 34, 99), (MARGIN + 62, 99)], PAPER, 9)
    draw.text((MARGIN + 122, 40), _latin(heading), INK, ImageFont.load_default(54), stroke_width=1, stroke_fill=INK)
    draw.text((MARGIN + 124, 108), "AniSVD", SOFT, ImageFont.load_default(30))
    for index, title in enumerate(titles[:N_COVERS]):
        left = MARGIN + index * (COVER[0] + GAP)
        picture.paste(_cover(title).reduce(SMOOTH), (left, TOP))
        draw.rounded_rectangle((left - 10, TOP - 10, left + 38, TOP + 38), 12, ACCENT)
        draw.text((left + 14, TOP + 14), str(index + 1), PAPER, ImageFont.load_default(30), "mm", stroke_width=1)
    draw.text((MARGIN, 540), _latin(line), SOFT, ImageFont.load_default(34))
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def _cover(title: Title) -> Image.Image:
    """Return the drawn cover of a title with its name, `SMOOTH` times as large as it is shown."""
    motif, hue = drawn_cover(title)
    size = SMOOTH * COVER[0], SMOOTH * COVER[1]
    shade = Image.linear_gradient("L").resize(size)
    begin, end = (
        Image.new("RGB", size, colour) for colour in (f"hsl({hue}, 48%, 40%)", f"hsl({(hue + 38) % 360}, 52%, 20%)")
    )
    cover = Image.composite(end, begin, shade)
    draw, scale = ImageDraw.Draw(cover, "RGBA"), size[0] / 60
    colour = ImageColor.getrgb(f"hsl({hue}, 80%, 78%)")
    for opacity, points in MOTIFS[motif]:
        draw.polygon([(scale * x, scale * y) for x, y in points], (*colour[:3], round(215 * opacity)))
    draw.rectangle((0, round(size[1] * 0.6), *size), (0, 0, 0, 90))
    font = ImageFont.load_default(SMOOTH * 25)
    lines = _lines(_latin(title.label), font, size[0] * 0.88)
    draw.multiline_text(
        (size[0] * 0.06, size[1] * 0.97), "\n".join(lines), "white", font, "ld", spacing=6, stroke_width=1
    )  # fmt: skip
    return cover


def _lines(text: str, font: Font, width: float) -> list[str]:
    """Return a text in at most `LINES` lines; what has no room is cut."""
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}".strip()
        if font.getlength(joined) <= width or not lines[-1]:
            lines[-1] = joined
        else:
            lines.append(word)
    if len(lines) > LINES:
        lines = [*lines[: LINES - 1], lines[LINES - 1] + "..."]
    return [_cut(line, font, width) for line in lines]


def _cut(line: str, font: Font, width: float) -> str:
    if font.getlength(line) <= width:
        return line
    while line and font.getlength(f"{line}...") > width:
        line = line[:-1].rstrip(".")
    return f"{line}..."


def _latin(text: str) -> str:
    """Return a text without what the font cannot write: accents, and letters of other scripts."""
    plain = text.translate({0x2019: "'", 0x2018: "'", 0x2013: "-", 0x2014: "-", 0xD7: "x"})
    return " ".join(unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode().split())
