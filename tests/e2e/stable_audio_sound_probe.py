"""Runs inside venv-stable-audio: python stable_audio_sound_probe.py FOLDER. Prints JSON.

FOLDER is what tests/tiny/stable_audio.py wrote. Latents to sound by our decoding beside that of
stable-audio-tools, on tiny checkpoints: their kernels, strides and levels are those of the real
ones, so what depends on what is the same.
"""

import contextlib
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from stable_audio_tools.models.autoencoders import OobleckDecoder
from stable_audio_tools.models.blocks import SnakeBeta

from secondtake.files import sha256_of
from secondtake.registry.stable_audio import STABLE_AUDIO
from secondtake.weights import Weights
from secondtake_models.stable_audio.decoding import CONTEXT, decode, decoder_of
from secondtake_models.stable_audio.network import Network, load_network
from secondtake_models.stable_audio.oobleck import read_decoder

RATIO = 2048
LATENTS = (1, 24, 25, 61)  # one piece, one that is full, two, four
SHAPE = {"out_channels": 2, "channels": 4, "latent_dim": 64, "c_mults": [1, 2, 4, 8, 16],
         "strides": [2, 4, 4, 8, 8]}  # fmt: skip


def quiet(*_: Any) -> None:
    pass


def loaded(checkpoint: str, folder: Path) -> Network:
    wanted = STABLE_AUDIO.checkpoint(checkpoint).weights
    files = {weight.key: folder / weight.source for weight in wanted}
    hashes = {key: sha256_of(path) for key, path in files.items()}
    return load_network(Weights(files, hashes, folder / "cache"), "cpu")


def noise(latents: int) -> torch.Tensor:
    return torch.randn(1, 64, latents, generator=torch.Generator().manual_seed(latents))


def upstream(network: Network, latents: torch.Tensor) -> np.ndarray:
    """The whole, by stable-audio-tools: (frames, channels)."""
    with torch.no_grad():
        return network.model.pretransform.decode(latents)[0].numpy().T


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """The largest difference, as a part of the loudest sample."""
    return float(abs(one - other).max() / abs(other).max())


def decoding(network: Network) -> dict[str, Any]:
    before = upstream(network, noise(61))
    errors = [
        apart(decode(network, noise(n), n * RATIO, quiet), upstream(network, noise(n)))
        for n in LATENTS
    ]
    whole, frames = noise(61), 30 * RATIO - 5
    cut = decode(network, whole, frames, quiet)
    changed = whole.clone()
    changed[:, :, 30 + CONTEXT :] = 0  # nothing that a frame of the first 30 latents depends on
    told: list[tuple[str, int, int]] = []
    decode(network, whole, frames, lambda *said: told.append(said))
    return {
        "ours": decoder_of(network) is not None,
        "errors": errors,
        "cut": [cut.shape, str(cut.dtype), cut.flags.c_contiguous],
        "cut_error": apart(cut, before[:frames]),
        "beyond_the_context": bool(np.array_equal(cut, decode(network, changed, frames, quiet))),
        "within_the_context": reached(network),
        "told": told,
        "threads": by_threads(network, whole),
        "upstream_unchanged": bool(np.array_equal(before, upstream(network, noise(61)))),
        "by_upstream_in_pieces": by_upstream(network, noise(300)),
    }


def reached(network: Network) -> int:
    """How many latents beyond a frame's own its sound depends on, by stable-audio-tools."""
    one, other = noise(61), noise(61)
    other[:, :, 45] += 1000.0
    with torch.no_grad():
        decoder = network.model.pretransform.model.decoder.double()
        sounds = [decoder(latents.double())[0].numpy() for latents in (one, other)]
        decoder.float()
    first = int(np.flatnonzero((sounds[0] != sounds[1]).any(axis=0))[0])
    return 45 - first // RATIO


def by_threads(network: Network, latents: torch.Tensor) -> dict[str, Any]:
    """Hashes of what one, two and three threads make, and how many are set afterwards."""
    allowed, hashes, after = torch.get_num_threads(), [], []
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        sound = decode(network, latents, 61 * RATIO, quiet)
        hashes.append(hashlib.sha256(sound.tobytes()).hexdigest())
        after.append(torch.get_num_threads())
    torch.set_num_threads(allowed)
    return {"different": len(set(hashes)), "after": after}


def by_upstream(network: Network, latents: torch.Tensor) -> float:
    """How far decoding by stable-audio-tools in pieces is from the whole."""
    model, kept = network.model.pretransform.model, network.model.pretransform.model.soft_clip
    decoder, model.decoder = model.decoder, another_decoder()
    try:
        whole = upstream(network, latents)
        return apart(decode(network, latents, 300 * RATIO, quiet), whole)
    finally:
        model.decoder, model.soft_clip = decoder, kept


def another_decoder(**changes: Any) -> Any:
    """A decoder that is not ours to compute: ELU instead of Snake, unless changed."""
    torch.manual_seed(3)
    decoder = OobleckDecoder(**{**SHAPE, "use_snake": False, "final_tanh": True, **changes})
    return decoder.eval().requires_grad_(False)


def snakes() -> dict[str, float]:
    """Our Snake beside SnakeBeta, with and without logarithms."""
    errors = {}
    for log in (True, False):
        theirs = SnakeBeta(32, alpha_logscale=log)
        torch.manual_seed(5)
        with torch.no_grad():
            theirs.alpha.uniform_(0.2, 1.5)
            theirs.beta.uniform_(0.2, 1.5)
            x = 3 * torch.randn(1, 32, 4000)
            out = torch.empty(32, 4000)
            decoder = another_decoder(use_snake=True)
            decoder.layers[-3] = theirs
            read_decoder(decoder).snake(x[0], out)
            errors[str(log)] = apart(out.numpy(), theirs(x)[0].numpy())
    return errors


def kinds() -> dict[str, Any]:
    """Which decoders are ours to compute, and how far ours is from a bounded one."""
    bounded = another_decoder(use_snake=True)
    latents = noise(12)
    with torch.inference_mode():
        theirs, ours = bounded(latents)[0], read_decoder(bounded)
    return {
        "bounded_error": apart(ours(latents[0], 0, 12).numpy(), theirs.numpy()),
        "margins": ours.margins,
        "elu": read_decoder(another_decoder()) is None,
        "smoothed": read_decoder(another_decoder(use_snake=True, antialias_activation=True))
        is None,
        "nearest": read_decoder(another_decoder(use_snake=True, use_nearest_upsample=True)) is None,
        "odd": read_decoder(another_decoder(use_snake=True, strides=[2, 4, 4, 8, 7])) is None,
    }


def facts(folder: Path) -> dict[str, Any]:
    found = {name: decoding(loaded(name, folder)) for name in ("open-1.0", "open-small")}
    return {**found, "snakes": snakes(), "kinds": kinds()}


if __name__ == "__main__":
    with contextlib.redirect_stdout(sys.stderr):
        found = facts(Path(sys.argv[1]))
    print(json.dumps(found))
