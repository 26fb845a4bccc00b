"""Stable Audio in its own environment, on tiny checkpoints in the formats of the real ones."""

import array
import json
import os
import shutil
import subprocess
import wave
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.tiny_weights import put_down

from secondtake.core.environ import child_environ
from secondtake.core.files import sha256_of
from secondtake.core.project import Project
from secondtake.core.registry.stable_audio import STABLE_AUDIO
from secondtake.core.takes import read_record, record_path

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]
PYTHON_VARIABLE = "SECONDTAKE_STABLE_AUDIO_PYTHON"  # another environment than venv-stable-audio
NOWHERE = "http://127.0.0.1:9"  # whoever asks the network is refused at once
CHECKPOINTS = ("open-1.0", "open-small")  # for Stable Audio 3 see test_stable_audio_3.py
TAKE = "stable_audio_segment7_instrumental"
PAYLOAD = """
import os, sys, torch
class Payload:
    def __reduce__(self): return os.system, (f"touch {sys.argv[2]}",)
torch.save({"state_dict": {"a": torch.zeros(2)}, "more": Payload()}, sys.argv[1])
"""


@pytest.fixture(scope="module")
def python(request: pytest.FixtureRequest) -> str:
    chosen = os.environ.get(PYTHON_VARIABLE)
    return chosen or str(request.getfixturevalue("clone").python("stable_audio"))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory, python: str) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    run(python, Project(folder), str(ROOT / "tests" / "tiny" / "stable_audio.py"), str(folder))
    return folder


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, tiny: Path) -> Project:
    """A project of its own, whose weights are the tiny ones."""
    root = tmp_path_factory.mktemp("stable_audio")
    for name in ("scripts", "songs"):
        shutil.copytree(ROOT / name, root / name)
    (root / "noxfile.py").touch()
    project = Project(root)
    put_down(project, STABLE_AUDIO, tiny, *CHECKPOINTS)
    return project


@pytest.fixture(scope="module")
def probe(python: str, project: Project, tiny: Path) -> dict[str, Any]:
    done = run(python, project, str(ROOT / "tests/e2e/stable_audio_probe.py"), str(tiny))
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(params=CHECKPOINTS)
def facts(request: pytest.FixtureRequest, probe: dict[str, Any]) -> dict[str, Any]:
    """The probe's facts about one checkpoint, and the checkpoint's name."""
    return {"checkpoint": request.param, **probe[request.param]}


def run(
    python: str, project: Project, *arguments: str, code: int = 0
) -> subprocess.CompletedProcess[str]:
    environ = {**child_environ(project), "SECONDTAKE_ROOT": str(project.root)}
    environ |= {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", "SECONDTAKE_CACHE": ""}
    environ |= dict.fromkeys(("HF_ENDPOINT", "http_proxy", "https_proxy", "ALL_PROXY"), NOWHERE)
    done = subprocess.run(
        [python, *arguments], cwd=project.root, env=environ, capture_output=True, text=True
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


def play(python: str, project: Project, *arguments: str, code: int = 0) -> str:
    page = ("scripts/generate_stable_audio.py", "--segment", "7", "--steps", "4")
    done = run(python, project, *page, *arguments, code=code)
    return done.stdout + done.stderr


def test_sound_is_what_stable_audio_tools_makes(facts: dict[str, Any]) -> None:
    assert facts["shape"] == [round(2.345 * 44_100), 2]
    assert facts["kind"] == "float32"
    assert facts["level"] > 0.01 and not facts["sides_the_same"]
    # The same noise, steps and numbers; the decoder sums a shorter piece in another order.
    assert facts["difference"] < 1e-5 * facts["loudest"]


def test_edges_are_faded(facts: dict[str, Any]) -> None:
    assert facts["edges"] == [0.0, 0.0]


def test_progress_tells_every_step(facts: dict[str, Any]) -> None:
    steps = [["denoising", step, 4] for step in range(5)]
    assert facts["told"][:5] == steps
    assert {phase for phase, _, _ in facts["told"][5:]} == {"decoding"}


def test_seed_and_prompt_decide_whatever_was_played_before(facts: dict[str, Any]) -> None:
    assert facts["again_the_same"]
    assert not facts["seed_the_same"]
    assert not facts["prompt_the_same"]
    assert not facts["negative_the_same"]


def test_nothing_is_wrong_with_a_take(facts: dict[str, Any]) -> None:
    assert facts["warnings"] == []


def test_every_offered_sampler_makes_sound(facts: dict[str, Any]) -> None:
    assert facts["silent_samplers"] == []


def test_the_whole_window_and_no_more(facts: dict[str, Any]) -> None:
    frames, longest = {"open-1.0": (2_097_152, "47.5 s"), "open-small": (524_288, "11.8 s")}[
        facts["checkpoint"]
    ]
    assert facts["whole_window"] == frames
    code, message, hint = facts["too_long"]
    assert code == "unsupported" and facts["checkpoint"] in message and longest in message
    assert "--longer continue" in hint


def test_samplers_that_would_run_as_another_are_refused(facts: dict[str, Any]) -> None:
    code, message, hint = facts["wrong_sampler"]
    assert code == "unsupported" and "dpmpp-2m-sdee" in message
    assert facts["details"]["sampler"] in hint
    assert facts["sampler_of_the_other"][0] == facts["one_step"][0] == "unsupported"


def test_a_failure_names_what_it_happened_with(facts: dict[str, Any]) -> None:
    code, message, hint = facts["broken"]
    assert code == "bug" and "--sampler" in hint
    for named in (facts["details"]["sampler"], "steps 4", "float32", facts["details"]["objective"]):
        assert named in message
    assert ("sigma_min 0.3, sigma_max 500.0" in message) == (facts["checkpoint"] == "open-1.0")


@pytest.mark.parametrize("checkpoint", CHECKPOINTS)
def test_the_page_makes_a_take_with_its_record(
    python: str, project: Project, checkpoint: str
) -> None:
    play(python, project, "--checkpoint", checkpoint, "--force", "--seed", "7")
    with wave.open(str(project.results / "local_models" / f"{TAKE}.wav")) as wav:
        shape = (wav.getnframes(), wav.getnchannels(), wav.getframerate())
        samples = array.array("h", wav.readframes(wav.getnframes()))
    assert shape == (441_000, 2, 44_100)
    assert max(map(abs, samples)) > 300
    take = read_record(record_path(project.results, TAKE))
    assert take is not None and take.job.checkpoint == checkpoint
    assert take.details["steps"] == 4
    assert take.details["window"] == "fitted" and 10 < take.details["window_seconds"] < 11
    assert take.made.dtype == take.details["arithmetic"]
    assert take.made.versions["stable-audio-tools"]


def test_exact_is_the_whole_window_in_float32(python: str, project: Project) -> None:
    play(python, project, "--checkpoint", "open-small", "--force", "--mode", "exact")
    take = read_record(record_path(project.results, TAKE))
    assert take is not None and take.made.dtype == "float32"
    assert take.details["window"] == "whole" and take.details["window_seconds"] > 11.8


@pytest.mark.parametrize(
    "words, problem, remedy",
    [
        (("--dtype", "float16"), "float16 is not computed on cpu", "only on cuda and mps"),
        (("--mode", "exact", "--dtype", "int8"), "exact is computed in float32", "--mode fast"),
        (("--sigma-max", "1", "--sigma-min", "1"), "do not fall to 0", "--sigma-max"),
    ],
)
def test_what_cannot_be_computed_is_refused(
    python: str, project: Project, words: tuple[str, ...], problem: str, remedy: str
) -> None:
    output = play(python, project, "--checkpoint", "open-1.0", "--force", *words, code=2)
    assert "segment 7: stable_audio: " in output and "Traceback" not in output
    assert problem in output and remedy in output


def test_another_process_makes_the_same_bytes(python: str, project: Project) -> None:
    wav = project.results / "local_models" / f"{TAKE}.wav"
    play(python, project, "--checkpoint", "open-small", "--force", "--takes", "2", "--seed", "7")
    hashes = sha256_of(wav), sha256_of(wav.with_stem(f"{TAKE}_take2"))
    play(python, project, "--checkpoint", "open-small", "--force", "--seed", "8")
    assert sha256_of(wav) == hashes[1] != hashes[0]  # the second take's seed, alone


def test_a_planted_payload_is_refused_and_not_run(
    python: str, project: Project, tiny: Path, tmp_path: Path
) -> None:
    canary, planted = tmp_path / "canary", tmp_path / "tiny"
    shutil.copytree(tiny, planted)
    file = planted / "stabilityai" / "stable-audio-open-small" / "model.ckpt"
    run(python, project, "-c", PAYLOAD, str(file), str(canary))
    put_down(project, STABLE_AUDIO, planted, *CHECKPOINTS)  # as if the hub itself had served it
    try:
        output = play(python, project, "--checkpoint", "open-small", "--force", code=1)
    finally:
        put_down(project, STABLE_AUDIO, tiny, *CHECKPOINTS)
    assert "posix.system" in output and "model.ckpt" in output
    assert not canary.exists()


def test_numbers_of_another_network_are_refused(
    python: str, project: Project, tiny: Path, tmp_path: Path
) -> None:
    mixed = tmp_path / "tiny"
    shutil.copytree(tiny, mixed)
    config = mixed / "stabilityai" / "stable-audio-open-1.0" / "model_config.json"
    config.write_text(config.read_text().replace('"depth": 2', '"depth": 3'))
    put_down(project, STABLE_AUDIO, mixed, *CHECKPOINTS)
    try:
        output = play(python, project, "--checkpoint", "open-1.0", "--force", code=1)
    finally:
        put_down(project, STABLE_AUDIO, tiny, *CHECKPOINTS)
    assert "does not fit its configuration" in output and "layers.2" in output
    assert "invoke fetch --models stable_audio" in output
