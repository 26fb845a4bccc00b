"""The page as its reader sees it: rendered by a real library."""

import re

import pytest
from tests.analysis.made_up import TITLES, comparison, measurement, segment, take
from tests.docs.house_words import breaches
from tests.runner.progress_pages.rendered import render

from secondtake.analysis.comparison.compare import ORDER
from secondtake.analysis.report.comparison_page import comparison_page

QUESTIONS = ("timbre", "rhythm", "harmony", "voice")


def half(question):
    return measurement(question, 0.5)


def folds(text):
    """What stands behind every fold of the page."""
    return [part.split("</details>")[0] for part in text.split("</summary>")[1:]]


def study(segments: int, **more):
    """A comparison of so many segments and two models."""
    return comparison(
        *(
            segment(
                number,
                take(number, "sketch", *(measurement(question, 0.2) for question in QUESTIONS)),
                take(
                    number,
                    "bark",
                    *(measurement(question, 0.5) for question in QUESTIONS[:3]),
                    measurement("voice", None),
                    measurement("timbre", 0.4, name="second opinion"),
                    **more,
                ),
            )
            for number in range(1, segments + 1)
        )
    )


@pytest.mark.parametrize("segments", [1, 3, 42])
def test_findings_come_first_and_nothing_dangles(segments):
    text = comparison_page(study(segments))
    page = render(text)
    assert page.headings[:3] == ["Comparison: One", "Findings", "Strengths"]
    assert page.headings[-1] == "By segment"
    assert "None" not in page.text and "–" not in page.text and "nan" not in page.text
    assert not re.search(r"\d{7}|\.\d{5}", page.text)
    assert re.search(r"\b1 segments\b", page.text) is None
    assert breaches(text) == []


def test_the_summary_is_left_to_phase_4():
    compared = study(1)
    text = comparison_page(compared)
    assert compared["summary"][0] not in text and "../PHASE4_PROGRESS.md" in text


def test_the_same_metric_answers_a_question_on_the_whole_page():
    """In segment 2 the study's metric is undecided, and no other one takes its place."""
    first, second = (
        take(
            number,
            "bark",
            measurement("timbre", 0.5, half, name="embedding"),
            measurement("timbre", 0.9, name="timbre"),
        )
        for number, half in ((1, 0.2), (2, None))
    )
    text = comparison_page(comparison(segment(1, first), segment(2, second)))
    assert "| timbre (embedding) |" in text
    one, two = folds(text)
    assert "| timbre | 0.00 to 0.50 cosine |" in one and "**0.50** [0.30, 0.70] |" in one
    assert "Nothing decided: " in two and "timbre." in two
    assert "| timbre |" not in two and "0.90" not in text


def test_a_row_says_what_0_and_1_stand_for_and_the_interval():
    text = comparison_page(comparison(segment(1, take(1, "bark", measurement("timbre", 0.5)))))
    (fold,) = folds(text)
    (row,) = [line for line in fold.splitlines() if line.startswith("| timbre |")]
    assert row == (
        '| timbre | 0.00 to 0.50 cosine | <a id="s1-bark-timbre"></a>**0.50** [0.30, 0.70] |'
    )


def test_what_is_open_has_no_number():
    only = take(1, "bark", measurement("timbre", 0.5, half=None), measurement("rhythm", 0.1))
    (fold,) = folds(comparison_page(comparison(segment(1, only))))
    assert "timbre" in fold.split("Nothing decided: ")[1]
    assert "| rhythm |" in fold and "0.50 |" not in fold.replace("0.50 cosine", "")


def test_beside_a_model_that_is_decided_the_other_says_why_it_is_not():
    text = comparison_page(
        comparison(
            segment(
                1,
                take(1, "bark", measurement("timbre", 0.5), measurement("rhythm", 0.5)),
                take(1, "musicgen", measurement("rhythm", 0.5)),
                take(1, "sketch", measurement("timbre", None, note="<b>too</b> | short")),
            )
        )
    )
    (row,) = [line for line in folds(text)[0].splitlines() if line.startswith("| timbre |")]
    assert " | not asked | " in row and render(row).tags == {"p", "a", "strong"}


def test_nothing_a_finding_cites_is_left_without_its_row():
    """Stereo width is no question's metric on this page, and a finding rests on it."""
    width = measurement("level", -3.0, name="stereo width", near_scaled=0.2)
    text = comparison_page(
        comparison(segment(1, take(1, "bark", measurement("level", 0.5), width)))
    )
    assert "| level (stereo width) | 0.00 to 0.50 cosine |" in text
    assert '<a id="s1-bark-stereo-width"></a>*−3.00* [−3.20, −2.80] |' in text


def test_every_link_has_its_target():
    page = comparison_page(study(3))
    links = set(re.findall(r"\(#([\w-]+)\)", page))
    assert links == {link for link in links if f'<a id="{link}"></a>' in page}
    assert "s2-bark-timbre" in links and "s2-bark-voice" in links


@pytest.mark.parametrize("segments", [1, 42])
def test_every_segment_is_folded(segments):
    text = comparison_page(study(segments))
    assert text.count("<details>") == text.count("</details>") == segments
    assert text.count("<summary>") == segments


def test_a_segments_title_stands_in_its_fold_as_it_is():
    named = {**segment(1, take(1, "bark", half("timbre"))), "title": "<b>*x*</b> | y"}
    text = comparison_page(comparison(named))
    assert "<summary>Segment 1: " in text and "&lt;b&gt;*x*&lt;/b&gt; | y</summary>" in text


def test_six_segments_and_one_model_are_under_1500_words():
    song = comparison(
        *(segment(number, take(number, "bark", *map(half, ORDER))) for number in range(1, 7))
    )
    assert len(comparison_page(song).split()) < 1500


@pytest.mark.e2e  # three seconds of one page
def test_a_page_of_very_many_is_still_shown():
    song = comparison(  # of 42 segments by 4 models
        *(
            segment(number, *(take(number, model, *map(half, ORDER)) for model in TITLES))
            for number in range(1, 43)
        )
    )
    assert len(comparison_page(song).encode()) < 165_000  # GitHub shows no page above 500,000


def test_all_models_at_a_glance_with_intervals_and_reasons():
    text = comparison_page(study(1))
    glance = text.split("## At a glance")[1].split("##")[0]
    lines = [line for line in glance.splitlines() if line.startswith("|")]
    control = "0.20 [0.00, 0.40]"
    assert [line.count("|") for line in lines] == [4] * 6  # narrow, whatever is asked
    assert lines[0] == "| question (metric) | Bark | Sketch |"
    assert f"| timbre | 0.50 [0.30, 0.70] | {control} |" in lines
    assert f"| voice | undecided | {control} |" in lines
    assert "unknown" not in text
    assert text.count("too short") == 1  # in a finding


def test_a_median_of_few_segments_says_of_how_many():
    parts = [
        segment(number, take(number, "bark", measurement("timbre", 0.5, half)))
        for number, half in ((1, 0.2), (2, 0.2), (3, None))
    ]
    text = comparison_page(comparison(*parts))
    assert "- Segments behind a median, where not all are: Bark: timbre 2 of 3" in text


def test_only_what_tells_models_apart_has_a_row():
    parts = [
        segment(
            number,
            take(number, "bark", measurement("timbre", 0.9), measurement("rhythm", 0.5)),
            take(number, "musicgen", measurement("timbre", 0.1), measurement("rhythm", 0.5)),
        )
        for number in range(1, 7)
    ]
    text = comparison_page(comparison(*parts)).split("### Models against each other")[1]
    assert "| timbre | Bark | MusicGen | 0.80 [0.62, 0.98] | 6 |" in text
    assert "- Bark and MusicGen are not told apart in rhythm." in text


def test_the_closer_model_comes_first_and_is_closer_by_a_positive_figure():
    parts = [
        segment(
            number,
            take(number, "bark", measurement("timbre", 0.1)),
            take(number, "sketch", measurement("timbre", 0.9)),
        )
        for number in range(1, 7)
    ]
    text = comparison_page(comparison(*parts)).split("### Models against each other")[1]
    assert "| timbre | Sketch | Bark | 0.80 [0.62, 0.98] | 6 |" in text


def test_a_model_with_several_takes_has_a_table_of_them():
    others = [take(1, "bark", measurement("timbre", s), name=f"bark_{s}") for s in (0.1, 0.4, 0.5)]
    chosen = {
        "model": "bark", "take": "bark_0.4", "of": 3, "repaints": 0, "best": True, "why": "clean",
        "set_aside": [],
    }  # fmt: skip
    text = comparison_page(comparison({**segment(1, *others), "chosen": [chosen]}))
    assert "| Bark | timbre | 0.40 | 0.40 (0.10 to 0.50) | 3 |" in text


def test_a_repaint_is_named_as_one_and_left_out_of_what_is_counted():
    words = "take 1 with 6–9 s anew"
    made_of = {1: "", 2: words, 3: ""}
    takes = [
        take(1, "bark", measurement("timbre", n / 10), name=f"bark_{n}", take=n, repaint=text)
        for n, text in made_of.items()
    ]
    chosen = {
        "model": "bark", "take": "bark_2", "of": 3, "repaints": 1, "best": True, "why": "clean",
        "set_aside": [],
    }  # fmt: skip
    text = comparison_page(comparison({**segment(1, *takes), "chosen": [chosen]}))
    assert "| Bark | timbre | 0.20 | 0.20 (0.10 to 0.30) | 2 |" in text
    assert "shares the rest of its sound with another: it is not counted here." in text
    assert f"take 2: {words}, of 3, 1 of them with a stretch made anew, the best" in text
    assert "1 take with a stretch made anew, and not counted here." in text
    assert "| Bark | 100 % (2 of 2) |" in text
