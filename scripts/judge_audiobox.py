"""Ask Audiobox Aesthetics how takes would be liked: python scripts/judge_audiobox.py."""

import sys

from secondtake.core.judge_script import LoadedJudge, main
from secondtake.core.registry.audiobox import AUDIOBOX
from secondtake.core.weights import Weights


def load(checkpoint: str, device: str, weights: Weights) -> LoadedJudge:
    """Load the one checkpoint."""
    from secondtake.judges.audiobox import load_audiobox

    return load_audiobox(weights, device)


if __name__ == "__main__":
    sys.exit(main(AUDIOBOX, load))
