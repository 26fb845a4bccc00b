"""What takes long is made once, for as long as it is among the latest."""

from secondtake.models.inference.latest import LatestResults


def test_a_result_is_made_once_and_the_one_that_rested_longest_goes_first() -> None:
    made: list[str] = []

    def make(key: str) -> list[str]:
        made.append(key)
        return [key]

    latest = LatestResults[str, list[str]](2)
    first = latest.get("a", lambda: make("a"))
    latest.get("b", lambda: make("b"))
    assert latest.get("a", lambda: make("a")) is first
    latest.get("c", lambda: make("c"))  # "b" goes
    assert latest.get("a", lambda: make("a")) is first
    latest.get("b", lambda: make("b"))
    assert made == ["a", "b", "c", "b"] and len(latest) == 2
