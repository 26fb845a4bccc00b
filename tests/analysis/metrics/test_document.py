from pathlib import Path

import pytest

from secondtake.analysis.features.corpus import load_default
from secondtake.analysis.metrics import lyrics
from secondtake.analysis.metrics.document import (
    calibration_block,
    detection_block,
    metrics_block,
    parse_docstring,
    with_block,
)
from secondtake.analysis.metrics.evaluate import METRICS
from secondtake.analysis.metrics.metric import window_metric

PAGE = Path(__file__).parents[3] / "docs" / "metrics.md"


@pytest.mark.parametrize("metric", [*METRICS, *lyrics.METRICS], ids=lambda metric: metric.name)
def test_every_metric_says_what_it_is_and_how_it_fails(metric):
    parts = parse_docstring(metric)
    assert all(parts[name] for name in ("", "Definition", "Range", "Source", "Fails"))
    assert parts[""].endswith(".")


def test_a_metric_that_keeps_its_failings_to_itself_is_refused():
    def boastful(reference, estimate):
        """Knows everything. Definition: a number. Range: high. Source: me."""

    with pytest.raises(ValueError, match="'boastful' lacks: Fails"):
        parse_docstring(window_metric("wisdom")(boastful))


def test_the_page_is_what_the_code_says_today():
    page = PAGE.read_text(encoding="utf-8")
    assert with_block(page, "metrics", metrics_block()) == page
    assert with_block(page, "calibration", calibration_block(load_default())) == page
    detections = PAGE.with_name("check-detection.md").read_text(encoding="utf-8")
    assert with_block(page, "detection", detection_block(detections)) == page
    assert "| dropouts |" in detection_block(detections)


def test_a_page_without_a_place_is_refused():
    with pytest.raises(ValueError, match="no lines <!-- metrics: begin -->"):
        with_block("# A page", "metrics", "text")
