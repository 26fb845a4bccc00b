import numpy as np
import pytest
from tests.analysis.votes.made_votes import (
    LISTENING,
    NUMBERS,
    TASTE,
    clip,
    clips_of,
    pair,
    pair_votes,
    version,
)

from secondtake.analysis.votes.clip_systems import systems_of
from secondtake.analysis.votes.pair_questions import (
    found_baselines,
    question_result,
    ungrouped_votes,
)

SYSTEMS = systems_of(LISTENING)


def result_of(listeners, question="prefer", everybody=()):
    return question_result(question, listeners, everybody or listeners, SYSTEMS)


def test_the_clips_of_a_model_are_its_own():
    assert SYSTEMS[clip(2, "bark")].title == "Bark"
    assert SYSTEMS[clip(2, "sketch")].role == "control"
    assert SYSTEMS[clip(3, "baseline")].role == "baseline"
    assert systems_of(clips_of(("gone",)))[clip(1, "gone")].title == "gone"


def test_votes_on_a_take_made_from_the_baseline_are_not_its_models():
    """No page asks for them any more; older ones did."""
    sha256 = version(2, "musicgen").sha256
    systems = systems_of(LISTENING, {sha256: "musicgen_from_baseline"})
    assert systems[clip(2, "musicgen")].title == "MusicGen (melody of the baseline)"
    assert systems[clip(2, "bark")].system == "bark"


def test_twelve_listeners_of_known_taste(listeners):
    generator = np.random.default_rng(2)
    result = result_of(listeners(*(pair_votes(generator, 30) for _ in range(12))))
    assert [each.system for each in result.systems] == sorted(TASTE, key=lambda s: -TASTE[s])
    assert result.votes == 360 and result.listeners == 12 and result.over == "sketch"
    mean = np.mean(list(TASTE.values()))
    for strength in result.systems:
        assert strength.low <= TASTE[strength.system] - mean <= strength.high
    bark = result.systems[1]
    assert bark.preferred == pytest.approx(1 / (1 + np.exp(-1.5)), abs=0.1)
    assert result.systems[-1].preferred is None and result.systems[-1].rank == 4
    assert 0.2 < result.tie_parameter < 1


def test_a_pair_has_its_own_votes(listeners):
    votes = [
        *(pair(number, number, "sketch", "bark", "bark") for number in range(1, 7)),
        *(pair(number, number, "bark", "sketch", "sketch") for number in range(7, 11)),
        pair(11, 11, "sketch", "bark", "tie"),
    ]
    (found,) = result_of(listeners(votes)).pairs
    assert (found.first, found.second) == ("bark", "sketch")
    assert (found.for_first, found.for_second, found.ties) == (6, 4, 1)
    assert not found.decided and found.low < 0.5 < found.preferred < found.high


def test_each_question_has_its_answers(listeners):
    votes = [
        pair(number, number, "bark", "sketch", "bark", closer="sketch") for number in range(1, 13)
    ]
    unasked = [pair(20, 1, "bark", "musicgen", "bark", closer=None)]
    everybody = listeners(votes + unasked)
    assert result_of(everybody).systems[0].system == "bark"
    closer = result_of(everybody, "closer")
    assert closer.systems[0].system == "sketch" and closer.votes == 12
    assert {each.system for each in closer.systems} == {"bark", "sketch"}


def test_the_baseline_is_not_held_against_itself(listeners):
    """It hides among the pairs, to be preferred or not; "closer" says nothing of it."""
    votes = [
        pair(1, 1, "bark", "baseline", "baseline", closer=None),
        pair(2, 2, "baseline", "sketch", "baseline", closer="baseline"),  # by an earlier page
        pair(3, 3, "bark", "sketch", "bark"),
    ]
    everybody = listeners(votes)
    prefer, closer = result_of(everybody), result_of(everybody, "closer")
    assert prefer.systems[0].system == "baseline" and prefer.votes == 3
    assert [each.system for each in closer.systems] == ["bark", "sketch"] and closer.votes == 1
    assert result_of(listeners(votes[:2]), "closer") is None


def test_a_question_that_nobody_was_asked(listeners):
    assert (
        result_of(listeners([pair(1, 1, "bark", "sketch", "bark", closer=None)]), "closer") is None
    )
    assert result_of([]) is None


def test_without_the_control_all_are_held_against_the_baseline_or_the_strongest(listeners):
    votes = [pair(1, 1, "bark", "baseline", "bark"), pair(2, 2, "bark", "musicgen", "bark")]
    assert result_of(listeners(votes)).over == "baseline"
    assert result_of(listeners(votes[1:])).over == "bark"


def test_systems_that_no_votes_connect_are_undecided(listeners):
    votes = [
        *(pair(number, number, "bark", "sketch", "bark") for number in range(1, 11)),
        *(pair(number, number, "baseline", "musicgen", "baseline") for number in range(11, 21)),
    ]
    result = result_of(listeners(votes))
    assert [each.group for each in result.systems] == [1, 1, 2, 2]
    assert [each.system for each in result.compared] == ["bark"]
    between = next(p for p in result.pairs if {p.first, p.second} == {"bark", "baseline"})
    assert between.preferred is None and not between.decided


def test_who_wins_every_vote_has_an_end(listeners):
    votes = [pair(number, number, "bark", "sketch", "bark") for number in range(1, 11)]
    found = result_of(listeners(votes)).pairs[0]
    assert found.decided and 0.5 < found.low < found.preferred < found.high < 1


def bark_beats(other, count, start=1):
    return [pair(n, n, "bark", other, "bark") for n in range(start, start + count)]


@pytest.mark.parametrize("ties", [0, 5])
def test_below_ten_votes_there_is_no_figure_and_no_order(listeners, ties):
    undecided = [pair(n, n, "bark", "sketch", "tie") for n in range(21, 21 + ties)]
    few = result_of(listeners([*bark_beats("sketch", 9), *undecided]))
    assert few.compared == () and few.votes == 9 + ties
    assert (few.pairs[0].for_first, few.pairs[0].low, few.pairs[0].decided) == (9, None, False)
    assert {(each.rank, each.last_rank) for each in few.systems} == {(1, 2)}
    enough = result_of(listeners(bark_beats("sketch", 10)))
    assert [(each.system, each.rank) for each in enough.compared] == [("bark", 1)]
    assert enough.pairs[0].decided


def test_a_system_of_few_votes_has_no_figure_and_others_have(listeners):
    votes = [*bark_beats("sketch", 10), *bark_beats("musicgen", 8, 11)]
    result = result_of(listeners(votes))
    assert result.over == "sketch" and [each.system for each in result.compared] == ["bark"]
    place = {each.system: (each.rank, each.last_rank) for each in result.systems}
    assert place == {"bark": (1, 2), "sketch": (2, 3), "musicgen": (1, 3)}


def test_many_votes_on_others_give_a_figure_where_a_pair_has_few(listeners):
    votes = [*bark_beats("musicgen", 10), pair(31, 31, "bark", "sketch", "bark")]
    votes += [pair(n, n, "musicgen", "sketch", "musicgen") for n in range(11, 21)]
    result = result_of(listeners(votes))
    assert [each.system for each in result.compared] == ["bark", "musicgen"]
    own = next(each for each in result.pairs if (each.first, each.second) == ("bark", "sketch"))
    assert own.for_first == 1 and own.preferred is None


def test_nobody_is_held_against_a_control_of_few_votes(listeners):
    votes = [*bark_beats("musicgen", 12), *bark_beats("sketch", 3, 13)]
    result = result_of(listeners(votes))
    assert result.over == "bark" and [each.system for each in result.compared] == ["musicgen"]


def test_finding_the_hidden_baseline_is_a_check_of_attention(listeners):
    votes = [
        pair(1, 1, "bark", "baseline", "bark", closer="baseline"),
        pair(2, 2, "baseline", "sketch", "sketch", closer="tie"),
        pair(3, 3, "baseline", "sketch", "sketch", closer="sketch"),
        pair(4, 4, "baseline", "sketch", "baseline", closer=None),
        pair(5, 5, "bark", "sketch", "bark"),
    ]
    assert found_baselines(listeners(votes), SYSTEMS) == (1, 3)
    assert found_baselines(listeners(votes[3:]), SYSTEMS) == (0, 0)


def test_two_takes_of_a_model_are_one_system():
    listening = clips_of()
    first, second = listening.segments[0].versions[1], listening.segments[1].versions[1]
    systems = {first.clip: SYSTEMS[first.clip], second.clip: SYSTEMS[second.clip]}
    assert len(set(systems.values())) == 1


def test_votes_between_takes_of_one_model_say_nothing(listeners):
    everybody = listeners([pair(1, 1, "bark", "sketch", "bark")])
    alike = {**SYSTEMS, clip(1, "sketch"): SYSTEMS[clip(1, "bark")]}
    assert ungrouped_votes(everybody, alike) == 1
    assert question_result("prefer", everybody, everybody, alike) is None
    assert ungrouped_votes(everybody, SYSTEMS) == 0


def test_the_order_without_exclusions_is_given_where_it_is_another(listeners):
    fair, unfair = listeners(
        [pair(number, number, "bark", "sketch", "bark") for number in range(1, 6)],
        [pair(number, number, "bark", "sketch", "sketch") for number in range(1, 20)],
    )
    assert result_of([fair], everybody=[fair, unfair]).without_exclusions == ("sketch", "bark")
    assert result_of([fair], everybody=[fair]).without_exclusions == ()


def test_every_system_is_compared_with_every_other(listeners):
    generator = np.random.default_rng(4)
    result = result_of(listeners(pair_votes(generator, 60)))
    assert len(result.pairs) == len(NUMBERS) * (len(NUMBERS) - 1) / 2
    assert sum(p.for_first + p.for_second + p.ties for p in result.pairs) == 60
