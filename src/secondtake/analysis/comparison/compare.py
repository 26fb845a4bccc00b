"""The comparison of a song: every take against its baseline or, without one, its sketch.

Made from records and files only and returned as plain JSON values; the same files give the same
values. A missing baseline is a state that the result names, not an error.

All measurements of a take as JSON values, kept: the same two files are measured once.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from secondtake.analysis.cache import Cache
from secondtake.analysis.comparison.material import Compared, Material, is_floor
from secondtake.analysis.comparison.summary import across, chosen
from secondtake.analysis.features.corpus import Calibration
from secondtake.analysis.findings.all_findings import findings
from secondtake.analysis.formatting import rounded
from secondtake.analysis.lyrics.transcribe import words_of
from secondtake.analysis.lyrics.transcripts import Words, differences
from secondtake.analysis.metrics import lyrics
from secondtake.analysis.metrics.evaluate import QUESTIONS, Pair, evaluate
from secondtake.analysis.metrics.harmony import key
from secondtake.analysis.metrics.metric import Measurement
from secondtake.analysis.metrics.rhythm import tempo
from secondtake.analysis.parallel import on_all_cores
from secondtake.analysis.recording import Recording
from secondtake.analysis.report.first_study_rows import naive_pair, naive_row
from secondtake.core.project import DEFAULT_SONG, Project
from secondtake.core.ranking_file import Rankings, read_rankings
from secondtake.core.registry.all_models import MODELS
from secondtake.core.song import Song
from secondtake.core.takes import Take

FEW = 24  # takes that are compared while a second process starts and reads the calibration

Three = tuple[Recording, Recording, Recording | None]  # the original, the take, the sketch


def keep_all(every: Sequence[Compared]) -> None:
    """Compare on all cores what was not compared yet, and keep it."""
    known = [three for one in every if (three := _three(one)) is not None]
    todo = [three for three in known if not _cache(three).holds("measurements", _made_from(three))]
    fresh = [tuple(one and one.fresh() for one in three) for three in todo]
    for _ in on_all_cores(_keep, fresh, FEW):
        pass


def measurements(
    compared: Compared, calibration: Calibration | None = None
) -> list[dict[str, Any]]:
    """Every metric of a take against what it is held against; [] where that is nothing.

    calibration: other music than what is shipped; then nothing is kept.
    """
    three = _three(compared)
    if three is None:
        return []
    return _keep(three) if calibration is None else _measure_pair(three, calibration)


def plainly(one: Measurement) -> dict[str, Any]:
    """A measurement as JSON values."""
    return dict(rounded({**asdict(one), "against_mark": one.against_mark}))


def _keep(three: Three) -> list[dict[str, Any]]:
    """The measurements, from the cache or into it."""
    kept = _cache(three).bytes_of(
        "measurements", _made_from(three), lambda: json.dumps(_measure_pair(three, None)).encode()
    )
    return list(json.loads(kept))


def _measure_pair(three: Three, calibration: Calibration | None) -> list[dict[str, Any]]:
    reference, estimate, mark = three
    pair = Pair(reference.features, estimate.features, mark.features if mark else None)
    return [plainly(one) for one in evaluate(pair, calibration).values()]


def _three(compared: Compared) -> Three | None:
    """The recordings that decide the measurements; None where there is nothing to measure."""
    if compared.reference is None:
        return None
    return compared.reference, compared.recording, compared.mark


def _made_from(three: Three) -> list[Any]:
    return [one.identity if one else None for one in three]


def _cache(three: Three) -> Cache:
    return three[1].cache


FORMAT = 2  # 1 had pink noise for a floor, and no findings
ORDER = ("overall", *QUESTIONS, "lyrics")  # of the questions, in every table


@dataclass(frozen=True)
class _Study:
    """What every take of a song's comparison needs to know."""

    song: Song
    project: Project
    rankings: Rankings
    naive: bool
    calibration: Calibration | None  # None: what is shipped

    @property
    def understand(self) -> str:
        """What listens to this song's lyrics."""
        name = self.project.relative(self.song.path)
        return "invoke understand" + ("" if name == DEFAULT_SONG else f" --song {name}")

    def here(self, text: str) -> str:
        """A message with the paths of the project relative to it."""
        return text.replace(f"{self.project.root}/", "")


def study(
    song: Song,
    materials: list[Material],
    project: Project,
    naive: bool = False,
    calibration: Calibration | None = None,
) -> dict[str, Any]:
    """The whole comparison as JSON values. naive: with the first study's figures beside it."""
    rankings = read_rankings(song.results, song.name)
    one = _Study(song, project, rankings, naive, calibration)
    if calibration is None:
        keep_all([compared for material in materials for compared in material.takes])
    segments = rounded([_segment(one, material) for material in materials])
    table = rounded(across(segments, ORDER))
    return {
        "format": FORMAT,
        "song": song.name,
        "title": song.title,
        "naive": naive,
        "segments": segments,
        "across": table,
        "findings": findings(segments, table),
    }


def _segment(study: _Study, material: Material) -> dict[str, Any]:
    segment, baseline, project = material.segment, material.baseline, study.project
    takes = [_take(study, material, compared) for compared in material.takes]
    return {
        "number": segment.number,
        "kind": segment.kind,
        "title": segment.title,
        "baseline": {
            "state": material.state,
            "why": study.here(material.why),
            "file": project.relative(segment.baseline.file) if segment.baseline else None,
            "sha256": material.sha256 or None,
            "start": segment.baseline.start if segment.baseline else None,
            "end": segment.baseline.end if segment.baseline else None,
            "measured": _measured(baseline) if baseline else None,
            "naive": naive_row(baseline) if baseline and study.naive else None,
        },
        "takes": takes,
        "chosen": chosen(study.rankings, segment.number, takes),
        "skipped": [{"take": name, "why": study.here(why)} for name, why in material.skipped],
    }


def _take(study: _Study, material: Material, compared: Compared) -> dict[str, Any]:
    job = compared.take.job
    model = MODELS.get(job.model)
    words = _words(study, material, compared)
    return {
        "name": job.name,
        "file": study.project.relative(compared.recording.path),
        "sha256": compared.take.wav.sha256,
        "model": job.model,
        "model_title": model.title if model else job.model,
        "floor": is_floor(compared.take),
        "take": job.take,
        "asked": {"seconds": job.seconds, "bpm": job.bpm, "key": job.key},
        "measured": _measured(compared.recording),
        "naive": naive_row(compared.recording) if study.naive else None,
        "against": compared.reference.label if compared.reference else None,
        "naive_similarity": naive_pair(compared) if study.naive else None,
        "measurements": [
            *measurements(compared, study.calibration),
            *(plainly(one) for one in (lyrics.evaluate(words) if words else {}).values()),
        ],
        "words": _wrong_words(words),
        "plot": f"{job.name}.png",
    }


def _words(study: _Study, material: Material, compared: Compared) -> Words | None:
    """The take's words, from what `invoke understand` left; None where nobody was to sing."""
    sha256 = material.baseline.identity[0] if material.baseline else None
    sketch = None if is_floor(compared.take) else _sketch(material)
    return words_of(study.song, material.segment, compared.take, study.understand, sha256, sketch)


def _wrong_words(words: Words | None) -> str:
    """Which words were not heard, heard otherwise, or added; "" if none, or nobody listened."""
    if words is None or isinstance(words.estimate, str):
        return ""
    return differences(words.estimate)


def _sketch(material: Material) -> Take | None:
    return next((one.take for one in material.takes if is_floor(one.take)), None)


def _measured(recording: Recording) -> dict[str, Any]:
    """What a recording is, by itself."""
    seen = recording.features
    pulse, tonality = tempo(seen), key(seen)
    found = asdict(tonality) if tonality else {}
    return {
        "seconds": seen.seconds,
        "windows": seen.windows,
        "tempo_bpm": pulse.bpm,
        "tempo_clarity": pulse.clarity,
        "tempo_note": pulse.why,
        "key": tonality.name if tonality else None,
        "key_second": found.get("second"),
        "key_margin": found.get("margin"),
        "lufs": seen.lufs,
        "lra": seen.lra,
        "true_peak_dbtp": seen.true_peak,
    }
