"""What a machine can do at best is measured within seconds, however slow its kernels are."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from benchmarks import floor


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A clock that only products move on."""
    now = SimpleNamespace(seconds=0.0)
    monkeypatch.setattr("benchmarks.floor.time.perf_counter", lambda: now.seconds)
    return now


def products(
    clock: SimpleNamespace, operations_a_second: float
) -> tuple[Callable[[int], Callable[[], SimpleNamespace]], list[int]]:
    """Products that take their time, and the sizes of all that were computed."""
    computed = []

    def multiply(n: int) -> Callable[[], SimpleNamespace]:
        def work() -> SimpleNamespace:
            computed.append(n)
            clock.seconds += 2 * n**3 / operations_a_second
            return SimpleNamespace(device=SimpleNamespace(type="cpu"))

        return work

    return multiply, computed


@pytest.mark.parametrize("speed", [1e7, 1e9, 1e11, 1e13])
def test_a_speed_is_found_whatever_it_is(clock: SimpleNamespace, speed: float) -> None:
    multiply, computed = products(clock, speed)
    assert floor._rate(lambda n: n, multiply) == pytest.approx(speed)
    assert len(computed) <= len(floor.SIZES) + floor.RUNS
    longest = 2 * max(computed) ** 3 / speed
    assert clock.seconds < floor.PATIENCE + 3 * longest


def test_slow_kernels_are_asked_for_small_products_alone(clock: SimpleNamespace) -> None:
    multiply, computed = products(clock, 2e8)  # bfloat16 by PyTorch's reference kernels
    floor._rate(lambda n: n, multiply)
    assert set(computed) == {256}


def test_fast_kernels_are_asked_for_large_ones(clock: SimpleNamespace) -> None:
    multiply, computed = products(clock, 3e11)
    floor._rate(lambda n: n, multiply)
    assert max(computed) == 2048 and computed.count(2048) == floor.RUNS + 1
