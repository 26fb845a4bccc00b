"""Ask CLAP how well takes fit the style that was asked for: python scripts/judge_clap.py."""

import sys

from secondtake.core.judge_script import LoadedJudge, main
from secondtake.core.registry.clap import CLAP
from secondtake.core.weights import Weights


def load(checkpoint: str, device: str, weights: Weights) -> LoadedJudge:
    """Load a checkpoint, general or music."""
    from secondtake.judges.clap import load_clap

    return load_clap(weights, device)


if __name__ == "__main__":
    sys.exit(main(CLAP, load))
