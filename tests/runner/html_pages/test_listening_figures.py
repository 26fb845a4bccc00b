import pytest

from secondtake.core.song import Segment
from secondtake.runner.html_pages.listening_figures import (
    adherence_figure,
    closeness_figure,
    level_figure,
)
from secondtake.runner.html_pages.report_data import Adherence, MeasuredTake, Measurement
from secondtake.runner.progress_pages.comparison_details import SHORT_CEILING


def explained(percentile: float | None, note: str = "", mark: str = "") -> str:
    """What a listener reads of a take that is closer than other music."""
    measured = Measurement(
        "likeness", "overall", "closer", scaled=0.7, percentile=percentile, note=note
    )
    figure = closeness_figure(MeasuredTake("t", "baseline", (measured,), mark))
    assert figure
    return str(figure["explain"])


@pytest.mark.parametrize(
    ("percentile", "words"),
    [
        (100.0, "; closer than all other music it was held against."),
        (99.7, "; closer than 99 % of the other music it was held against."),
        (92.3, "; closer than 92 % of the other music it was held against."),
        (0.2, "; closer than 1 % of the other music it was held against."),
        (0.0, "; closer than none of the other music it was held against."),
        (None, "closer to the baseline than most other music. 0 is"),
    ],
)
def test_a_percentile_is_a_share_and_no_count(percentile: float | None, words: str) -> None:
    assert words in explained(percentile)
    assert "pieces" not in explained(percentile)


def test_the_closeness_of_what_was_made_from_the_baseline_has_its_mark() -> None:
    words = "; a cover of the baseline is not independent of it"
    assert words in explained(92.0, mark="cover of the baseline")
    assert "independent" not in explained(92.0)


def test_a_level_by_a_step_is_not_the_models() -> None:
    figure = level_figure("its level was set by the pipeline: peak to -1 dBFS")
    assert (figure["name"], figure["text"]) == ("Level", "peak to -1 dBFS")
    assert "not by the model" in figure["explain"]


def test_a_ceiling_that_is_not_fair_is_said() -> None:
    words = f"; {SHORT_CEILING}, so how near it comes to 1 is uncertain"
    assert explained(92.0, f"{SHORT_CEILING} (its stretches lie 6 s apart)").endswith(words)
    assert SHORT_CEILING not in explained(92.0)


@pytest.mark.parametrize(
    ("tempo", "key", "words"),
    [
        ("kept", "same", "both kept"),
        ("undecidable", "undecidable", "both undecided"),
        ("kept", "undecidable", "tempo kept; key undecided"),
        ("undecidable", "same", "tempo undecided; key kept"),
        ("other", "relative", "another tempo; the relative key"),
    ],
)
def test_what_is_undecided_is_named(tempo: str, key: str, words: str) -> None:
    segment = Segment(1, "verse", "One", 3.0, "", "", (), 100, "G major", None, ())
    assert adherence_figure(Adherence("t", "bark", tempo, key), segment)["text"] == words
