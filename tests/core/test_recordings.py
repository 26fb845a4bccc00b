"""A recording's format and length by its header, as libsndfile has them; and other files."""

import io
import os
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from secondtake.core.recordings import Header, read_header

KINDS = [
    ("WAV", "PCM_16"), ("WAV", "FLOAT"), ("WAV", "PCM_U8"), ("WAVEX", "PCM_24"), ("RF64", "PCM_16"),
    ("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("OGG", "OPUS"),
]  # fmt: skip
LEFT_TO_THE_DECODER = [("AIFF", "PCM_16"), ("AU", "PCM_16"), ("CAF", "PCM_16"), ("W64", "PCM_16"),
                       ("MP3", "MPEG_LAYER_III")]  # fmt: skip


def recording(kind: str, subtype: str, seconds: float = 0.5, channels: int = 2) -> bytes:
    rate = 48_000 if subtype == "OPUS" else 44_100
    sound = np.sin(np.arange(round(seconds * rate)) / 9)
    file = io.BytesIO()
    soundfile.write(file, np.stack([sound] * channels, 1) / 2, rate, format=kind, subtype=subtype)
    return file.getvalue()


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(("kind", "subtype"), KINDS)
def test_a_header_states_what_the_decoder_finds(
    tmp_path: Path, kind: str, subtype: str, channels: int
) -> None:
    path = tmp_path / "x"
    path.write_bytes(recording(kind, subtype, channels=channels))
    header = read_header(path)
    facts = soundfile.info(path)
    assert header is not None and header.sample_rate == facts.samplerate
    assert header.channels == facts.channels
    assert abs(header.frames - facts.frames) < 1000  # Opus counts what is left out at its start
    if kind != "OGG":
        assert header.frames == facts.frames


@pytest.mark.parametrize(("kind", "subtype"), LEFT_TO_THE_DECODER)
def test_others_are_recordings_of_unknown_length(tmp_path: Path, kind: str, subtype: str) -> None:
    (tmp_path / "x").write_bytes(recording(kind, subtype))
    assert read_header(tmp_path / "x") is None


def test_a_wav_that_breaks_off_has_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(recording("WAV", "PCM_16")[: 44 + 4 * 1000])
    header = read_header(tmp_path / "x")
    assert header is not None and header.frames == 1000


@pytest.mark.parametrize(
    "data", [b"", b"hello there", b"RIFF", b"RIFF\0\0\0\0WAVE", b"fLaC", b"\x00" * 99, b"<html>"]
)
def test_what_is_no_recording_is_told(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(ValueError, match="it is"):
        read_header(tmp_path / "x")


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="no file"):
        read_header(tmp_path / "pipe")
    with pytest.raises(FileNotFoundError):
        read_header(tmp_path / "none")


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"".join(
        name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
        for name, data in chunks
    )
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body


def form(tag: int, channels: int, rate: int, frame_bytes: int) -> bytes:
    return struct.pack("<HHIIHH", tag, channels, rate, rate * frame_bytes, frame_bytes, 16)


def test_floats_and_foreign_chunks_of_odd_length(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(
        riff(
            (b"JUNK", b"odd"),
            (b"fmt ", form(3, 1, 8000, 4)),
            (b"LIST", b"x"),
            (b"data", b"\0" * 40),
        )
    )
    assert read_header(path) == Header(10, 8000, 1)


def test_a_length_that_was_never_true_is_cut_to_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    whole = riff((b"fmt ", form(1, 1, 8000, 2)), (b"data", b"\0" * 20))
    path.write_bytes(whole[:40] + struct.pack("<I", 0xFFFFFFFF) + whole[44:])
    assert read_header(path) == Header(10, 8000, 1)


@pytest.mark.parametrize(
    "data",
    [
        riff((b"data", b"\0" * 8)),
        riff((b"fmt ", form(1, 0, 8000, 2)), (b"data", b"\0" * 8)),
        riff((b"fmt ", form(1, 1, 0, 2)), (b"data", b"\0" * 8)),
        riff((b"fmt ", form(1, 1, 8000, 0)), (b"data", b"\0" * 8)),
        riff((b"fmt ", b"short")),
    ],
)
def test_a_wav_without_sense_is_told(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(ValueError, match="without samples"):
        read_header(tmp_path / "x")
