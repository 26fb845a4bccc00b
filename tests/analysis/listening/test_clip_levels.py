"""Levels: all versions as loud as the quietest, over the whole clip and over what all have."""

from pathlib import Path

import numpy as np
import pytest
from tests.analysis.listening.conftest import write_sound
from tests.sounds import Sounds

from secondtake.analysis.audio_io import AudioError
from secondtake.analysis.cache import Cache
from secondtake.analysis.listening.clip_levels import attenuations, common_levels, measure_all
from secondtake.analysis.listening.clip_sources import ClipSource
from secondtake.analysis.recording import Recording

RATE = 48_000


def source(folder: Path, name: str, samples: np.ndarray, segment: int = 1) -> ClipSource:
    path = folder / f"{name}.wav"
    write_sound(path, samples, RATE)
    return ClipSource(segment, name, Recording(path, name, Cache(folder / "cache")))


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([-14.0, -20.5, -16.0], [-6.5, 0.0, -4.5]),
        ([-14.0, None, -16.0], [-2.0, 0.0, 0.0]),
        ([-10.0, -15.0, -48.0], [-20.0, -15.0, 0.0]),
        ([None, None], [0.0, 0.0]),
        ([-9.0], [0.0]),
        ([], []),
    ],
)
def test_attenuation(levels: list[float | None], expected: list[float]) -> None:
    assert attenuations(levels) == expected


def test_what_begins_softly_is_matched_where_it_is_heard(tmp_path: Path) -> None:
    """0.6 s that all have; then one goes on 14 dB louder."""
    steady = Sounds.sine(997, 0.6, 0.2, RATE)
    swelling = np.concatenate([Sounds.sine(997, 0.6, 0.1, RATE), Sounds.sine(997, 1.0, 0.5, RATE)])
    sources = [source(tmp_path, "swelling", swelling), source(tmp_path, "steady", steady)]
    measured = measure_all(sources)
    whole = attenuations([each.level for each in measured])
    common = attenuations(common_levels(list(zip(sources, measured, strict=True))))
    assert whole[0] < -5 and whole[1] == 0  # by which the blind test made it too soft
    assert common == pytest.approx([0.0, -6.02], abs=0.05)


def test_each_segment_has_a_length_of_its_own(tmp_path: Path) -> None:
    tone = Sounds.sine(997, 1.2, 0.2, RATE)
    silent_first = np.concatenate([np.zeros(RATE // 2, np.float32), tone])
    sources = [
        source(tmp_path, "a", silent_first),
        source(tmp_path, "b", tone[: RATE // 2]),
        source(tmp_path, "c", silent_first, segment=2),
    ]
    measured = measure_all(sources)
    levels = common_levels(list(zip(sources, measured, strict=True)))
    assert levels[0] is None and levels[1:] == [measured[1].level, measured[2].level]
    assert attenuations(levels[:2]) == [0.0, 0.0]


def test_levels_are_measured_once(tmp_path: Path) -> None:
    sources = [
        source(tmp_path, "a", Sounds.sine(997, 1.0, 2.0, RATE)),
        source(tmp_path, "b", Sounds.sine(997, 0.5, 0.2, RATE)),
    ]
    heard = list(zip(sources, measure_all(sources), strict=True))
    levels = common_levels(heard)
    assert levels[0] == pytest.approx(heard[0][1].level, abs=0.1)  # as it is played, brought down
    sources[0].recording.path.unlink()
    assert common_levels(heard) == levels


def test_a_file_that_is_gone_is_said(tmp_path: Path) -> None:
    gone = source(tmp_path, "gone", Sounds.sine(997, 1.0, 0.2, RATE))
    assert gone.recording.identity[0]
    gone.recording.path.unlink()
    (measured,) = measure_all([gone])
    assert measured.level is None and "gone.wav" in measured.why
    short = source(tmp_path, "short", Sounds.sine(997, 0.5, 0.2, RATE))
    known = measure_all([short])[0]
    longer = source(tmp_path, "longer", Sounds.sine(997, 1.0, 0.2, RATE))
    heard = [(short, known), (longer, measure_all([longer])[0])]
    longer.recording.path.unlink()
    with pytest.raises(AudioError, match=r"longer\.wav"):
        common_levels(heard)
