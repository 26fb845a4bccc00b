"""How long takes took on this machine, from the records of those that were made here.

Nothing is estimated from another machine: where no take was made yet, nothing is known.
"""

import platform
from collections.abc import Iterator
from dataclasses import dataclass

from secondtake.errors import UserError
from secondtake.pace import number
from secondtake.project import Project
from secondtake.takes import Take, read_record, work_seconds
from secondtake_runner.phases.layout import many


@dataclass(frozen=True)
class Experience:
    """What the takes of one checkpoint cost on one device."""

    device: str
    takes: int
    work: float  # seconds of work for a second of sound, without loading
    load_seconds: float  # the longest that loading took

    def __str__(self) -> str:
        made = f"{many(self.takes, 'take')} made here on {self.device}"
        return f"{number(self.work)} s of work for a second of sound, going by {made}"


def experiences(project: Project) -> dict[tuple[str, str], Experience]:
    """By model and checkpoint, on the device that was last used. Reads records, no wavs."""
    together: dict[tuple[str, str], list[Take]] = {}
    for take in _takes_made_here(project):
        together.setdefault((take.job.model, take.job.checkpoint), []).append(take)
    return {key: _experience(takes) for key, takes in together.items()}


def _experience(takes: list[Take]) -> Experience:
    device = max(takes, key=lambda take: take.made.started).made.device
    alike = [take for take in takes if take.made.device == device]
    sound = sum(take.wav.seconds for take in alike)
    load = max(take.made.load_seconds for take in alike)
    return Experience(device, len(alike), work_seconds(alike) / sound, load)


def _takes_made_here(project: Project) -> Iterator[Take]:
    """Of all songs. A damaged record teaches nothing; the study says so where it matters."""
    here = f"{platform.system()} {platform.machine()}"
    for path in sorted(project.results.glob("**/local_models/*.json")):
        try:
            take = read_record(path)
        except UserError:
            continue
        if take.made.platform == here and take.wav.frames:
            yield take
