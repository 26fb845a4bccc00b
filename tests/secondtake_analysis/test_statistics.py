import json

import pytest

from secondtake_analysis.statistics import FILE, compute, timbre_statistics


def test_the_shipped_statistics_are_those_that_the_code_makes():
    shipped, made = json.loads(FILE.read_text(encoding="utf-8")), compute()
    assert shipped["source"] == made["source"]
    for name in ("mfcc_mean", "mfcc_spread"):
        assert shipped[name] == pytest.approx(made[name], abs=0.01)


def test_one_mean_and_a_spread_above_zero_for_each_coefficient():
    mean, spread = timbre_statistics()
    assert mean.shape == spread.shape == (19,)
    assert spread.min() > 1
