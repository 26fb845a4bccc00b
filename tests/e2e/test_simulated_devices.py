"""Every model on a simulated card and a simulated Mac (tests/simulated), and those themselves."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from secondtake.core.project import Project

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]
MODELS = ("bark", "musicgen", "stable_audio", "ace_step")
TRANSFORMERS = ("bark", "musicgen")  # which draw tokens
GRAPHED = ("bark", "musicgen", "stable_audio")  # in float32 too
ROUNDING = 1e-3  # of the loudest sample: one other token moves it by far more
# Of one take, generous. Weights are uploaded one by one, and each is waited for.
MOST_LAUNCHES, MOST_WAITS = 20_000, 3_000
MODEL_CODES = {
    "no kernel image": "unsupported",
    "cublas alloc": "memory",
    "cublas not initialized": "memory",
    "cudnn not initialized": "memory",
    "cuda out of memory": "memory",
    "illegal access": "unsupported",
    "a newer card": "unsupported",
    "a small card": "memory",
}
COUNTS = {  # launches, waits, uploads, downloads
    "linear": [1, 0, 0, 0],
    "views": [0, 0, 0, 0],
    "number": [2, 0, 0, 0],
    "item": [0, 1, 0, 0],
    "list": [0, 1, 0, 1],
    "list as index": [1, 1, 1, 0],
    "mask as index": [2, 1, 0, 0],
    "upload": [0, 1, 1, 0],
    "pinned": [0, 0, 1, 0],
    "download": [0, 1, 0, 1],
    "synchronize": [0, 1, 0, 0],
    "attention": [1, 0, 0, 0],
}


def ask(python: str | Path, probe: str, *arguments: str | Path) -> dict[str, Any]:
    """The JSON of a probe, in a model's environment."""
    environ = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    command = [python, ROOT / "tests" / "e2e" / probe, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(scope="module", params=["bark", "musicgen"])
def guards(request: pytest.FixtureRequest, clone: Project) -> dict[str, Any]:
    """In the oldest and in the newest PyTorch of the models."""
    return ask(clone.python(request.param), "simulated_probe_guards.py")


@pytest.fixture(scope="module", params=MODELS)
def facts(
    request: pytest.FixtureRequest, clone: Project, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    name, folder = request.param, tmp_path_factory.mktemp("simulated")
    python = clone.python(name)
    script = ROOT / "tests" / "tiny" / f"{name}.py"
    subprocess.run([python, script, folder], check=True, capture_output=True)
    return {"model": name, **ask(python, f"simulated_probe_{name}.py", folder)}


def test_what_a_device_refuses_is_refused(guards: dict[str, Any]) -> None:
    refusals = guards["refusals"]
    for name in ("two devices", "two devices, in place"):
        assert "at least two devices, cuda:0 and cpu!" in refusals[name]
    assert "same dtype" in refusals["two dtypes"]
    assert refusals["numpy"].startswith("TypeError: can't convert cuda:0 device type tensor")
    assert "Expected a 'cuda' device type for generator" in refusals["generator"]
    for name in ("no kernel", "asked to lack"):
        assert refusals[name].startswith("NotImplementedError: Could not run 'aten::")
    assert "CUBLAS_STATUS_ALLOC_FAILED" in refusals["planned"] and not refusals["planned once"]
    assert "no kernel image" in refusals["newer card"] and not refusals["minor version"]


def test_memory_is_counted_by_storage_and_runs_out(guards: dict[str, Any]) -> None:
    memory = guards["memory"]
    assert memory["seen"] == [4_096, 10_000 - 4_096, 4_000]  # whole blocks of 512 bytes
    assert memory["full"].startswith("OutOfMemoryError: CUDA out of memory. Tried to allocate")
    assert (memory["held"], memory["after"], memory["peak"]) == (4_096, 0, 4_096)


@pytest.mark.parametrize("what", COUNTS)
def test_launches_waits_and_copies_are_counted(guards: dict[str, Any], what: str) -> None:
    assert guards["counts"][what] == COUNTS[what]


def test_copies_that_do_not_block_end_at_the_next_wait(guards: dict[str, Any]) -> None:
    copies = guards["copies"]
    assert copies["garbage"] and copies["landed"]
    assert "written during its upload" in copies["written in flight"]


def test_a_graph_does_again_what_was_recorded(guards: dict[str, Any]) -> None:
    graphs = guards["graphs"]
    assert graphs["before"] == [True, 0.0, 0.0]  # nothing has run
    assert graphs["out"] and graphs["total"]  # with what Python knew at the capture
    assert (graphs["steps"], graphs["launches"]) == (2.0, 2)
    assert not graphs["index beyond"]  # until it is replayed
    for name in ("wait", "synchronize", "upload", "list as index"):
        assert "CUDA error: operation failed" in graphs[name], name
    assert "freed after its capture" in graphs["freed"]


def test_a_mac_refuses_what_macs_refuse(guards: dict[str, Any]) -> None:
    mac = guards["on_mps"]
    assert "Output channels > 65536 not supported at the MPS device" in mac["long"]
    assert mac["float64"].startswith("TypeError: Cannot convert a MPS Tensor to float64")
    assert "is not currently implemented for the MPS device" in mac["lacking"]
    assert "MPS backend out of memory" in mac["memory"]
    assert "broadcast in part" in mac["mask"]
    assert not mac["long on 15.1"]


def test_modules_move_as_they_are(guards: dict[str, Any]) -> None:
    modules = guards["modules"]
    assert modules["away"] < 1e-6 and modules["tied"]
    assert modules["launches"] == 3  # two states of zeros, and all layers and times at once
    assert (modules["half"], modules["device"]) == ("torch.float16", "cuda:0")


@pytest.mark.parametrize("takes", ["1", "8"])
def test_takes_of_a_card_are_the_cpus(facts: dict[str, Any], takes: str) -> None:
    """No operation mixes devices, and a graph computes what the plain steps of the CPU do."""
    report = facts["float32"][takes]
    assert len(report["distance"]) == int(takes)
    assert all(away < ROUNDING for away in report["distance"]), report["distance"]
    assert report["counts"]["notes"] == []  # every graph was as near as it must be
    if facts["model"] in GRAPHED:
        assert report["counts"]["replays"] > 0


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_half_precision_sounds(facts: dict[str, Any], precision: str) -> None:
    assert facts["halves"][precision]["sounds"]
    counts = facts["halves"][precision]["counts"]
    assert counts["notes"] == [] and counts["replays"] > 0


def test_launches_and_waits_are_few(facts: dict[str, Any]) -> None:
    one, eight = (facts["float32"][takes]["counts"] for takes in ("1", "8"))
    print(facts["model"], one, eight)
    assert one["launches"] < MOST_LAUNCHES and one["waits"] < MOST_WAITS
    if facts["model"] in TRANSFORMERS:  # eight takes share their steps
        assert eight["replays"] < 4 * one["replays"]


def test_a_mac_makes_the_cpus_take(facts: dict[str, Any]) -> None:
    """Nothing is refused; without the guard the decoder is."""
    mac = facts["mps"]
    assert all(away < ROUNDING for away in mac["distance"]), mac["distance"]
    assert mac["unguarded"].startswith("NotImplementedError: Output channels > 65536")


@pytest.mark.parametrize("failure", MODEL_CODES)
def test_a_failure_of_the_card_has_its_code(facts: dict[str, Any], failure: str) -> None:
    assert facts["codes"][failure] == MODEL_CODES[failure]
