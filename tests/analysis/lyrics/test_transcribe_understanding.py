"""The stage: which takes are listened to, when again, and what is written. No recogniser."""

import importlib.util
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from tests.sounds import Sounds

from secondtake.analysis.checks.verify import verify
from secondtake.analysis.lyrics.asr import TranscribedSpan
from secondtake.analysis.lyrics.transcribe import (
    TranscribedRecording,
    TranscribeFn,
    stored_transcript,
    summary_line,
    transcribe_song,
    transcript_json,
)
from secondtake.analysis.lyrics.transcripts import take_target, transcript_path
from secondtake.core.errors import ModelError
from secondtake.core.files import sha256_of
from secondtake.core.project import Project
from secondtake.core.serialization import read_json
from secondtake.core.song import Song, load_song
from secondtake.core.takes import Take, record_path, wav_path

NAME = "sketch_segment1_verse"
RECOGNISER = {"name": "ear", "version": "1", "model_sha256": "0" * 64}
ORIGINAL = "baseline_segment1"
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


@pytest.fixture
def song(project: Project) -> Song:
    path = project.root / "songs" / "known.toml"
    path.write_text(SONG, encoding="utf-8")
    return load_song(path, project)


@pytest.fixture
def take(make_take: Callable[[str, np.ndarray], Take], sounds: type[Sounds]) -> Take:
    return make_take("sketch", sounds.sine(220, 1.0, rate=44_100))


class Ear:
    """Says what it was told to, and counts how often it was loaded and asked."""

    def __init__(self, heard: Sequence[TranscribedSpan] = HEARD) -> None:
        self.heard, self.loads = heard, 0
        self.asked: list[Any] = []  # shape and type of the samples, and the languages

    def load(self) -> TranscribeFn:
        self.loads += 1
        return self.hear

    def hear(self, samples: np.ndarray, languages: Sequence[str]) -> list[TranscribedSpan]:
        self.asked.append((samples.shape, samples.dtype, languages))
        return list(self.heard)


def listen(
    song: Song, ear: Ear, recogniser: dict[str, str] = RECOGNISER
) -> list[TranscribedRecording]:
    return list(transcribe_song(song, recogniser, ear.load))


def figures(recording: TranscribedRecording) -> dict[str, Any]:
    assert recording.figures is not None
    return recording.figures


def test_the_figures_of_known_words(song: Song, take: Take) -> None:
    ear = Ear()
    (recording,) = listen(song, ear)
    assert ear.asked == [((16_000,), np.float32, ("es", "en"))]
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
        "recogniser": RECOGNISER,
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


def test_an_unchanged_take_is_not_heard_again_and_its_file_not_written(
    song: Song, take: Take
) -> None:
    listen(song, Ear())
    path = transcript_path(song.results, NAME)
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    ear = Ear([])
    assert [figures(one)["wer"] for one in listen(song, ear)] == [0.2]
    assert ear.loads == 0
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_a_changed_wav_is_heard_again(
    song: Song, take: Take, make_take: Callable[[str, np.ndarray], Take], sounds: type[Sounds]
) -> None:
    listen(song, Ear())
    make_take("sketch", sounds.sine(330, 1.0, rate=44_100))
    (recording,) = listen(song, Ear([]))
    assert (figures(recording)["cer"], figures(recording)["words_understood"]) == (1.0, 0.0)
    assert figures(recording)["heard"] == "" and "no voice found" in summary_line(recording)


@pytest.fixture
def baseline(song: Song, sounds: type[Sounds]) -> Path:
    """The recording in which the segment's baseline lies from 1 to 3 s."""
    original = song.segments[0].baseline
    assert original is not None
    file = original.file
    file.parent.mkdir(parents=True)
    soundfile.write(file, sounds.sine(220, 4.0), 22_050)
    return file


def test_the_original_of_a_sung_take_is_heard_in_its_stretch_and_once(
    song: Song, take: Take, baseline: Path
) -> None:
    ear = Ear()
    recordings = listen(song, ear)
    assert [one.name for one in recordings] == [NAME, ORIGINAL]
    assert ear.loads == 1
    assert ear.asked[1] == ((32_000,), np.float32, ("es", "en"))
    written = json.loads(transcript_path(song.results, ORIGINAL).read_text(encoding="utf-8"))
    assert written["wav_sha256"] == sha256_of(baseline)
    assert (written["start"], written["end"], written["wer"]) == (1.0, 3.0, 0.2)
    again = Ear([])
    assert len(listen(song, again)) == 2 and again.loads == 0


def test_another_stretch_or_another_original_is_heard_again(
    project: Project, song: Song, take: Take, baseline: Path, sounds: type[Sounds]
) -> None:
    listen(song, Ear())
    song.path.write_text(SONG.replace("end = 3.0", "end = 3.5"), encoding="utf-8")
    moved, ear = load_song(song.path, project), Ear()
    listen(moved, ear)
    assert [asked[0] for asked in ear.asked] == [(40_000,)]
    soundfile.write(baseline, sounds.sine(330, 4.0), 22_050)
    ear = Ear()
    listen(moved, ear)
    assert len(ear.asked) == 1


def test_an_original_without_a_sung_take_is_not_listened_to(
    song: Song, baseline: Path, make_take: Callable[[str, np.ndarray], Take], sounds: type[Sounds]
) -> None:
    make_take("stable_audio", sounds.pink(1, 44_100))
    ear = Ear()
    assert listen(song, ear) == [] and ear.loads == 0


def test_an_original_that_is_no_audio_is_named_and_the_take_has_its_words(
    song: Song, take: Take, baseline: Path
) -> None:
    baseline.write_bytes(b"RIFF")
    words, none = listen(song, Ear())
    assert figures(words)["wer"] == 0.2
    assert none.figures is None and summary_line(none).startswith(f"{ORIGINAL}: not understood: ")
    assert "not readable as audio" in none.why


def test_a_corrected_word_changes_the_figures_without_listening(
    project: Project, song: Song, take: Take, baseline: Path
) -> None:
    listen(song, Ear())
    text = SONG.replace("veces", "veses")
    song.path.write_text(text, encoding="utf-8")
    ear = Ear()
    recordings = listen(load_song(song.path, project), ear)
    assert ear.loads == 0
    # The take was to sing what its record says, the baseline what the song file says now.
    assert [figures(one)["wer"] for one in recordings] == [0.2, 0.0]


def test_a_file_from_before_originals_were_heard_is_still_good(song: Song, take: Take) -> None:
    listen(song, Ear())
    path = transcript_path(song.results, NAME)
    old = json.loads(path.read_text(encoding="utf-8"))
    del old["start"], old["end"], old["floor"]["wer"]
    path.write_text(json.dumps(old), encoding="utf-8")
    ear = Ear([])
    assert [figures(one)["wer"] for one in listen(song, ear)] == [0.2] and ear.loads == 0


@pytest.mark.parametrize("fact", ["name", "version", "model_sha256"])
def test_another_recogniser_listens_again(song: Song, take: Take, fact: str) -> None:
    listen(song, Ear())
    ear = Ear()
    listen(song, ear, {**RECOGNISER, fact: "another"})
    assert ear.loads == 1


@pytest.mark.parametrize(
    "damage",
    ["", "{", "[]", "null", '{"format": 1}', "[" * 3000,
     lambda text: text.replace('"format": 1', '"format": 2'),
     lambda text: text.replace('"start": 2.5', '"start": "2.5"')],
)  # fmt: skip
def test_a_damaged_file_is_written_anew(
    song: Song, take: Take, damage: str | Callable[[str], str]
) -> None:
    listen(song, Ear())
    path = transcript_path(song.results, NAME)
    whole = path.read_text(encoding="utf-8")
    path.write_text(damage(whole) if callable(damage) else damage, encoding="utf-8")
    ear = Ear()
    listen(song, ear)
    assert ear.loads == 1 and path.read_text(encoding="utf-8") == whole


def test_only_what_was_to_be_sung_is_listened_to(
    song: Song, make_take: Callable[[str, np.ndarray], Take], sounds: type[Sounds]
) -> None:
    make_take("stable_audio", sounds.pink(1, 44_100))  # it plays under the verse, and sings nothing
    ear = Ear()
    assert listen(song, ear) == [] and ear.loads == 0
    assert not transcript_path(song.results, NAME).parent.exists()


def test_a_take_that_is_not_whole_is_named_and_the_rest_goes_on(song: Song, take: Take) -> None:
    wav_path(song.results, NAME).write_bytes(b"RIFF")
    ear = Ear()
    (recording,) = listen(song, ear)
    assert recording.figures is None and ear.loads == 0
    assert summary_line(recording).startswith(
        f"{NAME}: not understood: its wav is missing or was changed"
    )
    assert not transcript_path(song.results, NAME).exists()


def test_a_take_that_sings_its_prompt_says_so(song: Song, take: Take) -> None:
    told = Ear([TranscribedSpan(0.0, 2.0, "es", "120 BPM. Amor, tres veces."), HEARD[1]])
    (recording,) = listen(song, told)
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
    listen(song, Ear())
    assert verdicts() == ["pass"]
    transcript_path(song.results, NAME).unlink()
    listen(song, Ear([TranscribedSpan(0.0, 2.0, "es", "120 BPM. Amor.")]))
    assert verdicts() == ["warn"]


def test_lyrics_that_nobody_understands_are_said_so(song: Song, take: Take) -> None:
    (recording,) = listen(song, Ear([TranscribedSpan(0.0, 2.0, "es", "Gracias por ver.")]))
    assert figures(recording)["understood"] is False
    assert summary_line(recording).startswith(f"{NAME}: no word was understood, CER ")


def test_before_anyone_listened_there_is_no_transcript(song: Song, take: Take) -> None:
    assert stored_transcript(song, take) is None


def test_a_damaged_record_is_no_take(song: Song, take: Take) -> None:
    record_path(song.results, NAME).write_text("{}")
    assert listen(song, Ear()) == []


def test_a_recogniser_that_cannot_be_loaded_writes_nothing(song: Song, take: Take) -> None:
    def load() -> TranscribeFn:
        raise ModelError("bad_weights", "altered", "set up again")

    with pytest.raises(ModelError):
        list(transcribe_song(song, RECOGNISER, load))
    assert not transcript_path(song.results, NAME).exists()


def test_a_take_in_one_line(song: Song, take: Take) -> None:
    summary = summary_line(
        TranscribedRecording(NAME, transcript_json(take_target(song, take), RECOGNISER, HEARD))
    )
    assert summary.startswith(f"{NAME}: 80 % of the words, CER 0.04 (shuffled lyrics 0.")
    assert summary.endswith("Amor tres veses. Well, whisper.")


def test_the_programs_help_teaches_where_no_recogniser_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = Path(__file__).parents[3] / "scripts" / "understand_lyrics.py"
    specification = importlib.util.spec_from_file_location("understand_lyrics", path)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    with pytest.raises(SystemExit) as end:
        module.main(["--help"])
    assert end.value.code == 0
    out = capsys.readouterr().out
    assert "exit code" in out and "python scripts/understand_lyrics.py" in out
