"""Clips: in time, as loud as their files, of one size, without a hint of where they come from."""

import io
import itertools
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tests.sounds import Sounds

from secondtake.analysis.audio_io import AudioError
from secondtake.analysis.cache import Cache
from secondtake.analysis.listening.clip_audio import (
    BIT_RATES,
    CLIP_RATE,
    LAYOUTS,
    SIDES,
    PlayedSound,
    downmix,
    encode,
    padded,
    play,
)
from secondtake.analysis.recording import Recording
from secondtake.audio.loudness import integrated
from secondtake.core.listening_file import MEDIA_TYPES, Encoding

SECONDS = 2.0
TIMES = (0.01, 1.0, 1.71828)  # s, of clicks
RATES = (8_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000)
ENCODINGS: tuple[Encoding, ...] = ("mp3", "wav")


def played(folder: Path, samples: np.ndarray, rate: int, **options: str) -> PlayedSound:
    path = folder / "bark_segment7_verse.wav"
    soundfile.write(path, samples, rate, **{"subtype": "FLOAT", **options})
    return play(Recording(path, "a take", Cache(folder)))


def decoded(data: bytes) -> np.ndarray:
    samples, rate = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)
    assert rate == CLIP_RATE and samples.shape[1] == 2
    return np.asarray(samples)


def clicks(rate: int, channels: int) -> np.ndarray:
    samples = np.zeros((round(SECONDS * rate), channels), np.float32)
    for time in TIMES:
        samples[round(time * rate)] = 0.9
    return samples


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("rate", RATES)
def test_a_click_stands_where_it_stood_to_the_millisecond(
    tmp_path: Path, rate: int, encoding: Encoding
) -> None:
    sound = played(tmp_path, clicks(rate, 2), rate)
    clip = decoded(encode(padded(sound.samples, sound.frames + 4321), encoding))
    assert len(clip) == sound.frames + 4321 and sound.frames == round(SECONDS * CLIP_RATE)
    for time in TIMES:
        place = round(time * CLIP_RATE)
        around = np.abs(clip[max(0, place - 2400) : place + 2400]).max(axis=1)
        offset = int(around.argmax()) - min(place, 2400)
        assert abs(offset) < 0.001 * CLIP_RATE


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_all_clips_of_a_length_have_as_many_bytes(
    tmp_path: Path, sounds: type[Sounds], encoding: Encoding
) -> None:
    """Whatever sounds in them, of whatever rate and channels: also for silence."""
    frames = round(SECONDS * CLIP_RATE)
    sizes = set()
    for rate, channels in [(24_000, 1), (22_050, 2), (96_000, 2), (8_000, 1), (44_100, 6)]:
        noise = sounds.pink(SECONDS - rate / 100_000, rate, seed=channels)
        sound = played(tmp_path, np.stack([noise] * channels, axis=1), rate)
        sizes.add(len(encode(padded(sound.samples, frames), encoding)))
    sizes.add(len(encode(np.zeros((frames, 2), np.float32), encoding)))
    (size,) = sizes
    assert size * 8 / SECONDS == pytest.approx(BIT_RATES[encoding], rel=0.05)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_clip_says_nothing_of_its_file(
    tmp_path: Path, sounds: type[Sounds], encoding: Encoding
) -> None:
    sound = played(tmp_path, sounds.pink(1, 24_000), 24_000)
    data = encode(sound.samples, encoding)
    tags = (b"ID3", b"TAG", b"APETAG", b"LIST", b"bext", b"bark", b"segment", b"wav\0")
    assert [tag for tag in tags if tag in data] == []
    assert data[:2] == b"\xff\xfb" if encoding == "mp3" else data[:4] == b"RIFF"
    assert encode(sound.samples, encoding) == data


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(("rate", "channels"), [(24_000, 1), (44_100, 2)])
def test_a_clip_is_as_loud_as_its_file_and_has_its_spectrum(
    tmp_path: Path, sounds: type[Sounds], encoding: Encoding, rate: int, channels: int
) -> None:
    noise = np.stack([0.5 * sounds.pink(3, rate, seed=c) for c in range(channels)], axis=1)
    sound = played(tmp_path, noise, rate)
    clip = decoded(encode(sound.samples, encoding))
    assert sound.headroom_db == 0
    assert sound.lufs == pytest.approx(integrated(noise, rate), abs=0.05)
    assert integrated(clip, CLIP_RATE) == pytest.approx(sound.lufs, abs=0.2)
    edges = [40, 200, 1000, 4000, 8000] + [16_000] * (rate > 32_000)
    for low, high in itertools.pairwise(edges):
        assert level(clip, low, high) == pytest.approx(level(sound.samples, low, high), abs=1.0)


def level(samples: np.ndarray, low: float, high: float) -> float:
    """dB of a band."""
    power = np.abs(np.fft.rfft(samples[:, 0])) ** 2
    hertz = np.fft.rfftfreq(len(samples), 1 / CLIP_RATE)
    return float(10 * np.log10(power[(hertz >= low) & (hertz < high)].sum()))


def test_a_file_beyond_full_scale_is_brought_down_and_that_is_said(
    tmp_path: Path, sounds: type[Sounds]
) -> None:
    sine = sounds.sine(440, SECONDS, peak=1.9, rate=CLIP_RATE)
    sound = played(tmp_path, sine, CLIP_RATE)
    assert np.abs(sound.samples).max() == pytest.approx(10 ** (-0.1 / 20), abs=1e-4)
    assert sound.headroom_db == pytest.approx(-0.1 - 20 * np.log10(1.9), abs=1e-3)
    assert sound.lufs == pytest.approx(integrated(sine[:, None], CLIP_RATE), abs=0.01)
    clip = decoded(encode(sound.samples, "wav"))
    assert np.allclose(clip, sound.samples, atol=1e-4)  # nothing is clipped or wraps around


def test_a_mono_file_plays_on_both_sides_as_loud_as_it_is(
    tmp_path: Path, sounds: type[Sounds]
) -> None:
    sine = sounds.sine(997, SECONDS, rate=CLIP_RATE)
    sound = played(tmp_path, sine, CLIP_RATE)
    assert np.array_equal(sound.samples, np.stack([sine, sine], axis=1))
    assert sound.lufs == pytest.approx(integrated(sine[:, None], CLIP_RATE))


@pytest.mark.parametrize("channels", range(1, 9))
def test_every_channel_goes_to_its_side(channels: int) -> None:
    layout = LAYOUTS[channels - 1]
    assert len(layout) == channels
    mixed = downmix(np.eye(channels, dtype=np.float32))
    expected = [SIDES[place] for place in layout] if channels > 1 else [(1.0, 1.0)]
    assert np.allclose(mixed, expected)
    assert layout.count("L") == layout.count("R") and layout.count("l") == layout.count("r")


def test_silence_has_no_loudness_and_nothing_is_no_sound(tmp_path: Path) -> None:
    assert played(tmp_path, np.zeros((CLIP_RATE, 2)), CLIP_RATE).lufs is None
    with pytest.raises(AudioError, match="too short to be heard"):
        played(tmp_path, np.full((1, 1), 0.1), 352_800)
    with pytest.raises(AudioError, match="NaN or infinity"):
        played(tmp_path, np.full((CLIP_RATE, 1), np.nan), CLIP_RATE)


def test_every_encoding_has_a_media_type_and_a_bit_rate() -> None:
    assert set(MEDIA_TYPES) == set(BIT_RATES) == set(ENCODINGS)
