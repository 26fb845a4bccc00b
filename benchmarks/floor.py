"""What the machine could do at best: how fast it reads memory, how fast it multiplies."""

import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

UNITS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16")  # that matter here


@dataclass(frozen=True)
class Floor:
    """This machine's limits, by PyTorch's own best kernels."""

    processor: str
    threads: int
    torch: str
    read_gb_s: float  # memory to registers: one matrix, each number used once
    float32_gflops: float
    bfloat16_gflops: float
    int8_gops: float  # 0 where there are no such kernels

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def sentence(self) -> str:
        return (
            f"{self.processor}, {self.threads} threads, PyTorch {self.torch}: reads "
            f"{self.read_gb_s:g} GB/s, multiplies {self.float32_gflops:g} GFLOPS in float32, "
            f"{self.bfloat16_gflops:g} in bfloat16 and {self.int8_gops:g} Gop/s in int8."
        )

    def a_second(self, arithmetic: str) -> float:
        """Operations a second of an arithmetic's products. int8-weights multiplies two parts."""
        giga = {
            "float32": self.float32_gflops,
            "bfloat16": self.bfloat16_gflops,
            "int8": self.int8_gops,
            "int8-weights": self.int8_gops / 2,
        }
        return 1e9 * (giga.get(arithmetic) or self.float32_gflops)


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
        short = square.to(torch.bfloat16)
        halves = 2 * 2048**3 / _median(lambda: short @ short)
        if any(one.linear is Int8 for one in candidates(device)):
            bytes_ = Int8(Int8.keep(square), None)
            whole = 2 * 2048**3 / _median(lambda: bytes_(square))
    return Floor(
        processor=torch.cuda.get_device_name() if device == "cuda" else _processor(),
        threads=torch.get_num_threads(),
        torch=torch.__version__,
        read_gb_s=round(read / 1e9, 1),
        float32_gflops=round(multiply / 1e9),
        bfloat16_gflops=round(halves / 1e9),
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
