"""The choice of a precision, from timings whose answer is known."""

from secondtake.models.bark.autotune import (
    BATCH_ROWS,
    EXACT,
    MOST_DIVERGENCE,
    Autotuned,
    Timing,
    stage_seconds,
)
from secondtake.models.bark.constants import STAGES
from secondtake.models.inference.autotune import WORTH_IT
from secondtake.models.inference.quantization import BFLOAT16, FLOAT32, INT8, INT8_WEIGHTS


def taking(share: float, divergence: float = 0.0) -> Timing:
    """A precision that takes this share of float32's time."""
    return Timing(share * 0.05, share * 0.2, divergence, read_seconds=share * 1.0)


def chosen(**timings: Timing) -> set[str]:
    """Timings of other precisions by name -> the names that are chosen for any stage."""
    by_name = {FLOAT32.name: taking(1.0)}
    by_name |= {name.replace("_", "-"): timing for name, timing in timings.items()}
    choice = Autotuned(dict.fromkeys(STAGES, by_name)).choice
    return {precision.name for precision in choice.values()}


def test_where_nothing_else_was_measured_it_is_float32() -> None:
    alone = {FLOAT32.name: taking(1.0)}
    assert Autotuned(dict.fromkeys(STAGES, alone)).choice == EXACT


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
    names = {stage: precision.name for stage, precision in Autotuned(measured).choice.items()}
    assert names == {"text": "float32", "coarse": "bfloat16", "fine": "float32"}


def test_a_stage_costs_its_tokens_alone_and_in_company() -> None:
    measured = Timing(read_seconds=2.0, step_seconds=0.1, batch_seconds=0.1 * BATCH_ROWS)
    assert stage_seconds("text", measured) == 700 * 0.1
    assert stage_seconds("coarse", measured) == 2100 * 0.1 + 30 * 2.0
    assert stage_seconds("fine", measured) == 2.0
