"""One picture of one recording, or of two side by side.

A column each for waveform, mel spectrogram, chroma and tempogram, and one panel in which the
long-term spectra lie over each other. Columns share their axes and scales, so that what looks
different is different. Waveforms are as the files are; everything else is of the prepared sound
(mono, -23 LUFS, 22 050 Hz).
"""

from collections.abc import Iterator
from typing import Any

from secondtake.analysis.plots import panels, style
from secondtake.analysis.plots.panels import Portrait
from secondtake.analysis.plots.style import LONGEST, Drawn, draw, readable

# All in inches. Fixed places: half the time of matplotlib's own layout, and every picture alike.
COLUMN, GAP = 4.8, 0.45
LEFT, RIGHT = 0.85, 1.05  # for labels and colour scales
TOP, BOTTOM, BETWEEN = 0.6, 0.5, 0.16
ROWS = (0.9, 1.9, 1.4, 1.5)  # waveform, mel, chroma, tempogram
TIME = 0.75  # between the tempogram and the long-term spectra: a time axis and a heading
BALANCE = 1.6
HEIGHT = TOP + sum(ROWS) + BETWEEN * (len(ROWS) - 1) + TIME + BALANCE + BOTTOM
LABELS = ("amplitude", "mel band, Hz", "pitch class", "tempo, BPM")
SCALES: tuple[tuple[list[float], str, str], ...] = (
    ([-60, -30, 0, 30], style.SPECTROGRAM, "dB"),
    ([0, 0.25, 0.5], style.STRENGTH, "share"),
    ([0, 0.4, 0.8], style.STRENGTH, "autocorrelation"),
)


def pair(named: list[tuple[str, Portrait]]) -> Drawn:
    """The picture of one or two recordings with their titles; the reference comes first."""
    if not 1 <= len(named) <= len(panels.STYLES):
        raise ValueError(f"{len(named)} recordings; draw one or two")
    named = [(readable(title, LONGEST), drawn) for title, drawn in named]
    width = LEFT + COLUMN * len(named) + GAP * (len(named) - 1) + RIGHT
    title = " and ".join(title for title, _ in named)
    return draw(width, HEIGHT, title, lambda figure: _paint(figure, width, named))


def _paint(figure: Any, width: float, named: list[tuple[str, Portrait]]) -> None:
    longest = max(drawn.seconds for _, drawn in named)
    rows = list(_rows())
    for index, (title, drawn) in enumerate(named):
        left = LEFT + index * (COLUMN + GAP)
        axes = [_axes(figure, width, left, bottom, COLUMN, height) for bottom, height in rows]
        axes[0].set_title(f"{title}\n{drawn.form}", parse_math=False)
        panels.waveform(axes[0], drawn, str(panels.STYLES[index]["color"]))
        panels.mel(axes[1], drawn.sound)
        panels.chroma(axes[2], drawn.sound)
        panels.draw_tempogram(axes[3], drawn.sound)
        for axis, label in zip(axes, LABELS, strict=True):
            axis.set_xlim(0, longest)
            if index == 0:
                axis.set_ylabel(label)
                axis.yaxis.set_label_coords(-0.55 / COLUMN, 0.5)
            else:
                axis.set_yticks([])  # ticks take most of the time to draw
            if axis is not axes[-1]:
                axis.set_xticks([])
        axes[-1].set_xlabel("time, seconds")
    for (bottom, height), (ticks, colour_map, label) in zip(rows[1:], SCALES, strict=True):
        axis = _axes(figure, width, width - RIGHT + 0.12, bottom, 0.14, height)
        panels.scale(axis, ticks, colour_map, label)
    axis = _axes(figure, width, LEFT, BOTTOM, width - LEFT - RIGHT, BALANCE)
    panels.balance(axis, named)
    axis.set_title("long-term spectrum, mean level removed")
    axis.set_xlabel("frequency, Hz")
    axis.set_ylabel("level, dB")
    axis.yaxis.set_label_coords(-0.55 / (width - LEFT - RIGHT), 0.5)


def _rows() -> Iterator[tuple[float, float]]:
    """Bottom and height of each row that has a time axis."""
    top = HEIGHT - TOP
    for height in ROWS:
        yield top - height, height
        top -= height + BETWEEN


def _axes(
    figure: Any, width: float, left: float, bottom: float, across: float, height: float
) -> Any:
    return figure.add_axes((left / width, bottom / HEIGHT, across / width, height / HEIGHT))
