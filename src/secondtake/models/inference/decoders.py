"""The fastest decoder of a transformer's weights, for those who measure it and those who use it."""

from secondtake.models.inference.cuda_graphs import CudaGraphDecoder
from secondtake.models.inference.fused_step import fused_step
from secondtake.models.inference.transformer import Decoder, TransformerWeights


def fastest_decoder(weights: TransformerWeights) -> Decoder:
    """On CUDA, a step is one graph; on a processor, one call where the precision has such a one."""
    if weights.device.startswith("cuda"):
        return CudaGraphDecoder(weights)
    return Decoder(weights, fused_step(weights))
