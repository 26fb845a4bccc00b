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


def test_a_flac_of_unknown_length_is_refused_with_the_command_that_helps(tmp_path):
    path = tmp_path / "piped.flac"
    soundfile.write(path, np.zeros(1000, dtype=np.int16), 8000, format="FLAC")
    data = bytearray(path.read_bytes())
    data[21] &= 0xF0  # STREAMINFO: 36 bits that count the samples
    data[22:26] = bytes(4)
    path.write_bytes(data)
    with pytest.raises(AudioError, match=r"states no length; ffmpeg -i .*piped\.wav"):
        read_header(path)


def test_a_wav_of_a_hundred_bytes_that_claims_an_hour_is_short_and_says_so(tmp_path):
    path = tmp_path / "claims.wav"
    body = struct.pack("<HHIIHH", 1, 1, 8000, 16_000, 2, 16)
    chunks = b"fmt " + struct.pack("<I", 16) + body + b"data" + struct.pack("<I", 3600 * 16_000)
    path.write_bytes(b"RIFF" + struct.pack("<I", 36) + b"WAVE" + chunks + bytes(100))
    audio = read(path)
    assert len(audio.samples) == 50
    assert audio.header.shortfall.startswith("the header promises 3600.00 s, the file holds 0.01 s")


def test_a_stretch_that_cannot_be_decoded_says_where_it_breaks_off(tmp_path, sounds):
    path = tmp_path / "cut.flac"
    soundfile.write(path, sounds.pink(4, 44_100), 44_100)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    whole = read(path)
    assert 1.5 < whole.seconds < 2.5 and whole.header.promised == 4
    with pytest.raises(AudioError, match="decoding breaks off"):
        read(path, 1.0, 3.5)


def test_damage_inside_an_mp3_prints_nothing(tmp_path, sounds, capfd):
    path = tmp_path / "damaged.mp3"
    soundfile.write(path, sounds.pink(3, 44_100), 44_100, format="MP3")
    data = bytearray(path.read_bytes())
    data[5000:9000:7] = bytes(len(range(5000, 9000, 7)))
    for content in (data, data[:20_000], data[:9000] + b"<html>" * 500):
        path.write_bytes(content)
        for load in (read_header, read):
            load(path)
    assert capfd.readouterr() == ("", "")


def test_a_file_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    (tmp_path / "a.wav").write_bytes(b"RIFF")

    def refuse(*_args, **_named):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(AudioError, match=r"a\.wav: Permission denied; make it readable"):
        read(tmp_path / "a.wav")
