"""A denoiser's step is timed three times, but not where a processor has no kernels for it."""

from collections.abc import Callable

import pytest

from secondtake.models.inference import step_timing
from secondtake.models.inference.step_timing import TIMES, StepTiming, fastest_step


@pytest.fixture
def taking(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[float]]:
    """The times at which a step is computed that takes so many seconds each time."""

    def timed(*seconds: float, usual: float) -> list[float]:
        computed: list[float] = []

        def one(step: object, time: float) -> tuple[float, float]:
            computed.append(time)
            return seconds[len(computed) - 1], time

        monkeypatch.setattr(step_timing, "timed", one)
        fastest, predictions = step_timing._timed_steps(lambda _: None, usual)  # type: ignore
        assert fastest == min(seconds[: len(computed)]) and predictions == computed
        return computed

    return timed


def test_the_fastest_of_three_steps_counts(taking: Callable[..., list[float]]) -> None:
    assert taking(9.0, 4.0, 5.0, usual=5.0) == list(TIMES)
    assert taking(45.0, 4.0, 5.0, usual=5.0) == list(TIMES)  # the first one waited for the disk


def test_steps_that_are_far_too_slow_are_not_repeated(taking: Callable[..., list[float]]) -> None:
    assert taking(400.0, 400.0, 400.0, usual=5.0) == [TIMES[0]]
    assert taking(45.0, 16.0, 5.0, usual=5.0) == list(TIMES[:2])


def test_the_fastest_that_is_near_enough_is_taken() -> None:
    float32 = StepTiming(4.0)
    timings = {"float32": float32, "int8-weights": StepTiming(2.0, 0.01), "int8": StepTiming(1.0)}
    assert fastest_step(timings).name == "int8"
    assert fastest_step(timings | {"int8": StepTiming(1.0, 0.06)}).name == "int8-weights"
    assert fastest_step({"float32": float32}).name == "float32"
