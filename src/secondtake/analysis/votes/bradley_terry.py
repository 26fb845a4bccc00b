"""Strengths of systems from votes in pairs: the model of Bradley and Terry (1952) with ties by
Davidson (1970).

Of two systems with log strengths s and t, the first is preferred with a probability proportional to
exp(s), the second to exp(t), and neither to nu * exp((s + t) / 2). Only differences of log
strengths mean something, and only between systems that votes connect.

A system that wins all of its votes would be infinitely strong. So each is given half a win and half
a loss against a system of average strength, and the ties half a tie and half a preference between
equals: Jeffreys' prior of a proportion. It weighs as one vote for each system.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse.csgraph import connected_components

PRIOR = 0.5  # votes for, and as many against
STEPS = 100  # of Newton's method; it takes 5 to 10
TOLERANCE = 1e-12  # of a log likelihood: twice what the last step gained
LONGEST_STEP = 4.0  # in a log strength; longer ones overshoot
HALVINGS = 20  # of a step that overshoots all the same
ROUNDING = 1e-12  # of a log likelihood


@dataclass(frozen=True)
class PairCounts:
    """Votes on every pair of systems, by listener.

    counts: (listeners, pairs, 3), for the pair's first, for its second, for neither. The pairs are
    those of `numpy.triu_indices(systems, 1)`.
    """

    systems: int
    counts: np.ndarray

    @classmethod
    def of(cls, systems: int, listeners: int, votes: np.ndarray) -> "PairCounts":
        """Count votes, (votes, 4): listener, first, second, and 0, 1 or 2: for the first, for the
        second, for neither. All are whole numbers from 0."""
        table = np.zeros((listeners, systems, systems, 3))
        listener, first, second, outcome = np.asarray(votes, dtype=int).reshape(-1, 4).T
        turned = first > second
        outcome = np.where(turned & (outcome < 2), 1 - outcome, outcome)
        low, high = np.minimum(first, second), np.maximum(first, second)
        np.add.at(table, (listener, low, high, outcome), 1)
        return cls(systems, table[:, *np.triu_indices(systems, 1)])

    @property
    def total(self) -> np.ndarray:
        """Votes of all listeners, (pairs, 3)."""
        return np.asarray(self.counts.sum(axis=0))

    @property
    def groups(self) -> np.ndarray:
        """The number of each system's group, (systems,): votes connect systems of one group."""
        graph = np.zeros((self.systems, self.systems))
        graph[np.triu_indices(self.systems, 1)] = self.total.sum(axis=1)
        return np.asarray(connected_components(graph, directed=False)[1])


@dataclass(frozen=True)
class PairModel:
    """The probability of every outcome of every pair, as a function of the parameters.

    Parameters, (…, systems + 1): the log strengths, and the log of nu.
    """

    systems: int
    prior: np.ndarray | None = None  # votes for and against, (…, systems + 1, 2); None: PRIOR

    @cached_property
    def _prior(self) -> np.ndarray:
        return np.full((self.systems + 1, 2), PRIOR) if self.prior is None else self.prior

    @cached_property
    def _outcomes(self) -> np.ndarray:
        """The log weight of an outcome is linear in the parameters: (pairs, 3, systems + 1)."""
        first, second = np.triu_indices(self.systems, 1)
        outcomes = np.zeros((len(first), 3, self.systems + 1))
        rows = np.arange(len(first))
        outcomes[rows, 0, first] = outcomes[rows, 1, second] = 1
        outcomes[rows, 2, first] = outcomes[rows, 2, second] = 0.5
        outcomes[:, 2, -1] = 1
        return outcomes

    @cached_property
    def _prior_outcomes(self) -> np.ndarray:
        """Two outcomes for each parameter; of a tie between equals against a preference, the
        second has the weight 2."""
        outcomes = np.zeros((self.systems + 1, 2, self.systems + 1))
        parameters = np.arange(self.systems + 1)
        outcomes[parameters, 0, parameters] = 1
        return outcomes

    def probabilities(self, parameters: np.ndarray) -> np.ndarray:
        """Of the outcomes, (…, pairs, 3)."""
        return _softmax(np.einsum("pok,...k->...po", self._outcomes, parameters))

    def _prior_probabilities(self, parameters: np.ndarray) -> np.ndarray:
        logits = np.einsum("pok,...k->...po", self._prior_outcomes, parameters)
        logits[..., -1, 1] += np.log(2)
        return _softmax(logits)

    def log_likelihood(self, parameters: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """With the prior, (…,)."""
        of_votes = (counts * np.log(self.probabilities(parameters))).sum(axis=(-2, -1))
        of_prior = self._prior * np.log(self._prior_probabilities(parameters))
        return np.asarray(of_votes + of_prior.sum(axis=(-2, -1)))

    def derivatives(
        self, parameters: np.ndarray, counts: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Gradient and information (the negative curvature) of the log likelihood with the prior:
        (…, systems + 1) and (…, systems + 1, systems + 1)."""
        chances, prior = self.probabilities(parameters), self._prior_probabilities(parameters)
        votes, weight = counts.sum(axis=-1), self._prior.sum(axis=-1)
        surplus = counts - votes[..., None] * chances
        prior_surplus = self._prior - weight[..., None] * prior
        slope = np.einsum("...po,pok->...k", surplus, self._outcomes)
        slope += np.einsum("...po,pok->...k", prior_surplus, self._prior_outcomes)
        information = _spread(self._outcomes, chances, votes)
        return slope, information + _spread(self._prior_outcomes, prior, weight)

    def fit(self, counts: np.ndarray) -> np.ndarray:
        """The parameters of greatest penalized likelihood, by Newton's method.

        counts: (…, pairs, 3) -> (…, systems + 1). There is one maximum.
        """
        batch = np.broadcast_shapes(counts.shape[:-2], self._prior.shape[:-2])
        parameters = np.zeros((*batch, self.systems + 1))
        for _ in range(STEPS):
            slope, information = self.derivatives(parameters, counts)
            step = np.linalg.solve(information, slope[..., None])[..., 0]
            parameters = self.ascend(parameters, step, counts)
            if (slope * step).sum(axis=-1).max(initial=0.0) < TOLERANCE:
                return parameters
        raise ArithmeticError(f"no maximum within {STEPS} steps")

    def ascend(self, parameters: np.ndarray, step: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """Take steps of Newton's method, each halved until it leads upwards: (…, systems + 1)."""
        longest = np.abs(step).max(axis=-1, keepdims=True)
        step = step * LONGEST_STEP / np.maximum(longest, LONGEST_STEP)
        before = self.log_likelihood(parameters, counts)
        slack = ROUNDING * (1 + np.abs(before))
        for _ in range(HALVINGS):
            falls = self.log_likelihood(parameters + step, counts) < before - slack
            if not falls.any():
                break
            step = np.where(falls[..., None], step / 2, step)
        return np.asarray(parameters + step)


def _softmax(logits: np.ndarray) -> np.ndarray:
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def _spread(outcomes: np.ndarray, probabilities: np.ndarray, votes: np.ndarray) -> np.ndarray:
    """The covariance of the outcomes' derivatives, summed over votes, (…, k, k)."""
    parameters = outcomes.shape[-1]
    squares = np.einsum("pok,pol->pokl", outcomes, outcomes).reshape(-1, parameters**2)
    weights = votes[..., None] * probabilities
    square = weights.reshape(*weights.shape[:-2], -1) @ squares
    mean = np.einsum("...po,pok->...pk", probabilities, outcomes)
    product = np.swapaxes(mean * votes[..., None], -1, -2) @ mean
    return np.asarray(square.reshape(product.shape) - product)
