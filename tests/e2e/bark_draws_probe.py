"""Bark in exact, with draws that are the same in every version of PyTorch.

    python bark_draws_probe.py FOLDER SOUND

FOLDER is written by tests/tiny/bark.py; SOUND becomes a .npy of samples. Prints JSON: the tokens,
and what this PyTorch itself draws. From one seed, 2.5.1 and 2.8.0 draw the same normal numbers and
other exponential ones, so that here half the sum of two squared normal numbers, which is
distributed exponentially too, takes the place of the latter.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from bark_decoding_probe import SHORT, a_state, generate
from bark_tiny import weights_in

from secondtake.models.bark.autotune import EXACT
from secondtake.models.bark.model import BarkComponents


def from_normals(
    self: torch.Tensor, rate: float = 1.0, *, generator: torch.Generator
) -> torch.Tensor:
    normals = torch.randn((2, *self.shape), generator=generator)
    return self.copy_((normals**2).sum(dim=0) / (2 * rate))


def main(folder: Path, sound: Path) -> None:
    drawn = {
        "normal": torch.randn(20, generator=torch.Generator().manual_seed(7)).tolist(),
        "exponential": torch.empty(20)
        .exponential_(generator=torch.Generator().manual_seed(7))
        .tolist(),
    }
    torch.Tensor.exponential_ = from_normals
    components = BarkComponents(weights_in(folder), "cpu", one_at_a_time=False)
    (state,) = generate(components, EXACT, [a_state(components, SHORT, None)])
    np.save(sound, state.samples)
    tokens = {name: getattr(state, name).tolist() for name in ("semantic", "coarse", "fine")}
    print(json.dumps({"torch": torch.__version__, "drawn": drawn, "tokens": tokens}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
