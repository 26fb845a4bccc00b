import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from secondtake.core import outcomes
from secondtake.core.errors import UserError
from secondtake.core.outcomes import (
    PATIENCE,
    URGENT_PATIENCE,
    Outcome,
    OutcomeFiles,
    outcomes_folder,
    read_outcomes,
)
from secondtake.core.serialization import write_checked

WRITING = 0.25  # seconds that every writing takes here
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


class Clock:
    """A clock that goes on by the seconds of every writing, and as it is told."""

    def __init__(self) -> None:
        self.now, self.writings = 100.0, 0

    def __call__(self) -> float:
        return self.now

    def write(self, path: Path, value: object) -> bool:
        self.now += WRITING
        self.writings += 1
        return write_checked(path, value)  # type: ignore[arg-type]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(outcomes, "write_checked", clock.write)
    return clock


def test_an_outcome_now_and_then_is_on_disk_at_once(tmp_path: Path, clock: Clock) -> None:
    files = OutcomeFiles(tmp_path, clock)
    for name in ("one", "two", "three"):
        assert files.record("bark", {name: DONE}) is True
        assert read_outcomes(tmp_path)[name] == DONE
        clock.now += PATIENCE * WRITING


def test_a_writing_is_not_repeated_within_many_times_what_it_took(
    tmp_path: Path, clock: Clock
) -> None:
    files = OutcomeFiles(tmp_path, clock)
    files.record("bark", {"one": DONE})
    assert files.record("bark", {"two": DONE}) is False
    clock.now += PATIENCE * WRITING - 0.125
    assert files.write_due() is False and set(read_outcomes(tmp_path)) == {"one"}
    assert files.of("bark", "two") == DONE
    clock.now += 0.125
    assert files.write_due() is True and set(read_outcomes(tmp_path)) == {"one", "two"}


@pytest.mark.parametrize(("outcome", "times"), [(DONE, PATIENCE), (BLOCKED, URGENT_PATIENCE)])
def test_however_many_outcomes_come_the_writing_is_a_share_of_the_run(
    tmp_path: Path, clock: Clock, outcome: Outcome, times: int
) -> None:
    files, begun = OutcomeFiles(tmp_path, clock), clock.now
    for number in range(1000):
        clock.now += WRITING / 8  # of work for each
        files.record("bark", {f"job {number}": outcome})
    files.flush()
    assert len(read_outcomes(tmp_path)) == 1000
    first_and_last, run = 2, clock.now - begun
    assert clock.writings <= first_and_last + run / (WRITING + times * WRITING)


def test_why_a_take_failed_waits_for_no_more_than_the_last_writing_took(
    tmp_path: Path, clock: Clock
) -> None:
    files = OutcomeFiles(tmp_path, clock)
    files.record("bark", {"one": DONE})
    assert files.record("bark", {"two": BLOCKED}) is False
    clock.now += URGENT_PATIENCE * WRITING
    assert files.write_due() is True and read_outcomes(tmp_path)["two"] == BLOCKED
    clock.now += URGENT_PATIENCE * WRITING
    assert files.record("bark", {"three": DONE}) is False  # nothing urgent any more


def test_the_end_of_a_run_writes_what_is_left_of_every_model(tmp_path: Path, clock: Clock) -> None:
    files = OutcomeFiles(tmp_path, clock)
    files.record("bark", {"one": DONE})
    files.record("bark", {"two": DONE})
    files.record("sketch", {"three": DONE})
    assert files.flush() is True
    assert set(read_outcomes(tmp_path)) == {"one", "two", "three"}
    before = clock.writings
    assert files.flush() is False and clock.writings == before


def test_what_could_not_be_written_is_written_later(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, value: object) -> bool:
        raise OSError(28, "No space left on device")

    files = OutcomeFiles(tmp_path, clock)
    monkeypatch.setattr(outcomes, "write_checked", refuse)
    with pytest.raises(OSError, match="No space"):
        files.record("bark", {"one": BLOCKED})
    monkeypatch.setattr(outcomes, "write_checked", clock.write)
    assert files.write_due() is True and read_outcomes(tmp_path) == {"one": BLOCKED}
