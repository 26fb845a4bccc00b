import numpy as np

from secondtake_analysis.prepare import COMMON_RATE
from secondtake_analysis.synthetic import SECONDS, sounds


def test_forty_eight_different_audible_sounds():
    made = list(sounds())
    assert len(made) == 48
    assert all(len(one) == SECONDS * COMMON_RATE and np.isfinite(one).all() for one in made)
    assert {round(float(np.abs(one).max()), 3) for one in made} == {0.5}
    assert len({one.tobytes() for one in made}) == 48
