import struct
from pathlib import Path

import numpy as np
import pytest

from secondtake.wav import write_wav
from secondtake_runner.phases.riff import Header, read_header


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"".join(
        name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
        for name, data in chunks
    )
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body


def form(tag: int, channels: int, rate: int, frame_bytes: int) -> bytes:
    return struct.pack("<HHIIHH", tag, channels, rate, rate * frame_bytes, frame_bytes, 16)


def test_a_wav_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    write_wav(path, np.zeros((4800, 2), np.float32), 48_000)
    header = read_header(path)
    assert header == Header(48_000, 2, 4800)
    assert header.seconds == pytest.approx(0.1)


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
    assert read_header(path) == Header(8000, 1, 10)


def test_a_length_that_was_never_true_is_cut_to_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    whole = riff((b"fmt ", form(1, 1, 8000, 2)), (b"data", b"\0" * 20))
    path.write_bytes(whole[:40] + struct.pack("<I", 0xFFFFFFFF) + whole[44:])
    assert read_header(path) == Header(8000, 1, 10)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"RIFF",
        b"ID3" + b"\0" * 100,
        riff((b"data", b"\0" * 8)),
        riff((b"fmt ", form(1, 0, 8000, 2)), (b"data", b"\0" * 8)),
        riff((b"fmt ", form(1, 1, 0, 2)), (b"data", b"\0" * 8)),
        riff((b"fmt ", form(1, 1, 8000, 0)), (b"data", b"\0" * 8)),
        riff((b"fmt ", b"short")),
    ],
)
def test_what_is_no_wav_has_no_header(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(data)
    assert read_header(path) is None


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert read_header(tmp_path / "none.wav") is None
