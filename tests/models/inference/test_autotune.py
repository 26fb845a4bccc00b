"""The fastest of what is near enough, and the same one in every process."""

from pathlib import Path

import pytest

from secondtake.models.inference import autotune
from secondtake.models.inference.autotune import WORTH_IT, autotune_cached, fastest_within
from secondtake.models.inference.step_timing import StepTiming, fastest_step


def chosen(seconds: dict[str, float], errors: dict[str, float]) -> str:
    return fastest_within(seconds, errors, most=0.02, exact="float32")


SECONDS = {"float32": 1.0, "bfloat16": 0.5, "int8": 0.25}


def test_the_fastest_within_the_error_is_taken() -> None:
    assert chosen(SECONDS, {"bfloat16": 0.001, "int8": 0.019}) == "int8"
    assert chosen(SECONDS, {"bfloat16": 0.001, "int8": 0.021}) == "bfloat16"


def test_the_order_of_the_names_means_nothing() -> None:
    turned = dict(reversed(SECONDS.items()))
    errors = {"bfloat16": 0.001, "int8": 0.3, "float32": 0.0}
    assert chosen(turned, errors) == "bfloat16"


def test_of_equally_fast_ones_the_nearest_is_taken() -> None:
    errors = {"int8": 0.006, "int8-weights": 0.003}
    for names in (errors, dict(reversed(errors.items()))):
        assert chosen({"float32": 1.0, **dict.fromkeys(names, 0.5)}, errors) == "int8-weights"


def test_the_first_take_chooses_as_every_later_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(autotune, "machine_key", lambda device: {"device": device})
    measured = {
        "float32": StepTiming(0.0122),
        "int8-weights": StepTiming(0.0086, 0.003),
        "int8": StepTiming(0.0086, 0.003),
    }
    measurements = iter([measured])
    takes = [
        autotune_cached(tmp_path, "bark", {}, "cpu", lambda: next(measurements), StepTiming)
        for _ in range(2)
    ]
    assert list(takes[0].items()) == list(takes[1].items())
    assert takes[0] == measured and fastest_step(takes[0]) is fastest_step(takes[1])


def test_the_exact_one_stays_where_nothing_is_near_enough_or_worth_it() -> None:
    assert chosen(SECONDS, {"bfloat16": 1.0, "int8": float("nan")}) == "float32"
    slow = {"float32": 1.0, "bfloat16": WORTH_IT}
    assert chosen(slow, {"bfloat16": 0.0}) == "float32"
    assert chosen({"float32": 1.0}, {}) == "float32"
