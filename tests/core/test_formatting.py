"""Bytes, durations, rates and counts as people read them."""

import pytest

from secondtake.core.formatting import (
    LONGEST_REMARK,
    MOST_REMARKS,
    format_bytes,
    format_duration,
    format_rate,
    natural_order,
    plural,
    remark_lines,
)


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1_500_000, "1.5 MB"), (4.9e9, "4.9 GB"),
     (2.5e12, "2500.0 GB")],
)  # fmt: skip
def test_bytes(count, text):
    assert format_bytes(count) == text


@pytest.mark.parametrize(
    ("rate", "text"), [(412.4, "412"), (41.26, "41"), (4.126, "4.1"), (2.0, "2"), (0.4126, "0.41")]
)
def test_two_digits_of_a_rate(rate, text):
    assert format_rate(rate) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "0:01"), (11, "0:11"), (59.5, "1:00"), (725, "12:05"), (3600, "1:00:00"),
     (3723, "1:02:03")],
)  # fmt: skip
def test_durations(seconds, text):
    assert format_duration(seconds) == text


@pytest.mark.parametrize(("count", "text"), [(0, "0 takes"), (1, "1 take"), (2, "2 takes")])
def test_plurals(count, text):
    assert plural(count, "take") == text


def test_a_pages_remarks_are_few_and_short():
    assert remark_lines(()) == []
    assert remark_lines(("one", "two")) == ["one", "two"]
    many = remark_lines([f"note {n}" for n in range(40)])
    assert many[:-1] == [f"note {n}" for n in range(MOST_REMARKS)]
    assert many[-1] == "34 further notes, in its record"
    assert remark_lines(["x"] * (MOST_REMARKS + 1))[-1] == "1 further note, in its record"


@pytest.mark.parametrize("text", ["word " * 100, "w" * 500, "a " + "w" * 500])
def test_a_long_remark_is_cut(text):
    (line,) = remark_lines([text])
    assert len(line) <= LONGEST_REMARK and line.endswith(" …") and text.startswith(line[:-2])


def test_numbers_in_names_count_as_numbers():
    names = ["b_segment10_x", "b_segment2_x_take10", "a2", "b_segment2_x", "10", "b_segment1_x"]
    names += ["b_segment2_x_take9", "a"]
    assert sorted(names, key=natural_order) == [
        "10", "a", "a2", "b_segment1_x", "b_segment2_x", "b_segment2_x_take9",
        "b_segment2_x_take10", "b_segment10_x",
    ]  # fmt: skip
