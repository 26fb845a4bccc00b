import json
import math

import pytest

from secondtake.analysis.formatting import format_number, round_floats


def test_what_is_written_is_valid_json_with_few_digits():
    value = {"a": (1 / 3, math.nan, 2), "b": [math.inf, "x", None, True, 123456.789]}
    expected = {"a": [0.333333, None, 2], "b": [None, "x", None, True, 123457.0]}
    assert round_floats(value) == expected
    json.dumps(round_floats(value), allow_nan=False)


@pytest.mark.parametrize(
    ("value", "text"), [(1.234, "1.23"), (-0.5, "−0.50"), (-0.001, "0.00"), (None, "–")]
)
def test_figures_for_tables(value, text):
    assert format_number(value) == text
