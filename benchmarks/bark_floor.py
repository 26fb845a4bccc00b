"""What the machine could do at best: how fast it reads memory, how fast it multiplies."""

import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

# Layers and width of the two sizes; positions that a semantic token looks back on, on average:
# 257 of the beginning and half of the 699 that make 14 s.
SHAPES = {"small": (12, 768), "large": (24, 1024)}
UNITS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16")  # that matter here
CHOICES = 10_001  # rows of the semantic head
WEIGHT_BYTES = {"float32": 4, "bfloat16": 2, "int8": 1, "int8-weights": 1}
HEAD_BYTES = {"float32": 4, "bfloat16": 2, "int8": 2, "int8-weights": 2}
CACHE_BYTES = {"float32": 4, "bfloat16": 2, "int8": 2, "int8-weights": 2}


@dataclass(frozen=True)
class Floor:
    """This machine's limits, by PyTorch's own best kernels."""

    processor: str
    threads: int
    torch: str
    read_gb_s: float  # memory to registers: one matrix, each number used once
    float32_gflops: float
    int8_gops: float  # 0 where there are no such kernels

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def step_seconds(self, size: str, arithmetic: str, rows: int, seconds: float) -> float:
        """The least time of one semantic token for each of some rows: bytes / bandwidth."""
        layers, width = SHAPES[size]
        looked_at = 257 + seconds * 49.9 / 2
        weights = layers * 12 * width**2 * WEIGHT_BYTES[arithmetic]
        head = CHOICES * width * HEAD_BYTES[arithmetic]
        cache = rows * layers * 2 * looked_at * width * CACHE_BYTES[arithmetic]
        return (weights + head + cache) / self.read_gb_s / 1e9


def measure_floor(device: str) -> Floor:
    """Some seconds of measuring on cpu or cuda; nothing else should be running."""
    import torch

    from secondtake_models.decoding.arithmetic import Int8, candidates

    whole = 0.0
    with torch.inference_mode(), torch.device(device):
        wide, x = torch.randn(16_384, 16_384), torch.randn(16_384)
        read = wide.numel() * 4 / _median(lambda: wide @ x)
        square = torch.randn(2048, 2048)
        multiply = 2 * 2048**3 / _median(lambda: square @ square)
        if any(one.linear is Int8 for one in candidates(device)):
            bytes_ = Int8(Int8.keep(square), None)
            whole = 2 * 2048**3 / _median(lambda: bytes_(square))
    return Floor(
        processor=torch.cuda.get_device_name() if device == "cuda" else _processor(),
        threads=torch.get_num_threads(),
        torch=torch.__version__,
        read_gb_s=round(read / 1e9, 1),
        float32_gflops=round(multiply / 1e9),
        int8_gops=round(whole / 1e9),
    )


def _median(work: Callable[[], Any]) -> float:
    import torch

    times = []
    for _ in range(9):
        start = time.perf_counter()
        if work().is_cuda:
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return median(times[2:])


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        facts = {key.strip(): value for key, _, value in (line.partition(":") for line in lines)}
        units = [unit for unit in UNITS if unit in facts["flags"].split()]
        return f"{facts['model name'].strip()} ({', '.join(units)})"
    except (OSError, KeyError):
        return platform.processor() or platform.machine()
