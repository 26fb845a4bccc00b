from typing import Any

from tests.runner.progress_pages.rendered import render
from tests.runner.progress_pages.scratch import Scratch, check, compared, metric

from secondtake.core.files import replacing


def part(number: int, takes: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """One segment as comparison_results.json holds it."""
    ready = {"state": "ready", "why": "", "measured": {"seconds": 2.5, "lufs": -9.0}}
    return {"number": number, "baseline": ready, "takes": takes, "skipped": [], **more}


def row(page: str, *starts: str) -> list[str]:
    """The cells of the one table row that begins so."""
    lines = [line for line in page.splitlines() if line.startswith("| " + " | ".join(starts))]
    assert len(lines) == 1, lines
    return [cell.strip() for cell in lines[0].strip("|").split("|")]


def test_without_takes_there_is_one_thing_to_type(scratch: Scratch) -> None:
    html = render(scratch.page(4))
    assert set(html.blocks) == {"invoke generate-all --song songs/study.toml\n"}


def test_what_is_missing_says_what_to_type(scratch: Scratch) -> None:
    scratch.make(scratch.jobs("bark")[0])
    html = render(scratch.page(4))
    assert [block.strip() for block in html.blocks] == [
        "invoke verify --song songs/study.toml",
        "invoke analyse --song songs/study.toml",
    ]
    assert "1 take: 0 verified, 0 compared" in html.text


def test_the_verdict_of_every_file(scratch: Scratch) -> None:
    scratch.make(scratch.jobs("bark")[0])
    peak = check("true peak", 0.5, "dBTP", "fail", "clips")
    scratch.verify("fail", [check("decodes", 1.5, "s"), peak])
    page = scratch.page(4)
    cells = row(page, "[`results/local_models/bark_segment10_chorus.wav`]")
    assert cells[1:5] == ["Bark", "❌ fail", "1.50", "0.5 dBTP"]
    assert cells[5] == "true peak 0.5 dBTP (allowed: at most -1 dBTP): clips"
    assert "✅ 0 pass, ⚠️ 0 warn, ❌ 1 fail" in page
    assert "1 file failed)" in page
    assert (
        "`invoke generate-all --models bark --segments 10 --force --song songs/study.toml`" in page
    )


def test_a_take_made_after_the_verification(scratch: Scratch) -> None:
    scratch.verify()
    scratch.make(scratch.jobs("bark")[0])
    assert "⏳ not verified yet" in scratch.page(4)


def test_the_figures_of_the_comparison_stand_on_its_own_page(scratch: Scratch) -> None:
    (job,) = scratch.jobs("bark")
    scratch.make(job)
    scratch.compare([part(10, [compared(job, "baseline", [metric("timbre", 0.512)])])])
    assert "comparison_results.md" not in scratch.page(4)  # it is not there yet
    with replacing(scratch.results / "analysis" / "comparison_results.md") as file:
        file.write(b"# Comparison")
    page = render(scratch.page(4))
    assert "analysis/comparison_results.md" in page.links
    assert "analysis/comparison_results.md#asked-and-kept" in page.links
    assert "1 compared" in page.text
    assert "timbre" not in page.text
    assert "0.51" not in page.text


def test_a_segment_without_baseline_says_why(scratch: Scratch) -> None:
    (job, _) = scratch.jobs("sketch")
    scratch.make(job)
    absent = {"state": "absent", "why": "data/x.wav is not there; type: invoke import-baseline"}
    scratch.compare([part(7, [compared(job, None, [])], baseline=absent)])
    text = render(scratch.page(4)).text
    assert "No baseline: data/x.wav is not there; type: invoke import-baseline" in text
    assert "Takes are compared with the control only." in text
    assert "Not compared yet. Type invoke analyse --song songs/study.toml." in text  # segment 10


def test_a_take_that_was_not_compared_says_why(scratch: Scratch) -> None:
    for job in scratch.jobs():
        scratch.make(job)
    skipped = [{"take": "bark_segment10_chorus", "why": "its wav was changed"}]
    scratch.compare([part(10, [], skipped=skipped)])
    text = render(scratch.page(4)).text
    assert "bark_segment10_chorus was not compared: its wav was changed" in text
    assert "sketch_segment10_chorus was not compared: made after the last analysis" in text


def test_a_comparison_of_another_song_is_none(scratch: Scratch) -> None:
    scratch.make(scratch.jobs("bark")[0])
    scratch.compare([])
    path = scratch.results / "analysis" / "comparison_results.json"
    path.write_text(path.read_text().replace("study", "other"))
    assert "is about another song (other)" in scratch.page(4)


def compare_with(scratch: Scratch, against: dict[int, str | None]) -> None:
    jobs = scratch.jobs()
    scratch.compare(
        [part(n, [compared(j, against[n], []) for j in jobs if j.segment == n]) for n in against]
    )


def test_without_a_baseline_the_analysis_is_not_done(scratch: Scratch) -> None:
    for job in scratch.jobs():
        scratch.make(job)
    scratch.verify()
    scratch.baseline(10)
    compare_with(scratch, {7: None, 10: "baseline"})
    partial = "Partial ⚠️ (4 takes: 4 verified, 2 compared; baselines for {} of 2 segments)"
    assert partial.format(1) in scratch.page(4)
    scratch.baseline(7)
    assert partial.format(2) in scratch.page(4)
    compare_with(scratch, {7: "baseline", 10: "baseline"})
    assert "**Status**: Done ✅" in scratch.page(4)


def test_a_comparison_with_another_baseline_is_not_shown(scratch: Scratch) -> None:
    for job in scratch.jobs():
        scratch.make(job)
    scratch.verify()
    for number in (7, 10):
        scratch.baseline(number)
    compare_with(scratch, {7: "baseline", 10: "baseline"})
    scratch.baseline(10, seconds=3)
    page = scratch.page(4)
    assert "Partial ⚠️ (4 takes: 4 verified, 2 compared; baselines for 2 of 2 segments)" in page
    assert "invoke analyse" in page


def test_a_comparison_of_another_file_is_not_shown(scratch: Scratch) -> None:
    job = scratch.jobs("sketch")[0]
    scratch.make(job)
    scratch.compare([part(job.segment, [compared(job, "baseline", [metric("timbre", 0.5)])])])
    assert "1 compared" in scratch.page(4)
    scratch.make(job, seconds=0.75)
    assert "0 compared" in scratch.page(4)
