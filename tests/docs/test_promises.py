"""docs/promises.md lists what tests/faults shows, no more and no less."""

import pytest
from tests.faults.promises import HERE, PAGE, page, promises

TESTS = [
    (path.name, *promise) for path in sorted(HERE.glob("test_*.py")) for promise in promises(path)
]


def test_the_page_and_the_tests_are_in_step() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tests.faults.promises"


@pytest.mark.parametrize(("file", "name", "promise"), TESTS, ids=[name for _, name, _ in TESTS])
def test_every_promise_is_one_sentence_of_its_own(file: str, name: str, promise: str) -> None:
    assert promise.endswith(".") and "|" not in promise, f"{file}: {name}: {promise!r}"
    assert sum(promise == other for _, _, other in TESTS) == 1
