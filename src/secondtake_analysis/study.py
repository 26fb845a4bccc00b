"""The comparison of a song: every take against its baseline or, without one, its sketch.

Made from records and files only and returned as plain JSON values; the same files give the same
values. A missing baseline is a state that the result names, not an error.
"""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from secondtake.models import MODELS
from secondtake.project import Project
from secondtake.ranked import Rankings, read_rankings
from secondtake.song import Song
from secondtake_analysis import naive
from secondtake_analysis.compare import compare
from secondtake_analysis.figures import rounded
from secondtake_analysis.material import Compared, Material, is_floor
from secondtake_analysis.measurement import Measurement
from secondtake_analysis.metrics.key import key
from secondtake_analysis.metrics.tempo import tempo
from secondtake_analysis.recording import Recording, naive_noise, noise_features
from secondtake_analysis.several import chosen

FORMAT = 1


def study(song: Song, materials: list[Material], project: Project) -> dict[str, Any]:
    """The whole comparison as JSON values."""
    rankings = read_rankings(song.results, song.name)
    return rounded(
        {
            "format": FORMAT,
            "song": song.name,
            "title": song.title,
            "segments": [_segment(material, project, rankings) for material in materials],
        }
    )


def _segment(material: Material, project: Project, rankings: Rankings) -> dict[str, Any]:
    segment, baseline = material.segment, material.baseline
    takes = [_take(compared, project) for compared in material.takes]
    return {
        "number": segment.number,
        "kind": segment.kind,
        "title": segment.title,
        "baseline": {
            "state": material.state,
            "why": material.why.replace(f"{project.root}/", ""),
            "file": project.relative(segment.baseline.file) if segment.baseline else None,
            "start": segment.baseline.start if segment.baseline else None,
            "end": segment.baseline.end if segment.baseline else None,
            "measured": _measured(baseline) if baseline else None,
            "naive": _naive_row(baseline) if baseline else None,
        },
        "takes": takes,
        "chosen": chosen(rankings, segment.number, takes),
        "skipped": [
            {"take": name, "why": why.replace(f"{project.root}/", "")}
            for name, why in material.skipped
        ],
    }


def _take(compared: Compared, project: Project) -> dict[str, Any]:
    job = compared.take.job
    model = MODELS.get(job.model)
    return {
        "name": job.name,
        "file": project.relative(compared.recording.path),
        "sha256": compared.take.wav.sha256,
        "model": job.model,
        "model_title": model.title if model else job.model,
        "floor": is_floor(compared.take),
        "take": job.take,
        "asked": {"seconds": job.seconds, "bpm": job.bpm, "key": job.key},
        "measured": _measured(compared.recording),
        "naive": _naive_row(compared.recording),
        "against": compared.reference.label if compared.reference else None,
        "naive_similarity": _naive_pair(compared),
        "measurements": [_measurement(one) for one in _measurements(compared)],
        "plot": f"{job.name}.png",
    }


def _measurements(compared: Compared) -> Iterator[Measurement]:
    if compared.reference is not None:
        noise = noise_features(compared.recording.cache)
        mark = compared.mark.features if compared.mark else None
        ours, theirs = compared.reference.features, compared.recording.features
        yield from compare(ours, theirs, noise, mark)


def _measurement(one: Measurement) -> dict[str, Any]:
    interval = list(one.interval) if one.interval else None
    return {**asdict(one), "interval": interval, "against_mark": one.against_mark}


def _measured(recording: Recording) -> dict[str, Any]:
    """What a recording is, by itself."""
    seen = recording.features
    pulse, tonality = tempo(seen), key(seen)
    return {
        "seconds": seen.seconds,
        "windows": seen.windows,
        "tempo_bpm": pulse.bpm,
        "tempo_clarity": pulse.clarity,
        "tempo_note": pulse.why,
        "key": tonality.name if tonality else None,
        "key_second": tonality.second if tonality else None,
        "key_margin": tonality.margin if tonality else None,
        "lufs": seen.lufs,
        "lra": seen.lra,
        "true_peak_dbtp": seen.true_peak,
    }


def _naive_row(recording: Recording) -> dict[str, Any]:
    row = asdict(recording.naive)
    return {name: list(value) if isinstance(value, tuple) else value for name, value in row.items()}


def _naive_pair(compared: Compared) -> dict[str, Any] | None:
    """The study's two cosines, and what pink noise scores in them against the same reference."""
    if compared.reference is None:
        return None
    reference, estimate = compared.reference.naive, compared.recording.naive
    pink = naive_noise(compared.recording.cache, estimate.sample_rate)
    return {
        "mfcc_cosine": naive.mfcc_cosine(reference, estimate),
        "chroma_cosine": naive.chroma_cosine(reference, estimate),
        "pink_mfcc_cosine": naive.mfcc_cosine(reference, pink),
        "pink_chroma_cosine": naive.chroma_cosine(reference, pink),
    }
