"""The three sentences of studies that were made up here."""

from dataclasses import replace

from tests.analysis.made_up import comparison, measured, measurement, segment, take

from secondtake.analysis.comparison.summary import unusable_groups
from secondtake.core.ranking_file import RankedGroup, RankedTake, RankingFile


def sung(number, overall, rhythm, **more):
    """A take of Bark with such scores."""
    entries = (measurement("overall", overall), measurement("rhythm", rhythm))
    return take(number, "bark", *entries, **more)


def test_overall_first_then_what_is_close_and_what_is_not():
    compared = comparison(
        segment(7, sung(7, 0.6, 0.7)),
        segment(8, take(8, "bark", measurement("overall", 0.1), measurement("rhythm", 0.1))),
    )
    assert compared["summary"] == [
        "Overall, Bark (in 1 of 2 segments) comes closer to the baseline than most other music.",
        "In rhythm, Bark comes closer to the baseline than most other music in 1 of 2 segments.",
        "In rhythm, Bark cannot be told from other music in 1 of 2 segments.",
    ]


def test_close_in_one_question_is_not_close_overall():
    compared = comparison(segment(7, sung(7, 0.0, 0.7)))
    assert compared["summary"] == [
        "Overall, no take is for certain closer to the baseline than most other music.",
        "In rhythm, Bark comes closer to the baseline than most other music in segment 7, and "
        "no more: overall it does not.",
    ]


def test_what_is_no_music_comes_first():
    noise = sung(7, None, None, measured=measured(kind="noise"))
    assert comparison(segment(7, noise))["summary"] == [
        "The take of Bark in segment 7 is noise, not music: it is not usable.",
        "Overall, nothing could be decided.",
        "In no single question of music is a take for certain closer than most other music.",
    ]


def test_nothing_compared():
    assert comparison(segment(7))["summary"] == [
        "How close the takes come overall was not measured."
    ]


def ranking(takes, best):
    ranked = tuple(
        RankedTake(place, made["name"], place, 1, made["sha256"], "", {})
        for place, made in enumerate(takes, 1)
    )
    group = RankedGroup(7, "verse", "bark", best, (), ranked)
    return RankingFile("ready", "", {(7, "bark"): group})


def test_none_is_usable_where_the_best_fails_a_minimum():
    takes = [sung(7, 0.6, 0.6, name=f"bark_{place}") for place in range(3)]
    assert unusable_groups(ranking(takes, "bark_0"), 7, takes) == []
    failed = unusable_groups(ranking(takes, None), 7, takes)
    assert failed == [{"model": "bark", "of": 3, "repaints": 0, "why": "failed a check"}]
    compared = comparison({**segment(7, *takes), "unusable": failed})
    assert compared["summary"][0] == (
        "None of the 3 takes of Bark in segment 7 is usable: each failed a check."
    )
    takes[0]["sha256"] = "1" * 64  # another file than the ranked one
    assert unusable_groups(ranking([sung(7, 0, 0)], None), 7, takes) == []


def test_no_voice_where_one_was_asked_for():
    asked = {"seconds": 6.0, "bpm": 120, "key": "A minor", "voice": True}
    nobody = sung(7, 0.6, 0.6, asked=asked, measured=measured(kind="instrumental"))
    silent = sung(7, 0.6, 0.6, asked=asked, heard="")
    somebody = sung(7, 0.6, 0.6, asked=asked, heard="amor")
    absent = replace(RankingFile("absent"))
    [group] = unusable_groups(absent, 7, [nobody, silent])
    assert (group["of"], group["why"]) == (2, "has no voice that could be found")
    assert unusable_groups(absent, 7, [nobody, somebody]) == []
    assert unusable_groups(absent, 7, [sung(7, 0.6, 0.6, measured=measured(kind="sung"))]) == []


def test_each_model_without_a_usable_take_is_named_with_what_it_lacks():
    noise = sung(7, None, None, measured=measured(kind="noise"))
    silent = sung(9, None, None, measured=measured(kind="silence"))
    other = {**noise, "model": "ace_step", "model_title": "ACE-Step 1.5", "name": "ace_step_7"}
    first = comparison(segment(7, noise, other), segment(9, silent))["summary"][0]
    assert first == (
        "Bark has no usable take in segment 7 (noise, not music) and segment 9 (silence, not "
        "music); ACE-Step 1.5 has no usable take in segment 7 (noise, not music)."
    )


def test_repaints_among_takes_without_use_are_said():
    made_of = "take 1 with 6–9 s anew"
    noise = [
        sung(7, None, None, name=f"bark_{place}", repaint=text, measured=measured(kind="noise"))
        for place, text in enumerate(("", made_of))
    ]
    first = comparison(segment(7, *noise))["summary"][0]
    taken = "None of the 2 takes of Bark in segment 7 (1 of them with a stretch made anew)"
    assert first == f"{taken} is usable: each is noise, not music."


def test_two_groups_without_a_usable_take_are_named_together():
    noise = [sung(n, None, None, measured=measured(kind="noise")) for n in (7, 8)]
    first = comparison(segment(7, noise[0]), segment(8, noise[1]))["summary"][0]
    assert first == (
        "Bark has no usable take in segment 7 (noise, not music) and segment 8 (noise, not music)."
    )
