"""Setup issues: what stood in the way of the models on this machine, and what was done about it.

Each is told only where a file or a record shows that it was met: a converted checkpoint, a closed
cache folder and files that libraries keep elsewhere, the versions in the takes' records.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from secondtake.core.formatting import plural
from secondtake.core.registry.all_models import MODELS
from secondtake.core.weights import read_manifest
from secondtake.runner.progress_pages.markdown import Markdown, code, size
from secondtake.runner.progress_pages.survey import SongStatus

CONVERTED = "converted"  # folder of the cache; files are named by the sha256 of what they are of
LIBRARIES = "xdg"  # folder of the cache that models' libraries are given as theirs
PICKLED = Markdown("{} comes with {} in torch's own format")
PICKLE = (
    "such a file is a program (a pickle), and `torch.load` refuses one that holds more than numbers"
)
CONVERTED_TO = Markdown(
    "read by a table of allowed names, never run, and written once as safetensors: {} in {}"
)
CLOSED = "`~/.cache` cannot be written by this user, and models' libraries keep files there"
EVERYBODYS = "it belongs to another user, or is closed"
MOVED = Markdown("they were given {} in its place")
TORCHES = Markdown("the models need different versions of torch: {}")
ONE_TORCH = "one environment holds one version"
ENVIRONMENTS = Markdown("each model has its own, built from its own lock: {}")


@dataclass(frozen=True)
class SetupIssue:
    """One issue, in three parts of a sentence."""

    problem: Markdown
    cause: Markdown
    remedy: Markdown


def setup_issues(status: SongStatus) -> list[SetupIssue]:
    """The issues that files and records of this song's models show."""
    return [*_pickles(status), *_caches(status), *_torches(status)]


def _pickles(status: SongStatus) -> Iterator[SetupIssue]:
    """Weights that were turned into safetensors."""
    folder = status.project.cache / CONVERTED
    for model, checkpoint in dict.fromkeys((e.job.model, e.job.checkpoint) for e in status.jobs):
        spec = MODELS[model].checkpoint(checkpoint)
        manifest = read_manifest(status.project, model, spec.name)
        hashes = {file.sha256 for file in manifest.files.values()} if manifest else set()
        # The note beside a converted file is written last.
        made = [path for name in sorted(hashes) if (path := _whole(folder / f"{name}.safetensors"))]
        if made:
            total = size(sum(path.stat().st_size for path in made))
            where = code(f"{status.project.relative(folder)}/")
            yield SetupIssue(
                PICKLED.format(MODELS[model].title, plural(len(made), "weight file")),
                Markdown(PICKLE),
                CONVERTED_TO.format(total, where),
            )


def _whole(path: Path) -> Path | None:
    return path if path.is_file() and path.with_suffix(".json").is_file() else None


def _caches(status: SongStatus) -> Iterator[SetupIssue]:
    """A cache folder that is closed to the user, while libraries have files to keep."""
    folder, home = status.project.cache / LIBRARIES, Path("~/.cache").expanduser()
    used = folder.is_dir() and any(folder.iterdir())
    closed = home.is_dir() and not os.access(home, os.W_OK)
    if used and closed:
        remedy = MOVED.format(code(f"{status.project.relative(folder)}/"))
        yield SetupIssue(Markdown(CLOSED), Markdown(EVERYBODYS), remedy)


def _torches(status: SongStatus) -> Iterator[SetupIssue]:
    """Takes that were made with several versions of torch."""
    takes = [entry.playable for entry in status.takes if entry.playable]
    versions = {
        take.job.model: version for take in takes if (version := take.made.versions.get("torch"))
    }
    if len(set(versions.values())) > 1:
        listed = ", ".join(f"{MODELS[name].title} {version}" for name, version in versions.items())
        homes = Markdown(", ").join(
            code(status.project.environment(name).name) for name in versions
        )
        yield SetupIssue(TORCHES.format(listed), Markdown(ONE_TORCH), ENVIRONMENTS.format(homes))
