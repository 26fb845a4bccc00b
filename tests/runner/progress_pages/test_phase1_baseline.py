import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.runner.progress_pages.rendered import render
from tests.runner.progress_pages.scratch import Scratch, check, compared, metric

from secondtake.core import file_hashes
from secondtake.core.files import sha256_of, write_json

STRETCH = """
title = "One File"
results = "results"
baseline = "data/whole.wav"
[[segment]]
number = 1
kind = "intro"
title = "First"
seconds = 2
start = 1.5
end = 3
[[segment]]
number = 2
kind = "outro"
title = "Last"
seconds = 2
start = 10
"""
UNNAMED = """
title = "No Original"
[[segment]]
number = 3
kind = "intro"
title = "First"
seconds = 2
"""


def test_absent_files_say_what_to_type(scratch: Scratch) -> None:
    html = render(scratch.page(1))
    (block,) = html.blocks
    assert block.splitlines() == [
        "invoke import-baseline FILE --segment 7 --song songs/study.toml",
        "invoke import-baseline FILE --segment 10 --song songs/study.toml",
    ]
    assert "Done: the recordings that are there ✅" not in html.headings


def test_a_file_that_is_there_is_described(scratch: Scratch) -> None:
    path = scratch.baseline(10, seconds=2.5, sample_rate=48_000)
    page = scratch.page(1)
    row = next(line for line in page.splitlines() if line.startswith("| 10 | ["))
    assert "| 2.50 | 48000 Hz | stereo |" in row
    assert sha256_of(path)[:12] in row
    assert row.endswith("| not verified yet |")
    assert "--segment 10" not in page


def test_the_seconds_of_a_recording_of_another_kind_are_those_that_were_decoded(
    scratch: Scratch,
) -> None:
    baseline = scratch.song.segments[0].baseline
    assert baseline is not None
    baseline.file.parent.mkdir(parents=True)
    baseline.file.write_bytes(b"ID3 not a wav")
    name = scratch.project.relative(baseline.file)
    assert "| all of it | – | – | – |" in scratch.page(1)
    entry = {"file": name, "kind": "baseline", "sha256": sha256_of(baseline.file)}
    figures = [check("decodes", 12.5, "s", "pass", "")]
    files = [entry | {"verdict": "pass", "checks": figures}]
    write_json(scratch.results / "verification.json", {"song": "study", "files": files})
    assert "| all of it | 12.50 | – | – |" in scratch.page(1)
    assert "suno_segment7_instrumental.wav) | 12.50 | – | ✅ |" in scratch.page(5)


def test_the_verdict_on_a_baseline(scratch: Scratch) -> None:
    path = scratch.baseline(7)
    peak = check("true peak", 0.5, "dBTP", "warn", "may clip")
    entry = {
        "file": scratch.project.relative(path),
        "kind": "baseline",
        "verdict": "warn",
        "checks": [peak],
    }
    write_json(scratch.results / "verification.json", {"song": "study", "files": [entry]})
    assert "⚠️ warn: true peak 0.5 dBTP (allowed: at most -1 dBTP): may clip" in scratch.page(1)


@pytest.mark.parametrize("missing", ["", "verification", "comparison", "baseline's verdict"])
def test_the_next_step_is_to_judge_only_while_something_is_not_judged(scratch, missing):
    job = scratch.jobs("bark")[0]
    scratch.make(job)
    baseline = scratch.baseline(10)
    scratch.verify()
    file = scratch.results / "verification.json"
    value = json.loads(file.read_text())
    if missing != "baseline's verdict":
        entry = {"file": scratch.project.relative(baseline), "kind": "baseline", "verdict": "pass"}
        value["files"].append({**entry, "checks": [check("decodes", 1.5, "s")]})
    if missing == "verification":
        value["files"] = value["files"][1:]
    write_json(file, value)
    state = {"state": "ready", "why": "", "measured": {"lufs": -9.0}}
    takes = [] if missing == "comparison" else [compared(job, "baseline", [metric("timbre", 0.5)])]
    scratch.compare([{"number": 10, "baseline": state, "takes": takes, "skipped": []}])
    steps = scratch.page(1).split("## Next steps")[1]
    assert ("Judge the takes against what is there" in steps) == bool(missing)
    assert ("Go on to [Phase 2: setup](PHASE2_PROGRESS.md)" in steps) == (not missing)


def test_without_takes_and_recordings_there_is_nothing_to_judge(scratch: Scratch) -> None:
    assert "invoke verify" not in scratch.page(1) and "Go on to [Phase 2" in scratch.page(1)
    scratch.baseline(7)
    assert "Check the recordings: `invoke verify" in scratch.page(1)


def test_stretches_of_one_file(another: Callable[[str], Scratch]) -> None:
    scratch = another(STRETCH)
    page = scratch.page(1)
    assert "FILE is the whole recording (wav, flac, ogg or mp3), which becomes `data/wh" in page
    assert page.count("data/whole.wav") == 3  # two rows and one sentence
    assert render(page).blocks == ["invoke import-baseline FILE --song songs/study.toml\n"]
    assert "`invoke import-baseline FILE --song songs/study.toml`" in scratch.page(5)
    scratch.baseline(1, seconds=20.0, sample_rate=8000)
    assert "| 1.5 s to 3 s |" in scratch.page(1)
    assert "| 10 s to the end |" in scratch.page(1)


def test_a_segment_that_names_none(another: Callable[[str], Scratch]) -> None:
    page = another(UNNAMED).page(1)
    assert 'baseline = "data/baseline/segment3.wav"' in page
    assert render(page).blocks == ["invoke import-baseline FILE --save --song songs/study.toml\n"]


def test_a_segment_outside_the_songs_recording_has_one_of_its_own(
    another: Callable[[str], Scratch],
) -> None:
    scratch = another(STRETCH.replace("start = 10", 'baseline = ""'))
    scratch.baseline(1, seconds=20.0, sample_rate=8000)
    page = scratch.page(1)
    assert 'Segment 2: add to it in the song file `baseline = "data/baseline/segment2.wav"`' in page
    assert "import-baseline" not in page


def test_a_stretch_of_a_recording_that_is_not_the_songs(another: Callable[[str], Scratch]) -> None:
    page = another(STRETCH.replace("start = 10", 'baseline = "data/live.wav"\nstart = 10')).page(1)
    assert render(page).blocks == [
        "invoke import-baseline FILE --segment 2 --song songs/study.toml\n",
        "invoke import-baseline FILE --song songs/study.toml\n",
    ]


def test_a_verdict_is_that_of_the_file_as_it_is(scratch: Scratch) -> None:
    path = scratch.baseline(7)
    entry = {
        "file": scratch.project.relative(path),
        "kind": "baseline",
        "verdict": "pass",
        "checks": [],
        "sha256": sha256_of(path),
    }
    write_json(scratch.results / "verification.json", {"song": "study", "files": [entry]})
    assert "✅ pass" in scratch.page(1)
    scratch.baseline(7, seconds=3.0)
    assert "✅ pass" not in scratch.page(1)


def test_a_file_that_may_not_be_read_is_a_state(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = scratch.baseline(7)
    scratch.baseline(10)

    def hashed(path: Path) -> str:
        if path == closed:
            raise PermissionError(13, "Permission denied", str(path))
        return sha256_of(path)

    monkeypatch.setattr(file_hashes, "sha256_of", hashed)
    name = scratch.project.relative(closed)
    for number in (1, 4, 5):
        assert f"❌ {name} cannot be read: Permission denied" in scratch.page(number)
    assert "| ❌ cannot be read | " in scratch.page(1)
    assert "| baseline: ❌ cannot be read |" in scratch.page(5)
    assert "1 of 2 segments" in scratch.page(1)


def test_a_file_of_many_segments_is_read_once(
    another: Callable[[str], Scratch], monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = another(STRETCH)
    file = scratch.baseline(1, seconds=20.0, sample_rate=8000)
    read: list[Path] = []
    monkeypatch.setattr(file_hashes, "sha256_of", lambda path: read.append(path) or sha256_of(path))
    assert scratch.page(1).count(sha256_of(file)[:12]) == 2
    assert read == [file]  # for all pages
