"""The page as its reader sees it: rendered by a real library."""

import re

import pytest
from tests.analysis.made_up import TITLES, comparison, measurement, segment, take
from tests.docs.house_words import breaches
from tests.runner.progress_pages.rendered import render

from secondtake.analysis.comparison.compare import ORDER
from secondtake.analysis.report.comparison_page import comparison_page
from secondtake.analysis.report.segment_section import MOST_FULL, MOST_OPEN

QUESTIONS = ("timbre", "rhythm", "harmony", "voice")


def half(question):
    return measurement(question, 0.5)


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
    assert page.headings[:3] == ["Comparison: One", "How to read this", "Findings"]
    assert "None" not in page.text and "–" not in page.text and "nan" not in page.text
    assert not re.search(r"\d{7}|\.\d{5}", page.text)
    assert re.search(r"\b1 segments\b", page.text) is None
    assert breaches(text) == []


def test_three_sentences_stand_before_everything_else():
    compared = study(1)
    lines = comparison_page(compared).splitlines()
    assert lines[2] == " ".join(compared["summary"])
    assert lines[2].startswith("How close the takes come overall was not")


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
    assert "| segment | model | timbre (embedding) |" in text
    assert "| 2 | Bark | [undecided](#s2-bark-embedding) |" in text
    assert text.count("- Timbre") == 1  # the sentence on segment 1


def test_what_is_open_has_no_place_among_other_music():
    only = take(1, "bark", measurement("timbre", 0.5, half=None))
    text = comparison_page(comparison(segment(1, only)))
    (row,) = [line for line in text.splitlines() if "</a>timbre, cosine" in line]
    assert row.endswith("| 0.25 | 0.00 |  | 0.50 |  |  | undecided |  |")


def test_every_link_has_its_target():
    page = comparison_page(study(3))
    links = set(re.findall(r"\(#([\w-]+)\)", page))
    assert links == {link for link in links if f'<a id="{link}"></a>' in page}
    assert "s2-bark-timbre" in links and "s2-bark-voice" in links


def test_many_segments_are_folded_and_few_stand_open():
    assert comparison_page(study(MOST_OPEN)).count("<details open>") == MOST_OPEN
    text = comparison_page(study(MOST_OPEN + 1))
    assert text.count("<details>") == text.count("</details>") == MOST_OPEN + 1


def test_a_page_of_very_many_shows_one_metric_a_question():
    assert "second opinion" in comparison_page(study(MOST_FULL // 2))
    text = comparison_page(study(MOST_FULL // 2 + 1))
    assert "second opinion" not in text
    assert "`comparison_results.json` has all" in text
    song = comparison(  # of 42 segments by 4 models
        *(
            segment(number, *(take(number, model, *map(half, ORDER)) for model in TITLES))
            for number in range(1, 43)
        )
    )
    assert len(comparison_page(song).encode()) < 500_000  # GitHub shows no longer page


def test_all_models_at_a_glance_with_intervals_and_reasons():
    text = comparison_page(study(1))
    assert "| Bark | 0.50 [0.30, 0.70] | 0.50 [0.30, 0.70] | 0.50 [0.30, 0.70] | unknown |" in text
    assert "- Bark, voice: too short" in text
    assert "### By segment" not in text
    assert "| 2 | Bark | **[0.50](#s2-bark-timbre)** |" in comparison_page(study(2))


def test_a_model_with_several_takes_has_a_table_of_them():
    others = [take(1, "bark", measurement("timbre", s), name=f"bark_{s}") for s in (0.1, 0.4, 0.5)]
    chosen = {
        "model": "bark", "take": "bark_0.4", "of": 3, "best": True, "why": "clean", "set_aside": [],
    }  # fmt: skip
    text = comparison_page(comparison({**segment(1, *others), "chosen": [chosen]}))
    assert "| Bark | timbre | 0.40 | 0.40 (0.10 to 0.50) | 3 |" in text
