"""The time left: expected beforehand, corrected by the takes that are finished."""

import pytest

from secondtake.runner.time_left import TimeLeft

EXPECTED = {("hum", "a"): 10.0, ("hum", "b"): 10.0, ("purr", "c"): 100.0}


def test_before_anything_is_finished_it_is_what_is_expected():
    left = TimeLeft(EXPECTED)
    left.begin("hum", 50.0)
    assert str(left) == "0 of 3 takes finished · about 2:00 left"


def test_a_model_that_is_slower_here_counts_as_it_is():
    left = TimeLeft(EXPECTED)
    left.begin("hum", 50.0)
    left.finish("hum", ["a"], 80.0)
    assert left.seconds() == 130.0 and left.finished == 1
    left.finish("hum", ["b"], 100.0)
    left.finish("purr", ["c"], 100.0)
    assert str(left) == "3 of 3 takes finished"


def test_the_stages_after_a_model_count_until_they_are_done():
    left = TimeLeft(EXPECTED, {"hum": 30.0, "purr": 15.0})
    assert left.seconds() == 165.0
    left.begin("hum", 0.0)
    left.finish("hum", ["a", "b"], 20.0)
    assert left.seconds() == 145.0
    left.judge("hum")
    assert str(left) == "2 of 3 takes finished · about 1:55 left"


def test_takes_of_one_batch_share_its_time():
    left = TimeLeft({("hum", str(n)): None for n in range(6)})
    left.begin("hum", 0.0)
    left.finish("hum", ["0", "1", "2"], 60.0)
    assert left.seconds() == pytest.approx(60.0)


def test_what_is_not_known_is_not_made_up():
    left = TimeLeft({**EXPECTED, ("growl", "d"): None})
    assert left.seconds() is None and str(left) == "0 of 4 takes finished"
    left.finish("growl", ["d"], 9.0)
    assert left.seconds() == 120.0


def test_several_workers_share_what_is_not_begun():
    assert TimeLeft(EXPECTED, workers=2).seconds() == 60.0
    assert TimeLeft(EXPECTED, {"hum": 30.0}, workers=2).seconds() == 90.0


def test_models_side_by_side_are_waited_for_until_the_slowest_is_done():
    left = TimeLeft(EXPECTED, workers=2)
    left.begin("hum", 0.0)
    left.begin("purr", 0.0)
    left.finish("hum", ["a"], 20.0)
    assert left.seconds() == 50.0  # half of purr's hundred, on one of two workers; hum's 20
    left.finish("purr", ["c"], 30.0)
    assert left.seconds() == 20.0
