"""The fastest of what is near enough."""

from secondtake.models.inference.autotune import WORTH_IT, fastest_within


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


def test_the_exact_one_stays_where_nothing_is_near_enough_or_worth_it() -> None:
    assert chosen(SECONDS, {"bfloat16": 1.0, "int8": float("nan")}) == "float32"
    slow = {"float32": 1.0, "bfloat16": WORTH_IT}
    assert chosen(slow, {"bfloat16": 0.0}) == "float32"
    assert chosen({"float32": 1.0}, {}) == "float32"
