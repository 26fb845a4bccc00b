import re
import struct

import pytest

from secondtake.analysis.plots.forest_plot import MOST, forest_plot, line_ends, score_axis
from secondtake.analysis.plots.overview import ABOVE, BELOW, Cell, Summary, parse_summary

SVG = "{http://www.w3.org/2000/svg}"


def one_model(*cell: float | None) -> Summary:
    return Summary(("A model",), ("timbre",), ((Cell(*cell),),))


def drawn_marks(root) -> int:
    """Marks of the first model that are hollow: those in the column of the undecided."""
    styles = [element.attrib.get("style", "") for element in root.iter(f"{SVG}use")]
    return sum("fill: #ffffff" in style for style in styles)


def test_questions_models_and_both_ends_are_named(opened, texts, values):
    words_shown = texts(opened(forest_plot(parse_summary(values)).svg))
    for words in ("timbre", "rhythm", "lyrics", "Model $A$ & <co>", "Model B"):
        assert words in words_shown
    assert {"other music", "the baseline itself", "undecided"} <= set(words_shown)


def test_the_undecided_have_hollow_marks(opened, values):
    assert drawn_marks(opened(forest_plot(parse_summary(values)).svg)) == 2
    assert drawn_marks(opened(forest_plot(parse_summary({**values, "cells": {}})).svg)) == 6


def test_without_undecided_there_is_no_column_for_them(opened, texts):
    assert "undecided" not in texts(opened(forest_plot(one_model(0.5, 0.4, 0.6)).svg))


@pytest.mark.parametrize(
    ("cell", "numbers", "strips"),
    [
        ((0.5, -0.9, 1.1), [], (False, False)),
        ((0.1, -4.0, 0.2), ["−4.00"], (True, False)),
        ((-3.0, -4.0, 0.2), ["−4.00", "−3.00"], (True, False)),
        ((-3.0, -4.0, -2.0), ["−4.00", "−3.00", "−2.00"], (True, False)),
        ((-3.0, None, None), ["−3.00"], (True, False)),
        ((2.0, 1.9, 2.1), [], (False, False)),
        ((5.0, 3.0, 1e9), ["3.00", "5.00", ">999"], (False, True)),
        ((0.0, -5.0, 5.0), ["−5.00", "5.00"], (True, True)),
    ],
)
def test_what_is_off_the_scale_has_its_number(opened, texts, cell, numbers, strips):
    summary = one_model(*cell)
    root = opened(forest_plot(summary).svg)
    number = re.compile(r"[<>]?−?\d+(\.\d\d)?")
    assert sorted(filter(number.fullmatch, texts(root))) == sorted(numbers)
    assert score_axis(summary).strips == strips
    assert any("below" in text for text in texts(root)) == strips[0]
    assert any("above" in text for text in texts(root)) == strips[1]


def test_what_is_off_the_scale_stands_beside_it_in_order():
    scale = score_axis(one_model(0.0, -5.0, 5.0))
    start, end = scale.limits
    below = [scale.place(score, rank) for rank, score in enumerate((-4.0, -3.0, -2.0))]
    above = [scale.place(score, rank) for rank, score in enumerate((3.0, 4.0, 5.0))]
    places = [start, *below, scale.low, scale.high, *above, end]
    assert places == sorted(places) and len(set(places)) == len(places)
    assert scale.place(0.3, 1) == 0.3


def test_lines_that_leave_the_scale_end_in_triangles_that_point_outwards():
    shapes = {
        (0.1, -4.0, 0.2): [BELOW, "|"],
        (0.1, 0.0, 4.0): ["|", ABOVE],
        (-3.0, -4.0, -2.0): [BELOW, "|"],
        (5.0, 3.0, 9.0): ["|", ABOVE],
        (-3.0, None, None): [BELOW],
        (3.0, None, None): [ABOVE],
        (0.5, None, None): [],
    }
    for cell, ends in shapes.items():
        scale = score_axis(one_model(*cell))
        assert [shape for _, _, shape in line_ends(Cell(*cell), scale)] == ends


def test_the_scale_holds_all_scores_within_reason(values):
    def limits(summary):
        return score_axis(summary).low, score_axis(summary).high

    assert limits(parse_summary({**values, "cells": {}})) == (-0.25, 1.25)
    assert limits(parse_summary(values)) == (MOST[0], 1.6)
    values["cells"]["b"]["rhythm"]["high"] = 1e9
    assert limits(parse_summary(values)) == MOST


def test_long_names_are_whole_and_have_room(opened, texts, values):
    short = forest_plot(parse_summary(values))
    values["models"][0]["title"] = title = "A model of music and of speech by many hands " * 3
    values["questions"][0] = question = "how near it comes to all of the baseline's instruments"
    long = forest_plot(parse_summary(values))
    shown = " ".join(texts(opened(long.svg)))
    assert title.strip() in shown and question in shown
    sizes = [struct.unpack(">II", drawn.png[16:24]) for drawn in (short, long)]
    assert sizes[1][0] > sizes[0][0] and sizes[1][1] > sizes[0][1]


def test_the_same_study_is_the_same_bytes_and_few(values):
    drawn = forest_plot(parse_summary(values))
    assert drawn == forest_plot(parse_summary(values))
    assert len(drawn.png) < 300_000 and len(drawn.svg) < 300_000


def test_many_models_can_be_drawn(opened, texts, values):
    models = [{"name": f"m{i}", "title": f"Model {i}"} for i in range(10)]
    table = parse_summary({**values, "models": models})
    assert {f"Model {i}" for i in range(10)} <= set(texts(opened(forest_plot(table).svg)))
