"""A recording's length by its header, as libsndfile has it, and what is no recording."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from secondtake.core.recordings import recording_length

KINDS = [
    ("WAV", "PCM_16"), ("WAV", "FLOAT"), ("WAV", "PCM_U8"), ("WAVEX", "PCM_24"), ("RF64", "PCM_16"),
    ("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("OGG", "OPUS"),
]  # fmt: skip
LEFT_TO_THE_DECODER = [("AIFF", "PCM_16"), ("AU", "PCM_16"), ("CAF", "PCM_16"), ("W64", "PCM_16"),
                       ("MP3", "MPEG_LAYER_III")]  # fmt: skip


def recording(kind: str, subtype: str, seconds: float = 0.5) -> bytes:
    rate = 48_000 if subtype == "OPUS" else 44_100
    sound = np.sin(np.arange(round(seconds * rate)) / 9)
    file = io.BytesIO()
    soundfile.write(file, np.stack([sound, sound], 1) / 2, rate, format=kind, subtype=subtype)
    return file.getvalue()


@pytest.mark.parametrize(("kind", "subtype"), KINDS)
def test_a_header_states_the_length_that_the_decoder_finds(
    tmp_path: Path, kind: str, subtype: str
) -> None:
    path = tmp_path / "x"
    path.write_bytes(recording(kind, subtype))
    length = recording_length(path)
    facts = soundfile.info(path)
    assert length is not None and length.sample_rate == facts.samplerate
    assert abs(length.frames - facts.frames) < 1000  # Opus counts what is left out at its start
    if kind != "OGG":
        assert length.frames == facts.frames


@pytest.mark.parametrize(("kind", "subtype"), LEFT_TO_THE_DECODER)
def test_others_are_recordings_of_unknown_length(tmp_path: Path, kind: str, subtype: str) -> None:
    (tmp_path / "x").write_bytes(recording(kind, subtype))
    assert recording_length(tmp_path / "x") is None


def test_a_wav_that_breaks_off_has_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(recording("WAV", "PCM_16")[: 44 + 4 * 1000])
    length = recording_length(tmp_path / "x")
    assert length is not None and length.frames == 1000


@pytest.mark.parametrize(
    "data", [b"", b"hello there", b"RIFF", b"RIFF\0\0\0\0WAVE", b"fLaC", b"\x00" * 99, b"<html>"]
)
def test_what_is_no_recording_is_told(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(ValueError, match="it is"):
        recording_length(tmp_path / "x")


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="no file"):
        recording_length(tmp_path / "pipe")
    with pytest.raises(FileNotFoundError):
        recording_length(tmp_path / "none")
