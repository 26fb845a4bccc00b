"""Judgments: what decides one, where it is kept, and what brings it back."""

import json
from dataclasses import replace

import pytest

from secondtake.core.judgments import (
    JudgeJob,
    Judgment,
    Reading,
    TranscribedSpan,
    cached_path,
    find_judgment,
    judge_identity,
    judgment_path,
    read_judgment,
    store_judgment,
)

JOB = JudgeJob("ear", "left", "hum_segment1_verse", "/a/hum.wav", "00", style="slow tango, violin")
SAYS = Judgment(
    ((0.0, 10.0), (5.0, 12.5)),
    {"peak": Reading((0.5, 0.25), {"another": (0.125, 0.0)})},
    ((1.0, 0.0), (0.0, 1.0)),
    (TranscribedSpan(0.0, 1.5, "es", "la mar"),),
)
IDENTITY = judge_identity(1, {"model": "ab"}, "cd")


def keep(project, job=JOB, identity=IDENTITY):
    store_judgment(project, project.results, job, identity, 1.23456, SAYS)


def test_a_judgment_comes_back_as_it_was(project):
    keep(project)
    stored = find_judgment(project, project.results, JOB, IDENTITY)
    assert stored is not None and stored.judgment == SAYS
    assert (stored.job, dict(stored.identity), stored.seconds) == (JOB, IDENTITY, 1.235)


def test_the_name_is_the_recordings_with_the_words_that_it_is_held_to():
    assert replace(JOB, style="").name == JOB.recording
    assert JOB.name.startswith(f"{JOB.recording}-") and len(JOB.name) == len(JOB.recording) + 9
    assert replace(JOB, style="fast tango").name != JOB.name


@pytest.mark.parametrize(
    "change",
    [
        {"sha256": "01"}, {"start": 1.0}, {"style": "polka"}, {"languages": ("es",)},
        {"damage": True}, {"checkpoint": "right"}, {"judge": "eye"},
    ],
)  # fmt: skip
def test_whatever_decides_it_makes_it_another(project, change):
    keep(project)
    assert find_judgment(project, project.results, replace(JOB, **change), IDENTITY) is None


@pytest.mark.parametrize(
    "identity",
    [
        judge_identity(2, {"model": "ab"}, "cd"),
        judge_identity(1, {"model": "ac"}, "cd"),
        judge_identity(1, {"model": "ab"}, "ce"),
    ],
)
def test_another_version_other_files_and_another_environment_judge_anew(project, identity):
    keep(project)
    assert find_judgment(project, project.results, JOB, identity) is None


def test_the_same_bytes_under_another_name_are_known(project):
    keep(project)
    moved = replace(JOB, recording="hum_segment1_verse_take2", file="/b/other.wav")
    assert find_judgment(project, project.results, moved, IDENTITY).judgment == SAYS
    assert read_judgment(judgment_path(project.results, moved)).job == moved


def test_results_that_went_elsewhere_need_no_cache(project):
    keep(project)
    cached_path(project, JOB, JOB.key(IDENTITY)).unlink()
    assert find_judgment(project, project.results, JOB, IDENTITY).judgment == SAYS


@pytest.mark.parametrize("damage", [b"", b"{}", b'{"format": 1}', None])
def test_what_is_damaged_or_cut_is_none(project, damage):
    keep(project)
    for path in (
        judgment_path(project.results, JOB), cached_path(project, JOB, JOB.key(IDENTITY))
    ):  # fmt: skip
        data = path.read_bytes()
        path.write_bytes(data[:-20] if damage is None else damage)
    assert find_judgment(project, project.results, JOB, IDENTITY) is None


def test_a_forged_cache_entry_is_not_believed(project):
    """An entry that lies under the key of another job, checksum and all."""
    keep(project)
    other = replace(JOB, sha256="ff")
    target = cached_path(project, other, other.key(IDENTITY))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(cached_path(project, JOB, JOB.key(IDENTITY)).read_bytes())
    assert find_judgment(project, project.results, other, IDENTITY) is None


def test_a_job_is_read_as_it_was_written():
    assert JudgeJob.from_json(json.loads(json.dumps(JOB.to_json()))) == JOB
    for wrong in ({}, {**JOB.to_json(), "more": 1}, {**JOB.to_json(), "start": "soon"}):
        with pytest.raises(TypeError):
            JudgeJob.from_json(wrong)
