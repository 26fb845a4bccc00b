"""What phase 4 says of a comparison, what it leaves to other pages, and what it leaves out."""

from typing import Any

import pytest
from tests.runner.progress_pages.rendered import render
from tests.runner.progress_pages.scratch import Scratch, compared, metric

from secondtake.core.files import write_json
from secondtake.core.serialization import from_dict, read_json
from secondtake.runner.progress_pages.results import Finding, read_comparison

TEXT = "In timbre, Bark comes close to <b>the</b> baseline | `x`; it is 71 % of the way."


def finding(take: str, **more: Any) -> dict[str, Any]:
    """One finding as comparison_results.json holds it."""
    row = {
        "segment": 10, "model": "bark", "take": take, "metric": "embedding",
        "anchor": "s10-bark-embedding",
    }  # fmt: skip
    return {"kind": "strength", "text": TEXT, "evidence": [row], **more}


def across(take: str) -> dict[str, Any]:
    """The table of one model and two questions."""
    return {
        "models": [{"name": "bark", "title": "Bark"}],
        "questions": ["timbre", "rhythm", "voice"],
        "cells": {
            "bark": {
                "timbre": {"scaled": 0.712, "low": 0.5, "high": 0.9},
                "rhythm": {"scaled": -0.1, "low": None, "high": None},
                "voice": {"scaled": None, "low": None, "high": None},
            }
        },
        "answers": [{"take": take}],
        "metrics": {"timbre": "embedding", "rhythm": "rhythm"},
    }


@pytest.fixture
def take(scratch: Scratch) -> str:
    """Bark's chorus, compared."""
    (job,) = scratch.jobs("bark")
    scratch.make(job)
    ready = {"state": "ready", "why": "", "measured": None}
    entry = compared(job, "baseline", [metric("timbre", 0.7)])
    scratch.compare(
        [{"number": 10, "baseline": ready, "takes": [entry], "skipped": []}],
        summary=["Overall, <b>nothing</b> could be decided.", "In rhythm, no more."],
        findings=[finding(job.name)],
        across=across(job.name),
    )
    return job.name


def test_findings_and_the_table_are_left_to_the_comparisons_own_page(
    scratch: Scratch, take: str
) -> None:
    page = scratch.page(4)
    assert TEXT not in render(page).text and "0.71" not in page
    comparison = read_comparison(
        scratch.results / "analysis" / "comparison_results.json", scratch.song.name
    )
    assert [finding.text for finding in comparison.findings] == [TEXT]  # for the report
    assert comparison.overview is not None


def test_the_sentences_come_first_and_go_with_what_they_rest_on(
    scratch: Scratch, take: str
) -> None:
    summary = scratch.page(4).partition("## Summary")[2].strip()
    assert render(summary).text.strip().splitlines()[:2] == [
        "Overall, <b>nothing</b> could be decided.",
        "In rhythm, no more.",
    ]
    scratch.make(scratch.jobs("bark")[0], seconds=0.75)
    assert "In rhythm, no more" not in scratch.page(4)


def test_what_rests_on_another_file_is_left_out(scratch: Scratch, take: str) -> None:
    (job,) = scratch.jobs("bark")
    scratch.make(job, seconds=0.75)
    page = scratch.page(4)
    assert "what rested on them is left out. Type `invoke analyse --song songs/study.toml`" in page


def test_nothing_found_says_nothing(scratch: Scratch) -> None:
    scratch.make(scratch.jobs("bark")[0])
    scratch.compare([])
    assert "left out" not in scratch.page(4)


@pytest.mark.parametrize(
    "damage",
    [{"kind": "joke"}, {"evidence": 3}, {"evidence": [{}]}, {"text": None, "evidence": None}],
)
def test_damaged_findings_are_no_findings(damage: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        from_dict(Finding, finding("bark", **damage), strict=False)


def test_an_anchor_cannot_end_its_link() -> None:
    row = {**finding("bark")["evidence"][0], "anchor": "x) <script>"}
    with pytest.raises(ValueError, match="no row"):
        from_dict(Finding, finding("bark", evidence=[row]), strict=False)


@pytest.mark.parametrize("nothing", [{}, {"models": [], "questions": []}])
def test_a_table_of_nothing_is_none(scratch: Scratch, nothing: dict[str, Any]) -> None:
    scratch.compare([], across=nothing)
    path = scratch.results / "analysis" / "comparison_results.json"
    assert read_comparison(path, "study").overview is None


@pytest.mark.parametrize("cells", [{}, {"bark": {}}, {"bark": {"timbre": {"scaled": "x"}}}])
def test_a_damaged_table_is_a_damaged_file(scratch: Scratch, cells: dict[str, Any]) -> None:
    scratch.compare([], across={**across("bark"), "cells": cells})
    path = scratch.results / "analysis" / "comparison_results.json"
    assert read_comparison(path, "study").state == "unreadable"
    assert "`comparison_results.json` cannot be read" in scratch.page(4)


def test_what_judges_say_is_left_to_the_comparisons_own_page(scratch: Scratch, take: str) -> None:
    (scratch.results / "analysis" / "comparison_results.md").write_text("# Comparison")
    assert "Judges" not in scratch.page(4)
    path = scratch.results / "analysis" / "comparison_results.json"
    value = read_json(path)
    judges = [{"title": "CLAP", "scales": []}, {"title": "<b>Liking</b>", "scales": []}]
    write_json(path, {**value, "across": {**value["across"], "judges": judges[:1]}})
    assert "[what CLAP says](analysis/comparison_results.md#judges)" in scratch.page(4)
    write_json(path, {**value, "across": {**value["across"], "judges": judges}})
    page = render(scratch.page(4))
    assert "what CLAP and <b>Liking</b> say" in page.text and "b" not in page.tags
