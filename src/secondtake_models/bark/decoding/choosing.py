"""Which arithmetic Bark uses on this machine: the fastest one that is near enough to float32.

Measured once for a checkpoint, a device and a version of PyTorch, a few seconds for each stage,
and kept in the cache: .cache/measured/bark-….json, which tells everything that was compared.
"""

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from secondtake.files import canonical, write_json
from secondtake.making import Progress
from secondtake.weights import Weights
from secondtake_models.bark.decoding.arithmetic import ARITHMETICS, FLOAT32, Arithmetic, candidates
from secondtake_models.bark.decoding.probing import Measured, measure, stage_seconds
from secondtake_models.bark.decoding.stages import STAGES, read_stage

FORMAT = 2  # raised when something else is measured, or chosen in another way
# Nats for each token. Where some tokens are likely and most are not (random logits with a standard
# deviation of 3.2), a temperature of 0.77 instead of 0.7 moves what is drawn as far.
MOST_DIVERGENCE = 0.02
WORTH_IT = 0.9  # of float32's time; less gain is within the noise of a measurement

Choice = Mapping[str, Arithmetic]  # by stage
EXACT: Choice = dict.fromkeys(STAGES, FLOAT32)


@dataclass(frozen=True)
class Probe:
    """What was measured: by stage and arithmetic."""

    stages: Mapping[str, Mapping[str, Measured]]

    @property
    def choice(self) -> Choice:
        """The fastest of what is near enough, stage by stage; float32 where nothing is."""
        return {stage: _best(stage, self.stages[stage]) for stage in STAGES}


def _best(stage: str, measured: Mapping[str, Measured]) -> Arithmetic:
    limit = stage_seconds(stage, measured[FLOAT32.name]) * WORTH_IT
    good = {
        name: stage_seconds(stage, one)
        for name, one in measured.items()
        if name != FLOAT32.name and one.divergence <= MOST_DIVERGENCE
    }
    name = min(good, key=good.__getitem__, default=FLOAT32.name)
    return ARITHMETICS[name] if name in good and good[name] < limit else FLOAT32


def probe(weights: Weights, device: str, progress: Progress) -> Probe:
    """What was measured for these weights on this machine; measured now if it was not yet."""
    path = _place(weights, device)
    try:
        known = json.loads(path.read_text(encoding="utf-8"))["stages"]
        return Probe(
            {
                stage: {name: Measured(**one) for name, one in measured.items()}
                for stage, measured in known.items()
            }
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        found = _probe(weights, device, progress)
        stages = {
            stage: {name: asdict(one) for name, one in measured.items()}
            for stage, measured in found.stages.items()
        }
        write_json(path, {"machine": _machine(device), "stages": stages})
        return found


def _probe(weights: Weights, device: str, progress: Progress) -> Probe:
    each = (FLOAT32, *candidates(device))  # float32 first: the others are compared with it
    stages: dict[str, dict[str, Measured]] = {stage: {} for stage in STAGES}
    exact: dict[str, Any] = {}  # its logits
    work = [(stage, arithmetic) for stage in STAGES for arithmetic in each]
    for done, (stage, arithmetic) in enumerate(work):
        progress("measuring arithmetics", done, len(work))
        parts = read_stage(weights, stage, arithmetic, device)
        stages[stage][arithmetic.name], logits = measure(parts, stage, exact.get(stage))
        exact.setdefault(stage, logits)
    return Probe(stages)


def _place(weights: Weights, device: str) -> Path:
    facts = {"format": FORMAT, "weights": {s: weights.hashes[s] for s in STAGES}}
    key = canonical({**facts, "machine": _machine(device)})
    name = hashlib.sha256(key.encode()).hexdigest()[:16]
    return weights.cache / "measured" / f"bark-{name}.json"


def _machine(device: str) -> dict[str, Any]:
    """What the speed of an arithmetic depends on."""
    import torch

    cuda = device.startswith("cuda")
    return {
        "device": torch.cuda.get_device_name(device) if cuda else device,
        "processor": f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}",
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
    }
