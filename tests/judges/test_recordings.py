"""Recordings as judges hear them: the stretch, the mean of the channels, the rate, the windows."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from secondtake.analysis.audio_io import AudioError
from secondtake.core.judgments import JudgeJob
from secondtake.judges.recordings import cut_windows, read_mono

RATE = 44_100


def tone(hertz: float, seconds: float, rate: int = RATE) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def job(path: Path, start: float | None = None, end: float | None = None) -> JudgeJob:
    return JudgeJob("clap", "general", "take", str(path), "", start, end)


@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_a_recording_is_heard_as_the_mean_of_its_channels_at_the_judges_rate(
    tmp_path: Path, rate: int
) -> None:
    path = tmp_path / "two.wav"
    stereo = np.stack([tone(440, 2.0), np.zeros(2 * RATE)], axis=1)
    soundfile.write(path, stereo, RATE, subtype="FLOAT")
    samples = read_mono(job(path), rate)
    assert samples.dtype == np.float32 and samples.shape == (2 * rate,)
    inside = slice(rate // 10, -rate // 10)
    assert np.abs(samples - 0.5 * tone(440, 2.0, rate))[inside].max() < 1e-3


def test_nothing_is_heard_of_what_the_judges_rate_cannot_hold(tmp_path: Path) -> None:
    path = tmp_path / "high.wav"
    soundfile.write(path, tone(10_000, 1.0), RATE, subtype="FLOAT")
    assert np.abs(read_mono(job(path), 16_000)[1000:-1000]).max() < 1e-4


def test_only_the_stretch_of_the_job_is_heard(tmp_path: Path) -> None:
    path = tmp_path / "parts.wav"
    parts = np.concatenate([np.zeros(RATE), tone(440, 1.0), np.zeros(RATE)])
    soundfile.write(path, parts, RATE, subtype="FLOAT")
    samples = read_mono(job(path, 1.0, 2.0), 16_000)
    assert len(samples) == 16_000 and np.sqrt(np.mean(samples**2)) > 0.34
    assert not read_mono(job(path, 2.1, 3.0), 16_000).any()


def test_a_file_that_is_no_recording_is_named(tmp_path: Path) -> None:
    path = tmp_path / "words.wav"
    path.write_text("no sound")
    with pytest.raises(AudioError, match=r"words\.wav"):
        read_mono(job(path), 16_000)
    with pytest.raises(AudioError, match="no such file"):
        read_mono(job(tmp_path / "none.wav"), 16_000)


@pytest.mark.parametrize(
    ("frames", "hop", "spans"),
    [
        (50, 10.0, [(0, 5)]),
        (100, 10.0, [(0, 10)]),
        (101, 10.0, [(0, 10), (10, 10.1)]),
        (250, 10.0, [(0, 10), (10, 20), (20, 25)]),
        (250, 5.0, [(0, 10), (5, 15), (10, 20), (15, 25)]),
        (251, 5.0, [(0, 10), (5, 15), (10, 20), (15, 25), (20, 25.1)]),
        (0, 10.0, [(0, 0)]),
    ],
)
def test_windows_go_on_until_one_reaches_the_end(
    frames: int, hop: float, spans: list[tuple[float, float]]
) -> None:
    samples = np.arange(frames, dtype=np.float32)
    windows = cut_windows(samples, 10, 10.0, hop)
    assert windows.spans == tuple(pytest.approx(span) for span in spans)
    for cut, (begin, end) in zip(windows.samples, spans, strict=True):
        assert np.array_equal(cut, samples[round(begin * 10) : round(end * 10)])


@pytest.mark.parametrize(
    ("frames", "spans"),
    [
        (50, [(0, 5)]),
        (100, [(0, 10)]),
        (101, [(0, 10), (0.1, 10.1)]),
        (250, [(0, 10), (5, 15), (10, 20), (15, 25)]),
        (238, [(0, 10), (5, 15), (10, 20), (13.8, 23.8)]),
        (0, [(0, 0)]),
    ],
)
def test_whole_windows_end_with_the_recording(
    frames: int, spans: list[tuple[float, float]]
) -> None:
    samples = np.arange(frames, dtype=np.float32)
    windows = cut_windows(samples, 10, 10.0, 5.0, whole=True)
    assert windows.spans == tuple(pytest.approx(span) for span in spans)
    for cut, (begin, end) in zip(windows.samples, spans, strict=True):
        assert np.array_equal(cut, samples[round(begin * 10) : round(end * 10)])
