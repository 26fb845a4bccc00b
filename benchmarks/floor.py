"""The machine's best: its class, and the rates at which it reads memory and multiplies."""

import os
import platform
import subprocess
import time
from collections.abc import Callable, Mapping, Set
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

UNITS = ("avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16")  # that matter
CLASSES = {  # of processors, and the instructions that tell them; the first one that has them all
    "AMX": {"amx_bf16"},
    "AVX-512 with VNNI": {"avx512f", "avx512_vnni"},
    "AVX-512": {"avx512f"},
    "AVX2 with VNNI": {"avx2", "avx_vnni"},
    "AVX2": {"avx2"},
}
# A processor is made to compute as an older one by these variables of PyTorch, its byte kernels,
# oneDNN and MKL.
SIMULATED_BY = (
    "ATEN_CPU_CAPABILITY", "FBGEMM_ENABLE_INSTRUCTIONS", "ONEDNN_MAX_CPU_ISA",
    "MKL_ENABLE_INSTRUCTIONS",
)  # fmt: skip
SIZES = (256, 512, 1024, 2048)  # of square matrices
LONG = 0.1  # seconds of a product, beyond which no larger one is tried
RUNS, PATIENCE = 9, 2.0  # products that are timed, and the seconds in which they begin


@dataclass(frozen=True)
class Floor:
    """This machine's limits, by PyTorch's own best kernels."""

    processor: str
    threads: int
    torch: str
    read_gb_s: float  # memory to registers: one matrix, each number used once
    float32_gflops: float
    half_gflops: float  # in `half`
    int8_gops: float  # activations of one byte; 0 where there are no such kernels
    processor_class: str = ""  # of CLASSES, Apple's name, or a graphics card's
    half: str = "bfloat16"  # the dtype of 16 bits that a device multiplies

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def sentence(self) -> str:
        return (
            f"{self.processor}, {self.threads} threads, PyTorch {self.torch}: reads "
            f"{self.read_gb_s:g} GB/s, multiplies {self.float32_gflops:g} GFLOPS in float32, "
            f"{self.half_gflops:g} in {self.half} and {self.int8_gops:g} Gop/s in int8."
        )

    def a_second(self, precision: str) -> float:
        """Operations a second of a precision's products of many rows."""
        giga = {self.half: self.half_gflops, "int8": self.int8_gops}
        return 1e9 * (giga.get(precision) or self.float32_gflops)


@dataclass(frozen=True)
class Widths:
    """Bytes that a precision reads of each number."""

    matrix: int
    head: int
    cached: int  # keys and values


def widths(precision: str) -> Widths:
    """Of any precision that a model may be computed in."""
    import torch

    from secondtake.models.inference.quantization import PRECISIONS

    chosen = PRECISIONS[precision]
    matrix, head = (chosen.quantize(torch.ones(1, 1), is_head)[0] for is_head in (False, True))
    return Widths(matrix.itemsize, head.itemsize, getattr(torch, chosen.kv_dtype).itemsize)


def multiplies_bfloat16(device: str) -> bool:
    """False for a processor without kernels for it: PyTorch's own would take hours for a side."""
    import torch

    return device != "cpu" or bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def measure_floor(device: str) -> Floor:
    """Some seconds of measuring on cpu, cuda or mps; nothing else should be running."""
    import torch

    from secondtake.models.inference.quantization import DynamicInt8Linear, candidate_precisions

    def matrix(n: int) -> Any:
        return torch.randn(n, n, device=device)

    with torch.inference_mode():
        wide, x = torch.randn(16_384, 16_384, device=device), torch.randn(16_384, device=device)
        read = wide.numel() * 4 / _median(lambda: wide @ x)
        multiply = _rate(matrix, lambda square: lambda: square @ square)
        if device == "cpu" and torch.backends.mkldnn.is_available():
            multiply = max(multiply, _rate(matrix, _by_onednn))  # BLAS is slower on some processors
        precisions = candidate_precisions(device)
        half = "bfloat16" if device == "cpu" else precisions[0].dtype
        halves = _rate(
            lambda n: matrix(n).to(getattr(torch, half)), lambda short: lambda: short @ short
        )
        has_bytes = any(precision.linear is DynamicInt8Linear for precision in precisions)
        whole = _rate(matrix, _of_bytes) if has_bytes else 0.0
    processor, of_class = _described(device)
    return Floor(
        processor=processor,
        threads=torch.get_num_threads(),
        torch=torch.__version__,
        read_gb_s=round(read / 1e9, 1),
        float32_gflops=round(multiply / 1e9),
        half_gflops=round(halves / 1e9),
        int8_gops=round(whole / 1e9),
        processor_class=of_class,
        half=half,
    )


def _described(device: str) -> tuple[str, str]:
    """A machine's name with the instructions that matter, and its class."""
    if device == "cuda":
        import torch

        card = torch.cuda.get_device_name()
        return card, card
    name, units = processor()
    of_class = processor_class(name, units)
    if "simulated" in of_class or not units:
        return of_class, of_class
    return f"{name} ({', '.join(unit for unit in UNITS if unit in units)})", of_class


def processor_class(name: str, units: Set[str], environ: Mapping[str, str] = os.environ) -> str:
    """The class of a processor: of CLASSES by the instructions that it has, else its name.

    Where the environment makes it compute as an older one: "AVX2 (simulated on AMD EPYC)".
    """
    limited = [environ.get(variable, "").lower() == "avx2" for variable in SIMULATED_BY]
    if any(limited):
        return f"AVX2 ({'' if all(limited) else 'partly '}simulated on {name})"
    return next((known for known, needed in CLASSES.items() if needed <= units), name)


def _by_onednn(square: Any) -> Callable[[], Any]:
    import torch

    packed = torch.ops.mkldnn._reorder_linear_weight(square, len(square))
    return lambda: torch.ops.mkldnn._linear_pointwise(square, packed, None, "none", [], "")


def _of_bytes(square: Any) -> Callable[[], Any]:
    from secondtake.models.inference.quantization import DynamicInt8Linear

    product = DynamicInt8Linear(DynamicInt8Linear.quantize(square), None)
    return lambda: product(square)


def _rate(matrix: Callable[[int], Any], multiply: Callable[[Any], Callable[[], Any]]) -> float:
    """Operations a second of square matrices, as large as multiply in LONG seconds or less.

    Where a processor has no kernels for a dtype, PyTorch's own are a thousand times
    slower: 2048 x 2048 of bfloat16 would take minutes.
    """
    for n in SIZES:
        work = multiply(matrix(n))
        if _seconds(work) > LONG:
            break
    return 2 * n**3 / _median(work)


def _median(work: Callable[[], Any]) -> float:
    """Of RUNS, or of as many as begin within PATIENCE; the first two lay things out."""
    end, times = time.perf_counter() + PATIENCE, [_seconds(work)]
    while len(times) < RUNS and time.perf_counter() < end:
        times.append(_seconds(work))
    return median(times[2:] or times)


def _seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    kind = work().device.type
    if kind != "cpu":
        import torch

        (torch.cuda if kind == "cuda" else torch.mps).synchronize()
    return time.perf_counter() - start


def processor() -> tuple[str, frozenset[str]]:
    """Its name, and those of its instructions that Linux lists."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        facts = {key.strip(): value for key, _, value in (line.partition(":") for line in lines)}
        return facts["model name"].strip(), frozenset(facts["flags"].split())
    except (OSError, KeyError):
        return _name_without_proc(), frozenset()


def _name_without_proc() -> str:
    """macOS: "Apple M4 Max"; elsewhere what Python knows."""
    if platform.system() == "Darwin":
        command = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    return platform.processor() or platform.machine()
