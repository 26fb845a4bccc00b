from secondtake.analysis.plots.forest_plot import MOST, forest_plot, scale_limits
from secondtake.analysis.plots.overview import parse_summary

SVG = "{http://www.w3.org/2000/svg}"


def drawn_marks(root) -> int:
    """Marks of the first model that are hollow: those in the column of the unknown."""
    styles = [element.attrib.get("style", "") for element in root.iter(f"{SVG}use")]
    return sum("fill: #ffffff" in style for style in styles)


def test_questions_models_and_both_ends_are_named(opened, texts, values):
    words_shown = texts(opened(forest_plot(parse_summary(values)).svg))
    for words in ("timbre", "rhythm", "lyrics", "Model $A$ & <co>", "Model B"):
        assert words in words_shown
    assert {"other music", "the baseline itself", "unknown"} <= set(words_shown)


def test_the_unknown_have_hollow_marks(opened, values):
    assert drawn_marks(opened(forest_plot(parse_summary(values)).svg)) == 2
    assert drawn_marks(opened(forest_plot(parse_summary({**values, "cells": {}})).svg)) == 6


def test_a_score_off_the_scale_has_its_number(opened, texts, values):
    assert "−3.10" in texts(opened(forest_plot(parse_summary(values)).svg))
    values["cells"]["a"]["rhythm"] = {"scaled": 0.1, "low": -4.0, "high": 0.2}
    assert "0.10" not in texts(opened(forest_plot(parse_summary(values)).svg))


def test_the_scale_holds_all_scores_within_reason(values):
    assert scale_limits(parse_summary({**values, "cells": {}})) == (-0.25, 1.25)
    assert scale_limits(parse_summary(values)) == (MOST[0], 1.6)
    values["cells"]["b"]["rhythm"]["high"] = 1e9
    assert scale_limits(parse_summary(values)) == MOST


def test_the_same_study_is_the_same_bytes_and_few(values):
    drawn = forest_plot(parse_summary(values))
    assert drawn == forest_plot(parse_summary(values))
    assert len(drawn.png) < 300_000 and len(drawn.svg) < 300_000


def test_many_models_can_be_drawn(opened, texts, values):
    models = [{"name": f"m{i}", "title": f"Model {i}"} for i in range(10)]
    table = parse_summary({**values, "models": models})
    assert {f"Model {i}" for i in range(10)} <= set(texts(opened(forest_plot(table).svg)))
