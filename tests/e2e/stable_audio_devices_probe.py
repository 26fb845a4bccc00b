"""Stable Audio on simulated devices: python stable_audio_devices_probe.py FOLDER (in its venv).

FOLDER is what tests/tiny/stable_audio.py wrote. Prints JSON.
"""

import contextlib
import json
import sys
import warnings
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import torch
from benchmarks.stable_audio import weights as true_sizes
from tests.e2e.tiny_weights import weights_in
from tests.simulated.accelerator import Accelerator
from torch.utils._python_dispatch import TorchDispatchMode

from secondtake.core.errors import ModelError
from secondtake.core.jobs import Job
from secondtake.core.registry.stable_audio import STABLE_AUDIO
from secondtake.models.inference import graphed_call, graphs
from secondtake.models.inference.quantization import BFLOAT16, FLOAT16, FLOAT32
from secondtake.models.stable_audio.model import StableAudioModel, load_stable_audio, meta_model
from secondtake.models.stable_audio.noise import seeded_randomness
from secondtake.models.stable_audio.pipeline import generate_batch
from secondtake.models.stable_audio.quantized import quantized_bytes, quantized_dit
from secondtake.models.stable_audio.samplers import samplers_without_waits

STEPS = 3
ON_CUDA = (
    ("open-1.0", "fast", "float16"),
    ("open-small", "exact", "float32"),
    ("3-medium", "fast", "bfloat16"),
)
ON_MPS = ("open-1.0", "3-medium")
LATENTS_47_S, PIECE = 1024, 148  # of a whole window; of a piece with its context


def quiet(*_: Any) -> None:
    pass


def network_of(folder: Path, checkpoint: str, device: str) -> StableAudioModel:
    return load_stable_audio(weights_in(folder, STABLE_AUDIO.checkpoint(checkpoint)), device)


def jobs_of(checkpoint: str, rows: int, **settings: Any) -> list[Job]:
    chosen = {"steps": STEPS, "cfg_scale": 3.0, **settings}
    own = STABLE_AUDIO.settings(STABLE_AUDIO.checkpoint(checkpoint), chosen)
    return [
        Job("song", 1, "instrumental", "", "stable_audio", checkpoint, seed + 1, seed, 1.0,
            "Tango, 120 BPM", "", "", (), 120.0, "", own)
        for seed in range(rows)
    ]  # fmt: skip


def played(network: StableAudioModel, jobs: list[Job], progress: Any = quiet) -> list[Any]:
    """Samples by job, or what was said instead."""
    done = {job.seed: result for job, result in generate_batch(network, jobs, progress)}
    return [
        [done[job.seed].code, done[job.seed].message]
        if isinstance(done[job.seed], ModelError)
        else done[job.seed].samples
        for job in jobs
    ]


def apart(ours: list[Any], theirs: list[Any]) -> float:
    """The largest difference, as a share of the loudest sample."""
    pairs = zip(ours, theirs, strict=True)
    return max(float(np.abs(a - b).max() / np.abs(b).max()) for a, b in pairs)


def on_cuda(folder: Path, checkpoint: str, mode: str, dtype: str) -> dict[str, Any]:
    """Two takes beside the CPU's in float32; what a step waits for and replays."""
    exact = jobs_of(checkpoint, 2, dtype="float32", mode=mode)
    expected = played(network_of(folder, checkpoint, "cpu"), exact)
    steps: list[tuple[int, int]] = []
    with Accelerator("cuda") as card:
        network = network_of(folder, checkpoint, "cuda")

        def count(phase: str, *_: int) -> None:
            if phase == "denoising":
                steps.append((card.counts.waits, card.counts.replays))

        made = played(network, jobs_of(checkpoint, 2, dtype=dtype, mode=mode), count)
    waits, replays = zip(*steps[: STEPS + 1], strict=True)
    return {
        "apart": apart(made, expected),
        "waits": np.diff(waits).tolist(),
        "replays": np.diff(replays).tolist(),
    }


def loading(folder: Path) -> list[int]:
    """Bytes of a card while the transformer is loaded in halves, and those of it in float32."""
    with Accelerator("cuda") as card, torch.no_grad():
        network = network_of(folder, "open-1.0", "cuda")
        quantized_dit(network, FLOAT16)
        return [card.memory.peak, quantized_bytes(network, FLOAT32)]


def short_of_memory(folder: Path) -> dict[str, Any]:
    """Three takes where the card is full once, and where it always is."""
    jobs = jobs_of("open-small", 3, dtype="float16")
    with Accelerator("cuda") as card, warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        network = network_of(folder, "open-small", "cuda")
        usual = played(network, jobs)
        card.fail("cuda out of memory", "addmm")
        halved = played(network, jobs)
        card.fail("cuda out of memory", "addmm", times=1000)
        none = played(network, jobs[:1])
    return {
        "halved": apart(halved, usual),
        "told": sum("no memory for" in str(each.message) for each in said),
        "none": none[0],
    }


def on_mps(folder: Path, checkpoint: str) -> float:
    """The distance of a take from the CPU's in float32."""
    exact = jobs_of(checkpoint, 1, dtype="float32")
    expected = played(network_of(folder, checkpoint, "cpu"), exact)
    with Accelerator("mps", macos=(14, 6)):
        network = network_of(folder, checkpoint, "mps")
        return apart(played(network, jobs_of(checkpoint, 1, dtype="float16")), expected)


def graphed() -> dict[str, Any]:
    """A call that is captured: its copies, its graphs, and when it is given up."""
    calls: list[int] = []

    def work(x: Any, pair: Any, scale: float) -> Any:
        calls.append(1)
        return x * scale + pair[0] * pair[1]

    with Accelerator("cuda") as card, torch.no_grad():
        call = graphed_call.GraphedCall(work, "cuda", "float32")
        x, pair = torch.rand(2, 3).to("cuda"), (torch.rand(3).to("cuda"), torch.rand(3).to("cuda"))

        def is_right(scale: float = 2.0) -> bool:
            return bool(torch.equal(call(x=x, pair=pair, scale=scale), work(x, pair, scale)))

        right = [is_right(), is_right(), is_right(3.0)]
        kept, before = len(call), len(calls)
        copies = []
        for change in (quiet, lambda: x.add_(1), lambda: pair[1].mul_(2)):
            change()
            card.counts.reset()
            call(x=x, pair=pair, scale=2.0)
            copies.append(card.counts.operators.get("copy_", 0))
        replayed = len(calls) == before
        right.append(is_right())
        for scale in range(20):
            call(x=x, pair=pair, scale=scale)
        most = len(call)
        said: list[str] = []
        graphed_call.note, graphs.TOLERANCE["float32"] = said.append, -1.0
        call(x=x, pair=pair, scale=50.0)
        graphs.TOLERANCE["float32"] = 1e-4
        waiting = graphed_call.GraphedCall(lambda x: x * float(x.sum()), "cuda", "float32")
        for _ in range(2):
            waiting(x=x)
        right.append(is_right())
        dropped = [len(call), len(waiting)]
    return {
        "right": right, "kept": kept, "copies": copies, "replayed": replayed, "most": most,
        "said": said, "dropped": dropped,
    }  # fmt: skip


def increments() -> dict[str, Any]:
    """The noise of two rows over two steps in fast, beside their generators' own draws."""
    from stable_audio_tools.inference.k_diffusion import sampling

    def generators() -> list[torch.Generator]:
        return [torch.Generator().manual_seed(seed) for seed in (1, 2)]

    before = sampling.BrownianTreeNoiseSampler, sampling.get_sigmas_polyexponential
    x, low, high = torch.zeros(2, 4, 5), torch.tensor(0.3), torch.tensor(9.0)
    with samplers_without_waits(tree=False), seeded_randomness(*generators()):
        noise = sampling.BrownianTreeNoiseSampler(x, low, high)
        drawn = [noise(high, low) for _ in range(2)]
    own = generators()
    expected = [torch.stack([torch.randn(4, 5, generator=each) for each in own]) for _ in range(2)]
    after = sampling.BrownianTreeNoiseSampler, sampling.get_sigmas_polyexponential
    return {
        "own": all(map(torch.equal, drawn, expected)),
        "put_back": before == after,
    }


class PeakOfMeta(TorchDispatchMode):
    """The most bytes of storages that are looked at at once, by tensors on the meta device."""

    def __init__(self) -> None:
        super().__init__()
        self.looking: dict[int, int] = {}  # tensors of each storage
        self.alive = self.peak = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for tensor in result if isinstance(result, (tuple, list)) else (result,):
            if isinstance(tensor, torch.Tensor):
                storage = tensor.untyped_storage()
                self._count(storage._cdata, storage.nbytes(), 1)
                weakref.finalize(tensor, self._count, storage._cdata, storage.nbytes(), -1)
        return result

    def _count(self, key: int, nbytes: int, change: int) -> None:
        before = self.looking.get(key, 0)
        self.looking[key] = before + change
        if 0 in (before, before + change):
            self.alive += nbytes * change
            self.peak = max(self.peak, self.alive)


def true_bytes() -> dict[str, int]:
    """Bytes of open-1.0 in its true sizes: weights, and what a step and a piece work in."""
    config = true_sizes.config()
    model: Any = meta_model(config)
    model.pretransform.model.encoder = None
    model.requires_grad_(False)
    network = StableAudioModel(model, config, "cuda")
    pretransform = model.pretransform
    with torch.device("meta"), torch.no_grad():
        halves = model.model.model.transformer.bfloat16()
        x = torch.zeros(2, LATENTS_47_S, 64, dtype=torch.bfloat16)
        context = torch.zeros(2, 130, 768, dtype=torch.bfloat16)
        prepend = torch.zeros(2, 1, 1536, dtype=torch.bfloat16)
        with PeakOfMeta() as step:
            halves(x, context=context, prepend_embeds=prepend, use_checkpointing=False)
        with PeakOfMeta() as piece:
            pretransform.model.decoder(torch.zeros(1, 64, PIECE))
    return {
        "float32": quantized_bytes(network, FLOAT32),
        "bfloat16": quantized_bytes(network, BFLOAT16),
        "decoder": sum(each.nbytes for each in pretransform.state_dict().values()),
        "step": step.peak,
        "piece": piece.peak,
    }


def main(folder: Path) -> dict[str, Any]:
    return {
        "cuda": {case[0]: on_cuda(folder, *case) for case in ON_CUDA},
        "mps": {name: on_mps(folder, name) for name in ON_MPS},
        "loading": loading(folder),
        "short": short_of_memory(folder),
        "graphed": graphed(),
        "increments": increments(),
        "true_bytes": true_bytes(),
    }


if __name__ == "__main__":
    with contextlib.redirect_stdout(sys.stderr):
        facts = main(Path(sys.argv[1]))
    print(json.dumps(facts))
