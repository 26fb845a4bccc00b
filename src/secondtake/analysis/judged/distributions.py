"""A model's takes as a set beside the baselines as a set: the kernel audio distance of a song.

A Fréchet distance is not given: it is wrong by the dimensions over the windows, and a song has
fewer windows than an embedding has dimensions (512, in CLAP), so that it would tell their number.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from secondtake.analysis.comparison.material import ComparedTake, SegmentMaterial
from secondtake.analysis.comparison.summary import in_order
from secondtake.analysis.features.corpus import LEAST_MATCHES
from secondtake.analysis.formatting import JsonObject
from secondtake.analysis.judged.kernel_distance import (
    LEAST_SEGMENTS,
    Side,
    Sides,
    halves_apart,
    kernel_distance,
    median_distance,
    p_of_same,
    resampled_distances,
)
from secondtake.analysis.judged.readings import SongJudge, baseline_judgments, is_whole
from secondtake.analysis.metrics.metric import Measurement, Metric
from secondtake.analysis.metrics.scoring import Scale, score_value
from secondtake.core.judgments import FOLDER, StoredJudgment, read_judgment
from secondtake.core.take_facts import maker_name, maker_title, repaint_source

QUESTION = "distribution"
RESULTS = "results"  # of the project, with a folder a song
BASELINES = "baseline_segment*"  # the names of their judgments
WITHIN = 95  # of 100 splits of the baselines lie nearer to each other

DOC = """Whether a model's takes, all together, could have been drawn from the baselines.

Definition: unbiased squared maximum mean discrepancy of the embeddings of their windows under a
Gaussian kernel, whose width is the median distance between the baselines' windows. Pairs of windows
of one segment are left out, on either side and across: what is shared there is the prompt or the
recording. Interval: bootstrap over segments. p: how often segments whose take and baseline change
places by lot lie as far apart.
Range: about 0 if drawn alike, also slightly below; up to 2 for unlike ones. Floor: baselines of
other songs; ceiling: the median over splits of the baselines into halves.
Source: Gretton et al. (2012); Chung et al., KAD: No More FAD (2025), whose program prints 100 times
as much, and pairs windows of one recording too.
Fails: needs 6 segments on either side, and says nothing of a single take.
"""
METRIC = Metric("kernel audio distance", QUESTION, "MMD²", "lower", 1, 0.01, DOC)


@dataclass(frozen=True)
class _Maker:
    """The independent takes of a model that a judge has embedded."""

    name: str
    title: str
    takes: dict[int, list[np.ndarray]]  # by segment, the windows of each

    def side(self, numbers: Sequence[int]) -> Side:
        """Their windows in these segments."""
        return {number: np.concatenate(self.takes[number]) for number in numbers}


def distributions(
    judge: SongJudge, materials: Sequence[SegmentMaterial], folder: Path
) -> list[JsonObject]:
    """Every model's takes against the baselines of the same segments, the control among them.

    folder: the project. Nothing where the judge leaves no embeddings, or no baseline has any.
    """
    baselines = {
        number: np.array(judgment.embeddings)
        for number, judgment in baseline_judgments(judge, materials)
        if judgment.embeddings
    }
    if not baselines:
        return []
    bandwidth = median_distance(baselines)
    others = list(_other_songs(judge, materials, folder))
    return [
        _distance(maker, baselines, bandwidth, others, judge)
        for maker in _makers(judge, materials)
        if maker.takes.keys() & baselines.keys()
    ]


def _makers(judge: SongJudge, materials: Sequence[SegmentMaterial]) -> list[_Maker]:
    """Every model's takes, what was made from the baseline apart; no repaints."""
    makers: dict[str, _Maker] = {}
    for material in materials:
        for compared in material.takes:
            rows, name = _embedded(judge, compared), maker_name(compared.take)
            if rows is not None:
                maker = makers.setdefault(name, _Maker(name, maker_title(compared.take), {}))
                maker.takes.setdefault(material.segment.number, []).append(rows)
    return [makers[name] for name in in_order(makers)]


def _embedded(judge: SongJudge, compared: ComparedTake) -> np.ndarray | None:
    """The windows of an independent take; None of a repaint, or without any."""
    if repaint_source(compared.take) is not None:
        return None
    judgment = judge.of_job(judge.job_of(compared.take))
    return np.array(judgment.embeddings) if judgment and judgment.embeddings else None


def _distance(
    maker: _Maker,
    baselines: dict[int, np.ndarray],
    bandwidth: float,
    others: list[Side],
    judge: SongJudge,
) -> JsonObject:
    """A model's distance, with everything that gives it a meaning."""
    shared = [number for number in baselines if number in maker.takes]
    first, second = {number: baselines[number] for number in shared}, maker.side(shared)
    sides = Sides(first, second, bandwidth)
    value, enough = kernel_distance(sides), len(shared) >= LEAST_SEGMENTS
    halves = halves_apart(first, bandwidth)
    few = f"too few segments to tell any two sets apart: {len(shared)} of {LEAST_SEGMENTS}"
    measured = Measurement(METRIC.name, QUESTION, value, METRIC.unit, verdict="undecided", note=few)
    if value is not None and enough:
        drawn = resampled_distances(sides)
        scale = _scale(first, halves, bandwidth, others)
        measured = score_value(METRIC, value, drawn, None, scale, (scale.note,))
    return {
        "judge": judge.judge.name,
        "model": maker.name,
        "model_title": maker.title,
        "segments": len(shared),
        "takes": sum(len(maker.takes[number]) for number in shared),
        "windows": sum(map(len, second.values())),
        "baseline_windows": sum(map(len, first.values())),
        "value": measured.value,
        "interval": measured.interval,
        "floor": measured.floor,
        "ceiling": float(np.median(halves)) if len(halves) else None,
        "halves_most": float(np.percentile(halves, WITHIN)) if len(halves) else None,
        "p": p_of_same(sides) if enough else None,
        "scaled": measured.scaled,
        "scaled_interval": measured.scaled_interval,
        "verdict": measured.verdict,
        "note": measured.note,
    }


def _scale(first: Side, halves: np.ndarray, bandwidth: float, others: list[Side]) -> Scale:
    """Other songs' baselines for the floor, halves of this song's for the ceiling."""
    values = [kernel_distance(Sides(first, other, bandwidth)) for other in others]
    known = np.array([value for value in values if value is not None])
    ceiling = float(np.median(halves)) if len(halves) else None
    if len(known) < LEAST_MATCHES:
        note = f"no floor: baselines of {len(known)} other songs, of {LEAST_MATCHES} that it takes"
        return Scale(np.empty(0), None, ceiling, note)
    return Scale(np.sort(METRIC.closeness(known)), float(np.median(known)), ceiling, "")


def _other_songs(
    judge: SongJudge, materials: Sequence[SegmentMaterial], folder: Path
) -> Iterator[Side]:
    """The baselines of the project's other songs that the same judge has heard, a set a song."""
    own = {material.sha256 for material in materials}
    pattern = f"*/{FOLDER}/{judge.judge.name}/{BASELINES}.json"
    songs: dict[Path, dict[tuple[str, str], np.ndarray]] = {}
    for path in sorted((folder / RESULTS).glob(pattern)):
        song = path.parents[2]
        stored = read_judgment(path) if song != judge.song.results else None
        if stored and _is_comparable(stored, judge) and stored.job.sha256 not in own:
            label = song.name, stored.job.recording
            songs.setdefault(song, {})[label] = np.array(stored.judgment.embeddings)
    yield from (side for side in songs.values() if len(side) > 1)


def _is_comparable(stored: StoredJudgment, judge: SongJudge) -> bool:
    judgment = stored.judgment
    return stored.identity == judge.identity and is_whole(judgment) and bool(judgment.embeddings)
