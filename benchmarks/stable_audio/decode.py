"""Ways from latents to sound: seconds, error and peak memory of each.

    venv-stable-audio/bin/python -m benchmarks.stable_audio.decode [--seconds 10]
                                 [--write docs/lab/performance.md]

Each way is a process of its own that reads the autoencoder alone, of the random full-size weights
that stable_audio/speed.py has written; nothing else should be running. The whole window, which the
others are compared with, takes about a minute and 7 GB. Errors are of the loudest sample.
"""

import argparse
import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks.floor import multiplies_bfloat16
from benchmarks.harness import child, keep_sound, page, peak_bytes, put, tell
from benchmarks.stable_audio.weights import RATE, make

WAYS = {
    "whole": "unmodified, the whole window",
    "asked": "unmodified, what is asked and its context",
    "in-place": "the same, Snake in place",
    "pieces": "the same, in pieces of 48 latents",
    "bfloat16": "the same as the second, in bfloat16",
    "ours": "ours",
}
CONTEXT = 10  # latents on either side that a latent's sound depends on
PIECE = 48
SEED = 7
PREFIX = "pretransform.model."  # of the autoencoder's tensors in the file
Autoencoder = Any


def main() -> None:
    options = _page().parse_args()
    if options.way:
        return _one(options)
    os.environ["DEVICE"] = options.device
    child("stable_audio/weights.py", str(options.folder))
    figures = {}
    with tempfile.TemporaryDirectory() as sounds:
        os.environ["SOUNDS"] = sounds
        usual = [way for way in WAYS if way != "bfloat16" or multiplies_bfloat16(options.device)]
        for way in options.sides or usual:
            tell(f"{way} …")
            facts = ("--folder", str(options.folder), "--seconds", str(options.seconds))
            figures[way] = json.loads(
                child("stable_audio/decode.py", "--way", way, *facts).splitlines()[-1]
            )
        text = report(figures, options.seconds)
    put(options.write, "stable_audio_decode", text)


def report(figures: Mapping[str, Mapping[str, Any]], seconds: float) -> str:
    first = next(iter(figures.values()))
    lines = [
        f"{seconds:g} s of sound from latents, {first['threads']} threads:\n",
        "| | seconds | error | peak memory |",
        "|---|---|---|---|",
    ]
    for way, run in figures.items():
        error = f"{_error(run['sound'], first['sound']):.0e}" if run is not first else ""
        peak = run["peak_bytes"] / (1 << 30)
        lines.append(f"| {WAYS[way]} | {run['seconds']:.1f} | {error} | {peak:.1f} GiB |")
    return "\n".join(lines)


def _page() -> argparse.ArgumentParser:
    parser = page(__doc__, "stable_audio", runs=1)
    parser.add_argument("--seconds", type=float, default=10.0, help="of sound")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    return parser


def _one(options: argparse.Namespace) -> None:
    """In a child: one way, and its figures."""
    import torch

    with contextlib.redirect_stdout(sys.stderr):
        coder, config = _autoencoder(options.folder)
    frames = round(options.seconds * RATE)
    ratio = config["model"]["pretransform"]["config"]["downsampling_ratio"]
    window, needed = config["sample_size"] // ratio, -(-frames // ratio)
    generator = torch.Generator().manual_seed(SEED)
    latents = torch.randn((1, config["model"]["io_channels"], window), generator=generator)
    begun = time.monotonic()
    with torch.inference_mode():
        sound = _decode(options.way, coder, config, latents, needed, frames)
    seconds = time.monotonic() - begun
    figures = {"seconds": seconds, "threads": torch.get_num_threads(), "peak_bytes": peak_bytes()}
    print(json.dumps({**figures, "sound": keep_sound(sound)}))


def _autoencoder(folder: Path) -> tuple[Autoencoder, dict[str, Any]]:
    """The autoencoder of a checkpoint, without the rest of it."""
    import torch
    from safetensors import safe_open
    from stable_audio_tools.models.factory import create_pretransform_from_config

    paths = make(folder)
    config = json.loads(paths["config"].read_text(encoding="utf-8"))
    with torch.device("meta"):
        coder = create_pretransform_from_config(config["model"]["pretransform"], RATE)
    with safe_open(paths["model"], framework="pt") as file:
        names = [name for name in file.keys() if name.startswith(PREFIX)]  # noqa: SIM118
        state = {name.removeprefix(PREFIX): file.get_tensor(name) for name in names}
    coder.model.load_state_dict(state, assign=True)
    return coder.eval().requires_grad_(False), config


def _decode(
    way: str, coder: Autoencoder, config: Mapping[str, Any], latents: Any, needed: int, frames: int
) -> Any:
    """numpy (frames, channels) float32."""
    import torch

    needed_latents = latents[:, :, : needed + CONTEXT]
    if way == "ours":
        return _ours(coder, config, latents, frames)
    if way == "whole":
        sound = coder.decode(latents)
    elif way == "pieces":
        sound = torch.cat(list(_pieces(coder, needed_latents, needed)), dim=2)
    else:
        if way == "in-place":
            _snake_in_place(coder)
        kind = torch.bfloat16 if way == "bfloat16" else torch.float32
        sound = coder.to(kind).decode(needed_latents.to(kind))
    return sound[0, :, :frames].float().numpy().T.copy()


def _pieces(coder: Autoencoder, latents: Any, needed: int) -> Iterator[Any]:
    ratio = coder.downsampling_ratio
    for start in range(0, needed, PIECE):
        stop, first = min(start + PIECE, needed), max(start - CONTEXT, 0)
        sound = coder.decode(latents[:, :, first : stop + CONTEXT])
        yield sound[:, :, (start - first) * ratio : (stop - first) * ratio].clone()


def _snake_in_place(coder: Autoencoder) -> None:
    """x + sin²(αx) / β in one tensor beside x, which is kept: blocks add it afterwards."""
    import torch

    def forward(snake: Any, x: Any) -> Any:
        alpha, beta = (part[None, :, None].exp() for part in (snake.alpha, snake.beta))
        return torch.mul(x, alpha).sin_().square_().div_(beta + 1e-9).add_(x)

    for module in coder.modules():
        if type(module).__name__ == "SnakeBeta":
            module.forward = forward.__get__(module)


def _ours(coder: Autoencoder, config: Mapping[str, Any], latents: Any, frames: int) -> Any:
    from secondtake.models.stable_audio.autoencoder import decode

    ratio = config["model"]["pretransform"]["config"]["downsampling_ratio"]
    network: Any = SimpleNamespace(
        model=SimpleNamespace(pretransform=coder), frames_per_latent=ratio, device="cpu"
    )
    return decode(network, latents, frames, lambda *_: None)


def _error(path: str, other: str) -> float:
    """The largest difference, as a share of the other's loudest sample."""
    import numpy as np

    sound, reference = np.load(path), np.load(other)
    return float(np.abs(sound - reference).max() / np.abs(reference).max())


if __name__ == "__main__":
    main()
