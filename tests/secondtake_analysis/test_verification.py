import json

import pytest
import soundfile

from secondtake.takes import record_path, wav_path
from secondtake_analysis.verification import table, verify


@pytest.fixture
def take(make_take, sounds):
    return make_take("sketch", sounds.pink(6, 44_100))


def test_nothing_made_yet_is_no_fault(song, project):
    found = verify(song, project)
    assert not found.failed
    assert found.examined == ()
    assert "nothing to check yet" in table(found)


def test_a_good_take_passes_and_the_figures_are_the_same_twice(song, project, take):
    found = verify(song, project)
    [examined] = found.examined
    assert examined.file == "results/local_models/sketch_segment1_instrumental.wav"
    assert (examined.verdict, examined.sha256) == ("pass", take.wav.sha256)
    assert found.to_json()["summary"] == {"pass": 1, "warn": 0, "fail": 0}
    assert json.dumps(found.to_json()) == json.dumps(verify(song, project).to_json())
    assert table(found).startswith("PASS")


def test_records_and_wavs_that_lack_their_half_are_listed(song, project, take):
    wav = wav_path(song.results, take.job.name)
    wav.rename(wav.with_name("stranger.wav"))
    found = verify(song, project)
    assert found.records_without_wav == ("results/local_models/sketch_segment1_instrumental.json",)
    assert found.wavs_without_record == ("results/local_models/stranger.wav",)
    assert found.failed
    assert "generate the take again" in table(found)


def test_a_wav_without_record_alone_is_no_failure(song, project, take):
    record_path(song.results, take.job.name).unlink()
    found = verify(song, project)
    assert not found.failed
    assert "unfinished or foreign" in table(found)


def test_a_damaged_record_fails_and_the_others_are_still_checked(
    song, project, take, make_take, sounds
):
    make_take("stable_audio", sounds.pink(6, 44_100, seed=4))
    record_path(song.results, take.job.name).write_text("{", encoding="utf-8")
    verdicts = {
        examined.file.split("/")[-1]: examined.verdict
        for examined in verify(song, project).examined
    }
    assert verdicts == {
        "sketch_segment1_instrumental.wav": "fail",
        "stable_audio_segment1_instrumental.wav": "pass",
    }


def test_takes_of_another_song_are_left_alone(song, project, take):
    path = record_path(song.results, take.job.name)
    path.write_text(path.read_text().replace('"song": "known"', '"song": "other"'))
    found = verify(song, project)
    assert found.examined == ()
    assert found.other_songs == ("results/local_models/sketch_segment1_instrumental.json",)


def test_baselines_are_checked_too(song, project, sounds):
    file = project.root / "data" / "baseline" / "one.wav"
    file.parent.mkdir(parents=True)
    soundfile.write(file, sounds.pink(6, 48_000) * 0, 48_000)
    [examined] = verify(song, project).examined
    assert (examined.kind, examined.verdict) == ("baseline", "fail")
    assert "nothing to hear" in table(verify(song, project))
