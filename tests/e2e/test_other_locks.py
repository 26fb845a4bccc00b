"""Bark built from its second lock, as the owner of a newer graphics card does it: by .env.

The tests tell one story in order. The clone is one of its own; the packages are links.
"""

import json
import platform
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tests.conftest import ROOT
from tests.e2e.bark_project import ask
from tests.e2e.conftest import House, clone_folder, clone_into

from secondtake.core.files import sha256_of
from secondtake.core.lock_names import lock_names, lock_variable
from secondtake.core.project import Project
from secondtake.runner.environments import environments

pytestmark = pytest.mark.e2e
USUAL, NEWER = lock_names("bark")
VARIABLE = lock_variable("bark")
TAKE = "bark_segment10_chorus"
# What PyTorch was compiled for; without a card get_arch_list() is empty, this is not.
ASK = (
    "import torch; version, _, cuda = torch.__version__.partition('+'); print(version, "
    "torch.version.cuda, *(torch._C._cuda_getArchFlags() or '').split(), sep='|')"
)


@pytest.fixture(scope="module")
def newer(house: House) -> House:
    """A clone whose .env names the second lock, with Bark's environment built."""
    project = clone_into(clone_folder("e2e", "clone-of-other-locks"))
    (project.root / ".env").write_text(f"{VARIABLE}={NEWER}\n")
    newer = House(project, house.variables)
    done = newer.type("invoke", "setup", "--models", "bark")
    assert done.returncode == 0, done.stdout + done.stderr
    return newer


def sing(house: House, **variables: str) -> tuple[dict, Path]:
    """The record and the sound of a take in exact."""
    words = ("nox", "-s", "bark", "--", "--segment", "10", "--mode", "exact", "--force")
    done = house.type(*words, **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    folder = house.project.results / "local_models"
    return json.loads((folder / f"{TAKE}.json").read_text()), folder / f"{TAKE}.wav"


def cards_on_the_page() -> dict[str, list[str]]:
    """By lock: PyTorch's version, CUDA's, and what it has kernels for, as the page says."""
    page = (ROOT / "docs" / "environments.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.*`) \| ([\d.]+), CUDA ([\d.]+) \| ([\d., ]+) \|", page, re.M)
    return {
        lock: [torch, cuda, *(f"sm_{each.replace('.', '')}" for each in built_for.split(", "))]
        for locks, torch, cuda, built_for in rows
        for lock in re.findall(r"`(\w+)`", locks)
    }


def test_every_environment_has_the_kernels_that_the_page_names(clone: Project, newer: House):
    locks = [lock for name in environments() for lock in lock_names(name)]
    with_torch = {name for name in locks if "\ntorch==" in clone.lock_file(name).read_text()}
    on_page = cards_on_the_page()
    assert set(on_page) == with_torch
    pythons = {name: clone.python(name) for name in with_torch - {NEWER}}
    for name, python in {**pythons, NEWER: newer.project.python("bark")}.items():
        done = subprocess.run([python, "-c", ASK], capture_output=True, text=True, check=True)
        assert done.stdout.strip().split("|") == on_page[name], name


def test_the_environment_is_of_the_lock_that_env_names(newer: House):
    done = newer.type("invoke", "doctor", "--models", "bark", "--json")
    reports = json.loads(done.stdout)
    assert {report["environment"] for report in reports} == {"built"}
    done = newer.type("invoke", "doctor", "--models", "bark", "--json", **{VARIABLE: USUAL})
    reports = json.loads(done.stdout)
    assert {report["environment"] for report in reports} == {"not built"}


def test_another_name_is_refused_before_anything_is_done(newer: House):
    done = newer.type("invoke", "setup", "--models", "bark", **{VARIABLE: "bark_cu999"})
    assert done.returncode == 2
    assert f"{VARIABLE}='bark_cu999'" in done.stderr and f"known: {USUAL}, {NEWER}" in done.stderr


def test_both_are_one_model_and_draw_differently(
    clone: Project, newer: House, bark_project: Project, tmp_path: Path
):
    """With the same draws, the same tokens, and a sound that differs by rounding."""
    reports, sounds = [], []
    for name, python in (("usual", clone.python("bark")), ("newer", newer.project.python("bark"))):
        file = tmp_path / f"{name}.npy"
        reports.append(ask(str(python), bark_project, "bark_draws_probe.py", str(file)))
        sounds.append(np.load(file))
    usual, other = reports
    assert usual["torch"] != other["torch"]
    assert usual["drawn"]["normal"] == pytest.approx(other["drawn"]["normal"], rel=1e-4)
    if platform.machine() == "x86_64":  # where 2.5.1 has MKL draw them
        assert usual["drawn"]["exponential"] != pytest.approx(other["drawn"]["exponential"])
    assert usual["tokens"] == other["tokens"]
    assert len(usual["tokens"]["semantic"]) > 20
    assert abs(sounds[0]).max() > 0.01
    assert abs(sounds[0] - sounds[1]).max() < 1e-3 * abs(sounds[0]).max()


def test_a_take_of_the_other_lock_is_stale_and_made_again(newer: House):
    record, wav = sing(newer)
    assert record["lock_sha256"] == sha256_of(newer.project.lock_file(NEWER))
    of_newer, rate = soundfile.read(wav)
    usual = {VARIABLE: USUAL}
    done = newer.type(*("nox", "-s", "bark", "--", "--segment", "10", "--mode", "exact"),
                      "--dry-run", **usual)  # fmt: skip
    said = f"made with requirements/{NEWER}.lock, requirements/{USUAL}.lock asked"
    assert said in done.stdout + done.stderr
    again, wav = sing(newer, **usual)
    assert again["lock_sha256"] == sha256_of(newer.project.lock_file(USUAL))
    assert again["made"]["versions"]["torch"] != record["made"]["versions"]["torch"]
    of_usual, same_rate = soundfile.read(wav)
    assert same_rate == rate
    assert min(abs(of_usual).max(), abs(of_newer).max()) > 0.01
