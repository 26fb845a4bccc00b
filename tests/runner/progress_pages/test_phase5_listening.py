from dataclasses import replace

from tests.runner.progress_pages.scratch import BLOCK, Scratch, compared

from secondtake.core.outcomes import Outcome


def rows(page: str, segment: int) -> list[list[str]]:
    """The cells of a segment's table, without its head."""
    (part,) = [p for p in page.split("\n## ") if p.startswith(f"Segment {segment}:")]
    lines = [line for line in part.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_baseline_then_the_control_then_the_models(scratch: Scratch) -> None:
    scratch.baseline(10)
    for job in scratch.jobs():
        scratch.make(job)
    lines = rows(scratch.page(5), 10)
    assert [cells[1] for cells in lines] == ["baseline", "Sketch (rule-based control)", "Bark"]
    assert lines[0][0] == (
        "[`data/baseline/suno_segment10_chorus.wav`](../data/baseline/suno_segment10_chorus.wav)"
    )
    assert lines[2][2:5] == ["1.50", "24000 Hz", "mono"]


def test_an_absent_baseline_says_what_to_type(scratch: Scratch) -> None:
    (baseline,) = rows(scratch.page(5), 7)
    assert "`invoke import-baseline FILE --segment 7 --song songs/study.toml`" in baseline[0]


def test_what_cannot_be_played_says_why(scratch: Scratch) -> None:
    scratch.note("stable_audio", BLOCK)
    scratch.note("bark", Outcome("failed", "bug", "it broke", ""))
    page = scratch.page(5)
    assert f"⚠️ Stable Audio is blocked: {BLOCK.message}" in page
    assert "❌ Bark is failed: it broke" not in page  # a word for each state that reads well
    assert "❌ Bark failed: it broke" in page


def test_loudness_stands_beside_where_it_was_measured(scratch: Scratch) -> None:
    (job,) = scratch.jobs("bark")
    scratch.make(job)
    assert rows(scratch.page(5), 10)[1][5] == "–"
    ready = {"state": "ready", "why": "", "measured": {"lufs": -9.0}}
    take = compared(job, "baseline", [])
    scratch.compare([{"number": 10, "baseline": ready, "takes": [take], "skipped": []}])
    assert rows(scratch.page(5), 10)[1][5] == "−13.4"


def test_no_page_claims_that_anyone_listened(scratch: Scratch) -> None:
    for job in scratch.jobs():
        scratch.make(job)
    assert "No record says whether anyone listened" in scratch.page(5)
    assert "listened to" not in scratch.page(5)


def test_earlier_takes_are_played_apart_from_the_current(scratch: Scratch) -> None:
    (job,) = scratch.jobs("bark")
    old = scratch.earlier(replace(job, seed=3), 1.0)
    kept = scratch.earlier(replace(job, seed=4), 1.1)
    scratch.make(job)
    scratch.keep(kept)
    current, earlier = scratch.page(5).split("### Earlier takes of segment 10")
    assert f"local_models/{kept.name}.wav" in current and "📌 kept" in current
    assert old.name not in current
    row = next(line for line in earlier.splitlines() if f"local_models/{old.name}.wav)" in line)
    assert f"🕘 Bark, take {old.wav.sha256[:8]} | seed 3 | 1.00 |" in row
    assert f"invoke keep {old.name}" in earlier and kept.name not in earlier
