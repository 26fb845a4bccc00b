import numpy as np
import pytest
from tests.analysis.votes.made_votes import (
    LISTENING,
    NUMBERS,
    SONG,
    TASTE,
    clip,
    clips_of,
    pair,
    pair_votes,
    vote_file,
    written,
)

from secondtake.analysis.votes.clip_systems import systems_of
from secondtake.analysis.votes.merge import merge
from secondtake.analysis.votes.pair_questions import question_result, ungrouped_votes

SYSTEMS = systems_of(LISTENING)


@pytest.fixture
def listeners(tmp_path):
    def run(*all_votes):
        paths = [
            written(tmp_path, f"{number}.json", vote_file(number, votes))
            for number, votes in enumerate(all_votes)
        ]
        return merge(paths, SONG, LISTENING).listeners

    return run


def result_of(listeners, question="prefer", everybody=()):
    return question_result(question, listeners, everybody or listeners, SYSTEMS)


def test_the_clips_of_a_model_are_its_own():
    assert SYSTEMS[clip(2, "bark")].title == "Bark"
    assert SYSTEMS[clip(2, "sketch")].role == "control"
    assert SYSTEMS[clip(3, "baseline")].role == "baseline"
    assert systems_of(clips_of(("gone",)))[clip(1, "gone")].title == "gone"


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
        pair(1, 1, "bark", "sketch", "bark"),
        pair(2, 2, "sketch", "bark", "bark"),
        pair(3, 3, "sketch", "bark", "sketch"),
        pair(4, 1, "sketch", "bark", "tie"),
    ]
    (found,) = result_of(listeners(votes)).pairs
    assert (found.first, found.second) == ("bark", "sketch")
    assert (found.for_first, found.for_second, found.ties) == (2, 1, 1)
    assert not found.decided and found.low < 0.5 < found.preferred < found.high


def test_each_question_has_its_answers(listeners):
    votes = [
        pair(number, 1 + number % 3, "bark", "sketch", "bark", closer="sketch")
        for number in range(1, 13)
    ]
    unasked = [pair(20, 1, "bark", "musicgen", "bark", closer=None)]
    everybody = listeners(votes + unasked)
    assert result_of(everybody).systems[0].system == "bark"
    closer = result_of(everybody, "closer")
    assert closer.systems[0].system == "sketch" and closer.votes == 12
    assert {each.system for each in closer.systems} == {"bark", "sketch"}


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
        pair(1, 1, "bark", "sketch", "bark"),
        pair(2, 1, "baseline", "musicgen", "baseline"),
    ]
    result = result_of(listeners(votes))
    assert [each.group for each in result.systems] == [1, 1, 2, 2]
    assert {each.system for each in result.systems if each.preferred is None} == {
        "sketch",
        "baseline",
        "musicgen",
    }
    between = next(p for p in result.pairs if {p.first, p.second} == {"bark", "baseline"})
    assert between.preferred is None and not between.decided


def test_who_wins_every_vote_has_an_end(listeners):
    votes = [pair(number, 1, "bark", "sketch", "bark") for number in range(1, 10)]
    found = result_of(listeners(votes)).pairs[0]
    assert found.decided and 0.5 < found.low < found.preferred < found.high < 1


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
        [pair(number, 1, "bark", "sketch", "bark") for number in range(1, 6)],
        [pair(number, 1, "bark", "sketch", "sketch") for number in range(1, 20)],
    )
    assert result_of([fair], everybody=[fair, unfair]).without_exclusions == ("sketch", "bark")
    assert result_of([fair], everybody=[fair]).without_exclusions == ()


def test_every_system_is_compared_with_every_other(listeners):
    generator = np.random.default_rng(4)
    result = result_of(listeners(pair_votes(generator, 60)))
    assert len(result.pairs) == len(NUMBERS) * (len(NUMBERS) - 1) / 2
    assert sum(p.for_first + p.for_second + p.ties for p in result.pairs) == 60
