"""Whether CLAP tells a recording's own prompt from others: files that models made, prompts known.

    venv-clap/bin/python -m benchmarks.judges.prompt_adherence --demos FOLDER …

FOLDER: clones of repositories that publish recordings with their prompts. For each recording, its
own prompt against those of the other recordings of its repository, as the area under the ROC curve
(.5: chance), and against the floor's median prompt. The intervals are of a bootstrap over files.
Nothing in the judge was tuned on any of these, so all of them may be reported on, whichever set of
docs/lab/data-sets.md they belong to: ACE-Step 1.5 to calibration, ACE-Step 1 and Stable Audio to
test. It runs on the weights that were fetched.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from benchmarks.harness import put, tell
from benchmarks.judges.prompted_files import CLONES, PromptedFile, commit_of, prompted_files

from secondtake.analysis.audio_io import read_header
from secondtake.analysis.formatting import markdown_table
from secondtake.core.errors import Exit, ModelError
from secondtake.core.judgments import JudgeJob
from secondtake.core.project import find_project
from secondtake.core.registry.clap import CLAP
from secondtake.core.weights import Weights, verified_weights
from secondtake.judges.clap import Clap, load_clap
from secondtake.judges.clap_prompts import other_prompts, say_the_same

SECONDS = 60.0  # of each recording, from its start: 11 windows
RESAMPLES = 2000
SEED = 7
Statistic = Callable[[np.ndarray], float]  # of how often each file was drawn


@dataclass(frozen=True)
class Scores:
    """The mean cosines of the files of one repository."""

    own: np.ndarray  # (files,)
    prompts: np.ndarray  # (files, files) of each file under the prompt of each
    differs: np.ndarray  # (files, files) whether the two have prompts that say different things
    floor: np.ndarray  # (files,) the median over the other prompts of the floor


def main() -> int:
    options = _page().parse_args()
    groups = {folder: prompted_files(folder) for folder in options.demos}
    for folder, files in groups.items():
        if not files:
            print(f"{folder}: no recordings with prompts are known in it", file=sys.stderr)
            return Exit.BAD_INPUT
    checkpoint = CLAP.checkpoint(options.checkpoint)
    try:
        weights = verified_weights(find_project(), CLAP, checkpoint)
    except ModelError as error:
        print(f"error: {error.message}\n  → {error.hint}", file=sys.stderr)
        return Exit.BLOCKED
    put(options.write, "clap_validity", report(groups, weights, options.device, options.seconds))
    return Exit.DONE


def report(
    groups: dict[Path, list[PromptedFile]], weights: Weights, device: str, seconds: float
) -> str:
    """The table, and which files of which commits it is of."""
    clap = load_clap(weights, device).judge
    assert isinstance(clap, Clap)
    scores = {f.name: score(clap, files, seconds) for f, files in groups.items()}
    rows = [row(name, [each]) for name, each in scores.items()]
    if len(rows) > 1:
        rows.append(row("all", list(scores.values())))
    head = ("recordings of", "n", "own prompt against others: AUC", "above the floor's median")
    commits = [f"- {folder.name}: commit {commit_of(folder)}" for folder in groups]
    facts = f"CLAP's pytorch_model.bin {weights.hashes['model'][:12]}…, the first {seconds:g} s."
    return "\n".join((markdown_table(head, rows), "", facts, "", *commits))


def score(clap: Clap, files: Sequence[PromptedFile], seconds: float) -> Scores:
    """Listen to the files of a repository."""
    texts = clap.embed_texts([file.prompt for file in files])
    sounds, floors = [], []
    for count, file in enumerate(files, 1):
        tell(f"{file.source}: {count} of {len(files)}, {file.path.name}")
        windows = _heard(clap, file, seconds)
        sounds.append(windows.mean(axis=0))
        others = np.stack([clap.others[prompt] for prompt in other_prompts(file.prompt)])
        floors.append(np.median(others @ sounds[-1]))
    prompts = np.stack(sounds) @ texts.T
    differs = [[not say_the_same(a.prompt, b.prompt) for b in files] for a in files]
    return Scores(np.diagonal(prompts), prompts, np.array(differs), np.array(floors))


def row(name: str, scores: Sequence[Scores]) -> tuple[str, ...]:
    """A row of the table. Prompts are compared with those of the same repository alone, since each
    has a manner of its own; files of several repositories are drawn together."""
    counts = [len(each.own) for each in scores]
    ends = np.cumsum(counts)[:-1]

    def area(drawn: np.ndarray) -> float:
        areas = [file_areas(s, d) for s, d in zip(scores, np.split(drawn, ends), strict=True)]
        return _mean(np.concatenate(areas), drawn)

    above = np.concatenate([_wins(each.own, each.floor) for each in scores])
    cells = (with_interval(statistic, sum(counts)) for statistic in (area, partial_mean(above)))
    return name, str(sum(counts)), *cells


def file_areas(scores: Scores, drawn: np.ndarray) -> np.ndarray:
    """Of each file, how often its own prompt is above another one; of equal ones half counts.

    drawn: (files,) how often the prompt of each counts. NaN for a file without another prompt.
    """
    weights = scores.differs * drawn
    wins = _wins(scores.own[:, None], scores.prompts)
    with np.errstate(invalid="ignore"):
        return np.asarray((wins * weights).sum(axis=1) / weights.sum(axis=1))


def partial_mean(values: np.ndarray) -> Statistic:
    """The mean of the files that are drawn."""
    return lambda drawn: _mean(values, drawn)


def with_interval(statistic: Statistic, files: int) -> str:
    """A statistic of all files with its 95 % interval, ".87 [.81, .92]"."""
    random = np.random.default_rng(SEED)
    draws = random.multinomial(files, np.full(files, 1 / files), RESAMPLES).astype(float)
    low, high = np.nanpercentile([statistic(drawn) for drawn in draws], [2.5, 97.5])
    return f"{statistic(np.ones(files)):.2f} [{low:.2f}, {high:.2f}]".replace("0.", ".")


def _heard(clap: Clap, file: PromptedFile, seconds: float) -> np.ndarray:
    """The embeddings of a file's windows, (windows, dimensions)."""
    end = seconds if read_header(file.path).seconds > seconds else None
    job = JudgeJob(CLAP.name, "", file.path.stem, str(file.path), "", end=end, style=file.prompt)
    return clap.embed_windows(clap.windows(job).samples, lambda *_: None)


def _wins(values: np.ndarray, others: np.ndarray) -> np.ndarray:
    """1 where a value is above the other one, half where it is the same, else 0."""
    return np.where(values == others, 0.5, np.where(values > others, 1.0, 0.0))


def _mean(values: np.ndarray, weights: np.ndarray) -> float:
    known = np.isfinite(values)
    total = weights[known].sum()
    return float((values[known] * weights[known]).sum() / total) if total else np.nan


def _page() -> argparse.ArgumentParser:
    page = argparse.ArgumentParser(
        description=(__doc__ or "").partition("\n")[0],
        epilog="\n".join(("clones that it knows:", *(f"  {line}" for line in CLONES))),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    page.add_argument("--demos", nargs="+", type=Path, required=True, metavar="FOLDER")
    page.add_argument("--checkpoint", default="", help="general (default) or music")
    page.add_argument("--device", default="auto", choices=["auto", *CLAP.devices])
    page.add_argument("--seconds", type=float, default=SECONDS, help="default: %(default)g")
    page.add_argument("--write", type=Path, help="put the table into this page of docs/")
    return page


if __name__ == "__main__":
    sys.exit(main())
