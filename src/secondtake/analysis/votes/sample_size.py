"""How many votes a preference of a given size needs, before the test begins.

    python -m secondtake.analysis.votes.sample_size docs

writes the table of docs/listening.md, between two comments, as
`<!-- votes needed: begin -->` and `<!-- votes needed: end -->`.
"""

import math
import re
import sys
from pathlib import Path

import numpy as np
from scipy.stats import binom

from secondtake.analysis.formatting import markdown_table
from secondtake.core.files import write_text

ALPHA, POWER = 0.05, 0.8
SHARES = (0.6, 0.7, 0.8, 0.9)
MOST = 2000  # votes that are looked at; 0.55 needs 820
PER_LISTENER = 20  # votes of a test of some ten minutes, spread evenly over all pairs of versions
VERSIONS = (2, 3, 5)  # of a segment
PAGE, BLOCK = "listening.md", "votes needed"


def power(votes: np.ndarray, share: float, alpha: float = ALPHA) -> np.ndarray:
    """The chance that a two-sided exact sign test finds a share, for each number of votes.

    Finds: on its own side. Ties are no votes here.
    """
    counts = np.asarray(votes)
    least = binom.isf(alpha / 2, counts, 0.5) + 1  # P(X > isf) <= alpha / 2
    return np.asarray(binom.sf(least - 1, counts, share))


def votes_needed(share: float, alpha: float = ALPHA, wanted: float = POWER) -> int:
    """The number of votes from which on the power never falls below the wanted one again: it falls
    a little wherever one more vote is asked for."""
    votes = np.arange(1, MOST + 1)
    return int(votes[power(votes, share, alpha) < wanted][-1]) + 1


def table() -> str:
    """The table for a reader."""
    rows = [
        (f"{10 * share:.0f} of 10", *map(str, (needed, *listeners_needed(needed))))
        for share in SHARES
        for needed in [votes_needed(share)]
    ]
    of_versions = (f"listeners, {count} versions" for count in VERSIONS)
    head = ("choose it, of those with a preference", "votes on the pair", *of_versions)
    return markdown_table(head, rows)


def listeners_needed(votes: int) -> list[int]:
    """How many listeners give so many votes on one pair, by the number of versions."""
    return [math.ceil(votes * math.comb(count, 2) / PER_LISTENER) for count in VERSIONS]


def write(folder: Path) -> bool:
    """Put the table into the page; True if that changed it."""
    path = folder / PAGE
    pattern = re.compile(rf"(<!-- {BLOCK}: begin -->\n).*?(<!-- {BLOCK}: end -->)", re.DOTALL)
    text = path.read_text(encoding="utf-8")
    return write_text(path, pattern.sub(lambda match: f"{match[1]}{table()}\n{match[2]}", text))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
