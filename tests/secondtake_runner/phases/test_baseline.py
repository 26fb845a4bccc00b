from collections.abc import Callable
from pathlib import Path

import pytest
from tests.secondtake_runner.phases.rendered import render
from tests.secondtake_runner.phases.scratch import Scratch, check

from secondtake.files import sha256_of, write_json
from secondtake_runner.phases import survey

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
    found = render(scratch.page(1))
    (block,) = found.blocks
    assert block.splitlines() == [
        "invoke import-baseline FILE --segment 7 --song songs/study.toml",
        "invoke import-baseline FILE --segment 10 --song songs/study.toml",
    ]
    assert "Done: the recordings that are there ✅" not in found.headings


def test_a_file_that_is_there_is_described(scratch: Scratch) -> None:
    path = scratch.baseline(10, seconds=2.5, sample_rate=48_000)
    page = scratch.page(1)
    row = next(line for line in page.splitlines() if line.startswith("| 10 | ["))
    assert "| 2.50 | 48000 Hz | stereo |" in row
    assert sha256_of(path)[:12] in row
    assert row.endswith("| not verified yet |")
    assert "--segment 10" not in page


def test_a_recording_of_another_kind_is_no_error(scratch: Scratch) -> None:
    path = scratch.song.segments[0].baseline
    assert path is not None
    path.file.parent.mkdir(parents=True)
    path.file.write_bytes(b"ID3 not a wav")
    assert "| not a wav |" in scratch.page(1)


def test_the_verdict_on_a_baseline(scratch: Scratch) -> None:
    path = scratch.baseline(7)
    one = check("true peak", 0.5, "dBTP", "warn", "may clip")
    entry = {
        "file": scratch.project.relative(path),
        "kind": "baseline",
        "verdict": "warn",
        "checks": [one],
    }
    write_json(scratch.results / "verification.json", {"song": "study", "files": [entry]})
    assert "⚠️ warn: true peak 0.5 dBTP (allowed: at most -1 dBTP): may clip" in scratch.page(1)


def test_stretches_of_one_file(another: Callable[[str], Scratch]) -> None:
    scratch = another(STRETCH)
    page = scratch.page(1)
    assert "Put the whole song at `data/whole.wav`" in page
    assert page.count("data/whole.wav") == 3  # two rows and one sentence
    assert "import-baseline" not in page
    scratch.baseline(1, seconds=20.0, sample_rate=8000)
    assert "| 1.5 s to 3 s |" in scratch.page(1)
    assert "| 10 s to the end |" in scratch.page(1)


def test_a_segment_that_names_none(another: Callable[[str], Scratch]) -> None:
    page = another(UNNAMED).page(1)
    assert 'baseline = "data/baseline/segment3.wav"' in page
    assert "import-baseline" not in page


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

    monkeypatch.setattr(survey, "sha256_of", hashed)
    name = scratch.project.relative(closed)
    for number in (1, 4, 5):
        assert f"❌ {name} cannot be read: Permission denied" in scratch.page(number)
    assert "| ❌ cannot be read | " in scratch.page(1)
    assert "| ❌ cannot be read | original |" in scratch.page(5)
    assert "1 of 2 segments" in scratch.page(1)


def test_a_file_of_many_segments_is_read_once(
    another: Callable[[str], Scratch], monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = another(STRETCH)
    file = scratch.baseline(1, seconds=20.0, sample_rate=8000)
    read: list[Path] = []
    monkeypatch.setattr(survey, "sha256_of", lambda path: read.append(path) or sha256_of(path))
    assert scratch.page(1).count(sha256_of(file)[:12]) == 2
    assert read == [file]  # for all pages
