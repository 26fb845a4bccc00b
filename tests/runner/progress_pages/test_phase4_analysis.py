from collections.abc import Callable
from typing import Any

import pytest
from tests.runner.progress_pages.rendered import render
from tests.runner.progress_pages.scratch import Scratch, check, compared, metric

from secondtake.core.files import replacing
from secondtake.runner.progress_pages.comparison_details import SHORT_CEILING


def part(number: int, takes: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """One segment as comparison_results.json holds it."""
    ready = {"state": "ready", "why": "", "measured": {"seconds": 2.5, "lufs": -9.0}}
    return {"number": number, "baseline": ready, "takes": takes, "skipped": [], **more}


def row(page: str, *starts: str) -> list[str]:
    """The cells of the one table row that begins so."""
    start = "| " + " | ".join(starts)
    lines = [line for line in page.splitlines() if line.startswith(start)]
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


def test_a_take_is_one_line(scratch: Scratch) -> None:
    (job,) = scratch.jobs("bark")
    scratch.make(job)
    scratch.baseline(10)
    scratch.verify()
    score = metric("likeness", 0.41, question="overall", scaled_interval=[0.3, 0.52])
    take = compared(job, "baseline", [{**score, "verdict": "closer"}])
    take["measured"]["tempo_bpm"] = 118.6
    scratch.compare([part(10, [take])])
    page = scratch.page(4)
    assert row(page, "10 chorus") == ["10 chorus", "baseline", "⏳", "–", "–", "–", "–"]
    assert row(page, "", "[Bark]") == [
        "",
        "[Bark](local_models/bark_segment10_chorus.wav)",
        "✅",
        "0.41 [0.30, 0.52]",
        "closer than most other music",
        "119 (120)",
        "A minor",
    ]


@pytest.mark.parametrize(
    ("verdict", "cells"),
    [
        ("as other music", ["0.41 [0.30, 0.52]", "not to be told from other music"]),
        ("undecided", ["–", "undecided"]),
        ("no scale", ["–", "no scale"]),
    ],
)
def test_what_decides_nothing_has_no_figure(
    scratch: Scratch, verdict: str, cells: list[str]
) -> None:
    (job,) = scratch.jobs("bark")
    scratch.make(job)
    score = metric("likeness", 0.41, question="overall", scaled_interval=[0.3, 0.52])
    scratch.compare([part(10, [compared(job, "baseline", [{**score, "verdict": verdict}])])])
    assert row(scratch.page(4), "10 chorus", "[Bark]")[3:5] == cells


def test_a_take_that_is_no_music_says_so(scratch: Scratch) -> None:
    (job,) = scratch.jobs("bark")
    scratch.make(job)
    lack = {"model": "bark", "of": 1, "why": "is noise, not music"}
    scratch.compare([part(10, [compared(job, "baseline", [])], unusable=[lack])])
    assert row(scratch.page(4), "10 chorus")[4] == "not usable: is noise, not music"


def test_a_file_that_failed_names_its_checks(scratch: Scratch) -> None:
    scratch.make(scratch.jobs("bark")[0])
    peaks = [check(f"check {n}", 0.5, "dBTP", "fail", "clips") for n in range(4)]
    scratch.verify("fail", [check("decodes", 1.5, "s"), *peaks])
    page = scratch.page(4)
    assert row(page, "10 chorus")[2] == "❌ check 0, check 1 and 2 more checks"
    assert "✅ 0 pass, ⚠️ 0 warn, ❌ 1 fail" in page
    assert "1 file failed)" in page
    assert (
        "`invoke generate-all --models bark --segments 10 --force --song songs/study.toml`" in page
    )
    assert "clips" in scratch.page(3)  # with its figure and what is allowed


def test_a_take_made_after_the_verification(scratch: Scratch) -> None:
    scratch.verify()
    scratch.make(scratch.jobs("bark")[0])
    assert row(scratch.page(4), "10 chorus")[2] == "⏳"


def test_one_picture_a_segment_of_a_model_before_the_control(scratch: Scratch) -> None:
    for job in scratch.jobs():
        scratch.make(job)
    assert "segment by segment" not in scratch.page(4)
    for name in (
        "sketch_segment10_chorus",
        "bark_segment10_chorus",
        "sketch_segment7_instrumental",
    ):
        with replacing(scratch.results / "analysis" / f"{name}.png") as file:
            file.write(b"png")
    page = scratch.page(4)
    assert [line for line in page.splitlines() if line.startswith("![")] == [
        "![Segment 7: Sketch (rule-based control)](analysis/sketch_segment7_instrumental.png)",
        "![Segment 10: Bark](analysis/bark_segment10_chorus.png)",
    ]


def test_six_segments_and_one_model_are_short(another: Callable[[str], Scratch]) -> None:
    parts = [
        f'[[segment]]\nnumber = {n}\nkind = "instrumental"\ntitle = "A title"\nseconds = 2\n'
        f'baseline = "data/{n}.wav"\nmodels = ["stable_audio", "sketch"]\n'
        for n in range(1, 7)
    ]
    scratch = another('title = "Six"\nresults = "results"\n' + "".join(parts))
    score = metric("likeness", 0.41, question="overall", scaled_interval=[-0.3, 0.52])
    score["verdict"] = "as other music"
    for job in scratch.jobs():
        scratch.make(job)
        scratch.baseline(job.segment)
        with replacing(scratch.results / "analysis" / f"{job.name}.png") as file:
            file.write(b"png")
    takes = [(job.segment, compared(job, "baseline", [score])) for job in scratch.jobs()]
    scratch.verify("warn", [check("steady tone", 1.0, "s", "warn", "x" * 200)])
    scratch.compare(
        [part(n, [take for number, take in takes if number == n]) for n in range(1, 7)],
        summary=["One sentence."] * 3,
    )
    with replacing(scratch.results / "analysis" / "comparison_results.md") as file:
        file.write(b"# Comparison")
    lines = scratch.page(4).splitlines()
    assert len(lines) < 80
    assert len([line for line in lines if line.startswith("|")]) == 2 + 6 * 3
    assert max(len(line) for line in lines if line.startswith("|")) <= 170


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


@pytest.mark.parametrize("state", ["absent", "unreadable"])
def test_a_segment_without_baseline_says_so(scratch: Scratch, state: str) -> None:
    (job, _) = scratch.jobs("sketch")
    scratch.make(job)
    baseline = {"state": state, "why": "data/x.wav is no recording"}
    scratch.compare([part(7, [compared(job, None, [])], baseline=baseline)])
    text = render(scratch.page(4)).text
    why = "" if state == "absent" else ": data/x.wav is no recording"  # phase 1 tells of the absent
    assert f"No baseline in segment 7{why}. Nothing there is held against another" in text
    scratch.compare([part(7, [compared(job, "sketch", [])], baseline=baseline)])
    text = render(scratch.page(4)).text
    assert f"No baseline in segment 7{why}. Models are compared with the control instead." in text
    assert "Segment 10: not compared yet. Type invoke analyse --song songs/study.toml." in text


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


def undecidable(name: str, tempo: str, key: str) -> dict[str, Any]:
    """What the comparison says across segments of how one take keeps tempo and key."""
    return {"models": [], "adherence": {"takes": [{"take": name, "tempo": tempo, "key": key}]}}


def test_a_key_or_tempo_that_cannot_be_told_is_not_shown(scratch: Scratch) -> None:
    (job,) = scratch.jobs("bark")
    scratch.make(job)
    scratch.baseline(10)
    take = compared(job, "baseline", [])
    take["measured"]["tempo_bpm"] = 90.0
    segment = part(10, [take])
    segment["baseline"]["measured"] = {"key": "B minor", "key_fit": 0.9, "key_margin": 0.01}
    scratch.compare([segment], across=undecidable(job.name, "other", "undecidable"))
    page = scratch.page(4)
    assert row(page, "", "[Bark]")[5:] == ["90 (120)", "–"]
    assert row(page, "10 chorus")[6] == "–"
    segment["baseline"]["measured"]["key_margin"] = 0.2
    scratch.compare([segment], across=undecidable(job.name, "undecidable", "same"))
    page = scratch.page(4)
    assert row(page, "", "[Bark]")[5:] == ["–", "A minor"]
    assert row(page, "10 chorus")[6] == "B minor"


def test_a_ceiling_that_is_not_fair_is_said_beside_the_sentences(scratch: Scratch) -> None:
    (job,) = scratch.jobs("bark")
    scratch.make(job)
    scratch.baseline(10)
    score = metric("likeness", 0.41, question="overall", note=f"{SHORT_CEILING} (6 s, not 9)")
    scratch.compare([part(10, [compared(job, "baseline", [score])])], summary=["It is close."])
    summary = scratch.page(4).split("## Summary")[1].split("##")[0]
    assert summary.split("\n- ")[1:3] == [
        "It is close.",
        f"In segment 10 {SHORT_CEILING}: comparisons with other music stand, but how near a take "
        "comes to 1 is uncertain.",
    ]
    open_score = {**score, "verdict": "undecided"}
    scratch.compare([part(10, [compared(job, "baseline", [open_score])])], summary=["?"])
    assert SHORT_CEILING not in scratch.page(4)  # nothing rests on it


def test_takes_that_are_too_short_are_named_as_the_reason(scratch: Scratch) -> None:
    (job,) = scratch.jobs("bark")
    scratch.make(job, seconds=1.5)
    scratch.baseline(10)
    score = metric("likeness", None, question="overall", verdict="unknown")
    scratch.compare([part(10, [compared(job, "baseline", [score])])])
    assert "Takes of 1.5 s are too short to judge." in scratch.page(4)
    assert row(scratch.page(4), "", "[Bark]")[4] == "undecided"
    scratch.make(job, seconds=6)
    scratch.compare([part(10, [compared(job, "baseline", [score])])])
    assert "too short to judge" not in scratch.page(4)


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
