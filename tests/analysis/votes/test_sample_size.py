import shutil
from math import comb

import numpy as np
import pytest
from tests.conftest import ROOT

from secondtake.analysis.votes.sample_size import (
    BLOCK,
    PAGE,
    listeners_needed,
    power,
    table,
    votes_needed,
    write,
)


def power_by_hand(votes: int, share: float) -> float:
    """The chance of a count that 2.5 % of coins or fewer reach."""

    def tail(count: int, chance: float) -> float:
        terms = range(count, votes + 1)
        return sum(comb(votes, k) * chance**k * (1 - chance) ** (votes - k) for k in terms)

    count = next((k for k in range(votes + 1) if tail(k, 0.5) <= 0.025), None)
    return 0.0 if count is None else tail(count, share)


@pytest.mark.parametrize("share", [0.6, 0.75, 0.9])
def test_the_power_of_the_sign_test(share):
    votes = [1, 5, 6, 12, 23, 54, 97]
    by_hand = [power_by_hand(number, share) for number in votes]
    assert power(np.array(votes), share) == pytest.approx(by_hand)


@pytest.mark.parametrize(("share", "votes"), [(0.6, 210), (0.7, 54), (0.8, 23), (0.9, 12)])
def test_the_votes_that_the_listening_page_names_too(share, votes):
    """The same as trialsNeeded(share, 2) of statistics.js."""
    assert votes_needed(share) == votes
    assert power_by_hand(votes - 1, share) < 0.8
    assert min(power_by_hand(votes + more, share) for more in range(30)) >= 0.8


def test_listeners_share_the_pairs():
    assert listeners_needed(54) == [3, 9, 27]  # of 1, 3 and 10 pairs, by 20 votes each


def test_the_table_of_the_page_is_up_to_date(tmp_path):
    shutil.copy(ROOT / "docs" / PAGE, tmp_path)
    assert not write(tmp_path)
    page = (tmp_path / PAGE).read_text(encoding="utf-8")
    assert f"<!-- {BLOCK}: begin -->\n{table()}\n<!-- {BLOCK}: end -->" in page


def test_an_old_table_is_replaced(tmp_path):
    page = tmp_path / PAGE
    page.write_text(f"a\n<!-- {BLOCK}: begin -->\nold\n<!-- {BLOCK}: end -->\nb\n")
    assert write(tmp_path)
    assert page.read_text().startswith("a\n") and "old" not in page.read_text()
    assert "| 7 of 10 | 54 |" in page.read_text()
