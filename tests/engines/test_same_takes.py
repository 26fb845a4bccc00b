"""The same jobs by both engines."""

import subprocess
import sys
import time

from tests.e2e.conftest import House
from tests.engines.nodes import Nodes
from tests.engines.takes import facts_of, names_of
from tests.faults.studio import Studio

GENERATE = ("invoke", "generate", "--song", "hum", "--models", "hum")
SONG = 'title = "Hum"\n'
SEGMENT = """
[[segment]]
number = {number}
kind = "instrumental"
title = "Part {number}"
seconds = 0.5
models = ["hum"]
[segment.hum]
checkpoint = "{checkpoint}"
"""
TWO_MODELS = """
title = "Two"
bpm = 100
style = "slow folk song"

[[segment]]
number = 1
kind = "verse"
title = "Words"
seconds = 4
lyrics = "Paper lantern, burning low"
models = ["bark"]
[segment.bark]
mode = "exact"  # nothing is measured first
retakes = 0

[[segment]]
number = 2
kind = "instrumental"
title = "Strings"
seconds = 4
models = ["musicgen"]
[segment.musicgen]
mode = "exact"
"""
BOTH = ("invoke", "generate", "--song", "two", "--takes", "2", "--checkpoint", "bark=small")


def test_a_cluster_makes_the_takes_of_this_machine(studio: Studio, nodes: Nodes) -> None:
    checkpoints = ("low", "high", "choir", "choir", "low")
    parts = [SEGMENT.format(number=n, checkpoint=c) for n, c in enumerate(checkpoints, 1)]
    (studio.project.root / "songs" / "hum.toml").write_text(SONG + "".join(parts))
    results = studio.project.results
    done = studio.type(*GENERATE, "--takes", "3")
    assert done.returncode == 0, done.stdout + done.stderr
    here = results.rename(results.with_name("here"))
    done = studio.type(*GENERATE, "--takes", "3", *nodes.words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert facts_of(results / "hum", "ray") == facts_of(here / "hum", "local")
    assert len(names_of(results / "hum")) == 15
    assert nodes.none_works(), nodes.alive()
    assert not nodes.scratch()


def test_models_whose_environments_conflict_work_at_once(house: House, nodes: Nodes) -> None:
    """Bark's torch is older than any that MusicGen's transformers load."""
    (house.project.root / "songs" / "two.toml").write_text(TWO_MODELS)
    results = house.project.results / "two"
    done = house.type(*BOTH)
    assert done.returncode == 0, done.stdout + done.stderr
    here = results.rename(results.with_name("here"))
    command = subprocess.Popen(
        [sys.executable, "-m", *BOTH, *nodes.words], cwd=house.project.root, text=True,
        env=house.environ(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    together = False
    while command.poll() is None:
        together |= bool(nodes.models("bark") and nodes.models("musicgen"))
        time.sleep(0.1)
    printed, said = command.communicate()
    assert command.returncode == 0, printed + said
    assert together
    takes = facts_of(results, "ray")
    assert takes == facts_of(here, "local") and len(takes) == 4
    torch = {take["job"]["model"]: take["made"]["versions"]["torch"] for take in takes.values()}
    assert len(set(torch.values())) == 2
