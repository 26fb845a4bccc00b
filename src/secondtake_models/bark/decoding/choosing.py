"""Which arithmetic Bark uses on this machine: the fastest one that is near enough to float32.

A few seconds for each stage, once (secondtake_models.measuring).
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from secondtake.making import Progress
from secondtake.weights import Weights
from secondtake_models.bark.decoding.probing import Measured, measure, stage_seconds
from secondtake_models.bark.decoding.stages import STAGES, read_stage
from secondtake_models.decoding.arithmetic import ARITHMETICS, FLOAT32, Arithmetic, candidates
from secondtake_models.measuring import fastest, measured_once

FORMAT = 4  # raised when something else is measured, or chosen in another way
# Nats for each token. Where some tokens are likely and most are not (random logits with a standard
# deviation of 3.2), a temperature of 0.77 instead of 0.7 moves what is drawn as far.
MOST_DIVERGENCE = 0.02

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
    seconds = {name: stage_seconds(stage, one) for name, one in measured.items()}
    errors = {name: one.divergence for name, one in measured.items()}
    return ARITHMETICS[fastest(seconds, errors, MOST_DIVERGENCE, FLOAT32.name)]


def probe(weights: Weights, device: str, progress: Progress) -> Probe:
    """What was measured for these weights on this machine; measured now if it was not yet."""
    facts = {"format": FORMAT, "weights": {stage: weights.hashes[stage] for stage in STAGES}}

    def measure_now() -> dict[str, Any]:
        return _each(_probe(weights, device, progress).stages, asdict)

    def read(found: Mapping[str, Any]) -> Probe:
        return Probe(_each(found, lambda one: Measured(**one)))

    return measured_once(weights.cache, "bark", facts, device, measure_now, read)


def _each(stages: Mapping[str, Mapping[str, Any]], change: Callable[[Any], Any]) -> dict[str, Any]:
    """By stage and arithmetic, every measurement changed."""
    return {
        stage: {name: change(one) for name, one in measured.items()}
        for stage, measured in stages.items()
    }


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
