"""The comparison of a song: every take against its baseline or, without one, its sketch.

Made from records and files only and returned as plain JSON values; the same files give the same
values. A missing baseline is a state that the result names, not an error.
"""

from dataclasses import asdict, dataclass
from typing import Any

from secondtake.models import MODELS
from secondtake.project import DEFAULT_SONG, Project
from secondtake.ranked import Rankings, read_rankings
from secondtake.song import Song
from secondtake.takes import Take
from secondtake_analysis.calibration import Calibration
from secondtake_analysis.evaluate import QUESTIONS
from secondtake_analysis.figures import rounded
from secondtake_analysis.findings.all_findings import findings
from secondtake_analysis.lyrics.heard import Words, differences
from secondtake_analysis.lyrics.reading import words_of
from secondtake_analysis.metrics import lyrics
from secondtake_analysis.metrics.harmony import key
from secondtake_analysis.metrics.rhythm import tempo
from secondtake_analysis.naive.table import naive_pair, naive_row
from secondtake_analysis.recording import Recording
from secondtake_analysis.study.across import across
from secondtake_analysis.study.material import Compared, Material, is_floor
from secondtake_analysis.study.pairing import keep_all, measurements, plainly
from secondtake_analysis.study.several import chosen

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
