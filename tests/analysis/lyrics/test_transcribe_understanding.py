"""The stage: which judgments count, what is written of them, and what is said where none is."""

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import soundfile
from tests.analysis.lyrics.hearing import LOCK_SHA256, MODEL_SHA256, hear
from tests.sounds import Sounds

from secondtake.analysis.checks.verify import verify
from secondtake.analysis.lyrics.transcribe import (
    NOT_HEARD,
    TranscribedRecording,
    stored_transcript,
    summary_line,
    transcribe_song,
    transcript_json,
)
from secondtake.analysis.lyrics.transcripts import take_target, transcript_path
from secondtake.core.files import sha256_of
from secondtake.core.judge_jobs import judge_jobs
from secondtake.core.judgments import TranscribedSpan, judgment_path
from secondtake.core.project import Project
from secondtake.core.registry.whisper import BASE_SHA256, WHISPER
from secondtake.core.serialization import read_json
from secondtake.core.song import Song, load_song
from secondtake.core.takes import Take, record_path, wav_path

NAME = "sketch_segment1_verse"
BASELINE = "baseline_segment1"
SONG = """
title = "Two languages"
results = "results"
languages = ["es", "en"]
[[segment]]
number = 1
kind = "verse"
title = "Three times"
seconds = 6
lyrics = "[MAN] ♪ Amor, 3 veces. We'll whisper! ♪"
models = ["sketch", "stable_audio"]
baseline = "data/baseline/one.wav"
start = 1.0
end = 3.0
"""
HEARD = [
    TranscribedSpan(0.0, 2.0, "es", "Amor tres veses."),
    TranscribedSpan(2.5, 4.0, "en", "Well, whisper."),
]
PROMPT_HEARD = [TranscribedSpan(0.0, 2.0, "es", "120 BPM. Amor, tres veces."), HEARD[1]]


@pytest.fixture
def song(project: Project) -> Song:
    path = project.root / "songs" / "known.toml"
    path.write_text(SONG, encoding="utf-8")
    return load_song(path, project)


@pytest.fixture
def take(make_take: Callable[[str, np.ndarray], Take], sounds: type[Sounds]) -> Take:
    return make_take("sketch", sounds.sine(220, 1.0, rate=44_100))


@pytest.fixture
def baseline(song: Song, sounds: type[Sounds]) -> Path:
    """The recording in which the segment's baseline lies from 1 to 3 s."""
    original = song.segments[0].baseline
    assert original is not None
    file = original.file
    file.parent.mkdir(parents=True)
    soundfile.write(file, sounds.sine(220, 4.0), 22_050)
    return file


def understood(song: Song, checkpoint: str | None = "base") -> list[TranscribedRecording]:
    return list(transcribe_song(song, checkpoint))


def figures(recording: TranscribedRecording) -> dict[str, Any]:
    assert recording.figures is not None
    return recording.figures


def whys(recordings: list[TranscribedRecording]) -> list[str]:
    assert all(recording.figures is None for recording in recordings)
    return [recording.why for recording in recordings]


def test_the_figures_of_known_words(song: Song, project: Project, take: Take) -> None:
    assert hear(song, project, HEARD) == [NAME]
    (recording,) = understood(song)
    written = read_json(transcript_path(song.results, NAME))
    assert written == recording.figures
    floor = written.pop("floor")
    assert set(floor) == {"cer", "wer"} and written["cer"] < floor["cer"] <= 1
    assert written == {
        "format": 1,
        "take": NAME,
        "wav_sha256": take.wav.sha256,
        "start": None,
        "end": None,
        "recogniser": {
            "name": "whisper-base",
            "version": f"hearing {WHISPER.version}, environment {LOCK_SHA256[:12]}",
            "model_sha256": MODEL_SHA256,
        },
        "languages": ["es", "en"],
        "expected": "amor tres veces well whisper",
        "heard": "Amor tres veses. Well, whisper.",
        "stretches": [
            {"start": 0.0, "end": 2.0, "language": "es", "text": "Amor tres veses."},
            {"start": 2.5, "end": 4.0, "language": "en", "text": "Well, whisper."},
        ],
        "cer": pytest.approx(1 / 28, rel=1e-5),
        "wer": 0.2,
        "insertions": [],
        "deletions": [],
        "substitutions": [["veces", "veses"]],
        "words_understood": 0.8,
        "understood": True,
        "sung_prompt": [],
    }


@pytest.mark.parametrize(
    ("checkpoint", "sha256"),
    [
        ("base", MODEL_SHA256),
        ("large-v3-turbo", MODEL_SHA256),
        ("base-packaged", BASE_SHA256["model.bin"]),
    ],
)
def test_the_recogniser_is_named_after_the_checkpoint_that_heard(
    song: Song, project: Project, take: Take, checkpoint: str, sha256: str
) -> None:
    hear(song, project, HEARD, checkpoint)
    (recording,) = understood(song, checkpoint)
    recogniser = figures(recording)["recogniser"]
    assert (recogniser["name"], recogniser["model_sha256"]) == (f"whisper-{checkpoint}", sha256)


def test_an_unchanged_judgment_leaves_the_file_alone(
    song: Song, project: Project, take: Take
) -> None:
    hear(song, project, HEARD)
    understood(song)
    path = transcript_path(song.results, NAME)
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    assert [figures(recording)["wer"] for recording in understood(song)] == [0.2]
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_what_was_not_judged_says_what_to_type_and_nothing_is_written(
    song: Song, take: Take, baseline: Path
) -> None:
    first, second = understood(song)
    assert (first.name, second.name) == (NAME, BASELINE)
    assert whys([first, second]) == [NOT_HEARD, NOT_HEARD]
    assert summary_line(first) == f"{NAME}: not heard yet; type: invoke judge --judges lyrics"
    assert not transcript_path(song.results, NAME).exists()


def test_a_judge_that_is_off_is_asked_for_nothing_and_what_it_heard_stays(
    song: Song, project: Project, take: Take, baseline: Path
) -> None:
    assert understood(song, None) == []
    hear(song, project, HEARD, "large-v3-turbo")
    judgment_path(song.results, judge_jobs(song, WHISPER, "base")[1]).unlink()
    (recording,) = understood(song, None)
    assert recording.name == NAME
    assert figures(recording)["recogniser"]["name"] == "whisper-large-v3-turbo"


def test_another_checkpoint_or_way_of_hearing_is_not_what_was_asked(
    song: Song, project: Project, take: Take
) -> None:
    hear(song, project, HEARD, "large-v3-turbo")
    assert whys(understood(song, "base")) == [NOT_HEARD]
    hear(song, project, HEARD, version=WHISPER.version - 1)
    assert whys(understood(song, "base")) == [NOT_HEARD]


def test_a_changed_wav_was_not_heard(
    song: Song,
    project: Project,
    take: Take,
    make_take: Callable[[str, np.ndarray], Take],
    sounds: type[Sounds],
) -> None:
    hear(song, project, HEARD)
    make_take("sketch", sounds.sine(330, 1.0, rate=44_100))
    assert whys(understood(song)) == [NOT_HEARD]
    hear(song, project, [])
    (recording,) = understood(song)
    assert (figures(recording)["cer"], figures(recording)["words_understood"]) == (1.0, 0.0)
    assert figures(recording)["heard"] == "" and "no voice found" in summary_line(recording)


def test_the_baseline_of_a_sung_take_in_its_stretch(
    song: Song, project: Project, take: Take, baseline: Path
) -> None:
    assert hear(song, project, HEARD) == [NAME, BASELINE]
    assert [recording.name for recording in understood(song)] == [NAME, BASELINE]
    written = json.loads(transcript_path(song.results, BASELINE).read_text(encoding="utf-8"))
    assert written["wav_sha256"] == sha256_of(baseline)
    assert (written["start"], written["end"], written["wer"]) == (1.0, 3.0, 0.2)


@pytest.mark.parametrize(
    ("before", "after"),
    [("end = 3.0", "end = 3.5"), ('"es", "en"', '"es"'), ("start = 1.0", "start = 1.5")],
)
def test_another_stretch_or_other_languages_were_not_heard(
    project: Project, song: Song, take: Take, baseline: Path, before: str, after: str
) -> None:
    hear(song, project, HEARD)
    song.path.write_text(SONG.replace(before, after), encoding="utf-8")
    recordings = understood(load_song(song.path, project))
    assert recordings[1].why == NOT_HEARD and recordings[0].figures is not None


def test_another_baseline_was_not_heard(
    song: Song, project: Project, take: Take, baseline: Path, sounds: type[Sounds]
) -> None:
    hear(song, project, HEARD)
    soundfile.write(baseline, sounds.sine(330, 4.0), 22_050)
    words, none = understood(song)
    assert words.figures is not None and none.why == NOT_HEARD


def test_a_moved_project_keeps_what_was_heard(
    song: Song, project: Project, take: Take, baseline: Path
) -> None:
    hear(song, project, HEARD)
    other = baseline.with_name("two.wav")
    baseline.rename(other)
    song.path.write_text(SONG.replace("one.wav", "two.wav"), encoding="utf-8")
    recordings = understood(load_song(song.path, project))
    assert [figures(recording)["wer"] for recording in recordings] == [0.2, 0.2]


def test_a_corrected_word_changes_the_figures_without_listening(
    project: Project, song: Song, take: Take, baseline: Path
) -> None:
    hear(song, project, HEARD)
    song.path.write_text(SONG.replace("veces", "veses"), encoding="utf-8")
    recordings = understood(load_song(song.path, project))
    # The take was to sing what its record says, the baseline what the song file says now.
    assert [figures(recording)["wer"] for recording in recordings] == [0.2, 0.0]


@pytest.mark.parametrize("damage", ["", "{", "[]", "null", '{"format": 1}', "[" * 3000])
def test_a_damaged_judgment_is_none(song: Song, project: Project, take: Take, damage: str) -> None:
    hear(song, project, HEARD)
    judgment_path(song.results, judge_jobs(song, WHISPER, "base")[0]).write_text(damage)
    assert whys(understood(song)) == [NOT_HEARD]


@pytest.mark.parametrize(
    "damage",
    ["", "{", "[]", "null", '{"format": 1}', "[" * 3000,
     lambda text: text.replace('"format": 1', '"format": 2'),
     lambda text: text.replace('"start": 2.5', '"start": "2.5"')],
)  # fmt: skip
def test_a_damaged_file_is_written_anew(
    song: Song, project: Project, take: Take, damage: str | Callable[[str], str]
) -> None:
    hear(song, project, HEARD)
    understood(song)
    path = transcript_path(song.results, NAME)
    whole = path.read_text(encoding="utf-8")
    path.write_text(damage(whole) if callable(damage) else damage, encoding="utf-8")
    understood(song)
    assert path.read_text(encoding="utf-8") == whole


def test_only_what_was_to_be_sung_is_listened_to(
    song: Song,
    project: Project,
    baseline: Path,
    make_take: Callable[[str, np.ndarray], Take],
    sounds: type[Sounds],
) -> None:
    make_take("stable_audio", sounds.pink(1, 44_100))  # it plays under the verse, and sings nothing
    assert hear(song, project, HEARD) == [] and understood(song) == []
    assert not transcript_path(song.results, NAME).parent.exists()


def test_a_take_that_is_not_whole_is_named_and_its_baseline_not_asked_for(
    song: Song, take: Take, baseline: Path
) -> None:
    wav_path(song.results, NAME).write_bytes(b"RIFF")
    (recording,) = understood(song)
    assert recording.figures is None
    assert summary_line(recording).startswith(
        f"{NAME}: not understood: its wav is missing or was changed"
    )
    assert not transcript_path(song.results, NAME).exists()


def test_a_take_that_sings_its_prompt_says_so(song: Song, project: Project, take: Take) -> None:
    hear(song, project, PROMPT_HEARD)
    (recording,) = understood(song)
    assert figures(recording)["sung_prompt"] == ["120 bpm"]
    assert summary_line(recording).endswith("\n    the take sings its own prompt: '120 bpm'")
    transcript = stored_transcript(song, take)
    assert transcript is not None and transcript.sung_prompt == ("120 bpm",)


def test_verify_warns_of_a_sung_prompt_once_somebody_has_listened(
    project: Project, song: Song, take: Take
) -> None:
    def verdicts() -> list[str]:
        [file] = verify(song, project).files
        return [check.verdict for check in file.checks if check.name == "prompt"]

    assert verdicts() == []
    for heard, verdict in ((HEARD, "pass"), (PROMPT_HEARD[:1], "warn")):
        hear(song, project, heard)
        understood(song)
        assert verdicts() == [verdict]


def test_lyrics_that_nobody_understands_are_said_so(
    song: Song, project: Project, take: Take
) -> None:
    hear(song, project, [TranscribedSpan(0.0, 2.0, "es", "Gracias por ver.")])
    (recording,) = understood(song)
    assert figures(recording)["understood"] is False
    assert summary_line(recording).startswith(f"{NAME}: no word was understood, CER ")


def test_before_anyone_listened_there_is_no_transcript(song: Song, take: Take) -> None:
    assert stored_transcript(song, take) is None


def test_a_damaged_record_is_no_take(song: Song, take: Take) -> None:
    record_path(song.results, NAME).write_text("{}")
    assert understood(song) == []


def test_a_take_in_one_line(song: Song, take: Take) -> None:
    summary = summary_line(
        TranscribedRecording(NAME, transcript_json(take_target(song, take), {}, HEARD))
    )
    assert summary.startswith(f"{NAME}: 80 % of the words, CER 0.04 (shuffled lyrics 0.")
    assert summary.endswith("Amor tres veses. Well, whisper.")


@pytest.fixture
def script() -> ModuleType:
    path = Path(__file__).parents[3] / "scripts" / "understand_lyrics.py"
    specification = importlib.util.spec_from_file_location("understand_lyrics", path)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_the_programs_help_teaches(script: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        script.main(["--help"])
    assert end.value.code == 0
    out = capsys.readouterr().out
    assert "exit code" in out and "python scripts/understand_lyrics.py" in out


@pytest.mark.parametrize(
    ("judges", "told"),
    [
        ("", f"{NAME}: 80 % of the words"),
        ("lyrics=base", f"{NAME}: 80 % of the words"),
        ("lyrics=large-v3-turbo", f"{NAME}: {NOT_HEARD}\n"),
        ("none", f"{NAME}: 80 % of the words"),
    ],
)
def test_the_program_asks_for_the_chosen_checkpoint(
    script: ModuleType,
    song: Song,
    project: Project,
    take: Take,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    judges: str,
    told: str,
) -> None:
    monkeypatch.setenv("SECONDTAKE_ROOT", str(project.root))
    monkeypatch.setenv("SECONDTAKE_JUDGES", judges)
    hear(song, project, HEARD)
    assert script.main(["--song", str(song.path)]) == 0
    out = capsys.readouterr().out
    assert out.startswith(told)
    assert ("figures: results/lyrics/" in out) == (NOT_HEARD not in out)


@pytest.mark.parametrize(
    ("judges", "told"), [("", "no sung takes"), ("none", "the judge of words is off")]
)
def test_the_program_says_that_there_is_nothing(
    script: ModuleType,
    song: Song,
    project: Project,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    judges: str,
    told: str,
) -> None:
    monkeypatch.setenv("SECONDTAKE_ROOT", str(project.root))
    monkeypatch.setenv("SECONDTAKE_JUDGES", judges)
    assert script.main(["--song", str(song.path)]) == 0
    assert told in capsys.readouterr().out
