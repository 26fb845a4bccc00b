"""Figures to bytes, and their colours: a PNG for markdown and an SVG for pages, drawn once.

Equal figures are equal bytes: no date, no version, a fixed salt for the SVG's ids, no matplotlibrc.
In the SVG, text stays text: it can be searched and read aloud, it is a fifth of the size of
outlines, and the reader's fonts know more scripts than matplotlib's (in the PNG these are boxes).

Colours are Okabe and Ito's (Color Universal Design, 2008), darkened where they would be pale on
white; no colour carries a meaning alone: a dash, a shape or a printed number says the same.
"""

import gc
import io
import re
import textwrap
import unicodedata
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RESOLUTION = 100  # dots per inch
LINE_SPACING = 1.25  # lines of text in units of their size
SETTINGS = {
    "svg.fonttype": "none",
    "svg.hashsalt": "secondtake",
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "axes.linewidth": 0.6,
    "hatch.linewidth": 0.8,
}
BARE = {"Software": None}  # a PNG without the version
BARE_SVG = dict.fromkeys(("Date", "Creator", "Format", "Type"))
# What names addresses on the network, and nothing needs.
OUTSIDE = re.compile(rb"<!DOCTYPE[^>]*>\s*|<metadata>.*?</metadata>\s*", re.DOTALL)


@dataclass(frozen=True)
class RenderedFigure:
    """One plot in both formats."""

    png: bytes
    svg: bytes

    def files(self, name: str) -> dict[str, bytes]:
        """The bytes of each file by its name."""
        return {f"{name}.png": self.png, f"{name}.svg": self.svg}


def render_figure(
    width: float, height: float, title: str, paint: Callable[["Figure"], None]
) -> RenderedFigure:
    """A white figure of so many inches that `paint` fills; `title` is the SVG's, read aloud."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with _without_garbage_collection(), _settings(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = Figure(figsize=(width, height), dpi=RESOLUTION)
        FigureCanvasAgg(figure)
        paint(figure)
        png, svg = io.BytesIO(), io.BytesIO()
        figure.savefig(png, format="png", metadata=BARE)
        figure.savefig(svg, format="svg", metadata={**BARE_SVG, "Title": readable(title)})
    return RenderedFigure(png.getvalue(), OUTSIDE.sub(b"", svg.getvalue()))


def readable(text: str) -> str:
    """Text that XML can hold: what cannot be printed becomes a replacement character."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def wrapped(text: str, letters: int) -> str:
    """Readable text in lines of at most so many letters. Nothing is left out: lines end between
    words, and only a word longer than a line goes on in the next one."""
    return textwrap.fill(readable(text), letters)


def text_width(text: str, points: float) -> float:
    """Inches that the longest line of a text takes at this size of type, rather more than less."""
    return max(sum(map(_advance, line)) for line in text.split("\n")) * points / 72


def text_height(text: str, points: float) -> float:
    """Inches from the first line's top to the last line's bottom."""
    return (text.count("\n") + 1) * LINE_SPACING * points / 72


def _advance(letter: str) -> float:
    """The width of a letter in units of its size; no font is asked, since a page has its own."""
    symbol = not letter.isascii() and not letter.isalnum()
    if symbol or unicodedata.east_asian_width(letter) in "WF":
        return 1.15
    if letter in "WMmw@%":
        return 1.0
    return 0.75 if letter.isupper() else 0.63


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """The many small objects of a figure set off so much garbage collection that drawing takes half
    as long again. Afterwards it goes on as before."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@contextmanager
def _settings() -> Iterator[None]:
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(SETTINGS)
        yield


Colour = tuple[float, float, float]  # red, green, blue; sRGB, 0 to 1

REFERENCE = "#12355b"  # dark blue: solid and wide
ESTIMATE = "#d55e00"  # vermilion: dashed and thinner
# Beside a shape; the last two are Tol's purple and olive, darkened likewise.
MODELS = ("#000000", "#0072b2", "#d55e00", "#007a5a", "#b0558a", "#56606b", "#5b3a9b", "#7a6a00")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
SPECTROGRAM = "magma"  # its lightness rises evenly, so that grey shows the same
STRENGTH = "cividis"  # for chroma and tempogram; made for colour-blind readers
# Of a heat map, from -1 over the floor to 1: orange and blue, which no colour-blindness confuses,
# with more ink the further from the floor (after PuOr and RdBu of ColorBrewer 2).
FURTHER = ("#f7f7f7", "#fee0b6", "#fdb863", "#e08214", "#b35806")  # from 0 to -1
CLOSER = ("#f7f7f7", "#d1e5f0", "#92c5de", "#4393c3", "#2166ac", "#053061")  # from 0 to 1
UNKNOWN = "#e8e8e8"  # where there is no figure; hatched as well
BLACK, WHITE = "#000000", "#ffffff"


def parse_hex(colour: str) -> Colour:
    """#rrggbb -> sRGB."""
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


def closeness(score: float) -> Colour:
    """The colour of a score in a heat map: near white at 0; beyond -1 and 1 that of these."""
    colours = CLOSER if score > 0 else FURTHER
    place = min(abs(score), 1.0) * (len(colours) - 1)
    before = min(int(place), len(colours) - 2)
    return mixed(parse_hex(colours[before]), parse_hex(colours[before + 1]), place - before)


def mixed(first: Colour, second: Colour, share: float) -> Colour:
    """The colour between two, `share` of the way from the first to the second."""
    red, green, blue = (a + (b - a) * share for a, b in zip(first, second, strict=True))
    return red, green, blue


def luminance(colour: Colour) -> float:
    """Relative luminance, 0 black to 1 white (WCAG 2.2)."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def lightness(colour: Colour) -> float:
    """CIE L*, 0 black to 100 white: how it looks in grey."""
    amount = luminance(colour)
    return 116 * amount ** (1 / 3) - 16 if amount > 216 / 24389 else amount * 24389 / 27


def contrast(first: Colour, second: Colour) -> float:
    """1 (none) to 21 (WCAG 2.2); text wants 4.5, lines and markers 3."""
    darker, lighter = sorted((luminance(first), luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def ink(background: Colour) -> str:
    """Black or white, whichever reads better on this."""
    return max((BLACK, WHITE), key=lambda colour: contrast(parse_hex(colour), background))
