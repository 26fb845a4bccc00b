import io
import math
import struct

import matplotlib.image
import numpy as np
import pytest

from secondtake.analysis.plots import style as colours
from secondtake.analysis.plots.overview import (
    FURTHER_HATCH,
    KEY,
    UNDECIDED,
    UNDECIDED_HATCH,
    Cell,
    cell_colour,
    format_cell,
    heatmap,
    parse_summary,
)

SVG = "{http://www.w3.org/2000/svg}"
LONG = "A model of music and of speech, by many hands (with their machines), in its third version"


def hatched(root) -> tuple[int, int]:
    """How many cells are hatched as undecided, and as further."""
    grey = "stroke: #a2a2a2"  # the lines over the colour of the undecided
    patterns = {
        element.attrib["id"]: any(grey in line.attrib.get("style", "") for line in element)
        for element in root.iter(f"{SVG}pattern")
    }
    styles = [element.attrib.get("style", "") for element in root.iter(f"{SVG}path")]
    used = [kind for style in styles for name, kind in patterns.items() if f"url(#{name})" in style]
    return sum(used), len(used) - sum(used)


def triangles(root) -> list[float]:
    """Where in the figure marks stand, from left to right, 0 to 1: only what is off the scale."""
    width = float(root.attrib["viewBox"].split()[2])
    return sorted(float(element.attrib["x"]) / width for element in root.iter(f"{SVG}use"))


def size(drawn) -> tuple[int, int]:
    width, height = struct.unpack(">II", drawn.png[16:24])
    return width, height


def pixels(png: bytes) -> np.ndarray:
    """(rows, columns, 4), 0 to 1."""
    return matplotlib.image.imread(io.BytesIO(png))


def one_model(score, title="A model", question="timbre", interval=None):
    low, high = interval or (None, None)
    cells = {"a": {question: {"scaled": score, "low": low, "high": high}}}
    models = [{"name": "a", "title": title}]
    return parse_summary({"models": models, "questions": [question], "cells": cells})


def test_every_cell_has_its_number_and_the_undecided_are_hatched(opened, texts, values):
    root = opened(heatmap(parse_summary(values)).svg)
    shown = texts(root)
    for words in ("Model $A$ & <co>", "Model B", "timbre", "rhythm", "lyrics", KEY):
        assert words in shown
    for number in ("0.62", "0.33 to 0.74", "−3.10", "−4.00 to −0.20", "0.05", "1.25"):
        assert shown.count(number) == 1
    assert shown.count("undecided") == 2
    assert hatched(root) == (2, 1)


def test_the_scale_names_floor_and_ceiling(opened, texts, values):
    shown = texts(opened(heatmap(parse_summary(values)).svg))
    for words in ("−1", "−0.5", "0", "0.5", "1", "other music", "(floor)", "(ceiling)"):
        assert words in shown


def test_a_study_that_knows_nothing_is_hatched_all_over(opened, texts, values):
    root = opened(heatmap(parse_summary({**values, "cells": {}})).svg)
    assert texts(root).count("undecided") == 6
    assert hatched(root) == (6, 0)


@pytest.mark.parametrize(
    ("interval", "lines"),
    [
        ((-3.0, -0.01), 1), ((-0.5, -0.001), 0), ((-3.0, 0.02), 0), ((0.1, 0.4), 0), (None, 0),
    ],
)  # fmt: skip
def test_what_is_further_by_its_whole_interval_is_hatched_too(opened, interval, lines):
    """The table calls it further then; below 0 alone it may be as other music."""
    score = sum(interval) / 2 if interval else -0.4
    assert hatched(opened(heatmap(one_model(score, interval=interval)).svg)) == (0, lines)
    assert UNDECIDED_HATCH != FURTHER_HATCH


@pytest.mark.parametrize("score", [-1.0, -1.001, -0.5, 0.0, 1.001, None])
def test_what_is_on_the_scale_has_no_triangle(opened, score):
    assert triangles(opened(heatmap(one_model(score)).svg)) == []


@pytest.mark.parametrize(("score", "number"), [(-3.0, "−3.00"), (-1.01, "−1.01"), (2.0, "2.00")])
def test_what_is_off_the_scale_has_a_triangle_at_that_edge(opened, texts, score, number):
    root = opened(heatmap(one_model(score)).svg)
    (place,) = triangles(root)
    assert number in texts(root)
    assert place < 0.25 if score < 0 else place > 0.9


def test_names_are_whole_and_have_room(opened, texts):
    short, long = heatmap(one_model(0.5)), heatmap(one_model(0.5, LONG))
    shown = texts(opened(long.svg))
    assert LONG in " ".join(shown)
    assert size(long)[0] > size(short)[0] and size(long)[1] > size(short)[1]
    question = "how near it comes to the baseline's extraordinary instrumentation"
    asked = heatmap(one_model(0.5, question=question))
    assert question in " ".join(texts(opened(asked.svg)))
    assert size(asked)[1] > size(short)[1]


def test_nothing_is_cut_off_at_the_edges(values):
    values["models"][0]["title"] = LONG
    values["questions"][0] = "an extraordinarily long question"
    image = pixels(heatmap(parse_summary(values)).png)
    for edge in (image[:4], image[-4:], image[:, :4], image[:, -4:]):
        assert (edge == 1).all()


def test_a_study_of_one_model_is_no_tall_empty_figure(values):
    values["models"] = values["models"][:1]
    image = pixels(heatmap(parse_summary(values)).png)
    blank = [bool((row == 1).all()) for row in image]
    runs = "".join(" x"[empty] for empty in blank).split()
    assert max(map(len, runs)) < 0.15 * len(image)


def test_the_same_study_is_the_same_bytes_and_few(values):
    drawn = heatmap(parse_summary(values))
    assert drawn == heatmap(parse_summary(values))
    assert len(drawn.png) < 300_000 and len(drawn.svg) < 300_000


def test_the_undecided_are_grey():
    assert cell_colour(None) == colours.parse_hex(colours.UNKNOWN)
    assert cell_colour(0.3) == colours.closeness(0.3)


def test_plain_values_become_a_table(values):
    table = parse_summary(values)
    assert table.titles == ("Model $A$ & <co>", "Model B")
    assert table.questions == ("timbre", "rhythm", "lyrics")
    assert table.rows[0] == (Cell(0.62, 0.33, 0.74), Cell(-3.1, -4.0, -0.2), UNDECIDED)
    assert table.rows[1][0].interval is None and table.rows[1][2] == UNDECIDED
    assert sorted(table.bounds()) == [-4.0, -3.1, -0.2, 0.05, 0.33, 0.62, 0.74, 1.0, 1.25, 1.5]


def test_what_is_not_finite_is_undecided(values):
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


def test_a_question_of_level_says_what_was_judged():
    """Which is never how loud a take is; other questions have their name alone."""
    values = {
        "models": [{"name": "bark", "title": "Bark"}],
        "questions": ["timbre", "level"],
        "metrics": {"timbre": "embedding", "level": "stereo width"},
        "cells": {},
    }
    assert parse_summary(values).questions == ("timbre", "level (stereo width)")
