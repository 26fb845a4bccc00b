import struct

import numpy as np
import pytest
import soundfile

from secondtake.analysis.audio_io import AudioError, read, read_header


def test_reads_what_was_written(tmp_path, sounds):
    samples = np.stack([sounds.sine(440, 1), sounds.sine(220, 1)], axis=1)
    soundfile.write(tmp_path / "a.wav", samples, 22_050, subtype="FLOAT")
    audio = read(tmp_path / "a.wav")
    assert audio.samples.dtype == np.float32
    assert np.array_equal(audio.samples, samples)
    assert (audio.seconds, audio.header.channels, audio.header.subtype) == (1.0, 2, "FLOAT")


def test_a_header_that_claims_hours_is_refused_before_decoding(tmp_path):
    path = tmp_path / "huge.flac"
    soundfile.write(path, np.zeros(1000, dtype=np.int16), 8000, format="FLAC")
    data = bytearray(path.read_bytes())
    data[21] |= 0x0F  # STREAMINFO: the upper four of 36 bits that count the samples
    path.write_bytes(data)
    assert soundfile.info(str(path)).frames > 1 << 35
    with pytest.raises(AudioError, match=r"claims .* s"):
        read_header(path)


def test_a_wav_header_that_claims_gigabytes_is_refused(tmp_path):
    path = tmp_path / "huge.wav"
    body = struct.pack("<HHIIHH", 1, 2, 4_000_000, 16_000_000, 4, 16)
    path.write_bytes(
        b"RIFF" + struct.pack("<I", 0xFFFFFFF0) + b"WAVEfmt " + struct.pack("<I", 16) + body
        + b"data" + struct.pack("<I", 0xFFFFFF00) + bytes(100)
    )  # fmt: skip
    try:
        header = read_header(path)
    except AudioError:
        return
    assert header.frames <= 25  # libsndfile believed the file's real length


@pytest.mark.parametrize("content", [b"", b"RIFF", b"not audio at all"])
def test_a_file_that_is_no_audio_is_named(tmp_path, content):
    path = tmp_path / "broken.wav"
    path.write_bytes(content)
    with pytest.raises(AudioError, match=r"broken\.wav: not readable as audio"):
        read(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(AudioError, match="no such file"):
        read(tmp_path / "none.wav")


def test_a_stretch_is_exact_to_the_sample(tmp_path, sounds):
    samples = sounds.pink(3, 8000)
    soundfile.write(tmp_path / "a.wav", samples, 8000, subtype="FLOAT")
    assert np.array_equal(read(tmp_path / "a.wav", 1.0, 2.5).samples[:, 0], samples[8000:20_000])


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (2.0, 1.0, "not before"),
        (None, 9.0, "beyond"),
        (9.0, None, "beyond"),
        (-1, 1, "0 or more"),
        (1.0, float("nan"), "not before"),
        (float("nan"), None, "0 or more"),
    ],
)
def test_a_stretch_that_is_not_there_is_refused(tmp_path, sounds, start, end, words):
    soundfile.write(tmp_path / "a.wav", sounds.sine(440, 3), 22_050)
    with pytest.raises(AudioError, match=words):
        read(tmp_path / "a.wav", start, end)
