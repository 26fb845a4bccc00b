"""How far sounds differ in general: mean and spread of each MFCC, to standardise timbre by.

Shipped as reference_statistics.json, so that scores need no corpus and are equal everywhere.
Made by `python -m secondtake_analysis.statistics` from `secondtake_analysis.synthetic`; what that
costs in honesty is said there and in docs/metrics.md.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

FILE = Path(__file__).with_name("reference_statistics.json")


@cache
def timbre_statistics() -> tuple[np.ndarray, np.ndarray]:
    """Mean and spread of MFCC 1 to 19, each (19,)."""
    shipped = json.loads(FILE.read_text(encoding="utf-8"))
    return np.array(shipped["mfcc_mean"]), np.array(shipped["mfcc_spread"])


def compute() -> dict[str, Any]:
    """The content of the shipped file, made anew."""
    from secondtake_analysis.features import describe
    from secondtake_analysis.noise import as_audio
    from secondtake_analysis.prepare import COMMON_RATE
    from secondtake_analysis.synthetic import sounds

    described = [describe(as_audio(sound, COMMON_RATE)) for sound in sounds()]
    rows = np.concatenate([features.mfcc[:, 1:] for features in described])
    return {
        "source": f"{len(described)} synthetic sounds (secondtake_analysis.synthetic)",
        "windows": len(rows),
        "mfcc_mean": [round(float(value), 3) for value in rows.mean(axis=0)],
        "mfcc_spread": [round(float(value), 3) for value in rows.std(axis=0)],
    }


if __name__ == "__main__":
    from secondtake.files import write_json

    write_json(FILE, compute())
