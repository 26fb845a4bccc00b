"""The choice of a device, on machines that we describe; the cache of components.

A lack of memory is reported as one, however PyTorch puts it; other errors stay what they are.
"""

import pytest

from secondtake.core.errors import ModelError
from secondtake.models.inference.device import ComponentCache, oom_as_model_error, select_device

ALL = ("cpu", "cuda", "mps")


@pytest.mark.parametrize(
    ("there", "expected"),
    [({"cpu"}, "cpu"), ({"cpu", "mps"}, "mps"), ({"cpu", "cuda"}, "cuda"), (set(ALL), "cuda")],
)
def test_auto_takes_the_fastest_that_is_there(there: set[str], expected: str) -> None:
    assert select_device("auto", ALL, there.__contains__) == expected


def test_auto_takes_only_what_the_model_supports() -> None:
    assert select_device("auto", ("cpu",), set(ALL).__contains__) == "cpu"


def test_what_is_asked_is_taken_even_if_something_faster_is_there() -> None:
    assert select_device("cpu", ALL, set(ALL).__contains__) == "cpu"


@pytest.mark.parametrize(("device", "supported"), [("cuda", ALL), ("mps", ("cpu", "cuda"))])
def test_what_is_not_there_is_never_replaced(device: str, supported: tuple[str, ...]) -> None:
    with pytest.raises(ModelError, match=device) as caught:
        select_device(device, supported, {"cpu"}.__contains__)
    assert caught.value.code == "unsupported"
    assert "--device auto or cpu" in caught.value.hint


def read_in(order: list[str], *, one_at_a_time: bool) -> list[str]:
    components, read = ComponentCache(one_at_a_time=one_at_a_time), []
    for name in order:
        assert components.get(name, lambda name=name: read.append(name) or name) == name
    return read


def test_a_part_is_read_once_and_kept() -> None:
    assert read_in(["a", "b", "a", "b"], one_at_a_time=False) == ["a", "b"]


def test_where_memory_is_short_only_the_last_part_is_kept() -> None:
    assert read_in(["a", "a", "b", "a"], one_at_a_time=True) == ["a", "b", "a"]


def test_cleared_parts_are_read_again() -> None:
    components, read = ComponentCache(one_at_a_time=False), []
    for _ in range(2):
        components.get("a", lambda: read.append("a"))
        components.clear()
    assert read == ["a", "a"]


ON_THE_CPU = "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 GB"


@pytest.mark.parametrize(
    "error", [MemoryError("x"), RuntimeError("CUDA out of memory."), RuntimeError(ON_THE_CPU)]
)
def test_a_lack_of_memory_says_what_helps(error: Exception) -> None:
    with pytest.raises(ModelError, match="out of memory") as caught, oom_as_model_error():
        raise error
    assert caught.value.code == "memory" and "SECONDTAKE_LOW_MEMORY=1" in caught.value.hint


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(RuntimeError, match="shapes"), oom_as_model_error():
        raise RuntimeError("shapes do not fit")
    error = ModelError("unsupported", "no", "yes")
    with pytest.raises(ModelError) as caught, oom_as_model_error():
        raise error
    assert caught.value is error
