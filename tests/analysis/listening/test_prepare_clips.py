"""The clips of a song: what there is to hear, made once, described truly."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tests.analysis.listening.conftest import (
    BASELINE_RATE,
    CLICK,
    MakeTake,
    write_song,
    write_sound,
    write_take,
)
from tests.analysis.lyrics.hearing import hear
from tests.schemas import mistakes
from tests.sounds import Sounds

from secondtake.analysis.audio_io import AudioError
from secondtake.analysis.comparison.material import CHANGED, DAMAGED
from secondtake.analysis.listening import prepare_clips as module
from secondtake.analysis.listening.prepare_clips import prepare_clips
from secondtake.analysis.lyrics.transcribe import transcribe_song
from secondtake.core.checkout import CACHE_VARIABLE
from secondtake.core.judgments import TranscribedSpan
from secondtake.core.listening_file import (
    FOLDER,
    ListeningFile,
    Version,
    clip_path,
    listening_path,
    read_listening,
    spectrogram_path,
)
from secondtake.core.project import Project
from secondtake.core.song import Song
from secondtake.core.take_store import write_kept
from secondtake.core.takes import Take, record_path, wav_path, write_record

whole_study = pytest.mark.e2e  # six clips and more, each time
SHORT_SONG = """
title = "Short"
baseline = "data/all.wav"
[[segment]]
number = 7
kind = "instrumental"
title = "Intro"
seconds = 1
start = 0
end = 0.3
models = ["stable_audio"]
[[segment]]
number = 10
kind = "chorus"
title = "Amor"
seconds = 1
start = 0.5
end = 0.8
lyrics = "Amor"
models = ["bark"]
"""


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Project, Song]]:
    """A song of 0.3 s a segment: a baseline with a click, a take, and one that was changed."""
    root = tmp_path_factory.mktemp("short")
    (root / "songs").mkdir()
    (root / "noxfile.py").touch()
    project = Project(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CACHE_VARIABLE, str(root / "own cache"))
        song = write_song(project, "short", SHORT_SONG)
        assert song.baseline is not None
        whole = 0.3 * Sounds.pink(0.9, 48_000)
        whole[round(0.6 * 48_000)] = 0.99
        write_sound(song.baseline.file, whole, 48_000)
        write_take(song, "stable_audio", 7, Sounds.sine(440, 0.25, 0.2, rate=44_100), 44_100)
        changed = write_take(song, "bark", 10, Sounds.sine(440, 0.3, 0.2, rate=24_000))
        wav_path(song.results, changed.name).write_bytes(b"RIFF")
        yield project, song


@pytest.fixture(scope="module")
def prepared(short: tuple[Project, Song]) -> ListeningFile:
    project, song = short
    return prepare_clips(song, project)


def test_clips_of_a_segment_have_equal_bytes(
    short: tuple[Project, Song], prepared: ListeningFile
) -> None:
    _, song = short
    assert read_listening(song.results, song.name) == prepared
    intro = prepared.segments[0]
    assert (intro.seconds, intro.common_seconds) == (0.3, 0.25)
    assert [v.take for v in intro.versions] == ["", "stable_audio_segment7_instrumental"]
    contents = [clip_path(song.results, v.clip, "mp3").read_bytes() for v in intro.versions]
    assert len(contents[0]) == len(contents[1]) and contents[0] != contents[1]
    assert all(spectrogram_path(song.results, v.clip).is_file() for v in intro.versions)
    values = json.loads(listening_path(song.results).read_text(encoding="utf-8"))
    assert mistakes("listening", values) == []


def test_a_segment_plays_its_own_stretch(
    short: tuple[Project, Song], prepared: ListeningFile
) -> None:
    _, song = short
    intro, chorus = (
        soundfile.read(clip_path(song.results, segment.versions[0].clip, "mp3"))[0]
        for segment in prepared.segments
    )
    assert len(intro) == len(chorus) == 0.3 * 48_000
    loudest = np.abs(chorus).max(axis=1).argmax() / 48_000
    assert loudest == pytest.approx(0.1, abs=0.001) and np.abs(intro).max() < 0.8


def test_a_failed_take_shortens_no_blind_test(short: tuple[Project, Song]) -> None:
    """Of 0.2 s, it takes no part in one; the others meet over what they have in common."""
    project, _ = short
    top, _, chorus = SHORT_SONG.replace("all.wav", "soft.wav").split("[[segment]]")
    chorus = chorus.replace('"bark"', '"bark", "sketch"').replace("end = 0.8", "end = 1.5")
    song = write_song(project, "failed", f"{top}[[segment]]{chorus}")
    assert song.baseline is not None
    parts = [Sounds.sine(997, seconds, peak, 48_000) for seconds, peak in ((1.0, 0.05), (0.5, 0.5))]
    write_sound(song.baseline.file, np.concatenate(parts), 48_000)
    write_take(song, "bark", 10, Sounds.sine(997, 0.5, 0.2, rate=48_000), 48_000)
    write_take(song, "sketch", 10, Sounds.sine(997, 0.2, 0.2, rate=48_000), 48_000)
    (segment,) = prepare_clips(song, project).segments
    assert segment.common_seconds == 0.5
    baseline, bark, failed = segment.versions
    assert (baseline.common_attenuation_db, failed.common_attenuation_db) == (0.0, 0.0)
    assert bark.common_attenuation_db == pytest.approx(-12.04, abs=0.1)
    assert baseline.attenuation_db < 0.0 == bark.attenuation_db  # over the whole clips


def test_a_take_that_was_changed_is_left_out_with_the_reason(prepared: ListeningFile) -> None:
    assert prepared.skipped == (("bark_segment10_chorus", CHANGED),)


def test_nothing_is_made_twice(short: tuple[Project, Song], prepared: ListeningFile) -> None:
    project, song = short
    before, lines = files(song), list[str]()
    assert prepare_clips(song, project, say=lines.append) == prepared
    assert lines == [] and files(song) == before


def test_a_clip_that_somebody_else_removes_is_no_error(
    short: tuple[Project, Song], prepared: ListeningFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, song = short
    old = clip_path(song.results, "0" * 12, "wav")
    old.write_bytes(b"of a take that is gone")
    unlink = Path.unlink

    def at_once(path: Path, missing_ok: bool = False) -> None:
        unlink(path)
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", at_once)
    assert prepare_clips(song, project) == prepared
    assert not old.exists()


def test_of_nothing_there_is_no_clip(short: tuple[Project, Song]) -> None:
    project, _ = short
    song = write_song(project, "silent", SHORT_SONG.replace("all.wav", "none.wav"))
    listening = prepare_clips(song, project)
    assert (listening.segments, listening.skipped) == ((), ())
    assert read_listening(song.results, song.name) == listening
    assert set(files(song)) == {"listening.json"}


@pytest.fixture
def takes(make: MakeTake, sounds: type[Sounds]) -> list[Take]:
    """Two instrumentals and two sung takes, of unlike lengths, rates and channels."""
    stereo = np.stack([sounds.pink(2.2, 44_100, seed=seed) for seed in (1, 2)], axis=1)
    return [
        make("stable_audio", 7, 0.3 * stereo, 44_100),
        make("sketch", 7, sounds.sine(440, 1.0, 0.2, rate=22_050), 22_050),
        make("bark", 10, 0.8 * sounds.babble(1.7, 24_000), 24_000),
        make("sketch", 10, sounds.sine(220, 1.25, 1.9, rate=44_100), 44_100),
    ]


def files(song: Song) -> dict[str, tuple[bytes, int]]:
    folder = song.results / FOLDER
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


def by_name(listening: ListeningFile) -> dict[str, Version]:
    """The versions by take; the baselines as 7 and 10."""
    return {
        version.take or str(segment.segment): version
        for segment in listening.segments
        for version in segment.versions
    }


@whole_study
def test_every_baseline_and_take_is_a_clip(song: Song, project: Project, takes: list[Take]) -> None:
    listening = prepare_clips(song, project)
    assert read_listening(song.results, song.name) == listening
    assert [s.segment for s in listening.segments] == [7, 10] and listening.skipped == ()
    names = [v.take for s in listening.segments for v in s.versions]
    bark, sketch7, sketch10, stable = sorted(take.name for take in takes)
    assert sketch7 == "sketch_segment10_chorus"  # sorted as text
    assert names == ["", sketch10, stable, "", bark, sketch7]
    first, second = listening.segments
    assert (first.seconds, first.common_seconds) == (2.2, 1.0)
    assert (second.seconds, second.common_seconds) == (1.7, 1.25)
    assert [v.seconds for v in first.versions] == [1.5, 1.0, 2.2]
    assert all(v.is_baseline == (not v.take) and v.words == () for v in by_name(listening).values())
    for segment in listening.segments:
        clips = [clip_path(song.results, v.clip, "mp3") for v in segment.versions]
        assert len({clip.stat().st_size for clip in clips}) == 1
        infos = [soundfile.info(clip) for clip in clips]
        assert {(i.samplerate, i.channels, i.frames) for i in infos} == {
            (48_000, 2, round(segment.seconds * 48_000))
        }
    pictures = [spectrogram_path(song.results, v.clip) for v in by_name(listening).values()]
    assert len(files(song)) == 2 * len(names) + 1 and all(path.is_file() for path in pictures)
    values = json.loads(listening_path(song.results).read_text(encoding="utf-8"))
    assert mistakes("listening", values) == []


@whole_study
def test_a_baseline_of_the_whole_song_plays_its_own_stretch(song: Song, project: Project) -> None:
    listening = prepare_clips(song, project)
    _, chorus = listening.segments
    clip = clip_path(song.results, chorus.versions[0].clip, "mp3")
    samples, rate = soundfile.read(clip)
    place = np.abs(samples).max(axis=1).argmax() / rate
    assert place == pytest.approx(CLICK - 2.0, abs=0.001)
    assert len(samples) == 1.5 * rate
    intro = soundfile.read(clip_path(song.results, listening.segments[0].versions[0].clip, "mp3"))
    assert np.abs(intro[0]).max() < 0.5  # the click is not in it


@whole_study
def test_levels_meet_at_the_quietest_version(
    song: Song, project: Project, takes: list[Take]
) -> None:
    listening = prepare_clips(song, project)
    for segment in listening.segments:
        levels = [v.lufs + v.headroom_db + v.attenuation_db for v in segment.versions]
        assert levels == pytest.approx([levels[0]] * len(levels), abs=0.02)
        attenuated = [v.attenuation_db for v in segment.versions]
        assert max(attenuated) == 0 and min(attenuated) < -1
    loud = by_name(listening)["sketch_segment10_chorus"]
    assert loud.headroom_db == pytest.approx(-0.1 - 20 * np.log10(1.9), abs=0.05)
    assert {v.headroom_db for v in by_name(listening).values() if v != loud} == {0.0}


@whole_study
def test_what_did_not_change_is_not_made_again(
    song: Song, project: Project, takes: list[Take], make: MakeTake, sounds: type[Sounds]
) -> None:
    lines: list[str] = []
    prepare_clips(song, project, say=lines.append)
    assert lines == ["3 of 6 clips", "6 of 6 clips"]
    before = files(song)
    lines.clear()
    listening = prepare_clips(song, project, say=lines.append)
    assert lines == [] and files(song) == before
    clip = by_name(listening)[takes[0].name].clip
    (song.results / FOLDER / f"{clip}.mp3").write_bytes(b"damaged")
    (song.results / FOLDER / f"{clip}.png").unlink()
    prepare_clips(song, project, say=lines.append)
    assert lines == ["1 of 1 clips"]
    assert {name: data for name, (data, _) in files(song).items()} == {
        name: data for name, (data, _) in before.items()
    }
    make("bark", 10, sounds.babble(1.0, 24_000, seed=3), take=2)
    lines.clear()
    prepare_clips(song, project, say=lines.append)
    assert lines == ["1 of 1 clips"]  # no longer than the others, so that theirs stay
    lines.clear()
    make("bark", 10, sounds.babble(1.9, 24_000, seed=4), take=3)
    prepare_clips(song, project, say=lines.append)
    assert lines == ["5 of 5 clips"]  # all of the segment have another length


@whole_study
def test_clips_of_takes_that_are_gone_are_removed(
    song: Song, project: Project, takes: list[Take]
) -> None:
    prepare_clips(song, project)
    foreign = song.results / FOLDER / "notes.txt"
    foreign.write_text("mine")
    for rest in (".0123456789ab.mp3.x_1a2b3c.part", ".listening.json.abcd1234.part"):
        foreign.with_name(rest).touch()  # of a kill in the middle
    for path in (wav_path, record_path):
        path(song.results, takes[0].name).unlink()
    listening = prepare_clips(song, project)
    assert takes[0].name not in by_name(listening)
    names = {v.clip for v in by_name(listening).values()}
    expected = {f"{name}.{suffix}" for name in names for suffix in ("mp3", "png")}
    assert set(files(song)) == {*expected, "listening.json", "notes.txt"}


@whole_study
def test_lossless_is_another_set_of_the_same_names(
    song: Song, project: Project, takes: list[Take]
) -> None:
    small = prepare_clips(song, project)
    large = prepare_clips(song, project, "wav")
    assert large.study == small.study and large.encoding == "wav"
    assert large.bits_per_second == 1_536_000
    assert not [name for name in files(song) if name.endswith(".mp3")]
    version = by_name(large)[takes[0].name]
    samples, rate = soundfile.read(clip_path(song.results, version.clip, "wav"))
    assert (len(samples), rate) == (round(2.2 * 48_000), 48_000)


@whole_study
def test_files_that_cannot_be_played_are_left_out_with_the_reason(
    song: Song, project: Project, takes: list[Take], make: MakeTake
) -> None:
    wav_path(song.results, takes[0].name).write_bytes(b"RIFF")
    record_path(song.results, takes[1].name).write_text("{")
    make("bark", 10, np.full(24_000, np.nan), take=2)
    assert song.baseline is not None
    song.baseline.file.write_bytes(b"no audio at all")
    listening = prepare_clips(song, project)
    reasons = dict(listening.skipped)
    assert reasons.pop(takes[0].name) == CHANGED
    assert reasons.pop(takes[1].name) == DAMAGED
    assert "NaN" in reasons.pop("bark_segment10_chorus_take2")
    assert set(reasons) == {"baseline_segment7", "baseline_segment10"}
    assert all(why.startswith("data/baseline/song.wav: not readable") for why in reasons.values())
    assert set(by_name(listening)) == {takes[2].name, takes[3].name}
    assert read_listening(song.results, song.name) == listening


@whole_study
def test_a_baseline_that_may_not_be_read_is_left_out(
    song: Song, project: Project, takes: list[Take], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Path.open
    assert song.baseline is not None
    baseline = song.baseline.file

    def refusing(path: Path, *arguments: object, **options: object) -> object:
        if path == baseline:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "open", refusing)
    listening = prepare_clips(song, project)
    assert dict(listening.skipped)["baseline_segment7"] == (
        "data/baseline/song.wav: Permission denied"
    )
    assert len(by_name(listening)) == 4


@whole_study
def test_takes_of_equal_bytes_are_clips_of_their_own(
    song: Song, project: Project, make: MakeTake, sounds: type[Sounds]
) -> None:
    sine = sounds.sine(440, 1, rate=24_000)
    first, second = make("bark", 10, sine), make("bark", 10, sine, take=2)
    assert first.wav.sha256 == second.wav.sha256
    versions = by_name(prepare_clips(song, project))
    assert versions[first.name].clip != versions[second.name].clip


@whole_study
def test_an_earlier_take_is_played_if_it_is_kept(
    song: Song, project: Project, make: MakeTake, sounds: type[Sounds]
) -> None:
    take = make("bark", 10, sounds.sine(440, 1, rate=24_000))
    clip = by_name(prepare_clips(song, project))[take.name].clip
    earlier = take.named(take.earlier_name)
    for path in (wav_path, record_path):
        path(song.results, take.name).rename(path(song.results, earlier.name))
    write_record(song.results, earlier)
    assert earlier.name not in by_name(prepare_clips(song, project))
    write_kept(song.results, song.name, [take.wav.sha256])
    assert by_name(prepare_clips(song, project))[earlier.name].clip == clip


@whole_study
def test_words_are_marked_where_somebody_listened(
    song: Song, project: Project, takes: list[Take]
) -> None:
    hear(song, project, [TranscribedSpan(0.0, 1.0, "es", "Amor y codito")])
    list(transcribe_song(song, "base"))
    versions = by_name(prepare_clips(song, project))
    marked = (("Amor", "right"), ("y", "right"), ("código", "missed"), ("codito", "wrong"))
    assert versions[takes[2].name].words == versions["10"].words == marked
    assert versions["7"].words == versions[takes[0].name].words == ()


@whole_study
def test_on_all_cores_as_alone(
    song: Song, project: Project, takes: list[Take], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What goes to another process pickles; nothing decoded goes along."""
    import pickle

    def elsewhere(work, items, few):  # type: ignore[no-untyped-def]
        for item in items:
            sent = pickle.dumps((work, item))
            assert len(sent) < 5_000
            function, own = pickle.loads(sent)
            yield pickle.loads(pickle.dumps(function(own)))

    monkeypatch.setattr(module, "parallel_map", elsewhere)
    listening = prepare_clips(song, project)
    assert len(by_name(listening)) == 6


@whole_study
def test_a_stretch_beyond_the_end_is_said(song: Song, project: Project) -> None:
    assert song.baseline is not None
    soundfile.write(song.baseline.file, np.zeros(2 * BASELINE_RATE), BASELINE_RATE)
    listening = prepare_clips(song, project)
    assert [s.segment for s in listening.segments] == [7]
    (skipped,) = listening.skipped
    assert skipped[0] == "baseline_segment10" and "beyond the file's end" in skipped[1]
    assert listening.segments[0].versions[0].lufs is None  # zeros


@whole_study
def test_a_file_that_vanishes_meanwhile_is_an_error(
    song: Song, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(clip: object, results: Path) -> None:
        raise AudioError("gone")

    monkeypatch.setattr(module.Clip, "make", gone)
    with pytest.raises(AudioError, match="gone"):
        prepare_clips(song, project)
    assert not listening_path(song.results).exists()
