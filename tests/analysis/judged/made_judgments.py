"""A song of several segments whose takes nobody made, and judgments of them that are made up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from secondtake.analysis.cache import Cache
from secondtake.analysis.comparison.material import ComparedTake, SegmentMaterial
from secondtake.analysis.judged.readings import SongJudge, song_judges
from secondtake.analysis.recording import Recording
from secondtake.core.judge_jobs import asked_style, baseline_job, take_job
from secondtake.core.judgments import JudgeJob, Judgment, Reading, judge_identity, store_judgment
from secondtake.core.plan import Request, plan
from secondtake.core.project import Project
from secondtake.core.registry.all_judges import JUDGES
from secondtake.core.registry.clap import CLAP
from secondtake.core.registry.judge import JudgeSpec
from secondtake.core.song import Song, load_song
from secondtake.core.takes import Provenance, Take, Wav

STYLE = "slow waltz, accordion"
SEGMENT = """
[[segment]]
number = {number}
kind = "instrumental"
title = "Part {number}"
seconds = 14
style = "{style}"
models = ["sketch", "stable_audio", "musicgen"]
baseline = "data/baseline/{number}.wav"
"""
IDENTITY = judge_identity(1, {"model": "a" * 64}, "b" * 64)
OTHER_IDENTITY = judge_identity(1, {"model": "c" * 64}, "b" * 64)
ADHERENCE = "prompt adherence"
SPANS = ((0.0, 10.0), (5.0, 14.0))
PROMPTS = 20  # other ones


def sha256_named(name: str) -> str:
    return sha256(name.encode()).hexdigest()


@dataclass(frozen=True)
class JudgedSong:
    """A song with takes that have records only in memory, and a project to keep judgments in."""

    song: Song
    project: Project
    judge: JudgeSpec = CLAP

    @classmethod
    def of(cls, project: Project, segments: int, name: str = "judged") -> "JudgedSong":
        parts = (SEGMENT.format(number=n, style=STYLE) for n in range(1, segments + 1))
        path = project.root / "songs" / f"{name}.toml"
        path.write_text(f'title = "Judged"\n{"".join(parts)}', encoding="utf-8")
        return cls(load_song(path, project), project)

    @property
    def checkpoint(self) -> str:
        return self.judge.default.name

    def by(self, judge: str) -> "JudgedSong":
        return replace(self, judge=JUDGES[judge])

    def take(self, model: str, segment: int = 1, number: int = 1, **job: Any) -> Take:
        request = Request(models=(model,), segments=(segment,), takes=number)
        asked = replace(plan(self.song, request)[-1], **job)
        sha = sha256_named(f"{self.song.name} {asked.name}")
        made = Provenance("2026-01-01T00:00:00+00:00", 1.0, 0.0, "cpu", "float32", 1, "test", {})
        wav = Wav(f"{asked.name}.wav", sha, 4, 8000, 1, 8000)
        return Take(asked, "0" * 64, "1" * 64, {}, wav, made, (), {})

    def material(
        self, takes: Sequence[Take], segment: int = 1, sha: str | None = None
    ) -> SegmentMaterial:
        """sha: of the baseline's file; "" for one that is not there."""
        cache = Cache(Path("nowhere"))
        compared = tuple(
            ComparedTake(take, Recording(Path(take.wav.file), take.name, cache), None, None)
            for take in takes
        )
        file = self.baseline_sha(segment) if sha is None else sha
        part = self.song.segment(segment)
        return SegmentMaterial(part, "ready", "", None, compared, (), file)

    def baseline_sha(self, segment: int) -> str:
        return sha256_named(f"{self.song.name} baseline {segment}")

    def judge_take(
        self, take: Take, judgment: Judgment, identity: Any = None, style: str | None = None
    ) -> None:
        words = asked_style(take, self.judge) if style is None else style
        self._store(
            take_job(self.song, self.judge, self.checkpoint, take, words), judgment, identity
        )

    def judge_baseline(
        self, judgment: Judgment, segment: int = 1, identity: Any = None, style: str | None = None
    ) -> None:
        part, sha = self.song.segment(segment), self.baseline_sha(segment)
        words = part.style if style is None else style
        words = words if self.judge.reads_style else ""
        job = baseline_job(self.judge, self.checkpoint, part, sha, words)
        self._store(job, judgment, identity)

    def judges(self, *materials: SegmentMaterial) -> list[SongJudge]:
        return song_judges(self.song, materials)

    def _store(self, job: JudgeJob, judgment: Judgment, identity: Any) -> None:
        known = identity or {**IDENTITY, "version": self.judge.version}
        store_judgment(self.project, self.song.results, job, known, 1.0, judgment)


def judgment(
    value: float,
    others: float | None = None,
    apart: float = 0.02,
    scales: Sequence[str] = (ADHERENCE,),
    spans: Sequence[tuple[float, float]] = SPANS,
    embeddings: Sequence[Sequence[float]] = (),
) -> Judgment:
    """Windows that lie `apart` around a value; 20 others evenly within 0.04 around another."""
    values = tuple(value + apart * (place % 2 - 0.5) for place in range(len(spans)))
    floors: Mapping[str, tuple[float, ...]] = {}
    if others is not None:
        middles = np.linspace(others - 0.04, others + 0.04, PROMPTS)
        floors = {f"prompt {n}": (float(m),) * len(spans) for n, m in enumerate(middles)}
    readings = {scale: Reading(values, floors) for scale in scales}
    return Judgment(tuple(spans), readings, tuple(tuple(map(float, row)) for row in embeddings))
