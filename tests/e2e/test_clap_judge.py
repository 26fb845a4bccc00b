"""CLAP in its own environment, on tiny checkpoints in the exact formats of the real ones."""

import json
import os
import shutil
from typing import Any

import numpy as np
import pytest
from tests.analysis.listening.conftest import write_take
from tests.e2e.bark_project import ROOT, run
from tests.e2e.tiny_weights import put_down

from secondtake.core.errors import Exit
from secondtake.core.judgments import read_judgment
from secondtake.core.project import Project
from secondtake.core.registry.clap import CLAP, PROMPT_ADHERENCE
from secondtake.core.song import load_song
from secondtake.judges.clap_prompts import other_prompts

pytestmark = pytest.mark.e2e
PYTHON_VARIABLE = "SECONDTAKE_CLAP_PYTHON"  # another environment than the clone's
RECORDINGS = {"short": 1, "a window": 1, "just longer": 2, "long": 7}  # name -> windows
ROUNDED = 1e-6  # what is kept of a figure


@pytest.fixture(scope="session")
def clap_python(request: pytest.FixtureRequest) -> str:
    """The Python of an environment that CLAP runs in."""
    chosen = os.environ.get(PYTHON_VARIABLE)
    return chosen or str(request.getfixturevalue("clone").python("clap"))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, clap_python: str) -> Project:
    """A project whose weights are CLAP's tiny ones, as if they had been fetched."""
    root = tmp_path_factory.mktemp("clap")
    for name in ("scripts", "songs"):
        shutil.copytree(ROOT / name, root / name)
    (root / "noxfile.py").touch()
    project = Project(root)
    run(clap_python, project, str(ROOT / "tests" / "tiny" / "clap.py"), str(project.cache))
    put_down(project, CLAP, project.cache)
    return project


@pytest.fixture(scope="module")
def facts(clap_python: str, project: Project) -> dict[str, Any]:
    probe = ROOT / "tests" / "e2e" / "clap_probe.py"
    done = run(clap_python, project, str(probe), str(project.cache))
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("recording", RECORDINGS)
def test_embeddings_and_cosines_are_those_of_transformers(
    facts: dict[str, Any], recording: str
) -> None:
    fact = facts["beside_transformers"][recording]
    count, *windows = fact["windows"]
    assert len(windows) == count == RECORDINGS[recording]
    assert max(fact["embeddings"], fact["cosines"], fact["others"]) <= 1e-5
    assert fact["spread"] > 0.01 and fact["apart"] < 0.95  # texts and windows count, or it is easy


def test_windows_of_ten_seconds_reach_the_end(facts: dict[str, Any]) -> None:
    windows = facts["beside_transformers"]["long"]["windows"][1:]
    assert windows[:-1] == [[5.0 * n, 5.0 * n + 10.0] for n in range(6)]
    assert windows[-1] == pytest.approx([27.2, 37.2])  # begins earlier, rather than be short
    assert facts["beside_transformers"]["short"]["windows"][1:] == [[0.0, 3.3]]


def test_a_recording_is_judged_alike_every_time(facts: dict[str, Any]) -> None:
    fact = facts["again"]
    assert fact["same"] and fact["batches"] <= 2 * ROUNDED
    assert fact["lengths"] <= 1e-5
    assert fact["steps"] == [["listening, windows", n, 7] for n in (0, 4, 7)]
    assert facts["device"] == ["cpu", "float32"]


def test_a_stretch_is_judged_as_that_window_of_the_whole(facts: dict[str, Any]) -> None:
    """But for its edges, where resampling knows no neighbours."""
    fact = facts["again"]
    assert fact["stretch_windows"] == [[0.0, 10.0]]
    assert fact["stretch"] <= 2e-3 < 1 - facts["beside_transformers"]["long"]["apart"]


def test_a_style_that_is_too_long_is_cut(facts: dict[str, Any]) -> None:
    fact = facts["texts"]["long"]
    assert fact["tokens"] == 512 and fact["end_unread"] and fact["left_out"] == []


def test_any_style_is_read(facts: dict[str, Any]) -> None:
    assert all(fact["finite"] for fact in facts["texts"].values())


def test_prompts_that_say_the_same_as_the_style_are_no_floor(facts: dict[str, Any]) -> None:
    (left_out,) = facts["texts"]["one of the others"]["left_out"]
    assert "harpsichord" in left_out
    (left_out,) = facts["texts"]["within another"]["left_out"]
    assert "tango" in left_out
    assert len(facts["texts"]["one letter"]["left_out"]) < 40  # a floor is left even so


def test_windows_of_silence_are_left_out(facts: dict[str, Any]) -> None:
    assert [begin for begin, _ in facts["silence"]["partly"]] == [0.0, 5.0, 10.0, 25.0, 27.2]


@pytest.mark.parametrize("recording", ["silent", "empty", "no numbers"])
def test_nothing_is_said_of_a_recording_without_sound(
    facts: dict[str, Any], recording: str
) -> None:
    assert facts["silence"][recording] == []


def test_a_recording_that_is_not_there_is_named(facts: dict[str, Any]) -> None:
    kind, message, _ = facts["silence"]["missing"]
    assert kind == "AudioError" and "no such file" in message


def test_a_checkpoint_whose_words_do_not_count_is_refused(facts: dict[str, Any]) -> None:
    code, message, hint = facts["refused"]["music"]
    assert code == "bad_weights" and "nearly the same whatever they say" in message
    assert "general" in hint
    assert facts["words"] < 0.9  # of the other one


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ("narrow", "text_projection.linear1.weight"),
        ("lacking", "audio_projection.linear2.bias"),
        ("config", "config.json is not CLAP's configuration"),
        ("preprocessor", "preprocessor_config.json is not CLAP's"),
        ("vocabulary", "is not CLAP's tokenizer"),
    ],
)
def test_files_that_are_not_claps_are_named(facts: dict[str, Any], files: str, words: str) -> None:
    code, message, hint = facts["refused"][files]
    assert code == "bad_weights" and words in message
    assert hint == "type: invoke setup --judges clap"


def test_tables_that_are_computed_need_not_be_in_the_file(facts: dict[str, Any]) -> None:
    assert facts["refused"]["old"] == ["loaded", "", ""]


def test_the_script_judges_a_take_and_its_baseline(clap_python: str, project: Project) -> None:
    song = load_song(project.root / "songs" / "demo.toml", project)
    sound = 0.1 * np.random.default_rng(2).standard_normal((8 * 32_000, 2))
    take = write_take(song, "musicgen", 1, sound, 32_000)
    style = " ".join(take.job.style.split())
    script = (str(project.root / "scripts" / "judge_clap.py"), "--song", "songs/demo.toml")
    done = run(clap_python, project, *script)
    assert [line.partition(": ")[2][:9] for line in done.stdout.splitlines()] == 2 * ["judged in"]
    stored = [read_judgment(path) for path in sorted(song.results.glob("judges/clap/*.json"))]
    assert [each.job.recording for each in stored if each] == ["baseline_segment1", take.name]
    for each in stored:
        assert each is not None and each.job.style == style
        reading = each.judgment.scales[PROMPT_ADHERENCE.name]
        assert len(reading.values) == len(each.judgment.windows) == 1
        assert set(reading.others) == set(other_prompts(style))
        assert len(each.judgment.embeddings[0]) == 32
    assert run(clap_python, project, *script).stdout == "CLAP: nothing new to hear\n"


def test_the_script_says_why_a_checkpoint_judges_nothing(
    clap_python: str, project: Project
) -> None:
    song = load_song(project.root / "songs" / "demo.toml", project)
    write_take(song, "musicgen", 1, np.full((32_000, 1), 0.5), 32_000)
    script = (str(project.root / "scripts" / "judge_clap.py"), "--song", "songs/demo.toml")
    refused = run(clap_python, project, *script, "--checkpoint", "music", code=Exit.FAILED)
    assert "nearly the same whatever they say" in refused.stderr and "general" in refused.stderr
    refused = run(clap_python, project, *script, "--checkpoint", "smallest", code=Exit.BAD_INPUT)
    assert "general" in refused.stderr
