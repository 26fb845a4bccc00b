import pytest
from tests.analysis.judged.judged_comparison import hear, judged_comparison, of_scale
from tests.analysis.judged.made_judgments import IDENTITY, JudgedSong
from tests.schemas import mistakes

from secondtake.analysis.judged.judged_summary import first_sentence

MODELS = ("sketch", "stable_audio", "musicgen")


@pytest.fixture
def compared(project):
    song = JudgedSong.of(project, 6)
    return judged_comparison(song, hear(song, MODELS, ("clap", "audiobox")))


def test_every_take_has_a_row_on_every_scale(compared):
    judges = {judge["name"]: judge for judge in compared["across"]["judges"]}
    assert list(judges) == ["clap", "audiobox"]
    assert judges["clap"]["identity"] == IDENTITY
    assert judges["clap"]["checkpoint"] == "CLAP (larger, general)"
    scale = of_scale(compared)
    assert len(scale["rows"]) == 18 and all(row["chosen"] for row in scale["rows"])
    assert scale["about"] == "How well the sound fits the style that was asked for."


def test_a_judge_of_one_scale_answers_a_question_and_one_of_several_none(compared):
    across = compared["across"]
    assert across["questions"] == ["timbre", "prompt"]
    assert across["metrics"]["prompt"] == "prompt adherence"
    assert across["cells"]["stable_audio"]["prompt"]["scaled"] > 0.7


def test_a_scale_orders_the_models_without_any_other(compared):
    pairs = {
        (pair["first"], pair["second"]): pair
        for pair in of_scale(compared, "production quality")["pairs"]
    }
    pair = pairs["stable_audio", "musicgen"]
    assert pair["decided"] and pair["difference"] < 0 and pair["segments"] == [1, 2, 3, 4, 5, 6]
    assert of_scale(compared, "production complexity")["pairs"] == []


def test_it_is_what_the_schema_says(compared):
    assert mistakes("comparison", without_takes(compared)) == []


def without_takes(compared):
    """Takes that were made up lack what only whole programs put there."""
    return {**compared, "segments": []}


def test_the_first_sentence_of_a_documentation():
    assert first_sentence("How  well.\n\n    Definition: x") == "How well."
