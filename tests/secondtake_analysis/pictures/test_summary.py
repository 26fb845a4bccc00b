import math

import pytest

from secondtake_analysis.pictures.summary import UNKNOWN, Cell, summary, written


def test_plain_values_become_a_table(values):
    table = summary(values)
    assert table.titles == ("Model $A$ & <co>", "Model B")
    assert table.questions == ("timbre", "rhythm", "lyrics")
    assert table.rows[0] == (Cell(0.62, 0.33, 0.74), Cell(-3.1, -4.0, -0.2), UNKNOWN)
    assert table.rows[1][0].interval is None and table.rows[1][2] == UNKNOWN
    assert sorted(table.bounds()) == [-4.0, -3.1, -0.2, 0.05, 0.33, 0.62, 0.74, 1.0, 1.25, 1.5]


def test_what_is_not_finite_is_unknown(values):
    values["cells"]["a"]["timbre"] = {"scaled": math.nan, "low": 0.0, "high": 1.0}
    values["cells"]["b"]["rhythm"]["high"] = math.inf
    table = summary(values)
    assert table.rows[0][0].scaled is None and table.rows[0][0].interval is None
    assert table.rows[1][1].scaled == 1.25 and table.rows[1][1].interval is None


def test_without_models_or_questions_it_is_empty(values):
    assert not summary(values).empty
    assert summary({**values, "models": []}).empty
    assert summary({**values, "questions": []}).empty


@pytest.mark.parametrize(
    ("score", "text"),
    [
        (0.625, "0.62"), (-0.04, "−0.04"), (-0.001, "0.00"), (1.0, "1.00"),
        (12.3, "12"), (-99.6, "−100"), (1e9, ">999"), (-1e9, "<−999"),
    ],
)  # fmt: skip
def test_a_number_fits_its_cell(score, text):
    assert written(score) == text
