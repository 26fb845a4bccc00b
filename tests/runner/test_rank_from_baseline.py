"""Takes that were made from the baseline compete with each other alone; no level is ranked that a
step behind the model has set."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.runner.progress_pages.scratch import Scratch, new_scratch

from secondtake.core.files import write_json
from secondtake.core.jobs import Job
from secondtake.core.takes import Take
from secondtake.runner.rank_song import rank_song

SONG = """
title = "One"
results = "results"
[[segment]]
number = 10
kind = "instrumental"
title = "One"
seconds = 2
baseline = "data/baseline/one.wav"
models = ["musicgen"]
"""
SOURCE = "data/baseline/one.wav@0-2@sha256:" + "0" * 64
NORMALISED = {"peak_normalisation": {"peak_dbfs": -1.0, "gain_db": 2.0}}


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scratch:
    monkeypatch.delenv("SECONDTAKE_CACHE", raising=False)
    return new_scratch(tmp_path, SONG)


def with_melody(job: Job) -> Job:
    return replace(job, settings={**job.settings, "melody": SOURCE})


def verify(scratch: Scratch, *checks: tuple[Take, list[dict[str, Any]]]) -> None:
    """verification.json with these checks of each take."""
    files = [
        {
            "file": f"results/local_models/{take.wav.file}",
            "kind": "take",
            "sha256": take.wav.sha256,
            "checks": found,
        }
        for take, found in checks
    ]
    write_json(scratch.results / "verification.json", {"files": files})


def loudness(lufs: float, verdict: str = "pass") -> list[dict[str, Any]]:
    return [{"name": "loudness", "verdict": verdict, "figure": lufs}]


def test_a_take_made_from_the_baseline_is_never_chosen_over_one_that_was_not(
    scratch: Scratch,
) -> None:
    first, second, third = scratch.jobs(takes=3)
    independent = scratch.make(first, 1.0)
    covers = [scratch.make(with_melody(job), 1.1 + 0.1 * job.take) for job in (second, third)]
    bad, good = loudness(-30.0, "fail"), loudness(-16.0)
    verify(scratch, (independent, bad), (covers[0], bad), (covers[1], good))
    own, apart = rank_song(scratch.song)
    assert (own.model, own.best, len(own.takes)) == ("musicgen", None, 1)  # it failed a check
    assert (apart.model, apart.best) == ("musicgen_from_baseline", covers[1].name)
    assert [take.take for take in apart.takes] == [covers[1].name, covers[0].name]
    verify(scratch, *((take, good) for take in (independent, *covers)))
    assert rank_song(scratch.song)[0].best == independent.name


def test_a_cover_has_the_length_that_the_song_asks_for(tmp_path: Path) -> None:
    """Only a take that was continued is longer than the song file says."""
    scratch = new_scratch(tmp_path, SONG.replace("musicgen", "ace_step"))
    (job,) = scratch.jobs()
    cover = replace(job, take=2, settings={**job.settings, "cover": SOURCE}, seconds=3.0)
    scratch.make(cover, 3.0)
    ((take,),) = [group.takes for group in rank_song(scratch.song)]
    assert take.findings["song"] == "made before the song file changed (seconds)"


@pytest.mark.parametrize(
    ("details", "best", "says"),
    [
        ({}, 2, "level"),
        (NORMALISED, 1, "no rule tells it from take 2; the lower number goes first"),
    ],
)
def test_a_level_that_the_pipeline_set_decides_nothing(
    scratch: Scratch, details: dict[str, Any], best: int, says: str
) -> None:
    quiet, usual = (
        scratch.make(job, 1 + job.take, details=details) for job in scratch.jobs(takes=2)
    )
    verify(scratch, (quiet, loudness(-25.0)), (usual, loudness(-16.0)))
    (group,) = rank_song(scratch.song)
    assert group.takes[0].number == best and group.takes[0].reason.startswith(says)
    sentence = "level not judged: its level was set by the pipeline: peak to -1 dBFS (takes 1, 2)"
    assert (sentence in group.set_aside) == bool(details)


def test_one_level_of_the_pipeline_is_enough(scratch: Scratch) -> None:
    """Its figure and that of a model are not to be compared."""
    one, other = scratch.jobs(takes=2)
    takes = scratch.make(one, 1.0, details=NORMALISED), scratch.make(other, 1.2)
    verify(scratch, (takes[0], loudness(-25.0)), (takes[1], loudness(-16.0)))
    (group,) = rank_song(scratch.song)
    assert group.best == takes[0].name
    assert any(sentence.endswith("(take 1)") for sentence in group.set_aside)
