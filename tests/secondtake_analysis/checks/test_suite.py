import numpy as np
import pytest
import soundfile

from secondtake.files import sha256_of
from secondtake.takes import wav_path
from secondtake_analysis.checks.promise import Promise
from secondtake_analysis.checks.suite import Subject, check

HEARD = {
    "finite", "silence", "edge silence", "ending", "loudness", "clipping at full scale",
    "clipping, flat tops", "true peak", "DC offset", "dropouts", "clicks", "stereo", "band edge",
    "hiss", "frozen", "loop",
}  # fmt: skip
OPENED = {"exists", "decodes"}
PROMISED = {"hash", "frames", "sample rate", "channels", "duration"}


@pytest.fixture
def take(make_take, babble):
    """A take that is good in every respect: something goes on, on two different channels."""
    samples = np.stack([babble(6), babble(6, seed=1)], axis=1)
    samples[-4000:] *= np.linspace(1, 0, 4000, dtype=np.float32)[:, None]
    return make_take("sketch", samples)


@pytest.fixture
def file(song, take):
    return wav_path(song.results, take.job.name)


def verdicts(path, take=None):
    sha256 = sha256_of(path) if path.is_file() else ""
    found = check(Subject(path, sha256, Promise.of(take) if take else None))
    assert all(one.source for one in found)
    return {one.name: one.verdict for one in found}


def test_a_sound_take_passes_every_check(file, take):
    found = verdicts(file, take)
    assert set(found) == OPENED | PROMISED | HEARD | {"voice"}
    assert set(found.values()) == {"pass"}


def test_a_file_of_no_model_is_checked_for_its_sound(file):
    assert set(verdicts(file)) == OPENED | HEARD


def test_a_changed_byte_fails_the_hash_alone(file, take):
    data = bytearray(file.read_bytes())
    data[5000] ^= 1
    file.write_bytes(data)
    found = verdicts(file, take)
    assert {name for name, verdict in found.items() if verdict == "fail"} == {"hash"}


def test_a_take_cut_short_fails_hash_frames_and_duration(file, take):
    file.write_bytes(file.read_bytes()[:-200_000])
    found = verdicts(file, take)
    assert {name for name, one in found.items() if one == "fail"} == {"hash", "frames", "duration"}


def test_a_missing_or_unreadable_file_stops_at_the_first_check(file, take):
    file.write_bytes(b"RIFFnoise")
    assert verdicts(file, take) == {"exists": "pass", "decodes": "fail"}
    file.unlink()
    assert verdicts(file, take) == {"exists": "fail"}


def test_nan_stops_the_checks_that_it_would_poison(tmp_path, sounds):
    samples = sounds.sine(440, 1)
    samples[10] = np.nan
    soundfile.write(tmp_path / "nan.wav", samples, 22_050, subtype="FLOAT")
    found = verdicts(tmp_path / "nan.wav")
    assert found == {"exists": "pass", "decodes": "pass", "finite": "fail"}


@pytest.mark.parametrize("frames", [0, 1, 30, 3000])
def test_hardly_any_frames_are_no_trouble(tmp_path, frames):
    samples = np.full((frames, 2), 0.1, np.float32)
    soundfile.write(tmp_path / "short.wav", samples, 44_100)
    found = verdicts(tmp_path / "short.wav")
    assert found["decodes"] == ("pass" if frames else "fail")


def test_silence_fails_once_and_nothing_is_asked_of_its_spectrum(tmp_path):
    soundfile.write(tmp_path / "still.wav", np.zeros((44_100, 2), np.float32), 44_100)
    found = verdicts(tmp_path / "still.wav")
    assert [name for name, verdict in found.items() if verdict == "fail"] == ["silence"]
    assert not {"hiss", "loop", "stereo"} & set(found)


def test_a_model_that_is_no_more_is_said(file, take):
    promise = Promise(
        model="gone",
        sample_rate=0,
        channels=0,
        bandwidth=0.0,
        exact_length=False,
        voice_only=False,
        voice=None,
        lyrics="",
        seconds=6.0,
        sha256=take.wav.sha256,
        frames=take.wav.frames,
        noticed=(),
    )
    found = {one.name: one for one in check(Subject(file, take.wav.sha256, promise))}
    assert found["model"].verdict == "warn" and "gone" in found["model"].note
    assert not {"sample rate", "channels", "duration", "voice"} & set(found)
