import io
import math
import struct

import numpy as np
import pytest
import soundfile

from secondtake.analysis.audio_io import AudioError, read, read_header
from secondtake.analysis.containers import promised_seconds

RATE = 24_000  # Hz, as Opus has it
BLOCK = 0.3  # s; ADPCM decodes a last block of which a part is missing
KINDS = [
    ("WAV", "PCM_16"),
    ("WAV", "FLOAT"),
    ("WAV", "IMA_ADPCM"),
    ("WAVEX", "PCM_24"),
    ("RF64", "PCM_16"),
    ("W64", "PCM_24"),
    ("AIFF", "PCM_16"),
    ("AU", "PCM_16"),
    ("CAF", "PCM_16"),
    ("FLAC", "PCM_16"),
    ("FLAC", "PCM_24"),
    ("OGG", "VORBIS"),
    ("OGG", "OPUS"),
    ("MP3", None),
]


@pytest.fixture
def encoded(sounds):
    """(format, subtype) -> the bytes of 4 s of stereo noise."""

    def encode(container: str, subtype: str | None) -> bytes:
        noise = np.stack([sounds.pink(4, RATE, seed) for seed in (1, 2)], axis=1)
        file = io.BytesIO()
        with soundfile.SoundFile(file, "w", RATE, 2, subtype, format=container) as sound:
            for block in np.array_split(noise, 20):  # a one-shot Vorbis write can crash libsndfile
                sound.write(block)
        return file.getvalue()

    return encode


@pytest.mark.parametrize(("container", "subtype"), KINDS)
def test_a_whole_file_lacks_nothing(tmp_path, encoded, container, subtype):
    path = tmp_path / "whole"
    path.write_bytes(encoded(container, subtype))
    audio = read(path)
    assert audio.seconds == pytest.approx(4, abs=BLOCK)
    assert (audio.header.promised, audio.header.shortfall) == (None, "")


@pytest.mark.parametrize("kept", [0.3, 0.5, 0.77, 0.95])
@pytest.mark.parametrize(("container", "subtype"), KINDS)
def test_a_file_that_breaks_off_says_both_lengths(tmp_path, encoded, container, subtype, kept):
    data = encoded(container, subtype)
    path = tmp_path / "cut"
    path.write_bytes(data[: round(kept * len(data))])
    if container == "CAF":  # libsndfile opens none
        with pytest.raises(AudioError, match="cut off: fetch it again"):
            read(path)
        return
    audio = read(path)
    header = audio.header
    assert audio.seconds == header.seconds < header.promised
    assert header.shortfall.endswith(": cut off; fetch it again")
    assert f"the file holds {audio.seconds:.2f} s" in header.shortfall
    if container != "OGG":
        assert header.promised == pytest.approx(4, abs=BLOCK)
        assert header.shortfall.startswith(f"the header promises {header.promised:.2f} s")
    if subtype in ("PCM_16", "FLOAT", "PCM_24") and container != "FLAC":
        assert audio.seconds == pytest.approx(4 * kept, abs=0.05)


def test_an_ogg_file_that_ends_with_a_whole_page_lacks_its_last(tmp_path, encoded):
    data = encoded("OGG", "VORBIS")
    path = tmp_path / "cut.ogg"
    path.write_bytes(data[: data.rfind(b"OggS")])
    header = read_header(path)
    assert math.isinf(header.promised)
    expected = f"its end is missing after {header.seconds:.2f} s: cut off; fetch it again"
    assert header.shortfall == expected


def wav(stated: int, content: bytes) -> io.BytesIO:
    """16 bits, mono, 8 kHz."""
    head = struct.pack("<HHIIHH", 1, 1, 8000, 16_000, 2, 16)
    chunks = b"fmt " + struct.pack("<I", 16) + head + b"data" + struct.pack("<I", stated)
    return io.BytesIO(b"RIFF" + struct.pack("<I", 36) + b"WAVE" + chunks + content)


@pytest.mark.parametrize("stated", [0, 0x7FFFF000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFDB, 0xFFFFFFFF])
def test_a_size_that_a_program_wrote_to_a_pipe_promises_nothing(stated):
    assert promised_seconds(wav(stated, bytes(16_000)), 1.0, 8000) is None


def test_a_size_is_compared_with_what_is_there():
    assert promised_seconds(wav(64_000, bytes(16_000)), 1.0, 8000) == 4
    assert promised_seconds(wav(16_040, bytes(16_000)), 1.0, 8000) is None  # counts the header
    assert promised_seconds(wav(16_000, bytes(17_000)), 1.0, 8000) is None
    assert promised_seconds(wav(64_000, b""), 0.0, 8000) == math.inf


@pytest.mark.parametrize("magic", [b"RIFF", b"FORM", b"caff", b"riff", b"OggS", b".snd", b"RF64"])
def test_hostile_bytes_end_soon(magic):
    for content in (b"", bytes(1 << 20), b"\xff" * (1 << 20), b"OggS" * (1 << 18)):
        promised = promised_seconds(io.BytesIO(magic + content), 1.0, 8000)
        assert promised is None or promised > 1
