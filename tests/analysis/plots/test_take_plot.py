import io

import matplotlib.image
import numpy as np
import pytest

from secondtake.analysis.dsp.first_study import as_audio, pink
from secondtake.analysis.plots.panels import Portrait, portrait
from secondtake.analysis.plots.take_plot import pair

SVG = "{http://www.w3.org/2000/svg}"
MOST_BYTES = 300_000  # of a file; a study has hundreds


@pytest.fixture(scope="module")
def clicks(sounds) -> Portrait:
    return portrait(as_audio(sounds.clicks(120, 5) + sounds.chord((60, 64, 67), 5), 22_050))


@pytest.fixture(scope="module")
def noise() -> Portrait:
    """What packs worst: noise, and as long as a column can show."""
    return portrait(as_audio(np.stack([pink(8, 44_100), pink(8, 44_100, 2)], axis=1), 44_100))


@pytest.fixture(scope="module")
def silence() -> Portrait:
    return portrait(as_audio(np.zeros(22_050, np.float32), 22_050))


def pixels(png: bytes) -> np.ndarray:
    return matplotlib.image.imread(io.BytesIO(png))[:, :, :3]


def test_a_pair_has_every_panel_named_and_measured(opened, texts, clicks, noise):
    root = opened(pair([("left $x$ & ♪", clicks), ("right", noise)]).svg)
    told = texts(root)
    for words in (
        "left $x$ & ♪", "right", "5.0 s, 22.05 kHz, mono", "8.0 s, 44.1 kHz, stereo",
        "amplitude", "mel band, Hz", "pitch class", "tempo, BPM", "time, seconds",
        "frequency, Hz", "level, dB", "dB", "share", "autocorrelation", "120", "−60",
    ):  # fmt: skip
        assert words in told
    images = list(root.iter(f"{SVG}image"))
    assert len(images) == 2 * 3 + 3  # spectrogram, chroma, tempogram of each, and their scales


def test_the_same_sounds_are_the_same_bytes_and_few(clicks, noise):
    drawn = pair([("left", clicks), ("right", noise)])
    assert drawn == pair([("left", clicks), ("right", noise)])
    assert len(drawn.png) < MOST_BYTES and len(drawn.svg) < MOST_BYTES


def test_long_term_spectra_differ_without_colour(opened, clicks, noise):
    root = opened(pair([("left", clicks), ("right", noise)]).svg)
    lines = [
        style
        for element in root.iter(f"{SVG}path")
        if (style := element.attrib.get("style", "")).startswith("fill: none; stroke")
    ]
    solid = [one for one in lines if "#12355b" in one]
    dashed = [one for one in lines if "#d55e00" in one]
    assert len(solid) == len(dashed) == 2  # the line and its place in the legend
    assert all("dasharray" not in one and "stroke-width: 2.2" in one for one in solid)
    assert all("dasharray" in one and "stroke-width: 1.4" in one for one in dashed)


def test_each_column_shows_its_own_recording(clicks, noise):
    one, other = (pixels(pair([("x", noise), ("y", right)]).png) for right in (noise, clicks))
    differ = (one != other).any(axis=2)[170:350]  # rows of the mel spectrograms
    middle = differ.shape[1] // 2
    assert not differ[:, :middle].any()
    assert differ[:, middle:-130].mean() > 0.8


def test_one_recording_is_one_column_and_silence_says_so(opened, texts, silence, clicks):
    alone = pair([("silence", silence)])
    assert pixels(alone.png).shape[1] < pixels(pair([("a", clicks), ("b", clicks)]).png).shape[1]
    assert texts(opened(alone.svg)).count("too little sound") == 4


def test_silence_beside_sound_leaves_the_scales_alone(opened, texts, silence, clicks):
    told = texts(opened(pair([("silence", silence), ("music", clicks)]).svg))
    assert told.count("too little sound") == 3
    assert "8k" in told and "240" in told


@pytest.mark.parametrize("samples", [1, 100, 11_025, 30_000])
def test_short_files_can_be_drawn(opened, sounds, samples):
    audio = as_audio(sounds.sine(440, 2)[:samples], 22_050)
    opened(pair([("short", portrait(audio))]).svg)


def test_no_or_three_recordings_are_no_pair(clicks):
    with pytest.raises(ValueError, match="draw one or two"):
        pair([])
    with pytest.raises(ValueError, match="3 recordings"):
        pair([("x", clicks)] * 3)
