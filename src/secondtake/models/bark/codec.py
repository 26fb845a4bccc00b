"""Fine tokens to sound: EnCodec's decoder at 24 kHz."""

from collections.abc import Sequence
from typing import Any

from secondtake.core.errors import ModelError
from secondtake.core.generate import Progress
from secondtake.core.weights import Weights
from secondtake.models.bark.constants import REMEDY
from secondtake.models.bark.window import Passage
from secondtake.models.inference.checkpoints import as_safetensors, load_converted

BANDWIDTH_KBPS = 6.0  # 8 codebooks, which is what the fine model writes


def read_codec(weights: Weights, device: str) -> Any:
    """EnCodec on `device`; on the CPU where that is mps, on which it does not run.

    ModelError bad_weights if the file is not EnCodec's.
    """
    from encodec import EncodecModel

    path = as_safetensors(weights, "codec")
    model = EncodecModel.encodec_model_24khz(pretrained=False)
    try:
        model.load_state_dict(load_converted(path)[0])
    except RuntimeError as error:
        raise ModelError("bad_weights", f"{path} is not EnCodec's: {error}", REMEDY) from error
    model.set_target_bandwidth(BANDWIDTH_KBPS)
    return model.eval().to("cpu" if device == "mps" else device)


def decode(codec: Any, passages: Sequence[Passage], progress: Progress) -> None:
    """Fill in `samples` of all passages, one after the other."""
    import torch

    device = next(codec.parameters()).device
    # oneDNN prepares the codec's transposed convolutions anew for every length, 20 s each time.
    with torch.backends.mkldnn.flags(enabled=False):
        for done, passage in enumerate(passages, 1):
            tokens = torch.as_tensor(passage.fine, device=device)  # (8, time)
            sound = codec.decoder(_embedded(codec, tokens))  # (1, 1, frames)
            passage.samples = sound[0, 0].float().cpu().numpy()
            progress("sounds", done, len(passages))


def _embedded(codec: Any, tokens: Any) -> Any:
    """The codebooks' entries, added up: (books, time) -> (1, width, time)

    The quantizer does the same by a library whose first use takes three seconds of imports.
    """
    books = [layer._codebook.embed for layer in codec.quantizer.vq.layers[: len(tokens)]]
    entries = sum(book[chosen] for book, chosen in zip(books, tokens, strict=True))
    return entries.T[None]
