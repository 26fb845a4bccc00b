"""Judgments as the judge of words would leave them, without anyone who listens."""

from collections.abc import Sequence

from secondtake.core.judge_jobs import judge_jobs
from secondtake.core.judgments import (
    Judgment,
    TranscribedSpan,
    judge_identity,
    store_judgment,
)
from secondtake.core.project import Project
from secondtake.core.registry.whisper import WHISPER
from secondtake.core.song import Song

MODEL_SHA256, LOCK_SHA256 = "5" * 64, "0123456789abcdef" * 4


def hear(
    song: Song,
    project: Project,
    spans: Sequence[TranscribedSpan],
    checkpoint: str = "base",
    version: int = WHISPER.version,
) -> list[str]:
    """Store that each recording of a song was heard so; the names of the recordings."""
    weights = {} if checkpoint == "base-packaged" else {"model": MODEL_SHA256}
    identity = judge_identity(version, weights, LOCK_SHA256)
    jobs = judge_jobs(song, WHISPER, checkpoint)
    for job in jobs:
        store_judgment(project, song.results, job, identity, 1.0, Judgment(spans=tuple(spans)))
    return [job.recording for job in jobs]
