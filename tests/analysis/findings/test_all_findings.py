import math
import re

import pytest
from tests.analysis.made_up import (
    comparison,
    measured,
    measurement,
    segment,
    take,
)

from secondtake.analysis.findings.finding import KINDS, MAX_PER_KIND, Finding, most_important
from secondtake.analysis.report.comparison_page import comparison_page

NUMBER = re.compile(r"(?<![\w.])−?\d+(?:\.\d+)?")


def only_text(compared: dict, sort: str) -> str:
    """The only sentence of a sort."""
    (text,) = [finding["text"] for finding in compared["findings"] if finding["sort"] == sort]
    return text


def with_mark(scaled: float, mark: float, against: str) -> dict:
    return measurement("timbre", scaled, mark=mark, mark_scaled=mark, against_mark=against)


def test_close_and_lost():
    rhythm = measurement("rhythm", 0.35)
    compared = comparison(
        segment(7, take(7, "bark", measurement("timbre", 0.6), measurement("rhythm", 0.1))),
        segment(8, take(8, "bark", measurement("timbre", 0.7), rhythm)),
    )
    assert only_text(compared, "close").startswith(
        "In timbre, Bark comes closer to the baseline than most other music in both segments; "
        "it scores 0.60 at least and 0.70 at most."
    )
    assert only_text(compared, "as other music") == (
        "In rhythm, Bark cannot be told from other music in 1 of 2 segments; in segment 7 it "
        "scores 0.10 (−0.10 to 0.30)."
    )


def test_the_sketch_ahead_and_behind():
    sketch = take(7, "sketch", measurement("timbre", 0.8))
    behind = comparison(segment(7, sketch, take(7, "bark", with_mark(0.3, 0.8, "behind"))))
    assert only_text(behind, "behind the control") == (
        "In timbre, the control, which follows rules, comes closer than Bark in segment 7: 0.80 "
        "against 0.30 (0.10 to 0.50)."
    )
    ahead = comparison(segment(7, take(7, "bark", with_mark(0.7, 0.2, "ahead"))))
    assert "in segment 7: 0.70 (0.50 to 0.90) against 0.20." in only_text(
        ahead, "ahead of the control"
    )


def test_beyond_other_music_and_beyond_the_baseline():
    far = comparison(segment(7, take(7, "bark", measurement("timbre", -1.0))))
    assert (
        "further from the baseline than other music is, in segment 7: −1.00 (−1.20 to"
        in only_text(far, "further than other music")
    )
    assert {f["kind"] for f in far["findings"] if f["sort"] == "further than other music"} == {
        "weakness"
    }
    near = comparison(segment(7, take(7, "bark", measurement("timbre", 1.4))))
    assert "1.40 (1.20 to 1.60)" in only_text(near, "beyond the baseline itself")


@pytest.mark.parametrize(
    ("question", "speaks", "metric", "words"),
    [
        ("spectrum", "spectral character", "spectral balance", "In tone balance"),
        ("spectrum", "spectral character", "air", "In treble"),
        ("timbre", "embedding", "mfcc", "In mfcc"),
        ("voice", "voice", "pitch range", "In range of the tune"),
        ("level", "dynamics", "loudness range", "In range from soft to loud"),
    ],
)
def test_what_is_further_leads_the_weaknesses_by_whichever_metric(question, speaks, metric, words):
    lost = [measurement(name, 0.1) for name in ("overall", "rhythm", "harmony")]
    fair, far = (measurement(question, scaled, name=name) for scaled, name in (
        (0.6, speaks), (-1.73, metric)
    ))  # fmt: skip
    compared = comparison(
        segment(1, take(1, "bark", *lost, fair, far)),
        segment(2, take(2, "bark", *lost, fair)),
    )
    first = next(finding for finding in compared["findings"] if finding["kind"] == "weakness")
    assert first["text"] == (
        f"{words}, Bark is further from the baseline than other music is, in 1 of 2 segments "
        "(segment 1): −1.73 (−1.93 to −1.53)."
    )
    assert [row["metric"] for row in first["evidence"]] == [metric]
    assert compared["summary"][-1].startswith(f"{words}, Bark is further from the baseline")


def test_the_furthest_fill_the_weaknesses():
    scores = {"timbre": -0.6, "rhythm": -2.0, "spectrum": -3.0, "harmony": -0.9, "overall": 0.1}
    compared = comparison(
        segment(1, take(1, "bark", *(measurement(*one) for one in scores.items())))
    )
    weak = [
        finding["question"] for finding in compared["findings"] if finding["kind"] == "weakness"
    ]
    assert weak == ["spectrum", "rhythm", "harmony"]


@pytest.mark.parametrize(("bpm", "word"), [(60.5, "half"), (239.0, "double")])
def test_another_octave_of_tempo(bpm, word):
    octaves = measurement("tempo", 0.1, name="tempo", value=math.log2(bpm / 120))
    doubled = take(7, "bark", measurement("rhythm", 0.3), octaves, measured=measured(bpm))
    assert only_text(comparison(segment(7, doubled)), "another octave of tempo") == (
        f"Bark plays segment 7 at {word} the baseline's tempo: {bpm:.1f} against 120.0 BPM."
    )


def test_another_tempo_is_no_octave():
    octaves = measurement("tempo", 0.1, name="tempo", value=math.log2(1.8))
    compared = comparison(segment(7, take(7, "bark", measurement("rhythm", 0.3), octaves)))
    assert "another octave of tempo" not in {finding["sort"] for finding in compared["findings"]}


def test_naively_alike_and_yet_other_music():
    naive = {
        "mfcc_cosine": 0.94, "chroma_cosine": 0.4,
        "pink_mfcc_cosine": 0.976, "pink_chroma_cosine": 0.98,
    }  # fmt: skip
    alike = take(7, "bark", measurement("timbre", 0.1), naive_similarity=naive)
    text = only_text(comparison(segment(7, alike)), "naively alike")
    assert "Bark would be 0.94 like the baseline in segment 7, and pink noise 0.98" in text
    alike["measurements"] = [measurement("timbre", 0.6)]
    assert "naively alike" not in {
        finding["sort"] for finding in comparison(segment(7, alike))["findings"]
    }


def test_what_was_not_decidable():
    compared = comparison(
        segment(7, take(7, "bark", measurement("timbre", None), measurement("rhythm", None))),
        segment(8, take(8, "sketch"), state="absent"),
    )
    assert only_text(compared, "no number") == (
        "In all questions, Bark could not be judged in segment 7: too short."
    )
    assert only_text(compared, "no baseline") == (
        "Segment 8, of 2 segments with takes: its baseline is not here, and nothing says how close "
        "a take comes."
    )


def test_models_that_are_told_apart_and_that_are_not():
    ours = take(7, "bark", measurement("timbre", 0.9), measurement("rhythm", 0.4))
    theirs = take(7, "musicgen", measurement("timbre", 0.3), measurement("rhythm", 0.5))
    compared = comparison(segment(7, ours, theirs))
    assert only_text(compared, "closer than another model").startswith(
        "In timbre, Bark comes closer than MusicGen in segment 7, by 0.60 ("
    )
    assert only_text(compared, "models not told apart") == (
        "Bark and MusicGen are not to be told apart in 1 of 2 questions: rhythm."
    )


def test_the_sketch_is_spoken_of_only_where_it_is_alone():
    sketch = take(7, "sketch", measurement("timbre", 0.6))
    alone = comparison(segment(7, sketch))
    assert "Sketch comes closer" in only_text(alone, "close")
    both = comparison(segment(7, sketch, take(7, "bark", measurement("timbre", 0.6))))
    assert "Sketch" not in " ".join(finding["text"] for finding in both["findings"])


def test_nothing_compared_nothing_found():
    assert comparison(segment(7))["findings"] == []
    assert "None yet: no take was compared" in comparison_page(comparison(segment(7)))


@pytest.fixture
def many() -> dict:
    """Seven segments and two models with all that there is to find."""
    questions = ("overall", "timbre", "rhythm", "harmony", "spectrum", "voice")
    figures = (1.4, 0.8, 0.45, 0.1, -0.6, None)
    segments = []
    for number in range(1, 8):
        shift = 0.03 * number
        ours, theirs = (
            [
                measurement(
                    question, None if f is None else f + sign * shift,
                    mark=0.3, mark_scaled=0.3,
                    against_mark="" if f is None else "behind" if f < 0 else "ahead",
                )
                for question, f in zip(questions, figures[turn:] + figures[:turn], strict=True)
            ]
            for sign, turn in ((1, 0), (-1, 2))
        )  # fmt: skip
        sketch = take(number, "sketch", *(measurement(question, 0.3) for question in questions))
        models = take(number, "bark", *ours), take(number, "musicgen", *theirs)
        segments.append(segment(number, sketch, *models))
    return comparison(*segments)


def test_at_most_twelve_findings_and_of_each_kind_different_ones(many):
    kinds = [finding["kind"] for finding in many["findings"]]
    assert kinds == sorted(kinds, key=list(KINDS).index)
    assert {kind: kinds.count(kind) <= MAX_PER_KIND for kind in KINDS} == dict.fromkeys(KINDS, True)
    assert set(kinds) == set(KINDS)
    sorts = [finding["sort"] for finding in many["findings"] if finding["kind"] == "strength"]
    assert len(set(sorts)) == len(sorts) == MAX_PER_KIND


def test_every_number_in_a_sentence_stands_in_the_measurements_it_names(many):
    for finding in many["findings"]:
        for number in NUMBER.findall(finding["text"]):
            assert number in shown(many, finding), finding["text"]


def test_every_sentence_leads_to_its_rows(many):
    text = comparison_page(many)
    for finding in many["findings"]:
        assert finding["evidence"] or finding["sort"] == "no baseline"
        for row in finding["evidence"]:
            assert f'<a id="{row["anchor"]}"></a>' in text
            part = next(s for s in many["segments"] if s["number"] == row["segment"])
            names = [t["name"] for t in part["takes"]]
            assert row["take"] in names


def shown(compared: dict, finding: dict) -> set[str]:
    """Every number that a sentence may say: of its rows and their medians, and how many there are.

    As it would be written, with two digits.
    """
    values: list[float] = []
    rows = finding["evidence"]
    for row in rows:
        part = next(one for one in compared["segments"] if one["number"] == row["segment"])
        one = next(take for take in part["takes"] if take["name"] == row["take"])
        metric = next(m for m in one["measurements"] if m["name"] == row["metric"])
        values += [metric["scaled"] or 0, metric["mark_scaled"] or 0]
        values += metric["scaled_interval"] or []
        cell = compared["across"]["cells"][row["model"]][metric["question"]]
        values += [cell[name] for name in ("scaled", "low", "high") if cell[name] is not None]
        for pair in compared["across"]["pairs"]:
            if pair["question"] == metric["question"] and pair["low"] is not None:
                ends = [pair[name] for name in ("difference", "low", "high")]
                values += [*ends, *(-end for end in ends)]
    written = {f"{value:.2f}" for value in values}
    counts = range(len(compared["segments"]) + len(compared["across"]["questions"]) + 1)
    numbers = {one["number"] for one in compared["segments"]}
    return {text.replace("-", "−") for text in written} | {str(n) for n in (*counts, *numbers)}


def finding(text: str, sort: str, question: str, breadth: int = 1, reach: float = 0.5) -> Finding:
    return Finding("strength", sort, text, "", question, (), breadth, reach)


def test_music_comes_before_the_mix_and_many_segments_before_few():
    findings = [
        finding("mix", "close", "level", breadth=9),
        finding("few", "ahead", "timbre", breadth=1),
        finding("many", "closer", "rhythm", breadth=3),
    ]
    assert [chosen.claim for chosen in most_important(findings)] == ["many", "few", "mix"]


def test_something_else_comes_before_more_of_the_same():
    findings = [
        finding("first", "close", "timbre", reach=0.9),
        finding("same sort", "close", "rhythm", reach=0.8),
        finding("other", "ahead", "harmony", reach=0.1),
    ]
    assert [chosen.claim for chosen in most_important(findings)] == ["first", "other", "same sort"]


def test_what_holds_of_other_segments_is_not_said_together():
    compared = comparison(
        segment(7, take(7, "bark", measurement("timbre", None), measurement("rhythm", 0.3))),
        segment(8, take(8, "bark", measurement("timbre", 0.5), measurement("rhythm", None))),
    )
    sentences = [
        finding["text"] for finding in compared["findings"] if finding["sort"] == "no number"
    ]
    assert [text.split(",")[0] for text in sentences] == ["In timbre", "In rhythm"]
    assert all("in 1 of 2 segments: too short." in text for text in sentences)


def test_overall_is_no_place():
    text = only_text(comparison(segment(7, take(7, "bark", measurement("overall", 0.6)))), "close")
    assert text.startswith("Overall, Bark comes closer")


def test_no_finding_is_about_what_was_made_from_the_baseline_where_another_was_made():
    cover = take(7, "musicgen_from_baseline", measurement("overall", 0.9))
    other = take(7, "bark", measurement("overall", 0.1))
    compared = comparison(segment(7, cover, other, take(7, "sketch", measurement("overall", 0.1))))
    said = " ".join([*compared["summary"], *(f["text"] for f in compared["findings"])])
    assert "Bark" in said and "MusicGen" not in said
    assert "no take is for certain closer" in compared["summary"][0]


def test_where_no_other_was_made_every_sentence_has_its_mark():
    cover = take(7, "musicgen_from_baseline", measurement("overall", 0.9))
    sketch = take(7, "sketch", measurement("overall", 0.1))
    compared = comparison(segment(7, cover, sketch))
    assert compared["summary"][0] == (
        "Overall, MusicGen (melody of the baseline) (in segment 7) comes closer to the baseline "
        "than most other music."
    )
    said = " ".join(f["text"] for f in compared["findings"])
    assert said.count("MusicGen") == said.count("MusicGen (melody of the baseline)") > 0
