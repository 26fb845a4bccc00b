import numpy as np
import soundfile

from secondtake.files import sha256_of
from secondtake.takes import wav_path
from secondtake_analysis.checks.suite import check_baseline, check_take

NAMES = {
    "exists", "decodes", "hash", "frames", "sample rate", "channels", "duration", "finite",
    "silence", "edge silence", "clipping at full scale", "clipping, flat tops", "true peak",
    "DC offset", "dropouts", "loudness",
}  # fmt: skip


def check(path, take):
    return check_take(path, take, sha256_of(path) if path.is_file() else "")


def verdicts(checks):
    return {one.name: one.verdict for one in checks}


def test_a_sound_take_passes_every_check(song, make_take, sounds):
    take = make_take("sketch", sounds.pink(6, 44_100))
    found = verdicts(check(wav_path(song.results, take.job.name), take))
    assert set(found) == NAMES
    assert set(found.values()) == {"pass"}


def test_a_changed_byte_fails_the_hash_alone(song, make_take, sounds):
    take = make_take("sketch", sounds.pink(6, 44_100))
    path = wav_path(song.results, take.job.name)
    data = bytearray(path.read_bytes())
    data[5000] ^= 1
    path.write_bytes(data)
    found = verdicts(check(path, take))
    assert {name for name, verdict in found.items() if verdict == "fail"} == {"hash"}


def test_a_take_cut_short_fails_hash_frames_and_duration(song, make_take, sounds):
    take = make_take("sketch", sounds.pink(6, 44_100))
    path = wav_path(song.results, take.job.name)
    path.write_bytes(path.read_bytes()[:-200_000])
    found = verdicts(check(path, take))
    assert {name for name, one in found.items() if one == "fail"} == {"hash", "frames", "duration"}


def test_a_missing_or_unreadable_file_stops_at_the_first_check(song, make_take, sounds):
    take = make_take("sketch", sounds.pink(6, 44_100))
    path = wav_path(song.results, take.job.name)
    path.write_bytes(b"RIFFnoise")
    assert verdicts(check(path, take)) == {"exists": "pass", "decodes": "fail"}
    path.unlink()
    assert verdicts(check(path, take)) == {"exists": "fail"}


def test_nan_stops_the_checks_that_it_would_poison(tmp_path, sounds):
    samples = sounds.sine(440, 1)
    samples[10] = np.nan
    soundfile.write(tmp_path / "nan.wav", samples, 22_050, subtype="FLOAT")
    found = verdicts(check_baseline(tmp_path / "nan.wav"))
    assert found == {"exists": "pass", "decodes": "pass", "finite": "fail"}
