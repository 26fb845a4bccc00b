"""What memory a checkpoint will take, and what helps where it is short."""

from dataclasses import replace

import pytest

from secondtake.core.registry.all_models import MODELS
from secondtake.runner.estimates import forecast

BIG = replace(
    MODELS["bark"].checkpoint("large"), memory_bytes=8 * 10**9, low_memory_bytes=2 * 10**9
)
SMALL = replace(MODELS["bark"].checkpoint("small"), memory_bytes=3 * 10**9)
BARK = replace(MODELS["bark"], checkpoints=(BIG, SMALL))


def test_what_fits_needs_no_advice():
    told = forecast(BARK, BIG, 8 * 10**9, low=False)
    assert (told.needed, told.hint) == (8 * 10**9, "")
    assert str(told) == "Bark (large) needs about 8.0 GB of memory, 8.0 GB are available"


@pytest.mark.parametrize(
    ("checkpoint", "low", "hint"),
    [
        (BIG, False, "close other programs, take --checkpoint bark=small (about 3.0 GB), set "
         "SECONDTAKE_LOW_MEMORY=1 (about 2.0 GB, slower), or set SECONDTAKE_IGNORE_MEMORY=1"),
        (BIG, True, "close other programs, or set SECONDTAKE_IGNORE_MEMORY=1"),
        (SMALL, False, "close other programs, or set SECONDTAKE_IGNORE_MEMORY=1"),
    ],
)  # fmt: skip
def test_where_memory_is_short_the_mildest_remedy_comes_first(checkpoint, low, hint):
    assert forecast(BARK, checkpoint, 10**9, low=low).hint == hint


def test_of_several_smaller_ones_those_are_named_that_fit():
    middle = replace(SMALL, name="middle", memory_bytes=6 * 10**9)
    tiny = replace(SMALL, name="tiny", memory_bytes=10**9)
    bark = replace(BARK, checkpoints=(BIG, middle, SMALL, tiny))
    hint = forecast(bark, BIG, 4 * 10**9, low=False).hint
    assert "bark=small" in hint and "bark=tiny" in hint and "bark=middle" not in hint


def test_one_stage_at_a_time_needs_what_was_measured_for_it():
    assert forecast(BARK, BIG, 10**9, low=True).needed == 2 * 10**9
    assert forecast(BARK, SMALL, 10**9, low=True).needed == 3 * 10**9  # no figure, no promise
