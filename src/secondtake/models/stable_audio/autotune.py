"""Which arithmetic a network is computed in: the fastest on this machine that is near enough.

A step of 10 s is timed in each, once (secondtake.models.inference.autotune), and what it predicts
is compared with float32, over noise levels from early to late.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from secondtake.core.errors import ModelError
from secondtake.core.generate import Progress
from secondtake.core.jobs import Job
from secondtake.models.inference.autotune import fastest, measured_once
from secondtake.models.inference.quantization import ARITHMETICS, FLOAT32, Arithmetic, candidates
from secondtake.models.inference.sampling import generator, normal
from secondtake.models.stable_audio import stable_audio_3
from secondtake.models.stable_audio.model import Network, heard_together
from secondtake.models.stable_audio.quantized import diffusion

FORMAT = 2  # raised when something else is measured, or chosen in another way
LATENTS = 226  # 10 s, and what their end needs to be decoded
TIMES = (0.9, 0.5, 0.2)  # of the diffusion: nearly all noise, half, nearly none
TIMED = 3  # steps, of which the fastest counts; those before it have read the weights
# Root mean square of the difference, as a share of what is predicted: as a step of 1/20 more or
# less. It is a choice, made before anybody could listen. Small random networks are off by 0.005 to
# 0.01; large random ones, which amplify every rounding, by more.
MOST_ERROR = 0.05
PROMPT = "A drum loop with bass, 120 BPM"
SEED = 49


@dataclass(frozen=True)
class Measured:
    """One arithmetic."""

    step_seconds: float  # with guidance: two rows
    error: float = 0.0  # from float32


def choose(network: Network, job: Job, progress: Progress) -> Arithmetic:
    """The arithmetic that a job is computed in; `check` has looked at what it asks for."""
    asked = str(job.settings["dtype"])
    if job.settings["mode"] == "exact":
        return FLOAT32
    return ARITHMETICS[asked] if asked != "auto" else probe(network, progress)


def check(job: Job, device: str) -> None:
    """ModelError unsupported if a job asks for an arithmetic that cannot be had."""
    asked, mode = str(job.settings["dtype"]), str(job.settings["mode"])
    if asked in ("auto", FLOAT32.name):
        return
    if mode == "exact":
        message = f"exact is computed in float32, {asked} was asked for"
        raise ModelError("unsupported", message, "use --mode fast, or leave --dtype away")
    known = [one.name for one in offered(device)]
    if asked not in known:
        message = f"{asked} is not computed on {device} here"
        hint = f"use --dtype auto, or one of: {', '.join(known)}"
        if asked == "float16" and device == "cpu":
            hint += "; float16 is for GPUs"
        raise ModelError("unsupported", message, hint)


def offered(device: str) -> tuple[Arithmetic, ...]:
    """float32, and what may be faster; two rows of some hundred latents are a step."""
    return (FLOAT32, *candidates(device, many_rows=True))


def probe(network: Network, progress: Progress) -> Arithmetic:
    """The fastest of what is near enough; measured now if it was not yet."""
    facts = {"format": FORMAT, "weights": network.hashes}

    def measure_now() -> dict[str, Any]:
        return {name: asdict(one) for name, one in measure(network, progress).items()}

    def read(found: dict[str, Any]) -> dict[str, Measured]:
        return {name: Measured(**one) for name, one in found.items()}

    found = measured_once(network.cache, "stable_audio", facts, network.device, measure_now, read)
    seconds = {name: one.step_seconds for name, one in found.items()}
    errors = {name: one.error for name, one in found.items()}
    return ARITHMETICS[fastest(seconds, errors, MOST_ERROR, FLOAT32.name)]


def measure(network: Network, progress: Progress) -> dict[str, Measured]:
    """Every arithmetic of this device, float32 first."""
    import torch

    each = offered(network.device)
    found: dict[str, Measured] = {}
    true: Any = None
    with torch.inference_mode():
        for done, arithmetic in enumerate(each):
            progress("measuring arithmetics", done, len(each))
            step = _step(network, diffusion(network, arithmetic))
            made = torch.cat([step(at) for at in TIMES])
            true = made if true is None else true
            error = ((made - true).square().mean() / true.square().mean()).sqrt().item()
            seconds = min(_timed(lambda step=step: step(TIMES[1])) for _ in range(TIMED))  # type: ignore[misc]
            found[arithmetic.name] = Measured(round(seconds, 4), round(error, 6))
            del step
            network.holding.clear()  # or all of them would be in memory at once
    return found


def _step(network: Network, predict: Any) -> Callable[[float], Any]:
    """A step of two rows, as guidance makes of one, at a time of the diffusion."""
    import torch

    count = min(LATENTS, network.window // network.frames_per_latent)
    (known,) = network.conditioning(PROMPT, 10.0)
    told = heard_together(network, [known, known])
    if stable_audio_3.varies(network):
        told |= stable_audio_3.nothing_kept(network, 2, count)
    inputs = network.model.get_conditioning_inputs(told)
    x = normal((2, network.model.io_channels, count), generator(SEED), network.device)

    def step(at: float) -> Any:
        return predict(x, torch.full((2,), at, device=network.device), **inputs)

    return step


def _timed(work: Callable[[], Any]) -> float:
    import torch

    start = time.perf_counter()
    if work().device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start
