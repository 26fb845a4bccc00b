import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.runner.html_pages.listening_study import (
    listening_clips,
    make_all,
    pages,
    with_encoding,
    write_listening_page,
)
from tests.runner.progress_pages.scratch import BLOCK, SONG, Scratch, compared, metric, new_scratch

from secondtake.core.listening_file import clip_path, listening_path
from secondtake.core.outcomes import Outcome
from secondtake.core.takes import wav_path
from secondtake.runner.html_pages.listening_page import LIMIT, left_over
from secondtake.runner.progress_pages.survey import survey

HOSTILE = "</script><script>alert(1)</script><img src=//x.example/i onerror=alert(1)>\"'&"
CONTROL = "Sketch (rule-based control)"


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scratch:
    monkeypatch.delenv("SECONDTAKE_CACHE", raising=False)
    return new_scratch(tmp_path)


def page_of(scratch: Scratch) -> str:
    (text,) = pages(scratch).values()
    return text


def study_in(text: str) -> dict[str, Any]:
    """The data that a page's script reads."""
    match = re.search(r'<script type="application/json" id="study">(.*?)</script>', text, re.DOTALL)
    assert match
    study: dict[str, Any] = json.loads(match[1])
    return study


def segment_in(text: str, number: int) -> dict[str, Any]:
    (segment,) = [s for s in study_in(text)["segments"] if s["number"] == number]
    return dict(segment)


def ready(scratch: Scratch, number: int, takes: list[dict[str, Any]]) -> dict[str, Any]:
    """A segment of the comparison whose baseline is there."""
    baseline = {"state": "ready", "why": "", "measured": {"lufs": -9.0}}
    return {"number": number, "baseline": baseline, "takes": takes, "skipped": []}


def test_a_segment_has_the_baseline_the_models_and_the_control_last(scratch: Scratch) -> None:
    make_all(scratch)
    made = listening_clips(scratch)
    study = study_in(page_of(scratch))
    assert study["study"] == made.study
    chorus = segment_in(page_of(scratch), 10)
    assert [v["label"] for v in chorus["versions"]] == ["Baseline", "Bark", CONTROL]
    assert [v["role"] for v in chorus["versions"]] == ["baseline", "model", "control"]
    assert chorus["missing"] == []
    assert chorus["lyrics"] == ["We whisper, susurra conmigo,", "amor y código."]
    bark = chorus["versions"][1]
    assert bark["prompt"].startswith("[MAN]")
    assert "MIT" in bark["licence"]
    assert bark["verdict"]["findings"] == ["The file is not verified yet."]
    assert bark["spectrogram"].startswith("data:image/png;base64,")
    assert bark["words"][1] == ["whisper", "missed"]
    assert (bark["attenuationDb"], bark["commonAttenuationDb"]) == (-6.0, -3.0)


def test_every_clip_is_in_the_page_in_an_order_that_tells_nothing(scratch: Scratch) -> None:
    make_all(scratch)
    made = listening_clips(scratch)
    text = page_of(scratch)
    names = re.findall(r'<script type="text/plain" data-clip="([0-9a-f]{12})">', text)
    assert names == sorted(v.clip for segment in made.segments for v in segment.versions)


def test_the_same_records_give_the_same_bytes(scratch: Scratch) -> None:
    make_all(scratch)
    listening_clips(scratch)
    assert pages(scratch) == pages(scratch)


def test_several_takes_stand_together_the_first_choice_first(scratch: Scratch) -> None:
    make_all(scratch, takes=3)
    listening_clips(scratch, takes=3)
    versions = segment_in(page_of(scratch), 10)["versions"]
    labels = [version["label"] for version in versions if version["model"] == "bark"]
    assert labels == ["Bark, take 1", "Bark, take 2", "Bark, take 3"]
    assert [v["best"] for v in versions if v["model"] == "bark"] == [True, False, False]
    assert versions[1]["note"].startswith("not ranked")
    assert {v["maker"] for v in versions if v["model"] == "bark"} == {"Bark"}


def test_without_clips_every_take_says_what_to_type(scratch: Scratch) -> None:
    make_all(scratch)
    study = study_in(page_of(scratch))
    assert study["notice"]["command"] == "invoke page --song songs/study.toml"
    for segment in study["segments"]:
        assert segment["versions"] == []
        assert {entry["state"] for entry in segment["missing"]} == {"not prepared"}
        assert {entry["command"] for entry in segment["missing"]} == {study["again"]}
    assert "not prepared yet" in page_of(scratch).split("<script")[0]


def test_what_is_blocked_stands_in_its_place_with_the_command(scratch: Scratch) -> None:
    make_all(scratch)
    (job,) = scratch.jobs("stable_audio")
    wav_path(scratch.results, job.name).unlink()
    wav_path(scratch.results, job.name).with_suffix(".json").unlink()
    scratch.note("stable_audio", BLOCK)
    listening_clips(scratch)
    (entry,) = segment_in(page_of(scratch), 7)["missing"]
    assert (entry["label"], entry["state"], entry["place"]) == ("Stable Audio", "blocked", 1)
    assert entry["why"].startswith(BLOCK.message)
    assert BLOCK.hint in entry["why"]
    again = "invoke generate-all --models stable_audio --song songs/study.toml"
    assert entry["command"].splitlines()[-1] == again
    assert "cp .env.example .env" in entry["command"]


def test_what_was_not_made_and_what_failed_say_so(scratch: Scratch) -> None:
    scratch.note("bark", Outcome("failed", "bug", "it broke", ""))
    chorus = segment_in(page_of(scratch), 10)
    states = {entry["label"]: entry["state"] for entry in chorus["missing"]}
    assert states == {"Baseline": "absent", "Bark": "failed", CONTROL: "pending"}
    commands = {entry["label"]: entry["command"] for entry in chorus["missing"]}
    imported = "invoke import-baseline FILE --segment 10 --song songs/study.toml"
    assert commands["Baseline"] == imported


def test_a_clip_of_older_sound_is_not_played_as_the_take(scratch: Scratch) -> None:
    jobs = make_all(scratch)
    listening_clips(scratch)
    bark = next(job for job in jobs if job.model == "bark")
    scratch.make(bark, 0.7)
    scratch.baseline(10, 2.0)
    chorus = segment_in(page_of(scratch), 10)
    assert [version["label"] for version in chorus["versions"]] == [CONTROL]
    assert {entry["label"] for entry in chorus["missing"]} == {"Baseline", "Bark"}
    assert {entry["state"] for entry in chorus["missing"]} == {"not prepared"}


def test_a_clip_of_another_stretch_is_not_played_as_the_baseline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SECONDTAKE_CACHE", raising=False)
    whole = SONG.replace('_segment10_chorus.wav"', '_segment10_chorus.wav"\nstart = 0\nend = 1')
    scratch = new_scratch(tmp_path, whole)
    make_all(scratch)
    listening_clips(scratch)
    versions = segment_in(page_of(scratch), 10)["versions"]
    assert versions[0]["note"] == "the recording, 0 s to 1 s"
    moved = new_scratch(tmp_path, whole.replace("end = 1", "end = 1.2"))
    assert segment_in(page_of(moved), 10)["versions"][0]["label"] == "Bark"


def test_a_source_that_could_not_be_read_says_why(scratch: Scratch) -> None:
    jobs = make_all(scratch)
    bark = next(job for job in jobs if job.model == "bark")
    listening_clips(scratch, skipped=[(bark.name, "too short to be heard")])
    (entry,) = segment_in(page_of(scratch), 10)["missing"]
    assert entry["why"] == "too short to be heard"


def test_figures_are_those_of_the_comparison(scratch: Scratch) -> None:
    jobs = {job.model: job for job in make_all(scratch) if job.segment == 10}
    listening_clips(scratch)
    scratch.verify()
    near = metric(
        "likeness", 0.714, question="overall", verdict="closer",
        scaled_interval=[-0.004, 0.73], percentile=97.4, note="",
    )  # fmt: skip
    wide = metric("likeness", 0.4, question="overall", verdict="undecided", note="too short")
    takes = [
        compared(jobs["bark"], "baseline", [near]),
        compared(jobs["sketch"], "baseline", [wide]),
    ]
    kept = [{"take": jobs["bark"].name, "model": "bark", "tempo": "half", "key": "other"}]
    scratch.compare([ready(scratch, 10, takes)], across={"adherence": {"takes": kept}})
    _, bark, control = segment_in(page_of(scratch), 10)["versions"]
    closeness, adherence, words = bark["figures"]
    assert closeness["text"] == "0.71 (0.00 to 0.73)"
    assert closeness["scale"] == [0.714, -0.004, 0.73]
    assert "closer to the baseline than most other music" in closeness["explain"]
    assert "closer than 97 % of the other music it was held against" in closeness["explain"]
    assert adherence["text"] == "tempo kept, counted at half; another key"
    assert words["text"] == "2 of 3"
    assert bark["note"] == "closer than most other music"
    assert control["figures"][0]["text"] == "undecided"
    assert control["figures"][0]["explain"] == "too short"
    assert control["note"] == "closeness undecided"
    assert bark["verdict"]["mark"] == "ok"


def test_nothing_is_close_to_a_control_in_place_of_a_baseline(scratch: Scratch) -> None:
    jobs = {job.model: job for job in make_all(scratch) if job.segment == 10}
    listening_clips(scratch)
    figure = metric("likeness", 0.9, question="overall", verdict="closer", note="")
    scratch.compare([ready(scratch, 10, [compared(jobs["bark"], jobs["sketch"].name, [figure])])])
    bark = segment_in(page_of(scratch), 10)["versions"][1]
    assert "Closeness" not in [entry["name"] for entry in bark["figures"]]


def test_hostile_texts_are_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECONDTAKE_CACHE", raising=False)
    quoted = json.dumps(HOSTILE)
    song = SONG.replace('"Two Segments"', quoted).replace('"Susurra Conmigo"', quoted)
    song = song.replace('"[MAN] ♪ We whisper, susurra conmigo, amor y código. ♪"', quoted)
    song = song.replace('"We whisper, susurra conmigo,\\namor y código."', quoted)
    scratch = new_scratch(tmp_path, song)
    scratch.note("bark", replace(BLOCK, message=HOSTILE, hint=""))
    scratch.baseline(10)
    listening_clips(scratch)
    text = page_of(scratch)
    assert "alert(1)</script>" not in text
    assert "<img" not in text
    assert "<h1>&lt;/script&gt;" in text
    chorus = segment_in(text, 10)
    assert chorus["title"] == HOSTILE
    assert HOSTILE in [entry["why"] for entry in chorus["missing"]]
    assert len(re.findall("<script", text)) == len(re.findall("</script>", text)) == 3


def test_a_damaged_listening_file_is_said_and_nothing_else_breaks(scratch: Scratch) -> None:
    make_all(scratch)
    listening_clips(scratch)
    listening_path(scratch.results).write_text("{]")
    study = study_in(page_of(scratch))
    assert "cannot be read" in study["notice"]["text"]
    assert study["study"] == ""


def test_above_the_limit_clips_lie_beside_the_page(scratch: Scratch) -> None:
    make_all(scratch)
    made = listening_clips(scratch)
    clips = {version.clip for segment in made.segments for version in segment.versions}
    files = pages(scratch, limit=1_000_000)
    assert list(files)[-1] == scratch.results / "listen.html"  # not there before its sounds
    page = files.pop(scratch.results / "listen.html")
    assert set(files) == {scratch.results / "listen" / f"{clip}.js" for clip in clips}
    assert study_in(page)["folder"] == "listen"
    assert 'type="text/plain"' not in page
    assert "'self'" in page.split('content="')[1].split('"')[0].replace("&#39;", "'")
    for text in files.values():
        assert re.fullmatch(
            r"document\.currentScript\.dispatchEvent\(new CustomEvent\(\"clip\", "
            r"\{ detail: \"[A-Za-z0-9+/=]+\" \}\)\);\n",
            text,
        )


def test_a_usual_study_is_one_file() -> None:
    """3 segments of 5 versions of 15 s: MP3 of 160 kbit/s as base64, and 300 kB of all else."""
    assert 3 * 5 * 15 * 160_000 / 8 * 4 / 3 + 15 * 60_000 + 300_000 < LIMIT <= 15_000_000


def test_the_limit_is_one_of_the_whole_page(scratch: Scratch) -> None:
    make_all(scratch)
    listening_clips(scratch)
    size = len(page_of(scratch).encode())
    assert len(pages(scratch, limit=size)) == 1
    assert len(pages(scratch, limit=size - 1)) == 7


def test_files_beside_the_page_that_have_no_use_are_known(scratch: Scratch) -> None:
    make_all(scratch)
    listening_clips(scratch)
    write_listening_page(scratch, limit=1_000_000)
    (scratch.results / "listen" / "notes.js").write_text("// of the user")
    status = survey(scratch.song, scratch.project)
    assert len(left_over(status.folder, pages(scratch))) == 6
    assert left_over(status.folder, pages(scratch, limit=1_000_000)) == []


def test_other_encodings_are_read_by_their_own_names(scratch: Scratch) -> None:
    make_all(scratch)
    made = listening_clips(scratch)
    with_encoding(scratch, made, "mp3")
    text = page_of(scratch)
    clip = made.segments[0].versions[0].clip
    assert re.search(rf'data-clip="{clip}">[A-Za-z0-9+/=]+<', text)


def test_a_clip_whose_file_is_gone_leaves_a_page_all_the_same(scratch: Scratch) -> None:
    make_all(scratch)
    made = listening_clips(scratch)
    clip = made.segments[0].versions[0].clip
    clip_path(scratch.results, clip, "wav").unlink()
    assert f'data-clip="{clip}"></script>' in page_of(scratch)
