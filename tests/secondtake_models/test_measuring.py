"""The fastest of what is near enough."""

from secondtake_models.measuring import WORTH_IT, fastest

SECONDS = {"float32": 1.0, "bfloat16": 0.5, "int8": 0.25}


def test_the_fastest_within_the_error_is_taken() -> None:
    assert fastest(SECONDS, {"bfloat16": 0.001, "int8": 0.019}, most=0.02) == "int8"
    assert fastest(SECONDS, {"bfloat16": 0.001, "int8": 0.021}, most=0.02) == "bfloat16"


def test_the_exact_one_stays_where_nothing_is_near_enough_or_worth_it() -> None:
    assert fastest(SECONDS, {"bfloat16": 1.0, "int8": float("nan")}, most=0.02) == "float32"
    slow = {"float32": 1.0, "bfloat16": WORTH_IT}
    assert fastest(slow, {"bfloat16": 0.0}, most=0.02) == "float32"
    assert fastest({"float32": 1.0}, {}, most=0.02) == "float32"
