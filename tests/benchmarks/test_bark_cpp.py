"""What bark.cpp prints, as the figures of a run."""

import pytest
from benchmarks.bark.bark_cpp import figures, semantic_tokens
from pytest import approx

STAGE = """
\rGenerating tokens... 100%
bark_print_statistics:   sample time =     1.00 ms / {} tokens
bark_print_statistics:  predict time =  1000.00 ms / 5.00 ms per token
bark_print_statistics:    total time =  {} ms
"""
WHOLE = """
main:     load time =     0.00 ms
main:     eval time =  7500.00 ms
main:    total time =  8000.00 ms
"""
MEASURED = ((201, "1000.00"), (600, "4000.00"), (6144, "2000.00"))  # tokens and milliseconds
PRINTED = "".join(STAGE.format(*each) for each in MEASURED)


def test_the_stages_are_told_apart() -> None:
    assert figures(PRINTED + WHOLE) == {
        "load_seconds": approx(0.5),
        "stages": approx({"semantic": 1, "coarse": 4, "fine": 2, "codec": 0.5}),
        "tokens": {"semantic": 200, "coarse": 600},
    }


@pytest.mark.parametrize("printed", ["", PRINTED, PRINTED + PRINTED])
def test_a_program_that_prints_no_times_is_refused(printed: str) -> None:
    with pytest.raises(SystemExit, match=r"bark\.cpp has not printed"):
        figures(printed)


def test_tokens_of_seconds() -> None:
    assert semantic_tokens(14) == 699
