"""The order of takes whose merits are known, rule by rule."""

import itertools
import re
from pathlib import Path

import pytest

from secondtake.runner.ranking import CRITERIA, RULES, Candidate, RuleFinding, rank


def take(number: int, **keys: int | None) -> Candidate:
    """A take with a key for each rule; 0, the best, where none is given."""
    findings = {
        rule: RuleFinding(None, f"no {rule}")
        if keys.get(rule, 0) is None
        else RuleFinding((int(keys.get(rule, 0) or 0),), f"{rule} {keys.get(rule, 0)}")
        for rule in RULES
    }
    return Candidate(f"bark_segment10_chorus_take{number}", number, findings)


def numbers(*takes: Candidate) -> list[int]:
    return [place.candidate.number for place in rank(takes).places]


def test_the_page_explains_every_rule_in_order():
    page = Path(__file__).parents[2] / "docs" / "ranking.md"
    (part,) = re.findall(r"^## The rules\n(.*?)^## ", page.read_text("utf-8"), re.M | re.S)
    rows = re.findall(r"^\| (\w+) \|", part, re.MULTILINE)
    assert rows == ["rule", *RULES]


def test_every_rule_has_its_merit_in_the_same_order():
    assert list(CRITERIA) == list(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_decides_where_it_is_the_only_difference(rule):
    assert numbers(take(1, **{rule: 1}), take(2)) == [2, 1]
    assert rank([take(1, **{rule: 1}), take(2)]).places[0].reason == (
        f"{rule}: {rule} 0; take 1: {rule} 1"
    )


@pytest.mark.parametrize(("heavier", "lighter"), list(itertools.pairwise(RULES)))
def test_a_heavier_rule_outweighs_a_lighter_one(heavier, lighter):
    assert numbers(take(1, **{heavier: 1}), take(2, **{lighter: 9})) == [2, 1]


def test_the_order_does_not_depend_on_how_the_takes_come():
    takes = [take(1, words=3), take(2, words=1, level=4), take(3, words=1), take(4, checks=2)]
    orders = {tuple(numbers(*some)) for some in itertools.permutations(takes)}
    assert orders == {(3, 2, 1, 4)}


def test_equal_takes_keep_their_order_and_say_so():
    first, second = rank([take(2), take(1)]).places
    assert first.candidate.number == 1
    assert first.reason.endswith("the lower number goes first")
    assert second.reason == "no rule tells it from take 1, which has the lower number"


def test_one_take_needs_no_reason():
    (only,) = rank([take(1)]).places
    assert only.reason == "the only take"


def test_what_is_not_known_of_every_take_decides_nothing_and_is_said():
    order = rank([take(1, words=9), take(2, words=None, level=1)])
    assert [place.candidate.number for place in order.places] == [1, 2]  # by level
    assert order.set_aside == ("words not judged: no words (take 2)",)
    assert "level" in order.places[0].reason


def test_a_failed_take_holds_up_no_rule():
    order = rank([take(1, checks=1, words=None), take(2, words=5), take(3, words=2)])
    assert [place.candidate.number for place in order.places] == [3, 2, 1]
    assert order.set_aside == ()
    assert order.places[2].reason == "behind take 2 by checks: checks 1"


def test_of_failed_takes_the_one_with_fewer_failures_goes_first():
    order = rank([take(1, checks=3), take(2, checks=1)])
    assert [place.candidate.number for place in order.places] == [2, 1]
    assert order.places[0].reason.startswith("every take failed a check; checks")


def test_a_rule_that_applies_to_no_take_is_not_mentioned():
    plain = [Candidate(str(n), n, {"checks": RuleFinding((0,), "no check failed")}) for n in (1, 2)]
    assert rank(plain).set_aside == ()
