"""What a take was made of, in words, as far as its record says: one section for each question."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from secondtake.core.errors import UserError
from secondtake.core.formatting import format_bytes, format_duration, join_words, plural
from secondtake.core.jobs import Job, derived_seed
from secondtake.core.licences import explain_licence
from secondtake.core.prompts.source_audio import describe_source
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import ModelSpec
from secondtake.core.song import MAX_SEED, SegmentModel
from secondtake.core.take_facts import baseline_mark
from secondtake.core.takes import Accelerator, Take
from secondtake.runner.take_changes import short_hash
from secondtake.runner.take_lookup import FoundTake

NOT_RECORDED = "not recorded"
DIGITS = 12  # of a hash, for people


@dataclass(frozen=True)
class Section:
    """The answer to one question about a take."""

    title: str
    lines: tuple[str, ...]


def sections_of(found: FoundTake, take: Take) -> list[Section]:
    """The sections that a record fills, in the order in which a take comes about."""
    share = share_of(found, take.job)
    sections = [
        Section("What was asked for", tuple(_request(found, take, share))),
        Section("What its model read", tuple(_texts(take.job))),
        Section("Its settings", tuple(_settings(take.job, share))),
        Section("What it is made from", tuple(_sources(found, take.job))),
        Section("How it was made", tuple(_making(take))),
        Section("Weights and licence", tuple(_weights(take))),
        Section("Warnings", take.warnings),
        Section("What its model made of the request", take.remarks),
    ]
    return [section for section in sections if section.lines]


def share_of(found: FoundTake, job: Job) -> SegmentModel | None:
    """What the song file says now of this segment and model; None where it says nothing."""
    try:
        segment = found.song.segment(job.segment) if found.song else None
    except UserError:
        return None
    models = segment.models if segment else ()
    return next((share for share in models if share.model == job.model), None)


def describe_job(found: FoundTake, job: Job) -> str:
    """Model, checkpoint, take, segment and song, in one phrase."""
    model = MODELS.get(job.model)
    maker = f"{model.title} ({job.checkpoint})" if model else f"{job.model} ({job.checkpoint})"
    song = found.song.title if found.song else job.song
    return (
        f"take {job.take} by {maker} of segment {job.segment}, “{job.title}” ({job.kind}), "
        f"of {song}"
    )


def _request(found: FoundTake, take: Take, share: SegmentModel | None) -> Iterator[str]:
    job = take.job
    yield describe_job(found, job)
    beat = f"{job.bpm:g} BPM, {job.key}" + (f", {job.meter}" if job.meter else "")
    yield f"{job.seconds:g} s, at {beat}"
    yield f"seed {job.seed}: {_origin_of_seed(job, share)}"
    if job.unused_inputs:
        names = join_words(job.unused_inputs)
        yield f"its model takes no account of: {names}"


def _origin_of_seed(job: Job, share: SegmentModel | None) -> str:
    if job.seed == derived_seed(job.song, job.segment, job.model, job.take):
        return "derived from song, segment, model and number of the take"
    said = share.seed if share else None
    if said is not None and job.seed == (said + job.take - 1) % (MAX_SEED + 1):
        return f"the song file's ({said} for the first take, counted on)"
    return f"chosen; by whom is {NOT_RECORDED}: --seed, or the song file as it was then"


def _texts(job: Job) -> Iterator[str]:
    for text in job.text_lines:
        yield from map(str.rstrip, text.splitlines())


def _settings(job: Job, share: SegmentModel | None) -> Iterator[str]:
    model = MODELS.get(job.model)
    for name, value in job.given_settings.items():
        if value != "":
            yield f"{name}: {short_hash(str(value))} ({_origin(model, job, share, name, value)})"
    if model is None:
        yield f"the registry has no model {job.model} any more, so its defaults are not known"


def _origin(
    model: ModelSpec | None, job: Job, share: SegmentModel | None, name: str, value: Any
) -> str:
    """Where a setting came from, as far as the record and the song file of now can tell."""
    if share and name in share.settings and share.settings[name] == value:
        return "the song file"
    parameters = {parameter.name: parameter for parameter in model.parameters} if model else {}
    if name in parameters and parameters[name].option:
        return f"the command line, {parameters[name].option}"
    defaults = _defaults(model, job)
    if name in defaults and defaults[name] == value:
        return "the default"
    if share and share.settings.get(name) and "@sha256:" in str(value):
        return "the song file"  # which names a file, or the baseline, that stands here with a hash
    return f"{NOT_RECORDED}: a command line, or the song file as it was then"


def _defaults(model: ModelSpec | None, job: Job) -> dict[str, Any]:
    """The values of its settings where nobody chose; {} where the registry has no such any more."""
    for checkpoint in model.checkpoints if model else ():
        if model and checkpoint.name == job.checkpoint:
            return model.settings(checkpoint, {})
    return {}


def _sources(found: FoundTake, job: Job) -> Iterator[str]:
    if edit := describe_source(job.settings, found.store.source_name):
        yield edit
    if mark := baseline_mark(job) if job.model in MODELS else "":
        yield f"{mark}: it is not independent of that"


def _making(take: Take) -> Iterator[str]:
    made = take.made
    versions = ", ".join(f"{name} {version}" for name, version in made.versions.items())
    company = f", in a batch of {made.batch} takes at once" if made.batch > 1 else ", by itself"
    yield f"{_when(made.started)}, on {made.device} in {made.dtype}{company}"
    loading = format_duration(made.load_seconds)
    yield (
        f"{format_duration(made.seconds)} of work for {take.wav.seconds:.2f} s of sound, after "
        f"{loading} of loading; at most {format_bytes(made.peak_memory_bytes)} of memory"
    )
    if made.accelerator:
        yield _accelerator(made.accelerator, made.peak_graphics_bytes)
    lock = f"built from the lock {take.lock_sha256[:DIGITS]}…" if take.lock_sha256 else ""
    yield f"platform {made.platform}; {versions or f'versions {NOT_RECORDED}'}"
    yield f"environment: {lock or 'none of the project’s own'}"
    threads = take.details.get("threads")
    yield f"threads: {threads if threads is not None else NOT_RECORDED}"


def _accelerator(card: Accelerator, peak_bytes: int) -> str:
    """The card, its driver, the rounding of its float32, and how much of its memory was filled."""
    capability = f" (compute capability {card.capability})" if card.capability else ""
    rounded = {"products": card.tf32_matmul, "convolutions": card.tf32_cudnn}
    names = [name for name, is_rounded in rounded.items() if is_rounded] or ["nothing"]
    return (
        f"{card.name}{capability}, driver {card.driver or NOT_RECORDED}; "
        f"{join_words(names)} rounded to TF32; at most {format_bytes(peak_bytes)} of its memory"
    )


def _when(started: str) -> str:
    try:
        return f"{datetime.fromisoformat(started):%d %B %Y, %H:%M} UTC"
    except ValueError:
        return f"begun {started}"


def _weights(take: Take) -> Iterator[str]:
    files = _weight_files(take.job)
    for key, sha256 in take.weights.items():
        source = f" ({files[key]})" if key in files else ""
        yield f"{key}: sha256 {sha256[:DIGITS]}…{source}"
    if not take.weights:
        yield "no weight files"
    elif files:
        yield f"{plural(len(take.weights), 'file')}; sources as the registry has them now"
    if take.licence.weights:
        yield f"licence of the weights: {explain_licence(take.licence.weights)}"
    yield f"licence of the code: {take.licence.code or NOT_RECORDED}"


def _weight_files(job: Job) -> dict[str, str]:
    """The source of each weight file by key; {} where the registry has none such any more."""
    model = MODELS.get(job.model)
    checkpoints = model.checkpoints if model else ()
    return {
        weight.key: weight.source
        for checkpoint in checkpoints
        if checkpoint.name == job.checkpoint
        for weight in checkpoint.weights
    }
