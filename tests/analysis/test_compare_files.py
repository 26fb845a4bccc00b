"""The program as a person starts it: two files, a table, JSON, a picture, and clear mistakes.

Two files of no song: what is measured, what is refused, what is said.
"""

import importlib.util
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import soundfile

from secondtake.analysis.cache import Cache
from secondtake.analysis.compare_files import (
    as_json,
    comparison_text,
    first_study_figures,
    in_words,
    measurements,
    open_pair,
)
from secondtake.analysis.comparison.summary import headline_metrics
from secondtake.analysis.findings.two_files import TwoFiles
from secondtake.analysis.metrics.evaluate import Pair, evaluate
from secondtake.analysis.metrics.metric import Measurement
from secondtake.core.errors import UserError

SCRIPT = Path(__file__).parents[2] / "scripts" / "compare_files.py"
RATE = 22_050


@pytest.fixture(scope="module")
def program():
    specification = importlib.util.spec_from_file_location("compare_files", SCRIPT)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module.main


@pytest.fixture
def files(project, sounds, monkeypatch):
    """A folder of the project with music and noise in it, where the user stands."""
    monkeypatch.chdir(project.root)
    music = sounds.clicks(120, 12) + sounds.cadence(60, 12)
    soundfile.write("-my song.wav", music, RATE)
    soundfile.write("noise.flac", sounds.pink(7, RATE), RATE)
    return "-my song.wav", "noise.flac"


@pytest.mark.e2e  # librosa compiles itself for half a minute
def test_a_table_and_a_picture(program, files, capsys):
    assert program(["--naive", "--picture", "both.svg", "--", *files]) == 0
    out, errors = capsys.readouterr()
    assert "noise.flac" in out.splitlines()[0]
    assert out.splitlines()[-1].endswith(".") and out.splitlines()[-2] == ""
    for word in ("\nrhythm\n", "closer than", "pink noise", "docs/metrics.md"):
        assert word in out
    assert "picture: both.svg" in errors
    assert Path("both.svg").read_bytes().startswith(b"<?xml")


def test_json_is_json_and_the_same_twice(program, files, capsys):
    assert program(["--json", "--", *files]) == 0
    first = capsys.readouterr().out
    values = json.loads(first)
    assert values["reference"]["file"] == "-my song.wav" and "naive" not in values
    assert len(values["summary"]) == 3 and values["metrics"]["rhythm"] == "rhythm"
    assert {measurement["question"] for measurement in values["measurements"]} >= {
        "timbre",
        "rhythm",
        "harmony",
    }
    assert program(["--json", "--", *files]) == 0
    assert capsys.readouterr().out == first


def test_a_png_too(program, files, capsys):
    assert program(["--picture", "both.PNG", "--", files[1], files[1]]) == 0
    assert capsys.readouterr().out.startswith("Both are the same file, byte for byte.\n")
    assert Path("both.PNG").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["noise.flac", "gone.wav"], "gone.wav: no such file"),
        (["text.wav", "noise.flac"], "text.wav: not readable as audio"),
        (["noise.flac", "blip.wav"], "blip.wav: 0.30 s is too short to compare"),
        (["noise.flac", "noise.flac", "--picture", "a.gif"], "a picture is named .png or .svg"),
        (["noise.flac", "noise.flac", "--picture", "text.wav/a.png"], "text.wav/a.png: "),
    ],
)
def test_a_mistake_is_one_line_and_exit_2(program, files, sounds, capsys, arguments, message):
    Path("text.wav").write_text("no audio")
    soundfile.write("blip.wav", sounds.pink(0.3, RATE), RATE)
    assert program(arguments) == 2
    out, errors = capsys.readouterr()
    lines = [line for line in errors.splitlines() if not line.startswith("    ")]  # progress
    assert out == "" and len(lines) == 1
    assert lines[0].startswith("error: ") and message in lines[0]


def test_help_teaches(program, capsys):
    with pytest.raises(SystemExit) as end:
        program(["--help"])
    assert end.value.code == 0
    out = capsys.readouterr().out
    assert "exit code" in out and "python scripts/compare_files.py" in out


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write samples under a name; everything is named from that folder."""
    monkeypatch.chdir(tmp_path)

    def make(name, samples, rate=RATE):
        soundfile.write(name, samples, rate)
        return tmp_path.joinpath(name).relative_to(tmp_path)

    return make


@pytest.fixture
def pair(write, sounds, shared_cache):
    music = sounds.clicks(120, 12) + sounds.cadence(60, 12)
    first, second = write("a song.wav", music), write("noise.flac", sounds.pink(8, RATE))
    return open_pair(first, second, Cache(shared_cache))


def test_every_metric_is_there_as_the_two_features_give_it(pair, calibration):
    measured = measurements(pair, calibration)
    values = as_json(pair, in_words(pair, measured, calibration), None)
    assert json.loads(json.dumps(values, allow_nan=False)) == values
    assert [measurement["name"] for measurement in values["measurements"]] == [
        measurement.name for measurement in measured
    ]
    both = Pair(pair.reference.features, pair.estimate.features)
    assert measured == list(evaluate(both, calibration).values())
    assert values["reference"]["file"] == "a song.wav" and values["estimate"]["seconds"] == 8.0
    assert values["same_file"] is False and "naive" not in values


def test_the_same_file_twice_is_said(pair, calibration, shared_cache):
    twice = open_pair(pair.reference.path, pair.reference.path, Cache(shared_cache))
    measured = measurements(twice, calibration)
    words = in_words(twice, measured, calibration)
    assert twice.is_same and as_json(twice, words, None)["same_file"] is True
    text = comparison_text(words, measured, is_same=True)
    assert text.startswith("Both are the same file, byte for byte.")
    assert text.endswith("It is the very same file.")


@pytest.mark.e2e  # compiles librosa where nobody has yet
def test_the_first_studys_figures_have_pink_noise_beside_them(pair, calibration):
    naive = first_study_figures(pair)
    figures = "duration sample_rate tempo spectral_centroid zero_crossing_rate rms mfcc chroma"
    assert set(naive["reference"]) == set(naive["estimate"]) == set(figures.split())
    assert len(naive["reference"]["mfcc"]) == 13
    assert naive["estimate"]["sample_rate"] == RATE
    assert naive["mfcc_cosine"] == pytest.approx(naive["pink_mfcc_cosine"], abs=0.01)
    measured = measurements(pair, calibration)
    text = comparison_text(in_words(pair, measured, calibration), measured, naive)
    rows = [line.split("  ")[0] for line in text.splitlines()]
    assert {"naive", "a song.wav", "noise.flac", "pink noise"} <= set(rows)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros(RATE * 5), "less than 1 s of sound, the rest is silence"),
        (np.full(RATE * 5, np.nan), "NaN or infinity"),
        (np.full(round(RATE * 0.3), 0.1), "0.30 s is too short to compare; give at least 1 s"),
        (np.zeros(0), "empty"),
    ],
)
def test_what_cannot_be_compared_is_bad_input(write, sounds, shared_cache, samples, message):
    good = write("good.wav", sounds.pink(3, RATE))
    soundfile.write("bad.wav", samples, RATE, subtype="FLOAT")
    for first, second in ((good, "bad.wav"), ("bad.wav", good)):
        pair = open_pair(type(good)(first), type(good)(second), Cache(shared_cache))
        with pytest.raises(UserError, match=rf"bad\.wav.*{message}"):
            measurements(pair)


def test_a_file_that_is_none_is_named_before_anything_is_decoded(write, sounds, shared_cache):
    good = write("good.wav", sounds.pink(3, RATE))
    with pytest.raises(UserError, match=r"gone\.wav: no such file"):
        open_pair(good, good.with_name("gone.wav"), Cache(shared_cache))
    good.with_name("text.wav").write_text("no audio")
    with pytest.raises(UserError, match=r"text\.wav: not readable as audio"):
        open_pair(good.with_name("text.wav"), good, Cache(shared_cache))


def scored(name, question, scaled, verdict, **more):
    ends = (scaled - 0.2, scaled + 0.2)
    facts = {"closer_is": "higher", "scaled": scaled, "scaled_interval": ends, **more}
    return Measurement(name, question, 0.5, "cosine", verdict=verdict, **facts)


def table(*measured):
    """The text of a comparison of a.wav and b.wav."""
    values = [asdict(measurement) for measurement in measured]
    metrics = headline_metrics([[{"measurements": values}]])
    return comparison_text(TwoFiles("a.wav", "b.wav", values, metrics), measured).splitlines()


def test_three_sentences_come_first_and_a_line_last():
    lines = table(
        scored("likeness", "overall", 0.1, "as other music"),
        scored("timbre", "timbre", 0.7, "closer"),
        scored("mmd", "timbre", -1.0, "further"),
        Measurement("voice", "voice", None, "share", note="too short"),
        Measurement("loudness", "level", -20.0, "LU", verdict="no scale"),
    )
    assert lines[:3] == [
        "Nothing shows that b.wav is closer to a.wav than any other music is.",
        "It is closer in timbre than most other music, and in no other for certain.",
        "Nothing could be decided in amount of voice and loudness; it is about 20 dB quieter.",
    ]
    assert lines[-1] == (
        "Not the same music: closer in timbre than most songs, and in no other for certain."
    )
    assert any(line.startswith("  timbre*, cosine") for line in lines)
    assert any(line.startswith("  mmd, cosine") for line in lines)


def test_a_verdict_that_is_open_has_no_figure_beside_it_that_looks_like_one():
    lines = table(scored("rhythm", "rhythm", 0.9, "undecided", percentile=98.0, note="no pulse"))
    row = next(line for line in lines if line.startswith("  rhythm*"))
    assert "98 %" not in row and "0.90" not in row and row.endswith("undecided")


def test_what_has_no_number_has_a_gap_and_its_reason():
    lines = table(Measurement("tempo", "rhythm", None, "octaves", note="undecidable"))
    row = next(place for place, line in enumerate(lines) if "tempo*, octaves" in line)
    assert lines[row].split() == ["tempo*,", "octaves", "unknown"]
    assert lines[row + 1].strip() == "undecidable"
    assert "None" not in "".join(lines) and "nan" not in "".join(lines)
