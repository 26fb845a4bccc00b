"""Findings and overview of phase 4: what is shown, what it leads to, and when it is left out."""

from typing import Any

import pytest
from tests.runner.progress_pages.rendered import render
from tests.runner.progress_pages.scratch import Scratch, compared, metric

from secondtake.core.files import replacing
from secondtake.core.serialization import from_dict
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


def test_a_finding_is_escaped_and_leads_to_its_row(scratch: Scratch, take: str) -> None:
    assert "**Strengths**" in scratch.page(4)
    assert TEXT in render(scratch.page(4)).text
    page = scratch.results / "analysis" / "comparison_results.md"
    with replacing(page) as file:
        file.write(b"# Comparison")
    row = "analysis/comparison_results.md#s10-bark-embedding"
    assert f"([segment 10, Bark, embedding]({row}))" in scratch.page(4)


def test_the_sentences_come_first_and_go_with_what_they_rest_on(
    scratch: Scratch, take: str
) -> None:
    summary = scratch.page(4).partition("## Summary")[2].strip()
    first = render(summary).text.splitlines()[0]
    assert first == "Overall, <b>nothing</b> could be decided. In rhythm, no more."
    scratch.make(scratch.jobs("bark")[0], seconds=0.75)
    assert "In rhythm, no more" not in scratch.page(4)


def test_all_models_at_a_glance(scratch: Scratch, take: str) -> None:
    assert "| Bark | 0.71 \\[0.50, 0.90\\] | −0.10 | unknown |" in scratch.page(4)
    assert "| model | timbre (embedding) | rhythm | voice |" in scratch.page(4)
    assert "overview_heatmap" not in scratch.page(4)
    with replacing(scratch.results / "analysis" / "overview_heatmap.png") as file:
        file.write(b"png")
    assert "](analysis/overview_heatmap.png)" in scratch.page(4)


def test_what_rests_on_another_file_is_left_out(scratch: Scratch, take: str) -> None:
    (job,) = scratch.jobs("bark")
    scratch.make(job, seconds=0.75)
    page = scratch.page(4)
    assert "Strengths" not in page
    assert "At a glance" not in page
    assert "what rested on them is left out. Type `invoke analyse --song songs/study.toml`" in page


def test_nothing_found_says_nothing(scratch: Scratch) -> None:
    scratch.make(scratch.jobs("bark")[0])
    scratch.compare([])
    assert "Findings" not in scratch.page(4)
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
    scratch.make(scratch.jobs("bark")[0])
    scratch.compare([], across=nothing)
    assert "At a glance" not in scratch.page(4)


@pytest.mark.parametrize("cells", [{}, {"bark": {}}, {"bark": {"timbre": {"scaled": "x"}}}])
def test_a_damaged_table_is_a_damaged_file(scratch: Scratch, cells: dict[str, Any]) -> None:
    scratch.compare([], across={**across("bark"), "cells": cells})
    path = scratch.results / "analysis" / "comparison_results.json"
    assert read_comparison(path, "study").state == "unreadable"
    assert "`comparison_results.json` cannot be read" in scratch.page(4)
