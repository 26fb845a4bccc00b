"""Devices that work, and such that do not, simulated: python devices_probe.py

Run with the checkout's `src` and the checkout itself in PYTHONPATH, in an environment with PyTorch.
Prints JSON: what is selected on each machine, which precisions it has, what failures are called.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import torch
from tests.simulated.accelerator import Accelerator
from tests.simulated.failures import FAILURES

from secondtake.core.errors import DeviceLostError, ModelError
from secondtake.models.inference import device_trial
from secondtake.models.inference.device import oom_as_model_error, select_device
from secondtake.models.inference.quantization import candidate_precisions, computed_precisions

ALL = ("cpu", "cuda", "mps")
BUILT = ("sm_70", "sm_75", "sm_80", "sm_86", "sm_90")
CARDS: dict[str, dict[str, Any]] = {
    "Hopper": {"capability": (9, 0)},
    "Ada": {"capability": (8, 9)},
    "Turing": {"capability": (7, 5)},
    "newer than the build": {"capability": (12, 0)},
    "older than the build": {"capability": (6, 1)},
    "full": {"memory": 1 << 12},
}


def outcome(device: str) -> dict[str, Any]:
    """What is selected, or the error."""
    try:
        selected = select_device(device, ALL)
    except ModelError as error:
        return {"error": error.code, "message": error.message, "hint": error.hint}
    card = selected.accelerator() if selected.accelerator else None
    return {
        "name": selected.name,
        "notes": selected.notes,
        "card": card and asdict(card),
        "peak_bytes": selected.peak_bytes(),
    }


def on_card(**facts: Any) -> dict[str, Any]:
    """A machine with one card: what auto and cuda come to, and its precisions."""
    with Accelerator("cuda", architectures=BUILT, **facts) as card:
        auto, asked = outcome("auto"), outcome("cuda")
        card.counts.reset()
        return {
            "auto": auto,
            "asked": asked,
            "candidates": [precision.name for precision in candidate_precisions("cuda")],
            "computed": [precision.name for precision in computed_precisions("cuda")],
        }


def failing(failure: str, operator: str) -> dict[str, Any]:
    """A card that raises at the first operator of that name."""
    with Accelerator("cuda", architectures=BUILT) as card:
        card.fail(failure, operator, times=2)
        return {"auto": outcome("auto"), "asked": outcome("cuda")}


def noisy(kind: str) -> dict[str, Any]:
    """A device whose attention is wrong, as it was seen to be on mps."""

    def noise(x: Any, weight: Any) -> Any:
        result = attention(x, weight)
        return result if result.device.type == "cpu" else result * 0.5

    attention, device_trial._attention = device_trial._attention, noise
    try:
        with Accelerator(kind, architectures=BUILT):
            return outcome(kind)
    finally:
        device_trial._attention = attention


def flags_and_draws() -> dict[str, Any]:
    """What selecting a card changes in this process."""
    backends = torch.backends
    backends.cuda.matmul.allow_tf32 = backends.cudnn.allow_tf32 = backends.cudnn.benchmark = True
    before = torch.get_rng_state()
    with Accelerator("cuda", architectures=BUILT):
        selected = select_device("cuda", ALL)
        backends.cudnn.allow_tf32 = True  # by a library, behind our back
        later = selected.accelerator() if selected.accelerator else None
        backends.cudnn.allow_tf32 = False
    return {
        "matmul": backends.cuda.matmul.allow_tf32,
        "benchmark": backends.cudnn.benchmark,
        "recorded_later": later and later.tf32_cudnn,
        "same_draws": bool(torch.equal(before, torch.get_rng_state())),
    }


def named(work: Callable[[], object]) -> dict[str, Any]:
    """The error that a device raises in some work, as our code passes it on."""
    try:
        with oom_as_model_error():
            work()
    except ModelError as error:
        return {"code": error.code, "lost": isinstance(error, DeviceLostError)}
    except Exception as error:
        return {"code": type(error).__name__, "lost": False}
    return {"code": "", "lost": False}


def failures() -> dict[str, Any]:
    """Every failure that the simulated devices know, by name."""
    called = {}
    for failure in FAILURES:
        with Accelerator("cuda", architectures=BUILT) as card:
            x = torch.ones(4, 4, device="cuda")
            card.fail(failure)
            called[f"cuda: {failure}"] = named(lambda: x @ x)  # noqa: B023 - called at once
    with Accelerator("cuda", architectures=BUILT, memory=1 << 20):
        called["cuda: too large"] = named(lambda: torch.ones(1 << 20, device="cuda"))
    with Accelerator("mps", memory=1 << 20):
        called["mps: too large"] = named(lambda: torch.ones(1 << 20, device="mps"))
    with Accelerator("mps", lacks=("_weight_norm_interface", "addmm"), macos=(14, 6)):
        convolution = torch.nn.Conv1d(1, 1, 3).to("mps")
        long, short = (torch.ones(1, 1, length, device="mps") for length in (70_000, 7_000))
        called["mps: long sound"] = named(lambda: convolution(long))
        called["mps: short sound"] = named(lambda: convolution(short))
        called["mps: float64"] = named(lambda: torch.ones(2, device="mps").double())
        linear = torch.nn.Linear(7_000, 2).to("mps")
        called["mps: missing operator"] = named(lambda: linear(short[0]))
    return called


def main() -> dict[str, Any]:
    with Accelerator("mps"):
        mps = {"auto": outcome("auto"), "computed": [p.name for p in computed_precisions("mps")]}
    return {
        "cards": {name: on_card(**facts) for name, facts in CARDS.items()},
        "failing": {
            "no kernel image": failing("no kernel image", ""),
            "cudnn not initialized": failing("cudnn not initialized", "convolution"),
            "illegal access": failing("illegal access", ""),
        },
        "noisy": {kind: noisy(kind) for kind in ("cuda", "mps")},
        "mps": mps,
        "none": {"auto": outcome("auto"), "asked": outcome("cuda")},
        "flags_and_draws": flags_and_draws(),
        "failures": failures(),
    }


if __name__ == "__main__":
    print(json.dumps(main()))
