import math

import pytest

from secondtake.analysis.plots import style as colours
from secondtake.analysis.plots.overview import (
    UNKNOWN,
    Cell,
    closeness,
    format_cell,
    heatmap,
    parse_summary,
)

SVG = "{http://www.w3.org/2000/svg}"


def hatched(root) -> int:
    """How many cells are filled with a pattern."""
    patterns = {f"url(#{element.attrib['id']})" for element in root.iter(f"{SVG}pattern")}
    assert len(patterns) == 1
    styles = [element.attrib.get("style", "") for element in root.iter(f"{SVG}path")]
    return sum(pattern in style for style in styles for pattern in patterns)


def test_every_cell_has_its_number_and_the_unknown_are_hatched(opened, texts, values):
    root = opened(heatmap(parse_summary(values)).svg)
    shown = texts(root)
    for words in ("Model $A$ & <co>", "Model B", "timbre", "rhythm", "lyrics"):
        assert words in shown
    for number in ("0.62", "0.33 to 0.74", "−3.10", "−4.00 to −0.20", "0.05", "1.25"):
        assert shown.count(number) == 1
    assert shown.count("unknown") == hatched(root) == 2


def test_a_study_that_knows_nothing_is_hatched_all_over(opened, texts, values):
    root = opened(heatmap(parse_summary({**values, "cells": {}})).svg)
    assert texts(root).count("unknown") == hatched(root) == 6


def test_the_same_study_is_the_same_bytes_and_few(values):
    drawn = heatmap(parse_summary(values))
    assert drawn == heatmap(parse_summary(values))
    assert len(drawn.png) < 300_000 and len(drawn.svg) < 300_000


def test_closer_is_darker_and_the_ends_hold(values):
    light = [colours.lightness(closeness(at)) for at in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert light == sorted(light, reverse=True)
    assert closeness(-3.0) == closeness(0.0) and closeness(8.0) == closeness(1.0)
    assert closeness(None) == pytest.approx(colours.parse_hex(colours.UNKNOWN))


def test_plain_values_become_a_table(values):
    table = parse_summary(values)
    assert table.titles == ("Model $A$ & <co>", "Model B")
    assert table.questions == ("timbre", "rhythm", "lyrics")
    assert table.rows[0] == (Cell(0.62, 0.33, 0.74), Cell(-3.1, -4.0, -0.2), UNKNOWN)
    assert table.rows[1][0].interval is None and table.rows[1][2] == UNKNOWN
    assert sorted(table.bounds()) == [-4.0, -3.1, -0.2, 0.05, 0.33, 0.62, 0.74, 1.0, 1.25, 1.5]


def test_what_is_not_finite_is_unknown(values):
    values["cells"]["a"]["timbre"] = {"scaled": math.nan, "low": 0.0, "high": 1.0}
    values["cells"]["b"]["rhythm"]["high"] = math.inf
    table = parse_summary(values)
    assert table.rows[0][0].scaled is None and table.rows[0][0].interval is None
    assert table.rows[1][1].scaled == 1.25 and table.rows[1][1].interval is None


def test_without_models_or_questions_it_is_empty(values):
    assert not parse_summary(values).is_empty
    assert parse_summary({**values, "models": []}).is_empty
    assert parse_summary({**values, "questions": []}).is_empty


@pytest.mark.parametrize(
    ("score", "text"),
    [
        (0.625, "0.62"), (-0.04, "−0.04"), (-0.001, "0.00"), (1.0, "1.00"),
        (12.3, "12"), (-99.6, "−100"), (1e9, ">999"), (-1e9, "<−999"),
    ],
)  # fmt: skip
def test_a_number_fits_its_cell(score, text):
    assert format_cell(score) == text
