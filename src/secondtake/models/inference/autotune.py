"""Autotuning: the fastest precision on this machine that is near enough to float32.

Every candidate is timed on the checkpoint itself and compared with float32, once for a checkpoint,
a device and a version of PyTorch. .cache/measured/<model>-….json holds what was compared.
"""

from __future__ import annotations

import hashlib
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from secondtake.core.files import canonical
from secondtake.core.serialization import JsonFileError, read_json, write_checked
from secondtake.models.inference.quantization import (
    FLOAT32,
    PRECISIONS,
    Precision,
    largest_activation,
)

if TYPE_CHECKING:
    from torch import Tensor

WORTH_IT = 0.9  # of the exact one's time; less gain is within the noise of a measurement

Json = Mapping[str, Any]
Measure = Callable[[], Json]


@dataclass(frozen=True)
class DecoderTiming:
    """A precision in a transformer that draws tokens. The defaults are float32's own."""

    step_seconds: float  # one step of one take
    batch_seconds: float  # one step of the whole batch
    divergence: float = 0.0  # from float32, nats for each token (Kullback-Leibler)
    same_choice: float = 1.0  # share of tokens of which float32 holds the same most likely
    logit_error: float = 0.0  # root mean square, as a share of the logits' standard deviation

    def take_seconds(self, batch: int) -> float:
        """The cost of a step of a take: the mean of one alone and one among `batch`."""
        return (self.step_seconds + self.batch_seconds / batch) / 2


def compare_logits(logits: Tensor, reference: Tensor, temperature: float) -> dict[str, float]:
    """(…, choices) of a candidate and of float32 -> those fields of a DecoderTiming."""
    expected = (reference / temperature).log_softmax(-1)
    gap = (expected - (logits / temperature).log_softmax(-1)) * expected.exp()
    return {
        "divergence": gap.sum(-1).mean().item(),
        "same_choice": (logits.argmax(-1) == reference.argmax(-1)).float().mean().item(),
        "logit_error": ((logits - reference).square().mean().sqrt() / reference.std()).item(),
    }


def timed(work: Callable[..., Tensor], *arguments: object) -> tuple[float, Tensor]:
    """Seconds of a call, and its result, for which the device is waited."""
    import torch

    start = time.perf_counter()
    result = work(*arguments)
    if result.device.type == "cuda":
        torch.cuda.synchronize()
    elif result.device.type == "mps":
        torch.mps.synchronize()
    return time.perf_counter() - start, result


def fastest_precision(costs: Mapping[str, tuple[float, float]], most: float) -> Precision:
    """By name, seconds and error -> the fastest whose error is at most `most`, else float32."""
    seconds = {name: cost[0] for name, cost in costs.items()}
    errors = {name: cost[1] for name, cost in costs.items()}
    return PRECISIONS[fastest_within(seconds, errors, most, FLOAT32.name)]


def fastest_within(
    seconds: Mapping[str, float], error: Mapping[str, float], most: float, exact: str
) -> str:
    """The fastest whose error is at most `most`, of equally fast ones the nearest; `exact` unless
    that takes less than WORTH_IT of its time."""
    good = [name for name in seconds if name != exact and error[name] <= most]
    best = min(good, key=lambda name: (seconds[name], error[name]), default=exact)
    return best if seconds[best] < seconds[exact] * WORTH_IT else exact


def autotune_cached(
    cache: Path,
    model: str,
    facts: Json,
    device: str,
    measure: Callable[[], Json],
    timing: type[Any],
) -> dict[str, Any]:
    """The timings for these facts (format, weights) on this machine, cached or measured now.

    By precision, or by stage and precision: dataclasses of the type `timing`. They are those of the
    file in either case, so that the first take chooses as every later one.
    """
    machine = machine_key(device)
    key = hashlib.sha256(canonical({**facts, "machine": machine}).encode()).hexdigest()[:16]
    path = cache / "measured" / f"{model}-{key}.json"

    def read() -> dict[str, Any]:
        return read_json(path, lambda value: _from_json(value["measured"], timing))

    try:
        return read()
    except JsonFileError:  # not there, or not whole
        write_checked(path, {"machine": machine, "measured": _to_json(measure())})
        return read()


def _to_json(timings: Json) -> dict[str, Any]:
    return {
        name: _to_json(value) if isinstance(value, Mapping) else asdict(value)
        for name, value in timings.items()
    }


def _from_json(measured: Json, timing: type[Any]) -> dict[str, Any]:
    return {
        name: _from_json(value, timing)
        if any(isinstance(figure, dict) for figure in value.values())
        else timing(**value)
        for name, value in measured.items()
    }


def machine_key(device: str) -> dict[str, Any]:
    """All that the speed of a precision, and its error, depend on."""
    import torch

    cuda = device.startswith("cuda")
    return {
        "device": torch.cuda.get_device_name(device) if cuda else device,
        "processor": f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}",
        "largest_activation": largest_activation() if device == "cpu" else None,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
    }
