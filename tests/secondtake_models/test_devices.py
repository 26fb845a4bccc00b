"""The choice of a device, on machines that we describe."""

import pytest

from secondtake.errors import ModelError
from secondtake_models.devices import pick

ALL = ("cpu", "cuda", "mps")


@pytest.mark.parametrize(
    ("there", "expected"),
    [({"cpu"}, "cpu"), ({"cpu", "mps"}, "mps"), ({"cpu", "cuda"}, "cuda"), (set(ALL), "cuda")],
)
def test_auto_takes_the_fastest_that_is_there(there: set[str], expected: str) -> None:
    assert pick("auto", ALL, there.__contains__) == expected


def test_auto_takes_only_what_the_model_supports() -> None:
    assert pick("auto", ("cpu",), set(ALL).__contains__) == "cpu"


def test_what_is_asked_is_taken_even_if_something_faster_is_there() -> None:
    assert pick("cpu", ALL, set(ALL).__contains__) == "cpu"


@pytest.mark.parametrize(("asked", "supported"), [("cuda", ALL), ("mps", ("cpu", "cuda"))])
def test_what_is_not_there_is_never_replaced(asked: str, supported: tuple[str, ...]) -> None:
    with pytest.raises(ModelError, match=asked) as caught:
        pick(asked, supported, {"cpu"}.__contains__)
    assert caught.value.code == "unsupported"
    assert "--device auto or cpu" in caught.value.hint
