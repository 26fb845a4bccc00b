import numpy as np
import pytest
import soundfile

from secondtake.files import sha256_of
from secondtake_analysis.cache import Cache
from secondtake_analysis.checks import many
from secondtake_analysis.checks.check import worst
from secondtake_analysis.checks.suite import Subject, check

RATE = 8000


@pytest.fixture
def subjects(tmp_path, sounds):
    """Ten files of which the third is silent and the last is no audio."""
    found = []
    for place in range(10):
        path = tmp_path / f"{place}.wav"
        loud = 0.0 if place == 2 else 1.0
        soundfile.write(path, sounds.pink(1.5, RATE, seed=place) * loud, RATE)
        if place == 9:
            path.write_bytes(b"no audio")
        found.append(Subject(path, sha256_of(path)))
    return found


def test_in_processes_as_alone_and_in_order(subjects, tmp_path):
    told = []
    assert many.check_all(subjects, None, told.append) == [check(one) for one in subjects]
    assert told == ["8 of 10 files checked"]


def test_the_second_time_nothing_is_opened(subjects, tmp_path, monkeypatch):
    cache = Cache(tmp_path / "cache")
    first = many.check_all(subjects[2:5], cache)
    monkeypatch.setattr(many, "check", lambda subject: pytest.fail("checked again"))
    assert many.check_all(subjects[2:5], cache) == first
    assert [worst(one) for one in first] == ["fail", "pass", "pass"]


def test_another_content_stretch_or_promise_is_judged_anew(subjects, tmp_path):
    cache = Cache(tmp_path / "cache")
    path, sha256 = subjects[0].path, subjects[0].sha256
    [whole] = many.check_all([subjects[0]], cache)
    [part] = many.check_all([Subject(path, sha256, start=0.2, end=1.0)], cache)
    figures = [{one.name: one.figure for one in checks} for checks in (whole, part)]
    assert [one["decodes"] for one in figures] == [1.5, 0.8]
    soundfile.write(path, np.zeros(RATE), RATE)
    [changed] = many.check_all([Subject(path, sha256_of(path))], cache)
    assert {one.name: one.verdict for one in changed}["silence"] == "fail"


def test_a_long_file_is_checked_after_the_short_ones_and_keeps_its_place(
    subjects, tmp_path, monkeypatch
):
    monkeypatch.setattr(many, "LONG", 1.0)
    short = tmp_path / "short.wav"
    soundfile.write(short, np.full(RATE // 2, 0.1), RATE)
    order = [subjects[0], Subject(short, sha256_of(short)), subjects[1]]
    seen = []
    monkeypatch.setattr(many, "check", lambda one: seen.append(one.path) or check(one))
    found = many.check_all(order)
    assert seen == [short, subjects[0].path, subjects[1].path]
    assert found == [check(one) for one in order]
