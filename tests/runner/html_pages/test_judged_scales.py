"""What judges say, beside a take on the listening page and in the report."""

from pathlib import Path
from typing import Any

import pytest
from tests.runner.html_pages.report_study import compare, draw, figures, report, whole_study
from tests.runner.progress_pages.scratch import Scratch, new_scratch

from secondtake.core.files import write_json
from secondtake.core.serialization import SHAPE_ERRORS, read_json
from secondtake.runner.html_pages.judged_scales import every_scale, parse_judges
from secondtake.runner.html_pages.listening_figures import judged_figure

SAYS = {"closer": "better than under most other prompts"}


def row(take: str, **more: Any) -> dict[str, Any]:
    return {
        "segment": 7,
        "scale": "prompt adherence",
        "model": "bark",
        "model_title": "Bark",
        "take": take,
        "chosen": True,
        "value": 0.371,
        "interval": [0.334, 0.41],
        "floor": 0.1,
        "near": 0.14,
        "ceiling": 0.45,
        "verdict": "closer",
        "note": "",
        **more,
    }


def across(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What a comparison says of one judge with one scale."""
    scale = {
        "name": "prompt adherence",
        "unit": "cosine",
        "closer_is": "higher",
        "others": "other prompts",
        "about": "How well it fits.",
        "says": SAYS,
        "rows": list(rows),
        "pairs": [],
        **more,
    }
    judge = {"name": "clap", "title": "CLAP", "checkpoint": "CLAP (larger)", "identity": {}}
    return {"judges": [{**judge, "question": "prompt", "scales": [scale]}]}


def shown(take: str = "t", **more: Any) -> dict[str, Any] | None:
    """The figure of a take whose row is like this."""
    scale_keys = {key: more.pop(key) for key in ("closer_is", "says") if key in more}
    judges = parse_judges(across(row("t", **more), **scale_keys), lambda name: True)
    (scale,) = every_scale(judges)
    return judged_figure(*scale, take)


def test_a_figure_has_its_interval_its_words_and_its_marks() -> None:
    assert shown() == {
        "name": "Prompt adherence",
        "text": "0.37 (0.33 to 0.41)",
        "explain": "better than under most other prompts; cosine, says CLAP (larger); beside it "
        "0.45 the baseline and 0.10 other prompts; in brackets the 95 % interval",
    }


def test_what_is_missing_is_undecided_with_the_reason() -> None:
    nothing = {"value": None, "interval": None, "floor": None, "ceiling": None}
    figure = shown(**nothing, verdict="unknown", note="not judged yet; type: invoke judge")
    assert figure and figure["text"] == "undecided"
    assert figure["explain"] == "not judged yet; type: invoke judge"
    assert shown(take="another") is None


def test_a_value_that_decides_nothing_stands_with_its_note() -> None:
    figure = shown(verdict="no scale", ceiling=None, interval=None, note="no ceiling: not here")
    assert figure and figure["text"] == "0.37"
    assert figure["explain"].startswith("no ceiling: not here; cosine, says CLAP (larger); beside")
    assert "the baseline" not in figure["explain"] and "brackets" not in figure["explain"]


def test_a_scale_on_which_more_is_not_better_is_no_score() -> None:
    figure = shown(closer_is="", says={}, verdict="no scale", floor=None)
    assert figure and figure["explain"].startswith("no score; cosine")


def test_an_older_comparison_has_no_judges_and_takes_that_changed_no_rows() -> None:
    assert parse_judges({}, lambda name: True) == ()
    judges = parse_judges(across(row("one"), row("two")), lambda name: name == "two")
    ((_, scale),) = every_scale(judges)
    assert [entry.take for entry in scale.rows] == ["two"]
    assert list(every_scale(parse_judges(across(row("one")), lambda name: False))) == []


@pytest.mark.parametrize("broken", [{"judges": [{}]}, {"judges": 3}, across({"take": 3})])
def test_what_is_no_judge_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(SHAPE_ERRORS):
        parse_judges(broken, lambda name: True)


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scratch:
    """A project with nothing made yet."""
    monkeypatch.delenv("SECONDTAKE_CACHE", raising=False)
    return new_scratch(tmp_path)


@pytest.fixture
def judged_report(scratch: Scratch) -> str:
    whole_study(scratch)
    jobs = scratch.jobs()
    title = "<b>Bark</b>"
    rows = [row(job.name, segment=job.segment, model_title=title) for job in jobs]
    rows[0] |= {"verdict": "no scale", "note": "<i>no ceiling"}
    entries = [(job, figures(0.1 * place)) for place, job in enumerate(jobs, 1)]
    compare(scratch, entries)
    path = scratch.results / "analysis" / "comparison_results.json"
    value = read_json(path)
    write_json(path, {**value, "across": {**value["across"], **across(*rows)}})
    draw(scratch, "judges.svg")
    return report(scratch)


def test_the_report_has_a_table_a_scale_and_the_picture(judged_report: str) -> None:
    section = judged_report.split('<h2 id="judges">')[1].split("</section>")[0]
    assert "<summary>Prompt adherence</summary>" in section
    assert "How well it fits. Says CLAP (larger), in cosine; floor: other prompts." in section
    assert '0.37 [0.33, 0.41]</td><td class="number">0.45</td><td class="number">0.10' in section
    assert "better than under most other prompts</td>" in section
    assert "&lt;b&gt;Bark" in section and "&lt;i&gt;no ceiling" in section
    assert 'alt="What each judge says' in section


def test_without_judges_the_report_has_no_such_section(scratch: Scratch) -> None:
    whole_study(scratch)
    assert 'id="judges"' not in report(scratch)
