"""Laws of every page, in every state."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.docs.house_words import breaches
from tests.runner.progress_pages.rendered import render as rendered
from tests.runner.progress_pages.scratch import BLOCK, Scratch, check, compared, metric

from secondtake.core.outcomes import Outcome
from secondtake.core.takes import record_path, wav_path
from secondtake.runner.progress_pages.pages import PAGES, out_of_date, render, write
from secondtake.runner.study import WAITING

PLAIN_TAGS = {
    "h1", "h2", "h3", "p", "ul", "ol", "li", "strong", "em", "a", "code", "pre",
    "table", "thead", "tbody", "tr", "th", "td", "img", "details", "summary",
}  # fmt: skip
PLAIN_ATTRIBUTES = {"href", "src", "alt", "class", "start"}
EVIL = "<script>alert(1)</script> | a `b` ```c [d](javascript:e) <img src=x onerror=y> **f**"
HOSTILE_SONG = """
title = "Evil <script>alert(1)</script> | `x` [l](javascript:y)"
results = "results"
[[segment]]
number = 1
kind = "verse"
title = "# <b>T</b> | `t`"
seconds = 2
style = "<img src=x onerror=y> | ** _s_"
lyrics = "<script>alert(2)</script>\\n```\\n- list | cell"
baseline = "data/a `b` | <c> (d).wav"
models = ["bark", "stable_audio", "sketch"]
[segment.bark]
prompt = "</p><script>alert(3)</script> ``` | [x](y)"
[segment.stable_audio]
negative_prompt = "<script>v</script> `v` | v"
"""


def nothing(scratch: Scratch) -> None:
    pass


def blocked(scratch: Scratch) -> None:
    for model in ("bark", "stable_audio", "sketch"):
        scratch.note(model, BLOCK)


def partial(scratch: Scratch) -> None:
    for job in scratch.jobs("sketch"):
        scratch.make(job)
    scratch.note("bark", Outcome("failed", "bug", "it broke", "look", "results/logs/bark.log"))
    scratch.note("stable_audio", BLOCK)
    scratch.baseline(10)
    scratch.verify()


def done(scratch: Scratch) -> None:
    for number in (7, 10):
        scratch.baseline(number)
    for name in ("bark", "stable_audio", "sketch", "analysis"):
        scratch.environment(name)
    for job in scratch.jobs():
        scratch.make(job)
    scratch.verify()
    scratch.compare(
        [
            {
                "number": number,
                "baseline": {"state": "ready", "why": "", "measured": {"lufs": -9.0}},
                "takes": [
                    compared(job, "baseline", [metric("timbre", 0.5)])
                    for job in scratch.jobs()
                    if job.segment == number
                ],
                "skipped": [],
            }
            for number in (7, 10)
        ]
    )


def goes_on(scratch: Scratch) -> None:
    """All of the control is made and judged; the run has still to come to the others."""
    done(scratch)
    for job in (*scratch.jobs("bark"), *scratch.jobs("stable_audio")):
        wav_path(scratch.results, job.name).unlink()
        record_path(scratch.results, job.name).unlink()
    scratch.verify()
    scratch.note("bark", WAITING)
    scratch.note("stable_audio", BLOCK)  # of the run before
    scratch.note("stable_audio", WAITING)


STATES = [nothing, blocked, partial, done, goes_on]
WORDS = {  # the status of pages 1 to 5
    "nothing": ["Pending"] * 5,
    "blocked": ["Pending", "Blocked", "Blocked", "Pending", "Blocked"],
    "partial": ["Partial", "Blocked", "Partial", "Partial", "Partial"],
    "done": ["Done", "Partial", "Done", "Done", "Done"],  # page 2: no weights are here
    "goes_on": ["Done", "Partial", "Partial", "Partial", "Partial"],
}


@pytest.mark.parametrize("fill", STATES)
def test_the_status_is_computed(scratch: Scratch, fill: Callable[[Scratch], None]) -> None:
    fill(scratch)
    words = [re.findall(r"\*\*Status\*\*: (\w+)", scratch.page(number)) for number in PAGES]
    assert words == [[word] for word in WORDS[fill.__name__]]


@pytest.mark.parametrize("fill", STATES)
def test_every_page_is_well_formed(scratch: Scratch, fill: Callable[[Scratch], None]) -> None:
    fill(scratch)
    for number in PAGES:
        html = rendered(scratch.page(number))
        assert html.tags <= PLAIN_TAGS
        assert len([h for h in html.headings if h.startswith(f"Phase {number}: ")]) == 1
        assert "Summary" in html.headings
        assert html.headings[-1] == "Next steps"
        assert str(scratch.project.root) not in scratch.page(number)


@pytest.mark.parametrize("fill", STATES)
def test_every_page_has_one_name_for_one_thing(
    scratch: Scratch, fill: Callable[[Scratch], None]
) -> None:
    fill(scratch)
    assert [breach for number in PAGES for breach in breaches(scratch.page(number))] == []


@pytest.mark.parametrize("fill", STATES)
def test_links_to_files_work(scratch: Scratch, fill: Callable[[Scratch], None]) -> None:
    fill(scratch)
    write(render(scratch.song, scratch.project))
    elsewhere = ("docs/HUGGINGFACE_SETUP.md", "results/logs/bark.log")  # not made in this project
    for number in PAGES:
        for link in rendered(scratch.page(number)).links:
            if link.startswith("https://"):
                continue
            target = (scratch.results / link).resolve()
            assert target.exists() or str(target).endswith(elsewhere), link


@pytest.mark.parametrize("fill", STATES)
def test_writing_twice_changes_nothing(scratch: Scratch, fill: Callable[[Scratch], None]) -> None:
    fill(scratch)
    pages = render(scratch.song, scratch.project)
    assert len(pages) >= 5
    assert out_of_date(pages) == write(pages) == list(pages)
    before = [(p.stat().st_ino, p.stat().st_mtime_ns) for p in scratch.results.glob("PHASE*.md")]
    pages = render(scratch.song, scratch.project)
    assert out_of_date(pages) == []
    assert write(pages) == []
    after = [(p.stat().st_ino, p.stat().st_mtime_ns) for p in scratch.results.glob("PHASE*.md")]
    assert before == after


def test_what_a_run_has_still_to_come_to_is_neither_blocked_nor_missing(scratch: Scratch) -> None:
    goes_on(scratch)
    command = "invoke generate-all --song songs/study.toml"
    for number in PAGES:
        page = rendered(scratch.page(number))
        coming = "Still to come, unless the run was stopped: Bark (1 take), Stable Audio (1 take)"
        assert coming in page.text
        steps = page.text.partition("Next steps")[2]
        assert "Let the run go on" in steps and steps.count(command) == 1
        for claim in ("blocked", "missing", "no token", "Unblock", "invoke setup", "stands in"):
            assert claim not in page.text, (number, claim)
    assert "its run has not come to it yet" in scratch.page(3)
    assert "Bark is pending: its run has not come to it yet" in rendered(scratch.page(5)).text


def test_a_take_that_is_made_anew_is_out_of_date_until_the_run_comes_to_it(
    scratch: Scratch,
) -> None:
    done(scratch)
    (job,) = scratch.jobs("bark")
    scratch.make(replace(job, seed=job.seed + 1))
    scratch.note("bark", WAITING)
    assert "Still to come" in scratch.page(4) and "made, out of date" in scratch.page(3)
    scratch.make(job)  # whoever made it, and whatever became of that run
    assert "Still to come" not in scratch.page(4)


def test_a_run_that_does_nothing_new_changes_no_page(scratch: Scratch) -> None:
    partial(scratch)
    for job in scratch.jobs("sketch"):
        scratch.note("sketch", Outcome("done", "", f"{job.seconds} s"))
    write(render(scratch.song, scratch.project))
    scratch.note("sketch", Outcome("up_to_date", "", "up to date"))
    assert out_of_date(render(scratch.song, scratch.project)) == []


def test_the_control_is_labelled_wherever_it_plays(scratch: Scratch) -> None:
    done(scratch)
    for number in (2, 3, 4, 5):
        text = rendered(scratch.page(number)).text
        for line in text.splitlines():
            if "Sketch" in line:
                assert "Sketch (rule-based control)" in line
        assert "Sketch" in text
    assert "no model of music" in rendered(scratch.page(3)).text


def test_hostile_text_renders_as_itself(another: Callable[[str], Scratch]) -> None:
    scratch = another(HOSTILE_SONG)
    scratch.note("bark", Outcome("failed", "bug", EVIL + "\n" + EVIL, EVIL, f"results/{EVIL}"))
    (job,) = scratch.jobs("sketch")
    scratch.make(
        job,
        warnings=(EVIL,),
        remarks=(EVIL, *[f"note {number}" for number in range(9)]),
        details={"<b>k</b> |": EVIL[:80], "list": ["|", "<i>"]},
        made={"device": EVIL, "dtype": EVIL, "platform": EVIL, "versions": {EVIL: EVIL}},
    )
    scratch.baseline(1)
    scratch.verify("warn", [check(EVIL, 1.0, EVIL, "warn", EVIL)])
    take = compared(job, "baseline", [metric(EVIL, 0.5, unit=EVIL)])
    take["measured"]["key"] = EVIL
    scratch.compare(
        [
            {
                "number": 1,
                "baseline": {"state": "unreadable", "why": EVIL, "measured": {"key": EVIL}},
                "takes": [take],
                "skipped": [{"take": EVIL, "why": EVIL}],
            }
        ]
    )
    for number in PAGES:
        page = scratch.page(number)
        html = rendered(page)
        assert html.tags <= PLAIN_TAGS, number
        assert html.attributes <= PLAIN_ATTRIBUTES
        assert not any(link.startswith("javascript:") for link in html.links)
        assert "Evil <script>alert(1)</script> | `x` [l](javascript:y)" in html.text
        assert len(set(_widths(page))) == len(_widths(page))
    assert EVIL in rendered(scratch.page(3)).text
    assert "</p><script>alert(3)</script> ``` | [x](y)" in rendered(scratch.page(3)).text


def _widths(page: str) -> list[tuple[str, int]]:
    """Every table of a page as its head and width, once each, if all of its rows are as wide."""
    tables = []
    for block in page.split("\n\n"):
        if block.startswith("| "):
            cells = rendered(block).cells
            assert len(set(cells)) == 1, block
            assert len(cells) == len(block.splitlines()) - 1, block
            tables.append((block, cells[0]))
    return tables


def test_damaged_files_do_not_stop_the_pages(scratch: Scratch) -> None:
    partial(scratch)
    for path in (
        scratch.results / "verification.json",
        scratch.results / "analysis" / "comparison_results.json",
        scratch.results / "outcomes" / "bark.json",
        scratch.results / "local_models" / "sketch_segment7_instrumental.json",
    ):
        path.parent.mkdir(exist_ok=True)
        path.write_text("{")
    assert "cannot be read" in scratch.page(4)
    assert "outcomes/bark.json" in rendered(scratch.page(3)).text
    assert "sketch_segment7_instrumental.json" in rendered(scratch.page(3)).text


def test_dates_come_from_records(scratch: Scratch) -> None:
    partial(scratch)
    assert "**Latest take**: 2026-03-01 09:30 UTC" in scratch.page(3)
    (_, newer) = scratch.jobs("sketch")
    scratch.make(newer, made={"started": "2026-03-02T10:00:59+00:00"})
    assert "**Latest take**: 2026-03-02 10:00 UTC" in scratch.page(3)


def test_check_finds_a_page_changed_by_hand(scratch: Scratch) -> None:
    pages = render(scratch.song, scratch.project)
    write(pages)
    path: Path = scratch.results / "PHASE3_PROGRESS.md"
    path.write_text(path.read_text() + "by hand\n")
    assert out_of_date(pages) == [path]
    assert write(pages) == [path]
