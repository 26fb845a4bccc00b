"""ACE-Step on simulated devices: python ace_step_devices_probe.py FOLDER (in its environment).

FOLDER is what tests/tiny/ace_step.py wrote. Prints JSON.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tests.e2e.tiny_weights import weights_in
from tests.simulated.accelerator import Accelerator

from secondtake.core.errors import ModelError
from secondtake.core.jobs import Job
from secondtake.core.registry.ace_step import ACE_STEP
from secondtake.models.ace_step.model import AceStepModel, load_ace_step
from secondtake.models.ace_step.pipeline import generate_batch
from secondtake.models.inference.graphed_call import LastInput

STEPS = 3
ON_CUDA = (("turbo", "fast", "float16"), ("base", "exact", "float32"))


def quiet(*_: Any) -> None:
    pass


def model_of(folder: Path, name: str, device: str) -> AceStepModel:
    checkpoint = ACE_STEP.checkpoint(name)
    return load_ace_step(weights_in(folder, checkpoint), checkpoint, device)


def jobs_of(name: str, rows: int, **settings: Any) -> list[Job]:
    chosen = {"steps": STEPS, "cover": "", "repaint": "", **settings}
    own = ACE_STEP.settings(ACE_STEP.checkpoint(name), chosen)
    return [
        Job("song", 1, "vocals", "", "ace_step", name, seed + 1, seed, 1.5, "slow tango",
            "la la la", "es", (), 120.0, "", own)
        for seed in range(rows)
    ]  # fmt: skip


def played(model: AceStepModel, jobs: list[Job], progress: Any = quiet) -> list[Any]:
    done = {job.seed: result for job, result in generate_batch(model, jobs, progress)}
    return [done[job.seed] for job in jobs]


def apart(ours: list[Any], theirs: list[Any]) -> float:
    """The largest difference, as a share of the loudest sample."""
    for result in (*ours, *theirs):
        if isinstance(result, ModelError):
            raise result
    pairs = [(a.samples, b.samples) for a, b in zip(ours, theirs, strict=True)]
    return max(float(np.abs(a - b).max() / np.abs(b).max()) for a, b in pairs)


def on_cuda(folder: Path, name: str, mode: str, dtype: str) -> dict[str, Any]:
    """Two takes beside the CPU's in float32; what a step waits for and replays."""
    expected = played(model_of(folder, name, "cpu"), jobs_of(name, 2, mode="exact"))
    steps: list[tuple[int, int]] = []
    with Accelerator("cuda") as card:
        model = model_of(folder, name, "cuda")

        def count(phase: str, *_: int) -> None:
            if phase == "denoising":
                steps.append((card.counts.waits, card.counts.replays))

        made = played(model, jobs_of(name, 2, dtype=dtype, mode=mode), count)
    waits, replays = zip(*steps[: STEPS + 1], strict=True)
    return {
        "apart": apart(made, expected),
        "waits": np.diff(waits).tolist(),
        "replays": np.diff(replays).tolist(),
    }


def on_mps(folder: Path) -> float:
    """The distance of a take from the CPU's in float32."""
    expected = played(model_of(folder, "turbo", "cpu"), jobs_of("turbo", 1, mode="exact"))
    with Accelerator("mps", macos=(14, 6)):
        model = model_of(folder, "turbo", "mps")
        return apart(played(model, jobs_of("turbo", 1, dtype="float16")), expected)


def short_of_memory(folder: Path) -> dict[str, Any]:
    """Three takes where the card is full once, and where it always is."""
    jobs = jobs_of("turbo", 3, dtype="float16")
    with Accelerator("cuda") as card:
        model = model_of(folder, "turbo", "cuda")
        usual = played(model, jobs)
        card.fail("cuda out of memory", "addcmul")
        halved = played(model, jobs)
        card.fail("cuda out of memory", "addcmul", times=1000)
        (none,) = played(model, jobs[:1])
    return {
        "halved": apart(halved, usual),
        "none": none.code if isinstance(none, ModelError) else "",
    }


def last_input() -> dict[str, list[bool]]:
    """The very tensor, its like, and after it was written into: by number, and by identity."""
    facts = {}
    for by_number in (True, False):
        last, x = LastInput(by_number=by_number), torch.rand(2, 3)
        known = [last.is_again(each) for each in (x, x, x.clone())]
        known += [last.is_again(x), last.is_again(x.neg_())]
        facts["by number" if by_number else "by identity"] = known
    return facts


def main(folder: Path) -> dict[str, Any]:
    return {
        "cuda": {case[0]: on_cuda(folder, *case) for case in ON_CUDA},
        "mps": on_mps(folder),
        "short": short_of_memory(folder),
        "last_input": last_input(),
    }


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
