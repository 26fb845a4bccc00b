import pytest

from secondtake_analysis.evaluate import METRICS
from secondtake_analysis.study.material import gather
from secondtake_analysis.study.pairing import keep_all, measurements

RATE = 44_100


@pytest.fixture
def compared(song, project, make_take, sounds):
    """A model's take held against the sketch."""
    make_take("sketch", sounds.clicks(97, 6, RATE))
    make_take("stable_audio", sounds.clicks(120, 6, RATE))
    [material] = gather(song, project)
    return material.takes


def test_what_is_held_against_nothing_has_no_measurements(compared):
    sketch, _ = compared
    assert sketch.reference is None
    assert measurements(sketch) == []


def test_every_metric_is_kept_and_the_same_when_read_again(compared):
    _, take = compared
    keep_all(compared)
    kept = list(take.recording.cache.folder.glob("measurements-*"))
    assert kept
    first, again = measurements(take), measurements(take)
    assert first == again
    assert {one["name"] for one in first} >= {metric.name for metric in METRICS}
    assert len(list(take.recording.cache.folder.glob("measurements-*"))) == len(kept)


def test_another_calibration_gives_other_floors_and_keeps_nothing(compared, calibration):
    _, take = compared
    floors = [{o["name"]: o["floor"] for o in measurements(take, c)} for c in (None, calibration)]
    assert floors[0]["spectral balance"] != floors[1]["spectral balance"]
