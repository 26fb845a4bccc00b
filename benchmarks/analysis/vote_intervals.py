"""How often the intervals of the blind test hold the truth, in studies that are made up.

    python -m benchmarks.analysis.vote_intervals [STUDIES]

Listeners of known taste vote on all pairs of systems; their tastes differ by a normal distribution
around that of all listeners. The truth is what very many of them would say. Beside our intervals
stand those of the curvature of the likelihood, as if votes were independent, and the percentiles of
a bootstrap over listeners. Prints a table; 400 studies a row take some 4 minutes.
"""

import sys
from itertools import combinations

import numpy as np

from secondtake.analysis.formatting import markdown_table
from secondtake.analysis.votes.bradley_terry import PairCounts, PairModel
from secondtake.analysis.votes.listener_bootstrap import RESAMPLES, TWO_SIDED, PairFit

STUDIES = 400
TIES = 0.5  # nu
WIDEST = 0.8  # of a log strength, the strongest; the weakest has its negative
MANY = 60_000  # listeners that make the truth
DESIGNS = ((3, 4), (5, 2))  # systems, and votes of a listener on each pair
SPREADS = (0.0, 0.7)  # of tastes, in log strengths
LISTENERS = (1, 2, 3, 5, 10, 30)
HEAD = (
    *("systems", "votes a listener", "tastes differ by", "listeners"),
    *("held by ours", "by the curvature", "by the bootstrap's percentiles", "ours, median width"),
)


def made_up(
    generator: np.random.Generator, systems: int, listeners: int, votes: int, spread: float
) -> np.ndarray:
    """The votes of listeners, (listeners, pairs, 3)."""
    first, second = np.triu_indices(systems, 1)
    taste = np.linspace(WIDEST, -WIDEST, systems)
    strengths = taste + spread * generator.standard_normal((listeners, systems))
    one, other = np.exp(strengths[:, first]), np.exp(strengths[:, second])
    weights = np.stack([one, other, TIES * np.sqrt(one * other)], axis=-1)
    chances = weights / weights.sum(axis=-1, keepdims=True)
    return np.asarray(generator.multinomial(votes, chances), dtype=float)


def differences(parameters: np.ndarray, systems: int) -> np.ndarray:
    """Of all pairs of systems, (…, pairs)."""
    first, second = np.triu_indices(systems, 1)
    return np.asarray(parameters[..., first] - parameters[..., second])


def row(systems: int, votes: int, spread: float, listeners: int, studies: int) -> list[str]:
    """A line of the table."""
    generator = np.random.default_rng([systems, listeners, int(10 * spread)])
    model = PairModel(systems)
    truth = differences(
        model.fit(made_up(generator, systems, MANY, 1, spread).sum(axis=0)), systems
    )
    pairs = list(combinations(range(systems), 2))
    held: list[list[np.ndarray]] = [[], [], []]
    widths = []
    for _ in range(studies):
        counts = made_up(generator, systems, listeners, votes, spread)
        fit = PairFit(PairCounts(systems, counts))
        ours = np.array([fit.differences[pair] for pair in pairs])
        held[0].append((ours[:, 1] <= truth) & (truth <= ours[:, 2]))
        widths.append(np.median(ours[:, 2] - ours[:, 1]))
        middle, total = differences(fit.parameters, systems), counts.sum(axis=0)
        covariance = np.linalg.inv(model.derivatives(fit.parameters, total)[1])[:-1, :-1]
        variances = np.diag(covariance)
        first, second = np.triu_indices(systems, 1)
        error = np.sqrt(variances[first] + variances[second] - 2 * covariance[first, second])
        held[1].append(np.abs(middle - truth) <= TWO_SIDED * error)
        if listeners > 1:
            even = np.full(listeners, 1 / listeners)
            drawn = generator.multinomial(listeners, even, size=RESAMPLES).astype(float)
            refits = differences(model.fit(np.tensordot(drawn, counts, axes=1)), systems)
            low, high = np.percentile(refits, (2.5, 97.5), axis=0)
            held[2].append((low <= truth) & (truth <= high))
    shares = [f"{100 * np.mean(each):.0f} %" if each else "–" for each in held]
    begin = [str(systems), str(votes * len(pairs)), f"{spread:g}", str(listeners)]
    return [*begin, *shares, f"{np.median(widths):.2f}"]


def main(studies: int) -> None:
    rows = [
        row(systems, votes, spread, listeners, studies)
        for systems, votes in DESIGNS
        for spread in SPREADS
        for listeners in LISTENERS
        if listeners > 1 or not spread
    ]
    print(markdown_table(HEAD, rows))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else STUDIES)
