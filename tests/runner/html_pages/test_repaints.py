"""Repaints of a take on every page that names or counts takes: named, played, and not counted."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.runner.html_pages.listening_study import listening_clips
from tests.runner.html_pages.test_listening_page import page_of, segment_in
from tests.runner.progress_pages.scratch import Scratch, new_scratch

from secondtake.core.files import write_json
from secondtake.core.ranking_file import as_json, ranking_path
from secondtake.core.take_store import write_kept
from secondtake.core.takes import Take
from secondtake.runner.html_pages.report_data import Adherence, Kept, kept_by_model
from secondtake.runner.html_pages.report_page import render
from secondtake.runner.progress_pages.survey import survey
from secondtake.runner.rank_song import rank_song

SONG = """
title = "One"
results = "results"
[[segment]]
number = 10
kind = "instrumental"
title = "One"
seconds = 2
models = ["ace_step", "sketch"]
"""
NAME = "ace_step_segment10_instrumental"
ANEW = "take 1 with 0.5–1.5 s anew"
LONGER = "take 1, continued to 3 s"
COUNT = "3, 2 of them with a stretch made anew"


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scratch:
    """A take by each model; of ACE-Step's, a repaint and a continuation to 3 s."""
    monkeypatch.delenv("SECONDTAKE_CACHE", raising=False)
    scratch = new_scratch(tmp_path, SONG)
    first, _ = [scratch.make(job, 2.0) for job in scratch.jobs()]
    for number, stretch, seconds in ((101, "0.5-1.5", 1.9), (102, "2-3", 3.0)):
        source = f"results/local_models/{NAME}.wav@{stretch}@sha256:{first.wav.sha256}"
        settings = {**first.job.settings, "repaint": source}
        job = replace(first.job, take=number, seed=number, settings=settings)
        scratch.make(job, seconds)
    rank(scratch)
    return scratch


def rank(scratch: Scratch) -> None:
    groups = rank_song(scratch.song)
    write_json(ranking_path(scratch.results), as_json(scratch.song.name, groups))


def takes(scratch: Scratch) -> Iterator[Take]:
    status = survey(scratch.song, scratch.project)
    yield from (entry.take for entry in status.judged if entry.take)


@pytest.mark.parametrize("number", [3, 5])
def test_it_is_named_with_what_it_is_made_of(scratch: Scratch, number: int) -> None:
    page = scratch.page(number)
    assert f"take 101: {ANEW}](local_models/{NAME}_take101.wav)" in page
    assert f"take 102: {LONGER}](local_models/{NAME}_take102.wav)" in page
    assert "📌" not in page


@pytest.mark.parametrize("number", [3, 4, 5])
def test_where_takes_are_counted_it_is_said_apart(scratch: Scratch, number: int) -> None:
    assert f"ACE-Step 1.5, best of {COUNT} (take 1)" in scratch.page(number)


def test_one_with_the_number_of_a_take_is_listed_once(scratch: Scratch) -> None:
    edit = next(take for take in takes(scratch) if take.job.take == 102)
    scratch.make(replace(edit.job, take=2, seed=5), 2.9)
    status = survey(scratch.song, scratch.project)
    names = [entry.name for entry in status.judged]
    assert sorted(names) == sorted(set(names)) and len(names) == 5
    assert len(status.jobs) == 2


def test_one_take_of_its_own_has_no_spread(scratch: Scratch) -> None:
    page = scratch.page(3)
    assert f"### Segment 10: {COUNT.replace('3', '3 takes by ACE-Step 1.5', 1)}" in page
    assert "median of" not in page


def test_only_what_a_person_kept_has_the_mark(scratch: Scratch) -> None:
    kept = [take.wav.sha256 for take in takes(scratch) if take.job.take == 101]
    write_kept(scratch.results, scratch.song.name, kept)
    marked = [line for line in scratch.page(5).splitlines() if "📌" in line]
    assert len(marked) == 1 and ANEW in marked[0]


def test_one_that_is_the_best_says_what_it_is(scratch: Scratch) -> None:
    groups = rank_song(scratch.song)
    group = next(group for group in groups if group.model == "ace_step")
    first, second, third = group.takes
    order = (replace(second, place=1), replace(first, place=2), third)
    chosen = replace(group, takes=order, best=second.take)
    write_json(ranking_path(scratch.results), as_json(scratch.song.name, [chosen]))
    assert f"best of {COUNT} (take 101: {ANEW})" in scratch.page(3)
    assert f"take 101: {ANEW}**: [`results" in scratch.page(3)


def test_the_latest_take_may_be_a_repaint(scratch: Scratch) -> None:
    (late,) = [take for take in takes(scratch) if take.job.take == 102]
    status = survey(scratch.song, scratch.project)
    made = replace(late.made, started="2031-01-01T10:20:30+00:00")
    entries = tuple(replace(entry, take=replace(late, made=made)) for entry in status.kept)
    assert replace(status, kept=entries).latest_take == "2031-01-01 10:20 UTC"


def test_the_listening_page_plays_it_under_its_name(scratch: Scratch) -> None:
    listening_clips(scratch, 3.0)
    segment = segment_in(page_of(scratch), 10)
    assert (segment["askedSeconds"], segment["seconds"]) == (2, 3.0)
    versions = {version["label"]: version for version in segment["versions"]}
    first = versions["ACE-Step 1.5, take 1"]
    assert first["best"] and not first["repaint"] and first["note"].startswith(f"best of {COUNT}")
    for label in (f"ACE-Step 1.5, take 101: {ANEW}", f"ACE-Step 1.5, take 102: {LONGER}"):
        assert versions[label]["repaint"] and "kept" not in versions[label]["note"]


def test_the_report_names_it(scratch: Scratch) -> None:
    page = render(survey(scratch.song, scratch.project))
    assert f"<code>{NAME}_take101</code> ({ANEW})" in page and "(kept)" not in page


def test_a_repaint_does_not_count_among_what_keeps_its_tempo() -> None:
    own = Adherence("first", "ace_step", "kept", "undecidable")
    kept = kept_by_model([own, replace(own, take="second", repaint=True)])
    assert kept == {"ace_step": (Kept(1, 1, 0), Kept(0, 0, 1))}


def test_what_ace_step_reads_is_said_of_its_inputs(scratch: Scratch) -> None:
    lessons = scratch.page(3).split("## Lessons from the figures")[1]
    assert "- ACE-Step 1.5 reads style, lyrics, language, tempo, meter and key\n" in lessons


def test_a_prompt_of_the_song_files_own_is_called_so(scratch: Scratch) -> None:
    (job,) = scratch.jobs("ace_step")
    scratch.make(replace(job, prompt="a brass band", style="jazz"), 2.0)
    lessons = scratch.page(3).split("## Lessons from the figures")[1]
    reads = "reads its prompt, lyrics, language, tempo, meter and key"
    assert f"- ACE-Step 1.5 {reads}; of style it knows what that says\n" in lessons
