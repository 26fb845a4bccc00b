"""The recordings of a song that a judge is to hear: its takes, their baselines, and the control."""

from collections.abc import Iterator
from pathlib import Path

from secondtake.core.judgments import JudgeJob
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.judge import SUNG, JudgeSpec
from secondtake.core.song import Segment, Song
from secondtake.core.take_store import TakeStore
from secondtake.core.takes import Take, wav_path


def baseline_name(segment: int) -> str:
    """The name of a segment's baseline among recordings; no model has such a name."""
    return f"baseline_segment{segment}"


def judge_jobs(song: Song, judge: JudgeSpec, checkpoint: str) -> list[JudgeJob]:
    """What a judge is to hear of a song, in the order of segments, each once.

    The current and the kept takes that are whole; the control and the baseline of their segments,
    under every style that takes were asked for.
    """
    store = TakeStore(song.results, song.name)
    takes = [take for take in store.compared if _is_heard(take, judge) and store.is_whole(take)]
    segments = {segment.number: segment for segment in song.segments}
    numbers = {take.job.segment for take in takes} & segments.keys()
    files = [s.baseline.file for n in numbers if (s := segments[n]).baseline]
    sha256s = store.hashes.of(files)
    store.save_hashes()
    jobs: dict[str, JudgeJob] = {}
    for number in sorted({take.job.segment for take in takes}):
        own = [take for take in takes if take.job.segment == number]
        for job in _segment_jobs(song, judge, checkpoint, own, segments.get(number), sha256s):
            jobs.setdefault(job.name, job)
    return list(jobs.values())


def take_job(song: Song, judge: JudgeSpec, checkpoint: str, take: Take, style: str) -> JudgeJob:
    """What is asked about a take."""
    return JudgeJob(
        judge.name,
        checkpoint,
        take.name,
        str(wav_path(song.results, take.name)),
        take.wav.sha256,
        style=style,
        languages=take.job.languages if judge.reads_languages else (),
    )


def baseline_job(
    judge: JudgeSpec, checkpoint: str, segment: Segment, sha256: str, style: str
) -> JudgeJob:
    """What is asked about the baseline of a segment that names one; sha256 of its file."""
    assert segment.baseline is not None
    return JudgeJob(
        judge.name,
        checkpoint,
        baseline_name(segment.number),
        str(segment.baseline.file),
        sha256,
        segment.baseline.start,
        segment.baseline.end,
        style=style,
        languages=segment.languages if judge.reads_languages else (),
        damage=judge.hears_damage,
    )


def asked_style(take: Take, judge: JudgeSpec) -> str:
    """The words that a take is held to by a judge; "" if it reads none, or none were given."""
    return " ".join(take.job.style.split()) if judge.reads_style else ""


def _segment_jobs(
    song: Song,
    judge: JudgeSpec,
    checkpoint: str,
    takes: list[Take],
    segment: Segment | None,
    sha256s: dict[Path, str],
) -> Iterator[JudgeJob]:
    styles = list(dict.fromkeys(asked_style(take, judge) for take in takes))
    for style in styles:
        if judge.reads_style and not style:
            continue
        for take in takes:
            is_control = (model := MODELS.get(take.job.model)) is not None and model.is_control
            if is_control or asked_style(take, judge) == style:
                yield take_job(song, judge, checkpoint, take, style)
        if segment and segment.baseline and segment.baseline.file in sha256s:
            sha256 = sha256s[segment.baseline.file]
            yield baseline_job(judge, checkpoint, segment, sha256, style)


def _is_heard(take: Take, judge: JudgeSpec) -> bool:
    if judge.hears != SUNG:
        return True
    model = MODELS.get(take.job.model)
    return model is not None and "vocal" in model.roles and bool(take.job.lyrics.strip())
