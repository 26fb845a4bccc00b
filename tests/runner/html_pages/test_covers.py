"""Takes made from the baseline, and levels that a step has set, on every page that shows a take."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.runner.html_pages.listening_study import listening_clips
from tests.runner.html_pages.test_listening_page import page_of, segment_in
from tests.runner.progress_pages.scratch import Scratch, new_scratch

from secondtake.core.files import write_json
from secondtake.core.ranking_file import as_json, ranking_path
from secondtake.runner.html_pages.report_page import render
from secondtake.runner.progress_pages.survey import survey
from secondtake.runner.rank_song import link_best, rank_song

SONG = """
title = "One"
results = "results"
[[segment]]
number = 10
kind = "instrumental"
title = "One"
seconds = 2
baseline = "data/baseline/one.wav"
models = ["musicgen", "ace_step", "sketch"]
"""
SOURCE = "data/baseline/one.wav@0-2@sha256:" + "0" * 64
MARKED = "MusicGen (melody of the baseline)"
NORMALISED = {"peak_normalisation": {"peak_dbfs": -1.0, "gain_db": 2.0}}


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scratch:
    """One take by each model, and a second one by MusicGen that has the baseline's melody."""
    monkeypatch.delenv("SECONDTAKE_CACHE", raising=False)
    scratch = new_scratch(tmp_path, SONG)
    scratch.baseline(10)
    for job in scratch.jobs():
        scratch.make(job, details=NORMALISED if job.model == "ace_step" else {})
    second = scratch.jobs("musicgen", takes=2)[1]
    scratch.make(replace(second, settings={**second.settings, "melody": SOURCE}), 1.7)
    groups = rank_song(scratch.song)
    write_json(ranking_path(scratch.results), as_json(scratch.song.name, groups))
    names = {f"{g.model}_segment{g.segment}_{g.kind}": g.best for g in groups if g.best}
    assert link_best(scratch.results, names) == []
    return scratch


def test_it_is_a_row_of_its_own_on_the_listening_page(scratch: Scratch) -> None:
    listening_clips(scratch, takes=2)
    versions = segment_in(page_of(scratch), 10)["versions"]
    assert [(v["label"], v["role"], v["best"]) for v in versions] == [
        ("Baseline", "baseline", True),
        ("MusicGen", "model", True),
        (MARKED, "cover", True),
        ("ACE-Step 1.5", "model", True),
        ("Sketch (rule-based control)", "control", True),
    ]
    assert versions[2]["model"] == "musicgen_from_baseline" and versions[2]["maker"] == MARKED
    assert [figure["name"] for figure in versions[3]["figures"]] == ["Level"]
    assert not versions[1]["figures"]


def test_the_report_names_it_apart(scratch: Scratch) -> None:
    page = render(survey(scratch.song, scratch.project))
    assert f"<h4>{MARKED}, take 2</h4>" in page and "<h4>MusicGen</h4>" in page
    assert "(melody of the baseline)</th>" in page  # in the table of takes


@pytest.mark.parametrize("number", [3, 4, 5])
def test_every_phase_has_the_mark(scratch: Scratch, number: int) -> None:
    rows = [line for line in scratch.page(number).splitlines() if "musicgen_segment10" in line]
    table = [line for line in rows if line.startswith("|")]
    assert sum(f"[{MARKED}, take 2]" in line for line in table) == 1
    assert sum("[MusicGen]" in line for line in table) == 1


def test_what_it_means_is_said_where_it_is_made_and_where_it_is_heard(scratch: Scratch) -> None:
    apart = "not independent of it, so ranked and compared apart"
    assert f"⚠️ Melody of the baseline: {apart}" in scratch.page(3)
    assert f"- {MARKED}: {apart}, and left out of the blind test" in scratch.page(5)


def test_a_remark_does_not_say_it_again(scratch: Scratch) -> None:
    first = scratch.jobs("ace_step")[0]
    cover = replace(first, take=101, settings={**first.settings, "cover": SOURCE})
    said = "a cover of the baseline, data/baseline/one.wav: not independent of it"
    scratch.make(cover, 1.8, remarks=(said, "its key is a guess"))
    page = scratch.page(3)
    assert page.count("⚠️ Cover of the baseline: not independent of it") == 1
    assert said not in page and "   - Note: its key is a guess" in page


def test_a_level_of_the_pipeline_is_not_called_the_models(scratch: Scratch) -> None:
    assert scratch.page(3).count("- Level: set by the pipeline: peak to -1 dBFS") == 1
    assert "- ACE-Step 1.5: its level was set by the pipeline: peak to -1 dBFS, and its LUFS" in (
        scratch.page(5)
    )


def test_of_some_takes_it_says_of_how_many(scratch: Scratch) -> None:
    second = scratch.jobs("ace_step", takes=2)[1]
    scratch.make(second, 1.2)
    assert "- ACE-Step 1.5, 1 of 2 takes: its level was set" in scratch.page(5)
