"""Planning: the jobs of a song, and the reason why a job is stale. Nothing is made here."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from secondtake.core.errors import UserError
from secondtake.core.files import sha256_of
from secondtake.core.jobs import Job, derived_seed, inputs_hash
from secondtake.core.project import Project
from secondtake.core.registry.all_models import MODELS, find_model
from secondtake.core.song import MAX_SEED, Segment, SegmentModel, Song
from secondtake.core.takes import Take, read_record, record_path, wav_is_whole
from secondtake.core.weights import read_manifest

MAX_TAKES = 99


@dataclass(frozen=True)
class Request:
    """The part of a song to make. Empty means all of it."""

    models: tuple[str, ...] = ()
    segments: tuple[int, ...] = ()
    takes: int = 1
    device: str = "auto"
    seed: int | None = None
    checkpoints: Mapping[str, str] | None = None  # model -> checkpoint, over the song's choice
    settings: Mapping[str, object] | None = None  # parameters given on a model's command line


def plan(song: Song, request: Request) -> tuple[Job, ...]:
    """The requested jobs, by model so that each is loaded once. UserError for a bad request."""
    for name in request.models:
        find_model(name, "--models")
    numbers = dict.fromkeys(request.segments)
    segments = [song.segment(number) for number in numbers] or song.segments
    if not 1 <= request.takes <= MAX_TAKES:
        raise UserError(f"--takes: {request.takes} is outside 1 to {MAX_TAKES}")
    if request.seed is not None and not 0 <= request.seed <= MAX_SEED:
        raise UserError(f"--seed: {request.seed} is outside 0 to {MAX_SEED}")
    jobs = tuple(
        _job(song, segment, model, take, request)
        for name in MODELS
        if not request.models or name in request.models
        for segment in segments
        for model in segment.models
        if model.model == name
        for take in range(1, request.takes + 1)
    )
    if not jobs:
        listed = ", ".join(str(segment.number) for segment in segments)
        raise UserError(
            f"{song.path}: {' and '.join(request.models)} has nothing to do in segment {listed}; "
            "add it to the segment's models = […], or choose another segment"
        )
    return jobs


def _job(song: Song, segment: Segment, share: SegmentModel, take: int, request: Request) -> Job:
    model = MODELS[share.model]
    chosen = (request.checkpoints or {}).get(model.name) or share.checkpoint
    checkpoint = model.checkpoint(chosen, f"--checkpoint {model.name}")
    seed = share.seed if request.seed is None else request.seed
    if seed is None:
        seed = derived_seed(song.name, segment.number, model.name, take)
    else:  # the first take's; the others count on from it
        seed = (seed + take - 1) % (MAX_SEED + 1)
    settings = model.settings(checkpoint, {**share.settings, **(request.settings or {})})
    where = f"{song.path}: segment {segment.number}: {model.name}"
    return Job(
        song=song.name,
        segment=segment.number,
        kind=segment.kind,
        title=segment.title,
        model=model.name,
        checkpoint=checkpoint.name,
        take=take,
        seed=seed,
        seconds=share.seconds,
        prompt=share.prompt,
        style=segment.style,
        lyrics=segment.lyrics,
        languages=segment.languages,
        bpm=segment.bpm,
        key=segment.key,
        settings=model.resolve_settings(settings, checkpoint, segment, where),
    )


def stale_reason(job: Job, results: Path, project: Project, device: str = "auto") -> str | None:
    """The reason to do a job, in a few words; None if its take is there and up to date."""
    path = record_path(results, job.name)
    if not path.exists():
        return "not made yet"
    try:
        take = read_record(path)
    except UserError:
        return "its record is damaged"
    if take.job.song != job.song:
        raise UserError(
            f"{path} is a take of another song, {take.job.song!r}; give this song a folder of "
            f'its own: results = "results/{job.song}"'
        )
    if difference := _difference(job, take, project, device):
        return difference
    return None if wav_is_whole(results, take) else "the wav is missing or was changed"


def _difference(job: Job, take: Take, project: Project, device: str) -> str | None:
    changed = [
        field.name
        for field in fields(Job)
        if field.name != "title" and getattr(job, field.name) != getattr(take.job, field.name)
    ]
    if changed:
        return f"{', '.join(changed)} changed"
    if not take.lock_sha256:
        return "made outside the project's environments"
    lock = project.lock(job.model)
    if lock.is_file() and sha256_of(lock) != take.lock_sha256:
        return f"{project.relative(lock)} changed"
    manifest = read_manifest(project, job.model, job.checkpoint)
    if manifest and manifest.hashes != dict(take.weights):
        return "the weights changed"
    if inputs_hash(job, take.lock_sha256, take.weights) != take.inputs_hash:
        return "the model's recipe changed"
    if device != "auto" and not take.made.device.startswith(device):
        return f"made on {take.made.device}, {device} asked"
    return None
