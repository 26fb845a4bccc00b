"""Strengths with their 95 % intervals: of listeners like these, not of their votes alone.

Votes of one listener resemble each other, so listeners are drawn anew, with all of their votes. The
percentiles of that bootstrap are far too narrow for the few listeners that a study has (of 3
listeners, the 95 % interval holds the truth in 75 % of studies), and they are a point where all
agree. So its standard deviation is taken, times the square root of n / (n - 1); and an interval is
never narrower than it would be if votes were independent (`profile_interval`). These hold the truth
in 94 to 99 %, of 1 listener to 30, whether they differ in taste or not
(benchmarks/analysis/vote_intervals.py).
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations

import numpy as np

from secondtake.analysis.votes.bradley_terry import PairCounts, PairModel
from secondtake.analysis.votes.profile_interval import profile_intervals

RESAMPLES = 1000
SEED = 17  # fixed: the same votes give the same intervals
TWO_SIDED = 1.959964  # standard deviations from the middle to either end of a 95 % interval

Interval = tuple[float, float, float]  # the estimate, and its lower and upper end


@dataclass(frozen=True)
class PairFit:
    """The model fitted to votes. Systems are counted from 0, as in `votes`."""

    votes: PairCounts

    @cached_property
    def _model(self) -> PairModel:
        return PairModel(self.votes.systems)

    @cached_property
    def parameters(self) -> np.ndarray:
        """The log strengths, and the log of nu."""
        return self._model.fit(self.votes.total)

    @cached_property
    def _resampled(self) -> np.ndarray | None:
        """Parameters of other drawings of listeners, (RESAMPLES, systems + 1); None of one."""
        listeners = len(self.votes.counts)
        if listeners < 2:
            return None
        even = np.full(listeners, 1 / listeners)
        drawn = np.random.default_rng(SEED).multinomial(listeners, even, size=RESAMPLES)
        counts = np.tensordot(drawn.astype(float), self.votes.counts, axes=1)
        return self._model.fit(counts)

    @cached_property
    def strengths(self) -> list[Interval]:
        """The log strength of each system above the average of its group."""
        groups = self.votes.groups
        members = groups[:, None] == groups[None, :]
        contrasts = np.eye(len(groups)) - members / members.sum(axis=1, keepdims=True)
        return self._intervals(contrasts)

    @cached_property
    def differences(self) -> dict[tuple[int, int], Interval]:
        """By how much the first system's log strength is above the second's, of any two of a
        group."""
        groups = self.votes.groups
        pairs = [
            pair
            for pair in permutations(range(len(groups)), 2)
            if groups[pair[0]] == groups[pair[1]]
        ]
        contrasts = np.zeros((len(pairs), len(groups)))
        for row, (first, second) in enumerate(pairs):
            contrasts[row, first], contrasts[row, second] = 1, -1
        return dict(zip(pairs, self._intervals(contrasts), strict=True))

    def ranks(self, undecided: Collection[int] = ()) -> list[tuple[int, int]]:
        """For each system, the best and the worst place that it may have in its group.

        Two systems whose difference may be 0 can have the same place; so can one of the undecided
        and any other.
        """
        groups = self.votes.groups
        places = [(1, int((groups == group).sum())) for group in groups]
        for (first, second), (_, low, _) in self.differences.items():
            if low > 0 and first not in undecided and second not in undecided:
                best, worst = places[first]
                places[first] = (best, worst - 1)
                best, worst = places[second]
                places[second] = (best + 1, worst)
        return places

    def _intervals(self, contrasts: np.ndarray) -> list[Interval]:
        """Of sums of log strengths, (sums, systems)."""
        weights = np.pad(contrasts, ((0, 0), (0, 1)))  # the parameter of the ties has none
        middles = weights @ self.parameters
        ends = middles[:, None] + np.zeros(2)
        asked = (
            np.abs(weights).max(axis=1, initial=0.0) > 0
        )  # not so of a system alone in its group
        ends[asked] = profile_intervals(self.votes.total, weights[asked])
        margins = np.abs(ends - middles[:, None])
        if self._resampled is not None:
            listeners = len(self.votes.counts)
            spread = (self._resampled @ weights.T).std(axis=0)
            spread *= TWO_SIDED * np.sqrt(listeners / (listeners - 1))
            margins = np.maximum(margins, spread[:, None])
        return [
            (float(middle), float(middle - below), float(middle + above))
            for middle, (below, above) in zip(middles, margins, strict=True)
        ]


def share(log_ratio: float) -> float:
    """How many of those with a preference choose the stronger one, by the log ratio."""
    return float(1 / (1 + np.exp(-log_ratio)))
