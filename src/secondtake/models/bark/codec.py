"""Fine tokens to audio: EnCodec's decoder at 24 kHz."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

from secondtake.core.errors import ModelError
from secondtake.core.generate import Progress
from secondtake.core.weights import Weights
from secondtake.models.bark.constants import REMEDY
from secondtake.models.bark.window import WindowState
from secondtake.models.inference.checkpoints import as_safetensors, load_converted

if TYPE_CHECKING:
    from encodec import EncodecModel
    from torch import Tensor

BANDWIDTH_KBPS = 6.0  # 8 codebooks, as many as the fine model generates
CODEC_BYTES = 400 << 20  # 90 MiB of weights, 215 of activations for a window of 15.4 s, cuDNN's


def load_codec(weights: Weights, device: str) -> EncodecModel:
    """EnCodec on `device`; on the CPU for mps, which cannot run it. ModelError bad_weights."""
    from encodec import EncodecModel

    path = as_safetensors(weights, "codec")
    model = EncodecModel.encodec_model_24khz(pretrained=False)
    try:
        model.load_state_dict(load_converted(path)[0])
    except RuntimeError as error:
        raise ModelError("bad_weights", f"{path} is not EnCodec's: {error}", REMEDY) from error
    model.set_target_bandwidth(BANDWIDTH_KBPS)
    return model.eval().to("cpu" if device == "mps" else device)


def codec_decode(codec: EncodecModel, states: Sequence[WindowState], progress: Progress) -> None:
    """Fill in `samples` of all windows, one after the other."""
    import torch

    device = next(codec.parameters()).device
    # oneDNN prepares the codec's transposed convolutions anew for every length, 20 s each time.
    with torch.backends.mkldnn.flags(enabled=False):
        for done, state in enumerate(states, 1):
            tokens = torch.as_tensor(state.fine, device=device)  # (8, time)
            audio = codec.decoder(_dequantize(codec, tokens))  # (1, 1, frames)
            state.samples = audio[0, 0].float().cpu().numpy()
            progress("sounds", done, len(states))


def _dequantize(codec: EncodecModel, tokens: Tensor) -> Tensor:
    """The codebooks' entries, added up: (codebooks, time) -> (1, width, time)

    The quantizer does the same by a library whose first use takes three seconds of imports.
    """
    tables = [layer._codebook.embed for layer in codec.quantizer.vq.layers[: len(tokens)]]
    entries = reduce(add, (table[row] for table, row in zip(tables, tokens, strict=True)))
    return entries.T[None]
