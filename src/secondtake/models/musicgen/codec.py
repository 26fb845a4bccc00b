"""Tokens to sound: the decoder of EnCodec at 32 kHz, in windows of one size.

Its recurrent part sees the whole take at 50 frames a second, which is little. Its convolutions,
which make 640 samples of a frame and would need gigabytes for a long take, see a window with some
frames on either side: more than they reach, so the sound is that of the whole, to rounding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from secondtake.models.musicgen.checkpoint import CODEC, Checkpoint

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor
    from transformers import EncodecModel

WINDOW = 512  # frames of 20 ms
CODEC_BYTES = 1 << 30  # on a device at most: 0.1 GiB of weights, a window's convolutions
CONTEXT = 8  # frames on either side: the convolutions reach less than four


def load_codec(checkpoint: Checkpoint, device: str) -> EncodecModel:
    """EnCodec with the checkpoint's tensors, to decode on `device`. ModelError bad_weights.

    On mps it is on the processor: convolutions longer than 65,536 are refused there by many a
    macOS, and a window has 338,000 samples.
    """
    from transformers import EncodecModel

    model = checkpoint.load_module(EncodecModel, CODEC, "EnCodec")
    model.encoder = None  # nothing is encoded here
    return model if device == "mps" else model.to(device)


def decode_tokens(codec: EncodecModel, tokens: Tensor) -> np.ndarray:
    """tokens: (codebooks, frames) int64 -> (samples,) float32, 640 samples of a frame."""
    import torch

    device = next(codec.parameters()).device
    layers = codec.decoder.layers
    split = next(n for n, layer in enumerate(layers) if type(layer).__name__ == "EncodecLSTM") + 1
    x = codec.quantizer.decode(tokens[:, None].to(device))  # (1, width, frames)
    for layer in layers[:split]:
        x = layer(x)
    hop = int(codec.config.hop_length)  # samples of a frame
    frames, parts = x.shape[-1], []
    for start in range(0, frames, WINDOW):
        end = min(start + WINDOW, frames)
        low = max(0, min(start - CONTEXT, frames - WINDOW - 2 * CONTEXT))
        high = min(frames, max(end + CONTEXT, low + WINDOW + 2 * CONTEXT))
        y = x[..., low:high]
        for layer in layers[split:]:
            y = layer(y)
        parts.append(y[0, 0, (start - low) * hop : (end - low) * hop].float().cpu())
    samples: np.ndarray = torch.cat(parts).numpy()
    return samples
