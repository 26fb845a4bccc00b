import io
from dataclasses import replace

import matplotlib.image
import numpy as np
import pytest

from secondtake.analysis.audio_io import as_audio
from secondtake.analysis.dsp.first_study import pink_noise
from secondtake.analysis.plots.panels import TakeView, view_recording
from secondtake.analysis.plots.style import RenderedFigure
from secondtake.analysis.plots.take_plot import RIGHT, _layout, plot_recordings

SVG = "{http://www.w3.org/2000/svg}"
MOST_BYTES = 400_000  # of a file; a study has hundreds


@pytest.fixture(scope="module")
def clicks(sounds) -> TakeView:
    return view_recording(as_audio(sounds.clicks(120, 5) + sounds.chord((60, 64, 67), 5), 22_050))


@pytest.fixture(scope="module")
def noise() -> TakeView:
    """What packs worst: noise, and as long as a column can show."""
    return view_recording(
        as_audio(np.stack([pink_noise(8, 44_100), pink_noise(8, 44_100, 2)], axis=1), 44_100)
    )


@pytest.fixture(scope="module")
def silence() -> TakeView:
    return view_recording(as_audio(np.zeros(22_050, np.float32), 22_050))


@pytest.fixture(scope="module")
def drawn(clicks, noise) -> RenderedFigure:
    """The two beside each other, drawn once."""
    return plot_recordings([("left $x$ & ♪", clicks), ("right", noise)])


def pixels(png: bytes) -> np.ndarray:
    return matplotlib.image.imread(io.BytesIO(png))[:, :, :3]


def test_a_pair_has_every_panel_named_and_measured(opened, texts, drawn):
    root = opened(drawn.svg)
    shown = texts(root)
    for words in (
        "left $x$ & ♪", "right", "5.0 s, 22.05 kHz, mono", "8.0 s, 44.1 kHz, stereo",
        "amplitude", "frequency, Hz", "pitch class", "tempo, BPM", "time, seconds",
        "60", "125", "16k", "level, dBFS", "dBFS in a semitone", "share", "autocorrelation",
        "120", "−60", "the file ends at 11 kHz",
    ):  # fmt: skip
        assert words in shown
    images = list(root.iter(f"{SVG}image"))
    assert len(images) == 2 * 3 + 3  # spectrogram, chroma, tempogram of each, and their scales


def test_the_same_sounds_are_the_same_bytes_and_few(clicks, noise, drawn):
    assert drawn == plot_recordings([("left $x$ & ♪", clicks), ("right", noise)])
    assert len(drawn.png) < MOST_BYTES and len(drawn.svg) < MOST_BYTES


def test_long_term_spectra_differ_without_colour(opened, drawn):
    root = opened(drawn.svg)
    lines = [
        style
        for element in root.iter(f"{SVG}path")
        if (style := element.attrib.get("style", "")).startswith("fill: none; stroke")
    ]
    solid = [line for line in lines if "#12355b" in line]
    dashed = [line for line in lines if "#d55e00" in line]
    assert len(solid) == len(dashed) == 2  # the line and its place in the legend
    assert all("dasharray" not in line and "stroke-width: 2.2" in line for line in solid)
    assert all("dasharray" in line and "stroke-width: 1.4" in line for line in dashed)


def test_each_column_shows_its_own_recording(clicks, noise):
    first, second = (
        pixels(plot_recordings([("x", noise), ("y", right)]).png)
        for right in (noise, replace(clicks, seconds=noise.seconds))  # as wide a column
    )
    differ = (first != second).any(axis=2)[170:350]  # rows of the spectrograms
    middle = differ.shape[1] // 2
    assert not differ[:, :middle].any()
    assert differ[:, middle:-130].mean() > 0.8


def test_one_recording_is_one_column_and_silence_says_so(opened, texts, silence, clicks):
    alone = plot_recordings([("silence", silence)])
    assert (
        pixels(alone.png).shape[1]
        < pixels(plot_recordings([("a", clicks), ("b", clicks)]).png).shape[1]
    )
    assert texts(opened(alone.svg)).count("too little sound") == 4


def test_silence_beside_sound_leaves_the_scales_alone(opened, texts, silence, clicks):
    shown = texts(opened(plot_recordings([("silence", silence), ("music", clicks)]).svg))
    assert shown.count("too little sound") == 3
    assert "8k" in shown and "240" in shown


def test_a_second_is_as_wide_in_both_and_nothing_is_left_blank(clicks, noise):
    page = _layout([("a", clicks), ("b", noise)])
    assert page.widths[1] / page.widths[0] == pytest.approx(8 / 5)
    assert page.lefts[1] + page.widths[1] == pytest.approx(page.width - RIGHT)
    short = _layout([("a", replace(clicks, seconds=0.1)), ("b", noise)])
    assert min(short.widths) > 1.5  # inches: an axis with its numbers


def test_a_long_name_is_written_whole(opened, texts, clicks, noise):
    name = "segment 10: stable_audio_segment10_pre_chorus_take2 by a model with a long name"
    shown = " ".join(texts(opened(plot_recordings([("short", noise), (name, clicks)]).svg)))
    assert "…" not in shown
    assert "".join(name.split()) in "".join(shown.split())


@pytest.mark.parametrize("samples", [1, 100, 11_025, 30_000])
def test_short_files_can_be_drawn(opened, sounds, samples):
    audio = as_audio(sounds.sine(440, 2)[:samples], 22_050)
    opened(plot_recordings([("short", view_recording(audio))]).svg)


def test_no_or_three_recordings_are_no_pair(clicks):
    with pytest.raises(ValueError, match="draw one or two"):
        plot_recordings([])
    with pytest.raises(ValueError, match="3 recordings"):
        plot_recordings([("x", clicks)] * 3)
