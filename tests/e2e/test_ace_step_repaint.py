"""Repaints and covers by ACE-Step in its own environment, on tiny checkpoints in true formats."""

import json
import os
import re
import shutil
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.e2e.bark_project import ROOT, run
from tests.e2e.tiny_weights import put_down

from secondtake.core.files import sha256_of
from secondtake.core.project import Project
from secondtake.core.registry.ace_step import ACE_STEP
from secondtake.core.song import load_song
from secondtake.core.takes import Take, read_record, record_path, wav_path

pytestmark = pytest.mark.e2e
PYTHON_VARIABLE = "SECONDTAKE_ACE_STEP_PYTHON"  # another environment than the clone's
FIRST = "ace_step_segment18_chorus"
FADE = 2400  # frames of a crossfade
SONG = """\
title = "Tiny"
languages = ["es"]
baseline = "data/song.wav"

[[segment]]
number = 18
kind = "chorus"
title = "Chorus"
seconds = 2
start = 1
end = 3
lyrics = "La mar al amanecer"
models = ["ace_step"]
[segment.ace_step]
steps = 2
mode = "exact"
"""


@pytest.fixture(scope="session")
def ace_step_python(request: pytest.FixtureRequest) -> str:
    """The Python of an environment that ACE-Step runs in."""
    chosen = os.environ.get(PYTHON_VARIABLE)
    return chosen or str(request.getfixturevalue("clone").python("ace_step"))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, ace_step_python: str) -> Project:
    """A project whose weights are ACE-Step's tiny ones, as if they had been fetched."""
    root = tmp_path_factory.mktemp("ace_step")
    shutil.copytree(ROOT / "scripts", root / "scripts")
    (root / "songs").mkdir()
    (root / "songs" / "tiny.toml").write_text(SONG)
    (root / "noxfile.py").touch()
    project = Project(root)
    script = ROOT / "tests" / "tiny" / "ace_step.py"
    run(ace_step_python, project, str(script), str(project.cache))
    put_down(project, ACE_STEP, project.cache)
    write_baseline(root / "data" / "song.wav")
    return project


def write_baseline(path: Path) -> None:
    """Four seconds of a tone, mono, at a rate of its own."""
    path.parent.mkdir()
    tone = 8000 * np.sin(2 * np.pi * 440 * np.arange(4 * 22_050) / 22_050)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 22_050, 0, "NONE", ""))
        file.writeframes(tone.astype("<i2").tobytes())


@pytest.fixture(scope="module")
def facts(ace_step_python: str, project: Project) -> dict[str, Any]:
    probe = ROOT / "tests" / "e2e" / "ace_step_repaint_probe.py"
    done = run(ace_step_python, project, str(probe), str(project.cache))
    return dict(json.loads(done.stdout.splitlines()[-1]))


# Beside AceStepPipeline


@pytest.mark.parametrize("checkpoint", ["turbo", "base"])
def test_a_repaint_is_that_of_the_pipeline(facts: dict[str, Any], checkpoint: str) -> None:
    fact = facts[checkpoint]
    assert fact["context"] and fact["latents"]
    assert fact["kept_is_masked"] == 15  # 0.6 s of 25 latents each
    assert fact["again"] and fact["another_seed"] > 0.01


@pytest.mark.parametrize("checkpoint", ["turbo", "base"])
def test_the_rest_of_a_wav_is_the_takes_to_the_sample(
    facts: dict[str, Any], checkpoint: str
) -> None:
    fact = facts[checkpoint]
    assert fact["frames"] == [96_000, 96_000] and fact["changed"] > 0.99
    assert all(0 <= inside < 200 for inside in fact["outside"])  # frames from the crossfades' ends
    details = fact["details"]
    assert details["task"] == "repaint" and details["crossfade_seconds"] == 0.05
    assert "peak_normalisation" not in details and "# Instruction\nRepaint" in details["text"]
    source = details["source"]
    assert (source["take"], source["start_seconds"], source["end_seconds"]) == (FIRST, 0.6, 1.2)
    assert re.fullmatch("[0-9a-f]{64}", source["sha256"]) and source["file"] == f"{FIRST}.wav"


def test_a_take_is_continued(facts: dict[str, Any]) -> None:
    for fact in facts["continued"].values():
        assert fact["frames"] == 144_000 and fact["kept"] and fact["silent"]
        assert fact["tail_is_heard"] > 1000
    assert facts["continued"]["at its end"]["mask"] == [0, 0, 0, 1]
    assert facts["continued"]["before it"]["mask"] == [0, 1, 1, 1]  # from latent 42 on


def test_a_stretch_may_lie_at_an_edge_or_be_the_whole_take(facts: dict[str, Any]) -> None:
    assert facts["edges"] == {"first": True, "last": True, "all": True}


@pytest.mark.parametrize("layout", ["cover", "xl cover"])
def test_a_cover_is_that_of_the_pipeline(facts: dict[str, Any], layout: str) -> None:
    fact = facts[layout]
    whole, short = fact["whole"], fact["short"]
    assert whole["context"] and whole["latents"] and short["silent"]
    assert whole["frames"] == short["frames"] == 96_000
    assert whole["details"]["task"] == "cover" and "crossfade_seconds" not in whole["details"]
    assert whole["details"]["peak_normalisation"]["peak_dbfs"] == -1
    assert whole["details"]["source"]["seconds"] == 2 and short["details"]["source"]["seconds"] == 1
    assert fact["is_heard"] > 0.01


def test_what_cannot_be_made_says_why(facts: dict[str, Any]) -> None:
    words = {
        "changed": ("unsupported", "has changed since", "planned anew"),
        "missing": ("unsupported", "No such file", "planned anew"),
        "no take": ("unsupported", "44100 Hz", "planned anew"),
        "no such baseline": ("unsupported", "No such file", "import-baseline"),
        "no tokenizer": ("bad_weights", "without audio_tokenizer", "ace_step=turbo"),
    }
    assert facts["refused"].keys() == words.keys()
    for name, (code, message, hint) in words.items():
        told = facts["refused"][name]
        assert told[0] == code and message in told[1] and hint in told[2], name


def test_a_tone_of_another_rate_stays_that_tone(facts: dict[str, Any]) -> None:
    for rate, (same_length, difference) in facts["resampled"].items():
        assert same_length and difference < 1e-4, rate
    assert facts["mono"][0] == [48_000, 1] and 0.39 < facts["mono"][1] < 0.41


# By its script


def generate(python: str, project: Project, *words: str) -> str:
    script = str(project.root / "scripts" / "generate_ace_step.py")
    return run(python, project, script, "--song", "songs/tiny.toml", *words).stdout


def take_of(project: Project, name: str) -> Take:
    return read_record(record_path(results_of(project), name))


def results_of(project: Project) -> Path:
    return load_song(project.root / "songs" / "tiny.toml", project).results


def pcm_of(project: Project, name: str) -> np.ndarray:
    with wave.open(str(wav_path(results_of(project), name)), "rb") as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)


def test_a_take_its_repaint_and_a_cover_by_hand(ace_step_python: str, project: Project) -> None:
    generate(ace_step_python, project)
    repaint = ("--segment", "18", "--repaint", "0.6:1.2")
    out = generate(ace_step_python, project, *repaint)
    assert f"{FIRST}_take101: not made yet" in out
    assert f"note: 0.6 to 1.2 s are made anew, the rest is {FIRST} (" in out
    assert ") to the sample but for" in out
    first, second = pcm_of(project, FIRST), pcm_of(project, f"{FIRST}_take101")
    differ = np.flatnonzero((first != second).any(1))
    assert differ.min() >= 28_800 - FADE and differ.max() < 57_600 + FADE
    take = take_of(project, f"{FIRST}_take101")
    assert take.job.is_edit and not take.job.from_baseline and take.wav.frames == 96_000
    sha256 = sha256_of(wav_path(results_of(project), FIRST))
    assert take.job.settings["repaint"].endswith(f"{FIRST}.wav@0.6-1.2@sha256:{sha256}")
    assert take.details["source"]["sha256"] == sha256
    again = generate(ace_step_python, project, *repaint, "--dry-run")  # of no locked environment
    # The same edit is found again; a Python of one's own is none of the project's environments.
    assert re.match(rf"{FIRST}_take101: (up to date|made outside the project's env)", again), again

    out = generate(ace_step_python, project, "--from-baseline")
    assert "note: a cover of the baseline, data/song.wav: not independent of it" in out
    cover = take_of(project, f"{FIRST}_take102")
    assert cover.job.from_baseline and cover.details["source"]["file"] == "data/song.wav"
    assert cover.job.settings["cover"].startswith("data/song.wav@1-3@sha256:")

    out = generate(ace_step_python, project, "--repaint", "2:3", "--of", f"{FIRST}_take102")
    longer = take_of(project, f"{FIRST}_take103")
    assert longer.wav.frames == 144_000 and longer.job.from_baseline
    assert (
        pcm_of(project, f"{FIRST}_take102")[:90_000] == pcm_of(project, longer.name)[:90_000]
    ).all()
    more = generate(ace_step_python, project, "--takes", "2", "--dry-run")
    assert f"\n{FIRST}_take2: not made yet" in more and f"{FIRST}_take101" not in more
