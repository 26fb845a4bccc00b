"""What the judges say, as strips: from values as judged.judged_summary gives them."""

import struct
from typing import Any

import pytest

from secondtake.analysis.plots.judge_strips import Mark, judge_strips, parse_strips
from secondtake.analysis.plots.render import render_overview

TITLES = {"bark": "Bark", "musicgen": "Music$Gen$ & <co>", "sketch": "Sketch"}


def row(segment: int, model: str, value: float | None, **more: Any) -> dict[str, Any]:
    return {
        "segment": segment,
        "model": model,
        "model_title": TITLES[model],
        "take": f"{model}_{segment}",
        "chosen": True,
        "value": value,
        "interval": None if value is None else [value - 0.05, value + 0.05],
        "floor": 0.1,
        "near": 0.15,
        "ceiling": 0.45,
        **more,
    }


def across(segments: int = 3, **more: Any) -> dict[str, Any]:
    numbers = range(1, segments + 1)
    rows = [row(n, model, 0.1 * n) for n in numbers for model in TITLES]
    scale = {"name": "prompt adherence", "unit": "cosine", "closer_is": "higher", "rows": rows}
    judge = {"title": "CLAP", "scales": [{**scale, "others": "other prompts", **more}]}
    models = [{"name": name, "title": title} for name, title in TITLES.items()]
    return {"models": models, "questions": [], "cells": {}, "judges": [judge]}


def test_a_strip_has_the_baseline_then_the_models_then_the_control():
    (strip,) = parse_strips(across()).strips
    assert [name for name, _ in strip.lines] == ["baseline", "bark", "musicgen", "sketch"]
    assert (strip.floor, strip.near) == (0.1, 0.15)
    assert strip.lines[1][1][0] == Mark(0.1, pytest.approx(0.05), pytest.approx(0.15))
    assert strip.title == "Prompt adherence (CLAP; floor: other prompts)"


def test_only_the_chosen_takes_with_a_figure_are_drawn():
    rows = [
        row(1, "bark", 0.3),
        row(1, "bark", 0.9, chosen=False),
        row(2, "bark", None, ceiling=None),
        row(3, "bark", 0.2, interval=None, ceiling=None),
    ]
    (strip,) = parse_strips(across(rows=rows)).strips
    marks = dict(strip.lines)
    assert [mark.value for mark in marks["bark"]] == [0.3, 0.2]
    assert marks["bark"][1] == Mark(0.2) and marks["baseline"] == (Mark(0.45),)


def test_what_is_no_score_has_no_floor():
    (strip,) = parse_strips(across(closer_is="")).strips
    assert (strip.floor, strip.near) == (None, None) and strip.title.endswith("(CLAP; no score)")


def test_without_figures_there_is_no_strip():
    assert parse_strips(across(rows=[row(1, "bark", None)])).strips == ()
    assert parse_strips({"models": []}).strips == ()


def test_names_and_units_stand_in_the_plot_as_they_are(opened, texts):
    words = texts(opened(judge_strips(parse_strips(across())).svg))
    for name in ("baseline", *TITLES.values(), "cosine"):
        assert name in words
    assert any("Dashed: the floor" in text for text in words)


def test_it_grows_with_the_segments_only_so_far():
    heights = [
        struct.unpack(">II", judge_strips(parse_strips(across(count))).png[16:24])[1]
        for count in (1, 10, 42, 84)
    ]
    assert heights[0] < heights[1] < heights[2] == heights[3] < 1000


def test_an_interval_without_end_leaves_room_for_the_others(opened):
    rows = [row(1, "bark", 0.3, interval=[-1e6, 1e6]), row(1, "musicgen", 0.31)]
    assert judge_strips(parse_strips(across(rows=rows))).svg
    (strip,) = parse_strips(across(rows=rows)).strips
    assert strip.lines[1][1][0].high == 1e6


def test_it_is_written_beside_the_others_and_goes_with_the_judges(tmp_path):
    render_overview(across(), tmp_path)
    files = {path.name for path in tmp_path.iterdir()}
    assert files == {"judges.png", "judges.svg"}  # no question was answered
    first = (tmp_path / "judges.svg").read_bytes()
    render_overview(across(), tmp_path)
    assert (tmp_path / "judges.svg").read_bytes() == first
    render_overview({**across(), "judges": []}, tmp_path)
    assert list(tmp_path.iterdir()) == []
