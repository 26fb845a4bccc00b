"""The devices of this machine, and what they compute, from files that the system shows.

It takes a moment and no environment. PyTorch, in the model's environment, has the last word.
"""

import ctypes
import platform
import re
from collections.abc import Iterable
from pathlib import Path

PREFERENCE = ("cuda", "mps", "cpu")  # fastest first, for "auto"
NVIDIA_CARDS = Path("proc/driver/nvidia/gpus")  # a folder each, where NVIDIA's driver is loaded
NVIDIA_DRIVER = Path("proc/driver/nvidia/version")
NVIDIA_LIBRARY = "libnvidia-ml.so.1"  # the driver's own, which Windows lends to WSL2 as well
WINDOWS_CUDA = Path("usr/lib/wsl/lib/libcuda.so.1")  # in WSL2 the driver is that of Windows
JETSON = Path("dev/nvhost-gpu")  # a card on the board, which the driver lists nowhere
PROCESSOR_FACTS = Path("proc/cpuinfo")
# What oneDNN multiplies bfloat16 with, and PyTorch's byte kernels need; one set of each suffices.
INSTRUCTIONS: dict[str, tuple[frozenset[str], ...]] = {
    "bfloat16": (
        frozenset({"avx512bw", "avx512vl", "avx512dq"}),
        frozenset({"avx_ne_convert"}),
        frozenset({"bf16"}),  # ARM's name
    ),
    "int8": (frozenset({"avx2"}),),
}


def accelerators(root: Path = Path("/")) -> dict[str, str]:
    """Devices beside the processor that models know (registry.spec.DEVICES), and their names."""
    cards = [_card(folder) for folder in sorted((root / NVIDIA_CARDS).glob("*"))]
    if cards:
        return {"cuda": ", ".join(cards)}
    if (root / WINDOWS_CUDA).exists():
        return {"cuda": "NVIDIA, through Windows"}
    if (root / JETSON).exists():
        return {"cuda": "NVIDIA"}
    if (platform.system(), platform.machine()) == ("Darwin", "arm64"):
        return {"mps": "Apple"}
    return {}


def driver_version(root: Path = Path("/"), library: str = NVIDIA_LIBRARY) -> str:
    """The version of NVIDIA's driver, 550.54.15; "" if nobody says."""
    try:
        text = (root / NVIDIA_DRIVER).read_text(encoding="utf-8")
    except OSError:  # under Windows
        return _driver_of_library(library)
    match = re.search(r"\b\d+\.\d+(?:\.\d+)?\b", text)
    return match[0] if match else ""


def _driver_of_library(name: str) -> str:
    version = ctypes.create_string_buffer(80)
    try:
        library = ctypes.CDLL(name)
        is_told = not library.nvmlInit_v2()
        is_told = is_told and not library.nvmlSystemGetDriverVersion(version, len(version))
    except (OSError, AttributeError):
        return ""
    return version.value.decode(errors="replace") if is_told else ""


def fastest_device(supported: Iterable[str], root: Path = Path("/")) -> str:
    """The fastest device of this machine that a model runs on; the processor if there is none."""
    here = {*accelerators(root), "cpu"} & set(supported)
    return next((device for device in PREFERENCE if device in here), "cpu")


def processor_computes(dtype: str, root: Path = Path("/")) -> bool:
    """False if this processor is known to have no instructions for a dtype, as Linux lists them."""
    try:
        lines = (root / PROCESSOR_FACTS).read_text(encoding="utf-8").splitlines()
    except OSError:  # macOS lists none; the byte kernels are x86's
        return dtype != "int8" or platform.machine() == "x86_64"
    facts = (line.split(":", 1) for line in lines if ":" in line)
    flags = next((set(v.split()) for k, v in facts if k.strip() in ("flags", "Features")), None)
    return (
        flags is None or dtype not in INSTRUCTIONS or any(s <= flags for s in INSTRUCTIONS[dtype])
    )


def _card(folder: Path) -> str:
    try:
        lines = (folder / "information").read_text(encoding="utf-8").splitlines()
        facts = dict(line.split(":", 1) for line in lines)
        return facts["Model"].strip()
    except (OSError, KeyError, ValueError):
        return "NVIDIA"
