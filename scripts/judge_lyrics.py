"""Have Whisper write down the words of sung takes and baselines: python scripts/judge_lyrics.py."""

import sys

from secondtake.core.judge_script import LoadedJudge, main
from secondtake.core.registry.whisper import WHISPER
from secondtake.core.weights import Weights


def load(checkpoint: str, device: str, weights: Weights) -> LoadedJudge:
    """Load a checkpoint: base, large-v3-turbo or base-packaged."""
    from secondtake.judges.whisper import load_whisper

    return load_whisper(checkpoint, weights)


if __name__ == "__main__":
    sys.exit(main(WHISPER, load))
