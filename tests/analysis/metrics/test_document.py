from pathlib import Path

import pytest

from secondtake.analysis.features.corpus import load_default
from secondtake.analysis.metrics import lyrics
from secondtake.analysis.metrics.document import (
    HEADLINES,
    calibration_block,
    headline_block,
    metrics_block,
    parse_docstring,
    with_block,
)
from secondtake.analysis.metrics.evaluate import METRICS
from secondtake.analysis.metrics.metric import window_metric

DOCS = Path(__file__).parents[3] / "docs"


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


def test_the_pages_are_what_code_and_tables_say_today():
    lab = (DOCS / "lab" / "metrics.md").read_text(encoding="utf-8")
    assert with_block(lab, "metrics", metrics_block()) == lab
    assert with_block(lab, "calibration", calibration_block(load_default())) == lab
    page = (DOCS / "metrics.md").read_text(encoding="utf-8")
    assert with_block(page, "headlines", headline_block(lab)) == page


def test_headlines_repeat_rows_without_their_intervals():
    rows = [f"| {relation} | 6 % [3 %, 9 %] (48 of 760) | – | 10 % |" for relation in HEADLINES]
    table = "\n".join(["| the take is | a | b | goal |", "|---|---|---|---|", *rows])
    block = headline_block(f"<!-- false closer: begin -->\n{table}\n<!-- false closer: end -->\n")
    assert block.splitlines()[2] == "| another song, sung | 6 % (48 of 760) | – |"
    assert len(block.splitlines()) == 2 + len(HEADLINES)


def test_a_page_without_a_place_is_refused():
    with pytest.raises(ValueError, match="no lines <!-- metrics: begin -->"):
        with_block("# A page", "metrics", "text")
