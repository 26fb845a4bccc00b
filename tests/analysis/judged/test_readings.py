from dataclasses import replace

import pytest
from tests.analysis.judged.made_judgments import (
    IDENTITY,
    OTHER_IDENTITY,
    JudgedSong,
    judgment,
)

from secondtake.analysis.judged.readings import every_judgment, is_whole
from secondtake.core.errors import UserError
from secondtake.core.judgments import Judgment, Reading
from secondtake.core.registry.all_judges import NONE, VARIABLE


@pytest.fixture
def take(judged: JudgedSong):
    return judged.take("stable_audio")


def of_take(judged: JudgedSong, *takes):
    """What the only judge has of the last of these takes."""
    material = judged.material(takes)
    (judge,) = judged.judges(material)
    return judge.of_take(material, material.takes[-1])


def test_nobody_was_asked_and_nothing_is_said(judged, take):
    assert judged.judges(judged.material([take])) == []


def test_a_take_its_baseline_and_the_control_under_the_words_of_the_take(judged, take):
    control = judged.take("sketch")
    own, baseline, rules = judgment(0.4), judgment(0.5), judgment(0.1)
    judged.judge_take(take, own)
    judged.judge_baseline(baseline, style=take.job.style)
    judged.judge_take(control, rules, style=take.job.style)
    found = of_take(judged, control, take)
    assert (found.own, found.baseline, found.control) == (own, baseline, rules)


def test_a_style_is_held_to_its_own_judgments(judged, take):
    """Under other words the baseline and the control were heard for another take."""
    control = judged.take("sketch")
    judged.judge_take(take, judgment(0.4))
    judged.judge_baseline(judgment(0.5), style="something else")
    judged.judge_take(control, judgment(0.1), style="something else")
    found = of_take(judged, control, take)
    assert found.baseline == "no ceiling: the baseline is not judged yet; type: invoke judge"
    assert found.control is None


def test_the_control_has_no_control_beside_it(judged):
    control = judged.take("sketch")
    judged.judge_take(control, judgment(0.1))
    assert of_take(judged, control).control is None


def test_another_wav_or_another_version_is_not_the_judged_one(judged, take):
    other = judged.take("stable_audio", number=2)
    judged.judge_take(other, judgment(0.4))
    judged.judge_take(replace(take, wav=replace(take.wav, sha256="f" * 64)), judgment(0.4))
    assert of_take(judged, other, take).own == "not judged yet; type: invoke judge"
    judged.judge_take(take, judgment(0.4), identity={**IDENTITY, "version": 99})
    assert of_take(judged, other, take).own == "not judged yet; type: invoke judge"


def test_a_take_by_other_weights_than_most_says_so(judged):
    takes = [judged.take("stable_audio", number=number) for number in (1, 2, 3)]
    for take, identity in zip(takes, (IDENTITY, OTHER_IDENTITY, IDENTITY), strict=True):
        judged.judge_take(take, judgment(0.4), identity=identity)
    judged.judge_baseline(judgment(0.5), identity=OTHER_IDENTITY)
    material = judged.material(takes)
    (judge,) = judged.judges(material)
    first, second, _ = (judge.of_take(material, compared) for compared in material.takes)
    assert judge.identity == IDENTITY and first.own == judgment(0.4)
    assert "another version" in second.own and "type: invoke judge" in second.own
    assert first.baseline == "no ceiling: the baseline is not judged yet; type: invoke judge"


def test_a_take_without_a_style_is_not_asked_about(judged, take):
    other = judged.take("stable_audio", number=2)
    judged.judge_take(other, judgment(0.4))
    unstyled = replace(take, job=replace(take.job, style=" "))
    assert of_take(judged, other, unstyled) is None


def test_where_the_baseline_is_not_here_nothing_is_above(judged, take):
    judged.judge_take(take, judgment(0.4))
    material = judged.material([take], sha="")
    (judge,) = judged.judges(material)
    found = judge.of_take(material, material.takes[0])
    assert found.baseline == "no ceiling: the baseline is not here"


def test_every_recording_is_there_once(judged, take):
    judged.judge_take(take, judgment(0.4))
    judged.judge_baseline(judgment(0.5), style=take.job.style)
    material = judged.material([take])
    (judge,) = judged.judges(material)
    assert [name for name, _ in every_judgment(judge, [material])] == [
        "baseline_segment1",
        take.name,
    ]


def test_only_the_chosen_judges_are_heard(judged, take, monkeypatch):
    judged.judge_take(take, judgment(0.4))
    monkeypatch.setenv(VARIABLE, NONE)
    assert judged.judges(judged.material([take])) == []
    monkeypatch.setenv(VARIABLE, "nobody")
    with pytest.raises(UserError, match="nobody"):
        judged.judges(judged.material([take]))


def test_words_are_no_scale(judged, take):
    """The judge of lyrics answers in words, which other pages read."""
    judged.by("lyrics").judge_take(take, judgment(0.4))
    assert judged.judges(judged.material([take])) == []


@pytest.mark.parametrize(
    "broken",
    [
        Judgment((), {"x": Reading(())}),
        Judgment(((0.0, 10.0),), {"x": Reading((0.1, 0.2))}),
        Judgment(((0.0, 10.0),), {"x": Reading((0.1,), {"other": ()})}),
        Judgment(((3.0, 3.0),), {"x": Reading((0.1,))}),
        Judgment(((0.0, 10.0),), {}, ((0.1,), (0.2,))),
        Judgment(((0.0, 5.0), (5.0, 10.0)), {}, ((0.1,), (0.2, 0.3))),
    ],
)
def test_values_that_are_of_no_window_are_no_judgment(judged, take, broken):
    assert not is_whole(broken)
    judged.judge_take(take, broken)
    assert judged.judges(judged.material([take])) == []
