import io

import numpy as np
import pytest
import soundfile

from secondtake.analysis.audio_io import read, read_header
from secondtake.analysis.mpeg import MOST_SKIPPED, find_stream, frame_at, skip_id3

RATE = 44_100
ID3 = b"ID3\x04\0\0" + bytes([0, 0, 2, 0]) + bytes(256)


def encode(samples: np.ndarray, rate: int = RATE) -> bytes:
    """An MP3 of variable bitrate with a Xing tag."""
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="MP3", bitrate_mode="VARIABLE")
    return file.getvalue()


@pytest.fixture
def loud_then_soft(sounds):
    """4 s whose first second takes most of the bits."""
    noise = sounds.pink(4, RATE)
    noise[RATE:] *= np.float32(1e-3)
    return encode(noise)


@pytest.fixture
def written(tmp_path):
    def write(data: bytes):
        path = tmp_path / "a.mp3"
        path.write_bytes(data)
        return path

    return write


def without_tag(mp3: bytes) -> bytes:
    return mp3[frame_at(mp3, 0).size :]


def test_a_frame_is_as_long_as_the_standard_says():
    assert frame_at(bytes.fromhex("fffb9064"), 0).size == 144 * 128_000 // 44_100
    assert frame_at(bytes.fromhex("fff384c4"), 0).samples == 576  # MPEG-2
    for invalid in ("fffb00c4", "fffbf0c4", "fffb9cc4", "ffeb90c4", "fff990c4", "52494646", "fffb"):
        assert frame_at(bytes.fromhex(invalid), 0) is None


def test_a_tag_that_is_right_decodes_as_libsndfile_does(written, loud_then_soft):
    expected, _ = soundfile.read(io.BytesIO(loud_then_soft), dtype="float32", always_2d=True)
    for data in (loud_then_soft, ID3 + loud_then_soft, b"noise" * 99 + loud_then_soft + b"TAG"):
        assert np.array_equal(read(written(data)).samples, expected)


def test_a_variable_bitrate_without_a_tag_has_its_true_length(written, loud_then_soft):
    path = written(without_tag(loud_then_soft))
    estimated = soundfile.info(str(path)).duration
    assert estimated < 3  # what libmpg123 believes
    audio = read(path)
    frames = len(find_stream(path.open("rb")).frames)
    assert len(audio.samples) == audio.header.frames == frames * 1152
    assert audio.seconds == pytest.approx(4, abs=0.1)
    assert audio.header.shortfall == ""
    part = read(path, 3.0, 3.5)
    assert np.array_equal(part.samples, audio.samples[3 * RATE : round(3.5 * RATE)])


@pytest.mark.parametrize("rate", [8000, 16_000, 24_000, 32_000, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_every_kind_of_stream_is_counted(written, sounds, rate, channels):
    noise = np.stack([sounds.pink(2, rate)] * channels, axis=1)
    mp3 = encode(noise, rate)
    assert read(written(mp3)).seconds == pytest.approx(2, abs=0.01)
    audio = read(written(without_tag(mp3)))
    assert audio.seconds == pytest.approx(2, abs=0.3)
    assert len(audio.samples) == audio.header.frames


def test_joined_files_have_the_length_of_both(written, loud_then_soft):
    audio = read(written(loud_then_soft + ID3 + loud_then_soft))
    assert audio.seconds == pytest.approx(8, abs=0.2)
    assert audio.header.shortfall == ""


@pytest.mark.parametrize("tag", [b"Xing", b"VBRI"])
def test_fewer_frames_than_the_tag_states_are_a_shortfall(written, loud_then_soft, tag):
    if tag == b"VBRI":  # Fraunhofer's tag, in a frame of its own
        count = len(find_stream(io.BytesIO(loud_then_soft)).frames)
        body = b"VBRI" + bytes(10) + count.to_bytes(4, "big")
        frame = bytes.fromhex("fffb9064") + bytes(32) + body
        loud_then_soft = frame.ljust(417, b"\0") + without_tag(loud_then_soft)
    whole = read(written(loud_then_soft))
    assert whole.seconds == pytest.approx(4, abs=0.1) and whole.header.shortfall == ""
    cut = read(written(loud_then_soft[: len(loud_then_soft) * 2 // 3]))
    assert cut.header.promised == pytest.approx(4, abs=0.1)
    assert cut.seconds < 3.8
    assert len(cut.samples) == cut.header.frames


def test_a_tag_that_states_hours_costs_nothing(written, loud_then_soft):
    at = loud_then_soft.find(b"Xing") + 8
    hostile = loud_then_soft[:at] + b"\xff" * 4 + loud_then_soft[at + 4 :]
    header = read_header(written(hostile))
    assert header.seconds == pytest.approx(4, abs=0.1)
    assert header.promised > 1e6


def test_what_is_between_frames_is_skipped_up_to_a_limit(loud_then_soft):
    frames = find_stream(io.BytesIO(loud_then_soft)).frames
    middle = frames[50].at
    for junk, count in ((b"\xff" * 999, len(frames)), (b"\xff" * (MOST_SKIPPED + 1), 50)):
        data = loud_then_soft[:middle] + junk + loud_then_soft[middle:]
        assert len(find_stream(io.BytesIO(data)).frames) == count


@pytest.mark.parametrize("data", [b"", b"\xff" * 100_000, b"RIFF" * 9, ID3, b"\xff\xfb\x90\x64"])
def test_what_is_no_mp3_is_none(data):
    assert find_stream(io.BytesIO(data)) is None
    assert skip_id3(data) in (0, len(ID3))
