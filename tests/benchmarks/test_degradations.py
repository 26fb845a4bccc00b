from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from benchmarks.analysis import degradations
from benchmarks.analysis.corpus import Album, Track
from benchmarks.analysis.degradations import (
    ASKED,
    _cell,
    _medians,
    coded,
    cut,
    dull,
    fallen,
    falls_of,
    narrower,
    noisy,
    quieter,
    spread_out,
)
from benchmarks.analysis.excerpts import Excerpt

from secondtake.analysis.audio_io import Audio, as_audio
from secondtake.analysis.dsp.first_study import pink_noise
from secondtake.analysis.features.corpus import Piece, ReferenceCorpus
from secondtake.analysis.metrics.harmony import harmony
from secondtake.analysis.metrics.timbre import timbre

RATE = 44_100


def power(samples: np.ndarray) -> float:
    """Mean square in dB."""
    return float(10 * np.log10(np.mean(np.square(samples, dtype=np.float64))))


@pytest.fixture(scope="module")
def stereo() -> Audio:
    """Two seconds of noise that is not the same on both sides."""
    sides = [pink_noise(2, RATE, seed) for seed in (1, 2)]
    return as_audio(np.stack(sides, axis=1), RATE)


def test_quieter_is_so_many_decibels_quieter(stereo: Audio) -> None:
    assert power(stereo.samples) - power(quieter(stereo, 6, 0)) == pytest.approx(6, abs=0.01)


def test_noise_lies_so_far_below(stereo: Audio) -> None:
    added = noisy(stereo, 20, 5) - stereo.samples
    assert power(stereo.samples) - power(added) == pytest.approx(20, abs=0.01)
    assert np.allclose(added[:, 0], added[:, 1], atol=1e-6)


def test_dull_keeps_what_lies_below_and_takes_what_lies_above(stereo: Audio) -> None:
    def band(samples: np.ndarray, low: float, high: float) -> float:
        bins = np.abs(np.fft.rfft(samples[:, 0]))
        hertz = np.fft.rfftfreq(len(samples), 1 / RATE)
        return power(bins[(hertz >= low) & (hertz < high)])

    after = dull(stereo, 4000, 0)
    assert band(after, 100, 2000) == pytest.approx(band(stereo.samples, 100, 2000), abs=0.1)
    assert band(after, 8000, 16_000) < band(stereo.samples, 8000, 16_000) - 40


def test_a_codec_loses_more_the_worse_it_is(stereo: Audio) -> None:
    lost = [
        power(coded(stereo, level, 0)[: len(stereo.samples)] - stereo.samples)
        for level in (0.0, 0.5, 1.0)
    ]
    assert lost == sorted(lost)
    assert lost[2] - lost[0] > 3


def test_wholly_narrow_is_mono_and_keeps_the_middle(stereo: Audio) -> None:
    half, mono = narrower(stereo, 50, 0), narrower(stereo, 100, 0)
    assert np.allclose(mono[:, 0], mono[:, 1], atol=1e-6)
    assert np.allclose(half.mean(axis=1), stereo.samples.mean(axis=1), atol=1e-6)
    sides = [power(one[:, 0] - one[:, 1]) for one in (stereo.samples, half)]
    assert sides[0] - sides[1] == pytest.approx(6.02, abs=0.01)


def test_songs_are_taken_from_all_over_the_corpus() -> None:
    songs = [Track(Path(f"{n}.ogg"), Album("album", "package", "MIT"), "1") for n in range(100)]
    assert spread_out(songs, 4) == [songs[0], songs[33], songs[66], songs[99]]


def test_a_cell_is_bold_where_the_fall_is_large_and_steady() -> None:
    assert _cell(np.array([0, 0.1, 0.5, 0.9])) == "**.00 .10 .50 .90**"
    assert _cell(np.array([0, 0.9, 0.5, 0.4])) == ".00 .90 .50 .40"
    assert _cell(np.array([0, 0.01, 0.05, 0.1])) == ".00 .01 .05 .10"
    assert _cell(np.array([0, -0.1, 3.63, 10.15])) == ".00 -.10 3.63 10.15"
    assert _cell(np.array([0, 0.1, 0.5, np.nan])) == ".00 .10 .50 –"


def test_a_median_is_of_the_songs_that_decide() -> None:
    falls = np.array([[0, np.nan, 1.0], [0.5, np.nan, np.nan], [1, np.nan, 3.0]])
    assert _medians(falls) == pytest.approx([0.5, np.nan, 2], nan_ok=True)


def test_a_song_is_cut_after_a_third(tmp_path: Path) -> None:
    seconds = np.repeat(np.arange(36) / 100, 8000).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", seconds, 8000, subtype="FLOAT")
    audio = cut(tmp_path / "a.wav")
    assert audio.seconds == 12
    assert audio.samples[[0, -1], 0] == pytest.approx([0.12, 0.23])


def test_a_metric_falls_by_nothing_or_as_far_as_other_music(
    dealt: list[Excerpt], monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = ReferenceCorpus.of([Piece(each.song, each.album, each.features) for each in dealt])
    monkeypatch.setattr(degradations, "load_default", lambda: corpus)
    whole = corpus.standardized(dealt[0].features)
    assert fallen(timbre, whole, whole) == 0
    others = [piece.features.take_windows(np.arange(4)) for piece in corpus.matched(whole)]
    assert np.median([fallen(timbre, whole, other) for other in others]) == pytest.approx(1)
    without_key = replace(whole, chroma=np.ones_like(whole.chroma))
    assert np.isnan(fallen(harmony, whole, without_key))
    named = falls_of(whole, whole)
    assert tuple(named) == ASKED
    assert named["timbre"] == 0 and np.isnan(named["likeness"])  # there are no weights
