import json
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from tests.records import rewrite

from secondtake.analysis.cache import Cache
from secondtake.analysis.checks.verify import verification_text, verify
from secondtake.core.takes import record_path, wav_path, write_record


@pytest.fixture
def stereo(sounds):
    """Two different channels of drums that fade away: nothing to complain of, (frames, 2)."""

    def make(bpm=120):
        seeds = (1, 2)
        noise = np.stack([sounds.pink(6, 44_100, seed=seed) for seed in seeds], axis=1)
        beats = np.exp(-8 * (np.arange(len(noise)) / 44_100 % (60 / bpm)))
        swing = 1 + 0.5 * np.sin(np.arange(len(noise)) / 44_100 * 1.7)
        return (noise * (beats * swing)[:, None]).astype(np.float32)

    return make


@pytest.fixture
def take(make_take, stereo):
    return make_take("sketch", stereo())


def test_nothing_made_yet_is_no_fault(song, project):
    verification = verify(song, project)
    assert not verification.failed
    assert verification.files == ()
    assert "nothing to check yet" in verification_text(verification)


def test_a_good_take_passes_and_the_figures_are_the_same_twice(song, project, take):
    verification = verify(song, project)
    [file] = verification.files
    assert file.file == "results/local_models/sketch_segment1_instrumental.wav"
    assert (file.verdict, file.sha256) == ("pass", take.wav.sha256)
    assert verification.to_json()["summary"] == {"pass": 1, "warn": 0, "fail": 0}
    assert json.dumps(verification.to_json()) == json.dumps(verify(song, project).to_json())
    assert verification_text(verification).startswith("PASS")


def test_every_check_says_where_its_threshold_comes_from(song, project, take):
    [file] = verify(song, project).to_json()["files"]
    assert len(file["checks"]) == 27
    assert all(check["source"] for check in file["checks"])


def test_from_the_cache_it_says_the_same(song, project, take, tmp_path):
    cache = Cache(tmp_path / "verdicts")
    first = verify(song, project, cache)
    [entry] = (tmp_path / "verdicts").iterdir()
    assert verify(song, project, cache) == first == verify(song, project)
    assert [entry] == list((tmp_path / "verdicts").iterdir())


def test_another_promise_for_the_same_sound_is_judged_anew(song, project, take, tmp_path):
    cache = Cache(tmp_path / "verdicts")
    verify(song, project, cache)
    write_record(song.results, replace(take, job=replace(take.job, seconds=9.0)))
    [file] = verify(song, project, cache).files
    assert [check.name for check in file.checks if check.verdict == "fail"] == ["duration"]


def test_a_hint_is_shown_and_nobody_fails_for_it(song, project, make_take, stereo):
    loud = stereo() / np.abs(stereo()).max()
    make_take("sketch", loud)
    text = verification_text(verify(song, project))
    assert text.startswith("PASS")
    assert "hint: stereo" in text


def test_records_and_wavs_that_lack_their_half_are_listed(song, project, take):
    wav = wav_path(song.results, take.job.name)
    wav.rename(wav.with_name("stranger.wav"))
    verification = verify(song, project)
    assert verification.records_without_wav == (
        "results/local_models/sketch_segment1_instrumental.json",
    )
    assert verification.foreign_files == ("results/local_models/stranger.wav",)
    assert verification.wavs_without_record == ()
    assert verification.failed
    assert "generate the take again" in verification_text(verification)


def test_a_wav_without_record_alone_is_no_failure(song, project, take):
    record_path(song.results, take.job.name).unlink()
    verification = verify(song, project)
    assert not verification.failed
    assert "wavs without a record (unfinished)" in verification_text(verification)


def test_a_damaged_record_fails_and_the_others_are_still_checked(
    song, project, take, make_take, stereo
):
    make_take("stable_audio", stereo(97))
    record_path(song.results, take.job.name).write_text("{", encoding="utf-8")
    verdicts = {file.file.split("/")[-1]: file.verdict for file in verify(song, project).files}
    assert verdicts == {
        "sketch_segment1_instrumental.wav": "fail",
        "stable_audio_segment1_instrumental.wav": "pass",
    }


def test_takes_of_another_song_are_left_alone(song, project, take):
    path = record_path(song.results, take.job.name)
    rewrite(path, lambda record: record["job"].update(song="other"))
    verification = verify(song, project)
    assert verification.files == ()
    assert verification.other_songs == ("results/local_models/sketch_segment1_instrumental.json",)


def test_baselines_are_checked_too(song, project, sounds):
    file = project.root / "data" / "baseline" / "one.wav"
    file.parent.mkdir(parents=True)
    soundfile.write(file, sounds.pink(6, 48_000) * 0, 48_000)
    [file] = verify(song, project).files
    assert (file.kind, file.verdict) == ("baseline", "fail")
    assert "nothing to hear" in verification_text(verify(song, project))


COPIES = ["{} 2", "{} (1)", "{} copy", "{}.sync-conflict-20260101-ABC", "{}_2", "._{}"]


@pytest.mark.parametrize("pattern", COPIES)
def test_copies_of_a_synchronised_folder_are_listed_once_and_ignored(song, project, take, pattern):
    before = verify(song, project)
    for path in (record_path(song.results, take.name), wav_path(song.results, take.name)):
        copy = path.with_name(f"{pattern.format(take.name)}{path.suffix}")
        copy.write_bytes(path.read_bytes())
    verification = verify(song, project)
    assert verification.files == before.files and not verification.failed
    assert verification.wavs_without_record == verification.records_without_wav == ()
    assert len(verification.foreign_files) == 2
    lines = verification_text(verification).splitlines()
    assert sum("files that secondtake did not name (ignored)" in line for line in lines) == 1
    assert verification.to_json()["foreign_files"] == list(verification.foreign_files)


def test_earlier_takes_are_checked_too(song, project, take):
    earlier = take.named(take.earlier_name)
    wav_path(song.results, take.name).rename(wav_path(song.results, earlier.name))
    record_path(song.results, take.name).unlink()
    write_record(song.results, earlier)
    [file] = verify(song, project).files
    assert file.file == f"results/local_models/{earlier.name}.wav"
    assert file.verdict != "fail"
