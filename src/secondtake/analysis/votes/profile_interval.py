"""95 % intervals of differences between systems, as if all votes were independent.

An end of an interval is where the greatest log likelihood that still has this difference is 1.92
below the greatest of all (the profile likelihood). Where all votes agree, the usual interval, by
the curvature at the top, is far too wide: the likelihood is not round there.

For the end that is nearer to 0, the prior's votes are put on the side of 0: what is decided must
hold whatever the prior (Walley's imprecise Dirichlet model, 1996). For two systems that decides
when the exact binomial test does: by 6 of 6 votes, not by 5 of 5.
"""

from dataclasses import dataclass

import numpy as np

from secondtake.analysis.votes.bradley_terry import (
    PRIOR,
    STEPS,
    TOLERANCE,
    PairModel,
)

SIDE = 0.9  # of the prior's votes there: with all of them, a top may be infinitely far away
DROP = 1.920729  # of the log likelihood: half of the 95 % point of chi-squared of 1
ROUNDS = 50  # of Newton's method for an end; it takes 3 to 6
NEAR = 1e-7  # of a log likelihood


def profile_intervals(counts: np.ndarray, contrasts: np.ndarray) -> np.ndarray:
    """Lower and upper end of weighted sums of parameters.

    counts: (pairs, 3); contrasts: (sums, systems + 1), none of them zero -> (sums, 2).
    """
    directions = np.concatenate([-contrasts, contrasts])  # the lower end is the upper one of less
    if not len(directions):
        return np.zeros((0, 2))
    ends = _upper_ends(np.asarray(counts, dtype=float), directions)
    below, above = np.split(ends, 2)
    return np.stack([-below, above], axis=1)


def _upper_ends(counts: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """The upper end of each sum, (sums,).

    The profile is concave, and its slope is the multiplier of the constraint; so from the second
    step on, Newton's method comes from outside and never jumps back over an end.
    """
    systems = directions.shape[1] - 1
    is_towards_zero = directions @ PairModel(systems).fit(counts) < 0
    prior = _favouring(directions * is_towards_zero[:, None])
    profile = _Profile(PairModel(systems, prior), counts, directions)
    top = profile.model.fit(counts)  # (sums, systems + 1)
    _, information = profile.model.derivatives(top, counts)
    spread = np.linalg.solve(information, directions[..., None])[..., 0]
    variance = np.einsum("sk,sk->s", spread, directions)
    middle = np.einsum("sk,sk->s", top, directions)
    floor = profile.model.log_likelihood(top, counts) - DROP
    offset = np.sqrt(2 * DROP * variance)
    for _ in range(ROUNDS):
        start = top + spread * (offset / variance)[:, None]
        points, slope = profile.highest(start)
        excess = profile.model.log_likelihood(points, counts) - floor
        if np.abs(excess).max() < NEAR:
            return np.asarray(middle + offset)
        offset = offset - excess / slope
    raise ArithmeticError(f"no end of an interval within {ROUNDS} steps")


def _favouring(directions: np.ndarray) -> np.ndarray:
    """A prior for each direction, (sums, systems + 1, 2), with votes on its side; even for 0."""
    longest = np.abs(directions).max(axis=1, keepdims=True)
    side = SIDE * directions / np.where(longest > 0, longest, 1)
    return np.stack([PRIOR * (1 + side), PRIOR * (1 - side)], axis=-1)


@dataclass(frozen=True)
class _Profile:
    """The likelihood under a constraint on each direction."""

    model: PairModel
    counts: np.ndarray
    directions: np.ndarray

    def highest(self, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The parameters of greatest likelihood whose sums are those of the start, (sums,
        systems + 1), and the slope of that likelihood in the sum, (sums,)."""
        count, size = self.directions.shape
        matrix = np.zeros((count, size + 1, size + 1))
        matrix[:, :size, size] = matrix[:, size, :size] = self.directions
        right = np.zeros((count, size + 1))
        points = start
        for _ in range(STEPS):
            slope, matrix[:, :size, :size] = self.model.derivatives(points, self.counts)
            right[:, :size] = slope
            solved = np.linalg.solve(matrix, right[..., None])[..., 0]
            step, multiplier = solved[:, :size], solved[:, size]
            points = self.model.ascend(points, step, self.counts)
            if (slope * step).sum(axis=1).max() < TOLERANCE:
                return points, multiplier
        raise ArithmeticError(f"no maximum within {STEPS} steps")
