"""Which way of computing is the fastest on this machine, and near enough: measured once.

A measurement is kept in the cache for a checkpoint, a device and a version of PyTorch:
.cache/measured/<model>-….json tells everything that was compared.
"""

import hashlib
import json
import platform
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from secondtake.core.files import canonical, write_json
from secondtake.models.inference.quantization import largest_activation

WORTH_IT = 0.9  # of the exact one's time; less gain is within the noise of a measurement

Json = dict[str, Any]
Found = TypeVar("Found")


def measured_once(
    cache: Path,
    model: str,
    facts: Mapping[str, Any],
    device: str,
    measure: Callable[[], Json],
    read: Callable[[Json], Found],
) -> Found:
    """What `measure` finds for these facts (format, weights) on this machine, now or before.

    `read` makes of its JSON what the caller wants; where it cannot, it is measured again.
    """
    machine = machine_facts(device)
    key = canonical({**facts, "machine": machine})
    name = hashlib.sha256(key.encode()).hexdigest()[:16]
    path = cache / "measured" / f"{model}-{name}.json"
    try:
        return read(json.loads(path.read_text(encoding="utf-8"))["measured"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # not there, or not whole
        found = measure()
        write_json(path, {"machine": machine, "measured": found})
        return read(found)


def fastest(
    seconds: Mapping[str, float], error: Mapping[str, float], most: float, exact: str
) -> str:
    """The name of the fastest whose error is at most `most`; that of the exact one, unless
    another takes less than WORTH_IT of its time."""
    good = [name for name in seconds if name != exact and error[name] <= most]
    best = min(good, key=seconds.__getitem__, default=exact)
    return best if seconds[best] < seconds[exact] * WORTH_IT else exact


def machine_facts(device: str) -> dict[str, Any]:
    """What the speed of an arithmetic, and its error, depend on."""
    import torch

    cuda = device.startswith("cuda")
    return {
        "device": torch.cuda.get_device_name(device) if cuda else device,
        "processor": f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}",
        "largest_activation": largest_activation() if device == "cpu" else None,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
    }
