import numpy as np
import pytest
import soundfile

from secondtake.analysis.cache import Cache
from secondtake.analysis.checks import suite
from secondtake.analysis.checks.check import worst
from secondtake.analysis.checks.expectations import Expectations
from secondtake.analysis.checks.suite import CheckTarget, check_file
from secondtake.core.files import sha256_of
from secondtake.core.registry.all_models import MODELS
from secondtake.core.takes import wav_path
from secondtake.core.wav import write_wav

RATE = 8000


@pytest.fixture
def targets(tmp_path, sounds):
    """Ten files of which the third is silent and the last is no audio."""
    targets = []
    for number in range(10):
        path = tmp_path / f"{number}.wav"
        loud = 0.0 if number == 2 else 1.0
        soundfile.write(path, sounds.pink(1.5, RATE, seed=number) * loud, RATE)
        if number == 9:
            path.write_bytes(b"no audio")
        targets.append(CheckTarget(path, sha256_of(path)))
    return targets


def test_in_processes_as_alone_and_in_order(targets, tmp_path):
    lines = []
    assert suite.check_files(targets, None, lines.append) == [
        check_file(target) for target in targets
    ]
    assert lines == ["8 of 10 files checked"]


def test_the_second_time_nothing_is_opened(targets, tmp_path, monkeypatch):
    cache = Cache(tmp_path / "cache")
    first = suite.check_files(targets[2:5], cache)
    monkeypatch.setattr(suite, "check_file", lambda target: pytest.fail("checked again"))
    assert suite.check_files(targets[2:5], cache) == first
    assert [worst(checks) for checks in first] == ["fail", "pass", "pass"]


def test_another_content_stretch_or_promise_is_judged_anew(targets, tmp_path):
    cache = Cache(tmp_path / "cache")
    path, sha256 = targets[0].path, targets[0].sha256
    [whole] = suite.check_files([targets[0]], cache)
    [part] = suite.check_files([CheckTarget(path, sha256, start=0.2, end=1.0)], cache)
    figures = [{check.name: check.figure for check in checks} for checks in (whole, part)]
    assert [check["decodes"] for check in figures] == [1.5, 0.8]
    soundfile.write(path, np.zeros(RATE), RATE)
    [changed] = suite.check_files([CheckTarget(path, sha256_of(path))], cache)
    assert {check.name: check.verdict for check in changed}["silence"] == "fail"


def test_a_long_file_is_checked_after_the_short_ones_and_keeps_its_place(
    targets, tmp_path, monkeypatch
):
    monkeypatch.setattr(suite, "LONG", 1.0)
    short = tmp_path / "short.wav"
    soundfile.write(short, np.full(RATE // 2, 0.1), RATE)
    order = [targets[0], CheckTarget(short, sha256_of(short)), targets[1]]
    seen = []
    monkeypatch.setattr(
        suite, "check_file", lambda target: seen.append(target.path) or check_file(target)
    )
    results = suite.check_files(order)
    assert seen == [short, targets[0].path, targets[1].path]
    assert results == [check_file(target) for target in order]


HEARD = {
    "finite", "beyond full scale", "silence", "edge silence", "ending", "loudness",
    "clipping at full scale",
    "clipping, flat tops", "true peak", "DC offset", "dropouts", "clicks", "stereo", "band edge",
    "hiss", "steady tone", "alarm", "frozen", "loop",
}  # fmt: skip
OPENED = {"exists", "decodes"}
OPENED_WELL = dict.fromkeys(OPENED, "pass")
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
    checks = check_file(CheckTarget(path, sha256, Expectations.from_take(take) if take else None))
    assert all(check.source for check in checks)
    return {check.name: check.verdict for check in checks}


def test_a_sound_take_passes_every_check(file, take):
    by_name = verdicts(file, take)
    assert set(by_name) == OPENED | PROMISED | HEARD | {"voice"}
    assert set(by_name.values()) == {"pass"}


def test_a_file_of_no_model_is_checked_for_its_sound(file):
    assert set(verdicts(file)) == OPENED | HEARD


@pytest.mark.parametrize("wanted", [True, False])
def test_a_file_of_no_model_may_be_expected_to_hold_a_voice(file, wanted):
    target = CheckTarget(file, sha256_of(file), voice=wanted)
    assert target.identity != CheckTarget(file, target.sha256).identity
    by_name = {check.name: check.verdict for check in check_file(target)}
    assert by_name["voice"] == ("warn" if wanted else "pass")


def test_a_changed_byte_fails_the_hash_alone(file, take):
    data = bytearray(file.read_bytes())
    data[5000] ^= 1
    file.write_bytes(data)
    by_name = verdicts(file, take)
    assert {name for name, verdict in by_name.items() if verdict == "fail"} == {"hash"}


def test_a_take_cut_short_fails_hash_frames_and_duration(file, take):
    file.write_bytes(file.read_bytes()[:-200_000])
    by_name = verdicts(file, take)
    failed = {name for name, verdict in by_name.items() if verdict == "fail"}
    assert failed == {"decodes", "hash", "frames", "duration"}


def test_a_missing_or_unreadable_file_stops_at_the_first_check(file, take):
    file.write_bytes(b"RIFFnoise")
    assert verdicts(file, take) == {"exists": "pass", "decodes": "fail"}
    file.unlink()
    assert verdicts(file, take) == {"exists": "fail"}


def test_nan_stops_the_checks_that_it_would_poison(tmp_path, sounds):
    samples = sounds.sine(440, 1)
    samples[10] = np.nan
    soundfile.write(tmp_path / "nan.wav", samples, 22_050, subtype="FLOAT")
    by_name = verdicts(tmp_path / "nan.wav")
    assert by_name == {"exists": "pass", "decodes": "pass", "finite": "fail"}


def test_integers_in_a_float_file_are_said_once(tmp_path, sounds):
    samples = np.rint(sounds.pink(2, RATE) * 32_768)
    soundfile.write(tmp_path / "scaled.wav", samples, RATE, subtype="FLOAT")
    by_name = verdicts(tmp_path / "scaled.wav")
    assert by_name == OPENED_WELL | {"finite": "pass", "beyond full scale": "fail"}


def test_a_broken_download_fails_and_its_rest_is_heard(tmp_path, sounds):
    path = tmp_path / "half.wav"
    soundfile.write(path, sounds.pink(4, RATE), RATE)
    path.write_bytes(path.read_bytes()[: 44 + 4 * RATE])
    for stretch in ((None, None), (0.0, 1.0)):
        checks = check_file(CheckTarget(path, "", None, *stretch))
        failed = [check for check in checks if check.verdict == "fail"]
        assert [check.name for check in failed] == ["decodes"]
        assert failed[0].note.startswith("the header promises 4.00 s, the file holds 2.00 s")


def test_the_remedy_names_the_file_that_is_asked_about(tmp_path):
    cache, notes = Cache(tmp_path / "cache"), []
    for name in ("a.mp3", "a.m4a"):
        path = tmp_path / name
        path.write_bytes(b"\0\0\0\x1cftypM4A " + bytes(99) + b"mp4a")
        [checks] = suite.check_files([CheckTarget(path, sha256_of(path))], cache)
        notes.append(checks[-1].note)
    assert "a.mp3" in notes[0] and "a.m4a" in notes[1]


@pytest.mark.parametrize("frames", [0, 1, 30, 3000])
def test_hardly_any_frames_are_no_trouble(tmp_path, frames):
    samples = np.full((frames, 2), 0.1, np.float32)
    soundfile.write(tmp_path / "short.wav", samples, 44_100)
    by_name = verdicts(tmp_path / "short.wav")
    assert by_name["decodes"] == ("pass" if frames else "fail")


def test_silence_fails_once_and_nothing_is_asked_of_its_spectrum(tmp_path):
    soundfile.write(tmp_path / "still.wav", np.zeros((44_100, 2), np.float32), 44_100)
    by_name = verdicts(tmp_path / "still.wav")
    assert [name for name, verdict in by_name.items() if verdict == "fail"] == ["silence"]
    assert not {"hiss", "loop", "stereo"} & set(by_name)


def test_a_model_that_is_no_more_is_said(file, take):
    expected = Expectations(
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
        flags=(),
    )
    by_name = {
        check.name: check for check in check_file(CheckTarget(file, take.wav.sha256, expected))
    }
    assert by_name["model"].verdict == "warn" and "gone" in by_name["model"].note
    assert not {"sample rate", "channels", "duration", "voice"} & set(by_name)


def test_a_song_by_ace_step_that_nobody_sings_is_warned_of_and_its_peak_is_not(tmp_path, sounds):
    """48 kHz stereo of an exact length, its peak brought to -1 dBFS behind the model."""
    model, path = MODELS["ace_step"], tmp_path / "take.wav"
    left, right = (sounds.pink(1.5, 48_000, seed=seed) for seed in (1, 2))
    stereo = np.stack([left, 0.5 * left + 0.5 * right], axis=1)
    write_wav(path, stereo * np.float32(10 ** (-1 / 20) / np.abs(stereo).max()), 48_000)
    facts = (model.name, model.sample_rate, model.channels, model.bandwidth_hz, model.exact_length)
    sung = Expectations(*facts, False, True, "neon rain", 1.5, sha256_of(path), 72_000, ())
    checks = {check.name: check for check in check_file(CheckTarget(path, sha256_of(path), sung))}
    assert checks["voice"].verdict == "warn" and "hardly a voice" in checks["voice"].note
    clipping = {"beyond full scale", "clipping at full scale", "clipping, flat tops", "true peak"}
    promised = {"hash", "frames", "sample rate", "channels", "duration", "band edge"}
    for name in clipping | promised:
        assert (checks[name].verdict, checks[name].note) == ("pass", ""), name
