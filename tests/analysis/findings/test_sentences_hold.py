"""Every sentence of made-up comparisons held against the measurements that it rests on.

The rules stand here a second time, in figures: a sentence is found by its words, and the numbers
behind it must allow them.
"""

import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analysis.made_up import (
    NEAR,
    TITLES,
    USUALLY,
    comparison,
    measurement,
    segment,
    take,
    verdict,
)

from secondtake.analysis.findings.phrases import WORDS
from secondtake.analysis.findings.two_files import TwoFiles, friend_line, pair_sentences

OPEN = ("unknown", "no floor", "no scale", "undecided")
MUSIC = ("overall", "timbre", "rhythm", "harmony")
METRICS = (
    ("overall", "likeness"),
    ("timbre", "embedding"),
    ("rhythm", "tempo"),
    ("harmony", "harmony"),
    ("level", "dynamics"),
    ("lyrics", "character error rate"),
    ("prompt", "prompt adherence"),
)
NO_WORD = "no word was understood"
TWO_FILES = ("overall", "timbre", "rhythm", "harmony", "level")  # asked of two files too
LOST = ("cannot be told from other music", "no more is understood", "no better than under other")
CLOSER = "comes closer to the baseline than most other music"
LONG_NUMBER = re.compile(r"\d{3}|\d\.\d\d")

Json = dict[str, Any]
scores = st.sampled_from([-1.5, -0.5, -0.1, 0.1, 0.3, 0.5, 0.7, 1.0, 1.3])
halves = st.sampled_from([0.05, 0.15, 0.4, 1.0, 0.05, 0.15, None])
kinds = st.sampled_from(["sung", "sung", "instrumental", "noise", "speech"])


FILE = ("overall", "level", "artefacts")  # of which no closeness is claimed in a single question


@st.composite
def measured_takes(draw: st.DrawFn, number: int, model: str, control: Json | None) -> Json:
    """A take with one metric a question, and its loudness; control: the sketch beside it."""
    kind = draw(kinds)
    loudness = draw(st.sampled_from([None, -20.0, 1.0]))
    entries = [measurement("level", None, name="loudness", value=loudness, closer_is="")]
    for question, name in METRICS:
        scaled, below, above = draw(scores), draw(halves), draw(halves)
        spread = None if below is None or above is None else [scaled - below, scaled + above]
        known = verdict(scaled, spread)
        entry = measurement(question, scaled, name=name, scaled_interval=spread, verdict=known)
        if kind == "noise":
            entry["verdict"] = "undecided"
        elif draw(st.integers(0, 5)) == 0:
            entry["verdict"] = draw(st.sampled_from(OPEN))
        if question == "lyrics" and draw(st.booleans()):
            entry["note"] = f"{NO_WORD}; no voice was found"
            entry["verdict"] = "as other music" if entry["verdict"] not in OPEN else "undecided"
        if control is not None and entry["scaled_interval"]:
            mark = of_metric(control, name)["scaled"]
            low, high = entry["scaled_interval"]
            side = "ahead" if low > mark else "behind" if high < mark else "level"
            entry |= {"mark": mark, "mark_scaled": mark, "against_mark": side}
        entries.append(entry)
    made = take(number, model, *entries)
    made["measured"]["kind"] = kind
    return made


@st.composite
def comparisons(draw: st.DrawFn) -> Json:
    """One to three segments, of one or two models and mostly the sketch."""
    segments = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        sketch = draw(measured_takes(number, "sketch", None)) if draw(st.integers(0, 3)) else None
        takes = [draw(measured_takes(number, name, sketch)) for name in ("bark", "musicgen")]
        segments.append(segment(number, *filter(None, (sketch, *takes))))
    return comparison(*segments)


def of_metric(made: Json, name: str) -> Json:
    return next(entry for entry in made["measurements"] if entry["name"] == name)


def is_close(entry: Json) -> bool:
    if entry["verdict"] in OPEN or NO_WORD in entry["note"]:
        return False
    return bool(entry["scaled_interval"][0] > NEAR)


def rows(compared: Json, finding: Json) -> list[tuple[Json, Json, Json | None]]:
    """Take, measurement and the sketch's measurement of every row."""
    found = []
    for row in finding["evidence"]:
        part = next(part for part in compared["segments"] if part["number"] == row["segment"])
        made = next(made for made in part["takes"] if made["name"] == row["take"])
        sketch = next((other for other in part["takes"] if other["floor"]), None)
        beside = of_metric(sketch, row["metric"]) if sketch else None
        found.append((made, of_metric(made, row["metric"]), beside))
    return found


@settings(max_examples=150, deadline=None)
@given(comparisons())
def test_every_sentence_is_allowed_by_its_figures(compared: Json) -> None:
    """One comparison for all the checks: drawing and wording it costs more than they do."""
    check_findings(compared)
    check_anchors(compared)
    check_across(compared)
    check_summary(compared)


def check_findings(compared: Json) -> None:
    """Every finding is allowed by its figures."""
    for finding in compared["findings"]:
        for made, entry, sketch in rows(compared, finding):
            check_row(finding["text"], finding["kind"], made, entry, sketch)


def check_row(text: str, kind: str, made: Json, entry: Json, sketch: Json | None) -> None:
    if kind == "undecided":
        assert "not to be told apart" in text or entry["verdict"] in OPEN, text
        return
    assert entry["verdict"] not in OPEN, text
    low, high = entry["scaled_interval"]
    overall = of_metric(made, "likeness")
    assert "In level" not in text
    if CLOSER in text or "more words are understood" in text:
        assert low > NEAR, text
        assert is_close(overall) or "overall" in text.lower(), text
    if CLOSER in text and entry["name"] == "dynamics":
        loudness = of_metric(made, "loudness")["value"]
        assert loudness != -20.0 or "20 dB quieter" in text, text
    if "cannot be told from the baseline itself" in text:
        assert entry["question"] in MUSIC and entry["name"] != "tempo", text
        assert low > NEAR and high >= 1 and is_close(overall), text
    if "closer to the baseline than the baseline's own" in text:
        assert entry["question"] in MUSIC and entry["name"] != "tempo" and low > 1, text
        assert is_close(overall), text
    if "is ahead of the control" in text:
        assert low > max(0, entry["mark_scaled"]), text
        assert sketch is not None and sketch["verdict"] not in OPEN, text
    if "the control, which follows rules, " in text:
        assert high < entry["mark_scaled"], text
        assert sketch is not None and sketch["verdict"] not in OPEN, text
        assert sketch["scaled_interval"][0] > 0, text
    if re.search(r"does better than under most|(does better|comes closer) than (Bark|Mus)", text):
        assert low > (NEAR if "most" in text else 0) or "control" in text, text
    if "is further from" in text or "less is understood" in text or "does worse" in text:
        assert high < USUALLY, text
    if any(words in text for words in LOST):
        assert (low <= NEAR and high >= USUALLY) or NO_WORD in entry["note"], text
    if NO_WORD in text:
        assert NO_WORD in entry["note"], text


def check_anchors(compared: Json) -> None:
    """No figure is a strength and a weakness."""
    anchors = {
        kind: {
            row["anchor"]
            for f in compared["findings"]
            if f["kind"] == kind
            for row in f["evidence"]
        }
        for kind in ("strength", "weakness")
    }
    assert not anchors["strength"] & anchors["weakness"]


def check_across(compared: Json) -> None:
    """No median and no pair rests on what is open."""
    across = compared["across"]
    decided = {
        (model, question): [
            a["scaled"]
            for a in across["answers"]
            if (a["model"], a["question"]) == (model, question) and a["verdict"] not in OPEN
        ]
        for model in across["cells"]
        for question in across["questions"]
    }
    for (model, question), scaled in decided.items():
        cell = across["cells"][model][question]
        assert (cell["segments"], cell["scaled"] is None) == (len(scaled), not scaled)
        if scaled:
            assert min(scaled) <= cell["scaled"] <= max(scaled)
    answers = {(a["segment"], a["model"], a["question"]): a for a in across["answers"]}
    for pair in across["pairs"]:
        both = [
            answers[number, pair[side], pair["question"]]
            for number in pair["segments"]
            for side in ("first", "second")
        ]
        assert all(answer["verdict"] not in OPEN for answer in both)
        if pair["decided"]:
            closer = pair["first" if pair["difference"] > 0 else "second"]
            assert max(answer["low"] for answer in both if answer["model"] == closer) > 0


def check_summary(compared: Json) -> None:
    """The three sentences hold and are plain."""
    summary = compared["summary"]
    assert 1 <= len(summary) <= 3
    for sentence in summary:
        assert not re.search(r"\d{3}|\d\.\d|\b(floor|ceiling|LU|scaled)\b", sentence), sentence
    takes = [made for part in compared["segments"] for made in part["takes"] if not made["floor"]]
    if any(made["measured"]["kind"] in ("noise", "speech") for made in takes):
        assert re.search("noise, not music|speech, not music|1 more|2 more|3 more", summary[0])
    overall = next(text for text in summary if text.startswith("Overall"))
    close = {made["model"] for made in takes if is_close(of_metric(made, "likeness"))}
    named = {model for model in TITLES if TITLES[model] in overall}
    assert named == close, overall
    assert close or "nothing" in overall or "no take is for certain" in overall
    if any(text.startswith("In no single question") for text in summary):
        metrics = dict(METRICS)
        single = [of_metric(made, metrics[q]) for made in takes for q in metrics if q not in FILE]
        assert not any(is_close(entry) for entry in single)


def is_above_zero(entry: Json) -> bool:
    return entry["verdict"] not in OPEN and entry["scaled_interval"][0] > 0


@st.composite
def pairs(draw: st.DrawFn) -> TwoFiles:
    made = draw(measured_takes(1, "bark", None))
    metrics = {question: name for question, name in METRICS if question in TWO_FILES}
    kind = made["measured"]["kind"]
    return TwoFiles("a.wav", "b.wav", made["measurements"], metrics, (draw(kinds), kind))


@settings(max_examples=300, deadline=None)
@given(pairs())
def test_what_is_said_of_two_files_holds(pair: TwoFiles) -> None:
    sentences, line = pair_sentences(pair), friend_line(pair)
    assert len(sentences) == 3 and all(text.endswith(".") for text in (*sentences, line))
    assert not LONG_NUMBER.search(" ".join([*sentences, line]))
    by_name = {entry["name"]: entry for entry in pair.answers}
    overall = by_name["likeness"]
    if pair.kinds[1] == "noise" or (pair.kinds[1] == "speech" and pair.kinds[0] != "speech"):
        assert "not music" in sentences[0] and "not a song" in line
        assert "closer" not in " ".join([*sentences, line])
    for text in (*sentences, line):
        if "another take" in text:
            assert is_close(overall), text
        if "Not the same music" in text:
            assert overall["scaled_interval"][1] < 1, text
        if "loud" not in text and "is further from" in text:
            assert overall["scaled_interval"][1] < USUALLY, text
        if named := re.search(r"(?<!perhaps )closer in (.+) than most", text):
            check_named(text, named[1], by_name)
    loudness = of_metric({"measurements": pair.measurements}, "loudness")["value"]
    assert ("20 dB quieter" in sentences[2]) == (loudness == -20.0)


def check_named(text: str, listed: str, by_name: dict[str, Json]) -> None:
    """What is called closer is, and what is not named is not."""
    names = set(re.split(", | and ", listed))
    by_name = {n: e for n, e in by_name.items() if e["question"] not in ("level", "artefacts")}
    words = {
        WORDS.get(word, word): entry
        for name, entry in by_name.items()
        for word in [name if entry["question"] == "level" else entry["question"]]
        if name != "likeness"
    }
    assert names == {word for word, entry in words.items() if is_close(entry)}, text
    if text.endswith("no other question of music."):
        rest = [entry for word, entry in words.items() if word not in names]
        assert all(entry["verdict"] in ("as other music", "further") for entry in rest), text
