"""Verdicts on readings whose answer is known, and what an interval is worth."""

import numpy as np
import pytest
from tests.analysis.judged.made_judgments import ADHERENCE, JudgedSong, judgment

from secondtake.analysis.judged.judge_scores import (
    mean_of,
    scale_metric,
    song_scores,
    window_spread,
)
from secondtake.analysis.metrics.document import parse_docstring
from secondtake.core.judgments import Judgment, Reading
from secondtake.core.registry.all_judges import JUDGES

AXES = ("production quality", "content enjoyment", "content usefulness", "production complexity")
SCALES = [(judge, scale) for judge in JUDGES.values() for scale in judge.scales]


def measured(judged: JudgedSong, own: Judgment, baseline=None, control=None):
    """The measurements of a take by name, beside 4 further takes that were judged."""
    take, sketch = judged.take("stable_audio"), judged.take("sketch")
    judged.judge_take(take, own)
    for number in range(2, 6):
        judged.judge_take(judged.take("stable_audio", number=number), own)
    if baseline is not None:
        judged.judge_baseline(baseline, style=take.job.style)
    if control is not None:
        judged.judge_take(sketch, control, style=take.job.style)
    others = [judged.take("stable_audio", number=number) for number in range(2, 6)]
    material = judged.material([sketch, take, *others])
    (judge,) = judged.judges(material)
    found = song_scores(judge, [material]).of_take(material, material.takes[1])
    return {measurement.name: measurement for measurement in found}


@pytest.mark.parametrize(
    ("value", "verdict"),
    [(0.50, "as itself"), (0.40, "closer"), (0.1, "as other music"), (-0.1, "further")],
)
def test_the_right_prompt_above_among_and_below_the_others(judged, value, verdict):
    entry = measured(judged, judgment(value, 0.1, 0.01), judgment(0.5, 0.1))[ADHERENCE]
    assert entry.verdict == verdict
    assert (entry.floor, entry.ceiling) == (pytest.approx(0.1), pytest.approx(0.5, abs=0.01))
    assert entry.question == "prompt" and entry.closer_is == "higher"
    assert entry.scaled == pytest.approx((value - 0.1) / 0.4, abs=0.05)


def test_where_windows_lie_far_apart_nothing_is_decided(judged):
    entry = measured(judged, judgment(0.3, 0.1, 1.0), judgment(0.5, 0.1, 1.0))[ADHERENCE]
    assert entry.verdict == "undecided"
    assert entry.scaled_interval[0] < 0 and entry.scaled_interval[1] > 1


@pytest.mark.parametrize("baseline", [0.02, 0.13])
def test_a_ceiling_below_or_hardly_above_the_floor_is_no_scale(judged, baseline):
    entry = measured(judged, judgment(0.4, 0.1), judgment(baseline, 0.0))[ADHERENCE]
    assert (entry.verdict, entry.scaled) == ("no scale", None)


def test_without_a_baseline_there_is_a_floor_and_no_ceiling(judged):
    entry = measured(judged, judgment(0.4, 0.1))[ADHERENCE]
    assert (entry.ceiling, entry.floor, entry.verdict) == (None, pytest.approx(0.1), "no scale")
    assert "no ceiling: the baseline is not judged yet; type: invoke judge" in entry.note
    assert entry.percentile == 100


def test_the_share_of_other_prompts_that_fit_less(judged):
    entry = measured(judged, judgment(0.1, 0.1), judgment(0.5, 0.1))[ADHERENCE]
    assert entry.percentile == pytest.approx(50)


def test_too_few_others_are_no_floor(judged):
    few = Judgment(((0.0, 10.0),), {ADHERENCE: Reading((0.4,), {"a": (0.1,), "b": (0.2,)})})
    entry = measured(judged, few, judgment(0.5, 0.1))[ADHERENCE]
    assert (entry.verdict, entry.floor) == ("no floor", None)
    assert "no floor: fewer than 3 other prompts" in entry.note


def test_the_control_is_the_mark_on_a_floor_of_its_own(judged):
    entry = measured(judged, judgment(0.4, 0.1), judgment(0.5, 0.1), judgment(0.2, 0.2))[ADHERENCE]
    assert entry.mark == pytest.approx(0.2, abs=0.01)
    assert entry.mark_scaled == pytest.approx(0, abs=0.01)
    assert entry.against_mark == "ahead"


def test_a_take_that_was_not_judged_is_unknown_and_says_what_to_type(judged):
    judged.judge_take(judged.take("musicgen"), judgment(0.4))
    material = judged.material([judged.take("stable_audio"), judged.take("musicgen")])
    (judge,) = judged.judges(material)
    (entry,) = song_scores(judge, [material]).of_take(material, material.takes[0])
    assert (entry.value, entry.verdict) == (None, "unknown")
    assert entry.note == "not judged yet; type: invoke judge"


def test_damaged_copies_of_the_baseline_are_the_floor_of_every_axis(judged):
    judged = judged.by("audiobox")
    found = measured(
        judged,
        judgment(7.0, apart=0.1, scales=AXES),
        judgment(7.4, 4.0, apart=0.1, scales=AXES),
    )
    assert list(found) == list(AXES)
    quality, complexity = found["production quality"], found["production complexity"]
    assert (quality.floor, quality.verdict) == (pytest.approx(4.0), "closer")
    assert quality.ceiling == pytest.approx(7.4, abs=0.01)
    assert quality.question == "aesthetics" and quality.unit == "points of 10"
    assert (complexity.verdict, complexity.scaled) == ("no scale", None)
    assert complexity.percentile is None
    assert complexity.interval is not None


def test_without_damaged_copies_the_axes_have_neither_floor_nor_ceiling(judged):
    found = measured(judged.by("audiobox"), judgment(7.0, apart=0.1, scales=AXES))
    quality = found["production quality"]
    assert (quality.verdict, quality.floor, quality.ceiling) == ("no floor", None, None)
    assert "no floor: fewer than 3 damaged copies of the baseline; no ceiling" in quality.note


def test_a_window_counts_by_its_length():
    short = Judgment(((0.0, 10.0), (10.0, 12.0)), {"x": Reading((1.0, 7.0))})
    assert mean_of((1.0, 7.0), short) == pytest.approx(2.0)


def sung(random: np.random.Generator, seconds: int, hop: int) -> Judgment:
    """A recording whose every tenth of a second has a value, with mean 0, in windows of 10 s."""
    moments = random.standard_normal(seconds * 10)
    starts = range(0, max(1, seconds - 10 + hop), hop)
    spans = tuple((float(start), float(min(start + 10, seconds))) for start in starts)
    values = (moments[int(10 * begin) : int(10 * end)].mean() for begin, end in spans)
    return Judgment(spans, {"x": Reading(tuple(map(float, values)))})


@pytest.mark.parametrize("hop", [5, 10])
@pytest.mark.parametrize("lengths", [(14, 12, 10, 15, 14, 11), (30, 30), (14,) * 12])
def test_an_interval_holds_the_truth_95_times_of_100(hop, lengths):
    """Of takes of one or two windows too, whether windows overlap or not."""
    random, holds = np.random.default_rng(1), []
    for _ in range(300):
        recordings = [sung(random, seconds, hop) for seconds in lengths]
        own, spread = recordings[0], window_spread("x", recordings)
        values = own.scales["x"].values
        low, high = np.percentile(spread.draws(mean_of(values, own), own, values), (2.5, 97.5))
        holds.append(low <= 0 <= high)
    assert 0.93 < np.mean(holds) < 0.99


def test_of_single_windows_alone_there_is_no_interval(judged):
    single = judgment(0.4, 0.1, spans=((0.0, 10.0),))
    entry = measured(judged, single, judgment(0.5, 0.1, spans=((0.0, 10.0),)))[ADHERENCE]
    assert (entry.interval, entry.verdict) == (None, "undecided")
    assert entry.note == "no interval: no recording of the song has two windows"


@pytest.mark.parametrize(("judge", "scale"), SCALES, ids=lambda part: part.name)
def test_every_scale_is_documented_like_a_metric(judge, scale):
    parts = parse_docstring(scale_metric(judge, scale))
    assert all(parts[name] for name in ("", "Definition", "Range", "Source", "Fails"))


def test_of_a_silent_take_nothing_is_said(judged):
    entry = measured(judged, Judgment(), judgment(0.5, 0.1))[ADHERENCE]
    assert (entry.value, entry.verdict) == (None, "unknown")
    assert entry.note == "CLAP says nothing of it: it is silent"


def test_a_silent_baseline_is_no_ceiling(judged):
    entry = measured(judged, judgment(0.4, 0.1), Judgment())[ADHERENCE]
    assert entry.value == pytest.approx(0.4, abs=0.01) and entry.ceiling is None
    assert entry.verdict == "no scale" and "the baseline is silent" in entry.note
