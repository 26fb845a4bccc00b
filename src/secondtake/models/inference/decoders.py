"""The fastest decoder of a transformer's weights, for those who measure it and those who use it."""

from typing import TypeVar

from secondtake.models.inference.cuda_graphs import StepGraphs
from secondtake.models.inference.fused_step import fused_step
from secondtake.models.inference.transformer import Decoder, TransformerWeights

D = TypeVar("D", bound=Decoder)


def fastest_decoder(weights: TransformerWeights, kind: type[D]) -> D:
    """On CUDA, a step is one graph; on a processor, one call where the precision has such a one."""
    if weights.device.startswith("cuda"):
        return kind(weights, graphs=StepGraphs())
    return kind(weights, fused_step(weights))
