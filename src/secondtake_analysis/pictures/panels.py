"""The panels of a pair's picture: each function draws one kind of panel into its axes."""

from functools import cache
from typing import Any

import numpy as np

from secondtake_analysis import spectrum
from secondtake_analysis.pictures import colours
from secondtake_analysis.pictures.portrait import Portrait, Sound
from secondtake_analysis.prepare import COMMON_RATE
from secondtake_analysis.pulse import FASTEST, SLOWEST, TEMPI
from secondtake_analysis.short_time import FRAME

MEL_RANGE = (-60.0, 30.0)  # dB, the same for every picture: music at -23 LUFS peaks near 25
CHROMA_RANGE = (0.0, 0.5)  # share of the strongest pitch classes; an even chord of three has .33
TEMPO_RANGE = (0.0, 0.8)  # autocorrelation; 1 is a machine
SHADES = 64  # of a spectrogram: steps of 1.4 dB, which no eye sees, halve the size of its image
FREQUENCIES = (500, 1000, 2000, 4000, 8000)  # Hz; few, since labels are most of the time
BPM = (40, 60, 80, 120, 160, 240)
PITCHES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}  # the white keys' rows
QUIET = "too little sound"
BALANCE_RANGE = (-30.0, 45.0)  # dB, shown at least: most music lies within, and ripples stay small

STYLES: tuple[dict[str, Any], ...] = (
    {"color": colours.REFERENCE, "linestyle": "-", "linewidth": 2.2},
    {"color": colours.ESTIMATE, "linestyle": (0, (4, 1.6)), "linewidth": 1.4},
)


def waveform(axis: Any, drawn: Portrait, colour: str) -> None:
    """The file as it is: extremes of all channels, full scale ±1."""
    time = np.linspace(0, drawn.seconds, drawn.envelope.shape[1])
    axis.fill_between(time, *drawn.envelope, color=colour, linewidth=0.4)
    axis.set_ylim(-1, 1)
    axis.set_yticks([-1, 0, 1])


def mel(axis: Any, sound: Sound | None) -> None:
    """Mel power over time."""
    if sound is not None:
        _image(axis, sound, sound.mel, MEL_RANGE, colours.SPECTROGRAM)
    _rows(axis, spectrum.MEL_BANDS, sound)
    axis.set_yticks(_mel_rows(), [_hertz(hz) for hz in FREQUENCIES])


def chroma(axis: Any, sound: Sound | None) -> None:
    """Pitch classes over time."""
    if sound is not None:
        _image(axis, sound, sound.chroma, CHROMA_RANGE, colours.STRENGTH)
    _rows(axis, 12, sound)
    axis.set_yticks(list(PITCHES.values()), list(PITCHES))


def tempogram(axis: Any, sound: Sound | None) -> None:
    """How strongly onsets repeat at each tempo, over time; grey where it is too short to say."""
    if sound is not None:
        _image(axis, sound, sound.tempogram, TEMPO_RANGE, colours.STRENGTH)
    _rows(axis, len(TEMPI), sound)
    step = np.log(FASTEST / SLOWEST) / (len(TEMPI) - 1)
    axis.set_yticks([float(np.log(bpm / SLOWEST) / step) for bpm in BPM], [f"{b}" for b in BPM])


def balance(axis: Any, named: list[tuple[str, Portrait]]) -> None:
    """The long-term spectra over each other: solid and wide, dashed and thin."""
    for (title, drawn), style in zip(named, STYLES, strict=False):
        if drawn.sound is not None:
            axis.plot(drawn.sound.balance, label=title, **style)
    axis.set_xlim(0, spectrum.MEL_BANDS - 1)
    axis.set_xticks(_mel_rows(), [_hertz(hz) for hz in FREQUENCIES])
    low, high = axis.get_ylim()
    axis.set_ylim(min(low, BALANCE_RANGE[0]), max(high, BALANCE_RANGE[1]))
    axis.grid(color="#d8d8d8", linewidth=0.5)
    axis.set_axisbelow(True)
    if any(drawn.sound for _, drawn in named):
        legend = axis.legend(loc="upper right", handlelength=3.5, fontsize=8, framealpha=0.9)
        for text in legend.get_texts():
            text.set_parse_math(False)
    else:
        _say(axis, QUIET)


def scale(axis: Any, ticks: list[float], colour_map: str, label: str) -> None:
    """A colour scale from the first to the last of the ticks, beside a row of images."""
    limits = ticks[0], ticks[-1]
    axis.imshow(
        np.linspace(*limits, SHADES)[:, None],
        origin="lower",
        aspect="auto",
        cmap=colour_map,
        extent=(0, 1, *limits),
    )
    axis.set_xticks([])
    axis.set_yticks(ticks)
    axis.yaxis.tick_right()
    axis.yaxis.set_label_position("right")
    axis.set_ylabel(label)


def _image(
    axis: Any, sound: Sound, rows: np.ndarray, limits: tuple[float, float], colour_map: str
) -> None:
    low, high = limits
    shade = np.rint((np.clip(rows, low, high) - low) / (high - low) * (SHADES - 1))
    axis.imshow(
        shade,
        origin="lower",
        aspect="auto",
        cmap=colour_map,
        vmin=0,
        vmax=SHADES - 1,
        extent=(sound.lead, sound.lead + sound.seconds, -0.5, len(rows) - 0.5),
        interpolation="none",  # the SVG holds these columns and no more
    )


def _rows(axis: Any, count: int, sound: Sound | None) -> None:
    """The same limits with and without an image, which would set its own."""
    axis.set_ylim(-0.5, count - 0.5)
    axis.set_facecolor(colours.UNKNOWN)
    if sound is None:
        _say(axis, QUIET)


def _say(axis: Any, text: str) -> None:
    axis.text(0.5, 0.5, text, transform=axis.transAxes, ha="center", va="center", color="#333333")


@cache
def _mel_rows() -> tuple[float, ...]:
    """Between which bands each of FREQUENCIES lies."""
    centres = spectrum.mel_filters().argmax(axis=1) * COMMON_RATE / FRAME
    return tuple(float(row) for row in np.interp(FREQUENCIES, centres, np.arange(len(centres))))


def _hertz(hz: int) -> str:
    return f"{hz // 1000}k" if hz >= 1000 else str(hz)
