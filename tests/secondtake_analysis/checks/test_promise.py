import pytest

from secondtake_analysis.audio import Header
from secondtake_analysis.checks import promise

HEADER = Header(441_000, 2, 44_100, "WAV", "PCM_16")


@pytest.mark.parametrize(
    ("check", "verdict", "figure"),
    [
        (promise.sample_rate(HEADER, 44_100), "pass", 44_100),
        (promise.sample_rate(HEADER, 48_000), "fail", 44_100),
        (promise.channels(HEADER, 2), "pass", 2),
        (promise.channels(HEADER, 1), "fail", 2),
        (promise.frames(HEADER, 441_000), "pass", 441_000),
        (promise.frames(HEADER, 441_001), "fail", 441_000),
        (promise.exact_duration(10.009, 10), "pass", 10.009),
        (promise.exact_duration(10.011, 10), "fail", 10.011),
        (promise.free_duration(5.0, 10), "pass", 5.0),
        (promise.free_duration(4.9, 10), "warn", 4.9),
        (promise.free_duration(15.1, 10), "warn", 15.1),
        (promise.hash_equal("ab" * 32, "ab" * 32), "pass", 1.0),
        (promise.hash_equal("ab" * 32, "cd" * 32), "fail", 0.0),
    ],
)
def test_promises(check, verdict, figure):
    assert (check.verdict, check.figure) == (verdict, figure)
