import pytest

from secondtake.analysis.metrics import harmony, metric, rhythm, scoring
from secondtake.runner.progress_pages import comparison_details
from secondtake.runner.progress_pages.comparison_details import KeyEvidence, ceiling_caveat


def test_the_limits_and_words_are_those_of_the_analysis() -> None:
    assert comparison_details.LEAST_FIT == harmony.LEAST_FIT
    assert comparison_details.LEAST_MARGIN == harmony.UNSURE
    assert comparison_details.LEAST_SECONDS == rhythm.LEAST_SECONDS
    assert set(comparison_details.OPEN) == set(metric.OPEN)
    assert scoring.SHORT_CEILING.startswith(comparison_details.SHORT_CEILING)


@pytest.mark.parametrize(
    ("fit", "margin", "is_clear"),
    [(0.9, 0.05, True), (0.7, 0.3, True), (0.69, 0.3, False), (0.9, 0.04, False)],
)
def test_a_key_is_clear_where_it_fits_and_has_no_rival(
    fit: float, margin: float, is_clear: bool
) -> None:
    assert KeyEvidence(fit, margin).is_clear == is_clear
    assert KeyEvidence().is_clear  # nothing says otherwise


@pytest.mark.parametrize(
    ("numbers", "segments", "where"),
    [
        ([2], 1, "In segment 2 the"),
        ([1, 2], 3, "In segments 1 and 2 the"),
        ([1, 2], 2, "In all 2 segments the"),
        (list(range(9)), 42, "In 9 of 42 segments the"),
    ],
)
def test_the_caveat_names_its_segments(numbers: list[int], segments: int, where: str) -> None:
    assert ceiling_caveat(numbers, segments).startswith(where)
    assert ceiling_caveat([], segments) == ""
