"""Timbre: the colour of the sound, by arithmetic and by a network that was taught music."""

from functools import partial

import numpy as np

from secondtake.analysis.features.extract import Features
from secondtake.analysis.metrics.metric import Result, cosine, global_metric, window_metric

LEAST_WINDOWS = 8  # of a distribution; with fewer, its distance to another is chance
PERMUTATIONS = 500  # the smallest p that can be told is 1/501
SEED = 20  # fixed: the same files give the same p


@window_metric("cosine")
def timbre(reference: Features, estimate: Features) -> np.ndarray:
    """Whether voice, instruments and mix have the same colour.

    Definition: mean MFCC 1 to 19 of a window, mean spectral contrast of its seven octaves, and the
    cosine transform (1 to 7) of where in the spectrum its attacks lie, standardised by the
    reference corpus; what changes most within a song is damped; cosine of every pair of windows.
    Range: -1 to 1; unrelated music scores about 0.
    Source: Davis and Mermelstein (1980) for the coefficients, without c0, which is level; Jiang et
    al. (2002) for the contrast of peaks and valleys.
    Fails: two songs with the same band and mix are alike. Without the corpus' standard everything
    that is sound points the same way, and pink noise scores .98.
    """
    return cosine(reference.standardized("timbre"), estimate.standardized("timbre"))


@window_metric("cosine")
def embedding(reference: Features, estimate: Features) -> np.ndarray:
    """Whether a network that was taught to tag music hears the same kind of music.

    Definition: MusiCNN's mean-pooled features of a window (753), standardised by the reference
    corpus; what changes most within a song is damped; cosine of every pair of windows.
    Range: -1 to 1; unrelated music scores about 0.
    Source: Pons and Serra (2019), weights of the musicnn package (ISC).
    Fails: blind above 8 kHz and to stereo; it was taught genres, instruments and moods, so that it
    forgives other notes and other words.
    """
    return cosine(reference.standardized("embedding"), estimate.standardized("embedding"))


@global_metric(
    "MMD²", "lower", least_span=0.01, least_windows=LEAST_WINDOWS, whole_songs=True, name="distance"
)
def mmd(reference: Features, estimate: Features) -> Result:
    """Whether the take's moments could have been drawn from the baseline.

    Definition: unbiased squared maximum mean discrepancy of the windows' embeddings under a
    Gaussian kernel (its width: the median distance between windows), with the p of a permutation
    test: how often windows dealt at random lie as far apart.
    Range: about 0 if drawn from one song, also slightly below; towards 1 for unlike ones.
    Source: Gretton et al. (2012), which is unbiased at any size; Fréchet distances are not.
    Fails: needs 8 windows (24 s) on either side; windows of one song are not independent, so that
    p is too small rather than too large.
    """
    return _discrepancy(reference.standardized("embedding"), estimate.standardized("embedding"))


def _discrepancy(reference: np.ndarray, estimate: np.ndarray) -> Result:
    """MMD² of two sets of rows; its p is drawn when somebody asks for the note."""
    rows = np.concatenate([reference, estimate]).astype(np.float64)
    squares = (rows**2).sum(axis=1)
    apart = np.maximum(squares[:, None] + squares[None, :] - 2 * rows @ rows.T, 0)
    scale = np.median(apart[np.triu_indices(len(rows), 1)])
    kernel = np.exp(-apart / max(scale, 1e-12))
    np.fill_diagonal(kernel, 0)
    first = len(reference)
    inside = np.arange(len(rows)) < first
    value = float(_unbiased(kernel, inside[None].astype(np.float64), first)[0])
    return Result(value, explain=partial(_p_of_one_song, kernel, first))


def _p_of_one_song(kernel: np.ndarray, first: int) -> str:
    """The note on how often rows that are dealt at random lie as far apart."""
    signs = np.zeros((PERMUTATIONS + 1, len(kernel)), dtype=bool)
    signs[:, :first] = True
    random = np.random.default_rng(SEED)
    signs[1:] = random.permuted(signs[1:], axis=1)
    values = _unbiased(kernel, signs.astype(np.float64), first)
    beyond = 1 + np.count_nonzero(values[1:] >= values[0])
    return f"p {beyond / (PERMUTATIONS + 1):.3f} of being one song"


def _unbiased(kernel: np.ndarray, inside: np.ndarray, first: int) -> np.ndarray:
    """MMD² for every row of `inside` (1: of the first set), kernel with an empty diagonal."""
    second = len(kernel) - first
    near = inside @ kernel
    within = (near * inside).sum(axis=1)
    across = near.sum(axis=1) - within
    beyond = kernel.sum() - within - 2 * across
    means = within / (first * (first - 1)) + beyond / (second * (second - 1))
    return np.asarray(means - 2 * across / (first * second))


METRICS = (embedding, timbre, mmd)
