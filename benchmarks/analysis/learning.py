"""Learning on the design set: the weights of the likeness, and the classifier of kinds."""

from collections.abc import Sequence

import numpy as np
from benchmarks.analysis.excerpts import Excerpt
from benchmarks.analysis.impostors import NOISES, TONAL

from secondtake.analysis.features.corpus import ReferenceCorpus, concatenate
from secondtake.analysis.features.kind import KINDS, SIZE, KindClassifier
from secondtake.analysis.metrics.overall import BIAS, NEUTRAL, PARTS

STEPS = 30  # of Newton's method, which needs a dozen
RIDGE = 1e-3  # keeps weights finite where a metric alone would separate
# Shares of the pairs' weight. Songs of the kind that is compared most count most.
SECOND_TAKES = 0.2  # of the pairs of one song; the others are two halves of a recording
STRANGERS = {("sung", "sung"): 0.4, ("instrumental", "instrumental"): 0.2}
STRANGERS |= {("instrumental", "sung"): 0.1}  # and what is left to all others alike
KIND_RIDGE = (
    5e-4  # chosen by leaving out one source after the other: .02 of 100 to .5 differ little
)


def kind_of(excerpt: Excerpt) -> str:
    """The kind that the classifier should name; "" for what it should not learn from."""
    kind = excerpt.material.kind
    if kind == "acappella":
        return "sung"
    if kind in NOISES:
        return "noise"
    if kind in TONAL:
        return "tone"
    return kind if kind in KINDS else ""


def learned_weights(excerpts: Sequence[Excerpt], corpus: ReferenceCorpus) -> dict[str, float]:
    """Weights of the combined score: logistic regression on pairs of windows.

    Of one song are windows from different halves of a recording and from second takes. Strangers
    are windows of other songs, and of everything that is no music or only a sketch.
    """
    standardized = corpus.standardized(concatenate([each.features for each in excerpts]))
    owner = np.repeat(np.arange(len(excerpts)), [each.features.windows for each in excerpts])
    kinds = np.array([kind_of(each) or "sketch" for each in excerpts])
    songs, groups = (
        np.unique(names, return_inverse=True)[1]
        for names in (
            [each.song for each in excerpts],
            [each.material.group or each.song for each in excerpts],
        )
    )
    first, second = np.triu_indices(len(owner), 1)
    ours, theirs = owner[first], owner[second]
    is_music = np.isin(kinds, ["sung", "instrumental"])
    wanted = (ours != theirs) & (is_music[ours] | is_music[theirs])
    first, second, ours, theirs = first[wanted], second[wanted], ours[wanted], theirs[wanted]
    halves = songs[ours] == songs[theirs]
    takes = (groups[ours] == groups[theirs]) & ~halves
    counts = _weights_of_pairs(halves, takes, kinds[ours], kinds[theirs])
    columns = [
        part.closeness(part.pairs(standardized, standardized))[first, second]
        for part in PARTS
        if part.pairs is not None
    ]
    rows = np.stack([*columns, np.ones(len(first))], axis=1).astype(np.float64)
    same = halves | takes
    weights = _logistic(rows, same, counts * len(counts))
    middles = [
        (
            np.average(row[same], weights=counts[same])
            + np.average(row[~same], weights=counts[~same])
        )
        / 2
        for row in columns
    ]
    named = dict(zip((part.name for part in PARTS), weights, strict=False))
    named |= {NEUTRAL + part.name: middle for part, middle in zip(PARTS, middles, strict=True)}
    neutral = sum(named[part.name] * named[NEUTRAL + part.name] for part in PARTS)
    named[BIAS] = weights[-1] + neutral
    return {name: float(f"{weight:.4g}") for name, weight in named.items()}


def _weights_of_pairs(
    halves: np.ndarray, takes: np.ndarray, ours: np.ndarray, theirs: np.ndarray
) -> np.ndarray:
    """How much every pair counts; those of one song as much as all strangers together."""
    strangers = ~(halves | takes)
    counts = np.zeros(len(halves))
    for pairs, share in ((halves, 1 - SECOND_TAKES), (takes, SECOND_TAKES)):
        counts[pairs] = 0.5 * share / max(pairs.sum(), 1)
    names, numbers = np.unique(np.concatenate([ours, theirs]), return_inverse=True)
    left, right = np.split(numbers, 2)
    strata = np.minimum(left, right) * len(names) + np.maximum(left, right)
    present = np.unique(strata[strangers])
    kinds = {stratum: tuple(names[list(divmod(stratum, len(names)))]) for stratum in present}
    rest = 1 - sum(STRANGERS.get(pair, 0) for pair in kinds.values())
    others = sum(pair not in STRANGERS for pair in kinds.values())
    for stratum, pair in kinds.items():
        members = strangers & (strata == stratum)
        counts[members] = 0.5 * STRANGERS.get(pair, rest / max(others, 1)) / members.sum()
    return counts


def _logistic(rows: np.ndarray, wanted: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Newton's method for weighted logistic regression; the last column is the bias."""
    weights = np.zeros(rows.shape[1])
    ridge = RIDGE * np.eye(rows.shape[1]) * counts.sum() / len(counts)
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-rows @ weights))
        gradient = rows.T @ (counts * (wanted - chance)) - ridge @ weights
        curvature = (rows * (counts * chance * (1 - chance))[:, None]).T @ rows + ridge
        step = np.linalg.solve(curvature, gradient)
        weights = weights + step
        if np.abs(step).max() < 1e-8:
            break
    return weights


def learned_classifier(excerpts: Sequence[Excerpt], corpus: ReferenceCorpus) -> KindClassifier:
    """The classifier of kinds; every kind counts alike, however many windows it has."""
    from scipy.optimize import minimize

    standard = corpus.standards["embedding"]
    empty = KindClassifier(standard.mean, standard.scale, np.zeros((SIZE, len(KINDS))))
    examples = [each for each in excerpts if kind_of(each)]
    rows = np.concatenate([empty.inputs(each.features) for each in examples])
    wanted = np.concatenate(
        [np.full(each.features.windows, KINDS.index(kind_of(each))) for each in examples]
    )
    counts = 1 / (np.bincount(wanted, minlength=len(KINDS)) * len(KINDS))[wanted]
    target = np.eye(len(KINDS))[wanted]

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights = flat.reshape(SIZE, len(KINDS))
        scores = rows @ weights
        scores -= scores.max(axis=1, keepdims=True)
        chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        right = np.log((chances * target).sum(axis=1) + 1e-12)
        gradient = rows.T @ (counts[:, None] * (chances - target))
        gradient[:-1] += KIND_RIDGE * weights[:-1]
        value = -(counts * right).sum() + KIND_RIDGE / 2 * (weights[:-1] ** 2).sum()
        return float(value), gradient.ravel()

    start = np.zeros(SIZE * len(KINDS))
    result = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300})
    return KindClassifier(standard.mean, standard.scale, result.x.reshape(SIZE, len(KINDS)))
