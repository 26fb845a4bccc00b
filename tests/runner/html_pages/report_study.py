"""A small study with everything that a report can show, for tests of the report."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.runner.html_pages.tone_clips import CLIP_RATE, write_tone
from tests.runner.progress_pages.scratch import SECONDS, Scratch, compared, metric

from secondtake.core.files import sha256_of, write_json
from secondtake.core.jobs import Job
from secondtake.core.listening_file import (
    ListeningFile,
    SegmentClips,
    Version,
    as_json,
    clip_name,
    clip_path,
    listening_path,
)
from secondtake.core.registry.all_models import MODELS
from secondtake.core.takes import wav_path
from secondtake.runner.html_pages.report_page import render
from secondtake.runner.progress_pages.survey import survey

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 80 40"><title>{}</title></svg>'
READY = {"state": "ready", "why": "", "measured": {"lufs": -9.0}}
QUESTIONS = {"overall": "likeness", "timbre": "embedding"}


def report(scratch: Scratch) -> str:
    """The report of a scratch project."""
    return render(survey(scratch.song, scratch.project))


def figures(scaled: float, verdict: str = "between", **more: Any) -> list[dict[str, Any]]:
    """A take's measurements, one for each of QUESTIONS."""
    near = {"scaled_interval": [scaled - 0.05, scaled + 0.05], "percentile": 93.0}
    return [
        metric(name, scaled, question=question, verdict=verdict, note="", **near, **more)
        for question, name in QUESTIONS.items()
    ]


def compare(
    scratch: Scratch, takes: Sequence[tuple[Job, list[dict[str, Any]]]], **more: Any
) -> None:
    """comparison_results.json of takes with their measurements; what it says over all of them."""
    models = list(dict.fromkeys(job.model for job, _ in takes))
    cells = {
        model: {name: {"scaled": 0.4, "low": 0.2, "high": 0.6, "note": ""} for name in QUESTIONS}
        for model in models
    }
    across = {
        "models": [{"name": model, "title": MODELS[model].title} for model in models],
        "questions": list(QUESTIONS),
        "metrics": QUESTIONS,
        "cells": cells,
        "answers": [{"take": job.name} for job, _ in takes],
        "adherence": {"takes": [adherence(job) for job, _ in takes]},
    }
    segments = [
        {
            "number": number,
            "baseline": READY,
            "takes": [
                compared(job, "baseline", entries)
                for job, entries in takes
                if job.segment == number
            ],
            "skipped": [],
            "unusable": [],
        }
        for number in sorted({job.segment for job, _ in takes})
    ]
    said = {"findings": [], "summary": ["Overall, Bark comes closer.", "In timbre, it does not."]}
    scratch.compare(segments, **{"across": across, **said, **more})


def adherence(job: Job, tempo: str = "kept", key: str = "undecidable") -> dict[str, Any]:
    return {
        "take": job.name,
        "model": job.model,
        "segment": job.segment,
        "tempo": tempo,
        "key": key,
        "note": "",
    }


def draw(scratch: Scratch, *names: str) -> None:
    """Pictures, as the analysis leaves them."""
    folder = scratch.results / "analysis"
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_text(SVG.format(name))


def clips(scratch: Scratch, jobs: Sequence[Job], size: int = 0) -> ListeningFile:
    """Clips of jobs' takes and of the baselines that are there: tones, or `size` bytes each."""
    segments = []
    for number in sorted({job.segment for job in jobs}):
        files = {job.name: wav_path(scratch.results, job.name) for job in jobs}
        named = scratch.song.segment(number).baseline
        sources: list[tuple[str, Path]] = []
        if named and named.file.exists():
            sources.append(("", named.file))
        sources += [(job.name, files[job.name]) for job in jobs if job.segment == number]
        versions = tuple(_version(scratch, number, *source, size) for source in sources)
        segments.append(SegmentClips(number, SECONDS, SECONDS, versions))
    made = ListeningFile("ready", "", "wav", 1_536_000, CLIP_RATE, tuple(segments))
    write_json(listening_path(scratch.results), as_json(scratch.song.name, made))
    return made


def _version(scratch: Scratch, segment: int, take: str, file: Path, size: int) -> Version:
    sha256 = sha256_of(file)
    clip = clip_name(segment, sha256, [float(len(take))])  # takes may be of equal tones
    if size:
        path = clip_path(scratch.results, clip, "wav")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(clip.encode() + bytes(size - len(clip)))
    else:
        write_tone(scratch.results, clip, 440 + len(take), SECONDS)
    return Version(clip, take, sha256, SECONDS, -12.0, -6.0 if take else 0.0, 0.0, 0.0, "", ())


def whole_study(scratch: Scratch) -> dict[str, Job]:
    """Every job made, compared, drawn and cut into clips; the first job of each model."""
    jobs = scratch.jobs()
    for number in (7, 10):
        scratch.baseline(number)
    for job in jobs:
        scratch.make(job)
    scratch.verify()
    compare(scratch, [(job, figures(0.1 * place)) for place, job in enumerate(jobs, 1)])
    draw(scratch, "overview_dots.svg", "overview_heatmap.svg", *(f"{j.name}.svg" for j in jobs))
    clips(scratch, jobs)
    return {job.model: job for job in reversed(jobs)}
