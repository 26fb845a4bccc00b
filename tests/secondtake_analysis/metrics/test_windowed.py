import numpy as np
import pytest

from secondtake_analysis.metrics.windowed import WindowMetric, cosine, pearson

ROWS = np.array([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]])


def test_cosine_and_pearson_of_known_rows():
    assert cosine(ROWS, ROWS) == pytest.approx(np.array([[1, 10 / 14], [10 / 14, 1]]))
    assert pearson(ROWS, ROWS) == pytest.approx(np.array([[1, -1], [-1, 1]]))
    assert pearson(ROWS, ROWS * 5 + 7) == pytest.approx(np.array([[1, -1], [-1, 1]]))


def test_an_empty_row_is_like_nothing():
    assert cosine(np.zeros((1, 3)), ROWS).tolist() == [[0, 0]]
    assert pearson(np.ones((1, 3)), ROWS).tolist() == [[0, 0]]


def test_a_distance_is_better_when_lower():
    assert WindowMetric("", "", cosine).better(2, 1)
    assert WindowMetric("", "", cosine, closer_is="lower").better(1, 2)
