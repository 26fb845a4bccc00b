import pytest

from secondtake_analysis.pictures import colours
from secondtake_analysis.pictures.heatmap import closeness, heatmap
from secondtake_analysis.pictures.summary import summary

SVG = "{http://www.w3.org/2000/svg}"


def hatched(root) -> int:
    """How many cells are filled with a pattern."""
    patterns = {f"url(#{one.attrib['id']})" for one in root.iter(f"{SVG}pattern")}
    assert len(patterns) == 1
    styles = [one.attrib.get("style", "") for one in root.iter(f"{SVG}path")]
    return sum(pattern in style for style in styles for pattern in patterns)


def test_every_cell_has_its_number_and_the_unknown_are_hatched(opened, texts, values):
    root = opened(heatmap(summary(values)).svg)
    told = texts(root)
    for words in ("Model $A$ & <co>", "Model B", "timbre", "rhythm", "lyrics"):
        assert words in told
    for number in ("0.62", "0.33 to 0.74", "−3.10", "−4.00 to −0.20", "0.05", "1.25"):
        assert told.count(number) == 1
    assert told.count("unknown") == hatched(root) == 2


def test_a_study_that_knows_nothing_is_hatched_all_over(opened, texts, values):
    root = opened(heatmap(summary({**values, "cells": {}})).svg)
    assert texts(root).count("unknown") == hatched(root) == 6


def test_the_same_study_is_the_same_bytes_and_few(values):
    drawn = heatmap(summary(values))
    assert drawn == heatmap(summary(values))
    assert len(drawn.png) < 300_000 and len(drawn.svg) < 300_000


def test_closer_is_darker_and_the_ends_hold(values):
    light = [colours.lightness(closeness(at)) for at in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert light == sorted(light, reverse=True)
    assert closeness(-3.0) == closeness(0.0) and closeness(8.0) == closeness(1.0)
    assert closeness(None) == pytest.approx(colours.parsed(colours.UNKNOWN))
