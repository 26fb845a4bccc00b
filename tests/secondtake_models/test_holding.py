"""What of a model is in memory at a time."""

from secondtake_models.holding import Holding


def read_in(order: list[str], *, one_at_a_time: bool) -> list[str]:
    holding, read = Holding(one_at_a_time=one_at_a_time), []
    for name in order:
        assert holding.part(name, lambda name=name: read.append(name) or name) == name
    return read


def test_a_part_is_read_once_and_kept() -> None:
    assert read_in(["a", "b", "a", "b"], one_at_a_time=False) == ["a", "b"]


def test_where_memory_is_short_only_the_last_part_is_kept() -> None:
    assert read_in(["a", "a", "b", "a"], one_at_a_time=True) == ["a", "b", "a"]


def test_cleared_parts_are_read_again() -> None:
    holding, read = Holding(one_at_a_time=False), []
    for _ in range(2):
        holding.part("a", lambda: read.append("a"))
        holding.clear()
    assert read == ["a", "a"]
