import re

import pytest
from tests.analysis.judged.judged_comparison import hear, judged_comparison
from tests.analysis.judged.made_judgments import JudgedSong, judgment
from tests.analysis.made_up import comparison, measurement, segment, take
from tests.docs.house_words import breaches
from tests.runner.progress_pages.rendered import render

from secondtake.analysis.report.comparison_page import comparison_page
from secondtake.analysis.report.judges_section import distance_words
from secondtake.core.registry.all_judges import VARIABLE

MODELS = ("sketch", "stable_audio", "musicgen")


@pytest.fixture
def song(project, monkeypatch) -> JudgedSong:
    monkeypatch.delenv(VARIABLE, raising=False)
    return JudgedSong.of(project, 6)


@pytest.fixture
def page(song) -> str:
    return comparison_page(judged_comparison(song, hear(song, MODELS, ("clap", "audiobox"))))


def section(page: str, heading: str) -> str:
    return page.split(f"### {heading}\n")[1].split("\n#")[0]


def test_without_judges_there_is_no_section():
    text = comparison_page(comparison(segment(1, take(1, "bark", measurement("timbre", 0.5)))))
    assert "judge" not in text


def test_a_scale_has_a_sentence_a_table_and_what_the_verdicts_say(page):
    text = section(page, "Prompt adherence")
    assert (
        "that was asked for. Says CLAP (larger, general), in cosine; floor: other prompts." in text
    )
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert lines[0] == "| segment | baseline | Stable Audio | MusicGen | Sketch | floor |"
    assert len(lines) == 2 + 6 and all(line.count("|") == 7 for line in lines)
    assert re.fullmatch(
        r"\| 1 \| 0.45 \| \*\*0\.\d\d\*\* \[0.\d\d, 0.\d\d\] \|.*\| 0.10 \|", lines[2]
    )
    assert "- Better than under most other prompts: Stable Audio in all 6 segments" in text
    assert "- No better than under other prompts: Sketch in " in text


def test_every_scale_stands_by_itself_and_one_is_no_score(page):
    headings = [line[4:] for line in page.splitlines() if line.startswith("### ")]
    scales = [
        "Prompt adherence",
        "Production quality",
        "Content enjoyment",
        "Content usefulness",
        "Production complexity",
    ]
    assert [heading for heading in headings if heading in scales] == scales
    assert "- MusicGen does better than Stable Audio, over 6 segments" in section(
        page, "Production quality"
    )
    complexity = section(page, "Production complexity")
    assert (
        "no score." in complexity
        and "*" not in complexity
        and "better than" not in (complexity.split("|")[-1])
    )


def test_the_takes_of_a_model_are_told_apart_from_the_baselines_or_not(page):
    text = section(page, "The takes together, beside the baselines together")
    rows = {line.split(" | ")[0]: line for line in text.splitlines() if line.startswith("| ")}
    assert rows["| Stable Audio"].endswith("| not told apart from the baselines |")
    assert rows["| MusicGen"].endswith("| 0.03 | told apart from the baselines |")
    assert "- Halves of the baselines lie within " in text
    assert "- No floor: baselines of 0 other songs, of 15 that it takes" in text


def test_the_page_is_clean_and_nothing_dangles(page):
    assert "None" not in page and "nan" not in page and breaches(page) == []
    links = set(re.findall(r"\(#([\w-]+)\)", page))
    assert links == {link for link in links if f'<a id="{link}"></a>' in page}
    assert "What the judges say" in [heading.strip() for heading in render(page).headings]
    assert "| aesthetics" not in page


def test_few_segments_and_what_is_missing_are_said(song, project):
    short = JudgedSong.of(project, 2, "short")
    materials = hear(short, MODELS, ("clap",))
    silent = short.take("musicgen", 1, 2)
    materials[0] = short.material([silent, *[c.take for c in materials[0].takes]])
    text = comparison_page(judged_comparison(short, materials))
    together = section(text, "The takes together, beside the baselines together")
    assert "undecided: too few segments to tell any two sets apart: 2 of 6" in together
    assert "- Not judged yet; type: invoke judge: MusicGen in 1 of 2 segments" in text


def test_many_segments_are_folded(song, project):
    long = JudgedSong.of(project, 9, "long")
    text = comparison_page(judged_comparison(long, hear(long, ("musicgen",), ("clap",))))
    assert text.count("<summary>All segments</summary>") == 1
    assert text.count("<details>") == text.count("</details>") == 10


def test_a_scale_that_the_baseline_itself_has_not_says_why(song):
    take_of_it = song.take("musicgen")
    song.judge_take(take_of_it, judgment(0.4, 0.1))
    song.judge_baseline(judgment(0.11, 0.1), style=take_of_it.job.style)
    text = comparison_page(judged_comparison(song, [song.material([take_of_it])]))
    words = "The baseline itself is hardly better than under other prompts: no scale here"
    assert f"- {words}: MusicGen in segment 1" in text


@pytest.mark.parametrize(
    ("verdict", "p", "words"),
    [
        ("no floor", 0.5, "not told apart from the baselines"),
        ("closer", 0.5, "not told apart from the baselines, and nearer than most other songs"),
        ("further", 0.01, "told apart from the baselines, and further than other songs"),
        ("undecided", None, "undecided: few"),
    ],
)
def test_what_a_distance_says(verdict, p, words):
    assert distance_words({"p": p, "verdict": verdict, "note": "few"}) == words
