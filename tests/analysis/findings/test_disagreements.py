from typing import Any

from tests.analysis.judged.judged_comparison import hear, judged_comparison
from tests.analysis.judged.made_judgments import JudgedSong
from tests.analysis.made_up import comparison, measurement, segment, take

from secondtake.analysis.findings.disagreements import CATEGORY, disagreements
from secondtake.analysis.findings.finding import Comparison

PROMPT = {"name": "prompt adherence"}


def of_two(*figures: tuple[str, float, float], half: float = 0.1) -> list[dict[str, Any]]:
    """The disagreements about Bark and MusicGen, by question and their scores in two segments."""
    names = {"prompt": PROMPT, "level": {"name": "dynamics"}}
    parts = [
        segment(
            number,
            *(
                take(
                    number,
                    model,
                    *(
                        measurement(question, scores[place], half, **names.get(question, {}))
                        for question, *scores in figures
                    ),
                )
                for place, model in enumerate(("bark", "musicgen"))
            ),
        )
        for number in (1, 2)
    ]
    return [f for f in comparison(*parts)["findings"] if f["sort"] == CATEGORY]


def test_two_metrics_that_order_two_models_oppositely_are_named():
    (found,) = of_two(("timbre", 0.9, 0.3), ("prompt", 0.3, 0.8))
    assert found["text"] == (
        "The metrics disagree about Bark and MusicGen: by timbre Bark is closer, by prompt "
        "adherence MusicGen."
    )
    assert found["kind"] == "surprise" and found["breadth"] == 2
    rows = {(row["segment"], row["model"], row["metric"]) for row in found["evidence"]}
    assert rows == {
        (number, model, metric)
        for number in (1, 2)
        for model in ("bark", "musicgen")
        for metric in ("timbre", "prompt adherence")
    }


def test_metrics_that_agree_or_decide_nothing_disagree_in_nothing():
    assert of_two(("timbre", 0.9, 0.3), ("prompt", 0.8, 0.3)) == []
    assert of_two(("timbre", 0.9, 0.3), ("prompt", 0.4, 0.5)) == []
    assert of_two(("timbre", 0.9, 0.3), ("prompt", -0.9, -0.3)) == []  # neither is close


def test_of_several_metrics_the_most_certain_of_either_side_speak():
    (found,) = of_two(
        ("timbre", 0.6, 0.3),
        ("rhythm", 0.9, 0.1),
        ("harmony", 0.3, 0.7),
        ("level", 0.2, 0.95),
    )
    assert "by rhythm Bark is closer, by dynamics MusicGen." in found["text"]


def test_overall_is_no_place_and_the_more_certain_comes_first():
    (found,) = of_two(("overall", 0.5, 0.2), ("prompt", 0.1, 0.9))
    assert "by prompt adherence MusicGen is ahead, overall Bark." in found["text"]


def test_a_scale_of_a_judge_may_disagree_though_it_is_no_question(project):
    """Timbre is taken away: then only liking says MusicGen, and the prompt Stable Audio."""
    song = JudgedSong.of(project, 6)
    models = ("stable_audio", "musicgen")
    compared = judged_comparison(song, hear(song, models, ("clap", "audiobox")))
    across = compared["across"]
    across["pairs"] = [pair for pair in across["pairs"] if pair["question"] != "timbre"]
    (found,) = disagreements(Comparison(compared["segments"], across))
    assert ": by prompt adherence Stable Audio is ahead, by " in found.text
    liking = {"production quality", "content enjoyment", "content usefulness"}
    (scale,) = {row.metric for row in found.evidence} - {"prompt adherence"}
    assert scale in liking and found.text.endswith(f"by {scale} MusicGen.")
    assert len(found.evidence) == 24 and found.n_segments == 6


def test_what_was_made_from_the_baseline_and_the_control_are_left_out():
    figures = {"timbre": (0.9, 0.3), "rhythm": (0.2, 0.9)}
    parts = [
        segment(
            number,
            *(
                take(number, model, *(measurement(q, v[place], 0.1) for q, v in figures.items()))
                for place, model in enumerate(("bark", other))
            ),
        )
        for number, other in ((1, "sketch"), (2, "musicgen_from_baseline"))
    ]
    found = comparison(*parts)["findings"]
    assert [f for f in found if f["sort"] == CATEGORY] == []
