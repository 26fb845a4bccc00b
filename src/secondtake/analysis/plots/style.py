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
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RESOLUTION = 100  # dots per inch
LONGEST = 60  # letters of a title that fit over a column
SETTINGS = {
    "svg.fonttype": "none",
    "svg.hashsalt": "secondtake",
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "axes.linewidth": 0.6,
    "hatch.linewidth": 0.8,
}
BRACKETS = re.compile(r" *\([^()]*\)")
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


def readable(text: str, longest: int | None = None) -> str:
    """Text that XML can hold; where it is longer than `longest`, without what stands in brackets.

    If that is too long as well, its middle is left out: whole words, where it has several.
    """
    text = "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
    if longest is None or len(text) <= longest:
        return text
    text = BRACKETS.sub("", text).strip() or text
    if len(text) <= longest:
        return text
    half = (longest - 1) // 2
    start, end = (
        text[: longest - half],
        text[-half - 1 :],
    )  # one letter more, to see where words end
    start, end = start.rpartition(" ")[0] or start[:-1], end.partition(" ")[2] or end[1:]
    return f"{start}…{end}"


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
MODELS = ("#000000", "#0072b2", "#d55e00", "#007a5a", "#b0558a", "#56606b")  # beside a shape
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
SPECTROGRAM = "magma"  # its lightness rises evenly, so that grey shows the same
STRENGTH = "cividis"  # for chroma and tempogram; made for colour-blind readers
CLOSENESS = "cividis_r"  # of a heat map: more ink is closer
UNKNOWN = "#e8e8e8"  # where there is no figure; hatched as well
BLACK, WHITE = "#000000", "#ffffff"


def parse_hex(colour: str) -> Colour:
    """#rrggbb -> sRGB."""
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
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
