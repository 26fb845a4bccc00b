import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from secondtake.core.errors import UserError
from secondtake.core.outcomes import Outcome, OutcomeFiles, outcomes_folder, read_outcomes

DONE = Outcome("done", "", "3.2 s")
BLOCKED = Outcome("blocked", "no_token", "gated", "put HF_TOKEN into .env", "results/logs/a.log")


def test_nothing_noted_is_no_outcome(tmp_path: Path) -> None:
    assert read_outcomes(tmp_path) == {}


def test_what_is_noted_is_read(tmp_path: Path) -> None:
    OutcomeFiles(tmp_path).record("bark", {"bark_segment10_chorus": DONE})
    OutcomeFiles(tmp_path).record("stable_audio", {"stable_audio_segment7_instrumental": BLOCKED})
    assert read_outcomes(tmp_path) == {
        "bark_segment10_chorus": DONE,
        "stable_audio_segment7_instrumental": BLOCKED,
    }


def test_a_note_replaces_its_own_jobs_and_keeps_the_others(tmp_path: Path) -> None:
    OutcomeFiles(tmp_path).record("bark", {"one": BLOCKED, "two": BLOCKED})
    OutcomeFiles(tmp_path).record("bark", {"two": DONE})
    assert read_outcomes(tmp_path) == {"one": BLOCKED, "two": DONE}


def test_the_same_note_leaves_the_file_untouched(tmp_path: Path) -> None:
    assert OutcomeFiles(tmp_path).record("bark", {"one": DONE, "two": BLOCKED}) is True
    path = outcomes_folder(tmp_path) / "bark.json"
    before = path.stat().st_ino, path.stat().st_mtime_ns
    assert OutcomeFiles(tmp_path).record("bark", {"two": BLOCKED, "one": DONE}) is False
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == before


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"format": 2, "outcomes": {}}',  # and no checksum
        '{"format": 3, "outcomes": {}}',
        '{"format": 1}',
        '{"format": 1, "outcomes": []}',
        '{"format": 1, "outcomes": {"a": {"status": "perhaps"}}}',
        '{"format": 1, "outcomes": {"a": {"status": "failed", "code": "odd"}}}',
        '{"format": 1, "outcomes": {"a": {"status": "done", "extra": 1}}}',
        '{"format": 1, "outcomes": {"a": {"status": "done", "message": 3}}}',
        '{"format": 1, "outcomes": {"a": {"status": ["done"]}}}',
        '{"format": 1, "outcomes": {"a": "done"}}',
        "[" * 100_000,
    ],
)
def test_a_damaged_file_says_which_and_what_to_do(tmp_path: Path, text: str) -> None:
    path = outcomes_folder(tmp_path) / "bark.json"
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(UserError, match=r"bark\.json.*the next run sets it aside"):
        read_outcomes(tmp_path)


def damage_text(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00")


@pytest.mark.parametrize("damage", [damage_text, Path.mkdir, os.mkfifo])
def test_a_run_sets_a_damaged_file_aside_and_writes_it_anew(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], damage: Callable[[Path], object]
) -> None:
    path = outcomes_folder(tmp_path) / "bark.json"
    path.parent.mkdir()
    damage(path)
    OutcomeFiles(tmp_path).record("bark", {"one": DONE})
    assert read_outcomes(tmp_path) == {"one": DONE}
    assert sorted(p.name for p in path.parent.iterdir()) == ["bark.damaged.json", "bark.json"]
    warning = capfd.readouterr().err
    assert warning.startswith(f"warning: {path}: ") and "it is now bark.damaged.json" in warning


def test_a_damaged_file_hides_no_other_ones_outcomes(tmp_path: Path) -> None:
    OutcomeFiles(tmp_path).record("bark", {"one": DONE})
    (outcomes_folder(tmp_path) / "sketch.json").write_text("{")
    troubles: list[str] = []
    assert read_outcomes(tmp_path, troubles) == {"one": DONE}
    assert len(troubles) == 1 and "sketch.json" in troubles[0]


def test_a_model_is_a_file_name(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be a file name"):
        OutcomeFiles(tmp_path).record("../bark", {"one": DONE})
    assert list(tmp_path.rglob("*.json")) == []


def test_an_unknown_status_or_code_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="known: blocked"):
        Outcome("later")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no code"):
        Outcome("failed", "odd")  # type: ignore[arg-type]


def test_the_file_is_what_the_documentation_shows(tmp_path: Path) -> None:
    OutcomeFiles(tmp_path).record("bark", {"bark_segment10_chorus": BLOCKED})
    value = json.loads((outcomes_folder(tmp_path) / "bark.json").read_text())
    assert len(value.pop("checksum")) == 64
    assert value == {
        "format": 2,
        "outcomes": {
            "bark_segment10_chorus": {
                "status": "blocked",
                "code": "no_token",
                "message": "gated",
                "hint": "put HF_TOKEN into .env",
                "log": "results/logs/a.log",
            }
        },
    }
