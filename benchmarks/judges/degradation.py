"""Does Audiobox Aesthetics hear damage: does each of its scales fall, the worse a recording gets?

    venv-audiobox/bin/python -m benchmarks.judges.degradation [FILE …] [--write PAGE]

Of every recording (the user's own in data/baseline/ and the demo song's, unless others are named)
a stretch is damaged in each of the ways that floors are made of, at every level of each. A scale
that is higher for the better should fall from the recording to the first level, and from each level
to the next; production complexity is no such scale, and is shown beside them. Needs the weights
(invoke setup --judges audiobox); exit code 3 without.
"""

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from benchmarks.harness import put, tell

from secondtake.analysis.audio_io import read_header
from secondtake.analysis.formatting import format_with_interval, markdown_table
from secondtake.core.errors import Exit, ModelError, UserError, run_program
from secondtake.core.judgments import JudgeJob
from secondtake.core.project import Project, find_project
from secondtake.core.registry.audiobox import AUDIOBOX
from secondtake.core.weights import verified_weights
from secondtake.judges.audiobox import AXES, SAMPLE_RATE, WINDOW, Audiobox, load_audiobox
from secondtake.judges.damage import DAMAGES, Damage, damaged
from secondtake.judges.recordings import cut_windows, read_mono

SECONDS = 20.0  # of each recording: two windows, of which 41 copies are heard
MONOTONIC, LIMIT = -0.8, "−0.8"  # a rank correlation with the level below it is a fall
RESAMPLES = 2000  # of the bootstrap over files
INTERVAL = (2.5, 97.5)  # percent
SEED = 20250207
DEMO = "demo.ogg"  # the demo song's baseline, in songs/
AUDIO = frozenset({".wav", ".flac", ".ogg", ".opus", ".mp3", ".aiff", ".aif"})

Scores = Mapping[str, np.ndarray]  # by kind, (files, 1 + levels, axes), the recording itself first


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each (%(default)g)")
    parser.add_argument("--device", default="auto", choices=("auto", *AUDIOBOX.devices))
    parser.add_argument("--write", type=Path, help="put the tables into this page of docs/")
    options = parser.parse_args()
    project = find_project()
    try:
        weights = verified_weights(project, AUDIOBOX, AUDIOBOX.default)
        judge = load_audiobox(weights, options.device).judge
    except ModelError as error:
        print(f"{error.message}\n  → {error.hint}", file=sys.stderr)
        return Exit.BLOCKED
    assert isinstance(judge, Audiobox)
    files = options.files or recordings(project)
    if not files:
        raise UserError("there is no recording in data/baseline; name some files")
    scores = heard(judge, files, options.seconds)
    put(options.write, "audiobox_degradation", report(scores, options.seconds))
    return Exit.DONE


def recordings(project: Project) -> list[Path]:
    """What a user has: the files of data/baseline/, and the demo song's."""
    own = sorted((project.root / "data" / "baseline").rglob("*"))
    demo = project.root / "songs" / DEMO
    return [path for path in (*own, demo) if path.suffix.lower() in AUDIO and path.is_file()]


def heard(judge: Audiobox, files: Sequence[Path], seconds: float) -> Scores:
    """The scores of a stretch of every file, as it is and at every level of every damage."""
    found: dict[str, list[list[list[float]]]] = {kind.name: [] for kind in DAMAGES}
    for number, path in enumerate(files, 1):
        samples = stretch(path, seconds)
        itself = mean_scores(judge, samples)
        for kind in DAMAGES:
            tell(f"{path.name} ({number} of {len(files)}): {kind.name} …")
            copies = (damaged(kind, samples, SAMPLE_RATE, level) for level in kind.levels)
            found[kind.name].append([itself, *(mean_scores(judge, copy) for copy in copies)])
    return {name: np.array(rows) for name, rows in found.items()}


def stretch(path: Path, seconds: float) -> np.ndarray:
    """So much of a file, from a third of it on or as late as there is enough; at 16 kHz."""
    whole = read_header(path).seconds
    start = max(0.0, min(whole / 3, whole - seconds))
    job = JudgeJob(AUDIOBOX.name, "", path.stem, str(path), "", start, min(start + seconds, whole))
    return read_mono(job, SAMPLE_RATE)


def mean_scores(judge: Audiobox, samples: np.ndarray) -> list[float]:
    """By axis, the mean over the windows by their length."""
    windows = cut_windows(samples, SAMPLE_RATE, WINDOW, WINDOW)
    scores = judge.scores(windows.samples, lambda _: None)
    lengths = [len(window) for window in windows.samples]
    return [float(np.average(scores[axis], weights=lengths)) for axis in AXES]


def report(scores: Scores, seconds: float) -> str:
    """The three tables."""
    count = len(next(iter(scores.values())))
    counted = "One recording" if count == 1 else f"{count} recordings"
    falling, monotonic, lost = {}, {}, {}
    for kind in DAMAGES:
        values = scores[kind.name]
        falling[kind.name] = step_shares(values)
        monotonic[kind.name] = np.where(correlations(values) < MONOTONIC, 1.0, 0.0)
        lost[kind.name] = points_lost(values, kind)
    steps = (
        f"{counted}, {seconds:g} s of each. The share of steps, from the recording to the "
        "first level and from each level to the next, at which a scale falls:"
    )
    ranks = f"The share of recordings whose rank correlation of scale and level is below {LIMIT}:"
    floors = "Points lost at the level that floors are made of:"
    parts = ((steps, falling), (ranks, monotonic), (floors, lost))
    return "\n\n".join(f"{text}\n\n{table(figures)}" for text, figures in parts)


def table(figures: Mapping[str, np.ndarray]) -> str:
    """A row for every kind, and one for all. figures: by kind, (files, axes)."""
    together = np.mean(list(figures.values()), axis=0)
    rows = [
        (name, *(_cell(column) for column in values.T))
        for name, values in (*figures.items(), ("all", together))
    ]
    return markdown_table(("damage", *AXES.values()), rows)


def _cell(values: np.ndarray) -> str:
    """The mean over files, with a bootstrap interval where there are several."""
    interval = bootstrap(values) if len(values) > 1 else None
    return format_with_interval(float(values.mean()), interval)


def bootstrap(values: np.ndarray) -> tuple[float, float]:
    """(files,) -> the interval of their mean, files drawn anew."""
    drawn = np.random.default_rng(SEED).integers(len(values), size=(RESAMPLES, len(values)))
    low, high = np.percentile(values[drawn].mean(axis=1), INTERVAL)
    return float(low), float(high)


def step_shares(scores: np.ndarray) -> np.ndarray:
    """(files, 1 + levels, axes) -> the share of steps that fall, (files, axes)."""
    return np.asarray((np.diff(scores, axis=1) < 0).mean(axis=1))


def correlations(scores: np.ndarray) -> np.ndarray:
    """(files, 1 + levels, axes) -> Spearman's, of score and level, (files, axes)."""
    levels = np.arange(scores.shape[1])
    return np.array([[spearman(levels, column) for column in file.T] for file in scores])


def points_lost(scores: np.ndarray, kind: Damage) -> np.ndarray:
    """(files, 1 + levels, axes) -> from the recording to the level of floors, (files, axes)."""
    return np.asarray(scores[:, 0] - scores[:, 1 + kind.levels.index(kind.floor)])


def spearman(left: np.ndarray, right: np.ndarray) -> float:
    """The correlation of two rows' ranks; 0 where one of them is all the same."""
    ranks = np.array([_ranks(left), _ranks(right)])
    if not ranks.std(axis=1).all():
        return 0.0
    return float(np.corrcoef(ranks)[0, 1])


def _ranks(values: Iterable[float]) -> np.ndarray:
    """Ranks from 0 on; equal values share the middle of theirs."""
    row = np.asarray(values)
    return np.array([((row < value).sum() + (row <= value).sum() - 1) / 2 for value in row])


if __name__ == "__main__":
    sys.exit(run_program(main))
