"""The comparison of a song: every take against its baseline or, without one, against the control.

Made from records and files only and returned as plain JSON values; the same files give the same
values. A missing baseline is a state that the result names, not an error. The measurements of a
take are cached: the same files are measured once.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from secondtake.analysis.comparison.adherence import adherence
from secondtake.analysis.comparison.material import (
    ComparedTake,
    SegmentMaterial,
    is_control,
)
from secondtake.analysis.comparison.summary import choose_takes, summarize, unusable_groups
from secondtake.analysis.features.corpus import ReferenceCorpus, load_default
from secondtake.analysis.features.extract import Features
from secondtake.analysis.findings.all_findings import conclusions
from secondtake.analysis.findings.claims import certain_kind
from secondtake.analysis.formatting import JsonObject, round_floats
from secondtake.analysis.judged.distributions import distributions
from secondtake.analysis.judged.judge_scores import JudgeScores, song_scores
from secondtake.analysis.judged.judged_summary import judges_across
from secondtake.analysis.judged.readings import song_judges
from secondtake.analysis.lyrics.transcribe import transcripts_of
from secondtake.analysis.lyrics.transcripts import TranscriptPair, recognised_json
from secondtake.analysis.metrics import level, lyrics
from secondtake.analysis.metrics.evaluate import QUESTIONS, Pair, evaluate
from secondtake.analysis.metrics.harmony import key
from secondtake.analysis.metrics.metric import Measurement
from secondtake.analysis.metrics.rhythm import tempo
from secondtake.analysis.parallel import parallel_map
from secondtake.analysis.recording import Recording
from secondtake.analysis.report.first_study_rows import first_study_cosines, first_study_json
from secondtake.core.project import Project
from secondtake.core.ranking_file import RankingFile, read_rankings
from secondtake.core.registry.all_judges import JUDGES
from secondtake.core.registry.all_models import MODELS
from secondtake.core.song import Song
from secondtake.core.take_facts import (
    baseline_mark,
    level_step,
    maker_name,
    maker_title,
    repaint_words,
)
from secondtake.core.take_store import TakeStore

FEW = 24  # takes that are compared while a second process starts and reads the calibration
FORMAT = 2  # 1 had pink noise for a floor, and no findings
# A judge of a single scale answers a question. Several scales of one judge are never one answer:
# they stand in the judges' own section.
JUDGED = tuple(judge.question for judge in JUDGES.values() if len(judge.scales) == 1)
ORDER = ("overall", *QUESTIONS, "lyrics", *JUDGED)  # of the questions, in every table

Triplet = tuple[Recording, Recording, Recording | None]  # reference, take, control


def compare_all(takes: Sequence[ComparedTake]) -> None:
    """Compare on all cores the takes that were not compared yet, into the cache."""
    triplets = [triplet for take in takes if (triplet := _triplet(take)) is not None]
    fresh = [
        (reference.fresh(), take.fresh(), control and control.fresh())
        for reference, take, control in triplets
        if not take.cache.holds("measurements", _identity((reference, take, control)))
    ]
    for _ in parallel_map(_cached_measurements, fresh, FEW):
        pass


def measurements(
    compared: ComparedTake, calibration: ReferenceCorpus | None = None
) -> list[JsonObject]:
    """Every metric of a take against its reference; [] where it has none.

    calibration: other music than what is shipped; then nothing is cached.
    """
    triplet = _triplet(compared)
    if triplet is None:
        return []
    return _cached_measurements(triplet) if calibration is None else _measure(triplet, calibration)


def to_json(measurement: Measurement) -> JsonObject:
    """A measurement as JSON values."""
    return dict(round_floats({**asdict(measurement), "against_mark": measurement.against_mark}))


def _cached_measurements(triplet: Triplet) -> list[JsonObject]:
    """The measurements, from the cache or into it."""
    data = triplet[1].cache.bytes_of(
        "measurements", _identity(triplet), lambda: json.dumps(_measure(triplet, None)).encode()
    )
    return list(json.loads(data))


def _measure(triplet: Triplet, calibration: ReferenceCorpus | None) -> list[JsonObject]:
    reference, estimate, control = triplet
    pair = Pair(reference.features, estimate.features, control.features if control else None)
    return [to_json(measurement) for measurement in evaluate(pair, calibration).values()]


def _triplet(compared: ComparedTake) -> Triplet | None:
    """The recordings that decide the measurements; None where there is nothing to measure."""
    if compared.reference is None:
        return None
    return compared.reference, compared.recording, compared.control


def _identity(triplet: Triplet) -> list[Any]:
    return [recording.identity if recording else None for recording in triplet]


@dataclass(frozen=True)
class _Context:
    """The song, its ranking and the options, for the comparison of each of its takes."""

    song: Song
    project: Project
    rankings: RankingFile
    store: TakeStore
    naive: bool
    calibration: ReferenceCorpus | None  # None: what is shipped
    judges: Sequence[JudgeScores]

    def relative(self, text: str) -> str:
        """A message with the paths of the project relative to it."""
        return text.replace(f"{self.project.root}/", "")


def compare_song(
    song: Song,
    materials: list[SegmentMaterial],
    project: Project,
    naive: bool = False,
    calibration: ReferenceCorpus | None = None,
) -> JsonObject:
    """The whole comparison as JSON values. naive: with the first study's figures beside it."""
    rankings = read_rankings(song.results, song.name)
    store = TakeStore(song.results, song.name)
    judges = song_judges(song, materials)
    scores = [song_scores(judge, materials) for judge in judges]
    context = _Context(song, project, rankings, store, naive, calibration, scores)
    if calibration is None:
        compare_all([compared for material in materials for compared in material.takes])
    segments = round_floats([_segment(context, material) for material in materials])
    across = {
        **summarize(segments, ORDER),
        "adherence": adherence(segments),
        "judges": judges_across(judges, segments),
        "distributions": [
            entry for judge in judges for entry in distributions(judge, materials, project.root)
        ],
    }
    across = round_floats(across)
    return {
        "format": FORMAT,
        "song": song.name,
        "title": song.title,
        "naive": naive,
        "segments": segments,
        "across": across,
        **conclusions(segments, across),
    }


def _segment(context: _Context, material: SegmentMaterial) -> JsonObject:
    segment, baseline, source = material.segment, material.baseline, material.segment.baseline
    takes = [_take(context, material, compared) for compared in material.takes]
    return {
        "number": segment.number,
        "kind": segment.kind,
        "title": segment.title,
        "baseline": {
            "state": material.state,
            "why": context.relative(material.why),
            "file": context.project.relative(source.file) if source else None,
            "sha256": material.sha256 or None,
            "start": source.start if source else None,
            "end": source.end if source else None,
            "measured": _measured(context, baseline) if baseline else None,
            "naive": first_study_json(baseline) if baseline and context.naive else None,
        },
        "takes": takes,
        "chosen": choose_takes(context.rankings, segment.number, takes),
        "unusable": unusable_groups(context.rankings, segment.number, takes),
        "skipped": [{"take": name, "why": context.relative(why)} for name, why in material.skipped],
    }


def _take(context: _Context, material: SegmentMaterial, compared: ComparedTake) -> JsonObject:
    take, reference, recording = compared.take, compared.reference, compared.recording
    job, step = take.job, level_step(take)
    model = MODELS.get(job.model)
    words = _words(context, material, compared)
    sung = lyrics.evaluate(words).values() if words else ()
    sung_words = words.estimate if words else ""  # or why nothing is transcribed
    judged = (m for scores in context.judges for m in scores.of_take(material, compared))
    cosines = first_study_cosines(reference, recording) if context.naive and reference else None
    return {
        "name": take.name,
        "file": context.project.relative(recording.path),
        "sha256": compared.take.wav.sha256,
        "model": maker_name(take),
        "model_title": maker_title(take),
        "from_baseline": baseline_mark(take),
        "repaint": repaint_words(take, context.store.source_take),
        "floor": is_control(compared.take),
        "take": job.take,
        "asked": {
            "seconds": job.seconds,
            "bpm": job.bpm,
            "meter": job.meter,
            "key": job.key,
            "voice": bool(job.lyrics) and model is not None and "vocal" in model.roles,
        },
        "remarks": list(take.remarks),
        "measured": _measured(context, recording),
        "level": step,
        "naive": first_study_json(recording) if context.naive else None,
        "against": reference.label if reference else None,
        "naive_similarity": cosines,
        "measurements": [
            *level.with_step(measurements(compared, context.calibration), step),
            *map(to_json, (*sung, *judged)),
        ],
        **recognised_json(sung_words),
        "plot": f"{take.name}.png",
    }


def _words(
    context: _Context, material: SegmentMaterial, compared: ComparedTake
) -> TranscriptPair | None:
    """The take's words, as `invoke understand` transcribed them; None if it has no lyrics."""
    sha256 = material.baseline.identity[0] if material.baseline else None
    take, takes = compared.take, [other.take for other in material.takes]
    control = None if is_control(take) else next(filter(is_control, takes), None)
    command = context.project.command("understand", song=context.song.path)
    return transcripts_of(context.song, material.segment, take, command, sha256, control)


def _measured(context: _Context, recording: Recording) -> JsonObject:
    """Kind, length, tempo, key and levels of a recording."""
    features, corpus = recording.features, context.calibration or load_default()
    return {
        "kind": certain_kind(corpus.kind(features)),
        "seconds": features.seconds,
        "windows": features.windows,
        **tempo_and_key(features),
        "lufs": features.lufs,
        "lra": features.lra,
        "true_peak_dbtp": features.true_peak,
    }


def tempo_and_key(features: Features) -> JsonObject:
    """The tempo and the key of a recording, with how sure they are; None where there is none."""
    pulse, tonality = tempo(features), key(features)
    return {
        "tempo_bpm": pulse.bpm,
        "tempo_clarity": pulse.clarity,
        "tempo_note": pulse.why,
        "key": tonality.name if tonality else None,
        "key_second": tonality.second if tonality else None,
        "key_margin": tonality.margin if tonality else None,
        "key_fit": tonality.fit if tonality else None,
    }
